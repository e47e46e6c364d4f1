"""How it is with all models, who waits, and what has happened: put together for those who watch."""
