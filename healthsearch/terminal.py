"""Answers and progress as a terminal shows them.

Article text is data here too: control characters in it are made visible, so that none can steer a terminal.
"""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from healthsearch import source_wording, wording
from healthsearch.answer import Answer, NumberedHit
from healthsearch.article import page_at
from healthsearch.mark import pieces_of

_WIDTH = 88
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_STYLES = {"answer": ("\x1b[1m", "\x1b[0m"), "caution": ("\x1b[4m", "\x1b[0m")}
_SIGNS = {"answer": ("»", "«"), "caution": ("[!] ", "")}


def answer_text(answer: Answer, today: date, *, styled: bool) -> str:
    """The whole answer as lines; ``styled`` uses bold and underline, else signs mark the sentences."""
    parts = [f"{wording.VERDICTS[answer.verdict]}. {wording.verdict_note(answer.verdict, answer.calibrated)}"]
    for notice in reversed(answer.urgent):
        told = f"{notice.name}. {notice.text} ({wording.URGENT_SOURCE} {notice.source})"
        parts.insert(0, "\n".join(textwrap.wrap(visible(told), _WIDTH, initial_indent="! ", subsequent_indent="  ")))
    if answer.corrections:
        parts.insert(0, visible(wording.corrections(answer.corrections)))
    if answer.sides is not None:
        kind, along, against = answer.sides
        parts.append(wording.contrast(kind, along.number, against.number))
    parts += [_hit_text(answer, shown, today, styled) for shown in answer.numbered]
    return "\n\n".join(parts)


def _hit_text(answer: Answer, shown: NumberedHit, today: date, styled: bool) -> str:
    hit, article = shown.hit, shown.article
    signs = _STYLES if styled else _SIGNS
    quote = "".join(
        visible(text) if mark is None else visible(text).join(signs[mark.kind])
        for text, mark in pieces_of(hit.passage.text, answer.marks(hit))
    )
    lines = [
        f"{shown.number}. {visible(shown.heading)}",
        f"   {visible(', '.join(source_wording.facts(article, today)))}",
    ]
    for line in quote.split("\n"):
        lines += textwrap.wrap(line, _WIDTH, initial_indent="   ", subsequent_indent="   ") or [""]
    for note in shown.notes:
        told = visible(f"{wording.note(note, today)} {note.quote}")
        lines += textwrap.wrap(told, _WIDTH, initial_indent="   ! ", subsequent_indent="     ")
    page = page_at(article, hit.passage.start)
    at = f"page {page}" if page else f"characters {hit.passage.start} to {hit.passage.end}"
    lines.append(f"   {visible(article.url or article.path)}, {at}")
    return "\n".join(lines)


def visible(text: str) -> str:
    r"""The text with control characters and direction overrides replaced by a sign for the unknown.

    >>> visible("a\x1b[31mb")
    'a�[31mb'
    """
    return _UNSEEN.sub("�", text)


def json_text(value: object, indent: int | None = None) -> str:
    r"""The value as JSON in which the same characters are escaped, so that a program still gets them.

    >>> json_text(["é", "\x9b"])
    '["é", "\\u009b"]'
    """
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False, indent=indent))


@contextmanager
def unread_output_dropped() -> Iterator[None]:
    """Ends quietly where whoever read our output has seen enough; from then on it goes nowhere."""
    try:
        yield
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BrokenPipeError:
                # Python would try once more to write what is left when it ends.
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def duration(seconds: float) -> str:
    """Time left as a person says it.

    >>> duration(7), duration(95), duration(7300)
    ('7 s', '2 min', '2.0 h')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
