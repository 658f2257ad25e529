"""Where the time goes, as pictures: in a build from nothing, and in questions one after another.

    python benchmarks/profiles.py CORPUS QUESTIONS --work DIR [--articles N]

CORPUS, QUESTIONS and DIR are those of ``speed.py``. Writes DIR/build.svg and DIR/question.svg: flame graphs of py-spy
(``requirements.txt`` here), a pillar for each thread, as wide as it was looked at in a function, whether that worked or
waited. In a build the main thread reads, splits and writes, and the pool's threads wait in ``_Network.read`` for
OpenVINO's own, which work on the network. Opens in any browser; a click shows a part in full.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.speed import ROOT, prepared

TIMES_A_SECOND = 200
ASK = """
import json, sys
from pathlib import Path
from healthsearch.search import Searcher
searcher = Searcher.open(Path(sys.argv[1]))
for question in json.load(open(sys.argv[2])):
    searcher.search(question)
"""


def main() -> None:
    """Draw both pictures."""
    work = prepared(__doc__)
    draw(work / "build.svg", "build_index.py", "--corpus", work / "corpus", "--index", work / "index", "--quiet")
    draw(work / "question.svg", "-c", ASK, work / "index", work / "questions.json")


def draw(picture: Path, *program: object) -> None:
    """Let Python run a program, and look again and again at what each of its threads is doing."""
    spy = ["py-spy", "record", "--rate", str(TIMES_A_SECOND), "--threads", "--idle", "--output", str(picture), "--"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([*spy, sys.executable, *map(str, program)], cwd=ROOT, env=environment, check=True)
    print(picture)


if __name__ == "__main__":
    main()
