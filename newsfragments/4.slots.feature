Conversations on llama.cpp survive the unload of their model: with `slots` the engine's KV cache is saved before a stop and restored after the next load.
