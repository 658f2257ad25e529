"""Folders of articles to build from, and what a published index holds, byte for byte."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from healthsearch.generation import Generation
from healthsearch.index_folder import Pointer

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "corpus"


def put(corpus: Path, path: str, *passages: str, **details: str) -> Path:
    """Write an article of which every given text becomes a passage of its own, under its own heading."""
    file = corpus / path
    file.parent.mkdir(parents=True, exist_ok=True)
    front = "".join(f"{name}: {json.dumps(value)}\n" for name, value in ({"title": file.stem} | details).items())
    blocks = [f"## Part {number}\n\n{text}\n" for number, text in enumerate(passages, start=1)]
    file.write_text(f"---\n{front}---\n\n" + "\n".join(blocks), encoding="utf-8")
    return file


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every file below a folder with its bytes, every folder with None, by relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def in_use(index: Path) -> Path:
    """The folder of the published generation."""
    return index / "generations" / Pointer.read(index).generation


def kept(index: Path) -> set[str]:
    """The names of all there is beside the published generation, and its own."""
    return {path.name for path in (index / "generations").iterdir()}


def flip(file: Path, place: int) -> None:
    """Change one bit of the byte at ``place``; negative counts from the end."""
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)


@contextmanager
def unlistable(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """Meanwhile the system refuses to list this folder, to the administrator too, who may list any."""
    real = os.scandir

    def scandir(path: str | os.PathLike[str]) -> object:
        if Path(path) == folder:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        yield


@contextmanager
def full_disk() -> Iterator[None]:
    """Meanwhile this process can make files but write nothing into them; the system refuses it, SQLite too."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def reseal(index: Path, change: Callable[[dict], None] = lambda manifest: None) -> Path:
    """Make the published generation true to its own checksums again after a change to its files or manifest."""
    folder = in_use(index)
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    manifest["files"] = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != file
    }
    change(manifest)
    file.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    name = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:16]
    target = folder.rename(folder.parent / name)
    pointer = Pointer.read(index)
    Pointer(name, pointer.previous, pointer.published).write(index)
    return target


def texts(generation: Generation) -> list[str]:
    """The text of every passage, by row."""
    return [generation.article_store.passage(row).passage.text for row in range(len(generation.vectors))]


def vector(generation: Generation, row: int) -> list[float]:
    """The vector of one passage."""
    return np.asarray(generation.vectors.rows(row, row + 1)[0]).tolist()


def python(
    *arguments: object, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE, **more: str
) -> subprocess.Popen[str]:
    """Start Python on our package in a process of its own, with these variables added to its environment."""
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | more,
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        text=True,
        encoding="utf-8",
    )
