"""Every word of the keeper's page, ready to be translated; ``wording`` has the reader's.

Pure functions from what the package knows of a collection to what is said about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from healthsearch.article import Article
from healthsearch.overview import AGES, LENGTHS
from healthsearch.provenance import day
from healthsearch.wording import LANGUAGES, counted

if TYPE_CHECKING:
    from healthsearch.history import Built, Files
    from healthsearch.judge import Verdict

HEADING = "The collection"
PURPOSE = "For whoever looks after these articles: what there is, how it hangs together, and how well it is found."

AT_A_GLANCE = "At a glance"
ARTICLES, PASSAGES, BUILT_ON = "Articles", "Passages", "Built"
FINGERPRINT, ENCODER = "Fingerprint", "Encoder"
BY = {
    "publisher": "Publisher",
    "language": "Language",
    "age": "Years since review or publication",
    "length": "Length in characters",
}
NOT_GIVEN, OTHERS = "not given", "others"

CHECKING = "Is the index sound?"
DRAWING = "Drawing the map…"
CHECKING_NOTE = "Verifies every file of the index and every passage in it, and compares the index with the folder."
CHECK = "Check the index"
SOUND = "The index is sound and up to date"
NOT_SOUND = "Something needs a hand"

BUILDS = "The last builds"
NO_BUILDS = "No build has been noted here yet. The next one that changes something will be."

MAP = "Map of the passages"
MAP_NOTE = (
    "Each point is a passage. Near points say similar things; far distances and directions mean nothing. Rest on a"
    " point to read how its passage begins, and to see the others of its article."
)
COLOUR_BY, BY_ARTICLE, BY_FOLDER = "Colour by", "Article", "Folder"
POINT_FIELDS = {"article": "Article", "place": "Section", "beginning": "Begins"}
ASK_FIRST = "Ask something on the search page, and the question appears here among what it found."
ASKED_OF_ANOTHER = "The last question was answered by an earlier build, so it is not drawn."

UNANSWERED = "Questions that found nothing"
NOT_KEPT = (
    "Questions are not kept. A question about one's health is nobody else's business unless both sides know of it. With"
    " HEALTHSEARCH_KEEP_QUESTIONS=1, the words and the day of a question that finds nothing are kept on this machine,"
    " and the search page says so to whoever asks."
)
KEPT = "Their words and the day are kept on this machine, nothing else, and the search page says so to whoever asks."
NONE_KEPT = "None so far."
DELETE_KEPT = "Delete these questions"
CANNOT_DELETE = "The questions cannot be deleted"

TRIAL = "Test questions"
NO_TRIAL = (
    "There are no test questions for these articles. Write some, each with the article that answers it, as a BEIR"
    " folder (queries.jsonl, qrels/test.tsv; unanswerable.jsonl for questions that nothing answers), and name the"
    " folder in HEALTHSEARCH_QUESTIONS. Documents are article ids, or an id, # and the number of a section."
)
ASK_ALL = "Ask the test questions"
ASKING = "Asking"
RIGHT = "A passage is right when it stands in the section or article that the question's judgement names."
FIRST_RIGHT, EARLY_RIGHT = "Right passage first", "Right among the first three"
STEPS = "From which confidence is a question possibly answered, and answered?"
STEPS_NOTE = "Move the two ends to see what other steps would do. Nothing is changed by that."
VERDICTS: dict[Verdict, str] = {"answered": "Answered", "related": "Possibly related", "nothing": "Nothing"}
ANSWERABLE, UNANSWERABLE = "With an answer here", "Without one"
NUMBER_OF_QUESTIONS = "questions"

ATTENTION = "Worth a look"
ATTENTION_NOTE = "Texts that stand twice or almost, and articles that have grown old. None of this is a fault."
LOOK = "Look through the articles"
NOTHING_TO_SEE = "Nothing stands out: no text stands twice, and no article has grown old."
ALIKE = "The same or almost the same text"
OUTDATED = "Reviewed or published more than three years ago"
SUPERSEDED = "A newer article covers the same"
MORE = "and {count:,} more"


def value(field: str, found: str | int | None) -> str:
    """A value by which articles are counted.

    >>> value("language", "de"), value("age", 3), value("age", 5), value("length", 2000), value("publisher", None)
    ('German', '3 to 5', '5 or more', '2,000 to 5,000', 'not given')
    """
    if found is None:
        return NOT_GIVEN
    if isinstance(found, int):
        return _step(found, AGES if field == "age" else LENGTHS)
    return LANGUAGES.get(found.lower(), found) if field == "language" else found


def _step(begins: int, steps: tuple[int, ...]) -> str:
    if begins == steps[-1]:
        return f"{begins:,} or more"
    ends = steps[steps.index(begins) + 1]
    return f"{begins:,} to {ends:,}" if begins else f"under {ends:,}"


def all_alike(found: str, articles: int) -> str:
    """What is said where all articles have the same value.

    >>> all_alike("English", 62)
    'English, all 62 articles'
    """
    return f"{found}, all {counted(articles, 'article')}" if articles > 1 else found


def moment(iso: str) -> str:
    """A moment in UTC.

    >>> moment("2026-11-22T09:05:00+00:00")
    '22 November 2026, 09:05 UTC'
    """
    try:
        then = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{day(then.date().isoformat())}, {then:%H:%M} UTC"


def build(built: Built) -> str:
    """What a build did with how many files.

    >>> from healthsearch.history import Built, Files
    >>> build(Built("2026-11-22T09:05:00+00:00", "a0", Files(2), Files(), Files(1), Files(), Files()))
    '22 November 2026, 09:05 UTC: 2 added, 1 deleted'
    """
    counts = {name: files.count for name, files in changes(built).items()}
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    return f"{moment(built.when)}: {told or 'the same files, built anew'}"


def changes(built: Built) -> Mapping[str, Files]:
    """What became of which files."""
    return {
        "added": built.added,
        "changed": built.changed,
        "deleted": built.deleted,
        "renamed": built.renamed,
        "skipped": built.skipped,
    }


def sample(drawn: int, passages: int) -> str:
    """How many of the passages are on the map.

    >>> sample(10, 10), sample(20000, 1000000)
    ('All 10 passages are drawn.', 'Of 1,000,000 passages an even sample of 20,000 is drawn.')
    """
    if drawn == passages:
        return f"All {counted(passages, 'passage')} {'is' if passages == 1 else 'are'} drawn."
    return f"Of {counted(passages, 'passage')} an even sample of {drawn:,} is drawn."


def described(drawn: int, articles: int) -> str:
    """The map for who cannot see it."""
    return (
        f"A map of {counted(drawn, 'passage')} from {counted(articles, 'article')}."
        " Passages that say similar things stand near each other."
    )


def asked_questions(answerable: int, unanswerable: int, missing: int) -> str:
    """What a trial has asked.

    >>> asked_questions(334, 60, 0)
    'Asked: 334 questions that the articles answer, and 60 that they do not.'
    """
    told = f"Asked: {counted(answerable, 'question')} that the articles answer, and {unanswerable:,} that they do not."
    if missing:
        told += f" Left out: {counted(missing, 'question')} about articles that are not in this index."
    return told


def refused(count: int) -> str:
    """Test questions that cannot be asked.

    >>> refused(1)
    '1 question cannot be asked'
    """
    return f"{counted(count, 'question')} cannot be asked"


def why_refused(query: str, cause: str) -> str:
    """One of them, by its id.

    >>> why_refused("q7", "it holds no words")
    '“q7”: it holds no words'
    """
    return f"“{query}”: {cause}"


def never_first(count: int) -> str:
    """Articles that no test question leads to.

    >>> never_first(1)
    '1 article is among the first three passages of no question'
    """
    return f"{counted(count, 'article')} {'is' if count == 1 else 'are'} among the first three passages of no question"


def shares(found: Mapping[Verdict, int]) -> str:
    """What a verdict's steps make of a number of questions.

    >>> shares({"answered": 3, "related": 1, "nothing": 0})
    '3 answered (75%), 1 possibly related (25%), 0 nothing (0%)'
    """
    whole = sum(found.values()) or 1
    return ", ".join(f"{count:,} {VERDICTS[name].lower()} ({count / whole:.0%})" for name, count in found.items())


def pair(first: str, second: str) -> str:
    """Two articles, of which the second is newer.

    >>> pair("Gout", "Gout today")
    '“Gout”, by “Gout today”'
    """
    return f"“{first}”, by “{second}”"


def bars_described(name: str, field: str, counts: Mapping[str | int | None, int]) -> str:
    """A chart of counts for who cannot see it.

    >>> bars_described("Language", "language", {"de": 3, None: 1})
    'Language: German 3, not given 1'
    """
    return f"{name}: {', '.join(f'{value(field, one)} {count:,}' for one, count in counts.items())}"


def question_drawn(question: str) -> str:
    """The question that is on the map.

    >>> question_drawn("Is massage safe?")
    'The diamond is your last question, “Is massage safe?”; the rings are what it found.'
    """
    return f"The diamond is your last question, “{question}”; the rings are what it found."


def unanswered(question: str, asked_on: str) -> str:
    """A question that found nothing.

    >>> unanswered("Is cork edible?", "2026-11-22")
    'Is cork edible? (22 November 2026)'
    """
    return f"{question} ({day(asked_on)})"


def missed(count: int) -> str:
    """Answerable questions whose right passage comes late or not at all.

    >>> missed(2)
    '2 questions have no right passage among the first three'
    """
    return f"{counted(count, 'question')} {'has' if count == 1 else 'have'} no right passage among the first three"


def dated(article: Article) -> str:
    """An article with the day that it stands for.

    >>> dated(Article("gout", "gout.md", "Gout", "text", published="2019-05"))
    'Gout (May 2019)'
    """
    return f"{article.title} ({day(article.reviewed or article.published or '')})"
