"""Urgent signs: the notices that the owner of a corpus wants shown above the results, and when.

``urgent.yaml`` in the corpus's folder holds them; it is read when a question comes, so that a change needs no build.
A sign is matched conservatively: whole phrases in any form of their words, nothing that the question denies or tells
as long past. A notice more is noise that teaches people to look away, so what is in doubt is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from healthsearch.errors import HealthSearchError
from healthsearch.words import words

FILE = "urgent.yaml"
_LARGEST = 100_000
_MOST_NOTICES, _MOST_SIGNS, _LONGEST_TEXT = 50, 200, 1_000
_HOW = "Mend it, or take it away; README.md in the corpus's folder says what it holds."

_NOT = re.compile(
    r"\b(ai|are|ca|could|did|do|does|has|had|have|is|should|was|were|wo|would)(?:n['’]?t| not)\b|\bcannot\b"
)
_CLAUSE_END = re.compile(r"[.,;:!?()]|\b(?:but|although|though|however)\b")
_DENIALS = frozenset(words("no not never without neither nor"))
# A denial reaches over this many index words: "no sudden or bad chest pain".
_REACH = 3
_PAST = re.compile(
    r"\b(?:months?|years?|decades?|ages) (?:ago|back|earlier)\b|\blast (?:year|summer|winter|autumn|spring|month)\b"
    r"|\bin the past\b|\bhistory of\b|\bused to\b|\bwhen i was (?:a|young)\b|\bsince childhood\b"
)

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """What is shown: the name of what it may be, what to do, and who says so."""

    name: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Signs:
    """A notice, and the signs that call for it: each some phrases, of index words, that must all be there."""

    notice: Notice
    signs: tuple[tuple[Phrase, ...], ...]


def read_signs(corpus: Path) -> tuple[Signs, ...]:
    """The notices of this corpus with their signs; none without a file. Raises HealthSearchError for a bad file."""
    file = corpus / FILE
    try:
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


def urgent(question: str, known: Iterable[Signs]) -> tuple[Notice, ...]:
    """The notices that a question calls for, in the order of the file."""
    plain = _plain(question)
    if _PAST.search(plain):
        return ()
    clauses = [words(clause) for clause in _CLAUSE_END.split(plain)]
    return tuple(
        one.notice
        for one in known
        if any(all(any(_stands(phrase, clause) for clause in clauses) for phrase in sign) for sign in one.signs)
    )


def _plain(text: str) -> str:
    """The text with "can't" and its like as "not", since the helping verb is no index word."""
    return _NOT.sub("not", text.casefold())


def _stands(phrase: Phrase, clause: Sequence[str]) -> bool:
    """Whether the clause holds the phrase, word after word, and does not deny it."""
    for start in range(len(clause) - len(phrase) + 1):
        if tuple(clause[start : start + len(phrase)]) == phrase:
            return not _DENIALS & set(clause[max(0, start - _REACH) : start])
    return False


def _signs(file: Path, number: int, value: object) -> Signs:
    if not isinstance(value, dict):
        raise _broken(file, f"notice {number} is not a list of fields")
    told = {}
    for name in ("name", "text", "source"):
        text = value.get(name)
        if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST_TEXT:
            raise _broken(file, f"notice {number} has no '{name}', or one of over {_LONGEST_TEXT:,} characters")
        told[name] = " ".join(text.split())
    signs = value.get("signs")
    if not isinstance(signs, list) or not 0 < len(signs) <= _MOST_SIGNS:
        raise _broken(file, f"notice {number} has no list of up to {_MOST_SIGNS} 'signs'")
    return Signs(Notice(**told), tuple(_sign(file, number, sign) for sign in signs))


def _sign(file: Path, number: int, sign: object) -> tuple[Phrase, ...]:
    """A sign as it is written: phrases with a plus between them."""
    parts = sign.split("+") if isinstance(sign, str) and len(sign) <= _LONGEST_TEXT else []
    phrases = tuple(tuple(words(_plain(part))) for part in parts)
    if not phrases or not all(phrases):
        raise _broken(file, f"a sign of notice {number} says nothing: {str(sign)[:60]!r}")
    if len(phrases) == 1 and len(phrases[0]) == 1:
        raise _broken(file, f"a sign of notice {number} is a single word, which says too little: {sign!r}")
    return phrases


def _broken(file: Path, cause: str) -> HealthSearchError:
    return HealthSearchError(file, cause, _HOW)
