"""Search by words, against a BM25 written out from its formula; and what counts as a word."""

from __future__ import annotations

import itertools
import math
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.postings import Block, write_postings
from healthsearch.words import K1, NAME_WEIGHT, B, Words, has_words, highest, words
from tests.folders import snapshot
from tests.texts import ANYTHING, TEXTS

VOCABULARY = ["massage", "disc", "rest", "pain", "café", "2.5", "10", "mg", "今日", "walking", "the", "🙂"]
PROSE = st.lists(st.sampled_from(VOCABULARY), max_size=12).map(" ".join)
PASSAGES = st.lists(st.tuples(PROSE, PROSE), min_size=1, max_size=8)


def bm25(passages: Sequence[tuple[str, str]], question: str) -> list[float]:
    """Lucene's BM25 for each passage, as a share of the sum of the question's word weights."""
    documents = [Counter(words(names) * NAME_WEIGHT + words(text)) for names, text in passages]
    mean = sum(document.total() for document in documents) / len(documents)
    weights = {}
    for term in words(question):
        holding = sum(term in document for document in documents)
        weights[term] = math.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
    best = sum(weights[term] for term in words(question))
    scores = []
    for document in documents:
        score = 0.0
        for term in words(question):
            if count := document[term]:
                score += weights[term] * count / (count + K1 * (1 - B + B * document.total() / mean))
        scores.append(score / best if best else 0.0)
    return scores


def write(folder: Path, passages: Iterable[tuple[str, str]], block: int = 3) -> tuple[dict[str, int], int]:
    """Write the index of passages given as (names, text), a few at a time; returns its vocabulary and their count."""
    documents = [words(names) * NAME_WEIGHT + words(text) for names, text in passages]
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(itertools.chain.from_iterable(documents)))}

    def blocks() -> Iterator[Block]:
        for first in range(0, len(documents), block):
            found = [
                (row, vocabulary[word]) for row in range(len(documents))[first:][:block] for word in documents[row]
            ]
            rows, numbers = np.array(found, np.int64).reshape(-1, 2).T
            yield rows, numbers

    write_postings(folder, blocks, len(documents), len(vocabulary))
    return vocabulary, len(documents)


def index_of(passages: Iterable[tuple[str, str]]) -> Words:
    """The index of passages given as (names, text)."""
    with tempfile.TemporaryDirectory() as folder:
        return Words(Path(folder, "words"), *write(Path(folder, "words"), passages))


def index(*texts: str) -> Words:
    return index_of([("", text) for text in texts])


def scores(made: Words, question: str) -> np.ndarray:
    return made.scores(words(question))


def found(question: str, *texts: str) -> list[int]:
    """The rows of the texts that share a word with the question."""
    return np.flatnonzero(scores(index(*texts), question)).tolist()


@given(PASSAGES, PROSE)
def test_scores_are_bm25_as_a_share_of_the_best_possible(passages: list[tuple[str, str]], question: str) -> None:
    found = scores(index_of(passages), question)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, bm25(passages, question), atol=1e-6)


@given(PASSAGES, TEXTS)
def test_any_question_scores_every_passage_between_0_and_1(passages: list[tuple[str, str]], question: str) -> None:
    found = scores(index_of(passages), question)
    assert found.shape == (len(passages),)
    assert ((found >= 0) & (found < 1)).all()


@given(st.lists(st.tuples(ANYTHING, ANYTHING), min_size=1, max_size=5), ANYTHING)
def test_a_score_is_above_0_just_where_a_word_is_shared(passages: list[tuple[str, str]], question: str) -> None:
    asked = set(words(question))
    shared = [bool(asked & {*words(names), *words(text)}) for names, text in passages]
    assert (scores(index_of(passages), question) > 0).tolist() == shared


def test_the_rarer_word_tells_more() -> None:
    found = scores(index("pain massage", "pain disc", "pain rest"), "pain massage")
    assert np.argmax(found) == 0
    assert found[1] == found[2]
    weights = index("pain massage", "pain disc", "pain rest").weights(["pain", "massag", "unheard"])
    assert list(weights) == ["pain", "massag", "unheard"]
    assert weights["pain"] < weights["massag"] < weights["unheard"]


@given(PASSAGES)
def test_weights_are_inverse_document_frequencies(passages: list[tuple[str, str]]) -> None:
    terms = words(" ".join(VOCABULARY))
    count = len(passages)
    holding = {term: sum(term in words(" ".join(passage)) for passage in passages) for term in terms}
    expected = {term: math.log(1 + (count - held + 0.5) / (held + 0.5)) for term, held in holding.items()}
    assert index_of(passages).weights(terms + terms) == pytest.approx(expected)


@given(PASSAGES, st.sets(st.sampled_from(VOCABULARY)), st.integers(1, 4))
def test_the_documents_that_have_some_of_the_words(
    passages: list[tuple[str, str]], asked: set[str], least: int
) -> None:
    terms = set(words(" ".join(asked)))
    expected = [row for row, one in enumerate(passages) if len(terms & set(words(" ".join(one)))) >= least]
    assert index_of(passages).holding(terms, least).tolist() == expected


def test_names_count_more_than_text() -> None:
    found = scores(index_of([("massage", "of the back"), ("back", "massage of it")]), "massage")
    assert found[0] > found[1] > 0


def test_a_question_without_known_words_scores_0() -> None:
    assert scores(index("massage", "rest"), "vaccine").tolist() == [0, 0]
    assert scores(index("massage", "rest"), "the of 🙂 ?").tolist() == [0, 0]
    assert scores(index("massage", "rest"), "").tolist() == [0, 0]


@pytest.mark.parametrize("texts", [["🙂", "massage"], ["🙂", "the"], [""]])
def test_passages_without_words_are_never_found(texts: list[str]) -> None:
    assert scores(index(*texts), "🙂 the vaccine")[0] == 0
    assert len(index(*texts)) == len(texts)


@pytest.mark.parametrize(
    "question",
    [
        'massage AND "disc"',
        "massage OR disc*",
        "(massage) disc^2",
        "+massage +disc~1",
        "massage:disc",
        "{massage TO disc]",
        "massage && disc || !",
        "massage\\ disc",
        "<b>massage</b disc",
        "massage; DROP TABLE disc",
        "massage % disc _",
        '"massage disc',
        "MASSAGE\u2028DISC",
        "ｍａｓｓａｇｅ disc",
    ],
)
def test_no_operator_of_any_query_language_exists(question: str) -> None:
    texts = ["massage a slipped disc", "massage only", "a disc only", "nothing of it"]
    assert found(question, *texts) == [0, 1, 2]


@given(st.lists(st.sampled_from(["massage", "disc", "rest"]), min_size=1), st.data())
def test_signs_between_words_change_no_score(asked: list[str], data: st.DataObject) -> None:
    signs = st.text("\"'()[]{}<>*?!+~^:;,|&%$#@=/\\`´“”… \t\n\u2028🙂", max_size=4).map(lambda text: f" {text} ")
    question = "".join(data.draw(signs) + word for word in asked) + data.draw(signs)
    words_index = index("massage the disc", "rest", "disc")
    assert scores(words_index, question).tolist() == scores(words_index, " ".join(asked)).tolist()


@pytest.mark.parametrize(
    ("question", "rows"),
    [("2.5 mg", [0, 1, 2]), ("2.5", [0]), ("2", []), ("25", [1]), ("10", [2]), ("100", [3]), ("1", []), ("0", [])],
)
def test_numbers_are_exact(question: str, rows: list[int]) -> None:
    assert found(question, "take 2.5 mg", "take 25 mg", "take 10 mg", "take 100 ml") == rows


def test_words_that_only_look_alike_stay_apart() -> None:
    assert words("instance") != words("instant")
    assert words("balance") == ["balanc"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("café", "cafe"),
        ("café", "cafe\u0301"),
        ("NAÏVE", "naive"),
        ("Straße", "STRASSE"),
        ("ﬁbre", "fibre"),
        ("massages", "massage"),
        ("walking", "walked"),
        ("pregnancy", "pregnant"),
        ("infancy", "infants"),
        ("doctor's", "doctor"),
        ("doctor’s", "doctor's"),
        ("ألم", "ألم"),
    ],
)
def test_forms_of_one_word(one: str, other: str) -> None:
    assert words(one) == words(other)
    assert len(words(one)) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5½ tablets", ["5", "1", "2", "tablet"]),
        ("51 2", ["51", "2"]),
        ("½5", ["1", "2", "5"]),
        ("10⁵", ["10", "5"]),
        ("2¹² cells", ["2", "12", "cell"]),
        ("CO₂ m² 5㎎", ["co2", "m2", "5", "mg"]),
        ("10,000 or 1,234,567.5", ["10000", "1234567.5"]),
        ("2,5 12,34 1,2345 0.5,000", ["2,5", "12,34", "1,2345", "0.5,000"]),
    ],
)
def test_figures_are_neither_glued_nor_torn(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_scripts_without_spaces_are_found_by_their_characters() -> None:
    assert found("腰痛", "腰痛の治療", "頭痛", "massage") == [0, 1]
    assert np.argmax(scores(index("頭痛", "腰痛の治療"), "腰痛")) == 1


@pytest.mark.parametrize(
    ("text", "holds"),
    [("", False), (" \n", False), ("?!… 🙂", False), ("\u0301", False), ("the", True), ("5", True), ("痛", True)],
)
def test_whether_there_is_anything_to_search_by(text: str, holds: bool) -> None:
    assert has_words(text) is holds


@given(TEXTS)
def test_words_are_never_empty_and_do_not_depend_on_case(text: str) -> None:
    assert all(word and not any(char.isspace() for char in word) for word in words(text))
    assert words(text.casefold()) == words(text)


@given(PASSAGES, st.integers(1, 9))
def test_the_same_passages_give_the_same_bytes_in_blocks_of_any_size(
    tmp_path_factory: pytest.TempPathFactory, passages: list[tuple[str, str]], block: int
) -> None:
    one, other = (tmp_path_factory.mktemp("words") / "index" for _ in range(2))
    write(one, passages)
    write(other, passages, block)
    assert snapshot(one) == snapshot(other)


@pytest.mark.parametrize("name", ["documents.npy", "scores.npy"])
def test_an_index_that_is_cut_off_is_refused(tmp_path: Path, name: str) -> None:
    vocabulary, count = write(tmp_path / "words", [("Back pain", "Massage eases pain.")])
    np.save(tmp_path / "words" / name, np.load(tmp_path / "words" / name)[:-1])
    with pytest.raises(ValueError, match="cut off"):
        Words(tmp_path / "words", vocabulary, count)


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), max_size=40), st.integers(1, 45))
def test_the_best_are_those_of_a_stable_sort(scores: list[float], k: int) -> None:
    found = np.array(scores, np.float32)
    expected = [row for row in np.argsort(-found, kind="stable") if found[row] > 0][:k]
    assert highest(found, k).tolist() == expected
