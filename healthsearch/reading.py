"""An opened article as HTML: its text with its matches, its contents, and what its source says of it.

Like ``markup``, of which it is the other half: words from ``wording``, text through ``quoting``, no Streamlit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from healthsearch import source_wording, wording
from healthsearch.markup import facts, hit_anchor, note, pairs
from healthsearch.quoting import LONGEST_SHOWN, ArticleHtml, Match, address, article_html, escaped, language

if TYPE_CHECKING:
    from healthsearch.answer import Answer, Hit, NumberedHit
    from healthsearch.article import Article
    from healthsearch.passages import Span


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of an article: the match that it was opened for, the others, and what is to be said above.

    ``opened`` is None when there is no such passage. ``anchor``: the id of its element. ``back``: what the way back is
    called, and the id of the element that it leads to.
    """

    article: Article
    opened: Match | None
    also: tuple[Match, ...]
    notes: tuple[str, ...]
    anchor: str
    back: tuple[str, str]

    @property
    def is_over_answer(self) -> bool:
        """Whether it was opened from an answer, to which the way back leads, and not by a link."""
        return bool(self.back[1])


def of_hit(answer: Answer, shown: NumberedHit, today: date) -> View:
    """The article of a hit, with everything in it that matches the question."""
    also = [_match(answer, other) for other in shown.result.hits if other is not shown.hit]
    also += [Match(start, end) for start, end in shown.result.also]
    return View(
        shown.article,
        _match(answer, shown.hit),
        tuple(also),
        tuple(wording.note(each, today) for each in shown.result.notes),
        f"hs-passage-{shown.number}",
        (wording.BACK, hit_anchor(shown)),
    )


def of_link(article: Article, span: Span | None) -> View:
    """The article that a link leads to; without the passage when that does not stand in it any more."""
    opened = Match(*span) if span else None
    notes = () if span else (wording.REWRITTEN,)
    return View(article, opened, (), notes, "hs-passage", (wording.TO_SEARCH, ""))


def whole_article(view: View, today: date) -> str:
    """The article with its matches, and what its source says of it."""
    article = view.article
    text = article_html(article, view.opened, view.also, view.anchor)
    notes = (*view.notes, wording.PART_ONLY) if len(article.text) > LONGEST_SHOWN else view.notes
    return (
        f'<article class="hs-article">{_bar(view, text)}'
        f'<header><h2 dir="auto"{language(article)}>{escaped(article.title)}</h2>'
        f"{facts(article, today)}{''.join(map(note, notes))}</header>"
        f'<div class="hs-text"{language(article)}>{text.drawn}</div>'
        f"{_about(article, today)}</article>"
    )


def _match(answer: Answer, hit: Hit) -> Match:
    return Match(hit.passage.start, hit.passage.end, tuple(answer.marks(hit)))


def _bar(view: View, text: ArticleHtml) -> str:
    """What stays in sight while an article is read: the way back, its contents, and its matches one by one."""
    items = "".join(
        f'<li class="hs-level-{min(level, 4)}" dir="auto"><a href="#{anchor}">{escaped(title)}</a></li>'
        for level, title, anchor in text.contents
    )
    listed = (
        f"<details><summary>{escaped(wording.CONTENTS)}</summary><ul{language(view.article)}>{items}</ul></details>"
        if items
        else ""
    )
    steps = "".join(
        f'<button type="button" class="hs-{kind}" data-step="{step}">{escaped(label)}</button>'
        for kind, step, label in (("previous", -1, wording.PREVIOUS), ("next", 1, wording.NEXT))
    )
    return (
        f'<nav class="hs-bar" aria-label="{escaped(view.article.title)}">'
        f'<button type="button" class="hs-back" data-press="back">{escaped(view.back[0])}</button>{listed}'
        f"{steps if text.matches > 1 else ''}</nav>"
    )


def _about(article: Article, today: date) -> str:
    sources = "".join(f'<li dir="auto">{escaped(source)}</li>' for source in article.sources)
    rows = (
        (wording.PUBLISHER, escaped(source_wording.publisher(article))),
        (wording.DATES, escaped(source_wording.dates(article, today))),
        (wording.LICENCE, escaped(article.licence or "")),
        (wording.SOURCES, f"<ul>{sources}</ul>" if sources else ""),
        (wording.ADDRESS, address(article.url)),
        (wording.FILE, f"<code>{escaped(article.path)}</code>"),
    )
    return f'<footer class="hs-about">{pairs(rows)}</footer>'
