"""Does a question affirm a phrase? Not where it denies it, or tells of it as long past.

A phrase is found in any form of its words. A denial or a time counts only for the words that it governs, as in NegEx
(Chapman et al. 2001), and it governs fewer here: a missing urgent notice costs more than one too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from healthsearch.words import words

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
class Clause:
    """A part of a question: its words as written, its index words, and in which word each of those stands."""

    written: tuple[str, ...]
    words: Phrase
    places: tuple[int, ...]


def clauses(question: str) -> list[Clause]:
    """The clauses of a question, without those that tell of what is long past."""
    return [_clause(text) for text in _present_clauses(_plain(question))]


def phrase(text: str) -> Phrase:
    """The index words of a phrase as it is written."""
    return _clause(_plain(text)).words


def affirms(clause: Clause, wanted: Phrase, even_if_denied: bool = False) -> bool:
    """Whether the clause holds the phrase, word after word, at a place where it does not deny it.

    ``even_if_denied``: whether it holds the phrase at all.
    """
    for start in range(len(clause.words) - len(wanted) + 1):
        end = start + len(wanted)
        if clause.words[start:end] == wanted and (
            even_if_denied or not _is_denied(clause.written, clause.places[start], clause.places[end - 1])
        ):
            return True
    return False


def _plain(text: str) -> str:
    """The text with "can't" and its like as "not", since the helping verb is no index word."""
    return " ".join(_NOT.sub("not", text.casefold()).split())


def _present_clauses(text: str) -> Iterator[str]:
    """The clauses of a question, without those that tell of what is long past."""
    opening = ""
    for clause in (part.strip() for part in _CLAUSE_END.split(text)):
        whole, opening = f"{opening} {clause}", ""
        if not _PAST.search(whole) or _PRESENT.search(whole):
            yield clause
        elif len(whole.split()) <= _OPENING_WORDS:
            opening = whole


def _clause(text: str) -> Clause:
    written = tuple(_APART.split(text))
    index = [(word, place) for place, each in enumerate(written) for word in words(each)]
    return Clause(written, tuple(word for word, _ in index), tuple(place for _, place in index))


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
