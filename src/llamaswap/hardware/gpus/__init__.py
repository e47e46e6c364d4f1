"""Where the figures of GPUs come from: one module for each source, all alike (`source.py`)."""
