"""An answer as a file to keep: Markdown, with the fingerprint of the index that gave it.

Article text is data here too: every mark that Markdown would read is escaped, so that it shows letter for letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from healthsearch import source_wording, wording
from healthsearch.citing import plain, reference

if TYPE_CHECKING:
    from healthsearch.answer import Answer, NumberedHit

_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&=^@])")


def answer_markdown(answer: Answer, today: date) -> str:
    """The whole answer as a Markdown document, with what a person must know to judge it."""
    return "\n\n".join(_parts(answer, today)) + "\n"


def escaped(text: str) -> str:
    r"""The text so that Markdown shows it letter for letter, line ends included.

    >>> escaped("*not* bold, costs $5")
    '\\*not\\* bold, costs \\$5'
    """
    lines = (_MARKS.sub(r"\\\1", line.strip()) for line in re.split(r"[\n\r\x0b\x0c\x85\u2028\u2029]", text))
    return "  \n".join(lines)


def _parts(answer: Answer, today: date) -> Iterator[str]:
    yield f"# {escaped(answer.question)}"
    for notice in answer.urgent:
        yield f"**{escaped(notice.name)}.** {escaped(notice.text)} ({wording.URGENT_SOURCE} {escaped(notice.source)})"
    told = [f"**{wording.VERDICTS[answer.verdict]}.**", wording.verdict_note(answer.verdict, answer.calibrated)]
    if answer.corrections:
        told.append(escaped(wording.corrections(answer.corrections)))
    if answer.where:
        told.append(wording.narrowed(answer.searched))
    yield " ".join(told)
    if answer.sides is not None:
        kind, along, against = answer.sides
        yield wording.contrast(kind, along.number, against.number)
    for shown in answer.numbered:
        yield from _hit_parts(answer, shown, today)
    yield "---"
    yield f"{wording.ADVICE} {wording.EMERGENCY}"
    yield wording.fingerprint(answer.generation, today)


def _hit_parts(answer: Answer, shown: NumberedHit, today: date) -> Iterator[str]:
    hit, article = shown.hit, shown.article
    yield f"## {shown.number}. {escaped(shown.heading)}"
    yield escaped(", ".join(source_wording.facts(article, today)) + ".")
    yield "\n".join(f"> {line}" for line in escaped(hit.passage.text).split("\n"))
    for mark in answer.marks(hit):
        yield f"**{wording.MARKS[mark.kind]}:** {escaped(hit.passage.text[mark.start : mark.end])}"
    for note in shown.notes:
        told = escaped(wording.note(note, today))
        yield f"**{told}** {escaped(note.quote)}" if note.quote else f"**{wording.NOTE}:** {told}"
    yield escaped(plain(article, hit.passage.headings, source_wording.day(today.isoformat())))
    yield f"{wording.REFERENCE}: {escaped(reference(hit.passage))}"
