"""A build in a process of its own that stops dead at a named point, so that a test can kill it there.

Run as ``python -m tests.paused_build CORPUS INDEX MARKER KIND WHAT``. At ``encode N`` it stops before it encodes
the N-th passage of this run; at any other KIND, before the first event of that name in Python's audit log
of which the last path, or an argument, ends with WHAT. There it writes the file MARKER, and waits to be killed.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from healthsearch.arrays import Matrix, Vector
from healthsearch.build import build
from healthsearch.passages import Span
from tests.fakes import KeywordEncoder, KeywordModel


@dataclass(slots=True)
class PausingModel(KeywordModel):
    pause_at: int = 0
    marker: Path = Path()

    def load(self, home: Path | None = None) -> KeywordEncoder:
        return PausingEncoder(self)


class PausingEncoder(KeywordEncoder):
    model: PausingModel

    def _passage(self, text: str, sentences: Sequence[Span]) -> tuple[Vector, Matrix]:
        if len(self.model.encoded) + 1 == self.model.pause_at:
            stop(self.model.marker)
        return super()._passage(text, sentences)


def stop(marker: Path) -> None:
    marker.touch()
    while True:
        time.sleep(60)


def main(corpus: str, index: str, marker: str, kind: str, what: str) -> None:
    model = PausingModel(marker=Path(marker))
    if kind == "encode":
        model.pause_at = int(what)
    else:

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            if event == kind and any(
                isinstance(path, (str, bytes, os.PathLike)) and os.fsdecode(path).endswith(what) for path in arguments
            ):
                stop(Path(marker))

        sys.addaudithook(watch)
    build(Path(corpus), Path(index), model, allow_shrink=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
