"""Urgent notices come for what is urgent, and for nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given

from healthsearch.errors import HealthSearchError
from healthsearch.urgent import FILE, UrgentSigns, read_signs, urgent
from tests.folders import CORPUS, ROOT
from tests.texts import ANYTHING

OURS = read_signs(CORPUS)

URGENT = {
    "Possible heart attack": [
        "crushing chest pain what do I do",
        "chest pain going down my left arm",
        "My dad has pain in his chest and is sweating",
        "I've got chest pains and I can't breathe",
        "it feels like an elephant on my chest",
        "I don't know why I have crushing chest pain",
        "aspirin did not help my crushing chest pain",
        "never had such crushing chest pain before",
        "I have never had crushing chest pain like this",
        "can't sleep crushing chest pain",
        "no nausea and crushing chest pain",
        "not only crushing chest pain",
        "no chest pain yesterday, today chest pain and sweating",
        "I had no severe chest pain at first then severe chest pain",
        "my dad had a stroke years ago and now I have crushing chest pain",
        "with a history of heart disease he has crushing chest pain",
        "I had a stent two years ago, crushing chest pain again",
    ],
    "Possible stroke": [
        "my wife's face is drooping",
        "One side of his face has dropped and he is confused",
        "her speech is slurred since this morning",
        "he suddenly can't speak",
        "worst headache of my life",
        "I used to be healthy, now my speech is slurred",
        "my mother has no history of stroke but her face is drooping",
        "in the past few hours my speech is slurred",
        "his face is drooping since last month",
    ],
    "Possible pressure on the nerves to bladder, bowel and legs": [
        "I am numb between my legs and my back hurts",
        "back pain and can't pee since yesterday",
        "sciatica, both my legs are numb",
        "saddle numbness with a slipped disc",
        "my back went and now I cannot control my bowels",
        "for years back pain and can't pee",
        "she is numb when she wipes, since yesterday",
        "since his back went he hasn't been able to pass urine",
        "my husband has a bad back and is leaking urine",
        "gran has gone numb around her private parts",
        "he can't feel when he pees any more",
        "her legs have gone numb and weak",
        "incontinent since the back pain started",
    ],
    "Possible severe allergic reaction": ["my throat is closing up after nuts", "swollen tongue, trouble breathing"],
    "Not breathing, choking or not waking": ["she collapsed and is not breathing", "he's choking and can't cough"],
    "Thoughts of suicide": [
        "I want to kill myself",
        "feeling suicidal with this pain",
        "I can't go on I want to kill myself",
        "can not sleep want to kill myself",
        "I do not want to kill myself",
    ],
    "Possible meningitis or sepsis": ["fever and a stiff neck", "my son has a fever and a rash that doesn't fade"],
}
NOT_URGENT = [
    "I have no chest pain and no pain in my arm, only a cough",
    "back pain but I don't have numbness between my legs",
    "no fever, just a stiff neck from sleeping badly",
    "without chest pain or sweating, is it still my heart",
    "I had crushing chest pain two years ago, can I fly",
    "my father's face was drooping when I was young",
    "numb between the legs last summer, all well since",
    "two years ago, my face was drooping on one side",
    "I used to have crushing chest pain",
    "history of severe chest pain, may I dive",
    "never had any sudden chest pain",
    "no sudden or severe chest pain",
    "no nausea, no sweating or severe chest pain",
    "Is it not crushing chest pain?",
    "can I exercise after a heart attack",
    "how do I recognise a stroke",
    "how can I prevent a stroke",
    "life after a stroke",
    "what is cauda equina syndrome",
    "what causes chest pain",
    "chest pain",
    "is heartburn felt in the chest",
    "my arm hurts after the flu vaccination",
    "how do doctors treat anaphylaxis",
    "swollen ankles in pregnancy",
    "my tongue is burnt from hot soup",
    "I can't breathe through my nose at night",
    "I do not wake up rested",
    "my legs are weak after the gym",
    "numb fingers at night",
    "my hand is numb when I wake up",
    "does depression pass by itself",
    "how long does a fever last after vaccination",
    "stiff neck after driving",
    "rash after a new cream",
    "my back hurts when I cough",
    "blood pressure on holiday",
    "pressure on a nerve in my back",
    "is it bad to skip breakfast",
    "should I take the children to the doctor for a cold",
    "heart attack or panic attack, how can I tell",
    "choking hazards for toddlers",
    "how to do CPR",
    "bladder training exercises",
    "constipation with back pain",
    "can massage make both legs stronger",
]


@pytest.mark.parametrize(("name", "question"), [(name, text) for name, texts in URGENT.items() for text in texts])
def test_an_urgent_question_calls_for_its_notice(name: str, question: str) -> None:
    assert [notice.name for notice in urgent(question, OURS)] == [name]


@pytest.mark.parametrize("question", NOT_URGENT)
def test_what_is_not_urgent_calls_for_none(question: str) -> None:
    assert urgent(question, OURS) == ()


def test_of_all_our_questions_one_calls_for_a_notice() -> None:
    """The one asks whether to talk with a friend about suicide: a notice there is not out of place."""
    alarmed, count = [], 0
    for name in ("queries.jsonl", "unanswerable.jsonl"):
        for line in (ROOT / "tests" / "relevance" / name).read_text(encoding="utf-8").splitlines():
            count += 1
            question = json.loads(line)["text"]
            if urgent(question, OURS):
                alarmed.append(question)
    assert count == 394
    assert alarmed == ["if I ask my friend does he want to kill himself, I am making it worse?"]


@pytest.mark.parametrize("signs", OURS, ids=lambda one: one.notice.name)
def test_each_of_our_notices_says_what_to_do_and_who_says_so(signs: UrgentSigns) -> None:
    assert (
        "call your local emergency number" in signs.notice.text.lower() or "emergency department" in signs.notice.text
    )
    assert any(char.isupper() for char in signs.notice.source)
    assert len(signs.notice.text) < 400


@given(ANYTHING)
def test_no_question_is_too_odd(question: str) -> None:
    assert isinstance(urgent(question, OURS), tuple)


def read(folder: Path, text: str | bytes) -> tuple:
    (folder / FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_signs(folder)


def one(**fields: str) -> str:
    values = {"name": "N", "text": "T", "source": "S", "signs": "[a red flag]"} | fields
    return "- " + "\n  ".join(f"{name}: {value}" for name, value in values.items() if value) + "\n"


def test_a_corpus_without_the_file_has_no_signs(tmp_path: Path) -> None:
    assert read_signs(tmp_path) == () == read(tmp_path, "") == read(tmp_path, "# nothing yet\n")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(HealthSearchError, match="there is no such folder") as raised:
        read_signs(tmp_path / "gone")
    assert str(tmp_path / "gone") in str(raised.value) and "--corpus" in raised.value.remedy


def test_what_may_be_denied_is_said_for_each_notice(tmp_path: Path) -> None:
    for told, called in (("true", 1), ("false", 0)):
        signs = read(tmp_path, one(even_if_denied=told))
        assert len(urgent("no red flag", signs)) == called


def test_phrases_are_whole_and_in_order_and_a_plus_joins_any_clauses(tmp_path: Path) -> None:
    signs = read(tmp_path, one(signs="[red flags + itching]"))
    assert urgent("Itches! And a red flag", signs)
    for question in ("red", "flag red itching", "red flag", "a red or blue flag, itching", "no red flag, itching"):
        assert not urgent(question, signs)
    assert urgent("it is not blue, it itches, and a red flag", signs)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (b"\xff\xfe\xff", "not saved in UTF-8"),
        ("- name: [", "not valid YAML in line"),
        ("name: N", "not a list of up to"),
        ("- just text", "notice 1 is not a list of fields"),
        (one(source=""), "notice 1 has no 'source'"),
        (one(name="[a]"), "notice 1 has no 'name'"),
        (one(text="x" * 1_001), "'text'"),
        (one() + one(signs="[]"), "notice 2 has no list of up to 200 'signs'"),
        (one(signs="[[a]]"), "says nothing"),
        (one(signs="['the + flag pole']"), "says nothing"),
        (one(signs="[pain]"), "single word"),
        (one(even_if_denied="often"), "'even_if_denied' of notice 1 is neither true nor false"),
        ("[" * 20_000, "nested too deeply"),
        ("- " + "x" * 100_001, "larger than 100,000 bytes"),
        (one() * 51, "not a list of up to 50"),
    ],
)
def test_a_bad_file_is_named_with_its_fault_and_the_next_step(tmp_path: Path, text: str | bytes, cause: str) -> None:
    with pytest.raises(HealthSearchError) as raised:
        read(tmp_path, text)
    assert cause in str(raised.value) and str(tmp_path / FILE) in str(raised.value)
    assert "README.md" in raised.value.remedy


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(HealthSearchError, match="it cannot be read"):
        read_signs(tmp_path)


def test_nothing_is_made_of_values_but_texts(tmp_path: Path) -> None:
    [signs] = read(
        tmp_path, one(name="2024-01-01", text="yes", source="!!python/name:os.system x", signs="[no 1 cause]")
    )
    assert (signs.notice.name, signs.notice.text) == ("2024-01-01", "yes")
