"""The folder of an exported encoder: its networks and tokenizer, and a manifest that tells whether they are whole.

``bert`` or ``exporting`` makes one, ``proof`` compares what it says, an index carries it, ``graph`` runs it. The only
import of tokenizers.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from healthsearch.files import sha256
from healthsearch.runtime import openvino_runtime

# Raise it when the files of the folder change shape; older ones are then exported anew.
_FORMAT = 2
_MANIFEST, _TOKENIZER = "encoder.json", "tokenizer.json"
ASKING, READING = "query.xml", "passage.xml"
# So many passages of one rounded length are read at once; more gain nothing.
_TOGETHER = 8


@dataclass(frozen=True, slots=True)
class ExportManifest:
    """What the folder of an exported encoder says of it. ``files``: SHA-256 by name.

    ``agreement``: for each precision that was proven, the smallest cosine between a vector of it and of
    sentence-transformers; empty when the network could not be exported, for the reason in ``unfit``.
    ``together``: how many passages it may read at once, which leaves each as it is alone, to the last bit.
    """

    digest: str
    passage_digest: str
    dimension: int
    limit: int
    most_tokens: int
    query_prompt: str
    passage_prompt: str
    agreement: dict[str, float]
    files: dict[str, str]
    unfit: str = ""
    together: int = _TOGETHER
    format: int = _FORMAT

    @classmethod
    def read(cls, home: Path, digest: str) -> ExportManifest | None:
        """What is kept under ``home`` of the encoder of this digest; None without it, or when a file has changed."""
        folder = folder_of(home, digest)
        try:
            digests = _digests(folder)
            manifest = cls(**json.loads((folder / _MANIFEST).read_text(encoding="utf-8")))
            whole = manifest.format == _FORMAT and manifest.digest == digest and manifest.files == digests
        except (OSError, RecursionError, ValueError, TypeError):
            return None
        return manifest if whole else None

    def write(self, folder: Path) -> None:
        """The last file of a folder to be written."""
        (folder / _MANIFEST).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def folder_of(home: Path, digest: str) -> Path:
    """Where an encoder is kept under ``home``."""
    return home / digest[:16]


def keep_only(digests: Collection[str], home: Path) -> None:
    """Remove every encoder under ``home`` but these."""
    kept = {folder_of(home, digest) for digest in digests}
    for folder in home.iterdir() if home.is_dir() else ():
        if folder not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def plain_tokenizer(file: Path) -> Tokenizer:
    """The tokenizer in this file, neither cutting nor padding."""
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def saved_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of the folder, as it was saved."""
    return Tokenizer.from_file(str(folder / _TOKENIZER))


def save_networks(folder: Path, tokenizer: Tokenizer, asking: Any, reading: Any | None) -> dict[str, str]:  # noqa: ANN401
    """Write tokenizer and networks (OpenVINO models; ``reading`` None where one reads all); returns their SHA-256s.

    Weights are kept in half precision, which halves the file and costs less than bfloat16 multiplication does.
    """
    tokenizer.save(str(folder / _TOKENIZER))
    openvino_runtime().save_model(asking, folder / ASKING, compress_to_fp16=True)
    if reading is not None:
        openvino_runtime().save_model(reading, folder / READING, compress_to_fp16=True)
    return _digests(folder)


def _digests(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_file():
            # What stands there instead of a file may never end.
            raise ValueError(f"{path} is no file")
        if path.name != _MANIFEST:
            found[path.name] = sha256(path)
    return found
