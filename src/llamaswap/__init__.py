"""llamaswap: one OpenAI- and Anthropic-compatible endpoint in front of many local AI models."""

__version__ = "0.1.0"
