"""Two passages of an answer that must be read together: what one says, the other denies or limits.

Only the sentences that are marked as answers are compared, so that a person sees both side by side and decides. Made
for precision: one sentence must speak for what the question is most about, and the other must forbid that very thing,
not another in the same breath. benchmarks/contrasts.py measures it on pairs labelled by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from healthsearch.cautions import is_caution, limits
from healthsearch.sentences import LIST_MARKER
from healthsearch.words import words

ContrastKind = Literal["opposite", "limit"]

# How much of the question's weight both must be about; with less, they met on a word beside the point.
_SHARED = 0.2
# Words that speak for something. What only describes it ("the usual dose is 500 mg") is limited by nothing.
_FOR = re.compile(
    rf"^(?:{LIST_MARKER})?(?:Use|Try|Take)\b|\b(?:help(?:s|ed|ful)?|eas(?:es?|ed|ing)|reliev\w*|relief|improv\w*"
    r"|benefits?|beneficial|good|safe|suit(?:s|able)?|recommended|useful|effective|works?|worth\w*|better|less pain"
    r"|(?:main|first|usual) (?:treatment|choice|step)"
    r"|(?:may|can) (?:\w+ )?(?:have|take|use|be (?:used|taken|worth\w*|tried)|try|do|go|drive))\b",
    re.IGNORECASE,
)
# The same in questions ("does it ease", "is it safe"): what is asked of a thing is not the thing.
_EFFECTS = frozenset(
    words(
        "help ease relieve relief improve benefit beneficial good bad safe suit suitable recommended useful effective"
        " work worth better cure treat use"
    )
)
# Words that take it back, or tell of harm: such a sentence agrees with a warning.
_RESERVED = re.compile(
    r"\b(?:no|not|never|nor|neither|nothing|nobody|none|cannot|without|unless|unlikely|avoid\w*|stop\w*|only|little"
    r"|fail\w*|risk\w*|harm\w*|injur\w*|damag\w*|worse\w*|worst|danger\w*|serious\w*|infect\w*|weaken\w*|bleed\w*|burn\w*"
    r"|caus\w*|spread\w*|hurt\w*|block\w*|asks?|predict\w*|too|than|against|instead)\b|n['’]t\b",
    re.IGNORECASE,
)
# Where a warning stops saying what is forbidden, and begins to say to whom, where, when or why.
_BEYOND = re.compile(
    r"[,;:.()—–]|\b(?:but|unless|until|because|if|when|although|though|which|who|since|as|so|while|for|with|to|into|in"
    r"|on|over|during|after|without)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:.()—–]|\b(?:but|and|because)\b", re.IGNORECASE)
# "It is chosen when that is not safe" forbids nothing.
_CONDITION = re.compile(r"\b(?:if|when|whether|where)\b[^,;:]*$", re.IGNORECASE)
# "Do not treat heartburn with soda" forbids the soda.
_TREATED = re.compile(r"\btreat\b.*?\bwith\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AnsweringSentence:
    """The marked sentence of a hit, by the hit's rank; ``opposite``: whether it is noted as pointing the other way."""

    rank: int
    text: str
    opposite: bool


@dataclass(frozen=True, slots=True)
class Contrast:
    """The ranks of two hits: ``against`` denies (``opposite``) or limits (``limit``) what ``along`` says."""

    along: int
    against: int
    kind: ContrastKind


def contrast(weights: Mapping[str, float], sentences: Iterable[AnsweringSentence]) -> Contrast | None:
    """The best-ranked two of an answer's sentences that deny or limit each other; None when there are no such.

    ``weights``: those of the question's index words. The heaviest of them that names a thing and that any of the
    sentences has is what the question is about; both sentences must be about it.
    """
    # What ends with a colon says nothing without the list that it begins, and a question says nothing at all.
    complete = (sentence for sentence in sentences if not sentence.text.rstrip().endswith((":", "?")))
    told = {sentence: set(words(sentence.text)) for sentence in sorted(complete, key=lambda sentence: sentence.rank)}
    things = set().union(*told.values()) - _EFFECTS
    subject = max((word for word in weights if word in things), key=weights.__getitem__, default=None)
    about = [sentence for sentence in told if subject in told[sentence]]
    agreeing = [sentence for sentence in about if not sentence.opposite]
    speaking = [sentence for sentence in agreeing if _speaks_for(sentence.text)]
    forbidden = {sentence: _forbidden(sentence.text) for sentence in agreeing}
    denying = {sentence: told[sentence] for sentence in about if sentence.opposite}
    limiting = {sentence: held for sentence, held in forbidden.items() if subject in held}
    enough = _SHARED * sum(weights.values())
    for against, held in (denying | limiting).items():
        for along in speaking:
            if sum(weights[word] for word in held & told[along] & weights.keys()) >= enough:
                return Contrast(along.rank, against.rank, "opposite" if against.opposite else "limit")
    return None


def _speaks_for(sentence: str) -> bool:
    return bool(_FOR.search(sentence)) and not _RESERVED.search(sentence) and not is_caution(sentence)


def _forbidden(sentence: str) -> set[str]:
    """The index words of what a warning says not to do, or not without a professional; none if it is no such.

    When to get help limits nothing: signs of an emergency stood against other signs of the same.
    """
    line = " ".join(sentence.split())
    found: set[str] = set()
    for start, end in limits(line):
        if _CONDITION.search(line[:start]):
            continue
        begun = [clause.end() for clause in _CLAUSE.finditer(line, 0, end) if clause.end() <= start + 1]
        beyond = _BEYOND.search(line, end)
        first = begun[-1] if begun else 0
        treated = _TREATED.search(line, start)
        if treated:
            first, beyond = treated.end(), _BEYOND.search(line, treated.end())
        found.update(words(line[first : beyond.start() if beyond else len(line)]))
    return found
