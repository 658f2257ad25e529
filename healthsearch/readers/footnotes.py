"""Footnotes: numbered where the text refers to them, and written after that paragraph, so under its heading."""

from __future__ import annotations

from typing import Generic, TypeVar

Note = TypeVar("Note")


class Footnotes(Generic[Note]):
    """The footnotes of a document, in the order in which its text refers to them.

    >>> notes = Footnotes[str]()
    >>> notes.refer("Rest first.")
    '[1]'
    >>> notes.take(), notes.take()
    ([('[1]', 'Rest first.')], [])
    """

    def __init__(self) -> None:
        self._count = 0
        self._waiting: list[tuple[str, Note]] = []

    def refer(self, note: Note) -> str:
        """The mark that stands for the note in the text; the note then waits for ``take``."""
        self._count += 1
        mark = f"[{self._count}]"
        self._waiting.append((mark, note))
        return mark

    def take(self) -> list[tuple[str, Note]]:
        """The notes that wait, each with its mark; they wait no longer."""
        waiting, self._waiting = self._waiting, []
        return waiting
