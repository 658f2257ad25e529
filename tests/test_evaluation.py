"""The measures against ir_measures, and a small BEIR folder from its files to its figures."""

from __future__ import annotations

import errno
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import RR, R, Success, nDCG

from healthsearch import evaluation
from healthsearch.arrays import Scores
from healthsearch.errors import HealthSearchError
from healthsearch.evaluation import (
    Figures,
    Qrels,
    evaluate,
    index_documents,
    measure,
    ndcg,
    read_documents,
    read_qrels,
    read_queries,
    recall,
    reciprocal_rank,
    write_run,
)
from healthsearch.index_folder import ENCODERS
from healthsearch.reranker import Reranker
from healthsearch.search import Searcher
from tests.fakes import KeywordEncoder, KeywordModel
from tests.ready_model import ReadyModel

MEASURES = {
    "ndcg_10": nDCG @ 10,
    "recall_10": R @ 10,
    "recall_100": R @ 100,
    "mrr_10": RR @ 10,
    "success_1": Success @ 1,
}
DOCUMENTS = [f"d{number}" for number in range(120)]
RANKINGS = st.lists(st.sampled_from(DOCUMENTS), unique=True, max_size=110)
# Most judged documents are among the first few, so that they are often found.
JUDGED = st.dictionaries(st.sampled_from(DOCUMENTS[:15]) | st.sampled_from(DOCUMENTS), st.integers(0, 3), min_size=1)
QUERIES = st.sampled_from(["q1", "q2", "q3", "q4", "q5"])


def by_ir_measures(run: dict[str, list[str]], qrels: Qrels) -> dict[str, float]:
    scored = {query: {doc: float(-rank) for rank, doc in enumerate(docs)} for query, docs in run.items()}
    found = ir_measures.calc_aggregate(MEASURES.values(), qrels, scored)
    return {name: found[one] for name, one in MEASURES.items()}


def figures_of(run: dict[str, list[str]], qrels: Qrels) -> dict[str, float]:
    figures = measure(run, qrels, [1.0])
    return {name: getattr(figures, name) for name in MEASURES}


@settings(max_examples=10 * settings.default.max_examples)
@given(st.dictionaries(QUERIES, JUDGED, min_size=1), st.dictionaries(QUERIES, RANKINGS))
def test_every_figure_is_that_of_ir_measures(qrels: Qrels, run: dict[str, list[str]]) -> None:
    # ir_measures averages over the judged queries too, and a query without a ranking counts 0 there.
    everywhere = {query: run.get(query) or ["not judged"] for query in qrels}
    assert figures_of(run, qrels) == pytest.approx(by_ir_measures(everywhere, qrels))


class TestMeasures:
    def test_a_relevant_document_that_was_missed_costs(self) -> None:
        judged = {"a": 3, "b": 1, "missed": 2}
        ideal = 3 + 2 / math.log2(3) + 1 / 2
        assert ndcg(["a", "x", "b"], judged, 10) == pytest.approx((3 + 1 / 2) / ideal)
        assert recall(["a", "x", "b"], judged, 10) == pytest.approx(2 / 3)
        assert ndcg(["a", "missed", "b"], judged, 10) == pytest.approx(1)

    def test_only_the_first_k_count(self) -> None:
        ranking = ["x"] * 10 + ["a"]
        assert (ndcg(ranking, {"a": 1}, 10), recall(ranking, {"a": 1}, 10)) == (0, 0)
        assert reciprocal_rank(ranking, {"a": 1}, 10) == 0
        assert reciprocal_rank(ranking, {"a": 1}, 11) == pytest.approx(1 / 11)
        assert recall(ranking, {"a": 1}, 11) == 1

    @pytest.mark.parametrize("rank", [1, 2, 10, 11, 100, 101])
    def test_each_figure_looks_as_far_down_as_its_name_says(self, rank: int) -> None:
        ranking = [f"other {number}" for number in range(1, rank)] + ["relevant"]
        figures = measure({"q": ranking}, {"q": {"relevant": 1}}, [1.0])
        among_10, among_100 = rank <= 10, rank <= 100
        assert figures.as_json() == {
            "queries": 1,
            "nDCG@10": pytest.approx(among_10 / math.log2(rank + 1)),
            "recall@10": among_10,
            "recall@100": among_100,
            "MRR@10": pytest.approx(among_10 / rank),
            "success@1": rank == 1,
            "milliseconds": 1.0,
        }

    def test_nothing_relevant_scores_0(self) -> None:
        for judged in ({}, {"a": 0}, {"a": -1}):
            assert (ndcg(["a"], judged, 10), recall(["a"], judged, 10), reciprocal_rank(["a"], judged, 10)) == (0, 0, 0)

    def test_a_grade_below_0_is_not_relevant_and_takes_nothing_away(self) -> None:
        assert ndcg(["bad", "a"], {"a": 1, "bad": -2}, 10) == pytest.approx(1 / math.log2(3))

    def test_a_judged_query_that_found_nothing_counts_0(self) -> None:
        qrels = {"found": {"a": 1}, "empty": {"a": 1}, "absent": {"a": 1}}
        figures = measure({"found": ["a"], "empty": []}, qrels, [5.0, 1.0, 2.0])
        third = pytest.approx(1 / 3)
        assert figures == Figures(3, third, third, third, third, third, milliseconds=2.0)

    def test_a_query_without_judgements_does_not_count(self) -> None:
        assert measure({"q": ["a"], "other": ["z"]}, {"q": {"a": 1}}, [1.0]).as_json() == {
            "queries": 1,
            "nDCG@10": 1.0,
            "recall@10": 1.0,
            "recall@100": 1.0,
            "MRR@10": 1.0,
            "success@1": 1.0,
            "milliseconds": 1.0,
        }


CORPUS = [
    {"_id": "massage", "title": "Massage 🙂", "text": "Massage relaxes tight muscles and eases back pain."},
    {"_id": "vaccine 2", "title": "", "text": "A flu vaccine trains the immune system every winter."},
    {"_id": "sleep:3", "title": 'A "good" night', "text": "Insomnia improves with a fixed hour of going to bed."},
    {"_id": "4", "title": "Burns: first aid", "text": "Cool a burn under running water for twenty minutes."},
    {"_id": "title only", "title": "Gout attacks of the big toe", "text": ""},
]
QUESTIONS = {
    "q1": "Does massage ease back pain?",
    "q2": "How does the flu vaccine work?",
    "q3": "What helps against insomnia?",
    "q4": "gout in the big toe",
    "unjudged": "burns",
}
QRELS = """query-id\tcorpus-id\tscore
q1\tmassage\t2
q1\tsleep:3\t1
q2\tvaccine 2\t1
q2\tnot in the corpus\t3
q3\tsleep:3\t1
q3\t4\t0
q4\ttitle only\t1
"""


JUDGEMENT = "a query, a document and a whole number, with tabs between"


def write_lines(file: Path, lines: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "beir"
    (folder / "qrels").mkdir(parents=True)
    write_lines(folder / "corpus.jsonl", CORPUS)
    write_lines(folder / "queries.jsonl", [{"_id": query, "text": text} for query, text in QUESTIONS.items()])
    (folder / "qrels" / "test.tsv").write_text(QRELS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the index of ``CORPUS`` is built once, for all that ask it with the default model."""
    return tmp_path_factory.mktemp("cache")


class TestFolder:
    def test_from_the_files_to_the_figures(
        self, folder: Path, cache: Path, tmp_path: Path, default_model: ReadyModel
    ) -> None:
        run_file = tmp_path / "run.txt"
        figures = evaluate(folder, "test", cache, default_model, run_file)
        assert (figures.queries, figures.success_1, figures.mrr_10) == (4, 1.0, 1.0)
        # Of q2's two relevant documents only the lesser is in the corpus; all others are found.
        assert figures.recall_10 == figures.recall_100 == pytest.approx((1 + 1 / 2 + 1 + 1) / 4)
        assert figures.milliseconds > 0
        lines = [line.split(" Q0 ") for line in run_file.read_text(encoding="utf-8").splitlines()]
        assert [query for query, _ in lines] == [query for query in ("q1", "q2", "q3", "q4") for _ in CORPUS]
        run: dict[str, list[str]] = {}
        for query, rest in lines:
            document, rank, score, name = rest.rsplit(" ", 3)
            run.setdefault(query, []).append(document)
            assert (int(rank), name) == (len(run[query]), "healthsearch")
            assert 0 <= float(score) <= 1
        assert all(set(documents) == {line["_id"] for line in CORPUS} for documents in run.values())
        expected = by_ir_measures(run, read_qrels(folder, "test"))
        assert {name: getattr(figures, name) for name in MEASURES} == pytest.approx(expected)

    def test_the_written_run_gives_the_same_figures_though_copies_score_alike(
        self, folder: Path, tmp_path: Path
    ) -> None:
        # Of equal scores trec_eval takes the last id first, the product the document that came first.
        copies = [{"_id": name, "title": "Rest", "text": "Massage and rest."} for name in ("a", "b", "c")]
        others = [{"_id": "d", "title": "Rest", "text": "Massage, rest and sleep."}]
        write_lines(folder / "corpus.jsonl", copies + others)
        (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\ta\t1\n", encoding="utf-8")
        run_file = tmp_path / "run.txt"
        figures = evaluate(folder, "test", tmp_path / "cache", KeywordModel(), run_file)
        read = ir_measures.calc_aggregate(
            MEASURES.values(), read_qrels(folder, "test"), ir_measures.read_trec_run(str(run_file))
        )
        assert figures.success_1 == 1
        assert {name: getattr(figures, name) for name in MEASURES} == pytest.approx(
            {name: read[one] for name, one in MEASURES.items()}
        )

    def test_documents_become_articles_word_for_word(self, folder: Path, tmp_path: Path) -> None:
        model = KeywordModel()
        searcher = Searcher.open(index_documents(folder, tmp_path / "cache", model), model.load())
        found = {line["_id"]: searcher.article(line["_id"]) for line in CORPUS}
        assert {identity: (article.title, article.text) for identity, article in found.items()} == {
            "massage": ("Massage 🙂", CORPUS[0]["text"]),
            "vaccine 2": ("vaccine 2", CORPUS[1]["text"]),
            "sleep:3": ('A "good" night', CORPUS[2]["text"]),
            "4": ("Burns: first aid", CORPUS[3]["text"]),
            "title only": ("Gout attacks of the big toe", "Gout attacks of the big toe"),
        }

    def test_what_is_no_text_loses_no_document(self, folder: Path, tmp_path: Path) -> None:
        write_lines(
            folder / "corpus.jsonl",
            [
                {"_id": "nul", "title": "Mass\0age", "text": "Massage\0 helps."},
                {"_id": "half", "title": "Half \ud83d", "text": "Rest \udc00 helps. 🙂"},
                {"_id": "empty", "title": " ", "text": "\n"},
            ],
        )
        write_lines(folder / "queries.jsonl", [{"_id": "q1", "text": "massage \ud83d"}])
        (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tnul\t1\n", encoding="utf-8")
        model = KeywordModel()
        assert evaluate(folder, "test", tmp_path / "cache", model).success_1 == 1
        searcher = Searcher.open(index_documents(folder, tmp_path / "cache", model), model.load())
        found = [searcher.article(name) for name in ("nul", "half", "empty")]
        assert [(article.title, article.text) for article in found] == [
            ("Mass\ufffdage", "Massage\ufffd helps."),
            ("Half \ufffd", "Rest \ufffd helps. 🙂"),
            ("empty", "empty"),
        ]

    def test_only_the_first_run_encodes(self, folder: Path, tmp_path: Path) -> None:
        first, second, third = KeywordModel(), KeywordModel(), KeywordModel()
        index = index_documents(folder, tmp_path / "cache", first)
        assert index_documents(folder, tmp_path / "cache", second) == index
        assert (len(first.encoded), second.encoded) == (len(CORPUS), [])
        write_lines(folder / "corpus.jsonl", CORPUS[:3])
        other = index_documents(folder, tmp_path / "cache", third)
        assert other != index
        assert len(Searcher.open(other, third.load()).generation.vectors) == 3

    def test_queries_and_judgements_as_they_are(self, folder: Path) -> None:
        assert read_queries(folder) == QUESTIONS
        assert read_qrels(folder, "test") == {
            "q1": {"massage": 2, "sleep:3": 1},
            "q2": {"vaccine 2": 1, "not in the corpus": 3},
            "q3": {"sleep:3": 1, "4": 0},
            "q4": {"title only": 1},
        }

    def test_a_query_that_the_page_would_refuse_stops_nothing(
        self, folder: Path, cache: Path, default_model: ReadyModel
    ) -> None:
        questions = QUESTIONS | {"q1": "massage eases back pain " * 100, "q4": "?!"}
        write_lines(folder / "queries.jsonl", [{"_id": query, "text": text} for query, text in questions.items()])
        figures = evaluate(folder, "test", cache, default_model)
        # The one that is too long for the encoder is answered, the one without words counts 0.
        assert (figures.queries, figures.success_1) == (4, 0.75)

    def test_another_split_is_named_when_one_is_missing(self, folder: Path) -> None:
        file = folder / "qrels" / "dev.tsv"
        told = f"{file}: there are no judgements for this split. Name one with --split; there: "
        (folder / "qrels" / "a first.tsv").write_text(QRELS, encoding="utf-8")
        (folder / "qrels" / "notes.txt").write_text("no judgements", encoding="utf-8")
        with pytest.raises(HealthSearchError) as caught:
            read_qrels(folder, "dev")
        assert str(caught.value) == f"{told}a first, test."
        for there in folder.glob("qrels/*.tsv"):
            there.unlink()
        with pytest.raises(HealthSearchError) as caught:
            read_qrels(folder, "dev")
        assert str(caught.value) == f"{told}none."

    def test_a_judged_query_that_is_not_there_is_told_before_anything_is_encoded(
        self, folder: Path, tmp_path: Path
    ) -> None:
        write_lines(folder / "queries.jsonl", [{"_id": "q1", "text": "massage"}])
        model = KeywordModel()
        with pytest.raises(HealthSearchError) as caught:
            evaluate(folder, "test", tmp_path / "cache", model)
        assert str(caught.value) == f"{folder}: query 'q2' is judged but not in queries.jsonl. Mend the folder."
        assert model.encoded == []

    @pytest.mark.parametrize(
        ("file", "content", "cause"),
        [
            ("corpus.jsonl", None, os.strerror(errno.ENOENT)),
            ("corpus.jsonl", "not json\n", "line 1 is not JSON"),
            ("corpus.jsonl", '{"_id": "d", "text": "x"}\n\n{"title": "x"}', "line 3 has no '_id' and 'text'"),
            ("corpus.jsonl", '{"_id": "d", "text": 7}\n', "line 1 has no '_id' and 'text'"),
            ("corpus.jsonl", "[]\n", "line 1 has no '_id' and 'text'"),
            (
                "corpus.jsonl",
                '{"_id": "d", "text": "x"}\n{"_id": "d", "text": "y"}',
                "two documents have the '_id' 'd'",
            ),
            (
                "corpus.jsonl",
                '{"_id": "c", "text": "x"}\n{"_id": "\\ud800", "text": "y"}',
                "document '\\ud800' cannot be indexed: the front matter holds half of a surrogate pair",
            ),
            ("queries.jsonl", None, os.strerror(errno.ENOENT)),
            ("queries.jsonl", '{"_id": "q1"}\n', "line 1 has no '_id' and 'text'"),
            ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\n", f"line 2 is not {JUDGEMENT}"),
            ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq\td\t1\nq\td\tyes\n", f"line 3 is not {JUDGEMENT}"),
            ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n", "no query is judged"),
            ("qrels/test.tsv", "", "no query is judged"),
        ],
    )
    def test_an_unusable_file_is_named_with_the_line_and_what_belongs_there(
        self, folder: Path, tmp_path: Path, file: str, content: str | None, cause: str
    ) -> None:
        (folder / file).unlink()
        if content is not None:
            (folder / file).write_text(content, encoding="utf-8")
        with pytest.raises(HealthSearchError) as caught:
            evaluate(folder, "test", tmp_path / "cache", KeywordModel())
        assert (caught.value.place, caught.value.cause, caught.value.remedy) == (
            str(folder / file),
            f"it cannot be used ({cause})",
            "A BEIR folder holds corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv.",
        )

    def test_titles_become_one_line_and_empty_lines_of_a_file_are_nothing(self, folder: Path) -> None:
        lines = [
            '{"_id": "a", "title": "two\\n lines", "text": " as\\nit is "}',
            "",
            '{"_id": "b", "title": null, "text": "x"}',
            '{"_id": "c", "title": 7, "text": "x"}',
            '{"_id": "d", "text": "x"}',
        ]
        (folder / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
        assert list(read_documents(folder)) == [
            ("a", "two lines", " as\nit is "),
            ("b", "", "x"),
            ("c", "7", "x"),
            ("d", "", "x"),
        ]

    def test_the_reranker_decides_what_comes_first(self, folder: Path, tmp_path: Path) -> None:
        class ShortestFirst(Reranker):
            def __init__(self) -> None: ...

            def scores(self, question: str, passages: Sequence[str]) -> Scores:
                return np.array([-len(passage) for passage in passages], np.float32)

        file = tmp_path / "run.txt"
        evaluate(folder, "test", tmp_path / "cache", KeywordModel(), file, ShortestFirst())
        shortest = min(CORPUS, key=lambda line: len(line["title"] or line["_id"]) + len(line["text"] or line["title"]))
        firsts = [line for line in file.read_text(encoding="utf-8").splitlines() if " 1 " in line]
        assert [line.split(" Q0 ")[1].rsplit(" ", 3)[0] for line in firsts] == [shortest["_id"]] * 4

    def test_the_encoder_that_the_build_exported_answers(self, folder: Path, tmp_path: Path) -> None:
        homes = []

        class Exported(KeywordModel):
            def load(self, home: Path | None = None) -> KeywordEncoder:
                homes.append(home)
                return super().load(home)

        evaluate(folder, "test", tmp_path / "cache", Exported())
        index = index_documents(folder, tmp_path / "cache", KeywordModel())
        assert homes == [index / ENCODERS] * 2

    def test_the_time_of_a_query_is_that_of_its_search_in_milliseconds(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index_documents(folder, tmp_path / "cache", KeywordModel())
        moments = iter([10.0, 10.25, 20.0, 20.5, 30.0, 31.0, 40.0, 42.0])
        monkeypatch.setattr(evaluation, "time", SimpleNamespace(perf_counter=lambda: next(moments)))
        figures = evaluate(folder, "test", tmp_path / "cache", KeywordModel())
        assert figures.milliseconds == 750


def test_a_run_file_in_trecs_form(tmp_path: Path) -> None:
    file = tmp_path / "run.txt"
    write_run(
        file, {"q1": [("d1", 0.75), ("d2", 0.5)], "q2": [], "q3": [("d1", 1 / 3), ("d2", 1 / 3), ("d3", 0.3333329)]}
    )
    assert file.read_text(encoding="utf-8") == (
        "q1 Q0 d1 1 0.750000 healthsearch\nq1 Q0 d2 2 0.500000 healthsearch\nq3 Q0 d1 1 0.333333 healthsearch\n"
        "q3 Q0 d2 2 0.333332 healthsearch\nq3 Q0 d3 3 0.333331 healthsearch\n"
    )
    assert [tuple(line) for line in ir_measures.read_trec_run(str(file))] == [
        ("q1", "d1", 0.75),
        ("q1", "d2", 0.5),
        ("q3", "d1", 0.333333),
        ("q3", "d2", 0.333332),
        ("q3", "d3", 0.333331),
    ]
