"""Semantic search over a folder of health articles, quoted word for word."""
