"""The texts of the collection page, ready for translation; ``wording`` has those of the search page.

Pure functions from facts about a collection to sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from healthsearch.article import Article
from healthsearch.article_tables import ListedArticle
from healthsearch.overview import AGES, LENGTHS
from healthsearch.source_wording import day
from healthsearch.wording import LANGUAGES, counted

if TYPE_CHECKING:
    from healthsearch.history import Built, Files
    from healthsearch.judge import Verdict

HEADING = "The collection"
PURPOSE = "For the person who looks after these articles: contents, state of the index, and search quality."

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

LISTING = "The articles"
LISTING_NOTE = "In the order of their titles."
PART = "Part of a title, a file name or a publisher"
NOT_LISTED = "No article has this in its title, file name or publisher."
UNDATED = "no date"

CHECKING = "Is the index sound?"
DRAWING = "Drawing the map…"
CHECKING_NOTE = "Verifies every file and every passage of the index, and compares the index with the folder."
CHECK = "Check the index"
SOUND = "The index is sound and up to date"
NOT_SOUND = "Problems found"
LAST_CHECKED = "Checked on {moment}."

BUILDS = "The last builds"
NO_BUILDS = "No builds are recorded yet. The next build that changes something will be listed here."

MAP = "Map of the passages"
MAP_NOTE = (
    "Each point is a passage. Points close together have similar content; large distances and directions mean nothing."
    " Point at one to read the beginning of its passage and to highlight the others of its article."
)
COLOUR_BY, BY_ARTICLE, BY_FOLDER = "Colour by", "Article", "Folder"
POINT_FIELDS = {"article": "Article", "place": "Section", "beginning": "Beginning"}
ASK_FIRST = "Ask a question on the search page, and it appears here with the passages found."
ASKED_OF_ANOTHER = "The last question was answered from an earlier build, so it is not shown."

UNANSWERED = "Questions that found nothing"
NOT_KEPT = (
    "Questions are not stored. Questions about health are private and should be stored only if visitors know about it."
    " With HEALTHSEARCH_KEEP_QUESTIONS=1, the words and the day of a question that finds nothing are stored on this"
    " machine, and the search page says so."
)
KEPT = "Only their words and the day are stored, on this machine, and the search page says so."
NONE_KEPT = "None so far."
DELETE_KEPT = "Delete these questions"
CANNOT_DELETE = "The questions could not be deleted"

TEST_QUESTIONS = "Test questions"
NO_TEST_QUESTIONS = (
    "There are no test questions for these articles. Write some, each with the article that answers it, as a BEIR"
    " folder (queries.jsonl, qrels/test.tsv, and unanswerable.jsonl for questions without an answer), and name the"
    " folder in HEALTHSEARCH_QUESTIONS. Name an answer as ARTICLE_ID or ARTICLE_ID#SECTION_NUMBER; docs/running.md has"
    " an example."
)
ASK_ALL = "Ask the test questions"
CANNOT_ASK = "The test questions cannot be asked"
ASKING = "Asking"
RIGHT = "A passage is right if it is in the section or article that is given as the answer."
FIRST_RIGHT, EARLY_RIGHT = "Right passage first", "Right passage in the first three"
STEPS = "Confidence thresholds for “possibly related” and “answered”"
STEPS_NOTE = "Move the two ends to see the effect of other thresholds. This changes nothing in the search."
VERDICTS: dict[Verdict, str] = {"answered": "Answered", "related": "Possibly related", "nothing": "Nothing"}
ANSWERABLE, UNANSWERABLE = "With an answer in the articles", "Without an answer"
NUMBER_OF_QUESTIONS = "questions"

ATTENTION = "Worth a look"
ATTENTION_NOTE = "Duplicate and nearly identical texts, and old articles. These are not errors."
LOOK = "Look through the articles"
LAST_LOOKED_THROUGH = "Looked through on {moment}."
NOTHING_TO_SEE = "Nothing found: no duplicate texts and no old articles."
ALIKE = "The same or nearly the same text"
OUTDATED = "Reviewed or published more than three years ago"
SUPERSEDED = "A newer article covers the same subject"
MORE = "and {count:,} more"


def value(field: str, found: str | int | None) -> str:
    """A value in the statistics.

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
    """The text where all articles have the same value.

    >>> all_alike("English", 62)
    'English, all 62 articles'
    """
    return f"{found}, all {counted(articles, 'article')}" if articles > 1 else found


def moment(iso: str) -> str:
    """A time in UTC.

    >>> moment("2026-11-22T09:05:00+00:00")
    '22 November 2026, 09:05 UTC'
    """
    try:
        then = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{day(then.date().isoformat())}, {then:%H:%M} UTC"


def checked(iso: str) -> str:
    """When the index was checked.

    >>> checked("2026-11-22T09:05:00+00:00")
    'Checked on 22 November 2026, 09:05 UTC.'
    """
    return LAST_CHECKED.format(moment=moment(iso))


def looked_through(iso: str) -> str:
    """When the articles were looked through.

    >>> looked_through("2026-11-22T09:05:00+00:00")
    'Looked through on 22 November 2026, 09:05 UTC.'
    """
    return LAST_LOOKED_THROUGH.format(moment=moment(iso))


def build(built: Built) -> str:
    """A build, with the number of files added, changed and so on.

    >>> from healthsearch.history import Built, Files
    >>> build(Built("2026-11-22T09:05:00+00:00", "a0", Files(2), Files(), Files(1), Files(), Files()))
    '22 November 2026, 09:05 UTC: 2 added, 1 deleted'
    """
    counts = {name: files.count for name, files in changes(built).items()}
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    return f"{moment(built.when)}: {told or 'the same files, built again'}"


def changes(built: Built) -> Mapping[str, Files]:
    """The files of a build, by what happened to them."""
    return {
        "added": built.added,
        "changed": built.changed,
        "deleted": built.deleted,
        "renamed": built.renamed,
        "skipped": built.skipped,
    }


def sample(drawn: int, passages: int) -> str:
    """The number of passages on the map.

    >>> sample(10, 10), sample(20000, 1000000)
    ('All 10 passages are shown.', 'An even sample of 20,000 of the 1,000,000 passages is shown.')
    """
    if drawn == passages:
        return f"All {counted(passages, 'passage')} {'is' if passages == 1 else 'are'} shown."
    return f"An even sample of {drawn:,} of the {counted(passages, 'passage')} is shown."


def described(drawn: int, articles: int) -> str:
    """A description of the map for screen readers."""
    return (
        f"A map of {counted(drawn, 'passage')} from {counted(articles, 'article')}."
        " Passages with similar content are close together."
    )


def asked_questions(answerable: int, unanswerable: int) -> str:
    """The number of test questions asked.

    >>> asked_questions(334, 60)
    'Asked: 334 questions that the articles answer, and 60 that they do not.'
    """
    return f"Asked: {counted(answerable, 'question')} that the articles answer, and {unanswerable:,} that they do not."


def left_out(count: int) -> str:
    """Test questions that were not asked.

    >>> left_out(1)
    '1 question is left out'
    """
    return f"{counted(count, 'question')} {'is' if count == 1 else 'are'} left out"


def why_left_out(query: str, cause: str) -> str:
    """One of them, by its id.

    >>> why_left_out("q7", "it holds no words")
    '“q7”: it holds no words'
    """
    return f"“{query}”: {cause}"


def never_first(count: int) -> str:
    """The number of articles that no test question finds.

    >>> never_first(1)
    '1 article is among the first three passages of no question'
    """
    return f"{counted(count, 'article')} {'is' if count == 1 else 'are'} among the first three passages of no question"


def shares(found: Mapping[Verdict, int]) -> str:
    """The number of questions with each verdict.

    >>> shares({"answered": 3, "related": 1, "nothing": 0})
    '3 answered (75%), 1 possibly related (25%), 0 nothing (0%)'
    """
    whole = sum(found.values()) or 1
    return ", ".join(f"{count:,} {VERDICTS[name].lower()} ({count / whole:.0%})" for name, count in found.items())


def pair(first: str, second: str) -> str:
    """Two articles, the second newer than the first.

    >>> pair("Gout", "Gout today")
    '“Gout”, by “Gout today”'
    """
    return f"“{first}”, by “{second}”"


def bars_described(name: str, field: str, counts: Mapping[str | int | None, int]) -> str:
    """A description of a chart of counts for screen readers.

    >>> bars_described("Language", "language", {"de": 3, None: 1})
    'Language: German 3, not given 1'
    """
    return f"{name}: {', '.join(f'{value(field, one)} {count:,}' for one, count in counts.items())}"


def question_drawn(question: str) -> str:
    """The question on the map.

    >>> question_drawn("Is massage safe?")
    'The diamond is your last question, “Is massage safe?”; the rings are the passages found.'
    """
    return f"The diamond is your last question, “{question}”; the rings are the passages found."


def unanswered(question: str, asked_on: str) -> str:
    """A question that found nothing.

    >>> unanswered("Is cork edible?", "2026-11-22")
    'Is cork edible? (22 November 2026)'
    """
    return f"{question} ({day(asked_on)})"


def missed(count: int) -> str:
    """The number of answerable questions without a right passage among the first three.

    >>> missed(2)
    '2 questions have no right passage among the first three'
    """
    return f"{counted(count, 'question')} {'has' if count == 1 else 'have'} no right passage among the first three"


def listed(article: ListedArticle) -> str:
    """An article as a list of all tells it.

    >>> listed(ListedArticle("Gout", "gout.md", "A clinic", "2019-05", None, 7))
    'Gout (gout.md, A clinic, published May 2019, 7 passages)'
    """
    dates = {"reviewed": article.reviewed, "published": article.published}
    date = next((f"{what} {day(iso)}" for what, iso in dates.items() if iso), UNDATED)
    facts = (article.path, article.publisher, date, counted(article.passages, "passage"))
    return f"{article.title} ({', '.join(fact for fact in facts if fact)})"


def dated(article: Article) -> str:
    """An article with its review or publication date.

    >>> dated(Article("gout", "gout.md", "Gout", "text", published="2019-05"))
    'Gout (May 2019)'
    """
    return f"{article.title} ({day(article.reviewed or article.published or '')})"
