"""Urgent signs: the notices that the owner of a corpus wants shown above the results, and when.

``urgent.yaml`` in the corpus's folder holds them; it is read when a question comes, so that a change needs no build.
A sign is a whole phrase in any form of its words. It does not count where the question denies it or tells it as long
past; a denial or a time counts only for the signs that it governs, since a notice that is missing can cost a life.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from healthsearch.errors import HealthSearchError
from healthsearch.words import words

FILE = "urgent.yaml"
_LARGEST = 100_000
_MOST_NOTICES, _MOST_SIGNS, _LONGEST_TEXT = 50, 200, 1_000
_WHERE = f"Name the folder that holds {FILE} with --corpus or HEALTHSEARCH_CORPUS."
_HOW = "Mend it, or take it away; README.md in the corpus's folder says what it holds."

_NOT = re.compile(
    r"\b(ai|are|ca|could|did|do|does|has|had|have|is|should|was|were|wo|would)(?:n['’]?t| not)\b|\bcannot\b"
)
# A clause ends where a new one may begin: "years ago and now", "no fever and my neck is stiff".
_CLAUSE_END = re.compile(
    r"[.,;:!?()]|\b(?:but|although|though|however|because)\b"
    r"|\band(?= (?:i|he|she|we|they|it|there|my|his|her|now|have|has|had|am|is|are)\b)"
)
_DENIALS = frozenset("no not never without neither nor".split())
# What may stand between a denial and what it denies. Any other word, such as a verb or "I", has a meaning of its own:
# "not sleep, crushing chest pain" or "no idea why I have it" deny no pain.
_BETWEEN = frozenset(
    "a an any the my his her your their our of in more longer other real new sudden suddenly bad severe strong sharp"
    " serious slight mild obvious sign signs symptom symptoms kind form episode episodes attack attacks case loss"
    " have has had having get gets got getting feel feels felt feeling experience experienced experiencing be been"
    " being suffer suffered".split()
)
_LIST = frozenset(("or", "nor"))
# In a list, "no chest pain or sweating", the denial reaches over this many more words, unless one of these is met.
_LIST_REACH = 4
_NEW_SUBJECT = frozenset("and i he she we they it there why who what how that with for from".split())
# "Never such a pain before" tells of a pain now.
_FIRST_TIME = frozenset("before until like".split())
_PAST = re.compile(
    r"\b(?:months?|years?|decades?|ages) (?:ago|earlier|back(?! (?:pain|ache|hurt)))\b"
    r"|(?<!since )\blast (?:year|summer|winter|autumn|spring|month)\b"
    r"|\bin the past\b(?! (?:\S+ ){0,2}(?:second|minute|hour|night|day|week)s?\b)"
    r"|\bused to\b|\bwhen (?:i|he|she) was (?:a|young)\b|\bsince childhood\b"
)
_PRESENT = re.compile(
    r"\b(?:now|today|tonight|again|still|currently|at the moment|this (?:morning|afternoon|evening|week))\b"
)
_APART = re.compile(r"[\s\-‐‑/]+")
# "Two years ago," opens the clause that follows.
_OPENING_WORDS = 4

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """What is shown: the name of what it may be, what to do, and who says so."""

    name: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Signs:
    """A notice, and the signs that call for it: each some phrases, of index words, that must all be there.

    ``even_if_denied``: a question that denies a sign calls for the notice, too.
    """

    notice: Notice
    signs: tuple[tuple[Phrase, ...], ...]
    even_if_denied: bool = False


@dataclass(frozen=True, slots=True)
class _Clause:
    """A part of a question: its words as written, its index words, and in which word each of those stands."""

    written: tuple[str, ...]
    words: Phrase
    places: tuple[int, ...]


def read_signs(corpus: Path) -> tuple[Signs, ...]:
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


def urgent(question: str, known: Iterable[Signs]) -> tuple[Notice, ...]:
    """The notices that a question calls for, in the order of the file."""
    clauses = [_clause(text) for text in _present_clauses(_plain(question))]
    return tuple(
        one.notice
        for one in known
        if any(
            all(any(_stands(phrase, clause, one.even_if_denied) for clause in clauses) for phrase in sign)
            for sign in one.signs
        )
    )


def _plain(text: str) -> str:
    """The text with "can't" and its like as "not", since the helping verb is no index word."""
    return " ".join(_NOT.sub("not", text.casefold()).split())


def _present_clauses(text: str) -> Iterator[str]:
    """The clauses of a question, without those that tell of what is long past."""
    opening = ""
    for clause in (part.strip() for part in _CLAUSE_END.split(text)):
        told, opening = f"{opening} {clause}", ""
        if not _PAST.search(told) or _PRESENT.search(told):
            yield clause
        elif len(told.split()) <= _OPENING_WORDS:
            opening = told


def _clause(text: str) -> _Clause:
    written = tuple(_APART.split(text))
    index = [(word, place) for place, each in enumerate(written) for word in words(each)]
    return _Clause(written, tuple(word for word, _ in index), tuple(place for _, place in index))


def _stands(phrase: Phrase, clause: _Clause, even_if_denied: bool) -> bool:
    """Whether the clause holds the phrase, word after word, at a place where it does not deny it."""
    for start in range(len(clause.words) - len(phrase) + 1):
        end = start + len(phrase)
        if clause.words[start:end] == phrase and (
            even_if_denied or not _is_denied(clause.written, clause.places[start], clause.places[end - 1])
        ):
            return True
    return False


def _is_denied(written: Sequence[str], first: int, last: int) -> bool:
    """Whether a denial, or "history of", governs the words from ``first`` to ``last``."""
    left: int | None = None
    for place in range(first - 1, -1, -1):
        word = written[place]
        if word in _DENIALS:
            return not (word == "never" and _FIRST_TIME & set(written[last + 1 :]))
        if word == "history":
            return True
        if word in _LIST and left is None:
            left = _LIST_REACH
        elif left is not None:
            left -= 1
            if not left or word in _NEW_SUBJECT:
                return False
        elif word not in _BETWEEN:
            return False
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
    denied = value.get("even_if_denied", "false")
    if denied not in ("true", "false"):
        raise _broken(file, f"'even_if_denied' of notice {number} is neither true nor false")
    return Signs(Notice(**told), tuple(_sign(file, number, sign) for sign in signs), denied == "true")


def _sign(file: Path, number: int, sign: object) -> tuple[Phrase, ...]:
    """A sign as it is written: phrases with a plus between them."""
    parts = sign.split("+") if isinstance(sign, str) and len(sign) <= _LONGEST_TEXT else []
    phrases = tuple(_clause(_plain(part)).words for part in parts)
    if not phrases or not all(phrases):
        raise _broken(file, f"a sign of notice {number} says nothing: {str(sign)[:60]!r}")
    if len(phrases) == 1 and len(phrases[0]) == 1:
        raise _broken(file, f"a sign of notice {number} is a single word, which says too little: {sign!r}")
    return phrases


def _broken(file: Path, cause: str) -> HealthSearchError:
    return HealthSearchError(file, cause, _HOW)
