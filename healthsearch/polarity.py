"""Whether a sentence says no to what a question supposes: "may I drive" and "do not drive for a day".

A reader who skims takes a marked sentence as a yes. Made for precision: a yes-or-no question without any negation
must meet a negation of its own kind. Whether one may do something is denied by what forbids the same thing; whether
something is so is denied by a main clause that says it is not, in words of the question.
"""

from __future__ import annotations

import re

from healthsearch.words import words

_PERSON = r"(?:i|we|you|he|she|they|someone|somebody|anyone|people|my|our|the|a|an)"
_MAY = re.compile(
    rf"(?:^|[.,;?!]\s*|\b(?:so|and|but|or)\s+)(?:can|could|may|might|should|shall)\s+{_PERSON}\b"
    r"|\bis (?:it|\w+(?: \w+)?) (?:ok|okay|safe|fine|alright|allowed|recommended|advised)\b|\bam i allowed\b",
    re.IGNORECASE,
)
_IS_IT_SO = re.compile(
    r"(?:^|[.,;?!]\s*|\b(?:so|and|but|or)\s+)(?:can|could|do|does|did|is|are|am|will|would)\s+\w+", re.IGNORECASE
)
_OPEN = re.compile(r"\b(?:what|when|where|which|who|whom|whose|why|how)\b", re.IGNORECASE)
# A question that is itself negative in words or in sense: a "no" in the sentence may well confirm it. So is one
# that asks after harm, or whether to ask somebody.
_NEGATIVE = re.compile(
    r"\b(?:not|no|never|nothing|nobody|none|without|avoid\w*|stop\w*|quit\w*|skip\w*|refus\w*|bad|worse\w*|harm\w*"
    r"|danger\w*|risk\w*|wrong|unsafe|hurt\w*|damag\w*|caus\w*|trigger\w*|interact\w*|react\w*|forbidden|instead|rather"
    r"|less|off|away|out|leave|wait|ask|tell|limit\w*|different|another|too (?:much|many|long|late|early)|fail\w*"
    r"|miss\w*)\b|n['’]t\b",
    re.IGNORECASE,
)
_DUTY = re.compile(r"\b(?:need|have to|must|necessary|required)\b", re.IGNORECASE)
_NO_DUTY = re.compile(r"\s*(?:need|have to|necessar)", re.IGNORECASE)
_FORBIDS = re.compile(
    r"(?:^(?:[-*+•–]\s+|\d{1,3}[.)]\s+)?|[,:;—–]\s+|\b(?:but|and|so)\s+)(?:do not|don['’]t|never|avoid)\b"
    r"|\b(?:should|must|shall|can|may)(?:\s+not|n['’]t|\s+never)(?: be)?\b|\bcannot(?: be)?\b"
    r"|\bnot (?:be )?(?:safe|suitable|recommended|advised)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:(?:do|does|did|is|are|was|were|can|could|will|would|has|have)(?:\s+not|n['’]t)\b"
    r"|cannot\b|no\b|neither\b|nobody\b)",
    re.IGNORECASE,
)
# A clause that only describes whom, when or why; its "not" says nothing about the main statement.
_SUBORDINATE = re.compile(
    r"\b(?:if|when|whether|who|whom|which|(?<!found )(?<!shows )(?<!showed )that|because|unless|until|since|although"
    r"|though|even|as|where|than|while|otherwise|so|and|or)\b[^,;:]*$",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(
    r"[,;:.()]|\b(?:but|unless|until|because|if|when|although|though|which|who|without|before|since|as|so|than)\b",
    re.IGNORECASE,
)
_NOT_A_NO = re.compile(
    r"^\s+(?:only|just|always|all|every\w*|necessarily|yet|more than|later than|least)\b", re.IGNORECASE
)
# Verbs that say little: with them the object must be the same, with others the verb itself.
_LIGHT = frozenset(words("take use do try eat drink put start keep give go"))


def says_no(question: str, sentence: str) -> bool:
    """Whether the sentence denies what a yes-or-no question supposes.

    >>> says_no("may I drive after the injection", "Do not drive for 24 hours.")
    True
    >>> says_no("should I avoid driving", "Do not drive for 24 hours.")
    False
    """
    may, so = _MAY.search(question), _IS_IT_SO.search(question)
    asked = may or so
    if asked is None or _OPEN.search(question[: asked.start() + 1]) or _NEGATIVE.search(question):
        return False
    wanted = words(question)
    return any(
        _meets(question, wanted, sentence, found, forbids=may is not None)
        for found in (_FORBIDS if may else _DENIES).finditer(sentence)
    )


def _meets(question: str, wanted: list[str], sentence: str, negation: re.Match[str], *, forbids: bool) -> bool:
    before, after = sentence[: negation.start()], sentence[negation.end() :]
    if _NOT_A_NO.match(after) or _SUBORDINATE.search(before):
        return False
    if not forbids and (not before.strip(" -*•") and negation[0].lower().startswith("do")):
        # A command denies no fact.
        return False
    if _DUTY.search(question) and not _NO_DUTY.match(after):
        return False
    end = _CLAUSE_END.search(after)
    following = words(after[: end.start()] if end else after)
    begun = [found.end() for found in _CLAUSE_END.finditer(before)]
    shared = set(wanted) & {*words(before[begun[-1] if begun else 0 :]), *following}
    if not forbids:
        return bool(shared)
    return bool(following and following[0] in wanted) or (bool(shared - _LIGHT) and bool(_LIGHT & {*wanted, *shared}))
