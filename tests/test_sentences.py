"""Sentence boundaries: examples that matter in health texts, and what holds for any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.sentences import split_sentences, without_list_marker
from tests.texts import TEXTS

LANGUAGES = st.sampled_from(["en", "de", "ja", "ar", None, "en-GB", "no such language", "../en", ""])


def sentences_of(text: str, language: str | None = "en") -> list[str]:
    return [text[start:end] for start, end, _ in split_sentences(text, 0, len(text), language)]


def paragraphs_of(text: str) -> list[int]:
    return [sentence.paragraph for sentence in split_sentences(text, 0, len(text), "en")]


@pytest.mark.parametrize(
    "sentence",
    [
        "Take 2.5 mg. of it twice a day.",
        "Dr. Smith saw Mrs. Jones at 3 p.m. on Monday.",
        "Use ice, e.g. a bag of peas, for 10 min. at most.",
        "It helped 1.5 million people vs. 0.3 million.",
    ],
)
def test_a_point_inside_a_sentence_does_not_end_it(sentence: str) -> None:
    assert sentences_of(f"{sentence} Do not drive.") == [sentence, "Do not drive."]


def test_sentences_end_at_question_and_exclamation_marks() -> None:
    assert sentences_of("Is it safe? Stop! Call a doctor.") == ["Is it safe?", "Stop!", "Call a doctor."]


def test_sentences_in_scripts_without_spaces() -> None:
    assert sentences_of("今日は痛い。明日は休む。", "ja") == ["今日は痛い。", "明日は休む。"]


def test_offsets_are_code_points() -> None:
    assert sentences_of("🙂🙂 é hurts. Ünder 👩‍⚕️ care.") == ["🙂🙂 é hurts.", "Ünder 👩‍⚕️ care."]


def test_a_blank_line_ends_a_sentence_and_a_paragraph() -> None:
    text = "No full stop here\n\nNext one. And more\n \t\nLast"
    assert sentences_of(text) == ["No full stop here", "Next one.", "And more", "Last"]
    assert paragraphs_of(text) == [0, 1, 1, 2]


def test_windows_line_ends_make_paragraphs_too() -> None:
    assert paragraphs_of("First.\r\n\r\nSecond.\r\nStill second.") == [0, 1, 1]


def test_a_list_belongs_to_the_paragraph_that_introduces_it() -> None:
    text = "Avoid:\n\n- lifting\n- twisting and\n  turning\n\nRest."
    assert sentences_of(text) == ["Avoid:", "- lifting", "- twisting and\n  turning", "Rest."]
    assert paragraphs_of(text) == [0, 0, 0, 1]


def test_the_number_of_an_item_is_no_sentence() -> None:
    assert sentences_of("1. Lie down.\n2. Call for help.") == ["1. Lie down.", "2. Call for help."]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("- rest", "rest"),
        ("* rest", "rest"),
        ("•\trest", "rest"),
        ("12. rest", "rest"),
        ("3) rest", "rest"),
        ("-rest", "-rest"),
        ("2.5 mg", "2.5 mg"),
        ("- ", "- "),
        ("rest - more", "rest - more"),
    ],
)
def test_the_words_of_a_list_item(item: str, words: str) -> None:
    assert item[without_list_marker(item, 0, len(item)) :] == words


@given(TEXTS, LANGUAGES, st.data())
def test_sentences_hold_all_text_of_the_range_once_and_in_order(
    text: str, language: str | None, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = split_sentences(text, start, end, language)
    at, paragraph = start, 0
    for sentence in found:
        assert not text[at : sentence.start].strip()
        assert sentence.start < sentence.end <= end
        assert text[sentence.start : sentence.end] == text[sentence.start : sentence.end].strip()
        assert sentence.paragraph - paragraph in (0, 1)
        at, paragraph = sentence.end, sentence.paragraph
    assert not text[at:end].strip()
    assert not found or found[0].paragraph == 0


@given(TEXTS)
def test_no_sentence_runs_across_a_blank_line(text: str) -> None:
    assert all("\n\n" not in sentence for sentence in sentences_of(text))


@given(TEXTS, TEXTS)
def test_a_later_paragraph_does_not_move_the_sentences_before_it(text: str, later: str) -> None:
    before = split_sentences(text, 0, len(text), "en")
    longer = f"{text}\n\n{later}"
    assert split_sentences(longer, 0, len(longer), "en")[: len(before)] == before
