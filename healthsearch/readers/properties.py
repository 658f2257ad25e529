"""Metadata of files in the form of an Article: titles, dates, names, languages.

The creation date of a file is not the date of its text: a copy converted today would seem new. So Word, OpenDocument,
RTF and PDF provide no date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from healthsearch.article import parse_date
from healthsearch.readers.blocks import squeeze

# Placeholders that programs write as titles.
_NO_TITLE = re.compile(
    r"untitled|unknown|document\d*|microsoft word - .*|.*\.(?:docx?|odt|rtf|indd|qxd|pdf|tex|dvi|html?)", re.IGNORECASE
)
_ADDRESS = re.compile(r"[<(\[][^<>()\[\]]*@[^<>()\[\]]*[>)\]]")
_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?(?=$|[T ])")


def choose_title(path: str, *candidates: str) -> str:
    """The first candidate that is a title, else the file's name."""
    titles = (squeeze(candidate) for candidate in candidates)
    return next((title for title in titles if title and not _NO_TITLE.fullmatch(title)), PurePosixPath(path).stem)


def fields(
    *,
    language: str = "",
    published: str = "",
    reviewed: str = "",
    authors: Iterable[str] = (),
    also_called: Iterable[str] = (),
    reviewed_by: Iterable[str] = (),
    **texts: str,
) -> dict[str, Any]:
    """The fields of an Article that have a valid value.

    >>> fields(language="en-GB", published="2024-05-17T10:00:00Z", reviewed="May 2024", publisher=" ")
    {'language': 'en', 'published': '2024-05-17'}
    """
    found: dict[str, Any] = {"language": _language(language)}
    found |= {"published": _date(published), "reviewed": _date(reviewed)}
    found |= {"authors": _distinct(map(_without_address, authors)), "also_called": _distinct(also_called)}
    found["reviewed_by"] = _distinct(reviewed_by)
    found |= {name: squeeze(text) for name, text in texts.items()}
    return {name: value for name, value in found.items() if value}


def _language(text: str) -> str:
    """The language of a tag without its country; "" for invalid tags such as "C" or "x-none"."""
    code = squeeze(text).replace("_", "-").partition("-")[0].lower()
    return code if re.fullmatch(r"[a-z]{2,3}", code) else ""


def _date(text: str) -> str:
    match = _DATE.match(text.strip())
    return match[0] if match and parse_date(match[0]) else ""


def _without_address(author: str) -> str:
    """The name without its e-mail address; "" for a line that is about the address, such as "* E-mail: a@b.org"."""
    said = _ADDRESS.sub("", author)
    return "" if "@" in said else said


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(squeeze, texts))))
