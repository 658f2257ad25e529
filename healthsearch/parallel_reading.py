"""Reads many files at once, in processes of their own, in the order of the corpus and in bounded memory.

A process that comes to its end on a file, as libraries in C may, costs that file alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import astuple
from pathlib import Path, PurePosixPath
from queue import SimpleQueue
from typing import Any

from healthsearch.article import Article, Heading
from healthsearch.corpus import SourceFile, read_file
from healthsearch.errors import UnreadableArticle
from healthsearch.readers import Outcome
from healthsearch.subprograms import command, environment

# Starting a process takes as long as reading so many bytes of text.
_WORTH = 8_000_000
# Read by a library in C from files that a stranger may have made; an archive may contain them.
_APART = (".pdf", ".zip", ".gz")
_MOST_PROCESSES = 4
# What may have been read and wait to be taken, by its size in files.
_MOST_WAITING = 64_000_000
_MOST_FILES_WAITING = 256
# A book of 50 MB is read in half a minute.
_LONGEST = 300.0

Read = tuple[SourceFile, Iterator[Outcome]]
_Outcomes = tuple[SourceFile, list[Outcome]]


def read_files(corpus: Path, files: Sequence[SourceFile]) -> Generator[Read]:
    """Each file as it was read (it may just have changed) with its articles or what is wrong, in the given order.

    Few files are read here, one by one; many, and those of formats that need it, in processes of their own. Close the
    iterator to end these.
    """
    if sum(file.size for file in files) > _WORTH or any(_is_apart(file.path) for file in files):
        return _read_apart(corpus, files, min(_MOST_PROCESSES, os.cpu_count() or 1, len(files)))
    return (_read_here(corpus, file) for file in files)


def _is_apart(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in _APART


def _read_here(corpus: Path, file: SourceFile) -> Read:
    try:
        return read_file(corpus, file)
    except UnreadableArticle as problem:
        return file, iter([problem])


def _read_apart(corpus: Path, files: Sequence[SourceFile], count: int) -> Generator[Read]:
    processes = [_Process(corpus) for _ in range(count)]
    free: SimpleQueue[_Process] = SimpleQueue()
    for process in processes:
        free.put(process)

    def read(file: SourceFile) -> _Outcomes:
        process = free.get()
        try:
            return process.read(file)
        finally:
            free.put(process)

    waiting: deque[tuple[int, Future[_Outcomes]]] = deque()
    size = 0
    with ExitStack() as ends, ThreadPoolExecutor(count) as pool:
        for process in processes:
            ends.callback(process.end)
        try:
            for file in files:
                while waiting and (size + file.size > _MOST_WAITING or len(waiting) == _MOST_FILES_WAITING):
                    size -= waiting[0][0]
                    yield _taken(waiting)
                waiting.append((file.size, pool.submit(read, file)))
                size += file.size
            while waiting:
                yield _taken(waiting)
        finally:
            # Whoever has had enough does not wait for what is still being read.
            pool.shutdown(wait=False, cancel_futures=True)
            if waiting:
                for process in processes:
                    process.stop()


def _taken(waiting: deque[tuple[int, Future[_Outcomes]]]) -> Read:
    file, outcomes = waiting.popleft()[1].result()
    return file, iter(outcomes)


class _Process:
    """A process that reads one file after another, begun when first needed, and anew after one that ended it."""

    def __init__(self, corpus: Path) -> None:
        self._corpus = corpus
        self._running: subprocess.Popen[str] | None = None
        self._stopped = False

    def read(self, file: SourceFile) -> _Outcomes:
        """The file as it was read and what came out of it; its problem alone when the process ended on it twice."""
        for _ in range(2):
            late = threading.Event()
            answer = self._answer(file, late)
            if answer is not None:
                return answer
            self.end()
            if late.is_set():
                cause = f"reading it took longer than {_LONGEST / 60:.0f} minutes"
                return file, [UnreadableArticle(file.path, cause, "Split it into articles of their own.")]
            if self._stopped:
                break
        cause = "reading it brought the program that reads to its end"
        return file, [UnreadableArticle(file.path, cause, "Open it in its own program and save it anew.")]

    def stop(self) -> None:
        """Break off what is being read, from another thread."""
        self._stopped = True
        if running := self._running:
            running.kill()

    def end(self) -> None:
        """Let the process come to its end."""
        running, self._running = self._running, None
        if running is not None:
            # One that ended before what it was sent cannot be sent the rest.
            with suppress(OSError):
                running.communicate()

    def _answer(self, file: SourceFile, late: threading.Event) -> _Outcomes | None:
        """None when the process ended before it had answered; ``late`` is set when it was ended for its slowness."""
        running = self._running = self._running or self._begun()

        def give_up() -> None:
            late.set()
            running.kill()

        timer = threading.Timer(_LONGEST, give_up)
        timer.start()
        try:
            return _exchange(running, file)
        finally:
            timer.cancel()

    def _begun(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command("reading_process", str(self._corpus.resolve())),
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            # Who interrupts a build interrupts all of its session; this ends with its input instead.
            start_new_session=True,
        )


def _exchange(running: subprocess.Popen[str], file: SourceFile) -> _Outcomes | None:
    """Ask the process for the file; None when it ends before it has answered."""
    assert running.stdin is not None
    assert running.stdout is not None
    with suppress(OSError):
        running.stdin.write(json.dumps(astuple(file)) + "\n")
        running.stdin.flush()
    messages: list[Any] = []
    while (line := running.stdout.readline()).endswith("\n"):
        message = json.loads(line)
        if message is None:
            return SourceFile(*messages[0]), [_outcome(each) for each in messages[1:]]
        messages.append(message)
    return None


def _outcome(message: Any) -> Outcome:  # noqa: ANN401 - what JSON says
    if isinstance(message, list):
        return UnreadableArticle(*message)
    headings = tuple(Heading(**heading) for heading in message.pop("headings"))
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in message.items()
    }
    return Article(headings=headings, **values)
