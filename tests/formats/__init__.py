"""One article of our own in every format, made by ``make.py``, with its text as every reader must give it."""
