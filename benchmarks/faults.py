"""Whether a search notices anything that stops a build or spoils a file: faults by the thousand, other ones by seed.

    python benchmarks/faults.py [--seed N] [--every N] [--kills N] [--rot N] [--races N] [--publications N]

Small builds, with the encoder of ``tests/fakes.py``, of which each change to the disk fails in each of ``WAYS``, or
that are killed at any moment. Then the index is whole, it answers as before the build or as after it, and the next
build ends as if nothing had been: nothing is encoded twice, nothing is left behind. Files that are cut, lengthened or
have a bit flipped; builders that begin at once; searches that ask while one build follows the other. Exits 1 with what
failed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.build import build  # noqa: E402 - the project need not be installed
from healthsearch.check import check  # noqa: E402
from healthsearch.errors import HealthSearchError, NoIndex  # noqa: E402
from healthsearch.index_folder import Pointer  # noqa: E402
from healthsearch.search import Searcher  # noqa: E402
from healthsearch.serving import Service  # noqa: E402
from tests.failing_build import KEPT_OUT, TOLD, WAYS, Child, TellingModel, at_changes, fail  # noqa: E402
from tests.fakes import KEYWORDS, KeywordModel  # noqa: E402
from tests.folders import kept, put  # noqa: E402

# Everything happens in a folder of this name.
AWKWARD = "two words,\nzwei Wörter, 両方"
# The article that comes last.
LAST = ("last.md", "heat at last")
# Processes at once.
BUILDERS, SEARCHES = 3, 8
# What a build may leave beside its generations; the others are told of in the modules that write them.
LASTING = {"build.lock", "builder.txt", "builds.json", "current.json", "generations"}
_ENDS = {0: "done all the same", TOLD: "told", -signal.SIGKILL: "killed"}


Served = tuple[str | None, list[tuple[str, str]]]


def served(index: Path) -> tuple[Served, str | None]:
    """The generation that answers and what it finds for some questions; the place where a newer one is damaged."""
    try:
        searcher = Searcher.open(index, KeywordModel().load())
    except NoIndex:
        return (None, []), None
    found = [(hit.passage.text, article.id) for word in KEYWORDS for hit, article in searcher.search(word, k=50).hits]
    searcher.generation.close()
    return (searcher.generation.name, found), searcher.fault.place if searcher.fault else None


def asked(index: Path) -> Served:
    """The same of an index without any damage."""
    found, damaged = served(index)
    assert damaged is None, f"{damaged} is damaged"
    return found


@dataclass(frozen=True, slots=True)
class Case:
    """A build that is to be disturbed, of ``home/corpus`` on a copy of the index ``home/before``, if there is one."""

    home: Path
    rebuild: bool
    # What answers before the build, after it, and after the one that follows: the generation and its answers.
    before: Served
    after: Served
    later: Served

    def index(self) -> Path:
        """The index as it was before the build."""
        index = self.home / "index"
        shutil.rmtree(index, ignore_errors=True)
        if (self.home / "before").exists():
            shutil.copytree(self.home / "before", index)
        return index

    def begun(self, index: Path, first: Callable[[], None] = lambda: None) -> Child:
        """The build, in a process of its own that does something else first."""

        def work(pipe: int) -> None:
            first()
            build(self.home / "corpus", index, TellingModel(pipe=pipe), allow_shrink=True, rebuild=self.rebuild)

        return Child(work)

    def judged(self, index: Path, child: Child, *, tidy: bool) -> str:
        """How the build ended. AssertionError when the index is unsound then, or after the next build.

        ``tidy``: whether a build that fails can still delete.
        """
        status, encoded = child.ended()
        assert status in _ENDS, f"ended with status {status}"
        now = asked(index)
        assert now in ([self.after] if status == 0 else [self.before, self.after]), f"{now} answers"
        if now[0]:
            assert [fault for fault in check(index, self.home / "corpus").faults if str(index) in fault.place] == []
        if status == TOLD and tidy:
            assert not (index / "generations" / ".draft").exists(), "a draft is left"
        model = KeywordModel()
        last = put(self.home / "corpus", *LAST)
        build(last.parent, index, model, allow_shrink=True)
        last.unlink()
        assert asked(index) == self.later, "after the next build other answers"
        # Lost is at most the passage at which the build ended.
        every = Counter([*encoded, *model.encoded])
        assert every.total() - len(every) <= (status != 0), f"encoded more than once: {every}"
        assert {path.name for path in index.iterdir()} <= LASTING, "something is left beside the generations"
        assert kept(index) <= {now[0], self.after[0], self.later[0]}, "old generations are left"
        return f"{_ENDS[status]}, {'the old' if now == self.before else 'the new'} index answers"


def case(home: Path, change: Callable[[Path], None], *, first: bool = False, rebuild: bool = False) -> Case:
    """The small corpus, changed after its index was built, unless the build is the first."""
    corpus, before = home / "corpus", home / "before"
    put(corpus, "a.md", "massage for the disc", "rest for the disc")
    put(corpus, "b.md", "walking with pain", "sleep with pain")
    put(corpus, "sub/c.md", "the vaccine")
    if not first:
        build(corpus, before, KeywordModel())
        # A killed build has left a generation that was never published, and since then the clock was set back.
        (before / "generations" / "unpublished").mkdir()
        Pointer(Pointer.read(before).generation, None, "2100-01-01T00:00:00+00:00").write(before)
    change(corpus)
    old = asked(before)
    build(corpus, home / "clean", KeywordModel(), allow_shrink=True)
    new = asked(home / "clean")
    last = put(corpus, *LAST)
    build(corpus, home / "clean", KeywordModel(), allow_shrink=True)
    last.unlink()
    return Case(home, rebuild, old, new, asked(home / "clean"))


def changed(corpus: Path) -> None:
    """One article changes, one is gone, one is new."""
    put(corpus, "b.md", "walking with pain", "sleep without pain", "heat for pain")
    (corpus / "sub" / "c.md").unlink()
    put(corpus, "d/ünd\n疫苗.md", "a second vaccine", "rest after the vaccine")


def cases(home: Path) -> dict[str, Case]:
    """By name: a first build, one of changes, one of deletions alone, one that encodes everything again."""
    return {
        "first build": case(home / "first", changed, first=True),
        "changes": case(home / "changes", changed),
        "deletions": case(home / "deletions", lambda corpus: (corpus / "b.md").unlink()),
        "rebuild": case(home / "rebuild", changed, rebuild=True),
    }


@dataclass(slots=True)
class Tally:
    """What was tried, how often, what came out; and what should not have."""

    what: str
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def count(self, judge: Callable[[], str], where: str) -> None:
        """Try once."""
        try:
            self.outcomes[judge()] += 1
        except Exception as fault:
            self.outcomes["FAILED"] += 1
            self.faults.append(f"{self.what}, {where}: {fault!r:.2000}")


def calls(some: dict[str, Case], every: int) -> Iterator[Tally]:
    """One of ``every`` changes to the disk fails, for each case and way others."""
    changes = {name: changes_of(one) for name, one in some.items()}
    for first, (name, way) in enumerate(product(some, WAYS)):
        one, tally = some[name], Tally(f"{name}: a call {way}, of {changes[name]}")
        for at in range(first % every + 1, changes[name] + 1, every):
            index = one.index()
            child = one.begun(index, partial(at_changes, partial(fail, way, at=at)))
            tally.count(partial(one.judged, index, child, tidy=way != "forbidden"), f"call {at}")
        yield tally


def changes_of(one: Case) -> int:
    """How many changes the build makes to the disk when nothing goes wrong."""
    counted, told = os.pipe()
    status, _ = one.begun(one.index(), lambda: at_changes(lambda _: os.write(told, b"."))).ended()
    os.close(told)
    assert status == 0
    with os.fdopen(counted, "rb") as pipe:
        return len(pipe.read())


def kills(some: dict[str, Case], times: int, rng: random.Random) -> Iterator[Tally]:
    """Builds are killed, each at another moment between their begin and their end."""
    for name, one in some.items():
        started = time.monotonic()
        one.begun(one.index()).ended()
        longest = time.monotonic() - started
        tally = Tally(f"{name}: kill -9 at any moment")
        for number in range(times // len(some)):
            index = one.index()
            child = one.begun(index)
            time.sleep(rng.uniform(0, longest))
            os.kill(child.process, signal.SIGKILL)
            tally.count(partial(one.judged, index, child, tidy=False), f"kill {number}")
        yield tally


def flipped(data: bytes, place: int) -> bytes:
    """With one bit of a byte changed."""
    return data[:place] + bytes([byte ^ 1 << place % 8 for byte in data[place : place + 1]]) + data[place + 1 :]


def cut(data: bytes, place: int) -> bytes:
    """Without what comes from the place on."""
    return data[:place]


def lengthened(data: bytes, place: int) -> bytes:
    """With some of its own bytes once more at the end."""
    return data + (data[place:] or b"\0")


SPOILT = (flipped, cut, lengthened)


def rot(one: Case, times: int, rng: random.Random) -> Iterator[Tally]:
    """Files of an index are spoilt, one after the other, at a random place; a killed build left its own there too."""
    whole, halfway = one.home / "whole", changes_of(one) // 2
    index = one.index()
    one.begun(index).ended()
    put(one.home / "corpus", *LAST)
    one.begun(index, partial(at_changes, partial(fail, "killed", at=halfway))).ended()
    shutil.copytree(index, whole)
    parts = {
        "the generation in use": whole / "generations" / str(one.after[0]),
        "the one before": whole / "generations" / str(one.before[0]),
        "a draft": whole / "generations" / ".draft",
    }
    files = {part: [path for path in sorted(folder.rglob("*")) if path.is_file()] for part, folder in parts.items()}
    files["what is beside them"] = [path for path in sorted(whole.iterdir()) if path.is_file()]
    for part, paths in files.items():
        tally = Tally(f"rot in {part}: {len(paths)} files")
        for number in range(times // len(files)):
            path = paths[number % len(paths)]
            file, data, how = index / path.relative_to(whole), path.read_bytes(), rng.choice(SPOILT)
            place = rng.randrange(max(1, len(data)))
            file.write_bytes(how(data, place))
            if file.read_bytes() != data:
                tally.count(partial(rot_judged, one, file), f"{file} {how.__name__} at {place}")
            if path.parent == whole:
                # What is beside the generations matters to the next build, which has now been made.
                shutil.rmtree(index)
                shutil.copytree(whole, index)
            else:
                file.write_bytes(data)
        yield tally


def rot_judged(one: Case, file: Path) -> str:
    """What comes of a spoilt file. AssertionError when it is not what should."""
    index = one.home / "index"
    if file.parent != index:
        in_use = str(one.after[0]) in file.parts
        expected = (one.before, str(file)) if in_use else (one.after, None)
        assert served(index) == expected, f"{served(index)} answers"
        named = check(index, one.home / "corpus").faults[0].place == str(file)
        assert named is (".draft" not in file.parts), f"check names it: {named}"
        if in_use:
            return "named, the one before answers"
        return "named by check, the newest answers" if named else "the newest answers"
    try:
        found, damaged = served(index)
        assert found in (one.before, one.after), f"{found} answers"
        outcome = "named, the one before answers" if damaged else "the newest answers"
    except HealthSearchError as told:
        assert told.place == str(file)
        outcome = "named, nothing answers"
    build(one.home / "corpus", index, KeywordModel(), allow_shrink=True)
    assert asked(index) == one.later, "after the next build other answers"
    return f"{outcome}, mended by the next build"


def builders(some: dict[str, Case], times: int) -> Iterator[Tally]:
    """Builds of one index begin at the same moment."""
    for name, one in some.items():
        tally = Tally(f"{name}: {BUILDERS} builders at once")
        for number in range(times // len(some)):
            index = one.index()
            tally.count(partial(race_judged, one, index, [one.begun(index) for _ in range(BUILDERS)]), f"race {number}")
        yield tally


def race_judged(one: Case, index: Path, children: list[Child]) -> str:
    """How many were kept out. AssertionError when not every other built, or more was encoded than by one alone."""
    ends = [child.ended() for child in children]
    kept_out = sum(status == KEPT_OUT for status, _ in ends)
    assert {status for status, _ in ends} <= {0, KEPT_OUT}, ends
    assert kept_out < len(ends), "nobody has built"
    assert asked(index) == one.after
    encoded = [text for _, texts in ends for text in texts]
    assert one.rebuild or len(encoded) == len(set(encoded)), f"encoded more than once: {encoded}"
    return f"{kept_out} kept out"


def searches(home: Path, publications: int) -> Iterator[Tally]:
    """Processes ask without pause, half of them of an index opened anew, while it is built again and again."""
    corpus, index, over = home / "corpus", home / "index", home / "over"
    tally = Tally(f"{SEARCHES} searches, {publications} builds: answers")
    edition(corpus, 0)
    build(corpus, index, KeywordModel())
    children = [Child(partial(read, index, over, number % 2 == 0)) for number in range(SEARCHES)]
    for number in range(1, publications + 1):
        edition(corpus, number)
        build(corpus, index, KeywordModel())
    over.touch()
    for number, child in enumerate(children):
        status, told = child.ended()
        tally.outcomes["whole, of one generation"] += len(told)
        if status:
            tally.faults.append(f"{tally.what}, search {number} ended with status {status}")
    yield tally


def edition(corpus: Path, number: int) -> None:
    """Articles that all tell their edition."""
    for name in "abc":
        put(corpus, f"{name}.md", f"massage, {name}, edition {number}", f"rest, {name}, edition {number}")


def read(index: Path, over: Path, anew: bool, pipe: int) -> None:
    """Ask until it is over. AssertionError for an answer that is not of one edition, or of one before the last."""
    model, last = KeywordModel(), 0
    service = Service(index, lambda name: model)
    while not over.exists():
        searcher = Searcher.open(index, model.load()) if anew else service.searcher()
        assert searcher.fault is None, searcher.fault
        hits = searcher.search("massage", k=50).hits
        editions = {int(hit.passage.text.split()[-1]) for hit, _ in hits}
        assert {article.id for _, article in hits} == set("abc")
        assert len(editions) == 1 and min(editions) >= last, f"{editions} after {last}"
        assert all(article.text[hit.passage.start : hit.passage.end] == hit.passage.text for hit, article in hits)
        last = min(editions)
        os.write(pipe, b".\0")


def main() -> int:
    """Try everything and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500, metavar="N", help="builds to be killed (default: 500)")
    parser.add_argument("--rot", type=int, default=2000, metavar="N", help="files to be spoilt (default: 2,000)")
    parser.add_argument("--races", type=int, default=100, metavar="N", help="of builders (default: 100)")
    parser.add_argument("--publications", type=int, default=50, metavar="N", help="under searches (default: 50)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="other moments and places (default: 0)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="of the calls, try one in N (default: 1)")
    arguments = parser.parse_args()
    faults = []
    print("| what | how often | what came out |\n|---|---:|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        some = cases(Path(folder) / AWKWARD)
        rng = random.Random(arguments.seed)
        tallies = chain(
            calls(some, arguments.every),
            kills(some, arguments.kills, rng),
            rot(case(Path(folder) / AWKWARD / "rot", changed), arguments.rot, rng),
            builders(some, arguments.races),
            searches(Path(folder) / AWKWARD / "searches", arguments.publications),
        )
        for tally in tallies:
            told = "; ".join(f"{times} {what}" for what, times in tally.outcomes.most_common())
            print(f"| {tally.what} | {tally.outcomes.total():,} | {told} |", flush=True)
            faults += tally.faults
    print("\n".join(faults), file=sys.stderr)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
