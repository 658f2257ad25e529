"""A filter answers as if only the articles that it lets through were there."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthsearch.build import build
from healthsearch.filters import FIELDS, Condition, Equals, Facets, Field, Filter, In, Range, filter_json
from healthsearch.fusion import fuse, measure
from healthsearch.search import PASSAGES_PER_ARTICLE, Searcher
from healthsearch.words import words
from tests.fakes import KEYWORDS, KeywordModel
from tests.folders import put

PUBLISHERS = ("A library", "a library", "Ärzte", "")
LANGUAGES = ("en", "de")
FOLDERS = ("", "back", "back/disc")
DATES = ("2019", "2021-05", "2021-05-17", "2026-11-01", "last spring")

_values = {
    "publisher": st.sampled_from(PUBLISHERS),
    "language": st.sampled_from(LANGUAGES),
    "folder": st.sampled_from(FOLDERS),
    "published": st.sampled_from(DATES),
    "reviewed": st.sampled_from(DATES),
}
_days = st.none() | st.sampled_from(["2019", "2020-01-01", "2021-05", "2021-05-17", "2026"])


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    field: Field = draw(st.sampled_from(FIELDS))
    if draw(st.booleans()) and field in ("published", "reviewed"):
        return Range(field, draw(_days), draw(_days))
    if draw(st.booleans()):
        return Equals(field, draw(_values[field]))
    return In(field, tuple(draw(st.lists(_values[field], max_size=3))))


FILTERS = st.lists(conditions(), max_size=3).map(tuple)
# Of stop words alone, too.
QUESTIONS = st.lists(st.sampled_from([*KEYWORDS, "liver", "the"]), min_size=1, max_size=3).map(" ".join)


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    """Forty articles with every mixture of values, and some without any."""
    home = tmp_path_factory.mktemp("filters")
    choose = np.random.default_rng(3).choice
    for number in range(40):
        details = {
            "publisher": str(choose(PUBLISHERS)),
            "language": str(choose((*LANGUAGES, ""))),
            "published": str(choose((*DATES, ""))),
            "reviewed": str(choose((*DATES, ""))),
        }
        texts = [" ".join(choose(KEYWORDS, 4)) + "." for _ in range(choose(3) + 1)]
        put(home / "corpus", f"{choose(FOLDERS)}/article-{number}.md".lstrip("/"), *texts, **details)
    model = KeywordModel()
    build(home / "corpus", home / "index", model)
    return Searcher.open(home / "index", model.load())


def lets_through(values: dict[str, str | None], where: Filter) -> bool:
    """The filter by its definition, one article and one condition at a time."""
    for condition in where:
        value = values[condition.field]
        if isinstance(condition, Equals) and value != condition.value:
            return False
        if isinstance(condition, In) and value not in condition.values:
            return False
        if isinstance(condition, Range):
            parts = (value or "").split("-")
            if not parts[0].isdecimal():
                return False
            day = "-".join([*parts, "01", "01"][:3])
            least, most = (
                "-".join([*(end or "").split("-"), "01", "01"][:3]) for end in (condition.least, condition.most)
            )
            if (condition.least and day < least) or (condition.most and day > most):
                return False
    return True


def by_brute_force(searcher: Searcher, question: str, where: Filter, k: int) -> list[tuple[str, int]]:
    """Every passage that is let through is measured; the best are taken, with the cap on an article."""
    generation, query = searcher.generation, searcher.encoder.encode_query([question])[0]
    allowed = set()
    for article in generation.article_store.articles():
        values = {name: getattr(article, name) for name in FIELDS if name != "folder"}
        if lets_through(values | {"folder": article.path.rpartition("/")[0]}, where):
            allowed.add(article.id)
    ids = np.array(generation.article_store.ids(), dtype=object)[generation.article_rows]
    rows = np.array([row for row, identity in enumerate(ids) if identity in allowed], dtype=np.int64)
    scores = fuse(measure(generation, rows, query, words(question)))
    taken: dict[str, int] = {}
    found = []
    for place in np.argsort(-scores, kind="stable"):
        passage = generation.article_store.passage(int(rows[place])).passage
        taken[passage.article_id] = taken.get(passage.article_id, 0) + 1
        if taken[passage.article_id] <= PASSAGES_PER_ARTICLE:
            found.append((passage.article_id, passage.start))
    return found[:k]


@settings(max_examples=10 * settings.default.max_examples)
@given(where=FILTERS, question=QUESTIONS, k=st.integers(1, 100))
def test_a_filter_ranks_as_if_only_what_it_lets_through_were_there(
    searcher: Searcher, where: Filter, question: str, k: int
) -> None:
    answer = searcher.search(question, k, as_typed=True, where=where)
    assert [(article.id, hit.passage.start) for hit, article in answer.hits] == by_brute_force(
        searcher, question, where, k
    )
    assert [hit.rank for hit, _ in answer.hits] == list(range(1, len(answer.hits) + 1))
    assert answer.where == where


def test_what_nothing_passes_is_an_answer_without_hits(searcher: Searcher) -> None:
    answer = searcher.search("massage", where=(Equals("publisher", "nobody"),))
    assert (answer.verdict, answer.confidence, answer.hits, answer.searched) == ("nothing", 0.0, [], 0)


def test_why_a_passage_was_found_counts_what_was_searched(searcher: Searcher) -> None:
    where = (Equals("folder", "back"),)
    answer = searcher.search("massage", where=where)
    assert 0 < answer.searched < searcher.search("massage").searched
    assert {hit.reasons.searched for hit, _ in answer.hits} == {answer.searched}
    assert answer.hits[0][0].reasons.by_words is not None


def test_counts_are_of_articles_the_most_common_first() -> None:
    facets = Facets([("B", "en", "", None, None), ("A", "en", "x", None, "2024"), ("C", None, "", None, "2024")])
    assert list(facets.counts("language").items()) == [("en", 2)]
    assert list(facets.counts("publisher").items()) == [("A", 1), ("B", 1), ("C", 1)]
    assert list(facets.counts("folder").items()) == [("", 2), ("x", 1)]
    assert len(Facets([])) == 0 and Facets([]).allowed(()).tolist() == []


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        (Equals("title", "A"), "no field to filter by"),
        (Range("publisher", "2024", None), "has no range"),
        (Range("reviewed", "last year", None), "no ISO date"),
    ],
)
def test_a_condition_that_is_none_is_a_programmer_s_mistake(
    searcher: Searcher, condition: Condition, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        searcher.search("massage", where=(condition,))


def test_an_answer_tells_its_filter_as_json(searcher: Searcher) -> None:
    where = (Equals("language", "en"), In("publisher", ("A library",)), Range("reviewed", "2019", None))
    told = json.loads(json.dumps(searcher.search("massage", where=where).as_json()))["where"]
    assert told == filter_json(where)
    assert told == [
        {"field": "language", "equals": "en"},
        {"field": "publisher", "in": ["A library"]},
        {"field": "reviewed", "from": "2019", "to": None},
    ]


def test_the_facets_are_what_the_articles_say_of_themselves(tmp_path: Path) -> None:
    put(tmp_path / "corpus", "a/b.md", "massage", publisher="P", language="de", reviewed="2026-01-02")
    build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
    facets = Searcher.open(tmp_path / "index", KeywordModel().load()).generation.facets
    assert {field: facets.counts(field) for field in FIELDS} == {
        "publisher": {"P": 1},
        "language": {"de": 1},
        "folder": {"a": 1},
        "published": {},
        "reviewed": {"2026-01-02": 1},
    }
    day = date(2026, 1, 2).isoformat()
    assert facets.allowed((Range("reviewed", day, day),)).tolist() == [True]
