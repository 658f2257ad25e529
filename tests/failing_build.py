"""A build in a process of its own in which one of its changes to the disk fails, or is its last.

Changes are what Python asks of the system, by its audit log: to open a file for writing or a database, to flush,
rename or delete, to make a folder or remove one. Needs a system with ``fork``.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from healthsearch.arrays import Matrix, Vector
from healthsearch.errors import BuildRunning, HealthSearchError
from healthsearch.passages import Span
from tests.fakes import KeywordEncoder, KeywordModel

# How a change fails: by itself, as where the disk has no room for it; with all that come after it, as when permissions
# are taken away; by leaving no room for a single byte more; by the end of the process.
WAYS = ("refused", "forbidden", "full", "killed")
# How a process ends that was kept from its work by an error that is told, by another builder, by anything else.
TOLD, KEPT_OUT, BROKEN = 1, 2, 70
_CALLS = {"open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.fsync", "sqlite3.connect"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(slots=True)
class TellingModel(KeywordModel):
    """Tells a pipe what was encoded, which is known then also of a process that was killed."""

    pipe: int = -1

    def load(self, home: Path | None = None) -> KeywordEncoder:
        """See ``Model``."""
        return TellingEncoder(self)


class TellingEncoder(KeywordEncoder):
    """The encoder of such a model."""

    model: TellingModel

    def _passage(self, text: str, sentences: Sequence[Span]) -> tuple[Vector, Matrix]:
        found = super()._passage(text, sentences)
        os.write(self.model.pipe, text.encode() + b"\0")
        return found


class Child:
    """A process with all modules loaded, begun at once, that does some work with a pipe to tell of it."""

    def __init__(self, work: Callable[[int], None]) -> None:
        self._pipe, told = os.pipe()
        self.process = os.fork()
        if not self.process:
            status = BROKEN
            try:
                work(told)
                status = 0
            except BuildRunning:
                status = KEPT_OUT
            except HealthSearchError:
                status = TOLD
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(told)

    def ended(self) -> tuple[int, list[str]]:
        """Its exit status, negative for a signal, and what it told, each ended by a zero."""
        with os.fdopen(self._pipe, "rb") as pipe:
            told = pipe.read().decode().split("\0")[:-1]
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1]), told


def at_changes(do: Callable[[int], object]) -> None:
    """Do something before every change that this process makes to the disk, given the change's number, from 1."""
    made = 0

    def watch(call: str, arguments: tuple) -> None:
        nonlocal made
        reads = (call == "open" and not arguments[2] & _WRITING) or "mode=ro" in str(arguments[:1])
        if call in _CALLS and not reads:
            made += 1
            do(made)

    sys.addaudithook(watch)
    flush = os.fsync

    def told_flush(fd: Any) -> None:
        sys.audit("os.fsync", fd)
        flush(fd)

    os.fsync = told_flush


def fail(way: str, number: int, *, at: int) -> None:
    """The change of this number, when it is the one to fail or comes after it."""
    if number == at and way == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if number == at and way == "full":
        # The system then refuses every write, those of SQLite and numpy too.
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    if number == at and way == "refused":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if number >= at and way == "forbidden":
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
