`LlamaSwap(settings, reactor)` gives other Twisted applications the service, the resource and the protocol factory.
