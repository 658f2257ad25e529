"""An opened article as HTML: its text with the places that match, its contents, and what its source says of it.

Like ``markup``, of which it is the other half: words from ``wording``, text through ``quoting``, no Streamlit.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from healthsearch import wording
from healthsearch.article import Article
from healthsearch.markup import facts, note, pairs
from healthsearch.quoting import LONGEST_SHOWN, Place, address, contents, escaped, language, whole

if TYPE_CHECKING:  # the page draws before the search's libraries are loaded
    from healthsearch.answer import Answer, Hit


def whole_article(answer: Answer, article: Article, hit: Hit, today: date) -> str:
    """The article with the hit's passage in it, the other places that match, and what its source says of it."""
    found = _place(answer, hit)
    text = whole(article, found, _also(answer, article, hit), passage_anchor(hit))
    old = note(wording.old(article)) if "old" in hit.notes else ""
    part = note(wording.PART_ONLY) if len(article.text) > LONGEST_SHOWN else ""
    return (
        f'<article class="hs-article">{_bar(article, found, text.count(" data-match="))}'
        f'<header><h2 dir="auto"{language(article)}>{escaped(article.title)}</h2>'
        f"{facts(article, today)}{old}{part}</header>"
        f'<div class="hs-text"{language(article)}>{text}</div>'
        f"{_about(article, today)}</article>"
    )


def passage_anchor(hit: Hit) -> str:
    """The id of a hit's passage in the opened article."""
    return f"hs-passage-{hit.rank}"


def _place(answer: Answer, hit: Hit) -> Place:
    return Place(hit.passage.start, hit.passage.end, tuple(answer.marks(hit)))


def _also(answer: Answer, article: Article, hit: Hit) -> list[Place]:
    """The other places of the hit's article that match the question."""
    result = next(result for result in answer.results if result.article.id == article.id)
    return [
        *(_place(answer, other) for other in result.hits if other is not hit),
        *(Place(start, end) for start, end in result.also),
    ]


def _bar(article: Article, found: Place, matches: int) -> str:
    """What stays in sight while an article is read: the way back, its contents, and its matches one by one."""
    items = "".join(
        f'<li class="hs-level-{min(level, 4)}" dir="auto"><a href="#{anchor}">{escaped(title)}</a></li>'
        for level, title, anchor in contents(article, found)
    )
    listed = (
        f"<details><summary>{escaped(wording.CONTENTS)}</summary><ul{language(article)}>{items}</ul></details>"
        if items
        else ""
    )
    steps = "".join(
        f'<button type="button" class="hs-{kind}" data-step="{step}">{escaped(label)}</button>'
        for kind, step, label in (("previous", -1, wording.PREVIOUS), ("next", 1, wording.NEXT))
    )
    return (
        f'<nav class="hs-bar" aria-label="{escaped(article.title)}">'
        f'<button type="button" class="hs-back" data-press="back">{escaped(wording.BACK)}</button>{listed}'
        f"{steps if matches > 1 else ''}</nav>"
    )


def _about(article: Article, today: date) -> str:
    sources = "".join(f'<li dir="auto">{escaped(source)}</li>' for source in article.sources)
    rows = (
        (wording.PUBLISHER, escaped(wording.publisher(article))),
        (wording.DATES, escaped(wording.dates(article, today))),
        (wording.LICENCE, escaped(article.licence or "")),
        (wording.SOURCES, f"<ul>{sources}</ul>" if sources else ""),
        (wording.ADDRESS, address(article.url)),
        (wording.FILE, f"<code>{escaped(article.path)}</code>"),
    )
    return f'<footer class="hs-about">{pairs(rows)}</footer>'
