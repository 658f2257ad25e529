"""Ten of our articles as web pages with the clutter of real sites; ``make_pages.py`` writes them."""
