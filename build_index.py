"""Bring the index up to date with the articles: ``healthsearch build`` by the name that it has in a clone."""

from __future__ import annotations

import sys

from healthsearch.build_command import main, parser

__all__ = ["main", "parser"]

if __name__ == "__main__":
    sys.exit(main())
