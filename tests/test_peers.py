"""The race with other systems: its passages lose nothing, its door works, its tables say what was measured."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.peers.articles import change_one, spaced
from benchmarks.peers.kept import Kept
from benchmarks.peers.report import report, settings, short_table
from benchmarks.peers.runs import Failed, Runs
from benchmarks.peers.systems import OURS, PROGRAMS, SYSTEMS
from healthsearch.models import find_model
from tests.folders import ROOT

ON = settings(3, 2)


def door() -> ModuleType:
    """The programs' own module, which is loaded by its file, as they load it."""
    spec = importlib.util.spec_from_file_location("door", PROGRAMS / "door.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["door"] = module
    spec.loader.exec_module(module)
    return module


DOOR = door()


def article(text: str) -> object:
    return DOOR.Article("a", "A title", text)


@given(st.lists(st.sampled_from(["word", "end.", "end.\n\n", "*", "\n"]), max_size=600))
def test_passages_hold_every_word_in_order_and_not_too_many(words: list[str]) -> None:
    text = " ".join(words)
    found = list(DOOR.passages(article(text)))
    assert " ".join(found).split() == text.split()
    assert max((len(passage.split()) for passage in found), default=0) <= DOOR.MOST_WORDS


def test_headings_stand_above_every_part_of_the_paragraph_below_them() -> None:
    assert list(DOOR.passages(article("# Gout\n\n## Causes\n\nUrate.\n\nMore.\n\n## Links"))) == [
        "Gout\nCauses\nUrate.",
        "More.",
        "Links",
    ]


def test_a_long_paragraph_is_cut_at_sentence_ends() -> None:
    sentence = " ".join(["word"] * 59) + " end."
    found = list(DOOR.passages(article(f"## Overview\n\n{sentence} {sentence} {sentence}")))
    assert found == [f"Overview\n{sentence} {sentence}", f"Overview\n{sentence}"]


def test_articles_are_read_with_the_id_and_title_of_their_front_matter(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        '---\nid: "x-1"\ntitle: "Gout: a \\"crystal\\" disease"\n---\nText\n---\nmore', "utf-8"
    )
    (tmp_path / "b.md").write_text("---\nid: B_2\ntitle: Sciatica: what helps\nurl: u\n---\n\n# Sciatica\n", "utf-8")
    first, second = DOOR.read_articles(tmp_path)
    assert (first.id, first.title, first.text) == ("x-1", 'Gout: a "crystal" disease', "Text\n---\nmore")
    assert (second.id, second.title, second.text) == ("B_2", "Sciatica: what helps", "\n# Sciatica\n")
    assert [one.id for one in DOOR.read_articles(tmp_path, "b.md")] == ["B_2"]


def test_an_article_stands_at_the_place_of_its_best_passage() -> None:
    assert DOOR.first_articles(["b", "a", "b", "c"]) == ["b", "a", "c"]
    assert DOOR.first_articles(map(str, range(99))) == [str(number) for number in range(10)]


def test_things_are_taken_evenly() -> None:
    assert spaced(list(range(10)), 4) == [0, 2, 5, 7]
    assert spaced([1, 2], None) == spaced([1, 2], 5) == [1, 2]


def ours(tmp_path: Path) -> Runs:
    return Runs(OURS, Path(sys.executable), find_model().folder, tmp_path / "log")


def test_ours_builds_updates_and_answers_through_the_door(tmp_path: Path) -> None:
    articles, index, runs = tmp_path / "articles", tmp_path / "index", ours(tmp_path)
    articles.mkdir()
    for name in ("sciatica", "massage-for-a-herniated-disc", "back-scans"):
        shutil.copyfile(ROOT / "corpus" / f"{name}.md", articles / f"{name}.md")
    seconds, megabytes = runs.build(articles, index)
    assert seconds > 0
    assert megabytes > 100
    runs.build(articles, index, change_one(articles))
    with runs.open(articles, index) as asking:
        question = "can massage push a slipped disc back in"
        for timed in (True, False):
            found, milliseconds = asking.ask(question, timed=timed)
            assert found[0] == "massage-for-a-herniated-disc"
            assert milliseconds > 0
        added, _ = asking.ask("a sentence about foot baths in winter", timed=False)
        assert added[0] == sorted(path.stem for path in articles.iterdir())[1]
    assert asking.peak_mb > 100


def test_a_system_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"healthsearch: .*no such folder"):
        ours(tmp_path).build(tmp_path / "missing", tmp_path / "index")


def measured(home: Path) -> Kept:
    """Ours slower to build and better at ranking than one other; the rest not measured."""
    kept = Kept(home)
    for system, seconds, ndcg in ((OURS, 9.0, 0.5), (SYSTEMS[1], 4.0, 0.25)):
        kept.add(system, "environment", {"version": "1.2", "installed_mb": 1000.0})
        collections = {"nfcorpus": {"dev": ndcg}, "mediqa2019": {"train_alexa": ndcg, "dev": ndcg}}
        kept.add(system, "ndcg", collections)
        kept.add(system, "ndcg", {"covidqa": {"test_a": ndcg}})
        for number, more in enumerate((0.0, 2.0, 1.0), start=1):
            sizes = dict.fromkeys(("build_mb", "search_mb", "index_mb"), 10.0)
            times = {"build_s": seconds + more, "changed_s": 1.0, "first_s": 2.0, "milliseconds": [5.0, 6.0 + more]}
            kept.add(system, "rounds", {f"{ON}, round {number}": {"date": "2026-01-02"} | sizes | times})
    return kept


def test_the_short_table_is_of_medians_with_the_best_in_bold(tmp_path: Path) -> None:
    lines = short_table(measured(tmp_path), ON).splitlines()
    assert lines[2] == "| healthsearch | 10.0 | **1.0** | **5.5** | **8.0** | **10** | **0.500** |"
    assert lines[3] == "| sentence-transformers + FAISS | **5.0** | **1.0** | **5.5** | **8.0** | **10** | 0.250 |"
    assert {line.count("not measured") for line in lines[4:]} == {6}
    assert len(lines) == 2 + len(SYSTEMS)


def test_the_report_tells_where_ours_is_not_first(tmp_path: Path) -> None:
    text = report(measured(tmp_path), ON)
    behind = text.partition("## Where ours is not first\n\n")[2].partition("\n\n##")[0].splitlines()
    assert [line.partition(". Why: ")[0] for line in behind] == ["- build, s: 10.0, sentence-transformers + FAISS 5.0"]
    assert short_table(measured(tmp_path), ON) in text
    assert "Rounds: 3, systems in turn, on 2026-01-02." in text


def test_what_was_measured_of_another_version_is_forgotten_as_a_whole(tmp_path: Path) -> None:
    kept = measured(tmp_path)
    kept.forget(OURS)
    assert kept.read(OURS) == {"environment": {}, "ndcg": {}, "rounds": {}}
    other = kept.read(SYSTEMS[1])
    assert other["ndcg"] and not other["rounds"], "systems take turns in a round"


def test_every_requirement_of_the_others_is_pinned() -> None:
    for file in [PROGRAMS / "base.txt", *(system.requirements for system in SYSTEMS)]:
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        assert lines
        assert [line for line in lines if "==" not in line] == []
