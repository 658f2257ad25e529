"""One build at a time in an index, and what happens to it told as errors that a person can correct."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from healthsearch.errors import BuildRunning, HealthSearchError


@contextmanager
def locked(index: Path) -> Iterator[None]:
    """Keep a second build out; the lock of a builder that died is free at once."""
    holder = index / "builder.txt"
    try:
        index.mkdir(parents=True, exist_ok=True)
        _refuse_links(index)
        with FileLock(index / "build.lock", timeout=0):
            holder.write_text(f"process {os.getpid()}", encoding="utf-8")
            yield
    except Timeout:
        raise BuildRunning(
            index,
            f"another build is running ({_text_of(holder) or 'it has only just begun'})",
            "Wait until it has finished, then build again.",
        ) from None
    except (OSError, sqlite3.OperationalError) as error:
        named = getattr(error, "filename", None)
        if named is not None and not Path(os.fsdecode(named)).is_relative_to(index):
            raise
        raise HealthSearchError(
            index,
            f"the index cannot be written ({getattr(error, 'strerror', None) or error})",
            "Mend the folder's permissions or free some space; the last good index still serves.",
        ) from None


def _refuse_links(index: Path) -> None:
    """An index that came from elsewhere could lead what a build writes and cleans away into any other folder."""
    for path in sorted(index.iterdir()):
        if path.is_symlink():
            raise HealthSearchError(
                path,
                "it is a link, and a build would write and delete where it leads",
                "Remove it, or make the whole index folder the link.",
            )


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
