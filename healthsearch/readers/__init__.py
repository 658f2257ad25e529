"""File formats, looked up by suffix and confirmed by content: bytes to articles.

A reader takes bytes, so that no reader ever opens a path named in a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from pathlib import PurePosixPath
from typing import Any

from healthsearch.article import Article, Heading
from healthsearch.errors import MisnamedFile, UnreadableArticle
from healthsearch.readers import docx, epub, jsonl, markdown, mhtml, odt, pdf, plain, rtf, table, web_page, xml_articles
from healthsearch.readers.archives import ungzipped, unzipped
from healthsearch.readers.file_types import FILE_TYPES, FileType, file_type
from healthsearch.readers.incomplete import refuse_empty

# From the bytes of a file and its path in the corpus to its articles, and errors of single ones of many. Raises
# UnreadableArticle if the whole file is unreadable.
Outcome = Article | UnreadableArticle
Reader = Callable[[bytes, str], Iterator[Outcome]]

# Raise it when a reader makes other text, headings or details of the same file; older indexes are then built anew.
READING = "formats-2"

READERS: dict[str, Reader] = {
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".txt": plain.read,
    ".pdf": pdf.read,
    ".docx": docx.read,
    ".odt": odt.read,
    ".rtf": rtf.read,
    ".epub": epub.read,
    ".html": web_page.read,
    ".htm": web_page.read,
    ".xhtml": web_page.read,
    ".mhtml": mhtml.read,
    ".mht": mhtml.read,
    ".xml": xml_articles.read,
    ".nxml": xml_articles.read,
    ".jsonl": jsonl.read,
    ".csv": table.read,
    ".tsv": table.read,
}

# Browsers save pictures, scripts and advertisements in a folder named after the page.
_PAGES = (".html", ".htm", ".xhtml")
_BESIDE = ("_files", "-files", ".files")

# A long book is under 5 MB of text; reading Markdown takes some 600 bytes of memory a character.
LARGEST_TEXT = 5_000_000
# These contain pictures or are read in pieces, and limit unpacked data themselves.
LARGEST_BOOK = 50_000_000
_BOOKS = {".pdf", ".docx", ".odt", ".epub", ".xml", ".nxml", ".mhtml", ".mht"}
# Files with many articles, read in pieces.
LARGEST_EXPORT = 64_000_000
_EXPORTS = {".jsonl", ".csv", ".tsv"}
LARGEST_ARCHIVE = 100_000_000
_ZIP, _GZIP = ".zip", ".gz"
# What programs write is never empty; text that a person types may be, and its readers say so.
_NEVER_EMPTY = {*_BOOKS, *_PAGES, ".rtf", _ZIP, _GZIP}
_SETTINGS = (".yaml", ".yml")
# Half of a surrogate pair and NUL, which JSON, YAML and PDF can escape or contain, are no text.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
# A page saved as one file contains its pictures.
LARGEST_PAGE = 20_000_000
LARGEST: dict[str, int] = (
    dict.fromkeys(READERS, LARGEST_TEXT)
    | dict.fromkeys(_BOOKS, LARGEST_BOOK)
    | dict.fromkeys(_PAGES, LARGEST_PAGE)
    | dict.fromkeys(_EXPORTS, LARGEST_EXPORT)
)


def takes(name: str) -> bool:
    """Whether a file of this name is read: one that some reader knows, and not about the corpus itself."""
    path = PurePosixPath(name)
    suffix = path.suffix.lower()
    if is_about_the_corpus(name):
        return False
    if suffix == _GZIP:
        return PurePosixPath(path.stem).suffix.lower() in READERS and takes(path.stem)
    return suffix in READERS or suffix == _ZIP


def is_about_the_corpus(name: str) -> bool:
    """Whether a file of this name is no article by intention: hidden, a README, or settings in YAML."""
    path = PurePosixPath(name)
    return path.name.startswith(".") or path.stem.upper() == "README" or path.suffix.lower() in _SETTINGS


def largest(path: str) -> int:
    """The size limit in bytes of a file of this name, so that reading takes bounded memory."""
    return LARGEST.get(PurePosixPath(path).suffix.lower(), LARGEST_ARCHIVE)


def beside_pages(names: Iterable[str]) -> set[str]:
    """The folders that a browser saved beside the web pages among these files."""
    pages = (PurePosixPath(name) for name in names)
    stems = {page.with_suffix("") for page in pages if page.suffix.lower() in _PAGES}
    return {f"{stem}{ending}" for stem in stems for ending in _BESIDE}


def outcomes(data: bytes, path: str, *, packed: bool = False) -> Iterator[Outcome]:
    """The articles of a file; if the reader fails part-way, only the error.

    An archive is read as a folder of files; ``packed``: the file is inside an archive and must not be one itself.
    """
    suffix = PurePosixPath(path).suffix.lower()
    try:
        if suffix in _NEVER_EMPTY:
            refuse_empty(data, path)
        match suffix:
            case ".gz":
                yield from _of_gzip(data, path)
            case ".zip" if packed:
                cause = "it is an archive within an archive"
                yield UnreadableArticle(path, cause, "Unpack the outer one into the corpus.")
            case ".zip":
                for place, content in unzipped(data, path, _wanted, largest):
                    yield from (
                        [content] if isinstance(content, UnreadableArticle) else outcomes(content, place, packed=True)
                    )
            case _:
                for found in list(_reader(data, path)(data, path)):
                    yield _checked(found)
    except UnreadableArticle as problem:
        yield problem


def _wanted(names: list[str]) -> list[str]:
    """The files of an archive that would be read in a folder."""
    passed_over = beside_pages(names)
    return [
        name
        for name in names
        if takes(name)
        and not any(_is_hidden(above.name) or str(above) in passed_over for above in PurePosixPath(name).parents)
    ]


def _is_hidden(folder: str) -> bool:
    return folder == "__MACOSX" or (folder.startswith(".") and folder != "..")


def _of_gzip(data: bytes, path: str) -> Iterator[Outcome]:
    inner = path[: -len(_GZIP)]
    for found in outcomes(ungzipped(data, path, largest(inner)), inner, packed=True):
        if isinstance(found, Article):
            yield replace(found, path=path)
        else:
            yield UnreadableArticle(path, found.cause, found.remedy)


def _checked(found: Outcome) -> Outcome:
    if isinstance(found, UnreadableArticle):
        return found
    if len(found.text) > LARGEST_TEXT:
        cause = f"its text is longer than {LARGEST_TEXT // 1_000_000} million characters"
        return UnreadableArticle(found.path, cause, "Split it into articles of their own.")
    return replace(found, **{field.name: _as_text(getattr(found, field.name)) for field in fields(found)})


def whole(text: str) -> str:
    """The text with U+FFFD for every character that is none: NUL, and half of a surrogate pair."""
    return _NO_TEXT.sub("\ufffd", text)


def _as_text(value: Any) -> Any:  # noqa: ANN401 - the value of any field of an Article
    """The value with U+FFFD for every character that is no text, so that offsets stay."""
    match value:
        case str():
            return whole(value)
        case tuple():
            return tuple(map(_as_text, value))
        case Heading():
            return replace(value, title=_as_text(value.title))
    return value


def _reader(data: bytes, path: str) -> Reader:
    """The reader for the file's content, which may differ from its suffix."""
    named = PurePosixPath(path).suffix.lower()
    if named not in READERS:
        raise UnreadableArticle(path, "no reader takes files of this name", "Give it its right suffix.")
    other = _other_type(data, named)
    if other is None:
        return READERS[named]
    found = _reader_of(other)
    if found is None:
        cause = f"it is {other.name}, not what its name says"
        raise UnreadableArticle(path, cause, f"{_rename(other)}, or move it out of the corpus.")
    return found


def misnamed(start: bytes, path: str) -> MisnamedFile | None:
    """What is to be told of a file that is read as what it is and not as its name says; None of any other.

    ``start``: its first ``file_types.START`` bytes, or more.
    """
    named = PurePosixPath(path).suffix.lower()
    other = _other_type(start, named) if named in READERS else None
    if other is None or _reader_of(other) is None:
        return None
    such = "one" if other.name.startswith("a ") else "such"
    cause = f"it is {other.name} and is read as {such}, whatever its name says"
    return MisnamedFile(path, cause, f"{_rename(other)}.")


def _other_type(start: bytes, named: str) -> FileType | None:
    """The type of a file by its content, where that is certain and not what its suffix means."""
    detected = file_type(start)
    if detected is None or named in FILE_TYPES[detected].suffixes:
        return None
    return FILE_TYPES[detected]


def _reader_of(kind: FileType) -> Reader | None:
    """The reader of this type; None where there is none, or the type may be several formats."""
    return next((READERS[suffix] for suffix in kind.suffixes if kind.certain and suffix in READERS), None)


def _rename(kind: FileType) -> str:
    return f"Give it its right suffix ({' or '.join(kind.suffixes)})"
