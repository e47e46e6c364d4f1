`llama-swap top` shows a running server live in the terminal: models, requests, tokens per second, the machine and its GPUs. `llama-swap logs [-f] [MODEL]` prints its log.
