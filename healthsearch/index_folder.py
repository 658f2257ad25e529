"""What stands where in the folder of an index, and its pointer: which generation is in use.

index/current.json                 the pointer: the generation in use, the one before it, and since when
index/generations/NAME/            a generation: see ``generation``
index/encoder/                     the encoder as exported for this machine: see ``graph``
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from healthsearch.errors import BUILD_AGAIN, BUILD_COMMAND, HealthSearchError, NoIndex
from healthsearch.files import read_text, write_atomically

ENCODERS = "encoder"
GENERATIONS = "generations"
_POINTER = "current.json"
_GENERATION_NAME = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Pointer:
    """The content of ``current.json``; ``published`` is a time in UTC, in ISO 8601."""

    generation: str
    previous: str | None
    published: str

    @classmethod
    def read(cls, index: Path) -> Pointer:
        """The pointer of this index. Raises NoIndex when nothing was published, HealthSearchError when unreadable."""
        file = index / _POINTER
        try:
            values = json.loads(read_text(file))
            generation, previous = str(values["generation"]), values["previous"]
            pointer = cls(generation, None if previous is None else str(previous), str(values["published"]))
            if not all(_GENERATION_NAME.fullmatch(name) for name in pointer.generations):
                raise ValueError("no name of a generation")
            return pointer
        except FileNotFoundError:
            raise NoIndex(index, "there is no index yet", f"Build it: {BUILD_COMMAND}") from None
        except (OSError, RecursionError, ValueError, KeyError, TypeError) as error:
            raise HealthSearchError(file, f"the pointer cannot be read ({type(error).__name__})", BUILD_AGAIN) from None

    def write(self, index: Path) -> None:
        """Publish: searches see the old pointer or this one, nothing between."""
        write_atomically(index / _POINTER, json.dumps(asdict(self), indent=1))

    @property
    def generations(self) -> list[str]:
        """The generations that it names, the one in use first."""
        return [name for name in (self.generation, self.previous) if name is not None]
