"""Urgent signs: the notices that the owner of a corpus wants shown above the results, and when.

``urgent.yaml`` in the corpus's folder holds them; it is read when a question comes, so that a change needs no build.
A sign does not count where the question denies it or tells it as long past: see ``negation``. A notice that is missing
can cost a life.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from healthsearch.errors import HealthSearchError
from healthsearch.negation import Phrase, affirms, clauses, phrase

FILE = "urgent.yaml"
_LARGEST = 100_000
_MOST_NOTICES, _MOST_SIGNS, _LONGEST_TEXT = 50, 200, 1_000
_WHERE = f"Name the folder that holds {FILE} with --corpus or HEALTHSEARCH_CORPUS."
_HOW = "Mend it, or take it away; README.md in the corpus's folder says what it holds."


@dataclass(frozen=True, slots=True)
class UrgentNotice:
    """What is shown: the name of what it may be, what to do, and who says so."""

    name: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class UrgentSigns:
    """A notice, and the signs that call for it: each some phrases, of index words, that must all be there.

    ``even_if_denied``: a question that denies a sign calls for the notice, too.
    """

    notice: UrgentNotice
    signs: tuple[tuple[Phrase, ...], ...]
    even_if_denied: bool = False


def read_signs(corpus: Path) -> tuple[UrgentSigns, ...]:
    """The notices of this corpus with their signs; none where its folder has no such file.

    Raises HealthSearchError for a bad file, and where there is no such folder.
    """
    file = corpus / FILE
    try:
        if not corpus.is_dir():
            raise HealthSearchError(corpus, "there is no such folder", _WHERE)
        with file.open("rb") as opened:
            data = opened.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise _broken(file, f"it is larger than {_LARGEST:,} bytes")
        values = yaml.load(data.decode("utf-8-sig"), Loader=yaml.BaseLoader)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _broken(file, f"it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise _broken(file, "it is not saved in UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise _broken(file, f"it is not valid YAML{f' in line {mark.line + 1}' if mark else ''}") from None
    except RecursionError:
        raise _broken(file, "it is nested too deeply") from None
    if not values:
        return ()
    if not isinstance(values, list) or len(values) > _MOST_NOTICES:
        raise _broken(file, f"it is not a list of up to {_MOST_NOTICES} notices")
    return tuple(_signs(file, number, value) for number, value in enumerate(values, start=1))


class SignsReader:
    """Reads the signs of a corpus again only when their file has changed."""

    def __init__(self) -> None:
        self._read: tuple[tuple[Path, int, int], tuple[UrgentSigns, ...]] | None = None

    def read(self, corpus: Path) -> tuple[UrgentSigns, ...]:
        """As ``read_signs``."""
        file = corpus / FILE
        try:
            status = file.stat()
            state = (file, status.st_mtime_ns, status.st_size)
        except OSError:
            state = (file, 0 if corpus.is_dir() else -1, 0)
        if self._read is None or self._read[0] != state:
            self._read = state, read_signs(corpus)
        return self._read[1]


def urgent(question: str, signs: Iterable[UrgentSigns]) -> tuple[UrgentNotice, ...]:
    """The notices that a question calls for, in the order of the file."""
    asked = clauses(question)
    return tuple(
        each.notice
        for each in signs
        if any(
            all(any(affirms(clause, wanted, each.even_if_denied) for clause in asked) for wanted in sign)
            for sign in each.signs
        )
    )


def _signs(file: Path, number: int, value: object) -> UrgentSigns:
    if not isinstance(value, dict):
        raise _broken(file, f"notice {number} is not a list of fields")
    notice = {}
    for name in ("name", "text", "source"):
        text = value.get(name)
        if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST_TEXT:
            raise _broken(file, f"notice {number} has no '{name}', or one of over {_LONGEST_TEXT:,} characters")
        notice[name] = " ".join(text.split())
    signs = value.get("signs")
    if not isinstance(signs, list) or not 0 < len(signs) <= _MOST_SIGNS:
        raise _broken(file, f"notice {number} has no list of up to {_MOST_SIGNS} 'signs'")
    denied = value.get("even_if_denied", "false")
    if denied not in ("true", "false"):
        raise _broken(file, f"'even_if_denied' of notice {number} is neither true nor false")
    return UrgentSigns(UrgentNotice(**notice), tuple(_sign(file, number, sign) for sign in signs), denied == "true")


def _sign(file: Path, number: int, sign: object) -> tuple[Phrase, ...]:
    """A sign as it is written: phrases with a plus between them."""
    parts = sign.split("+") if isinstance(sign, str) and len(sign) <= _LONGEST_TEXT else []
    phrases = tuple(phrase(part) for part in parts)
    if not phrases or not all(phrases):
        raise _broken(file, f"a sign of notice {number} says nothing: {str(sign)[:60]!r}")
    if len(phrases) == 1 and len(phrases[0]) == 1:
        raise _broken(file, f"a sign of notice {number} is a single word, which says too little: {sign!r}")
    return phrases


def _broken(file: Path, cause: str) -> HealthSearchError:
    return HealthSearchError(file, cause, _HOW)
