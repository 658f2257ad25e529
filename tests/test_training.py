"""Training: batches that can be drawn again, a loss that leaves true answers alone, a run that goes on."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from healthsearch.adapter import linear_weights
from tests.fakes import SpaceTokenizer
from training.examples import Example, Examples, Text, matching, read_abstracts, read_pairs, read_sections
from training.mining import mined
from training.soup import cut, difference, put
from training.tune import encode_questions, encode_texts, scored, tune
from training.wordings import HEADINGS, QUESTIONS, asked, slipped

KINDS = ("symptoms", "treatment", "causes")


@pytest.fixture
def examples(tmp_path: Path) -> Examples:
    """Twelve sections of four articles, and a few abstracts and pairs."""
    sections = [
        {
            "question": f"What are the {kind} of illness {article}?",
            "title": f"Illness {article}",
            "article": f"A{article}",
            "kind": kind,
            "text": f"What are the {kind}? Illness {article} has pain as one of its {kind}. Rest helps. Massage too.",
        }
        for article in range(4)
        for kind in KINDS
    ]
    abstracts = [
        {"question": f"Does walk {n} ease pain?", "text": f"We saw {n} people walk. Pain fell."} for n in range(3)
    ]
    pairs = [{"long": "SUBJECT: pain MESSAGE: I have pain, what now?", "short": "What helps pain?"}]
    for name, lines in (("medquad", sections), ("pubmedqa", abstracts), ("meqsum", pairs)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    tokenizer = SpaceTokenizer()
    found = read_sections(tmp_path / "medquad.jsonl", tokenizer)
    return Examples(
        found,
        [[(place + 6) % len(found)] for place in range(len(found))],
        read_abstracts(tmp_path / "pubmedqa.jsonl", tokenizer),
        read_pairs(tmp_path / "meqsum.jsonl"),
    )


def test_a_batch_depends_on_seed_and_step_alone(examples: Examples) -> None:
    assert examples.batch(1, 5) == examples.batch(1, 5)
    assert examples.batch(1, 5) != examples.batch(2, 5)
    assert examples.batch(1, 5) != examples.batch(1, 6)


def test_every_section_is_asked_about_before_one_comes_again(examples: Examples) -> None:
    topics = [example.positive.topic for example in examples.batch(1, 0)[:12]]
    assert {topic: topics.count(topic) for topic in topics} == {f"illness {n}": 3 for n in range(4)}


def test_a_negative_never_answers(examples: Examples) -> None:
    drawn = [example for step in range(5) for example in examples.batch(1, step) if example.negative]
    assert len(drawn) >= 100
    assert not any(example.positive.may_answer(example.negative) for example in drawn)


def test_the_question_repeated_at_the_start_of_a_section_is_left_out(examples: Examples) -> None:
    texts = [example.positive.text for example in examples.batch(1, 0)[:40]]
    assert not any(text.startswith("What") for text in texts)


def test_a_sentence_asked_about_is_mostly_taken_out_of_its_passage(examples: Examples) -> None:
    asked_about = [
        example for step in range(20) for example in examples.batch(1, step) if example.question.startswith("Illness")
    ]
    kept = [example.question in example.positive.text for example in asked_about]
    assert len(kept) > 20
    assert 0 < sum(kept) < len(kept) / 3


def test_sentences_are_spans_of_their_passage(examples: Examples) -> None:
    for example in examples.batch(1, 0):
        for start, end in example.positive.sentences:
            assert example.positive.text[start:end].strip()


def test_a_passage_that_may_answer_is_left_out_of_the_loss() -> None:
    def text(topic: str, kind: str) -> Text:
        return Text("", "x", ((0, 1),), topic, kind)

    batch = [
        Example("q", text("gout", "symptoms"), text("gout", "treatment")),
        Example("q", text("gout", "symptoms"), None),
        Example("q", text("gout", "information"), None),
        Example("q", text("burns", "symptoms"), None),
    ]
    texts, left_out = matching(batch)
    assert [item.topic for item in texts] == ["gout", "gout", "gout", "burns", "gout"]
    assert left_out[0] == [False, True, True, False, False]
    assert left_out[2] == [True, True, False, False, True]
    assert not any(left_out[3])


def test_a_section_s_passages_differ_only_where_a_sentence_of_one_is_asked_about() -> None:
    def text(part: int | None) -> Text:
        return Text("", "x", ((0, 1),), "gout", "symptoms", part)

    assert text(None).may_answer(text(0))
    assert text(0).may_answer(text(None))
    assert not text(0).may_answer(text(1))


def test_every_kind_has_wordings_and_headings() -> None:
    assert QUESTIONS.keys() == HEADINGS.keys()
    for kind, wordings in QUESTIONS.items():
        assert all(wording.count("{}") == 1 for wording in wordings), kind


def test_wordings_name_the_subject() -> None:
    rng = random.Random(0)
    assert all("gout" in asked(kind, "Gout", rng).lower() for kind in QUESTIONS for _ in range(20))


def test_a_slip_changes_little() -> None:
    rng = random.Random(0)
    for _ in range(200):
        found = slipped("how do I get rid of gout", rng)
        assert abs(len(found) - 24) <= 2
    assert slipped("a", rng) == "a"


def test_mined_sections_are_of_another_topic_and_kept(tiny_model: str, examples: Examples, tmp_path: Path) -> None:
    model = SentenceTransformer(tiny_model, device="cpu")
    sections = examples.sections
    found = mined(sections, model, tmp_path / "mined.json")
    assert len(found) == len(sections)
    for place, others in enumerate(found):
        assert all(sections[other].title != sections[place].title for other in others)
    (tmp_path / "mined.json").write_text(json.dumps([[0]] * len(sections)))
    assert mined(sections, model, tmp_path / "mined.json") == [[0]] * len(sections)
    with pytest.raises(ValueError, match="remove it"):
        mined(sections[:3], model, tmp_path / "mined.json")


def test_a_passage_scores_by_itself_and_its_best_sentence(tiny_model: str) -> None:
    model = SentenceTransformer(tiny_model, device="cpu").eval()
    text = Text("rest\n", "massage pain. walk rest.", ((0, 13), (14, 24)), "", "")
    with torch.no_grad():
        questions = encode_questions(model, ["massage"])
        wholes, sentences, owner = encode_texts(model, [text])
        found = scored(questions, wholes, sentences, owner)
    assert owner.tolist() == [0, 0]
    expected = 0.5 * (questions @ wholes.T) + 0.5 * (questions @ sentences.T).max()
    torch.testing.assert_close(found, expected)


def weights_after(tiny_model: str, examples: Examples, folder: Path, steps: int) -> dict[str, np.ndarray]:
    folder.mkdir(exist_ok=True)
    model = SentenceTransformer(tiny_model, device="cpu")
    found = tune(model, examples, 1, steps, folder, lambda model: "")
    return {name: weight.numpy().copy() for name, weight in found.items()}


def test_tuning_goes_on_where_it_was_cut_off(
    tiny_model: str, examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.tune.CHECKPOINT_EVERY", 2)
    whole = weights_after(tiny_model, examples, tmp_path / "whole", 4)

    def cut_off(seed: int, step: int) -> list[Example]:
        if step == 3:
            raise KeyboardInterrupt
        return Examples.batch(examples, seed, step)

    monkeypatch.setattr(examples, "batch", cut_off)
    with pytest.raises(KeyboardInterrupt):
        weights_after(tiny_model, examples, tmp_path / "cut", 4)
    monkeypatch.undo()
    monkeypatch.setattr("training.tune.CHECKPOINT_EVERY", 2)
    resumed = weights_after(tiny_model, examples, tmp_path / "cut", 4)
    for name, weight in whole.items():
        assert weight.tobytes() == resumed[name].tobytes(), name


def test_tuning_changes_linear_layers_alone(tiny_model: str, examples: Examples, tmp_path: Path) -> None:
    model = SentenceTransformer(tiny_model, device="cpu")
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    tuned = tune(model, examples, 1, 2, tmp_path, lambda model: "")
    for name, parameter in model.named_parameters():
        changed = not torch.equal(parameter, before[name])
        assert changed == any(name.endswith(layer) for layer in tuned), name


def test_a_soup_lies_between_the_original_and_the_mean_of_the_runs(tiny_model: str) -> None:
    network = linear_weights(SentenceTransformer(tiny_model, device="cpu"))
    original = {name: weight.detach().clone() for name, weight in network.items()}
    runs = [{name: weight + by for name, weight in original.items()} for by in (1.0, 3.0)]
    put(network, original, difference(runs, original, 0.25))
    for name, weight in network.items():
        torch.testing.assert_close(weight.detach(), original[name] + 0.5)


def test_a_full_rank_keeps_the_difference_to_half_precision() -> None:
    added = {"layer": torch.randn(8, 8, generator=torch.Generator().manual_seed(0))}
    torch.testing.assert_close(cut(added, 8)["layer"], added["layer"], atol=5e-3, rtol=0)
