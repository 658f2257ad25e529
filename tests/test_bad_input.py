"""Everything that people hand to such a program by mistake: a clear outcome, and the last good index serves on."""

from __future__ import annotations

import json
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import build_index
from healthsearch import __main__ as healthsearch
from healthsearch.index_folder import ENCODERS
from healthsearch.manifest import FORMAT
from healthsearch.readers import LARGEST_TEXT
from tests.folders import in_use, put, reseal, snapshot
from tests.ready_model import ReadyModel
from tests.test_rows import zipped

Write = Callable[[Path], object]


class Place:
    """A corpus with an index that is up to date, and the commands on them."""

    def __init__(self, home: Path, model: ReadyModel, capsys: pytest.CaptureFixture[str]) -> None:
        self.corpus, self.index, self.model = home / "corpus", home / "index", model.name
        self._capsys = capsys
        model.put_into(self.index)
        put(self.corpus, "good.md", "massage for pain", title="Good")
        assert self.build()[0] == 0

    def build(self, *options: object) -> tuple[int, str]:
        """Build; returns the status and what was said on stderr of problems."""
        status = build_index.main(
            [*("--corpus", str(self.corpus)), *("--index", str(self.index)), *("--model", self.model)]
            + [str(option) for option in options]
        )
        told = self._capsys.readouterr().err
        return status, "\n".join(line for line in told.splitlines() if not line.lstrip()[:1].isdigit())

    def search(self, question: str, *options: object) -> tuple[int, str, str]:
        status = healthsearch.main(["search", question, "--index", str(self.index), *map(str, options)])
        return status, *self._capsys.readouterr()

    def serves(self, *articles: str) -> bool:
        """Whether the index answers, without a word of complaint, from just these articles."""
        status, out, err = self.search("massage for pain", "--json")
        assert (status in (0, 4), err) == (True, "")
        return {hit["article_id"] for hit in json.loads(out)["hits"]} == set(articles)


@pytest.fixture
def place(tmp_path: Path, ready_tiny_model: ReadyModel, capsys: pytest.CaptureFixture[str]) -> Place:
    return Place(tmp_path, ready_tiny_model, capsys)


def content(data: bytes) -> Write:
    return lambda file: file.write_bytes(data)


def link(target: str) -> Write:
    return lambda file: file.symlink_to(target)


def large(file: Path) -> None:
    with file.open("wb") as opened:
        for _ in range(50):
            opened.write(b"Massage for pain.\n" * (1_000_000 // 18 + 1))


def endless(file: Path) -> None:
    """A gigabyte of one line, of which the disk keeps nothing."""
    with file.open("wb") as opened:
        opened.truncate(1_000_000_000)


FRONT = "the front matter"
BAD_FILES: dict[str, tuple[Write, str]] = {
    "empty": (content(b""), "the file holds no text"),
    "only white space": (content(b" \n\t\r\n\xc2\xa0"), "the file holds no text"),
    "only front matter": (content(b"---\ntitle: x\n---\n"), "the file holds no text"),
    "only headings": (content(b"# One\n\n## Two\n"), "there is no text below its headings"),
    "a picture": (content(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "the file holds binary data, not text"),
    "text with a NUL": (content(b"massage\0pain"), "the file holds binary data, not text"),
    "UTF-16 without a mark": (content("腰痛很常见。\n".encode("utf-16-le")), "the file holds binary data, not text"),
    "half a UTF-16": (content(b"\xff\xfem\0a"), "the file holds binary data, not text"),
    "Latin-2": (content("# Massage\n\nČasté bolesti zad\n".encode("iso8859-2")), "line 3 is not valid UTF-8"),
    "UTF-8 cut in half": (content("Massage é".encode()[:-1]), "line 1 is not valid UTF-8"),
    "encoded surrogates": (content(b"massage \xed\xa0\x80"), "line 1 is not valid UTF-8"),
    "front matter not closed": (
        content(b"---\ntitle: x\n\nmassage"),
        f"{FRONT} is not closed by a line of three dashes",
    ),
    "front matter not YAML": (content(b"---\ntitle: [x\n---\nmassage"), f"{FRONT} is not valid YAML"),
    "front matter a list": (content(b"---\n- title\n---\nmassage"), f"{FRONT} is not a list of fields and values"),
    "a title of two": (content(b"---\ntitle: [a, b]\n---\nmassage"), f"'title' in {FRONT} is not a single value"),
    "authors in depth": (content(b"---\nauthors: [[a]]\n---\nmassage"), f"'authors' in {FRONT} is not a list of texts"),
    "endless front matter": (
        content(b"---\ntitle: x\n" + b"# x\n" * 20_000 + b"---\nmassage"),
        "is longer than 64,000",
    ),
    "bottomless front matter": (content(b"---\ntitle: " + b"[" * 30_000 + b"\n---\nmassage"), FRONT),
    "a title beyond Unicode": (content(b'---\ntitle: "\\ud800"\n---\nmassage'), FRONT),
    "50 MB": (large, f"the file is larger than {LARGEST_TEXT // 1_000_000} MB"),
    "a link to nowhere": (link("nowhere.md"), "the file cannot be read (No such file or directory)"),
    "a link to itself": (link("bad.md"), "the file cannot be read (Too many levels of symbolic links)"),
    "a pipe": (os.mkfifo, "it is not a regular file"),
    "an endless device": (link("/dev/zero"), "it is not a regular file"),
    "a link out of the corpus": (link("/etc/hostname"), "it is a link that leads out of the corpus"),
    "a zip by name": (content(zipped({"a.md": b"massage"})), "it is a zip archive or an office document"),
    "a line without an end": (endless, f"the file is larger than {LARGEST_TEXT // 1_000_000} MB"),
    "the same id": (content(b"---\nid: good\n---\nmassage"), "its id 'good' is also that of good.md"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_skipped_by_name_with_its_cause_and_the_rest_is_built(place: Place, kind: str) -> None:
    write, cause = BAD_FILES[kind]
    # After good.md, so that of one id the good one is taken.
    write(place.corpus / "zbad.md" if kind != "a link to itself" else place.corpus / "bad.md")
    put(place.corpus, "new.md", "massage at night")
    status, told = place.build()
    assert status == 3
    assert told.startswith(("skipped: zbad.md: ", "skipped: bad.md: "))
    assert cause in told
    assert told.count("\n") == 0
    assert told.endswith(".")
    assert place.serves("good", "new")


# What cannot be listed, cannot be read, and cannot be taken in.
@pytest.mark.parametrize("kind", ["a link to itself", "UTF-8 cut in half", "the same id"])
def test_with_strict_a_bad_file_stops_the_build_and_the_last_index_serves(place: Place, kind: str) -> None:
    write, cause = BAD_FILES[kind]
    write(place.corpus / "zbad.md" if kind != "a link to itself" else place.corpus / "bad.md")
    put(place.corpus, "new.md", "massage at night")
    status, told = place.build("--strict")
    assert status == 1
    assert told.startswith(("error: zbad.md: ", "error: bad.md: "))
    assert cause in told
    assert place.serves("good")


def test_every_bad_file_at_once(place: Place) -> None:
    for number, kind in enumerate(BAD_FILES):
        BAD_FILES[kind][0](place.corpus / ("bad.md" if kind == "a link to itself" else f"z{number}.md"))
    status, told = place.build()
    assert status == 3
    assert told.count("skipped: ") == len(BAD_FILES)
    assert place.serves("good")


def test_an_article_that_turns_bad_is_no_longer_found_and_said_so(place: Place) -> None:
    put(place.corpus, "other.md", "massage at night")
    assert place.build()[0] == 0
    (place.corpus / "good.md").write_bytes(b"\xff")
    status, told = place.build()
    assert (status, told.startswith("skipped: good.md: ")) == (3, True)
    assert place.serves("other")


# Folders


def _missing(corpus: Path) -> None:
    shutil.rmtree(corpus)


def _emptied(corpus: Path) -> None:
    (corpus / "good.md").unlink()


def _a_file(corpus: Path) -> None:
    shutil.rmtree(corpus)
    corpus.write_text("massage", encoding="utf-8")


def _nothing_for_us(corpus: Path) -> None:
    (corpus / "good.md").rename(corpus / "README.md")
    (corpus / "picture.png").write_bytes(b"massage")


def _nothing_readable(corpus: Path) -> None:
    (corpus / "good.md").write_bytes(b"\xff")


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (_missing, "there is no such folder"),
        (_a_file, "there is no such folder"),
        (_emptied, "the folder holds no articles"),
        (_nothing_for_us, "the folder holds no articles"),
        (_nothing_readable, "none of its files can be read"),
    ],
)
@pytest.mark.parametrize("option", [[], ["--allow-shrink"], ["--rebuild"]])
def test_a_corpus_without_articles_builds_nothing(place: Place, change: Write, cause: str, option: list[str]) -> None:
    before = snapshot(place.index / "generations")
    change(place.corpus)
    status, told = place.build(*option)
    assert status == 1
    assert told.startswith(f"error: {place.corpus}: {cause}. ")
    assert snapshot(place.index / "generations") == before
    assert place.serves("good")


@pytest.mark.parametrize("inside", ["", "below", "far/below"])
def test_an_index_that_cannot_be_written_is_told(place: Place, tmp_path: Path, inside: str) -> None:
    (tmp_path / "a file").write_text("not a folder", encoding="utf-8")
    index = tmp_path / "a file" / inside
    status, told = place.build("--index", index)
    assert status == 1
    assert told.startswith(f"error: {index}: the index cannot be written (")
    assert (tmp_path / "a file").read_text(encoding="utf-8") == "not a folder"
    for command in (["search", "massage"], ["check", "--corpus", str(place.corpus)]):
        assert healthsearch.main([*command, "--index", str(index)]) == 1


@contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """No file of this process can grow beyond ``size`` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 3_000, 50_000])
def test_a_full_disk_stops_the_build_and_the_last_index_serves(place: Place, size: int) -> None:
    for number in range(6):
        put(place.corpus, f"new{number}.md", f"massage at night {number}. " * 20, title=f"massage {number}")
    before = snapshot(place.index / "generations")
    with disk_full_at(size):
        status, told = place.build()
    assert status == 1
    assert told.startswith(f"error: {place.index}: the index cannot be written (")
    assert told.endswith("the last good index still serves.")
    assert snapshot(place.index / "generations") == before
    assert place.serves("good")
    assert place.build()[0] == 0


def test_a_disk_that_is_full_when_all_is_encoded_leaves_the_last_index(place: Place) -> None:
    put(place.corpus, "other.md", "massage at night")
    assert place.build()[0] == 0
    (place.corpus / "other.md").unlink()
    before = snapshot(place.index / "generations")
    with disk_full_at(30_000):
        status, told = place.build()
    assert (status, "the index cannot be written (" in told) == (1, True)
    assert snapshot(place.index / "generations") == before
    assert place.serves("good", "other")
    assert place.build()[0] == 0
    assert place.serves("good")


# Models


@pytest.mark.parametrize(
    "name", ["no-such/model", "no such model", "", "../..", "a\0b", "x" * 5_000, "https://example.org/m"]
)
def test_a_model_that_does_not_exist_is_told(place: Place, name: str) -> None:
    put(place.corpus, "new.md", "massage at night")
    before = snapshot(place.index)
    status, told = place.build("--model", name)
    assert status == 1
    assert told.startswith("error: ")
    assert "model" in told
    assert snapshot(place.index) == before
    assert place.serves("good")


def test_a_model_that_is_not_one_is_told(place: Place, tmp_path: Path) -> None:
    model = Path(shutil.copytree(place.model, tmp_path / "model"))
    before = snapshot(place.index / "generations")
    (model / "model.safetensors").write_bytes(b"not weights")
    status, told = place.build("--model", model)
    assert (status, told.startswith(f"error: {model}: the model cannot be loaded")) == (1, True)
    (model / "model.safetensors").rename(model / "pytorch_model.bin")
    status, told = place.build("--model", model)
    assert (status, "no weights in safetensors form" in told) == (1, True)
    (model / "pytorch_model.bin").unlink()
    (model / "modules.json").unlink()
    status, told = place.build("--model", model)
    assert (status, "modules.json is missing" in told) == (1, True)
    assert snapshot(place.index / "generations") == before
    assert place.serves("good")


def test_a_model_that_has_moved_is_told_and_a_build_that_names_it_mends_that(place: Place, tmp_path: Path) -> None:
    model = Path(shutil.copytree(place.model, tmp_path / "model"))
    (place.corpus / "bad.md").write_bytes(b"\xff")
    assert place.build("--model", model)[0] == 3
    moved = model.rename(tmp_path / "moved")
    status, out, err = place.search("massage")
    assert (status, out) == (1, "")
    assert err.startswith(f"error: {model}: there is no such model folder")
    assert place.build("--model", moved)[0] == 3
    assert place.serves("good")


# Indexes


def test_an_index_of_another_format_is_told_and_built_anew(place: Place) -> None:
    reseal(place.index, lambda manifest: manifest.update(format=FORMAT + 41))
    cause = f"the index has format {FORMAT + 41}, and this version reads format {FORMAT}"
    status, out, err = place.search("massage")
    assert (status, out) == (1, "")
    assert err == f"error: {in_use(place.index) / 'manifest.json'}: {cause}. Build it again: python build_index.py\n"
    assert healthsearch.main(["check", "--index", str(place.index), "--corpus", str(place.corpus)]) == 1
    place.search("massage")
    assert place.build()[0] == 0
    assert place.serves("good")


def test_an_index_folder_of_something_else_is_no_index(place: Place, tmp_path: Path) -> None:
    put(tmp_path / "other", "notes.md", "not ours")
    exported, place.index = place.index / ENCODERS, tmp_path / "other"
    status, out, err = place.search("massage")
    assert (status, out) == (1, "")
    assert err.startswith(f"error: {place.index}: there is no index yet.")
    before = snapshot(place.index)
    shutil.copytree(exported, place.index / ENCODERS)
    assert place.build()[0] == 0
    assert before.items() <= snapshot(place.index).items()
    assert place.serves("good")


# Questions


@pytest.mark.parametrize("question", ["", " ", "🙂", "👩‍⚕️🪳", '"', "*", ":", "massage " * 1_250, "\0"])
def test_a_question_that_cannot_be_answered_is_refused_in_words(place: Place, question: str) -> None:
    for form in ([], ["--json"]):
        status, out, err = place.search(question, *form)
        assert (status, out) == (1, "")
        assert err.startswith("error: question: it ")
        assert len(err) < 300 and err.count("\n") == 1


@pytest.mark.parametrize(
    "question",
    [
        # More such signs: tests/test_search.py.
        '"massage',
        "$massage \\alpha$ <b>",
        "massage \ud800",
        "massage \udcff\udcfe",
    ],
)
def test_no_sign_in_a_question_breaks_the_search(place: Place, question: str) -> None:
    status, out, err = place.search(question, "--json")
    found = json.loads(out)
    assert (status, err) == (4 if found["verdict"] == "nothing" else 0, "")
    assert [hit["article_id"] for hit in found["hits"]] == ["good"]
