"""Every word of the interface that a person reads but those of who and when, ready to be translated.

Pure functions from what the search knows to what is said about it. Knows no HTML and draws nothing;
article text does not pass through here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from healthsearch.errors import HealthSearchError
from healthsearch.provenance import day

if TYPE_CHECKING:
    from healthsearch.filters import Field
    from healthsearch.judge import Verdict
    from healthsearch.reasons import Reasons
    from healthsearch.spelling import Correction

TITLE = "Health search"
OF_COLLECTION = f"About this collection · {TITLE}"
TO_COLLECTION = "About this collection"
TAGLINE = "Answers quoted word for word from the articles in this collection."
ADVICE = "Information, not medical advice."
EMERGENCY = "In an emergency, call your local emergency number."

QUESTION = "Your question"
SEARCH = "Search"
EXAMPLES = "You could ask"

VERDICTS: dict[Verdict, str] = {
    "answered": "These passages answer your question",
    "related": "Possibly related",
    "nothing": "Nothing in these articles answers this",
}
VERDICT_NOTES: dict[Verdict, str] = {
    "answered": "The sentence that fits best is marked. Read it with the cautions next to it.",
    "related": "These passages are near your question, but may not answer it. Read them with that in mind.",
    "nothing": "No passage in this collection is close enough to be called an answer.",
}
UNCALIBRATED = "The index uses another encoder than this verdict was measured with, so take it as a rough guide."
NEAREST = "Show the nearest passages, which do not answer"
TRY_NEXT = "What to try next"
SUGGESTIONS = (
    "Use other words: the everyday name instead of the medical one, or the other way round.",
    "Ask about one thing at a time, in one short sentence.",
    "Check the spelling of names and medicines.",
    "Ask a doctor, nurse or pharmacist: no collection of articles covers everything.",
)

MARKS = {"answer": "Best fit", "caution": "Caution"}
NOTES = {
    "opposite": "The question and the marked sentence point opposite ways. Read it closely.",
}
CAUTION_BESIDE = "Caution in the same section:"

URGENT = "Read this first"
URGENT_SOURCE = "Source:"
NO_SIGNS = "The urgent signs of this collection cannot be read, so no notice is shown for any"
CONTRASTS = {
    "opposite": ("These two do not say the same", "Read both before you decide."),
    "limit": ("Read these two together", "The second limits what the first says, or warns of it."),
}
EARLIER = "Earlier questions of this visit"
EARLIER_NOTE = "Gone when you close the page. Nothing of them is kept anywhere."
# Where the keeper of the articles has asked for that.
EARLIER_NOTE_KEPT = "This list is gone when you close the page."
KEPT = "A question that finds nothing here is kept for whoever looks after these articles: its words and the day."
WHY = "Why this passage?"
WHY_WORDS, WHY_MEANING, WHY_CONFIDENCE = "Words", "Meaning", "Confidence"

NARROW = "Narrow the search"
WIDEN = "Search all articles"
NARROW_BY: dict[Field, str] = {
    "publisher": "Publisher",
    "language": "Language",
    "folder": "Folder",
    "reviewed": "Reviewed since",
}
ANY, ANY_TIME, TOP_FOLDER = "Any", "Any time", "Top folder"
LANGUAGES = {
    "ar": "Arabic", "de": "German", "en": "English", "es": "Spanish", "fr": "French", "hi": "Hindi", "it": "Italian",
    "ja": "Japanese", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ru": "Russian", "tr": "Turkish",
    "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip

AS_TYPED = "Search for the words as typed"
SURROUNDINGS = "Text before and after"
BEFORE = "Before the quote"
AFTER = "After the quote"
OPENING = "Opening of the article"
BACK = "Back to the results"
TO_SEARCH = "Search these articles"
SHARE = "Copy, cite, link"
COPY_QUOTE, COPY_LINK, COPIED = "Copy the quote", "Copy a link to this passage", "Copied."
CITATIONS = {"plain": "Copy a citation", "bibtex": "Copy BibTeX", "ris": "Copy RIS"}
KEEP = "Keep this answer"
AS_MARKDOWN, AS_JSON, PRINT = "Download as Markdown", "Download as JSON", "Print or save as PDF"
LINK_WITH_QUESTION = "Copy a link with your question"
FILE_NAME = "answer"
NOTE, REFERENCE = "Note", "Reference"
REWRITTEN = "The passage that the link led to is no longer in this article as it was. Here is the article as it stands."
CONTENTS = "Contents"
PREVIOUS, NEXT = "Previous match", "Next match"
PUBLISHER, DATES, LICENCE, SOURCES, ADDRESS, FILE = "Publisher", "Dates", "Licence", "Sources", "Address", "File"
PART_ONLY = "This article is very long. Only the part around the passage is shown."

OPENED = "The article is open at the passage."
RETURNED = "Back at the results."

GETTING_READY = "Getting ready to answer. This takes a few seconds, once."
ASKED_EARLY = "Your question is kept. The answer comes as soon as the search is ready."
FIRST_BUILD = "Preparing the articles for their first search"
FIRST_BUILD_NOTE = "This happens once. You can ask already; the answer comes when it is done."
BUSY = "Another program is preparing the articles. This page goes on by itself when it has finished."
OLDER_SERVES = "The newest version of the collection cannot be read, so an older one answers."

# Steps of "how near": the share of the verdict's confidence that a hit keeps. A fused score falls slowly (a
# passage that shares nothing still scores some 0.6 of the best), hence the floor.
_SCORE_FLOOR = 0.6
STRENGTHS = ((0.75, "Strong match"), (0.5, "Good match"), (0.25, "Partial match"), (0.0, "Weak match"))

# The confidence is a measured probability (see ``judge``), so it can be said as one.
LIKELIHOODS = ((0.9, "very likely"), (0.7, "likely"), (0.4, "uncertain"), (0.15, "unlikely"), (0.0, "very unlikely"))


def strength(score: float, best: float, confidence: float) -> str:
    """How well a hit fits, in words, from its score against the best hit's and the answer's confidence.

    >>> strength(0.9, 0.9, 0.95), strength(0.72, 0.9, 0.95), strength(0.9, 0.9, 0.1)
    ('Strong match', 'Partial match', 'Weak match')
    """
    relative = score / best if best > 0 else 0.0
    kept = confidence * max(0.0, (relative - _SCORE_FLOOR) / (1 - _SCORE_FLOOR))
    return next(words for least, words in STRENGTHS if kept >= least)


def shared_words(why: Reasons) -> str:
    """Which words of the question a passage has.

    >>> from healthsearch.reasons import Reasons
    >>> shared_words(Reasons(("big", "toe"), ("toe",), ("eel",), 1, 2, 90))
    'It has “big”, “toe” of your question, in this or another form; “toe” in its title or headings. Not “eel”.'
    """
    if not why.shared:
        return "It has none of the words of your question, and was found by its meaning alone."
    told = f"It has {_quoted(why.shared)} of your question, in this or another form"
    if why.named:
        told += f"; {_quoted(why.named)} in its title or headings"
    return f"{told}. Not {_quoted(why.missing)}." if why.missing else f"{told}."


def both_places(why: Reasons) -> str:
    """Where a passage stands among all, by meaning and by words.

    >>> from healthsearch.reasons import Reasons
    >>> both_places(Reasons(("disc",), (), (), 1, 22, 1990))
    'Of 1,990 passages it is the nearest to your question in meaning, and the 22nd best by words.'
    """
    meaning = _place(why.by_meaning, "nearest to your question in meaning", "not among the nearest in meaning")
    by_words = _place(why.by_words, "best by words", "not among the best by words")
    return f"Of {counted(why.searched, 'passage')} it is {meaning}, and {by_words}."


def sureness(confidence: float, calibrated: bool) -> str:
    """How sure it is that the best passage answers, in words.

    >>> sureness(0.96, True)
    'That the best passage found answers your question is very likely.'
    """
    words = next(words for least, words in LIKELIHOODS if confidence >= least)
    return f"That the best passage found answers your question is {words}.{'' if calibrated else f' {UNCALIBRATED}'}"


def ordinal(number: int) -> str:
    """A place as it is said.

    >>> [ordinal(number) for number in (2, 3, 11, 21, 112)]
    ['2nd', '3rd', '11th', '21st', '112th']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def found(passages: int, articles: int) -> str:
    """How much was found.

    >>> found(1, 1), found(5, 3)
    ('1 passage from 1 article', '5 passages from 3 articles')
    """
    return f"{counted(passages, 'passage')} from {counted(articles, 'article')}"


def place(headings: Iterable[str], page: int | None) -> str:
    """Where in its article a passage stands.

    >>> place(["Care", "At home"], 3), place([], None)
    ('Care › At home, page 3', 'Opening of the article')
    """
    path = " › ".join(headings) or OPENING
    return f"{path}, page {page}" if page else path


def open_page(page: int) -> str:
    """Opens a PDF at a page."""
    return f"Open page {page} of the PDF"


def match(number: int, matches: int) -> str:
    """A place of the article that matches the question.

    >>> match(2, 4), match(1, 1)
    ('Match 2 of 4', 'The passage that was found')
    """
    return f"Match {number} of {matches}" if matches > 1 else "The passage that was found"


def choice(field: Field, value: str, articles: int) -> str:
    """A value to narrow by, and how many articles have it.

    >>> choice("language", "de", 3), choice("reviewed", "2025-11-22", 1)
    ('German (3)', '22 November 2025 (1)')
    """
    said = {"language": LANGUAGES.get(value.lower(), value), "folder": value or TOP_FOLDER, "reviewed": day(value)}
    return f"{said.get(field, value)} ({articles:,})"


def narrowed(searched: int) -> str:
    """What a narrowed search has looked at.

    >>> narrowed(31)
    'Only the 31 passages that you narrowed the search to were searched.'
    """
    those = f"{counted(searched, 'passage')} that you narrowed the search to"
    return f"Only the {those} {'was' if searched == 1 else 'were'} searched."


def verdict_note(verdict: Verdict, calibrated: bool) -> str:
    """What stands below the verdict."""
    return VERDICT_NOTES[verdict] if calibrated else f"{VERDICT_NOTES[verdict]} {UNCALIBRATED}"


def announcement(verdict: Verdict, passages: int, articles: int) -> str:
    """What a screen reader says when an answer has come.

    >>> announcement("answered", 2, 1)
    'These passages answer your question. 2 passages from 1 article.'
    """
    if not passages:
        return f"{VERDICTS[verdict]}."
    if verdict == "nothing":
        return f"{VERDICTS[verdict]}. {counted(passages, 'near passage')}, not shown unless you open the list."
    return f"{VERDICTS[verdict]}. {found(passages, articles)}."


def corrections(found: Iterable[Correction]) -> str:
    """Which words of the question were read otherwise than typed.

    >>> from healthsearch.spelling import Correction
    >>> corrections([Correction("gowt", "gout"), Correction("fevr", "fever")])
    'Read “gowt” as “gout”, “fevr” as “fever”.'
    """
    return f"Read {', '.join(f'“{one.typed}” as “{one.read_as}”' for one in found)}."


def says(number: int, title: str) -> str:
    """Whose sentence it is, where two are shown beside each other.

    >>> says(2, "Gout")
    'Passage 2, from “Gout”'
    """
    return f"Passage {number}, from “{title}”"


def read(number: int) -> str:
    """The button that opens a hit's article; no two of a page are called the same."""
    return f"Read passage {number} in its article"


def fingerprint(generation: str, today: date) -> str:
    """Which index gave an answer, and when.

    >>> fingerprint("a0b1", date(2026, 11, 22))
    'Answered on 22 November 2026 from the index with the fingerprint a0b1.'
    """
    return f"Answered on {day(today.isoformat())} from the index with the fingerprint {generation}."


def notes(names: Iterable[str]) -> list[str]:
    """A hit's notes as sentences; ``old`` and ``superseded`` are left out, since they are said of the article."""
    return [NOTES[name] for name in names if name in NOTES]


def progress(files: int, files_total: int, seconds_left: float | None) -> str:
    """How far the first build is.

    >>> progress(3, 40, 95.0)
    '3 of 40 articles, about 2 minutes left'
    """
    told = f"{files:,} of {counted(files_total, 'article')}"
    if seconds_left is None or files == files_total:
        return told
    if seconds_left < 60:
        return f"{told}, less than a minute left"
    return f"{told}, about {counted(round(seconds_left / 60), 'minute')} left"


def skipped(count: int) -> str:
    """What a build had to leave out.

    >>> skipped(1)
    '1 file could not be read and is not searched:'
    """
    return f"{counted(count, 'file')} could not be read and {'is' if count == 1 else 'are'} not searched:"


def problem(error: HealthSearchError) -> tuple[str, str]:
    """A mistake as a heading and the sentences that explain it.

    >>> problem(HealthSearchError("question", "it is empty", "Type what you want to know."))
    ('Your question cannot be searched yet', 'It is empty. Type what you want to know.')
    """
    if error.place == "question":
        return "Your question cannot be searched yet", f"{error.cause[:1].upper()}{error.cause[1:]}. {error.remedy}"
    if error.place == "link":
        return "The link leads nowhere", f"{error.cause[:1].upper()}{error.cause[1:]}. {error.remedy}"
    return "The search is not available", f"{error.place}: {error.cause}. {error.remedy}"


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)


def _place(place: int | None, what: str, without: str) -> str:
    if place is None:
        return without
    return f"the {what}" if place == 1 else f"the {ordinal(place)} {what}"


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "article"), counted(2000, "passage")
    ('1 article', '2,000 passages')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
