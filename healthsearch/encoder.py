"""What an encoder is: text to unit vectors. Which network does it is told elsewhere.

``network`` runs one by sentence-transformers, ``graph`` the same one exported for this processor. Knows nothing of
articles; callers hand it the text to read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from healthsearch.adapter import Adapter
from healthsearch.arrays import Matrix, Vector
from healthsearch.passages import Span, Tokenizer


class Encoder(Tokenizer, Protocol):
    """Maps text to unit rows of float32, so that a dot product is a cosine. Safe to share between threads.

    As a ``Tokenizer``, its ``limit`` is what it reads of one passage, special tokens and prompt not counted.
    """

    @property
    def name(self) -> str:
        """What the user called the model; enough to load it again."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 of everything that shapes its vectors, but for the precision of the processor."""
        ...

    @property
    def passage_digest(self) -> str:
        """SHA-256 of what shapes the vectors of passages: encoders alike in it can share them."""
        ...

    @property
    def dimension(self) -> int:
        """Columns of every matrix it returns."""
        ...

    @property
    def precision(self) -> str:
        """The type of the numbers that it multiplies, such as ``float32``."""
        ...

    @property
    def workers(self) -> int:
        """How many threads are best given passages to encode at once."""
        ...

    def encode_query(self, queries: Sequence[str]) -> Matrix:
        """N queries to an (n, dimension) matrix."""
        ...

    def encode_passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> Iterator[tuple[int, Vector, Matrix]]:
        """Passages, each a text and the spans of its sentences, as soon as they are encoded and in any order: the place
        of each, its (dimension,) vector, and the (n, dimension) of its sentences, each read in its context.

        A passage has the same vectors, to the last bit, whatever it is given with.
        """
        ...


class Model(Protocol):
    """An encoder that is not loaded yet: where nothing has to be encoded it never is."""

    @property
    def name(self) -> str:
        """See ``Encoder.name``."""
        ...

    @property
    def digest(self) -> str:
        """See ``Encoder.digest``."""
        ...

    def load(self, home: Path | None = None) -> Encoder:
        """Load it; takes seconds, unless ``home``, a folder, keeps what an earlier load has prepared."""
        ...


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A sentence-transformers model in a folder on this machine; see ``Encoder`` for name and digests."""

    name: str
    folder: Path
    digest: str
    passage_digest: str
    adapter: Adapter | None = None


def encode_passage(encoder: Encoder, text: str, sentences: Sequence[Span]) -> tuple[Vector, Matrix]:
    """A single passage, see ``Encoder.encode_passages``."""
    ((_, vector, found),) = encoder.encode_passages([(text, sentences)])
    return vector, found


def sentence_means(tokens: Matrix, spans: npt.NDArray[np.int64], sentences: Sequence[Span]) -> Matrix:
    """For each sentence the unit mean of its tokens' vectors, as (n, dimension); zeros for one without any token.

    ``spans`` (n, 2) tells where each of the (n, dimension) ``tokens`` stands; special tokens have empty ones. Reading
    a sentence in its passage costs nothing extra: "late chunking", Günther et al. 2024, arXiv:2409.04701.
    """
    if not sentences:
        return np.zeros((0, tokens.shape[1]), np.float32)
    starts, ends = np.array(sentences).T[:, :, None]
    inside = (spans[:, 0] >= starts) & (spans[:, 1] <= ends) & (spans[:, 1] > spans[:, 0])
    # Of length 1 a sum is the mean.
    return unit_rows(inside.astype(np.float32) @ tokens)


def unit_rows(rows: Matrix) -> Matrix:
    """The rows brought to length 1; rows of zeros stay zeros."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, np.finfo(np.float32).tiny), dtype=np.float32)
