"""Follows an index folder: which generation serves, whatever a build, a fault or a deletion does to the folder."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from healthsearch.embedded import Embedded
from healthsearch.errors import HealthSearchError
from healthsearch.files import FolderState, state_of
from healthsearch.generation import Generation
from healthsearch.in_use import open_generation
from healthsearch.index_folder import GENERATIONS, Pointer


@dataclass(frozen=True, slots=True)
class Opened:
    """A generation that serves, the pointer that led to it, and what is wrong with the newest, where this is not it."""

    pointer: Pointer
    index: Embedded
    fault: HealthSearchError | None

    @property
    def generation(self) -> Generation:
        """The generation itself."""
        return self.index.generation


# A pointer, and what tells a change of the generations that it names.
_State: TypeAlias = tuple[Pointer, list[FolderState]]


class Follower:
    """The generation of an index folder that serves; safe to share between threads.

    What was opened goes on serving when the index is damaged or taken away.
    """

    def __init__(self, index: Path) -> None:
        self.index = index
        self._opening = threading.Lock()
        self._opened: Opened | None = None
        # Why nothing newer than that could be opened, and of which files in which state this is known.
        self._fault: HealthSearchError | None = None
        self._refused: tuple[_State, HealthSearchError] | None = None

    def newest(self) -> Opened:
        """What serves, after a look for anything newer.

        Raises NoIndex, HealthSearchError when there is nothing that could serve.
        """
        opened = self._opened
        try:
            pointer = Pointer.read(self.index)
            if opened is None or opened.pointer != pointer:
                opened = self._follow(pointer, opened)
            if opened.pointer == pointer:
                self._fault = None
        except HealthSearchError as fault:
            if opened is None:
                raise
            self._fault = fault.with_traceback(None)
        return self._with_fault(opened)

    @property
    def opened(self) -> Opened | None:
        """What was opened last, without a look at the folder."""
        return self._with_fault(self._opened) if self._opened else None

    def _with_fault(self, opened: Opened) -> Opened:
        return replace(opened, fault=self._fault) if self._fault else opened

    def _follow(self, pointer: Pointer, serving: Opened | None) -> Opened:
        """What the pointer names. While one visitor waits until all its files are read, the others have what serves."""
        if not self._opening.acquire(blocking=serving is None) and serving is not None:
            return serving
        try:
            if self._opened is None or self._opened.pointer != pointer:
                self._opened = self._open(pointer)
            return self._opened
        finally:
            self._opening.release()

    def _open(self, pointer: Pointer) -> Opened:
        state = _state(self.index, pointer)
        if self._refused is not None and self._refused[0] == state:
            raise self._refused[1].with_traceback(None)
        try:
            generation, fault = open_generation(self.index)
            return Opened(pointer, Embedded(generation), fault)
        except HealthSearchError as fault:
            self._refused = state, fault
            raise


def _state(index: Path, pointer: Pointer) -> _State:
    try:
        return pointer, [state_of(index / GENERATIONS / name) for name in pointer.generations]
    except OSError:
        # A build has cleaned one away meanwhile, and published another.
        return pointer, []
