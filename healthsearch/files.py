"""Files hashed; those of an index read as if a stranger had put them there, and written against power cuts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

# Bytes that are read of a file at a time.
_BLOCK = 1 << 18

# Of everything in a folder, in order: its path, when it was last changed in nanoseconds, its size in bytes.
FolderState: TypeAlias = tuple[tuple[str, int, int], ...]


def read_text(file: Path, errors: str = "strict") -> str:
    """The text of a file of an index; OSError for what may never end, such as a device that a link leads to.

    ``errors``: what becomes of bytes that are no text, as for ``bytes.decode``.
    """
    if file.exists() and not file.is_file():
        raise OSError(f"{file} is no file")
    return file.read_text(encoding="utf-8", errors=errors)


def digests(folder: Path, wanted: Sequence[str]) -> dict[str, str | None]:
    """The SHA-256 of each of these files, None where it cannot be read. Two at a time: they are most of an opening."""
    # A manifest from elsewhere could name a device that never ends, or a file of somebody else.
    own = set(names(folder))

    def digest(name: str) -> str | None:
        try:
            return sha256(folder / name) if name in own else None
        except OSError:
            return None

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(wanted, pool.map(digest, wanted), strict=True))


def names(folder: Path) -> list[str]:
    """Every file in it, by path within it, but no link to one."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path.relative_to(folder).as_posix() for path in files)


def state_of(folder: Path) -> FolderState:
    """What tells a change of anything below a folder, without reading it. OSError when something goes meanwhile."""
    found = ((path, path.lstat()) for path in sorted(folder.rglob("*")))
    return tuple((str(path), status.st_mtime_ns, status.st_size) for path, status in found)


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal; OSError when it cannot be read."""
    digest = hashlib.sha256()
    # Of thousands of small files a buffer for each, as hashlib.file_digest makes it, takes longer than the digest.
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def write_atomically(file: Path, text: str, mode: int = 0o666) -> None:
    """Replace what a file holds by ``text``; at every moment, and after a power cut, it holds the one or the other.

    ``mode``: its permissions, less those that the process gives to no file. Raises OSError, and UnicodeError for half
    of a surrogate pair.
    """
    data = text.encode("utf-8")
    draft = file.with_name(f"{file.name}.draft")
    # What a process that was stopped has left there may be anything, even a link.
    draft.unlink(missing_ok=True)
    try:
        draft.touch(mode, exist_ok=False)
        draft.write_bytes(data)
        flush(draft)
        draft.replace(file)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    flush(file.parent)


def flush(path: Path) -> None:
    """Ask the disk to keep a file, or a folder's list of names where the system can do that."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
