"""The texts on the source of an article, ready for translation: who published it, when, how old it is, its notes.

Pure functions; ``wording`` has all other texts of the search page.
"""

from __future__ import annotations

from datetime import date

from healthsearch.article import Article, parse_date

NOT_REVIEWED = "Not yet reviewed by a clinician"
_MONTHS = (
    "January February March April May June July August September October November December".split()
)  # fmt: skip
# Beyond this a person should know that advice may have changed; the same limit sets the hit's note "old".
_OLD = "This is more than three years old, and advice may have changed since."


def publisher(article: Article) -> str:
    """Who stands behind the article."""
    return article.publisher or ", ".join(article.authors) or "Publisher not named"


def published(article: Article) -> str:
    """When the article was published, in words.

    >>> published(Article("a", "a.md", "A", "text", published="2026-11-22"))
    'Published 22 November 2026'
    """
    return f"Published {day(article.published)}" if article.published else "Date of publication not given"


def reviewed(article: Article, today: date) -> str:
    """Whether and how long ago a clinician reviewed the article.

    >>> reviewed(Article("a", "a.md", "A", "text", reviewed="2026-03-20"), date(2026, 11, 22))
    'Reviewed 8 months ago'
    """
    if not article.reviewed:
        return NOT_REVIEWED
    then = parse_date(article.reviewed)
    if then is None or article.reviewed.count("-") < 2 or then > today:
        return f"Reviewed {day(article.reviewed)}"
    return f"Reviewed {ago(then, today)}"


def facts(article: Article, today: date) -> tuple[str, str, str]:
    """Who published the article, when, and whether a clinician has reviewed it: what stands beside its title."""
    return publisher(article), published(article), reviewed(article, today)


def dates(article: Article, today: date) -> str:
    """All that is known of when, in full.

    >>> dates(Article("a", "a.md", "A", "text", published="2024", reviewed="2026-03-20"), date(2026, 11, 22))
    'Published 2024. Reviewed 8 months ago (20 March 2026).'
    >>> dates(Article("a", "a.md", "A", "text", reviewed="2026", reviewed_by=("Dr D",)), date(2026, 11, 22))
    'Date of publication not given. Reviewed 2026 by Dr D.'
    """
    review = reviewed(article, today)
    if review.endswith("ago"):
        review += f" ({day(article.reviewed or '')})"
    if article.reviewed and article.reviewed_by:
        review += f" by {', '.join(article.reviewed_by)}"
    return f"{published(article)}. {review}."


def copies(article: Article) -> str:
    """The note for an article whose text stands in other places too.

    >>> copies(Article("a", "a.md", "Gout", "text", also_at=("b.pdf", "old/a.md")))
    'The same text is also in this collection as b.pdf, old/a.md.'
    """
    return f"The same text is also in this collection as {', '.join(article.also_at)}."


def superseded(by: Article, today: date) -> str:
    """The note for an article of which there is a newer one.

    >>> superseded(Article("a", "a.md", "Gout", "text", published="2026-11"), date(2026, 11, 22))
    'A newer article in this collection covers the same subject: “Gout” (published November 2026).'
    """
    when = reviewed(by, today) if by.reviewed else published(by)
    return f"A newer article in this collection covers the same subject: “{by.title}” ({when[:1].lower()}{when[1:]})."


def old(article: Article) -> str:
    """The note for an article whose hits are noted as old."""
    what = "The last review" if article.reviewed else "The publication"
    return _OLD.replace("This", what, 1)


def day(iso: str) -> str:
    """An ISO date in words, as precise as it is given; anything else as it stands.

    >>> day("2026-11-22"), day("2024-05"), day("2024"), day("last spring")
    ('22 November 2026', 'May 2024', '2024', 'last spring')
    """
    then = parse_date(iso)
    if then is None:
        return iso
    parts = [str(then.day), _MONTHS[then.month - 1], str(then.year)]
    return " ".join(parts[2 - iso.count("-") :])


def ago(then: date, today: date) -> str:
    """How long ago a day was, as a person says it, rounded down.

    >>> ago(date(2026, 11, 21), date(2026, 11, 22)), ago(date(2025, 1, 23), date(2026, 11, 22))
    ('yesterday', '21 months ago')
    """
    days = (today - then).days
    months = (today.year - then.year) * 12 + today.month - then.month - (today.day < then.day)
    if days < 2:
        return "yesterday" if days == 1 else "today"
    if days < 14:
        return f"{days} days ago"
    if months < 2:
        return f"{days // 7} weeks ago"
    return f"{months} months ago" if months < 24 else f"{months // 12} years ago"
