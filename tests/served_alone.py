"""Streamlit with every socket but loopback refused, and every attempt written down.

Run as ``python -m tests.served_alone FILE ARGUMENTS...``: appends what was tried to FILE, a line each.
"""

from __future__ import annotations

import sys
from pathlib import Path

from streamlit.web import cli

from tests.without_network import attempts, refuse


def main(kept: str, *arguments: str) -> None:
    """Serve, by Streamlit's own command."""

    def watch(event: str, told: tuple) -> None:
        try:
            refuse(event, told)
        except OSError:
            with Path(kept).open("a", encoding="utf-8") as lines:
                lines.write(f"{attempts[-1]}\n")
            raise

    sys.addaudithook(watch)
    sys.argv = ["streamlit", *arguments]
    cli.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
