`twist llamaswap`, `twistd llamaswap` and the console script `llama-swap` run the server; a second signal kills every model at once.
