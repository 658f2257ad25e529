"""Files read in processes of their own give what they give when read here; what ends a process costs one file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from healthsearch import parallel_reading
from healthsearch.corpus import SourceFile, list_files, read_file
from healthsearch.errors import UnreadableArticle
from healthsearch.parallel_reading import read_files
from healthsearch.readers import Outcome
from healthsearch.subprograms import command, environment
from tests.folders import ROOT

FORMATS = ROOT / "tests" / "formats"
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc")


def reading_processes(parent: int | None = None) -> list[int]:
    """The ids of the processes that read for this one, by default the one that runs the tests."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            begun_by = int(status.read_text().rpartition(")")[2].split()[1])
            told = status.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if begun_by == (parent or os.getpid()) and b"healthsearch.reading_process" in told:
            found.append(int(status.parent.name))
    return found


@contextmanager
def killing(most: int) -> Iterator[None]:
    """Kill the first so many reading processes as soon as they have begun."""
    done = threading.Event()
    killed: set[int] = set()

    def kill() -> None:
        while not done.wait(0.005):
            for process in reading_processes():
                if len(killed) < most and process not in killed:
                    killed.add(process)
                    os.kill(process, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    assert len(killed) == most


def all_of(corpus: Path, files: list[SourceFile]) -> list[tuple[SourceFile, list[Outcome]]]:
    return [(file, list(outcomes)) for file, outcomes in read_files(corpus, files)]


def told(outcomes: list[Outcome]) -> list[object]:
    """Outcomes in a form that can be compared."""
    return [str(one) if isinstance(one, UnreadableArticle) else one for one in outcomes]


def test_every_format_gives_the_same_as_when_it_is_read_here() -> None:
    files, _, _ = list_files(FORMATS)
    assert {".pdf", ".docx", ".jsonl", ".html"} <= {Path(file.path).suffix for file in files}
    expected = [(file, list(read_file(FORMATS, file)[1])) for file in files]
    found = all_of(FORMATS, files)
    assert [(file, told(outcomes)) for file, outcomes in found] == [(file, told(each)) for file, each in expected]


def test_problems_and_changes_of_files_are_told_in_their_order(tmp_path: Path) -> None:
    for name, data in {"a.pdf": b"%PDF-1.7 nothing", "b.md": b"Text.", "c.md": b"\0a\xff", "d.md": b"gone"}.items():
        (tmp_path / name).write_bytes(data)
    files, _, _ = list_files(tmp_path)
    (tmp_path / "b.md").write_text("New.")
    (tmp_path / "d.md").unlink()
    found = all_of(tmp_path, files)
    [broken], [changed], [binary], [gone] = (outcomes for _, outcomes in found)
    assert "not a PDF" in str(broken)
    assert not isinstance(changed, UnreadableArticle)
    assert changed.text == "New."
    assert found[1][0].size == 4
    assert "binary" in str(binary)
    assert "cannot be read" in str(gone)
    assert [file.path for file, _ in found] == ["a.pdf", "b.md", "c.md", "d.md"]


@needs_proc
def test_few_small_texts_are_read_without_another_process(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Text.")
    with closing(read_files(tmp_path, list_files(tmp_path)[0])) as read:
        next(read)
        assert reading_processes() == []


def test_many_texts_are_read_in_processes_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_reading, "_WORTH", 10)
    monkeypatch.setattr(parallel_reading, "_MOST_WAITING", 40)
    monkeypatch.setattr(parallel_reading, "_MOST_FILES_WAITING", 3)
    for number in range(20):
        (tmp_path / f"{number:02}.md").write_text(f"Text {number}, {'long ' * number}.")
    files, _, _ = list_files(tmp_path)
    assert [told(outcomes) for _, outcomes in all_of(tmp_path, files)] == [
        told(list(read_file(tmp_path, file)[1])) for file in files
    ]


@needs_proc
def test_a_process_that_dies_once_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes((FORMATS / "sore-shoulder.pdf").read_bytes())
    with killing(1):
        [(_, [article])] = all_of(tmp_path, list_files(tmp_path)[0])
    assert not isinstance(article, UnreadableArticle)
    assert article.title == "Sleeping with a sore shoulder"


@needs_proc
def test_a_file_on_which_it_always_dies_is_named_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel_reading, "_MOST_PROCESSES", 1)
    for name in ("a.pdf", "b.pdf"):
        (tmp_path / name).write_bytes((FORMATS / "sore-shoulder.pdf").read_bytes())
    with killing(2):
        [(_, [problem]), (_, [article])] = all_of(tmp_path, list_files(tmp_path)[0])
    assert str(problem) == (
        "a.pdf: reading it brought the program that reads to its end. Open it in its own program and save it anew."
    )
    assert not isinstance(article, UnreadableArticle)


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_reading, "_LONGEST", 0.01)
    (tmp_path / "a.pdf").write_bytes((FORMATS / "sore-shoulder.pdf").read_bytes())
    [(_, [problem])] = all_of(tmp_path, list_files(tmp_path)[0])
    assert "took longer than" in str(problem)


@needs_proc
def test_who_has_had_enough_leaves_no_process_behind(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number:02}.pdf").write_bytes((FORMATS / "sore-shoulder.pdf").read_bytes())
    with closing(read_files(tmp_path, list_files(tmp_path)[0])) as read:
        next(read)
        assert reading_processes()
    assert reading_processes() == []


@pytest.mark.parametrize("module", ["reading_process", "exporting"])
def test_programs_of_the_package_import_nothing_from_the_working_folder(tmp_path: Path, module: str) -> None:
    for name in ("json", "numpy", "pypdfium2", "lxml"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'trap')!r}, 'w').close()")
    done = subprocess.run(
        command(module, *["no-such-model", str(tmp_path)][-1 if module == "reading_process" else 0 :]),
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == (0 if module == "reading_process" else 1), done.stderr
    assert not (tmp_path / "trap").exists()


@needs_proc
def test_an_interrupted_build_ends_its_reading_processes_without_a_traceback(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number in range(400):
        # Other bytes each, so that none is a copy.
        (corpus / f"{number:03}.pdf").write_bytes((FORMATS / "sore-shoulder.pdf").read_bytes() + b"%" * number)
    building = subprocess.Popen(
        [
            sys.executable,
            str(ROOT / "build_index.py"),
            "--corpus",
            str(corpus),
            "--index",
            str(tmp_path / "index"),
            "--dry-run",
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while not (reading := reading_processes(building.pid)):
        assert building.poll() is None
        time.sleep(0.01)
    # As a terminal does it: to all of its session.
    os.killpg(building.pid, signal.SIGINT)
    _, told = building.communicate(timeout=60)
    assert building.returncode == 130
    assert "Traceback" not in told
    for process in reading:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
