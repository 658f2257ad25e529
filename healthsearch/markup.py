"""The page's own HTML: what a result and a message look like as elements.

Puts together words from ``wording`` and text from ``quoting``; every value that comes from an article passes
``quoting`` on the way. Knows no Streamlit: the style sheet in ``page/`` does the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote as percent
from urllib.parse import quote_plus

from healthsearch import citing, source_wording, wording
from healthsearch.adjacent_text import after, before
from healthsearch.answer import Answer, Hit, NumberedHit, Result, answering
from healthsearch.article import Article, page_at
from healthsearch.quoting import escaped, language, quote, stretch

if TYPE_CHECKING:
    from healthsearch.errors import HealthSearchError
    from healthsearch.notes import Note
    from healthsearch.urgent import UrgentNotice


def header(title: str = wording.TITLE, purpose: str = wording.TAGLINE) -> str:
    """A page's name and what it is for."""
    return f'<header class="hs-header"><h1>{escaped(title)}</h1><p>{escaped(purpose)}</p></header>'


def strip() -> str:
    """The line that is always in sight."""
    return f'<div class="hs-strip" role="note"><p>{escaped(wording.ADVICE)} {escaped(wording.EMERGENCY)}</p></div>'


def label(text: str) -> str:
    """A line that introduces or explains what stands beside it."""
    return f'<p class="hs-label">{escaped(text)}</p>'


def verdict(answer: Answer) -> str:
    """What became of the question, and how much was found."""
    told = escaped(wording.verdict_note(answer.verdict, answer.calibrated))
    if answer.verdict != "nothing":
        told = f"{escaped(wording.extent(len(answer.hits), len(answer.results)))}. {told}"
    if answer.where:
        told += f" {escaped(wording.narrowed(answer.searched))}"
    if answer.corrections:
        told = f"{escaped(wording.corrections(answer.corrections))} {told}"
    return (
        f'<section class="hs-verdict hs-{answer.verdict}"><p class="hs-printed">{escaped(answer.question)}</p>'
        f"<h2>{escaped(wording.VERDICTS[answer.verdict])}</h2><p>{told}</p></section>"
    )


def urgent(notices: Iterable[UrgentNotice]) -> str:
    """The notices that a question calls for; said at once by a screen reader."""
    inner = "".join(
        f"<h3>{escaped(notice.name)}</h3><p>{escaped(notice.text)}</p>"
        f'<p class="hs-source">{escaped(wording.URGENT_SOURCE)} {escaped(notice.source)}</p>'
        for notice in notices
    )
    return (
        f'<section class="hs-urgent" role="alert"><h2>{escaped(wording.URGENT)}</h2>{inner}</section>' if inner else ""
    )


def keep(answer: Answer, today: date) -> str:
    """What stands over the ways to keep an answer, and those that need no server."""
    link = f"?question={quote_plus(answer.question)}"
    return (
        f'<div class="hs-tools hs-keep" data-told="{escaped(wording.COPIED)}"><h3>{escaped(wording.KEEP)}</h3><p>'
        f"{escaped(wording.fingerprint(answer.generation, today))}</p>"
        f'<button type="button" data-copy-link="{escaped(link)}">{escaped(wording.LINK_WITH_QUESTION)}</button>'
        f'<button type="button" data-print="true">{escaped(wording.PRINT)}</button></div>'
    )


def contrast(answer: Answer) -> str:
    """Two sentences that deny or limit each other, next to each other; nothing where there are no such."""
    if answer.sides is None:
        return ""
    kind, *sides = answer.sides
    quotes = "".join(
        f'<div><blockquote class="hs-text" dir="auto"{language(side.article)}>'
        f"{escaped(answering(side.hit))}</blockquote>"
        f'<a href="#{hit_anchor(side)}">{escaped(wording.says(side.number, side.article.title))}</a></div>'
        for side in sides
    )
    title, told = wording.CONTRASTS[kind]
    return (
        f'<section class="hs-contrast"><h3>{escaped(title)}</h3><p>{escaped(told)}</p>'
        f'<div class="hs-sides">{quotes}</div></section>'
    )


def message(title: str, text: str = "", items: Iterable[str] = ()) -> str:
    """A boxed message; used for problems, notices and suggestions."""
    points = "".join(f"<li>{escaped(item)}</li>" for item in items)
    body = (f"<p>{escaped(text)}</p>" if text else "") + (f"<ul>{points}</ul>" if points else "")
    return f'<section class="hs-message"><h2>{escaped(title)}</h2>{body}</section>'


def problem(error: HealthSearchError, title: str | None = None) -> str:
    """A mistake that somebody can mend, under this title or its own; a screen reader says it at once."""
    own, told = wording.problem(error)
    return f'<div role="alert">{message(title or own, told)}</div>'


def head(result: Result, today: date) -> str:
    """A result's article: title, who and when, and its notes."""
    article = result.article
    return (
        f'<div class="hs-head"><h3 dir="auto"{language(article)}>{escaped(article.title)}</h3>'
        f"{facts(article, today)}{notes(result.notes, today)}</div>"
    )


def passage(answer: Answer, shown: NumberedHit, today: date) -> str:
    """A hit: where it stands, how well it fits, the quote, its own notes, and on demand the text around it."""
    hit, article = shown.hit, shown.article
    path = escaped(wording.position(hit.passage.headings, page_at(article, hit.passage.start)))
    strength = wording.strength(hit.score, answer.hits[0][0].score, answer.confidence)
    source = citing.plain(article, hit.passage.headings, source_wording.day(today.isoformat()))
    return (
        f'<div class="hs-hit" id="{hit_anchor(shown)}" tabindex="-1">'
        f'<div class="hs-where"><span class="hs-path" dir="auto">'
        f'<b class="hs-rank">{shown.number}</b> {path}</span>'
        f'<span class="hs-match {_STRENGTH_CLASSES.get(strength, "hs-faint")}">{escaped(strength)}</span></div>'
        f'<blockquote class="hs-text"{language(article)}>{quote(hit.passage, answer.marks(hit))}</blockquote>'
        f'<p class="hs-printed">{escaped(source)}</p>'
        f"{notes(hit.notes, today)}"
        f'<div class="hs-asides">{_adjacent_text(article, hit)}{_why(answer, hit)}{_share(article, hit, today)}</div>'
        "</div>"
    )


def facts(article: Article, today: date) -> str:
    """Who published an article, and when it was published and reviewed."""
    told = "".join(f"<span>{escaped(fact)}</span>" for fact in source_wording.facts(article, today))
    return f'<p class="hs-facts">{told}</p>'


def notes(all_notes: Iterable[Note], today: date) -> str:
    """Notes, those with a quote as a label and the article's own words."""
    return "".join(
        f'<p class="hs-note"><b>{escaped(wording.note(each, today))}</b>'
        f' <q class="hs-text" dir="auto"{language(each.article)}>{escaped(each.quote)}</q></p>'
        if each.quote
        else note(wording.note(each, today))
        for each in all_notes
    )


def note(text: str) -> str:
    """Something that a person should know of what stands beside it."""
    return f'<p class="hs-note">{escaped(text)}</p>'


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """A list of names and what there is to each, which is HTML; a name without anything is left out."""
    inner = "".join(f"<dt>{escaped(name)}</dt><dd>{told}</dd>" for name, told in rows if told)
    return f'<dl class="hs-pairs">{inner}</dl>'


def hit_anchor(shown: NumberedHit) -> str:
    """The id of a hit's element among the results; page.js finds the button of its article by the number."""
    return f"hs-hit-{shown.number}"


_STRENGTH_CLASSES = {wording.STRENGTHS[0][1]: "hs-strong", wording.STRENGTHS[1][1]: "hs-good"}


def _adjacent_text(article: Article, hit: Hit) -> str:
    parts = (
        (wording.BEFORE, before(article, hit.passage.start)),
        (wording.AFTER, after(article, hit.passage.end)),
    )
    inner = "".join(
        f'<h4>{escaped(label)}</h4><div class="hs-text"{language(article)}>{stretch(article, start, end)}</div>'
        for label, (start, end) in parts
        if start < end
    )
    summary = escaped(wording.ADJACENT_TEXT)
    return f'<details class="hs-more hs-adjacent"><summary>{summary}</summary>{inner}</details>' if inner else ""


def _why(answer: Answer, hit: Hit) -> str:
    rows = (
        (wording.WHY_WORDS, escaped(wording.shared_words(hit.reasons))),
        (wording.WHY_MEANING, escaped(wording.both_ranks(hit.reasons))),
        (wording.WHY_CONFIDENCE, escaped(wording.sureness(answer.confidence, answer.calibrated))),
    )
    return f'<details class="hs-more hs-why"><summary>{escaped(wording.WHY)}</summary>{pairs(rows)}</details>'


def _share(article: Article, hit: Hit, today: date) -> str:
    """What can be taken along; the texts travel with the buttons, so that a copy needs no server.

    As in an address, since what cleans the page's HTML takes away attributes that hold the end of a script.
    """
    read_on = source_wording.day(today.isoformat())
    citation = citing.plain(article, hit.passage.headings, read_on)
    copies = (
        (wording.COPY_QUOTE, f"“{hit.passage.text}”\n{citation}"),
        (wording.CITATIONS["plain"], citation),
        (wording.CITATIONS["bibtex"], citing.bibtex(article, read_on)),
        (wording.CITATIONS["ris"], citing.ris(article, read_on)),
    )
    buttons = "".join(
        f'<button type="button" data-copy="{percent(text)}">{escaped(label)}</button>' for label, text in copies
    )
    link = f"?passage={quote_plus(citing.reference(hit.passage))}"
    return (
        f'<details class="hs-more hs-share"><summary>{escaped(wording.SHARE)}</summary>'
        f'<div class="hs-tools" data-told="{escaped(wording.COPIED)}">{buttons}'
        f'<button type="button" data-copy-link="{escaped(link)}">{escaped(wording.COPY_LINK)}</button></div></details>'
    )
