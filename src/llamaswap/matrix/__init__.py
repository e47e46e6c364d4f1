"""Which models may run together, as expressions: the language, and the question what has to go (configuration 17)."""
