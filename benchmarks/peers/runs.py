"""Running a system's program: a build in a process of its own, and a process that answers questions."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.systems import PROGRAMS, ROOT, System

# Nothing may be fetched or told while it is measured; everything else is as each system sets it by itself.
_SURROUNDINGS = {
    "HF_HUB_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "PYTHONPATH": str(ROOT),
}


class Failed(Exception):
    """A system's program ended with an error; the message is what it said last."""


class Asking:
    """A search process that is open."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.peak_mb = 0.0

    def ask(self, question: str, *, timed: bool) -> tuple[list[str], float]:
        """The ids of the articles found, best first, and the milliseconds from text to results."""
        answer = self._tell(json.dumps({"question": question, "timed": timed}) + "\n")
        return answer["articles"], answer["milliseconds"]

    def _tell(self, line: str) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise ValueError("the process was not started with pipes")
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Failed("it ended while it was asked") from None
        answer = self._process.stdout.readline()
        if not answer:
            raise Failed("it ended while it was asked")
        told: dict[str, Any] = json.loads(answer)
        return told

    def close(self) -> None:
        """End the process, and learn its peak of memory."""
        rest, _ = self._process.communicate()
        if self._process.returncode:
            raise Failed("it ended with an error")
        self.peak_mb = json.loads(rest)["peak_mb"]


@dataclass(frozen=True, slots=True)
class Runs:
    """A system's program under its environment's interpreter; what it says on standard error is kept in ``log``."""

    system: System
    python: Path
    model: Path
    log: Path

    def build(self, articles: Path, index: Path, changed: str | None = None) -> tuple[float, float]:
        """Build or update an index; the seconds from the process's start to its end, its peak in megabytes."""
        with self.log.open("w", encoding="utf-8") as log:
            started = time.perf_counter()
            process = self._start("build", articles, index, *([changed] if changed else []), log=log)
            said, _ = process.communicate()
            seconds = time.perf_counter() - started
        if process.returncode:
            raise Failed(self._last_words())
        return seconds, json.loads(said)["peak_mb"]

    @contextmanager
    def open(self, articles: Path, index: Path) -> Iterator[Asking]:
        """A process that answers from an index; at the end its ``peak_mb`` is known."""
        with self.log.open("w", encoding="utf-8") as log:
            process = self._start("search", articles, index, log=log)
            try:
                asking = Asking(process)
                yield asking
                asking.close()
            except Failed:
                raise Failed(self._last_words()) from None
            finally:
                process.kill()
                process.wait()

    def _start(self, command: str, articles: Path, index: Path, *more: str, log: Any) -> subprocess.Popen[str]:
        program = PROGRAMS / f"{self.system.program}.py"
        parts = [self.python, program, command, articles, index, self.model]
        return subprocess.Popen(
            [*map(str, parts), *more],
            env=os.environ | _SURROUNDINGS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
        )

    def _last_words(self) -> str:
        said = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f"{self.system.name}: {said[-1] if said else 'it said nothing'} (all of it: {self.log})"
