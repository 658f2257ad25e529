"""The folder of articles: which files it holds, and reading one of them.

Every file gets an outcome: its articles, or a problem that names it. Knows formats only by their readers.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from healthsearch.article import Article
from healthsearch.errors import HealthSearchError, UnreadableArticle
from healthsearch.readers import Outcome, beside_pages, largest, outcomes, takes


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as listed: its place in the corpus, the SHA-256 of its bytes, its size in bytes."""

    path: str
    digest: str
    size: int


def list_files(corpus: Path) -> tuple[list[SourceFile], list[UnreadableArticle]]:
    """The corpus' files that some reader takes, by path, and those that cannot even be read.

    Hidden files, files of other kinds and files named README are passed over. Raises HealthSearchError
    when there is no such folder.
    """
    if not corpus.is_dir():
        raise HealthSearchError(
            corpus,
            "there is no such folder",
            "Make it and put articles in it, or name another with --corpus or HEALTHSEARCH_CORPUS.",
        )
    files: list[SourceFile] = []
    problems: list[UnreadableArticle] = []
    for path in sorted(_candidates(corpus, problems)):
        try:
            files.append(SourceFile(path, *_digest(corpus, path)))
        except UnreadableArticle as problem:
            problems.append(problem)
    return files, problems


def read_file(corpus: Path, file: SourceFile) -> tuple[SourceFile, Iterator[Outcome]]:
    """The file as it was read (it may just have changed), and its articles or what is wrong, in its order.

    Raises UnreadableArticle when the file cannot even be opened.
    """
    data = _bytes(corpus, file.path)
    read = SourceFile(file.path, hashlib.sha256(data).hexdigest(), len(data))
    return read, outcomes(data, file.path)


def articles(corpus: Path) -> Iterator[Article]:
    """Every article of the folder, by path; for whoever needs all of them whole.

    Raises UnreadableArticle at the first file of which something cannot be read.
    """
    files, problems = list_files(corpus)
    for problem in problems:
        raise problem
    for file in files:
        for outcome in read_file(corpus, file)[1]:
            if isinstance(outcome, UnreadableArticle):
                raise outcome
            yield outcome


def as_indexed(corpus: Path, path: str, digest: str) -> bytes | None:
    """The bytes of a file, for showing it; None when it is no longer in the folder as it was indexed."""
    file = (corpus / path).resolve()
    if not file.is_relative_to(corpus.resolve()) or not file.is_file():
        return None
    try:
        data = _bytes(corpus, path)
    except UnreadableArticle:
        return None
    return data if hashlib.sha256(data).hexdigest() == digest else None


def _candidates(corpus: Path, problems: list[UnreadableArticle]) -> Iterator[str]:
    def on_error(error: OSError) -> None:
        problems.append(_unreadable(os.fspath(error.filename), error))

    for folder, subfolders, names in os.walk(corpus, onerror=on_error):
        passed_over = beside_pages(names)
        subfolders[:] = [name for name in subfolders if not name.startswith(".") and name not in passed_over]
        for name in names:
            path = Path(folder, name)
            if not takes(name):
                continue
            relative = path.relative_to(corpus).as_posix()
            if relative.isprintable():
                yield relative
            else:
                problems.append(
                    UnreadableArticle(
                        ascii(relative), "the file's name holds characters that cannot be shown", "Rename it."
                    )
                )


def _bytes(corpus: Path, path: str) -> bytes:
    most = largest(path)
    try:
        with (corpus / path).open("rb") as opened:
            data = opened.read(most + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(data) > most:
        raise _too_large(path)
    return data


def _digest(corpus: Path, path: str) -> tuple[str, int]:
    file = corpus / path
    try:
        status = file.stat()
        size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            # A pipe or a device may never end, or never begin.
            raise UnreadableArticle(path, "it is not a regular file", "Move it out of the corpus.")
        if file.is_symlink() and not file.resolve().is_relative_to(corpus.resolve()):
            # Whoever sends a folder of articles could have any file of this machine read.
            raise UnreadableArticle(path, "it is a link that leads out of the corpus", "Put the file itself there.")
        if size > largest(path):
            raise _too_large(path)
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest(), size
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: str, error: OSError) -> UnreadableArticle:
    return UnreadableArticle(
        path, f"the file cannot be read ({error.strerror or error})", "Mend its permissions or its link."
    )


def _too_large(path: str) -> UnreadableArticle:
    return UnreadableArticle(
        path, f"the file is larger than {largest(path) // 1_000_000} MB", "Split it into articles of their own."
    )
