"""Tunes the encoder for health questions; the product is the small adapter inside the package."""
