"""The generation in use of an index folder: opens it, or falls back to the one before it when it is damaged."""

from __future__ import annotations

from pathlib import Path

from healthsearch.errors import HealthSearchError
from healthsearch.generation import Generation
from healthsearch.index_folder import GENERATIONS, Pointer
from healthsearch.manifest import read_manifest


def open_generation(index: Path) -> tuple[Generation, HealthSearchError | None]:
    """The generation in use; or, when it is damaged, the one before it, and what is wrong.

    Raises NoIndex when none was ever published, HealthSearchError when none can be opened.
    """
    pointer = Pointer.read(index)
    try:
        return Generation(index / GENERATIONS / pointer.generation), None
    except HealthSearchError as fault:
        if Pointer.read(index) != pointer:
            # Builds that were published while it was being read have cleaned it away.
            return open_generation(index)
        if pointer.previous is not None:
            try:
                return Generation(index / GENERATIONS / pointer.previous), fault
            except HealthSearchError:
                pass
        raise fault from None


def model_of(index: Path) -> str | None:
    """The model that the index in use was made with, by its manifest alone; None when there is none to read."""
    try:
        generation = Pointer.read(index).generation
        return str(read_manifest(index / GENERATIONS / generation, generation)["encoder"]["name"])
    except (HealthSearchError, KeyError, TypeError):
        return None


def fault_of_fallback(index: Path) -> HealthSearchError | None:
    """What is wrong with the generation that would serve if the one in use were damaged; None where there is none.

    Raises as ``Pointer.read`` does.
    """
    pointer = Pointer.read(index)
    if pointer.previous is None:
        return None
    try:
        Generation(index / GENERATIONS / pointer.previous).close()
    except HealthSearchError as fault:
        # A build that was published while it was being read has cleaned it away.
        return fault if Pointer.read(index) == pointer else fault_of_fallback(index)
    return None
