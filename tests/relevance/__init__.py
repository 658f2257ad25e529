"""Our own judged questions, as data."""
