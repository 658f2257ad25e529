"""Front matter: the YAML block before an article's text, read as plain strings.

``BaseLoader`` builds only strings, lists and dicts, so that no value becomes an object, a date or a boolean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import yaml

from healthsearch.article import Article, Heading
from healthsearch.errors import UnreadableArticle
from healthsearch.readers import properties

_FENCE = re.compile(r"---[^\S\n]*\n(.*?)^(?:---|\.\.\.)[^\S\n]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_OPENED = re.compile(r"---[^\S\n]*\n\w+:")
_LONGEST = 64_000
# Lines can be indented no more than some 350 times within the longest block; signs nest within one.
_MOST_NESTED = 200
# Characters of a wrong value.
_SHOWN = 40
_TEXTS = ("id", "title", "language", "publisher", "published", "reviewed", "url", "licence")
_LISTS = {name: name for name in ("also_called", "sources", "authors", "reviewed_by")} | {"author": "authors"}


# The fields of which not every text is a value: what it must be, and how that is written.
_DATE = ("date", "Write the date as 2024-05-17, 2024-05 or 2024.")
_VALUES = {"language": ("code of a language", "Write the code, such as en."), "published": _DATE, "reviewed": _DATE}


@dataclass(frozen=True, slots=True)
class Details:
    """The values of the front matter, by the names of ``Article``'s fields, and what was left out of them."""

    fields: dict[str, Any]
    left_out: tuple[UnreadableArticle, ...] = ()

    def article(self, path: str, text: str, headings: tuple[Heading, ...], title: str) -> Article:
        """The article; ``title`` is used if the front matter has none.

        Raises UnreadableArticle when there is no text to search.
        """
        if not text.strip():
            raise UnreadableArticle(path, "the file holds no text", "Write the article, or delete the file.")
        identity = str(PurePosixPath(path).with_suffix(""))
        return Article(**{"id": identity, "title": title} | self.fields, path=path, text=text, headings=headings)


def parse(text: str, path: str) -> tuple[Details, str]:
    """Split a file's text into its front matter and the rest; both may be empty.

    A date or a language that is none is left out and told, since the article is worth more than the value. Raises
    UnreadableArticle when the block is not closed, not YAML, or gives a field a wrong kind of value.
    """
    match = _FENCE.match(text)
    if match is None:
        if _OPENED.match(text):
            raise _broken(path, "the front matter is not closed by a line of three dashes")
        return Details({}), text
    if len(match[1]) > _LONGEST:
        raise _broken(path, f"the front matter is longer than {_LONGEST:,} characters")
    try:
        values = yaml.load(match[1], Loader=_loader(match[1]))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 2}" if mark else ""
        raise _broken(path, f"the front matter is not valid YAML{where}") from None
    except RecursionError:
        raise _broken(path, "the front matter is nested too deeply") from None
    if values is None or values == "":
        values = {}
    if not isinstance(values, dict):
        raise _broken(path, "the front matter is not a list of fields and values")
    fields = _fields(values, path)
    return Details(fields, tuple(_leave_out(fields, path))), text[match.end() :]


def _loader(block: str) -> type[yaml.BaseLoader] | type[yaml.CBaseLoader]:
    """The fast reader, where there is one, for all but two kinds of blocks.

    One that may be nested deeply would end the whole program, and of the pairs that JSON escapes it knows nothing.
    """
    signs = sum(block.count(sign) for sign in ("[", "{", "- ", "? "))
    plain = signs <= _MOST_NESTED and "\\" not in block
    return yaml.CBaseLoader if plain and hasattr(yaml, "CBaseLoader") else yaml.BaseLoader


def _fields(values: dict[str, Any], path: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in _TEXTS:
        value = values.get(name, "")
        if not isinstance(value, str):
            raise _broken(path, f"'{name}' in the front matter is not a single value")
        if value.strip():
            fields[name] = _whole(value, path).strip()
    for name, field in _LISTS.items():
        value = values.get(name, "")
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise _broken(path, f"'{name}' in the front matter is not a list of texts")
        fields[field] = fields.get(field, ()) + tuple(_whole(item, path).strip() for item in items if item.strip())
    return fields


def _leave_out(fields: dict[str, Any], path: str) -> Iterator[UnreadableArticle]:
    """Bring dates and language to the form that they have in every article; what has no such form goes."""
    valid = properties.fields(**{name: fields[name] for name in _VALUES if name in fields})
    for name, (kind, remedy) in _VALUES.items():
        if name in fields and name not in valid:
            cause = f"'{name}' in the front matter is left out: {fields.pop(name)[:_SHOWN]!r} is no {kind}"
            yield UnreadableArticle(path, cause, remedy)
    fields |= valid


def _whole(value: str, path: str) -> str:
    """The value with surrogate pairs joined: JSON escapes an emoji as a pair, which YAML takes for two characters."""
    try:
        return value.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise _broken(path, "the front matter holds half of a surrogate pair") from None


def _broken(path: str, cause: str) -> UnreadableArticle:
    return UnreadableArticle(path, cause, "Mend the lines between the two rows of dashes; corpus/README.md shows how.")
