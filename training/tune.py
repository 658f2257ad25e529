"""The tuning itself: a contrastive loss on nearly what the product measures of meaning, in a plain loop.

The score of a passage is the mean of two cosines, the whole passage's and its best sentence's, both pooled from one
pass as the index does, over the passage's first 128 tokens. The loss asks that a question's own passage beat all
others of the batch (InfoNCE; Henderson et al. 2017, arXiv:1705.00652). Word embeddings stay as they are: the adapter
does not carry them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor
from torch.nn import Parameter
from torch.nn.functional import cross_entropy, normalize
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from healthsearch.adapter import linear_weights
from training.examples import Example, Examples, Text, matching

RATE = 3e-5
WARM_UP = 0.1
TEMPERATURE = 0.05
# What the best sentence counts beside the whole passage.
_SENTENCE_SHARE = 0.5
LONGEST_QUESTION = 64
LONGEST_PASSAGE = 128
CHECKPOINT_EVERY = 25
_PROBE_EVERY = 80


def tune(
    model: SentenceTransformer,
    examples: Examples,
    seed: int,
    steps: int,
    folder: Path,
    probe: Callable[[SentenceTransformer], str],
) -> dict[str, Tensor]:
    """Tune ``model`` in place and return its linear layers' weights; goes on from ``folder`` where it was cut off.

    ``probe`` looks at the model now and then; what it says goes into the log.
    """
    torch.manual_seed(seed)
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
            # Dropout too must come from the step alone, or a resumed run would differ from an unbroken one.
            torch.manual_seed(seed * 1_000_003 + step)
            loss = contrast(model, examples.batch(seed, step))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
            optimizer.step()
            schedule.step()
            log.write(f"step {step} loss {loss.item():.4f} {time.perf_counter() - started:.0f} s\n")
            if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == steps:
                _save(checkpoint, state._replace(step=step + 1))
            if (step + 1) % _PROBE_EVERY == 0:
                model.eval()
                log.write(f"step {step} {probe(model)}\n")
                model.train()
    model.eval()
    return {name: parameter.detach() for name, parameter in weights.items()}


def contrast(model: SentenceTransformer, batch: list[Example]) -> Tensor:
    """The loss of one batch."""
    texts, left_out = matching(batch)
    questions = encode_questions(model, [example.question for example in batch])
    scores = scored(questions, *encode_texts(model, texts)) / TEMPERATURE
    return cross_entropy(scores.masked_fill(torch.tensor(left_out), float("-inf")), torch.arange(len(batch)))


def scored(questions: Tensor, wholes: Tensor, sentences: Tensor, owner: Tensor) -> Tensor:
    """Every question's score with every passage."""
    shape = len(questions), len(wholes)
    closeness = questions @ sentences.T
    best = torch.full(shape, -1.0).scatter_reduce(1, owner.expand(len(questions), -1), closeness, "amax")
    return (1 - _SENTENCE_SHARE) * (questions @ wholes.T) + _SENTENCE_SHARE * best


def encode_questions(model: SentenceTransformer, questions: list[str]) -> Tensor:
    """Unit rows, one a question."""
    tokens, features = _pass(model, questions, LONGEST_QUESTION)
    return _mean(tokens, features["attention_mask"])


def encode_texts(model: SentenceTransformer, texts: list[Text]) -> tuple[Tensor, Tensor, Tensor]:
    """Unit rows for the passages, for all their sentences, and to which passage each sentence belongs."""
    tokens, features = _pass(model, [text.context + text.text for text in texts], LONGEST_PASSAGE)
    masks, owner = [], []
    for place, text in enumerate(texts):
        shift = len(text.context)
        starts, ends = features["offset_mapping"][place].T
        for start, end in text.sentences:
            mask = (starts >= start + shift) & (ends <= end + shift) & (ends > starts)
            if mask.any():
                masks.append(mask)
                owner.append(place)
    held = torch.tensor(owner)
    return _mean(tokens, features["attention_mask"]), _mean(tokens[held], torch.stack(masks)), held


def _pass(model: SentenceTransformer, texts: list[str], longest: int) -> tuple[Tensor, dict[str, Tensor]]:
    most = min(longest, model.tokenizer.model_max_length)
    features = model.tokenizer(
        texts, padding=True, truncation=True, max_length=most, return_tensors="pt", return_offsets_mapping=True
    )
    inputs = {name: features[name] for name in ("input_ids", "attention_mask")}
    # Half precision where the processor multiplies it natively is twice as fast; the weights stay whole.
    with torch.autocast("cpu", dtype=torch.bfloat16):
        tokens = model[0].auto_model(**inputs).last_hidden_state
    return tokens.float(), features


def _mean(tokens: Tensor, mask: Tensor) -> Tensor:
    kept = mask[..., None].float()
    return normalize((tokens * kept).sum(1) / kept.sum(1), dim=1)


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
