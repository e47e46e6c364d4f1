"""Answers that never end: what happens here, told to any number of clients as server-sent events."""
