"""Hard negatives: for each section's question, sections that look as if they answered it and do not.

Found by the untuned encoder and by words together, as the product searches. Denoised in two ways: a section of the
same topic is never taken, nor one that is nearly as close as the answer itself (after Moreira et al., "NV-Retriever",
2024, arXiv:2407.15831).
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from healthsearch.words import Words, words
from training.examples import Section

# Kept for each question, from the nearest.
KEPT = 8
_LOOKED_AT = 60
# Nearer to the question than this share of the answer's own score: it may well be an answer too.
_TOO_NEAR = 0.95
_WORD_WEIGHT = 0.6


def mined(sections: list[Section], model: SentenceTransformer, file: Path) -> list[list[int]]:
    """For each section the places of its hard negatives, nearest first; kept in ``file``."""
    if not file.exists():
        found = _mine(sections, model)
        # Runs beside each other may all come here; each leaves a whole file.
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(found), encoding="utf-8")
        draft.replace(file)
    kept: list[list[int]] = json.loads(file.read_text(encoding="utf-8"))
    if len(kept) != len(sections):
        raise ValueError(f"{file} was made from other sections; remove it")
    return kept


def _mine(sections: list[Section], model: SentenceTransformer) -> list[list[int]]:
    firsts = [section.passages[0].encoded_text for section in sections]
    passages = model.encode(firsts, batch_size=32, normalize_embeddings=True, show_progress_bar=True)
    questions = model.encode([section.question for section in sections], normalize_embeddings=True)
    index = Words.of((words(section.title), words(section.passages[0].text)) for section in sections)
    topics = np.array([section.title.casefold() for section in sections])
    found = []
    for own, section in enumerate(sections):
        scores = passages @ questions[own] + _WORD_WEIGHT * index.scores(words(section.question))
        nearest = np.argsort(-scores, kind="stable")[:_LOOKED_AT]
        others = [int(at) for at in nearest if topics[at] != topics[own] and scores[at] < _TOO_NEAR * scores[own]]
        found.append(others[:KEPT])
    return found
