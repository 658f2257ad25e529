"""The texts of the search page, ready for translation; ``source_wording`` has those on publishers and dates.

Pure functions from search results to sentences. No HTML, and no article text.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from healthsearch import source_wording
from healthsearch.errors import HealthSearchError
from healthsearch.source_wording import day

if TYPE_CHECKING:
    from healthsearch.contrast import ContrastKind
    from healthsearch.filters import Field
    from healthsearch.judge import Verdict
    from healthsearch.notes import Note
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
    "related": "These passages are close to your question, but may not answer it.",
    "nothing": "No passage in this collection is close enough to be called an answer.",
}
UNCALIBRATED = "This verdict was not calibrated for the encoder of this index, so it is only approximate."
NEAREST = "Show the nearest passages, although they do not answer"
TRY_NEXT = "What to try next"
SUGGESTIONS = (
    "If you are worried, or it is new or getting worse, ask a doctor, nurse or pharmacist now.",
    "Use other words: the everyday name instead of the medical one, or the reverse.",
    "Ask about one thing at a time, in one short sentence.",
    "Check the spelling of names and medicines.",
)

MARKS = {"answer": "Best fit", "caution": "Caution"}
OPPOSITE = "The marked sentence advises against what you ask about. Read it carefully."
CAUTION_BESIDE = "Caution in the same section:"

URGENT = "Read this first"
URGENT_SOURCE = "Source:"
NO_SIGNS = "The list of urgent signs could not be read, so no urgent notices are shown"
CONTRASTS: dict[ContrastKind, tuple[str, str]] = {
    "opposite": ("These two passages contradict each other", "Read both before you decide."),
    "limit": ("Read these two together", "The second limits the first, or warns about it."),
}
EARLIER = "Earlier questions of this visit"
EARLIER_NOTE = "This list is deleted when you close the page. Your questions are not stored."
# If storing unanswered questions is switched on.
EARLIER_NOTE_KEPT = "This list is deleted when you close the page."
KEPT = "If a question finds nothing, its words and the day are stored for the person who looks after these articles."
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
ADJACENT_TEXT = "Text before and after"
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
REWRITTEN = "This article no longer contains the passage of the link unchanged. The current article is shown."
CONTENTS = "Contents"
PREVIOUS, NEXT = "Previous match", "Next match"
PUBLISHER, DATES, LICENCE, SOURCES, ADDRESS, FILE = "Publisher", "Dates", "Licence", "Sources", "Address", "File"
PART_ONLY = "This article is very long. Only the part around the passage is shown."

OPENED = "The article is open at the passage."
RETURNED = "Back at the results."

GETTING_READY = "The search is starting. This takes a few seconds, once."
ASKED_EARLY = "Your question will be answered as soon as the search is ready."
FIRST_BUILD = "Preparing the articles for the first search"
FIRST_BUILD_NOTE = "This happens once. You can already ask a question; it will be answered afterwards."
BUSY = "The index is being built by another process. This page will continue automatically."
OLDER_SERVES = "The newest version of the collection cannot be read, so an older one is used."

# Steps of match strength: the share of the verdict's confidence that a hit keeps. Fused scores fall slowly (a passage
# that shares nothing still scores some 0.6 of the best), hence the floor.
_SCORE_FLOOR = 0.6
STRENGTHS = ((0.75, "Strong match"), (0.5, "Good match"), (0.25, "Partial match"), (0.0, "Weak match"))

# The confidence is a measured probability (see ``judge``), so it can be put into words.
LIKELIHOODS = ((0.9, "very likely"), (0.7, "likely"), (0.4, "uncertain"), (0.15, "unlikely"), (0.0, "very unlikely"))


def strength(score: float, best: float, confidence: float) -> str:
    """The strength of a match in words, from its score, the best hit's score and the answer's confidence.

    >>> strength(0.9, 0.9, 0.95), strength(0.72, 0.9, 0.95), strength(0.9, 0.9, 0.1)
    ('Strong match', 'Partial match', 'Weak match')
    """
    relative = score / best if best > 0 else 0.0
    kept = confidence * max(0.0, (relative - _SCORE_FLOOR) / (1 - _SCORE_FLOOR))
    return next(words for least, words in STRENGTHS if kept >= least)


def shared_words(why: Reasons) -> str:
    """The words of the question that a passage contains.

    >>> from healthsearch.reasons import Reasons
    >>> shared_words(Reasons(("big", "toe"), ("toe",), ("eel",), 1, 2, 90))
    'Contains “big” and “toe” (or related forms); “toe” is in its title or headings. Does not contain “eel”.'
    """
    if not why.shared:
        return "Contains none of the words of your question; it was found by its meaning alone."
    text = f"Contains {_quoted(why.shared)} (or related forms)"
    if why.named:
        text += f"; {_quoted(why.named)} {'is' if len(why.named) == 1 else 'are'} in its title or headings"
    return f"{text}. Does not contain {_quoted(why.missing, 'or')}." if why.missing else f"{text}."


def both_ranks(why: Reasons) -> str:
    """The rank of a passage among all, by meaning and by words.

    >>> from healthsearch.reasons import Reasons
    >>> both_ranks(Reasons(("disc",), (), (), 1, 22, 1990))
    'Of 1,990 passages, this is the closest to your question by meaning and the 22nd best by words.'
    """
    meaning = _rank(why.by_meaning, "closest to your question by meaning", "not among the closest by meaning")
    by_words = _rank(why.by_words, "best by words", "not among the best by words")
    return f"Of {counted(why.searched, 'passage')}, this is {meaning} and {by_words}."


def sureness(confidence: float, calibrated: bool) -> str:
    """In words, how likely the best passage answers.

    >>> sureness(0.96, True)
    'It is very likely that the best passage answers your question.'
    """
    words = next(words for least, words in LIKELIHOODS if confidence >= least)
    return f"It is {words} that the best passage answers your question.{'' if calibrated else f' {UNCALIBRATED}'}"


def ordinal(number: int) -> str:
    """An ordinal number.

    >>> [ordinal(number) for number in (2, 3, 11, 21, 112)]
    ['2nd', '3rd', '11th', '21st', '112th']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def extent(passages: int, articles: int) -> str:
    """How much was found.

    >>> extent(1, 1), extent(5, 3)
    ('1 passage from 1 article', '5 passages from 3 articles')
    """
    return f"{counted(passages, 'passage')} from {counted(articles, 'article')}"


def position(headings: Iterable[str], page: int | None) -> str:
    """The position of a passage in its article.

    >>> position(["Care", "At home"], 3), position([], None)
    ('Care › At home, page 3', 'Opening of the article')
    """
    path = " › ".join(headings) or OPENING
    return f"{path}, page {page}" if page else path


def open_page(page: int) -> str:
    """The label of the link that opens a PDF at a page."""
    return f"Open page {page} of the PDF"


def match_label(number: int, matches: int) -> str:
    """The label of a match in an opened article.

    >>> match_label(2, 4), match_label(1, 1)
    ('Match 2 of 4', 'The passage that was found')
    """
    return f"Match {number} of {matches}" if matches > 1 else "The passage that was found"


def choice(field: Field, value: str, articles: int) -> str:
    """A filter value with its number of articles.

    >>> choice("language", "de", 3), choice("reviewed", "2025-11-22", 1)
    ('German (3)', '22 November 2025 (1)')
    """
    said = {"language": LANGUAGES.get(value.lower(), value), "folder": value or TOP_FOLDER, "reviewed": day(value)}
    return f"{said.get(field, value)} ({articles:,})"


def narrowed(searched: int) -> str:
    """What a filtered search covered.

    >>> narrowed(31)
    'Only the 31 passages that match your filters were searched.'
    """
    match, were = ("matches", "was") if searched == 1 else ("match", "were")
    return f"Only the {counted(searched, 'passage')} that {match} your filters {were} searched."


def verdict_note(verdict: Verdict, calibrated: bool) -> str:
    """The note below the verdict."""
    return VERDICT_NOTES[verdict] if calibrated else f"{VERDICT_NOTES[verdict]} {UNCALIBRATED}"


def announcement(verdict: Verdict, passages: int, articles: int) -> str:
    """The announcement of an answer for screen readers.

    >>> announcement("answered", 2, 1)
    'These passages answer your question. 2 passages from 1 article.'
    """
    if not passages:
        return f"{VERDICTS[verdict]}."
    if verdict == "nothing":
        return f"{VERDICTS[verdict]}. {counted(passages, 'close passage')}, hidden until you open the list."
    return f"{VERDICTS[verdict]}. {extent(passages, articles)}."


def corrections(corrected: Iterable[Correction]) -> str:
    """The corrected words of the question.

    >>> from healthsearch.spelling import Correction
    >>> corrections([Correction("gowt", "gout"), Correction("fevr", "fever")])
    'Read “gowt” as “gout”, “fevr” as “fever”.'
    """
    return f"Read {', '.join(f'“{word.typed}” as “{word.read_as}”' for word in corrected)}."


def says(number: int, title: str) -> str:
    """The source of a sentence where two are shown side by side.

    >>> says(2, "Gout")
    'Passage 2, from “Gout”'
    """
    return f"Passage {number}, from “{title}”"


def read(number: int) -> str:
    """The label of the button that opens a hit's article; unique on the page."""
    return f"Read passage {number} in its article"


def fingerprint(generation: str, today: date) -> str:
    """The index that gave an answer, and the date.

    >>> fingerprint("a0b1", date(2026, 11, 22))
    'Answered on 22 November 2026 from the index with the fingerprint a0b1.'
    """
    return f"Answered on {day(today.isoformat())} from the index with the fingerprint {generation}."


def note(note: Note, today: date) -> str:
    """A note as a sentence; to be followed by its quote, if it has one."""
    if note.kind == "opposite":
        return OPPOSITE
    if note.kind == "caution":
        return CAUTION_BESIDE
    if note.kind == "old":
        return source_wording.old(note.article)
    return source_wording.superseded(note.newer, today) if note.newer else source_wording.copies(note.article)


def contrast(kind: ContrastKind, along: int, against: int) -> str:
    """Two passages that must be read together, by their numbers.

    >>> contrast("opposite", 2, 1)
    'These two passages contradict each other (2 and 1). Read both before you decide.'
    """
    title, told = CONTRASTS[kind]
    return f"{title} ({along} and {against}). {told}"


def progress(files: int, files_total: int, seconds_left: float | None) -> str:
    """The progress of the first build.

    >>> progress(3, 40, 95.0)
    '3 of 40 files, about 2 minutes left'
    """
    told = f"{files:,} of {counted(files_total, 'file')}"
    if seconds_left is None or files == files_total:
        return told
    if seconds_left < 60:
        return f"{told}, less than a minute left"
    return f"{told}, about {counted(round(seconds_left / 60), 'minute')} left"


def skipped(count: int) -> str:
    """The number of files that a build skipped, or of things in a file, such as its scanned pages.

    >>> skipped(1)
    '1 file or part of a file could not be read and is not searched:'
    """
    if count == 1:
        return "1 file or part of a file could not be read and is not searched:"
    return f"{count:,} files or parts of files could not be read and are not searched:"


def problem(error: HealthSearchError) -> tuple[str, str]:
    """An error as a heading and an explanation.

    >>> problem(HealthSearchError("question", "it is empty", "Type what you want to know."))
    ('Your question cannot be searched yet', 'It is empty. Type what you want to know.')
    """
    if error.place == "question":
        return "Your question cannot be searched yet", f"{error.cause[:1].upper()}{error.cause[1:]}. {error.remedy}"
    if error.place == "link":
        return "This link does not work", f"{error.cause[:1].upper()}{error.cause[1:]}. {error.remedy}"
    return "The search is not available", f"{error.place}: {error.cause}. {error.remedy}"


def _quoted(words: Iterable[str], joined: str = "and") -> str:
    *others, last = (f"“{word}”" for word in words)
    return f"{', '.join(others)} {joined} {last}" if others else last


def _rank(rank: int | None, what: str, without: str) -> str:
    if rank is None:
        return without
    return f"the {what}" if rank == 1 else f"the {ordinal(rank)} {what}"


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "article"), counted(2000, "passage")
    ('1 article', '2,000 passages')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
