`llama-swap check` says what is wrong with configurations or shows what they mean, `llama-swap plan` who would be evicted for a model, and `llama-swap schema` prints a JSON schema for editors.
