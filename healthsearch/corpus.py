"""The folder of articles: which files it holds, and reading one of them.

Every file gets an outcome: its articles, or a problem that names it. Knows formats only by their readers.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath

from healthsearch import readers
from healthsearch.article import Article
from healthsearch.errors import HealthSearchError, MisnamedFile, UnlistedFolder, UnreadableArticle
from healthsearch.files import sha256
from healthsearch.readers import Outcome, beside_pages, is_about_the_corpus, largest, outcomes, takes
from healthsearch.readers.file_types import START

# Where files are only listed so many are read at once, since most of the time goes by waiting for the disk; each
# thread is given a stack of them.
_AT_ONCE, _STACK = 4, 64


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as listed: its place in the corpus, the SHA-256 of its bytes, its size in bytes."""

    path: str
    digest: str
    size: int


def list_files(corpus: Path) -> tuple[list[SourceFile], list[UnreadableArticle], Counter[str]]:
    """The corpus' files that some reader takes, by path; those that cannot even be read; and how many are ignored.

    Ignored files are counted by suffix: those that no reader takes. Hidden files, those named README, the corpus
    owner's YAML files, and what a browser saved beside a web page do not count. Raises HealthSearchError when there
    is no such folder.
    """
    if not corpus.is_dir():
        raise HealthSearchError(
            corpus,
            "there is no such folder",
            "Make it and put articles in it, or name another with --corpus or HEALTHSEARCH_CORPUS.",
        )
    problems: list[UnreadableArticle] = []
    ignored: Counter[str] = Counter()
    paths = sorted(_candidates(corpus, problems, ignored))

    def stack(first: int) -> list[SourceFile | UnreadableArticle]:
        return [_listed(corpus, path) for path in paths[first : first + _STACK]]

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        listed = list(chain.from_iterable(pool.map(stack, range(0, len(paths), _STACK))))
    problems += [file for file in listed if isinstance(file, UnreadableArticle)]
    return [file for file in listed if isinstance(file, SourceFile)], problems, ignored


def read_file(corpus: Path, file: SourceFile) -> tuple[SourceFile, Iterator[Outcome]]:
    """The file as it was read (it may just have changed), and its articles or what is wrong, in its order.

    Raises UnreadableArticle when the file cannot even be opened.
    """
    data = _bytes(corpus, file.path)
    read = SourceFile(file.path, hashlib.sha256(data).hexdigest(), len(data))
    return read, outcomes(data, file.path)


def misnamed(corpus: Path, files: Iterable[SourceFile]) -> Iterator[MisnamedFile]:
    """What is to be told of those of the files that are read as what they are, and not as their names say.

    The files in an archive are not looked at, nor is one that has gone meanwhile.
    """
    for file in files:
        with suppress(OSError), (corpus / file.path).open("rb", buffering=0) as opened:
            if found := readers.misnamed(opened.read(START), file.path):
                yield found


def articles(corpus: Path) -> Iterator[Article]:
    """Every article of the folder, by path; for whoever needs all of them whole.

    Raises UnreadableArticle at the first file of which something cannot be read.
    """
    files, problems, _ = list_files(corpus)
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


def _candidates(corpus: Path, problems: list[UnreadableArticle], ignored: Counter[str]) -> Iterator[str]:
    def on_error(error: OSError) -> None:
        folder = Path(os.fsdecode(error.filename)).relative_to(corpus).as_posix()
        cause = f"the folder cannot be listed ({error.strerror or error})"
        problems.append(UnlistedFolder(_shown(folder), cause, "Mend its permissions."))

    for folder, subfolders, names in os.walk(corpus, onerror=on_error):
        passed_over = beside_pages(names)
        place = "" if folder == os.fspath(corpus) else f"{Path(folder).relative_to(corpus).as_posix()}/"
        subfolders[:] = [name for name in subfolders if not name.startswith(".") and name not in passed_over]
        for name in subfolders:
            if Path(folder, name).is_symlink():
                cause = "it is a link to a folder, and those are not followed"
                problems.append(UnreadableArticle(_shown(f"{place}{name}"), cause, "Put the folder itself there."))
        for name in names:
            if not takes(name):
                if not is_about_the_corpus(name):
                    ignored[PurePosixPath(name).suffix.lower() or name] += 1
                continue
            relative = f"{place}{name}"
            if relative.isprintable():
                yield relative
            else:
                cause = "the file's name holds characters that cannot be shown"
                problems.append(UnreadableArticle(_shown(relative), cause, "Rename it."))


def _shown(relative: str) -> str:
    """A path in the corpus, in characters that can be shown."""
    return relative if relative.isprintable() else ascii(relative)


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


def _listed(corpus: Path, path: str) -> SourceFile | UnreadableArticle:
    file = corpus / path
    try:
        status = file.lstat()
        linked = stat.S_ISLNK(status.st_mode)
        if linked:
            status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            # A pipe or a device may never end, or never begin.
            return UnreadableArticle(path, "it is not a regular file", "Move it out of the corpus.")
        if linked and not file.resolve().is_relative_to(corpus.resolve()):
            # Whoever sends a folder of articles could have any file of this machine read.
            return UnreadableArticle(path, "it is a link that leads out of the corpus", "Put the file itself there.")
        if status.st_size > largest(path):
            return _too_large(path)
        return SourceFile(path, sha256(file), status.st_size)
    except OSError as error:
        return _unreadable(path, error)


def _unreadable(path: str, error: OSError) -> UnreadableArticle:
    return UnreadableArticle(
        path, f"the file cannot be read ({error.strerror or error})", "Mend its permissions or its link."
    )


def _too_large(path: str) -> UnreadableArticle:
    return UnreadableArticle(
        path, f"the file is larger than {largest(path) // 1_000_000} MB", "Split it into articles of their own."
    )
