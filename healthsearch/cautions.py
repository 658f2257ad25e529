"""Recognises warnings: sentences that forbid, require a professional, or send for help.

By form, not by single words: "Do not take it" is a prohibition, "symptoms that do not resolve" is not. Favours
precision, because a wrong warning costs trust; benchmarks/cautions.py measures it on sentences labelled by hand.
"""

from __future__ import annotations

import re
from functools import lru_cache

from healthsearch.sentences import LIST_MARKER

_PROFESSIONAL = (
    r"(?:doctor|midwife|pharmacist|surgeon|prescriber|nurse|physician|dentist|therapist|physiotherapist|GP"
    r"|health ?care (?:provider|professional|team)|provider|clinic)s?"
)
_A_PROFESSIONAL = rf"(?:a|an|your|the|any|their) (?:\w+ )?{_PROFESSIONAL}(?: or (?:\w+ )?{_PROFESSIONAL})?"
_FIRST = r"(?:before|first)"
_SOON = r"(?:straight|at once|right away|immediately|urgently|as soon|promptly|today|same day)"
_ASK = r"(?:ask|tell|consult|speak (?:to|with)|talk (?:to|with)|check with)"
_SEE = r"(?:see|call|contact|consult|tell)"
# "Most people do not need to see a doctor before they walk" and "many do not seek help" are no warnings.
_NOT_SENT = r"(?<!need to )(?<!have to )(?<!not )(?<!n['’]t )(?<!dont )"
# A command stands at the start of a sentence or of a list's item, with a capital; "- do not remove it" goes on with
# what the list says of somebody. Or it stands after a colon, or after a condition.
_START = rf"^(?:{LIST_MARKER})?"
_AFTER = rf"(?:[:;—–]\s+|{_START}(?:If|When|While|Before|After|During|With|Until|For)\b[^.,]*,\s+)"
_MORE = r"(?!\s+(?:need|have to|worry|hesitate|forget|be (?:afraid|ashamed)|necessarily|always|all|only)\b)\s+\w+"

# What must not be done, or not without a professional.
_LIMITS = (
    # prohibitions; "do not need to" is not one
    rf"{_START}(?:Do not|Don['’]t|Never|Avoid|Stay away from|Stop taking|Stop using)\b{_MORE}",
    rf"{_AFTER}(?:do not|don['’]t|never|avoid|stay away from|stop taking|stop using)\b{_MORE}",
    r"\b(?:should|must|shall|ought)(?:n['’]t| not| never| also not)\b(?!\s+be (?:so |too )?(?:afraid|ashamed))",
    r"\b(?:should|must|needs? to|ha(?:ve|s) to|is best) (?:be )?avoid(?:ed)?\b",
    r"\bcontraindicated\b|\bunsafe\b|\bnot (?:be )?(?:safe|suitable|recommended|advised|suited|for everyone)\b",
    r"\bdangerous (?:to|for|over)\b",
    # what requires a professional first
    rf"\b(?:without|unless|until)\b.{{0,50}}\b(?:{_PROFESSIONAL})\b.{{0,12}}\b(?:says?|said|tells?|told|advi[sc]es?"
    r"|advised|agree[sd]?|approves?|prescribes?)\b",
    r"\bwithout (?:the )?(?:advice|asking|talking|speaking|supervision)\b",
    rf"\bonly (?:after|if|when|under|with|on|once)\b.{{0,60}}\b(?:{_PROFESSIONAL}|diagnosis|advice|supervision)\b",
    # asking whether something may help is no warning; asking before is
    rf"{_NOT_SENT}\b(?i:{_ASK}|{_SEE}) {_A_PROFESSIONAL}\b.{{0,40}}\b{_FIRST}\b",
    rf"\b(?i:before)\b.{{0,160}}{_NOT_SENT}\b(?:{_ASK}|{_SEE}) {_A_PROFESSIONAL}\b",
    rf"(?:{_START}Stop|(?:[,;:]|\b(?:should|must|and|then))\s+stop)\b[^.;]{{0,60}}\b(?:if|and (?:see|call|ask|tell))\b",
)
# When to get help.
_SENDS = (
    rf"{_NOT_SENT}\b(?i:{_ASK}|{_SEE}) {_A_PROFESSIONAL}\b.{{0,40}}\b{_SOON}\b",
    rf"{_NOT_SENT}\b(?i:{_SEE}) {_A_PROFESSIONAL}\b.{{0,40}}\bif\b",
    rf"(?:{_START}|[,;:]\s+|\band\s+)(?i:{_SEE}) {_A_PROFESSIONAL} within\b.{{0,20}}\b(?:hours?|days?|weeks?)\b",
    rf"\b(?i:if|when)\b.{{0,160}}{_NOT_SENT}\b{_SEE} {_A_PROFESSIONAL}\b",
    r"\bemergency number\b|\bmedical emergency\b|(?<!when to )(?<!able to )\b(?i:call) (?:911|999|112|an ambulance)\b",
    r"\b(?i:go|taken?|brought) to (?:an?|the|your|their) (?:\w+ )?emergency (?:department|room|services|care)\b",
    r"\bneeds? (?:emergency (?:care|help)|(?:urgent|immediate) medical (?:care|help|attention))\b",
    r"(?:^|[,;:]\s+|\b(?:should|must|and|then)\s+)(?i:seek|get) (?:\w+ )?(?:urgent|emergency|immediate|medical)"
    rf" (?:\w+ )?(?:help|care|attention|advice)\b(?:.{{0,40}}\b(?:{_FIRST}|{_SOON}|if)\b|[.!]?$)",
)
_LIMIT, _CAUTION = (re.compile("|".join(f"(?:{form})" for form in forms)) for forms in (_LIMITS, (*_LIMITS, *_SENDS)))
# No form matches without one of these, in lower case; most sentences have none, and trying the forms is slow.
_NEEDED = (
    *("not", "n't", "n’t", "never", "avoid", "stay away", "stop", "contraindicated", "unsafe", "dangerous", "without"),
    *("doctor", "midwi", "pharmacist", "surgeon", "prescriber", "nurse", "physician", "dentist", "therapist"),
    *("gp", "health", "provider", "clinic", "diagnosis", "advice", "supervision"),
    *("emergenc", "911", "999", "112", "ambulance", "urgent", "immediate", "medical"),
)


# The same passages are found for many questions.
@lru_cache(maxsize=20_000)
def is_caution(sentence: str) -> bool:
    """Whether the sentence warns, forbids or refers to a professional.

    >>> is_caution("Do not drive."), is_caution("Symptoms that do not resolve are rare.")
    (True, False)
    """
    # Plain text keeps its line ends, even within a sentence.
    line = " ".join(sentence.split())
    return _may_warn(line) and _CAUTION.search(line) is not None


def limits(sentence: str) -> list[tuple[int, int]]:
    """Where in a sentence on one line a warning says what not to do, or not without a professional; none if nowhere.

    >>> limits("Do not drive."), limits("Call an ambulance at once.")
    ([(0, 12)], [])
    """
    if not _may_warn(sentence):
        return []
    return [found.span() for found in _LIMIT.finditer(sentence)]


def _may_warn(line: str) -> bool:
    lower = line.lower()
    return not line.endswith("?") and any(needed in lower for needed in _NEEDED)
