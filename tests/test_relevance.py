"""Our own judged questions: every answer stands in its article, and the BEIR files follow from them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from healthsearch.evaluation import read_qrels, read_queries
from tests.relevance.make_beir import HERE, corpus_jsonl, documents_of, qrels_tsv

KINDS = {"plain", "typo", "no_medical_words", "half", "foreign", "worried", "term"}


def asked(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


QUERIES = asked("queries.jsonl")


def test_every_answer_stands_word_for_word_in_its_article() -> None:
    assert all(query["metadata"]["answers"] for query in QUERIES)
    answers = [(query["_id"], answer) for query in QUERIES for answer in query["metadata"]["answers"]]
    assert [
        (query, answer)
        for query, answer in answers
        if answer["quote"] not in documents_of(answer["article"])[0][1].text
    ] == []


def test_there_are_enough_questions_of_every_kind_and_none_twice() -> None:
    assert len(QUERIES) >= 150
    kinds = Counter(query["metadata"]["kind"] for query in QUERIES)
    assert kinds.keys() == KINDS
    assert min(kinds.values()) >= 20
    everything = QUERIES + asked("unanswerable.jsonl")
    assert max(Counter(query["_id"] for query in everything).values()) == 1
    assert max(Counter(query["text"].casefold() for query in everything).values()) == 1


def test_the_beir_files_are_what_the_articles_and_questions_give() -> None:
    assert (HERE / "corpus.jsonl").read_text(encoding="utf-8") == corpus_jsonl()
    assert (HERE / "qrels" / "test.tsv").read_text(encoding="utf-8") == qrels_tsv()


def test_every_question_is_judged() -> None:
    assert read_qrels(HERE, "test").keys() == read_queries(HERE).keys()
