"""Whether a sentence forbids what a question asks permission for: "may I drive" and "do not drive for a day".

Somebody who skims takes a marked sentence for a yes. Favours precision: the question asks, without any negation,
whether one may or can do something or whether it is safe; the sentence forbids it in a main clause, with the same verb,
or about the same thing if the verb has little meaning. Questions of fact ("does it cure") were tried and too often
wrong.
"""

from __future__ import annotations

import re

from healthsearch.sentences import LIST_MARKER
from healthsearch.words import words

_PERSON = (
    r"(?:i|we|you|he|she|they|someone|somebody|anyone|people|children|(?:my|our|a|the) (?:\w+ )?(?:mum|mom|mother|dad"
    r"|father|wife|husband|partner|son|daughter|baby|child|kids?|children|toddler|teenager|grandma|grandpa|patients?))"
)
_MAY = re.compile(
    rf"(?:^|[.,;?!]\s*|\b(?:so|and|but|or)\s+)(?:can|could|may|should|shall)\s+{_PERSON}\b"
    r"|\bis (?:it|\w+(?: \w+)?) (?:ok|okay|safe|fine|alright|allowed|recommended|advised)\b|\bam i allowed\b",
    re.IGNORECASE,
)
_OPEN = re.compile(r"\b(?:what|when|where|which|who|whom|whose|why|how)\b", re.IGNORECASE)
# A question that is itself negative in words or in sense: a "no" in the sentence may well confirm it. So is one
# that asks after harm, or whether to ask somebody.
_NEGATIVE = re.compile(
    r"\b(?:not|no|never|nothing|nobody|none|without|avoid\w*|stop\w*|quit\w*|skip\w*|refus\w*|bad|worse\w*|harm\w*"
    r"|danger\w*|risk\w*|wrong|unsafe|hurt\w*|damag\w*|caus\w*|trigger\w*|interact\w*|react\w*|forbidden|instead|rather"
    r"|less|off|away|out|leave|wait|ask|tell|limit\w*|different|another|need|have to|must|too (?:much|many|long|late"
    r"|early)|fail\w*|miss\w*)\b|n['’]t\b",
    re.IGNORECASE,
)
_FORBIDS = re.compile(
    rf"(?:^(?:{LIST_MARKER})?|[,:;—–]\s+|\b(?:but|and|so)\s+)(?:do not|don['’]t|never|avoid)\b"
    r"|\b(?:should|must|shall|can|may)(?:\s+not|n['’]t|\s+never)(?: be)?\b|\bcannot(?: be)?\b"
    r"|\bnot (?:be )?(?:safe|suitable|recommended|advised)\b",
    re.IGNORECASE,
)
# A clause that only says whom, when or why; its "not" does not apply to the main statement.
_SUBORDINATE = re.compile(
    r"\b(?:if|when|whether|who|whom|which|that|because|unless|until|since|although|though|even|as|where|than|while"
    r"|otherwise|so|and|or)\b[^,;:]*$",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(
    r"[,;:.()]|\b(?:but|unless|until|because|if|when|although|though|which|who|without|before|since|as|so|than)\b",
    re.IGNORECASE,
)
# "You may not need it" forbids nothing, and "do not stop it" forbids the reverse of what is asked.
_NOT_A_NO = re.compile(
    r"^\s+(?:only|just|always|all|every\w*|necessarily|yet|need|have to|be able|worry|hesitate|be afraid|forget|stop"
    r"|quit|skip|delay|miss|ignore|wait|put off|give up)\b",
    re.IGNORECASE,
)
# Exceptions to a prohibition; if one names what the question names, the answer may be yes.
_EXCEPTION = re.compile(r"\b(?:unless|until|except|without|other than|apart from|before)\b(.*)", re.IGNORECASE)
# The question names such a condition.
_CONDITION = re.compile(r"\b(?:even if|once|as long as|provided|still|keep|just|only)\b", re.IGNORECASE)
# Verbs with little meaning: two of them mean the same if their object is the same.
_LIGHT = frozenset(words("take taken taking use try eat eaten drink put start keep give given go get"))
# "Never take more", "do not swim alone": a limit on how, not on whether.
_LIMIT = re.compile(r"\b(?:more|longer|larger|alone|suddenly|too|together)\b", re.IGNORECASE)
# "Do not give honey to babies" forbids it to some, in some state or with something.
_FOR_SOME = re.compile(r"\b(?:to|in|with|during|for|on|at|under|over)\b(.*)", re.IGNORECASE)


def says_no(question: str, sentence: str) -> bool:
    """Whether the sentence forbids what the question asks permission for.

    >>> says_no("may I drive after the injection", "Do not drive for 24 hours.")
    True
    >>> says_no("should I avoid driving", "Do not drive for 24 hours.")
    False
    """
    asked = _MAY.search(question)
    if asked is None or _OPEN.search(question[: asked.start() + 1]) or _NEGATIVE.search(question, asked.start()):
        return False
    if _CONDITION.search(question):
        return False
    wanted, sentence = words(question), " ".join(sentence.split())
    return any(_meets(wanted, sentence, found) for found in _FORBIDS.finditer(sentence))


def _meets(wanted: list[str], sentence: str, negation: re.Match[str]) -> bool:
    before, after = sentence[: negation.start()], sentence[negation.end() :]
    exception = _EXCEPTION.search(after)
    if _NOT_A_NO.match(after) or _SUBORDINATE.search(before):
        return False
    if exception and set(wanted) & set(words(exception[1])):
        return False
    end = _CLAUSE_END.search(after)
    clause = after[: end.start()] if end else after
    following = words(clause)
    if not following or _LIMIT.search(clause):
        return False
    # "Avoid tablets" and "not safe in pregnancy" name no verb; they forbid the thing.
    if following[0] not in _LIGHT and negation[0].split()[-1].lower() not in (
        "avoid",
        "safe",
        "suitable",
        "recommended",
        "advised",
    ):
        return following[0] in wanted
    # A command has nothing before it; what "should not be taken" stands before that.
    begun = [found.end() for found in _CLAUSE_END.finditer(before)]
    subject = before[begun[-1] if begun else 0 :] if negation[0][:1].isalpha() else ""
    some = _FOR_SOME.search(clause)
    if some and not set(wanted) & set(words(some[1])):
        return False
    return bool(set(wanted) & {*words(subject), *following} - _LIGHT)
