"""What is written in rows of Milvus comes back as it was, fits what a server takes, and is no part of an expression."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.embedded import Embedded
from healthsearch.errors import HealthSearchError
from healthsearch.filters import Equals, In, Range
from healthsearch.milvus_rows import (
    LONGEST,
    article_and_passages,
    expression,
    facts,
    facts_rows,
    number_of,
    record,
    row_of,
    rows_of,
    whole,
    written,
)
from healthsearch.milvus_rows import article_record as article_record_of
from healthsearch.passages import split
from healthsearch.records import article_record, digest_of, passage_words, records_of
from healthsearch.storage import GenerationFacts, StoredCopy, WholeArticle
from healthsearch.words import words
from tests.fakes import KeywordEncoder, an_article

ENCODER = KeywordEncoder()
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200).filter(lambda text: text.strip() != "")


def made(*blocks: str, title: str = "A title", **fields: str) -> WholeArticle:
    article = an_article(*blocks, title=title, **fields)
    passages = split(article, ENCODER)
    vectors = np.stack([ENCODER.vector(passage.text) for passage in passages])
    count = sum(len(passage.sentences) for passage in passages)
    sentences = np.arange(count * ENCODER.dimension, dtype=np.int64).reshape(count, -1).astype(np.int8)
    keys = [f"key {number}" for number in range(len(passages))]
    return WholeArticle(
        article, "a.md", "d", passages, keys, vectors, sentences, (StoredCopy("b", "b.md", "b.md", "e"),)
    )


@given(blocks=st.lists(TEXTS, min_size=1, max_size=3), title=TEXTS)
def test_everything_comes_back(blocks: list[str], title: str) -> None:
    given_one = made(*blocks, title=title)
    row, passages = rows_of(given_one, 7, "digest")
    found = whole(row, passages)
    assert digest_of(found) == digest_of(given_one)
    assert np.array_equal(found.vectors, given_one.vectors) and np.array_equal(found.sentences, given_one.sentences)
    assert article_and_passages(row) == (given_one.article, list(given_one.passages))
    of_article = article_record_of(row)
    for put_in, one in zip(records_of(given_one, row_of(7, 0)), passages, strict=True):
        back = record(one, of_article)
        assert (back.row, back.position, back.words) == (put_in.row, put_in.position, put_in.words)
        assert back.article.words.split() == put_in.article.words.split()
        assert back.article.length == put_in.article.length


@given(text=st.text(max_size=100))
def test_an_index_word_is_written_in_letters_and_digits_that_name_no_other(text: str) -> None:
    told = {word: written(word) for word in {*words(text), text.strip() or "a", "zz61", "a", "zz"}}
    assert all(re.fullmatch(r"[a-z0-9]+", one) for one in told.values())
    assert len(set(told.values())) == len(told)


def longest(rows: list[dict[str, Any]]) -> int:
    """The longest text in some rows, in bytes."""
    values = [value for row in rows for value in row.values()]
    texts = [value for value in values if isinstance(value, str)]
    texts += [text for value in values if isinstance(value, list) for text in value]
    return max(len(text.encode()) for text in texts)


@pytest.mark.parametrize("text", ["x" * 200_000, "頭痛" * 40_000, " ".join(map(str, range(4_000))), "No. " * 500])
def test_no_value_is_longer_than_a_server_takes(text: str) -> None:
    given_one = made(text, title=text[:100_000].strip(), publisher=text, url=text)
    row, passages = rows_of(given_one, 0, "digest")
    assert longest([row, *passages]) <= LONGEST
    assert max(len(value) for one in (row, *passages) for value in one.values() if isinstance(value, list)) <= 4_096
    assert digest_of(whole(row, passages)) == digest_of(given_one)


def test_an_article_that_no_server_can_hold_is_named() -> None:
    with pytest.raises(HealthSearchError, match=r"a\.md"):
        rows_of(made("massage", id="i" * 70_000), 0, "digest")


def test_a_row_tells_the_number_of_its_article() -> None:
    assert [number_of(row_of(number, place)) for number, place in ((0, 0), (3, 2**20 - 1), (2**40, 5))] == [0, 3, 2**40]
    assert row_of(3, 1) == row_of(3, 0) + 1 and row_of(3, 2**20 - 1) < row_of(4, 0)


@given(value=st.text(), more=st.lists(st.text(), min_size=1, max_size=3))
def test_no_text_is_part_of_an_expression(value: str, more: list[str]) -> None:
    where = (Equals("publisher", value), In("folder", tuple(more)), Range("reviewed", "2020-05", None))
    told = expression(where)
    hexadecimal = r'"[0-9a-f]{32}"'
    shape = rf"publisher == {hexadecimal} and folder in \[{hexadecimal}(, {hexadecimal})*\] and reviewed_day >= \d+ and"
    assert told is not None and re.match(shape, told)


def test_a_filter_that_nothing_can_pass_is_no_expression() -> None:
    assert expression(()) == ""
    assert expression((Equals("language", "en"), In("folder", ()))) is None
    with pytest.raises(ValueError, match="no field"):
        expression((Equals("title", "x"),))


def test_facts_of_any_size_come_back_in_rows_of_a_bounded_one(few_index: Path) -> None:
    from healthsearch.in_use import open_generation

    known: GenerationFacts = Embedded(open_generation(few_index)[0]).facts
    random = np.random.default_rng(1)
    large = replace(known, spellings={random.bytes(8).hex(): int(n) for n in random.integers(1, 9, 200_000)})
    rows = facts_rows(large, "2026-01-01", 9)
    assert len(rows) > 1 and all(row["number"] < 0 for row in rows)
    assert max(len(json.dumps(row["body"])) for row in rows) < 1_100_000
    assert facts(reversed(rows)) == (large, "2026-01-01")


def test_words_are_counted_as_the_index_of_articles_counts_them() -> None:
    one = made("# Massage", "massage and rest. massage", title="Massage for rest")
    found = article_record(one, [passage_words(one.article, passage) for passage in one.passages])
    # Twice in the text and twice for the title.
    assert (found.count("massag"), found.count("rest"), found.count("res"), found.length) == (4, 3, 0, 7)
