"""The command that opens the page: folders and port, handed to Streamlit."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from healthsearch.places import CORPUS_VARIABLE, INDEX_VARIABLE, add_folders

PROGRAM = Path(__file__).parent / "page" / "streamlit_app.py"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Give a command the arguments of the page."""
    command.add_argument("--port", type=_port, metavar="N", help="where it listens (default: 8501, or the next free)")
    add_folders(command)


def run(arguments: argparse.Namespace) -> int:
    """Serve the page until it is stopped; returns the exit status."""
    # What takes a second to import is not imported for the other commands.
    from streamlit.web import cli

    # The page knows its folders from the environment, however it was started.
    os.environ[CORPUS_VARIABLE], os.environ[INDEX_VARIABLE] = str(arguments.corpus), str(arguments.index)
    options = [] if arguments.port is None else [f"--server.port={arguments.port}"]
    cli.main(["run", str(PROGRAM), *options], prog_name="streamlit", standalone_mode=False)
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"a number from 1 to 65535 is needed, not {text!r}")
    return int(text)
