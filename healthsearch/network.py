"""An encoder run by sentence-transformers: the reference that ``graph`` is exported from and compared with.

With ``exporting`` and ``reranker`` the only import of sentence-transformers. Nothing is ever fetched: the hub is
switched off before it can be asked.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from healthsearch.adapter import Adapter
from healthsearch.arrays import Matrix, Vector
from healthsearch.encoder import ModelFiles, sentence_means, unit_rows
from healthsearch.errors import HealthSearchError
from healthsearch.passages import Span

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class SentenceTransformerEncoder:
    """An ``Encoder`` on any sentence-transformers model that compares by cosine.

    Passages are encoded one at a time: without padding nothing is wasted on a processor, and a vector
    does not depend on its neighbours in a batch, so that a partial build gives the bytes of a full one.
    An adapter tunes the network that reads questions; passages are read by the original. Raises HealthSearchError
    when the folder's files make no usable encoder.
    """

    precision = "float32"
    # torch itself uses all processors for one passage.
    workers = 1

    def __init__(self, model: ModelFiles) -> None:
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
        self.name = model.name
        self.digest = model.digest
        self.passage_digest = model.passage_digest
        self._files = model
        self.asking = _load(model, model.adapter)

    @cached_property
    def reading(self) -> SentenceTransformer:
        """The network that reads passages: where an adapter tunes ``asking``, the one for questions, a second one."""
        return self.asking if self._files.adapter is None else _load(self._files, None)

    @cached_property
    def query_prompt(self) -> str:
        """What stands before every question."""
        # As sentence-transformers itself chooses it.
        prompts = self.asking.prompts
        return str(prompts["query"] if "query" in prompts else prompts.get(self.asking.default_prompt_name) or "")

    @cached_property
    def passage_prompt(self) -> str:
        """What stands before every passage."""
        # In the order in which sentence-transformers itself prefers them for documents.
        prompts = self.asking.prompts
        return str(next((prompts[n] for n in ("document", "passage", "corpus") if prompts.get(n)), ""))

    @cached_property
    def dimension(self) -> int:
        """Columns of every matrix it returns."""
        dimension = self.asking.get_embedding_dimension()
        if dimension is None:
            raise ValueError(f"{self.name} does not say how many dimensions it has")
        return int(dimension)

    @cached_property
    def tokenizer(self) -> Any:  # noqa: ANN401 - tokenizers brings no types
        """The tokenizer's own engine, neither cutting nor padding: a copy, since encoding sets how the model's does."""
        engine = copy.deepcopy(self.asking.tokenizer.backend_tokenizer)
        engine.no_truncation()
        engine.no_padding()
        return engine

    @cached_property
    def parts_add_up(self) -> bool:
        """See ``Tokenizer.parts_add_up``."""
        return parts_add_up(self.tokenizer)

    @cached_property
    def most_tokens(self) -> int:
        """How many tokens the network reads at once, special ones included."""
        tokenizer = self.asking.tokenizer
        return int(min(self.asking.max_seq_length or tokenizer.model_max_length, tokenizer.model_max_length))

    @cached_property
    def limit(self) -> int:
        """What the network reads at once, less its special tokens and its prompt for documents."""
        prompt = len(self.token_spans([self.passage_prompt])[0])
        return self.most_tokens - int(self.asking.tokenizer.num_special_tokens_to_add()) - prompt

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """See ``Tokenizer.token_spans``."""
        # Not by transformers, which takes as long again to repack what the engine gives.
        return [encoded.offsets for encoded in self.tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def encode_query(self, queries: Sequence[str]) -> Matrix:
        """See ``Encoder.encode_query``; what is over the limit is cut."""
        rows = self.asking.encode_query(list(queries), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(rows, dtype=np.float32).reshape(len(queries), self.dimension)

    def encode_passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> Iterator[tuple[int, Vector, Matrix]]:
        """See ``Encoder.encode_passages``. A passage over the limit is a ValueError, never cut silently."""
        # One at a time: among others it would be padded, which moves the last bits.
        for place, (text, sentences) in enumerate(passages):
            yield place, *self._passage(text, sentences)

    def _passage(self, text: str, sentences: Sequence[Span]) -> tuple[Vector, Matrix]:
        prompt = self.passage_prompt
        output: Any = self.reading.encode(
            [text], prompt=prompt, output_value=None, normalize_embeddings=True, show_progress_bar=False
        )[0]
        tokens = output["token_embeddings"].numpy()
        spans = np.array(self.tokenizer.encode(prompt + text).offsets) - len(prompt)
        if len(spans) != len(tokens):
            raise ValueError(f"the encoder read {len(tokens)} of the passage's {len(spans)} tokens")
        whole = unit_rows(output["sentence_embedding"].numpy()[None, :])[0]
        return whole, sentence_means(tokens, spans, sentences)


def parts_add_up(tokenizer: Any) -> bool:  # noqa: ANN401 - tokenizers brings no types
    """See ``Tokenizer.parts_add_up``: known of BERT's tokens, which never run across white space."""
    return type(tokenizer.pre_tokenizer).__name__ == "BertPreTokenizer"


def _load(model: ModelFiles, adapter: Adapter | None) -> SentenceTransformer:
    import transformers
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    transformers.utils.logging.disable_progress_bar()
    try:
        loaded = SentenceTransformer(
            str(model.folder), device="cpu", local_files_only=True, model_kwargs={"use_safetensors": True}
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise HealthSearchError(
            model.folder, f"the model cannot be loaded ({error})", "Name another folder, or leave --model out."
        ) from None
    if not getattr(loaded.tokenizer, "is_fast", False):
        raise HealthSearchError(
            model.name, "its tokenizer cannot say where a token stands", "Use a model with a tokenizer.json."
        )
    if adapter is not None:
        adapter.add_to(loaded)
    if loaded.similarity_fn_name == "dot" and type(loaded[-1]).__name__ != "Normalize":
        raise HealthSearchError(
            model.name,
            "it compares by dot product, and its vectors must not be brought to one length",
            "Use a model that compares by cosine.",
        )
    return loaded
