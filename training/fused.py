"""The product's own score of a passage, as a function of the question's vector that can be differentiated.

What words add is fixed, and passages keep the vectors that the index has. So the network learns what words do not
tell already (after Gao et al., "Complement lexical retrieval model with semantic residual embeddings", ECIR 2021),
and a question is weighed against hundreds of passages for the price of reading it. ``tests/test_training.py``
compares the score with the product's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from healthsearch.coverage import runs
from healthsearch.fusion import SENTENCE_WORDS, WEIGHTS, WordMeasures
from healthsearch.generation import Generation

_TOTAL = sum(WEIGHTS.values())
# What the measures of words count, by name; the sentence's stands apart, since it counts before the best is taken.
_BY_WORDS = ("passage_words", "article_words", "name_words")


@dataclass(frozen=True, slots=True)
class Index:
    """The vectors of a generation, as unit rows: passages, sentences, articles (means of their passages)."""

    generation: Generation
    passages: Tensor
    sentences: Tensor
    articles: Tensor

    @classmethod
    def of(cls, generation: Generation) -> Index:
        """All that the generation holds."""
        return cls(
            generation,
            torch.as_tensor(generation.vectors.rows(0, len(generation.vectors))),
            normalize(torch.as_tensor(np.asarray(generation.sentences, dtype=np.float32)), dim=1),
            torch.tensor(generation.article_vectors),
        )

    def cosines(self, questions: Tensor) -> Cosines:
        """Those of n questions with all passages, sentences and articles."""
        return Cosines(
            self, *((questions @ held.T).unbind(0) for held in (self.passages, self.sentences, self.articles))
        )


@dataclass(frozen=True, slots=True)
class Cosines:
    """For each question the cosines with all passages, sentences and articles.

    A tensor a question, not one for all: what flows back through a piece of it would else be as large as the whole.
    """

    index: Index
    passages: tuple[Tensor, ...]
    sentences: tuple[Tensor, ...]
    articles: tuple[Tensor, ...]

    def fused(self, question: int, rows: np.ndarray, words: WordMeasures | None) -> Tensor:
        """The fused scores of the named passages; without ``words`` as if they shared none with the question."""
        generation = self.index.generation
        starts, counts = generation.sentence_runs(rows)
        closeness = self.sentences[question][runs(starts, counts)]
        if words is not None:
            closeness = closeness + SENTENCE_WORDS * torch.as_tensor(words.sentences)
        owner = torch.repeat_interleave(torch.as_tensor(counts))
        best = torch.full((len(rows),), -2.0).scatter_reduce(0, owner, closeness, "amax")
        score = WEIGHTS["sentence"] * best / (1 + SENTENCE_WORDS)
        score = score + WEIGHTS["passage"] * self.passages[question][rows]
        score = score + WEIGHTS["article"] * self.articles[question][generation.article_rows[rows]]
        if words is not None:
            score = score + torch.as_tensor(sum(WEIGHTS[name] * getattr(words, name) for name in _BY_WORDS))
        return score / _TOTAL
