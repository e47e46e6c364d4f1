`models.<id>.timeouts` take effect: connect, TLS handshake, head of the answer, idle connections and TCP keep-alive, where 0 really switches it off.
