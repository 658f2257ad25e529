"""Other programs of this package, each run in a process of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of the package, with this Python.

    Nothing is imported from the working folder, which may be a stranger's.
    """
    return [sys.executable, "-P", "-m", f"healthsearch.{module}", *arguments]


def environment() -> dict[str, str]:
    """The environment in which it finds the package that is running, installed or not."""
    package = Path(__file__).resolve().parent.parent
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(package), os.environ.get("PYTHONPATH"))))}
