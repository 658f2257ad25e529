"""The folder of articles: which files it holds, and reading one of them.

Every file gets an outcome: its articles, or a problem that names it. Knows formats only by their readers.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from healthsearch.article import Article
from healthsearch.errors import HealthSearchError, UnreadableArticle
from healthsearch.readers import Outcome, beside_pages, largest, outcomes, takes

# Where files are only listed so many are read at once, since most of the time goes by waiting for the disk; each
# thread is given a stack of them.
_AT_ONCE, _STACK = 4, 64
# Bytes that are read of a file at a time.
_BLOCK = 1 << 18


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
    problems: list[UnreadableArticle] = []
    paths = sorted(_candidates(corpus, problems))

    def stack(first: int) -> list[SourceFile | UnreadableArticle]:
        return [_listed(corpus, path) for path in paths[first : first + _STACK]]

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(chain.from_iterable(pool.map(stack, range(0, len(paths), _STACK))))
    problems += [one for one in found if isinstance(one, UnreadableArticle)]
    return [one for one in found if isinstance(one, SourceFile)], problems


def read_file(corpus: Path, file: SourceFile) -> tuple[SourceFile, Iterator[Outcome]]:
    """The file as it was read (it may just have changed), and its articles or what is wrong, in its order.

    Raises UnreadableArticle when the file cannot even be opened.
    """
    most = largest(file.path)
    try:
        with (corpus / file.path).open("rb") as opened:
            data = opened.read(most + 1)
    except OSError as error:
        raise _unreadable(file.path, error) from None
    if len(data) > most:
        raise _too_large(file.path)
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


def file_of(corpus: Path, article: Article) -> Path | None:
    """The file that an indexed article came from, for showing it; None when it is not, or no longer, in the folder."""
    file = (corpus / article.path).resolve()
    return file if file.is_relative_to(corpus.resolve()) and file.is_file() else None


def _candidates(corpus: Path, problems: list[UnreadableArticle]) -> Iterator[str]:
    def on_error(error: OSError) -> None:
        problems.append(_unreadable(os.fspath(error.filename), error))

    for folder, subfolders, names in os.walk(corpus, onerror=on_error):
        passed_over = beside_pages(names)
        place = "" if folder == os.fspath(corpus) else f"{Path(folder).relative_to(corpus).as_posix()}/"
        subfolders[:] = [name for name in subfolders if not name.startswith(".") and name not in passed_over]
        for name in names:
            if not takes(name):
                continue
            relative = f"{place}{name}"
            if relative.isprintable():
                yield relative
            else:
                problems.append(
                    UnreadableArticle(
                        ascii(relative), "the file's name holds characters that cannot be shown", "Rename it."
                    )
                )


def _listed(corpus: Path, path: str) -> SourceFile | UnreadableArticle:
    file = corpus / path
    try:
        status = file.lstat()
        if stat.S_ISLNK(status.st_mode):
            status = file.stat()
            if not file.resolve().is_relative_to(corpus.resolve()):
                # Whoever sends a folder of articles could have any file of this machine read.
                cause = "it is a link that leads out of the corpus"
                return UnreadableArticle(path, cause, "Put the file itself there.")
        if not stat.S_ISREG(status.st_mode):
            # A pipe or a device may never end, or never begin.
            return UnreadableArticle(path, "it is not a regular file", "Move it out of the corpus.")
        if status.st_size > largest(path):
            return _too_large(path)
        return SourceFile(path, _sha256(file), status.st_size)
    except OSError as error:
        return _unreadable(path, error)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    # Thousands of small files: a buffer for each, as of hashlib.file_digest, takes longer than their digest.
    with file.open("rb", buffering=0) as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _unreadable(path: str, error: OSError) -> UnreadableArticle:
    return UnreadableArticle(
        path, f"the file cannot be read ({error.strerror or error})", "Mend its permissions or its link."
    )


def _too_large(path: str) -> UnreadableArticle:
    return UnreadableArticle(
        path, f"the file is larger than {largest(path) // 1_000_000} MB", "Split it into articles of their own."
    )
