"""Training: what is asked and what answers it, the product's score as a loss, a run that goes on where it was cut."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from healthsearch.adapter import linear_weights
from healthsearch.fusion import fuse, measure
from healthsearch.models import find_model
from healthsearch.search import Searcher
from healthsearch.words import words
from training import tune as tuning
from training.examples import Example, kept_examples, message_examples, section_examples, sentence_examples
from training.fused import Index
from training.pool import Pool, open_pool
from training.probe import Asking, Judged, probe
from training.soup import cut, difference, put
from training.tune import Source, batch, batch_loss, encode_questions, tune
from training.wordings import HEADINGS, QUESTIONS, asked, slipped

KINDS = ("symptoms", "treatment", "causes")
ILLNESSES = ("gout", "burns", "asthma", "measles", "anaemia", "rickets")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighteen sections of six articles, and a few abstracts and pairs."""
    folder = tmp_path_factory.mktemp("data")
    sections = [
        {
            "question": f"What are the {kind} of {illness}?",
            "title": illness,
            "article": illness,
            "kind": kind,
            "text": f"What are the {kind}? These {kind} of {illness} are told here in one sentence of some length. "
            f"Another sentence of about that length tells of massage in {illness}. Rest helps, and so do walks.",
        }
        for illness in ILLNESSES
        for kind in KINDS
    ]
    abstracts = [
        {"question": f"Does walk {n} ease pain?", "text": f"{n} people took a walk. Pain fell."} for n in (7, 8)
    ]
    pairs = [{"long": "SUBJECT: pain MESSAGE: I have gout and it hurts, what now?", "short": "What helps gout?"}]
    for name, lines in (("medquad", sections), ("pubmedqa", abstracts), ("meqsum", pairs)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


@pytest.fixture(scope="module")
def pool(data: Path, tiny_model: str, tmp_path_factory: pytest.TempPathFactory) -> Pool:
    return open_pool(data, len(ILLNESSES), tmp_path_factory.mktemp("pool"), find_model(tiny_model))


@pytest.fixture(scope="module")
def sections(pool: Pool) -> list[Example]:
    return [*section_examples(pool, False, random.Random(1)), *section_examples(pool, True, random.Random(1))]


def test_every_section_is_found_again_in_the_index(pool: Pool) -> None:
    assert len(pool.sections) == len(ILLNESSES) * len(KINDS) + 2
    for place, section in enumerate(pool.sections):
        assert {pool.owner[row] for row in section.rows} == {place}
        text = " ".join(pool.passages[row].text for row in section.rows)
        assert section.kind in text or "took a walk" in text
        # The question, which would give the answer away, is left out.
        assert "What are" not in text


def test_sections_stand_under_headings_or_alone(pool: Pool) -> None:
    headings = {bool(passage.headings) for passage in pool.passages}
    assert headings == {True, False}


def test_the_passages_of_a_section_are_right_and_others_that_may_be_are_left_out(
    pool: Pool, sections: list[Example]
) -> None:
    assert len(sections) >= 2 * len(ILLNESSES) * len(KINDS)
    for example in sections:
        assert example.right is not None
        assert example.left_out is not None
        assert example.right.any()
        assert not (example.right & example.left_out).any()
        owners = {pool.owner[row] for row in example.rows[example.right].tolist()}
        assert len(owners) == 1


def test_a_section_of_another_kind_does_not_answer(pool: Pool) -> None:
    first, *others = pool.sections
    assert first.may_answer(first)
    same = [other for other in others if other.subject == first.subject]
    assert same
    assert not any(first.may_answer(other) for other in same)


def test_a_sentence_stands_for_the_other_passages_of_its_article(pool: Pool) -> None:
    of_article, of_passage = sentence_examples(pool, random.Random(2))
    assert of_article
    assert of_passage
    for example in of_article:
        assert not any(illness in example.question.lower() for illness in ILLNESSES)
        assert example.right is not None
        found = {pool.sections[pool.owner[row] or 0].subject for row in example.rows[example.right].tolist()}
        assert len(found) == 1
    for example in of_passage:
        assert example.right is not None
        assert example.right.sum() == 1


def test_a_message_is_taught_what_its_short_question_finds(pool: Pool, data: Path) -> None:
    (example,) = message_examples(pool, data / "meqsum.jsonl")
    assert "SUBJECT" not in example.question
    generation = pool.searcher.generation
    query = pool.searcher.encoder.encode_query(["What helps gout?"])[0]
    expected = fuse(measure(generation, example.rows, query, words("What helps gout?")))
    np.testing.assert_array_equal(example.taught, expected)


def test_names_titles_and_keywords_are_kept_as_the_original_ranks_them(pool: Pool, tiny_model: str) -> None:
    kept = list(kept_examples(pool, random.Random(3)))
    questions = {example.question for example in kept}
    assert {"gout", "Does walk 7 ease pain?"} <= questions
    assert all(example.right is None and example.taught is None for example in kept)
    index = Index.of(pool.searcher.generation)
    network = SentenceTransformer(tiny_model, device="cpu").eval()
    # Tuning reads questions without a prompt, which this model has.
    kept = [replace(example, before=network.encode(example.question, normalize_embeddings=True)) for example in kept]

    def loss() -> float:
        with torch.no_grad():
            return float(batch_loss(network, index, kept, random.Random(0)))

    assert loss() < 1e-4
    put(linear_weights(network), *moved(network, 0.2))
    assert loss() > 1e-2


def moved(network: SentenceTransformer, by: float) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """The network's weights, and random numbers of this size to be added to them."""
    generator = torch.Generator().manual_seed(4)
    original = {name: weight.detach().clone() for name, weight in linear_weights(network).items()}
    return original, {name: by * torch.randn(weight.shape, generator=generator) for name, weight in original.items()}


def test_the_score_is_the_product_s(pool: Pool, sections: list[Example]) -> None:
    generation = pool.searcher.generation
    index = Index.of(generation)
    for example in sections[:5]:
        query = pool.searcher.encoder.encode_query([example.question])
        found = index.cosines(torch.as_tensor(query)).fused(0, example.rows, example.words)
        expected = fuse(measure(generation, example.rows, query[0], words(example.question)))
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)


def test_questions_are_read_as_sentence_transformers_reads_them(tiny_model: str) -> None:
    network = SentenceTransformer(tiny_model, device="cpu").eval()
    questions = ["massage", "rest and walk for pain", "sleep"]
    with torch.no_grad():
        found = encode_questions(network, questions).numpy()
    np.testing.assert_allclose(found, network.encode(questions, normalize_embeddings=True), atol=1e-6)


def test_a_batch_depends_on_seed_and_step_alone_and_goes_through_everything(sections: list[Example]) -> None:
    source = [Source(sections, 5)]
    assert [id(one) for one in batch(source, 1, 3)] == [id(one) for one in batch(source, 1, 3)]
    assert [id(one) for one in batch(source, 1, 3)] != [id(one) for one in batch(source, 2, 3)]
    drawn = [id(one) for step in range(len(sections) // 5) for one in batch(source, 1, step)]
    assert len(set(drawn)) == len(drawn)


def test_tuning_lowers_the_loss(
    tiny_model: str, pool: Pool, sections: list[Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "RATE", 1e-2)
    network, index = SentenceTransformer(tiny_model, device="cpu").eval(), Index.of(pool.searcher.generation)
    losses = []
    for _ in range(2):
        with torch.no_grad():
            losses.append(float(batch_loss(network, index, sections[:6], random.Random(0))))
        tune(network, index, [Source(sections[:6], 6)], 1, 30, tmp_path)
    assert losses[1] < losses[0]


def weights_after(
    tiny_model: str, pool: Pool, examples: list[Example], folder: Path, steps: int
) -> dict[str, np.ndarray]:
    folder.mkdir(exist_ok=True)
    network = SentenceTransformer(tiny_model, device="cpu")
    found = tune(network, Index.of(pool.searcher.generation), [Source(examples, 6)], 1, steps, folder)
    return {name: weight.numpy().copy() for name, weight in found.items()}


def test_tuning_goes_on_where_it_was_cut_off(
    tiny_model: str, pool: Pool, sections: list[Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "CHECKPOINT_EVERY", 2)
    whole = weights_after(tiny_model, pool, sections, tmp_path / "whole", 4)

    def cut_off(sources: list[Source], seed: int, step: int) -> list[Example]:
        if step == 3:
            raise KeyboardInterrupt
        return batch(sources, seed, step)

    with monkeypatch.context() as patched:
        patched.setattr(tuning, "batch", cut_off)
        with pytest.raises(KeyboardInterrupt):
            weights_after(tiny_model, pool, sections, tmp_path / "cut", 4)
    resumed = weights_after(tiny_model, pool, sections, tmp_path / "cut", 4)
    for name, weight in whole.items():
        assert weight.tobytes() == resumed[name].tobytes(), name


def test_tuning_changes_linear_layers_alone(
    tiny_model: str, pool: Pool, sections: list[Example], tmp_path: Path
) -> None:
    network = SentenceTransformer(tiny_model, device="cpu")
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    tuned = tune(network, Index.of(pool.searcher.generation), [Source(sections, 6)], 1, 2, tmp_path)
    for name, parameter in network.named_parameters():
        changed = not torch.equal(parameter, before[name])
        assert changed == any(name.endswith(layer) for layer in tuned), name


def test_a_probe_ranks_with_the_network_at_hand(tiny_model: str, pool: Pool) -> None:
    network = SentenceTransformer(tiny_model, device="cpu")
    asking = Asking(pool.searcher.encoder, network)
    np.testing.assert_allclose(asking.encode_query(["rest"])[0], network.encode("rest", normalize_embeddings=True))
    wanted = pool.passages[0]
    searcher = Searcher(pool.searcher.index, asking)
    judged = Judged("ours", searcher, {"q": wanted.text}, {"q": {wanted.article_id: 1}})
    fused, alone = probe([judged])["ours"]
    assert (fused, 0.0 < alone <= 1.0) == (1.0, True)


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
