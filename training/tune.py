"""The tuning itself: that a question's own passage beats what the product would show instead.

The loss is that of picking a right passage among the candidates by the fused score (InfoNCE; van den Oord et al.
2018, arXiv:1807.03748); for a question that is taught by another, or by the original, how far the two rankings are
apart. Only the linear layers of the network that reads questions move: word embeddings and passages stay as they are.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor
from torch.nn import Parameter
from torch.nn.functional import normalize
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from healthsearch.adapter import linear_weights
from training.examples import Example
from training.fused import Cosines, Index

RATE = 5e-5
WARM_UP = 0.1
TEMPERATURE = 0.02
# Half of the time a question's words count for nothing, so that meaning learns to find alone what lay words miss.
_WITHOUT_WORDS = 0.5
# How much it counts that a ranking stays the original's, where that is all that is asked.
KEPT = 3.0
# More passages, drawn at random, beside a question's candidates: those that the tuned network might bring up.
_DRAWN = 200
# Tokens read of a question: the long ones are messages, whose beginning tells what they are about.
LONGEST_QUESTION = 64
# Questions read at once, of like lengths: little padding.
_AT_ONCE = 24
CHECKPOINT_EVERY = 25


class Source(NamedTuple):
    """Examples of one kind, and how many of them a batch has."""

    examples: Sequence[Example]
    in_batch: int


def tune(
    model: SentenceTransformer, index: Index, sources: Sequence[Source], seed: int, steps: int, folder: Path
) -> dict[str, Tensor]:
    """Tune ``model`` in place and return its linear layers' weights; goes on from ``folder`` where it was cut off."""
    model.train()
    weights = linear_weights(model)
    for parameter in model.parameters():
        parameter.requires_grad = False
    for parameter in weights.values():
        parameter.requires_grad = True
    optimizer = torch.optim.AdamW(weights.values(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))
    checkpoint = folder / f"seed-{seed}-of-{steps}.pt"
    state = State(0, weights, optimizer, schedule)
    if checkpoint.exists():
        state = _restored(checkpoint, state)
    started = time.perf_counter()
    with (folder / f"seed-{seed}-of-{steps}.log").open("a", encoding="utf-8", buffering=1) as log:
        for step in range(state.step, steps):
            # Dropout and what is drawn come from the step alone, or a resumed run would differ from an unbroken one.
            torch.manual_seed(seed * 1_000_003 + step)
            loss = batch_loss(model, index, batch(sources, seed, step), random.Random(f"{seed} {step}"))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call] # torch says nothing of it
            torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
            optimizer.step()
            schedule.step()
            log.write(f"step {step} loss {loss.item():.4f} {time.perf_counter() - started:.0f} s\n")
            if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == steps:
                _save(checkpoint, state._replace(step=step + 1))
    model.eval()
    return {name: parameter.detach().cpu() for name, parameter in weights.items()}


def batch(sources: Sequence[Source], seed: int, step: int) -> list[Example]:
    """The examples of one step; each source is gone through in an order of its own before it repeats."""
    drawn = []
    for number, source in enumerate(sources):
        total = len(source.examples)
        for at in range(step * source.in_batch, (step + 1) * source.in_batch):
            drawn.append(source.examples[_order(total, seed, number, at // total)[at % total]])
    return drawn


def batch_loss(model: SentenceTransformer, index: Index, examples: Sequence[Example], rng: random.Random) -> Tensor:
    """The mean loss of some examples."""
    cosines = index.cosines(encode_questions(model, [example.question for example in examples]))
    losses = [_loss(cosines, at, example, rng) for at, example in enumerate(examples)]
    return torch.stack(losses).mean()


def _loss(cosines: Cosines, at: int, example: Example, rng: random.Random) -> Tensor:
    words = None if rng.random() < _WITHOUT_WORDS else example.words
    scores = cosines.fused(at, example.rows, words) / TEMPERATURE
    if example.taught is not None:
        return _apart(scores, torch.as_tensor(example.taught) / TEMPERATURE)
    if example.right is None:
        before = cosines.index.cosines(torch.as_tensor(example.before)[None])
        return KEPT * _apart(scores, before.fused(0, example.rows, words) / TEMPERATURE)
    total = len(cosines.passages[at])
    drawn = np.array([rng.randrange(total) for _ in range(_DRAWN)])
    others = cosines.fused(at, drawn[~np.isin(drawn, () if example.near is None else example.near)], None) / TEMPERATURE
    scores = scores.masked_fill(torch.as_tensor(example.left_out), float("-inf"))
    right = scores[torch.as_tensor(example.right)]
    return torch.logsumexp(torch.cat([scores, others]), 0) - torch.logsumexp(right, 0)


def _apart(scores: Tensor, wanted: Tensor) -> Tensor:
    """How far the distribution by these scores is from the wanted one (Kullback & Leibler 1951)."""
    return torch.nn.functional.kl_div(torch.log_softmax(scores, 0), torch.softmax(wanted, 0), reduction="sum")


def encode_questions(model: SentenceTransformer, questions: Sequence[str]) -> Tensor:
    """Unit rows, one a question."""
    order = sorted(range(len(questions)), key=lambda at: len(questions[at]))
    rows = []
    for first in range(0, len(order), _AT_ONCE):
        features = model.tokenizer(
            [questions[at] for at in order[first : first + _AT_ONCE]],
            padding=True,
            truncation=True,
            max_length=min(LONGEST_QUESTION, model.tokenizer.model_max_length),
            return_tensors="pt",
        )
        inputs = {name: features[name].to(model.device) for name in ("input_ids", "attention_mask")}
        tokens = model[0].auto_model(**inputs).last_hidden_state
        kept = inputs["attention_mask"][..., None].float()
        # What is weighed against them stays in the machine's own memory.
        rows.append(normalize((tokens * kept).sum(1) / kept.sum(1), dim=1).cpu())
    return torch.cat(rows)[torch.argsort(torch.tensor(order))]


@cache
def _order(total: int, seed: int, source: int, time: int) -> list[int]:
    order = list(range(total))
    random.Random(f"{seed} {source} {total} {time}").shuffle(order)
    return order


def _rate(step: int, steps: int) -> float:
    warm = max(1, round(WARM_UP * steps))
    return min((step + 1) / warm, (steps - step) / max(1, steps - warm))


class State(NamedTuple):
    """Everything that changes from step to step."""

    step: int
    weights: Mapping[str, Parameter]
    optimizer: Optimizer
    schedule: LRScheduler


def _save(file: Path, state: State) -> None:
    draft = file.with_suffix(".tmp")
    kept = {"step": state.step, "weights": dict(state.weights)}
    torch.save(kept | {name: getattr(state, name).state_dict() for name in ("optimizer", "schedule")}, draft)
    draft.replace(file)


def _restored(file: Path, state: State) -> State:
    kept = torch.load(file, weights_only=True)
    with torch.no_grad():
        for name, parameter in state.weights.items():
            parameter.copy_(kept["weights"][name])
    state.optimizer.load_state_dict(kept["optimizer"])
    state.schedule.load_state_dict(kept["schedule"])
    return state._replace(step=kept["step"])
