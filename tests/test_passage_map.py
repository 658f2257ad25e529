"""Every passage is a point with its own words, and a question stands among what it found."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from healthsearch.build import build
from healthsearch.passage_map import Point, asked, labels, points
from healthsearch.search import Searcher
from tests.fakes import KEYWORDS, KeywordModel
from tests.folders import put


def searcher(home: Path) -> Searcher:
    for place, word in enumerate(KEYWORDS):
        others = [other for other in KEYWORDS if other != word]
        texts = [f"{word} " * 9 + other for other in others[:5]]
        put(home / "corpus", f"{'inner/' if place % 2 else ''}{word}.md", *texts, title=f"All about {word}")
    build(home / "corpus", home / "index", KeywordModel())
    return Searcher.open(home / "index", KeywordModel().load())


def test_points_tell_their_passage_and_stand_with_their_article(tmp_path: Path) -> None:
    found = points(searcher(tmp_path).generation)
    assert len(found) == 5 * len(KEYWORDS)
    assert {point.folder for point in found} == {"", "inner"}
    first = next(point for point in found if point.article == "All about massage")
    assert first.headings == ("Part 1",) and first.beginning.startswith("massage massage")
    places = np.array([(point.across, point.down) for point in found])
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    own = [found[near].article == point.article for near, point in zip(apart.argmin(axis=1), found, strict=True)]
    assert sum(own) > 0.9 * len(own)


def test_a_question_stands_nearest_to_what_it_found(tmp_path: Path) -> None:
    search = searcher(tmp_path)
    answer = search.search("vaccine")
    drawn = asked(search, answer)
    assert drawn is not None
    found = points(search.generation)
    places = {(point.across, point.down, point.beginning) for point in found}
    assert {(hit.across, hit.down, hit.beginning) for hit in drawn.hits} <= places
    nearest = min(found, key=lambda p: (p.across - drawn.question[0]) ** 2 + (p.down - drawn.question[1]) ** 2)
    assert nearest.article == "All about vaccine"
    put(tmp_path / "corpus", "new.md", "rest")
    build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
    assert asked(Searcher.open(tmp_path / "index", KeywordModel().load()), answer) is None


def test_a_question_that_was_searched_as_typed_stands_where_it_was_searched(tmp_path: Path) -> None:
    search = searcher(tmp_path)
    mended, typed = (asked(search, search.search("vaccinne pain", as_typed=as_typed)) for as_typed in (False, True))
    both, one = (asked(search, search.search(question)) for question in ("vaccine pain", "pain"))
    assert mended and typed and both and one
    assert mended.question == both.question != one.question == typed.question


def test_labels_do_not_touch_and_long_ones_are_cut() -> None:
    here = [Point(0.5, 0.5, "A" * 60, "", (), "")] * 2
    near, far = Point(0.52, 0.51, "B", "", (), ""), Point(0.1, 0.9, "C", "", (), "")
    found = list(labels([near, *here, far]))
    assert [(label.title, label.narrow) for label in found] == [("A" * 25 + "…", True), ("C", True)]


def test_what_has_room_on_a_wide_screen_only_says_so() -> None:
    one, other = Point(0.3, 0.5, "A" * 20, "", (), ""), Point(0.6, 0.5, "B" * 20, "", (), "")
    assert [label.narrow for label in labels([one, one, other])] == [True, False]
