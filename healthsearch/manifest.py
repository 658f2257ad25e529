"""The manifest of a generation: what made it, what it holds, and the SHA-256 of each of its files.

A generation is named by the digest of its manifest, so that no file of it can change unnoticed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from healthsearch.errors import BUILD_AGAIN, HealthSearchError, UnreadableArticle
from healthsearch.files import digests, read_text
from healthsearch.passages import SPLITTING, TARGET_TOKENS
from healthsearch.readers import READING
from healthsearch.words import ANALYSIS

# Raise it when the files of a generation change shape; older indexes are then built anew, never misread.
FORMAT = 6
# The file's name in a generation.
MANIFEST = "manifest.json"


class Damaged(HealthSearchError):
    """A generation's files are not what was published."""


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """The encoder as the manifest names it; ``passage_digest`` is that of ``Encoder.passage_digest``."""

    name: str
    digest: str
    passage_digest: str
    dimension: int
    limit: int
    precision: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file of which something could not become an article: its digest, and (place, cause, remedy) of each."""

    digest: str
    problems: list[tuple[str, str, str]]

    def errors(self) -> list[UnreadableArticle]:
        """The problems as they were raised."""
        return [UnreadableArticle(*problem) for problem in self.problems]


def rules() -> dict[str, object]:
    """What, besides articles and encoder, decides the content of a generation."""
    return {
        "format": FORMAT,
        "reading": READING,
        "splitting": SPLITTING,
        "passage_tokens": TARGET_TOKENS,
        "analysis": ANALYSIS,
    }


def generation_name(manifest: dict[str, Any]) -> str:
    """The name of a generation: a digest of all that it is."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:16]


def manifest_text(manifest: dict[str, Any]) -> str:
    """What its file holds."""
    return json.dumps(manifest, indent=1)


def read_manifest(folder: Path, name: str) -> dict[str, Any]:
    """The manifest of the generation in this folder, which must amount to this name.

    Raises Damaged when it does not, HealthSearchError when its format is not today's.
    """
    file = folder / MANIFEST
    try:
        text = read_text(file)
        manifest: dict[str, Any] = json.loads(text)
        made_by = manifest["format"]
    except (OSError, RecursionError, ValueError, KeyError, TypeError):
        raise Damaged(file, "the index's manifest is missing or cannot be read", BUILD_AGAIN) from None
    if made_by != FORMAT:
        raise HealthSearchError(
            file, f"the index has format {made_by}, and this version reads format {FORMAT}", BUILD_AGAIN
        )
    if generation_name(manifest) != name or manifest_text(manifest) != text:
        raise Damaged(file, "the index's manifest has changed since it was published", BUILD_AGAIN)
    return manifest


def check_files(folder: Path, manifest: dict[str, Any]) -> None:
    """Read every file that the manifest lists; raises Damaged at the first that is not what it was."""
    for name, digest in digests(folder, list(manifest["files"].keys())).items():
        if digest is None:
            raise Damaged(folder / name, "a file of the index is missing or cannot be read", BUILD_AGAIN)
        if digest != manifest["files"][name]:
            raise Damaged(folder / name, "a file of the index has changed since it was published", BUILD_AGAIN)
