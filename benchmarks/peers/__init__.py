"""A race with what a user would pick instead."""
