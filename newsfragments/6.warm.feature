A request for a ready model costs a quarter less of the processor, and nothing of it is left to Python's garbage collector.
