One OpenAI- and Anthropic-compatible endpoint starts, swaps and stops local model servers on demand and relays their answers as they are produced.
