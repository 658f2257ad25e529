"""Semantic search over a folder of health articles, quoted word for word."""

__version__ = "0.1.0"
