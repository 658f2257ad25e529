"""Marks: the sentence that answers, and the cautions near it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.cautions import is_caution
from healthsearch.mark import Mark, mark, pieces_of, word_share
from healthsearch.passages import Passage
from healthsearch.sentences import split_sentences
from healthsearch.words import words
from tests.fakes import KeywordEncoder

SENTENCES = [
    "Massage relaxes the muscles.",
    "Do not massage a fresh wound.",
    "Sleep on your side.",
    "Heat eases pain.",
    "Never put ice on numb skin.",
    "- Walk a little every day.",
    "Ask your doctor before you start.",
    "Naïve 今日 🙂 people rest.",
    "Avoid lifting.",
]


def passage_of(*sentences: str) -> Passage:
    text = "\n".join(sentences)
    spans = tuple((start, end) for start, end, _ in split_sentences(text, 0, len(text), "en"))
    return Passage("id", (), "", text, 0, len(text), spans)


def marks_of(question: str, *sentences: str) -> list[tuple[str, str]]:
    """The kind and the words of every mark, for cosines of the keyword encoder."""
    passage, encoder = passage_of(*sentences), KeywordEncoder()
    cosines = np.array([encoder.vector(passage.text[start:end]) for start, end in passage.sentences])
    found = mark(passage, cosines @ encoder.vector(question), {word: 1.0 for word in words(question)})
    return [(one.kind, passage.text[one.start : one.end]) for one in found]


def test_the_sentence_nearest_to_the_question_answers() -> None:
    assert marks_of("Does heat help?", "Sleep on your side.", "Heat eases pain.", "Massage relaxes.") == [
        ("answer", "Heat eases pain.")
    ]


def test_the_words_decide_between_sentences_of_the_same_meaning() -> None:
    text = ["Massage by a stranger.", "Massage by a physiotherapist."]
    assert marks_of("massage physiotherapist", *text) == [("answer", text[1])]
    assert marks_of("massage stranger", *text) == [("answer", text[0])]


def test_a_caution_beside_the_answer_is_marked_in_reading_order() -> None:
    text = ["Do not press on the spine.", "Massage relaxes the muscles.", "Rest."]
    assert marks_of("massage", *text) == [("caution", text[0]), ("answer", text[1])]


def test_an_answer_that_is_a_caution_is_marked_once_as_the_answer() -> None:
    text = ["Never massage a fresh wound.", "Rest."]
    assert marks_of("massage", *text) == [("answer", text[0])]


def test_the_cautions_nearest_to_the_question_are_marked() -> None:
    text = ["Do not massage a wound.", "Do not lift.", "Massage relaxes.", "Do not bend.", "Never massage a burn."]
    cautions = [words for kind, words in marks_of("massage relaxes", *text) if kind == "caution"]
    assert cautions == [text[0], text[-1]]


def test_the_mark_of_a_list_item_begins_at_its_words() -> None:
    assert marks_of("heat", "Try this:", "- Heat eases pain.", "- Rest.") == [("answer", "Heat eases pain.")]
    assert marks_of("heat", "Try this:", "2. Heat eases pain.", "3. Rest.") == [("answer", "Heat eases pain.")]


def test_a_passage_without_sentences_has_no_mark() -> None:
    assert mark(Passage("id", (), "", "", 0, 0, ()), np.empty(0, np.float32), {}) == []


@given(
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=9),
    st.sampled_from(["massage", "heat pain", "sleep", "what is it", "vaccine", "今日", ""]),
)
def test_marks_are_whole_sentences_apart_and_in_order(sentences: list[str], question: str) -> None:
    passage, encoder = passage_of(*sentences), KeywordEncoder()
    vectors = np.array([encoder.vector(passage.text[start:end]) for start, end in passage.sentences])
    found = mark(passage, vectors @ encoder.vector(question), {word: 1.0 for word in words(question)})
    assert [one.kind for one in found].count("answer") == 1
    at = 0
    for one in found:
        [(start, end)] = [span for span in passage.sentences if span[0] <= one.start < one.end == span[1]]
        assert passage.text[start : one.start] in ("", "- ")
        assert one.kind == "answer" or is_caution(passage.text[start:end])
        assert one.start >= at
        at = one.end


def test_word_share_is_the_share_of_the_words_by_weight() -> None:
    question = {"massag": 3.0, "disc": 1.0}
    assert word_share(question, "Massages of the back") == 0.75
    assert word_share(question, "A disc") == 0.25
    assert word_share(question, "The disc was massaged") == 1.0
    assert word_share(question, "Nothing") == 0.0
    assert word_share({}, "Anything") == 0.0


@given(st.text(max_size=30), st.lists(st.integers(0, 30), max_size=8))
def test_pieces_make_the_text_again_and_hold_every_mark(text: str, cuts: list[int]) -> None:
    places = sorted({min(cut, len(text)) for cut in cuts})
    marks = [Mark(*span, "caution") for span in zip(places[::2], places[1::2], strict=False)]
    pieces = pieces_of(text, marks)
    assert "".join(piece for piece, _ in pieces) == text
    assert all(piece for piece, _ in pieces)
    assert [found for _, found in pieces if found] == marks
    assert [piece for piece, found in pieces if found] == [text[found.start : found.end] for found in marks]
