"""Reranking by a real cross-encoder, made here: its order is the network's own, and everything else stays."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from healthsearch.__main__ import main
from healthsearch.build import build
from healthsearch.errors import HealthSearchError
from healthsearch.evaluation import evaluate
from healthsearch.reranker import DEPTH, Reranker, reranked
from healthsearch.search import Searcher
from tests.fakes import KeywordModel
from tests.folders import put
from tests.ready_model import ReadyModel
from tests.tiny_model import save_tiny_cross_encoder

TEXTS = ["massage", "rest", "pain . walk", "walk walk walk " * 20, ""]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_cross_encoder(tmp_path_factory.mktemp("cross"))


@pytest.fixture(scope="module")
def reranker(folder: Path) -> Reranker:
    return Reranker(str(folder))


@pytest.fixture
def index(tmp_path: Path) -> Path:
    for number, text in enumerate(["massage rest", "rest", "massage pain", "walk", "massage walk", "pain"]):
        put(tmp_path / "corpus", f"{number}.md", text)
    build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
    return tmp_path / "index"


def test_scores_are_the_network_s_own(folder: Path, reranker: Reranker) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    for text, score in zip(TEXTS, reranker.scores("massage pain", TEXTS), strict=True):
        pair = tokenizer("massage pain", text, return_tensors="pt", truncation="only_second")
        with torch.no_grad():
            logit = float(network(**pair).logits[0, 0])
        # One score a pair comes out as a probability.
        assert score == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-5)


def test_scores_are_from_0_to_1_whatever_scale_the_model_names(
    folder: Path, reranker: Reranker, tmp_path: Path
) -> None:
    plain = shutil.copytree(folder, tmp_path / "plain")
    config = json.loads((plain / "config.json").read_text(encoding="utf-8"))
    config["sentence_transformers"] = {"activation_fn": "torch.nn.modules.linear.Identity"}
    (plain / "config.json").write_text(json.dumps(config), encoding="utf-8")
    found = Reranker(str(plain)).scores("massage pain", TEXTS)
    np.testing.assert_allclose(found, reranker.scores("massage pain", TEXTS), atol=1e-6)


SCORES = st.floats(-1, 1, width=32)


@given(st.lists(st.floats(0, 1, width=32), max_size=5), st.lists(SCORES, max_size=5))
def test_scores_never_rise_and_no_passage_is_lost(best: list[float], rest: list[float]) -> None:
    tail = sorted(rest, reverse=True)
    scores = np.array([2.0] * len(best) + tail, np.float32)
    rows, found = reranked(np.arange(len(scores)), scores, np.array(best, np.float32))
    assert sorted(rows) == list(range(len(scores)))
    assert list(rows[len(best) :]) == list(range(len(best), len(scores)))
    assert list(rows[: len(best)]) == list(np.argsort(-np.array(best, np.float32), kind="stable"))
    assert list(found[: len(best)]) == sorted(np.array(best, np.float32), reverse=True)
    assert all(found[:-1] >= found[1:]) and all(found <= 1)
    if best and tail and tail[0] > min(best) > 0:
        # The rest keep their shares of each other.
        np.testing.assert_allclose(found[len(best) :] * tail[0], np.array(tail) * min(best), rtol=1e-4, atol=1e-30)


def test_nothing_to_rerank(reranker: Reranker) -> None:
    assert reranker.scores("massage", []).shape == (0,)


def test_the_best_passages_come_in_the_reranker_s_order(index: Path, reranker: Reranker) -> None:
    encoder = KeywordModel().load()
    plain = Searcher.open(index, encoder).search("massage pain", k=6)
    found = Searcher.open(index, encoder, reranker).search("massage pain", k=6)
    texts = [hit.passage.encoded_text for hit, _ in plain.hits]
    expected = [texts[place] for place in np.argsort(-reranker.scores("massage pain", texts), kind="stable")]
    assert [hit.passage.encoded_text for hit, _ in found.hits] == expected
    assert expected != texts
    scores = np.sort(reranker.scores("massage pain", texts))[::-1]
    assert [hit.score for hit, _ in found.hits] == pytest.approx(scores.tolist())
    assert (found.verdict, found.confidence) == (plain.verdict, plain.confidence)


def test_scores_go_on_falling_after_the_reranked(tmp_path: Path, reranker: Reranker) -> None:
    for number in range(DEPTH + 5):
        put(tmp_path / "corpus", f"{number}.md", f"massage {'walk ' * number}")
    build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
    hits = Searcher.open(tmp_path / "index", KeywordModel().load(), reranker).search("massage", k=100).hits
    scores = [hit.score for hit, _ in hits]
    assert len(scores) == DEPTH + 5
    assert scores == sorted(scores, reverse=True) and 0 < scores[-1] <= scores[0] < 1


def test_the_commands_take_one(
    ready_tiny_model: ReadyModel, tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture
) -> None:
    put(tmp_path / "corpus", "a.md", "massage rest", "pain walk")
    build(tmp_path / "corpus", tmp_path / "index", ready_tiny_model)
    main(["search", "massage", "--index", str(tmp_path / "index"), "--json", "--reranker", str(folder)])
    assert len(json.loads(capsys.readouterr().out)["hits"]) == 2


def test_measuring_with_one(tmp_path: Path, reranker: Reranker) -> None:
    (tmp_path / "qrels").mkdir()
    documents = [{"_id": str(number), "text": text} for number, text in enumerate(("massage rest", "massage", "rest"))]
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps(line) + "\n" for line in documents))
    (tmp_path / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "massage"}) + "\n")
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\t0\t1\n")
    run = tmp_path / "run.txt"
    figures = evaluate(tmp_path, "test", tmp_path / "cache", KeywordModel(), run, reranker)
    assert figures.recall_10 == 1
    scores = [float(line.split()[4]) for line in run.read_text().splitlines()]
    assert scores == sorted(scores, reverse=True)


def test_a_folder_that_is_none_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(HealthSearchError, match="the folder holds no model"):
        Reranker(str(tmp_path))


def test_a_name_that_is_not_here_is_told_so() -> None:
    with pytest.raises(HealthSearchError, match="there is no such model folder"):
        Reranker("nobody/nothing")


def test_one_that_classifies_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(HealthSearchError, match="gives 3 scores a pair, where one is needed"):
        Reranker(str(save_tiny_cross_encoder(tmp_path, labels=3)))
