"""Questions that found nothing, kept for whoever looks after the articles, where that is asked for.

A question about one's health is not kept by default. What is kept is its words and the day; the file stands beside the
generations, never in one, is readable to its owner alone, and holds so many questions and no more.
"""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from healthsearch.files import read_text, write_atomically

FILE = "unanswered.jsonl"
MOST_KEPT = 500


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that found nothing, and the day on which it was asked, in ISO 8601."""

    day: str
    question: str


class UnansweredQuestions:
    """The questions kept beside one index; safe to share between threads."""

    def __init__(self, index: Path) -> None:
        self._file = index / FILE
        self._writing = threading.Lock()

    def all(self) -> list[Unanswered]:
        """What is kept, the newest first; nothing where the file cannot be read."""
        try:
            return self._kept()[::-1]
        except OSError:
            return []

    def keep(self, question: str, today: date) -> None:
        """Keep one more, and let the oldest go; an answer does not fail because this does."""
        with self._writing, suppress(OSError, UnicodeError):
            kept = [*self._kept(), Unanswered(today.isoformat(), question)][-MOST_KEPT:]
            lines = (json.dumps(asdict(each), ensure_ascii=False) for each in kept)
            write_atomically(self._file, "".join(f"{line}\n" for line in lines), mode=0o600)

    def delete(self) -> None:
        """Forget them all. Raises OSError where that is not allowed."""
        with self._writing:
            self._file.unlink(missing_ok=True)

    def _kept(self) -> list[Unanswered]:
        """What is kept, the oldest first, but for lines that cannot be read. Raises OSError."""
        try:
            lines = read_text(self._file, errors="replace").split("\n")
        except FileNotFoundError:
            return []
        return [question for line in lines if (question := _question(line))]


def _question(line: str) -> Unanswered | None:
    try:
        values = json.loads(line)
        question = Unanswered(str(values["day"]), str(values["question"]))
        # JSON can write half of a surrogate pair, which is no text.
        f"{question.day}{question.question}".encode()
        return question
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
