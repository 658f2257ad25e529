"""Reads files of a corpus in a process of its own, for ``parallel_reading``.

Gets a file a line on standard input, as JSON: ``[path, digest, size]``. Answers with lines of JSON: the file as it was
read, one for each of its outcomes (an article's fields, or place, cause and remedy of a problem), and ``null`` at its
end. Ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple
from pathlib import Path

from healthsearch.corpus import SourceFile, read_file
from healthsearch.errors import UnreadableArticle
from healthsearch.readers import Outcome


def main(argv: Sequence[str]) -> int:
    """Read what is asked for from the corpus in this folder."""
    [corpus] = argv
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        # What a library prints must not come among the answers.
        os.dup2(2, 1)
        for line in sys.stdin:
            for answer in _answers(Path(corpus), SourceFile(*json.loads(line))):
                answers.write(json.dumps(answer) + "\n")
            answers.flush()
    return 0


def _answers(corpus: Path, file: SourceFile) -> Iterator[object]:
    outcomes: Iterator[Outcome]
    try:
        file, outcomes = read_file(corpus, file)
    except UnreadableArticle as problem:
        outcomes = iter([problem])
    yield astuple(file)
    for outcome in outcomes:
        if isinstance(outcome, UnreadableArticle):
            yield [outcome.place, outcome.cause, outcome.remedy]
        else:
            yield asdict(outcome)
    yield None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
