"""What the server does without being asked: models it loads by itself, and what users hang on a model's life."""
