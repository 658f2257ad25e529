"""What the last builds did: a short list beside the generations, for whoever looks after the articles.

Nothing rests on it. A list that cannot be read is an empty one, and one that cannot be written stays as it was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from healthsearch.files import read_text, write_atomically
from healthsearch.plan import Summary

FILE = "builds.json"
# Builds that are told of, and files that each of them names in each of its lists; the counts are of all.
MOST_BUILDS = 20
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Files:
    """How many files, and the first of them: paths, with ``skipped`` whole sentences."""

    count: int = 0
    named: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: Sequence[object]) -> Files:
        """All of these, of which the first are named."""
        return cls(len(names), tuple(map(str, names[:MOST_NAMED])))


@dataclass(frozen=True, slots=True)
class Built:
    """One build that was published: when (UTC, ISO 8601), under which name, and what had become of which files."""

    when: str
    generation: str
    added: Files
    changed: Files
    deleted: Files
    renamed: Files
    skipped: Files


def record(index: Path, summary: Summary) -> None:
    """Put a build that was published in front of the list."""
    built = Built(
        datetime.now(UTC).isoformat(timespec="seconds"),
        summary.generation or "",
        Files.of(summary.added),
        Files.of(summary.changed),
        Files.of(summary.deleted),
        Files.of([f"{old} → {new}" for old, new in summary.renamed]),
        Files.of(summary.skipped),
    )
    newest = [asdict(build) for build in (built, *builds(index))[:MOST_BUILDS]]
    with suppress(OSError, UnicodeError):
        write_atomically(index / FILE, json.dumps(newest, ensure_ascii=False))


def builds(index: Path) -> list[Built]:
    """The last builds, the newest first."""
    try:
        return [_built(values) for values in json.loads(read_text(index / FILE))][:MOST_BUILDS]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []


def _built(values: dict[str, Any]) -> Built:
    datetime.fromisoformat(values["when"])
    lists = {field.name: _files(values[field.name]) for field in fields(Built)[2:]}
    return Built(values["when"], str(values["generation"]), **lists)


def _files(values: dict[str, Any]) -> Files:
    return Files(int(values["count"]), tuple(map(str, values["named"])))
