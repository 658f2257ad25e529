"""The two commands as other programs rely on them: exit status, what goes to which stream, JSON, terminals."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import build_index
from healthsearch import __main__ as healthsearch
from healthsearch import build_command
from healthsearch.address import Address
from healthsearch.errors import HealthSearchError
from healthsearch.in_use import open_generation
from healthsearch.index_folder import Pointer
from healthsearch.publishing import Sent
from healthsearch.wording import NO_SIGNS
from tests.folders import CORPUS, flip, in_use, put, python, reseal, snapshot
from tests.pdf_writer import SCAN, Text, pdf
from tests.ready_model import ReadyModel

Captured = pytest.CaptureFixture[str]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    put(folder, "a.md", "massage for pain", "rest for pain")
    put(folder, "b.md", "walk every day")
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def make(corpus: Path, index: Path, ready_tiny_model: ReadyModel, capsys: Captured) -> Run:
    """Runs the build command; returns status, stdout and stderr."""
    model = ready_tiny_model.name

    def run(*options: str) -> tuple[int, str, str]:
        if index.is_dir() or "--dry-run" not in options:
            ready_tiny_model.put_into(index)
        status = build_index.main(["--corpus", str(corpus), "--index", str(index), "--model", model, *options])
        return status, *capsys.readouterr()

    return run


def test_a_build_that_names_no_model_keeps_to_that_of_the_index(
    make: Run, corpus: Path, index: Path, capsys: Captured
) -> None:
    assert make("-q")[0] == 0
    (corpus / "new.md").write_text("A new article.", encoding="utf-8")
    assert build_index.main(["--corpus", str(corpus), "--index", str(index), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["added"], summary["passages_encoded"]) == (["new.md"], 1)
    assert summary["passages_reused"] > 0


@pytest.fixture
def ask(capsys: Captured) -> Run:
    """Runs a command on an index; returns status, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        status = healthsearch.main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch, stream: str) -> Iterator[list[str]]:
    """A terminal in place of ``sys.stdout`` or ``sys.stderr``; what it was sent is in the list in the end."""
    screen, ours = os.openpty()
    sent: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(_all_of, screen)
        with open(ours, "w", encoding="utf-8") as shown, monkeypatch.context() as patch:  # noqa: PTH123
            patch.setattr(sys, stream, shown)
            yield sent
        sent.append(reader.result().decode())
    os.close(screen)


def _all_of(screen: int) -> bytes:
    data = b""
    while True:
        try:
            data += os.read(screen, 4096)
        except OSError:
            # How Linux says that the other end has been closed.
            return data


# build_index.py


def test_a_build_ends_with_0_and_a_summary_on_stdout(make: Run) -> None:
    status, out, err = make()
    assert status == 0
    assert re.fullmatch(
        r"Files: 2 added, 0 changed, 0 deleted, 0 renamed, 0 unchanged, 0 skipped\n"
        r"Articles: 2\n"
        r"Passages: 3 encoded, 0 reused\n"
        r"Generation [0-9a-f]{16} published \(\d+\.\d s\)\n",
        out,
    )
    assert "skipped" not in err
    assert "error" not in err
    status, out, err = make()
    assert (status, err) == (0, "")
    assert re.fullmatch(
        r"Files: 0 added, 0 changed, 0 deleted, 0 renamed, 2 unchanged, 0 skipped\n"
        r"Articles: 2\n"
        r"Passages: 0 encoded, 3 reused\n"
        r"Generation [0-9a-f]{16} unchanged, still serves \(\d+\.\d s\)\n",
        out,
    )


def test_what_changed_is_counted_by_kind(make: Run, corpus: Path) -> None:
    put(corpus, "c.md", "rest")
    put(corpus, "d.md", "pain")
    make()
    put(corpus, "a.md", "massage for pain", "walk")
    (corpus / "b.md").unlink()
    (corpus / "c.md").rename(corpus / "moved.md")
    put(corpus, "new.md", "rest at night")
    (corpus / "bad.txt").write_bytes(b"\0")
    status, out, err = make()
    assert status == 3
    assert out.startswith("Files: 1 added, 1 changed, 1 deleted, 1 renamed, 1 unchanged, 1 skipped\n")
    assert "Passages: 2 encoded, 3 reused\n" in out
    assert "skipped: bad.txt: the file holds binary data, not text. Move it out of the corpus" in err


def test_a_skipped_file_gives_3_and_is_named_with_cause_and_remedy(make: Run, corpus: Path) -> None:
    (corpus / "empty.md").write_bytes(b"")
    expected = "skipped: empty.md: the file holds no text. Write the article, or delete the file.\n"
    status, out, err = make()
    assert status == 3
    assert err.endswith(expected)
    assert "1 skipped" in out
    # And again, though nothing has to be built.
    status, out, err = make()
    assert (status, err) == (3, expected)
    assert "still serves" in out


def test_a_file_that_is_read_as_what_it_is_and_not_as_its_name_says_is_noticed(
    make: Run, ask: Run, corpus: Path, index: Path
) -> None:
    (corpus / "leaflet.txt").write_bytes(pdf([[Text("Rest helps after a burn.", 72, 700)]]))
    notice = {
        "place": "leaflet.txt",
        "cause": "it is a PDF and is read as one, whatever its name says",
        "remedy": "Give it its right suffix (.pdf).",
    }
    told = f"notice: {notice['place']}: {notice['cause']}. {notice['remedy']}\n"
    status, out, err = make("--dry-run")
    assert (status, err) == (0, told)
    status, out, err = make()
    assert status == 0 and err.endswith(told) and "3 added" in out and "0 skipped" in out
    # A build tells it of the files that it reads, and a check of all.
    assert make()[2] == ""
    assert ask("check", "--index", index, "--corpus", corpus)[:2] == (0, f"The index is sound and up to date.\n{told}")
    assert json.loads(ask("check", "--index", index, "--corpus", corpus, "--json")[1])["notices"] == [notice]
    found = json.loads(make("--rebuild", "--json")[1])
    assert found["misnamed"] == [{"path": notice["place"], "cause": notice["cause"], "remedy": notice["remedy"]}]


def test_pages_that_are_pictures_are_told_by_build_and_check_although_the_text_is_searched(
    make: Run, ask: Run, corpus: Path, index: Path
) -> None:
    """Also where what could be read is the text of another file."""
    words = [Text("Rest helps after a burn, says this page.", 72, 700)]
    (corpus / "leaflet.pdf").write_bytes(pdf([words], Title="Burns"))
    (corpus / "scanned.pdf").write_bytes(pdf([words, []], drawn={1: SCAN}, Title="Burns"))
    told = (
        "scanned.pdf: page 2 of 2 has no text; it may be a picture, and was not read. "
        "Have its text recognised first, for example with ocrmypdf --skip-text."
    )
    status, out, err = make()
    assert status == 3 and err.endswith(f"skipped: {told}\n")
    assert "4 added" in out and "1 skipped" in out
    # And again, though nothing has to be built; and when something else has changed.
    status, out, err = make()
    assert (status, err) == (3, f"skipped: {told}\n")
    assert "4 unchanged, 1 skipped" in out and "still serves" in out
    status, out, err = ask("check", "--index", index, "--corpus", corpus)
    assert status == 0 and f"notice: {told}\n" in out and not err
    assert "scanned.pdf: the same text as leaflet.pdf" in out + err
    put(corpus, "a.md", "massage for pain", "walk")
    status, out, err = make()
    assert status == 3 and err.endswith(f"skipped: {told}\n")
    assert "1 changed" in out and "3 unchanged, 1 skipped" in out and "1 encoded" in out


def test_nothing_built_gives_1_and_leaves_the_index_alone(make: Run, corpus: Path, index: Path) -> None:
    make()
    before = snapshot(index / "generations"), (index / "current.json").read_bytes()
    (corpus / "bad.md").write_bytes(b"\xff")
    status, out, err = make("--strict")
    assert (status, out) == (1, "")
    assert err.splitlines()[-1].startswith(
        "error: bad.md: line 1 is not valid UTF-8, and with --strict no file may be skipped."
    )
    put(corpus, "a.md")
    (corpus / "b.md").unlink()
    status, out, err = make()
    assert (status, out) == (1, "")
    assert err.splitlines()[-1].startswith(f"error: {corpus}: none of its files can be read. The first: ")
    assert (snapshot(index / "generations"), (index / "current.json").read_bytes()) == before


def test_a_shrinking_corpus_asks_for_the_flag(make: Run, corpus: Path) -> None:
    for name in "cde":
        put(corpus, f"{name}.md", "rest")
    make()
    for name in "acd":
        (corpus / f"{name}.md").unlink()
    status, out, err = make()
    assert (status, out) == (1, "")
    assert err == (
        f"error: {corpus}: 3 of the 5 articles in the index are no longer there."
        " If that is right, build with --allow-shrink; nothing has been changed.\n"
    )
    status, out, _ = make("--allow-shrink")
    assert status == 0
    assert "3 deleted" in out


def test_a_rebuild_encodes_what_is_known(make: Run) -> None:
    make()
    status, out, _ = make("--rebuild")
    assert status == 0
    assert "Passages: 3 encoded, 0 reused\n" in out


def test_an_encoder_that_could_not_be_exported_is_told_with_the_way_out(make: Run, index: Path) -> None:
    assert "notice" not in make()[2]
    shutil.rmtree(index / "encoder")
    # As on a disk that is full: nothing can be written there.
    (index / "encoder").write_text("", encoding="utf-8")
    status, out, err = make("--rebuild", "-q")
    assert (status, out) == (0, "")
    assert err.startswith(f"notice: {index / 'encoder'}: the encoder could not be exported there, so builds")
    assert make("-q")[2] == "", "nothing was built, so nothing was slow"


def test_a_dry_run_says_so_and_writes_nothing(make: Run, index: Path) -> None:
    status, out, err = make("--dry-run")
    assert (status, err) == (0, "")
    assert out == (
        "Files: 2 added, 0 changed, 0 deleted, 0 renamed, 0 unchanged, 0 skipped\n"
        "Nothing was built: this was a dry run.\n"
    )
    assert not index.exists()


def test_a_build_that_cannot_be_published_prints_its_summary_and_gives_1(
    make: Run, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path, address: Address) -> Sent:
        raise HealthSearchError(address, "it does not answer", "Start it.")

    monkeypatch.setattr(build_command, "publish", refuse)
    status, out, err = make("--rebuild", "--store", "milvus", "--uri", "http://127.0.0.1:1")
    assert status == 1
    assert f"Generation {Pointer.read(index).generation} published" in out
    told = err.splitlines()[-1]
    assert told.startswith("error: the index is built, but not published: ") and "it does not answer" in told


def test_json_is_all_there_is_on_stdout(make: Run, corpus: Path, index: Path) -> None:
    (corpus / "bad.md").write_bytes(b"\xff")
    status, out, err = make("--json")
    assert status == 3
    assert "skipped: bad.md" in err
    found = json.loads(out)
    assert found.pop("seconds") >= 0
    assert found == {
        "added": ["a.md", "b.md"],
        "changed": [],
        "deleted": [],
        "renamed": [],
        "unchanged": [],
        "copies": [],
        "misnamed": [],
        "ignored": {},
        "articles": 2,
        "skipped": [
            {
                "path": "bad.md",
                "cause": "line 1 is not valid UTF-8",
                "remedy": "Save the file in UTF-8 (in most editors: Save as, encoding UTF-8).",
            }
        ],
        "generation": Pointer.read(index).generation,
        "published": True,
        "reason": "",
        "passages_encoded": 3,
        "passages_reused": 0,
        "dry_run": False,
    }
    (corpus / "bad.md").unlink()
    (corpus / "a.md").rename(corpus / "a2.md")
    found = json.loads(make("--json", "--dry-run")[1])
    assert (found["renamed"], found["dry_run"], found["published"]) == ([{"from": "a.md", "to": "a2.md"}], True, False)


def test_articles_are_counted_beside_files_and_what_is_ignored_is_said(make: Run, corpus: Path) -> None:
    (corpus / "many.jsonl").write_text('{"_id": "x", "text": "rest"}\n{"_id": "y", "text": "pain"}\n', encoding="utf-8")
    for name in ("old.doc", "older.DOC", "\x1b.\x1b"):
        (corpus / name).write_bytes(b"x")
    _, out, _ = make()
    assert out.splitlines()[:3] == [
        "Files: 3 added, 0 changed, 0 deleted, 0 renamed, 0 unchanged, 0 skipped",
        "Ignored, as no reader takes them: 1 .\ufffd, 2 .doc",
        "Articles: 4",
    ]


def test_why_everything_is_read_again_is_said(make: Run, corpus: Path) -> None:
    make()
    assert "Every file is read again" not in make()[1]
    assert "Every file is read again: that was asked for." in make("--rebuild")[1].splitlines()


def test_a_build_that_nobody_reads_about_is_made_all_the_same(
    corpus: Path, index: Path, ready_tiny_model: ReadyModel
) -> None:
    ready_tiny_model.put_into(index)
    ours, theirs = os.pipe()
    os.close(ours)
    process = python(
        *("build_index.py", "--corpus", corpus, "--index", index, "--model", ready_tiny_model.name),
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    process.communicate()
    assert process.returncode == 0
    assert open_generation(index)[0].article_store.counts()[0] == 2


def test_quiet_means_only_problems(make: Run, corpus: Path) -> None:
    assert make("-q") == (0, "", "")
    (corpus / "bad.md").write_bytes(b"\xff")
    status, out, err = make("--quiet")
    assert (status, out) == (3, "")
    assert err.startswith("skipped: bad.md: ")
    assert err.count("\n") == 1


def test_progress_in_a_pipe_is_plain_lines(make: Run) -> None:
    err = make()[2]
    assert re.fullmatch(r"( *\d+%  \d+ of 2 files, \d+ passages? encoded, \d+ a second(, \d+ (s|min|h) left)?\n)+", err)
    assert err.splitlines()[-1].startswith("100%  2 of 2 files, 3 passages encoded, ")


def test_progress_counts_one_file_and_one_passage_in_the_singular(make: Run, corpus: Path) -> None:
    make()
    put(corpus, "c.md", "pain at night")
    assert make()[2].splitlines()[-1].startswith("100%  1 of 1 file, 1 passage encoded, ")


def test_progress_on_a_terminal_is_a_bar_on_one_line(make: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch, "stderr") as screen:
        assert make()[0] == 0
    [sent] = screen
    assert sent.startswith("\r\x1b[K[")
    assert "[####################] 100%  2 of 2 files, 3 passages encoded" in sent
    assert sent.endswith("\r\n")
    assert sent.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--nonsense"], ["extra"], ["--corpus"], ["-k", "3"]])
def test_wrong_arguments_of_a_build_give_2(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        build_index.main(arguments)
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("usage: build_index.py ")


def test_a_build_that_is_interrupted_gives_130_and_is_gone_on_with(
    make: Run, corpus: Path, index: Path, ready_tiny_model: ReadyModel
) -> None:
    articles = 200
    ready_tiny_model.put_into(index)
    for number in range(articles):
        put(corpus, f"more{number}.md", "rest", title=f"rest {number}")
    process = python("build_index.py", "--corpus", corpus, "--index", index, "--model", ready_tiny_model.name)
    while not encoded_so_far(index):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert err.endswith("Interrupted. What was encoded is kept: the next build goes on from here.\n")
    assert "Traceback" not in err
    assert not (index / "current.json").exists()
    known = encoded_so_far(index)
    found = json.loads(make("--json")[1])
    assert (found["passages_encoded"], found["passages_reused"]) == (articles + 3 - known, known)
    assert 0 < known < articles


def encoded_so_far(index: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{index / 'journal.sqlite'}?mode=ro", uri=True)) as journal:
            return int(journal.execute("SELECT count(*) FROM encoded").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_folders_come_from_the_environment_unless_given(
    corpus: Path,
    index: Path,
    tmp_path: Path,
    ready_tiny_model: ReadyModel,
    monkeypatch: pytest.MonkeyPatch,
    ask: Run,
) -> None:
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", str(corpus))
    monkeypatch.setenv("HEALTHSEARCH_INDEX", str(index))
    for folder in (index, tmp_path / "other"):
        ready_tiny_model.put_into(folder)
    assert build_index.main(["--model", ready_tiny_model.name, "-q"]) == 0
    assert ask("check")[0] == 0
    assert not (tmp_path / "other" / "current.json").exists()
    assert build_index.main(["--model", ready_tiny_model.name, "-q", "--index", str(tmp_path / "other")]) == 0
    assert (tmp_path / "other" / "current.json").exists()
    # Set but empty is as good as not set: the folders of the place where we are.
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", "")
    monkeypatch.setenv("HEALTHSEARCH_INDEX", "")
    monkeypatch.chdir(tmp_path)
    assert healthsearch.parser().parse_args(["search", "x"]).index == Path("index")
    assert build_index.parser().parse_args([]).corpus == Path("corpus")


# python -m healthsearch search


def test_an_answer_gives_0_and_goes_to_stdout(ask: Run, few_index: Path) -> None:
    status, out, err = ask("search", "Can I have a massage with a slipped disc?", "--index", few_index)
    assert (status, err) == (0, "")
    assert out.startswith("These passages answer your question. ")
    assert re.findall(r"^(\d)\. ", out, flags=re.MULTILINE) == ["1", "2", "3", "4", "5"]
    assert "massage-for-a-herniated-disc.md, characters " in out
    assert "»" in out
    assert "Not yet reviewed by a clinician" in out


def test_a_mended_slip_is_told_in_words_and_in_json(ask: Run, few_index: Path) -> None:
    assert "Read “masage” as “massage”." in ask("search", "masage", "--index", few_index)[1]
    _, told, _ = ask("search", "masage", "--json", "--index", few_index)
    assert json.loads(told)["corrections"] == [{"typed": "masage", "read_as": "massage"}]


def test_a_question_that_is_not_answered_gives_4_and_says_so(ask: Run, few_index: Path) -> None:
    status, out, err = ask("search", "How do I change the oil of my car?", "--index", few_index)
    assert (status, err) == (4, "")
    assert out.startswith("Nothing in these articles answers this.")


@pytest.mark.parametrize(
    "question", ["Can I have a massage with a slipped disc?", "How do I change the oil of my car?"]
)
def test_json_of_a_search_is_one_document(ask: Run, few_index: Path, question: str) -> None:
    status, out, err = ask("search", question, "-k", "3", "--index", few_index, "--json")
    found = json.loads(out)
    assert err == ""
    assert status == (4 if found["verdict"] == "nothing" else 0)
    assert found["question"] == question
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3]
    assert all(hit["end"] - hit["start"] == len(hit["text"]) for hit in found["hits"])


def test_lines_of_standard_input_are_answered_one_json_object_a_line(
    ask: Run, few_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = b"How is gout treated?\n\nHow do I change the oil of my car?\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines), encoding="ascii"))
    status, out, err = ask("search", "-", "-k", "2", "--index", few_index)
    answers = [json.loads(line) for line in out.splitlines()]
    assert (status, err, len(answers)) == (1, "", 3)
    assert answers[0]["hits"][0]["article_id"] == "gout"
    assert answers[1] == {"question": "", "error": "question: it is empty. Type what you want to know."}
    assert answers[2]["verdict"] == "nothing"


def test_lines_that_can_all_be_answered_give_0(ask: Run, few_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The last line is not UTF-8, has the other system's line end, and U+2028 within.
    lines = b"How is gout treated?\r\n" + "caf\u2028gout ".encode() + b"\xff treatment"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines), encoding="utf-8"))
    status, out, _ = ask("search", "-", "--index", few_index)
    answers = [json.loads(line) for line in out.split("\n") if line]
    assert (status, len(answers)) == (0, 2)
    assert answers[0]["question"] == "How is gout treated?"
    assert answers[1]["question"] == "caf gout \ufffd treatment"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", 0),
        ("How is gout treated?\nHow do I cool a burn?\n", 0),
        ("How do I change the oil of my car?\nHow is gout treated?\n", 4),
        ("?!\nHow do I change the oil of my car?\nHow is gout treated?\n", 1),
        ("How do I change the oil of my car?\n?!\n", 1),
        ("How is gout treated?\n\n", 0),
        ("How do I change the oil of my car?\n \n\n", 4),
        ("How is gout treated?\n\nHow do I cool a burn?\n", 1),
        ("?!\n\n", 1),
    ],
)
def test_the_status_of_many_lines_is_that_of_the_worst(
    ask: Run, few_index: Path, monkeypatch: pytest.MonkeyPatch, lines: str, expected: int
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    status, out, _ = ask("search", "-", "-k", "1", "--index", few_index)
    assert (status, len(out.splitlines())) == (expected, len(lines.splitlines()))


def test_an_answer_comes_before_the_next_question_and_ctrl_c_ends_without_a_word(
    few_index: Path,
) -> None:
    process = python("-m", "healthsearch", "search", "-", "--index", few_index)
    for question in ("How is gout treated?", "How do I cool a burn?"):
        process.stdin.write(f"{question}\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["question"] == question
    process.send_signal(signal.SIGINT)
    assert process.communicate() == ("", "")
    assert process.returncode == 130


def test_no_index_gives_1_and_the_command_that_makes_one(ask: Run, tmp_path: Path) -> None:
    assert ask("search", "massage", "--index", tmp_path) == (
        1,
        "",
        f"error: {tmp_path}: there is no index yet. Build it: python build_index.py\n",
    )


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["search"], *(["search", "x", "-k", k] for k in ("0", "101", "-1", "x", "²", "1.5"))],
)
def test_wrong_arguments_give_2(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        healthsearch.main(arguments)
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("usage: python -m healthsearch")


def test_the_index_before_answers_with_a_notice_on_stderr(make: Run, ask: Run, corpus: Path, index: Path) -> None:
    make()
    put(corpus, "c.md", "pain at night")
    make()
    flip(in_use(index) / "vectors.faiss", -1)
    status, out, err = ask("search", "massage", "--index", index, "--json")
    found = json.loads(out)
    assert status == (4 if found["verdict"] == "nothing" else 0)
    assert found["generation"] == Pointer.read(index).previous
    assert err.startswith("notice: the index before the newest one answers, since ")
    assert "vectors.faiss" in err


def test_an_urgent_notice_comes_first_and_a_file_of_them_that_is_bad_is_told(
    ask: Run, few_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", str(tmp_path))
    signs = Path(shutil.copy(CORPUS / "urgent.yaml", tmp_path))
    question = ["search", "I have crushing chest pain. How is gout treated?", "--index", few_index]
    status, out, err = ask(*question)
    assert (status, out[:2], err) == (0, "! ", "") and "emergency number" in out.partition("\n\n")[0]
    signs.write_text("- name: [", encoding="utf-8")
    status, out, err = ask(*question)
    assert status == 0 and not out.startswith("! ")
    assert err.startswith(f"notice: {NO_SIGNS}: {signs}: it is not valid YAML")


def test_urgent_signs_are_those_of_the_corpus_that_is_named(
    ask: Run, few_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", str(tmp_path / "nothing here"))
    shutil.copy(CORPUS / "urgent.yaml", tmp_path)
    question = ["search", "I have crushing chest pain. How is gout treated?", "--index", few_index, "--json"]
    status, out, err = ask(*question)
    assert (status, json.loads(out)["urgent"]) == (0, [])
    assert err.startswith(f"notice: {NO_SIGNS}: {tmp_path / 'nothing here'}: there is no such folder.")
    [notice] = json.loads(ask(*question, "--corpus", tmp_path)[1])["urgent"]
    assert notice["name"] == "Possible heart attack"
    monkeypatch.setattr(sys, "stdin", io.StringIO("crushing chest pain\n"))
    assert json.loads(ask("search", "-", "--index", few_index, "--corpus", tmp_path)[1])["urgent"] == [notice]


@pytest.mark.parametrize("question", ["massage", "-"])
def test_whatever_is_noticed_json_is_all_there_is_on_stdout_of_a_search(
    make: Run, ask: Run, corpus: Path, index: Path, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    make()
    put(corpus, "c.md", "pain at night")
    make()
    flip(in_use(index) / "vectors.faiss", -1)
    (corpus / "urgent.yaml").write_text("- name: [", encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO("massage\n"))
    _, out, err = ask("search", question, "--index", index, "--corpus", corpus, "--json")
    assert json.loads(out)["question"] == "massage"
    notices = err.splitlines()
    assert [notice.partition(": ")[0] for notice in notices] == ["notice", "notice"]
    assert "the index before the newest one answers" in notices[0] and NO_SIGNS in notices[1]


def test_bold_on_a_terminal_and_signs_in_a_pipe(ask: Run, few_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    question = ["search", "How is gout treated?", "--index", few_index, "-k", "1"]
    piped = ask(*question)[1]
    with terminal(monkeypatch, "stdout") as screen:
        assert ask(*question)[0] == 0
    [shown] = screen
    assert "\x1b" not in piped
    assert "»" in piped
    assert "\x1b[1m" in shown
    assert "»" not in shown


def test_the_page_of_a_pdf_is_told_and_null_elsewhere(make: Run, ask: Run, corpus: Path, index: Path) -> None:
    first = [Text("Cats", 72, 700, 18), Text("They sleep by day.", 72, 660)]
    second = [Text("Nights", 72, 700, 14), Text("Night massage for walking cats.", 72, 660)]
    (corpus / "cats.pdf").write_bytes(pdf([first, second]))
    assert make("-q")[0] == 0
    out = ask("search", "night massage for walking cats", "--index", index, "--json")[1]
    pages = {(hit["path"], *hit["headings"]): hit["page"] for hit in json.loads(out)["hits"]}
    assert pages["cats.pdf", "Nights"] == 2
    assert pages["cats.pdf",] == 1
    assert {page for (path, *_), page in pages.items() if path != "cats.pdf"} == {None}
    assert "   cats.pdf, page 2" in ask("search", "night massage for walking cats", "--index", index)[1]


# What an article says never steers a terminal

HOSTILE = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202egnp\u2066\x08\x7f"


@pytest.fixture
def hostile(corpus: Path, make: Run) -> str:
    """An article full of control characters; returns what its text must be."""
    text = f"# massage {HOSTILE}\n\nmassage {HOSTILE} pain."
    details = {"title": f"massage {HOSTILE}", "publisher": HOSTILE, "url": f"https://x/{HOSTILE}", "reviewed": HOSTILE}
    front = "".join(f"{name}: {json.dumps(value)}\n" for name, value in details.items())
    (corpus / "evil.md").write_text(f"---\n{front}---\n\n{text}", encoding="utf-8")
    # The date is none, and is told.
    assert make("-q")[0] == 3
    return f"massage {HOSTILE} pain."


def test_control_characters_in_an_answer_are_made_visible(hostile: str, ask: Run, index: Path) -> None:
    out = ask("search", "massage pain", "--index", index)[1]
    assert "]0;owned" in out
    assert not set(out) & set(HOSTILE[0:1] + "\x07\x9b\u202e\u2066\x08\x7f")


def test_control_characters_in_json_are_escaped_and_not_lost(hostile: str, ask: Run, index: Path) -> None:
    out = ask("search", "massage pain", "--index", index, "--json")[1]
    assert not set(out) & set("\x1b\x07\x9b\u202e\u2066\x08\x7f")
    hits = {hit["article_id"]: hit for hit in json.loads(out)["hits"]}
    assert hits["evil"]["text"] == hostile
    assert hits["evil"]["title"] == f"massage {HOSTILE}"


def test_control_characters_in_problems_are_made_visible(make: Run, ask: Run, corpus: Path, index: Path) -> None:
    for name in ("x.md", "y.md"):
        put(corpus, name, "rest", id=HOSTILE)
    (corpus / "line\nbreak\x1b[31m.md").write_text("rest", encoding="utf-8")
    status, out, err = make()
    assert status == 3
    assert err.splitlines()[-2].startswith(r"skipped: 'line\nbreak\x1b[31m.md': the file's name holds characters")
    assert "]0;owned" in err.splitlines()[-1]
    for text in (out, err, *ask("check", "--index", index, "--corpus", corpus)[1:]):
        assert not set(text) & set("\x1b\x07\x9b\u202e\u2066\x08\x7f")
    assert not set(make("--json")[1]) & set("\x1b\x07\x9b\u202e\u2066\x08\x7f")


@pytest.mark.parametrize(
    ("started", "named"),
    [
        ("/somewhere/bin/healthsearch", "healthsearch"),
        ("C:/somewhere/healthsearch.exe", "healthsearch"),
        ("/somewhere/healthsearch/__main__.py", "python -m healthsearch"),
    ],
)
def test_the_help_names_the_command_that_was_typed(monkeypatch: pytest.MonkeyPatch, started: str, named: str) -> None:
    monkeypatch.setattr(sys, "argv", [started])
    assert healthsearch.parser().format_usage().startswith(f"usage: {named} [-h]")


def test_control_characters_in_a_manifest_are_made_visible(
    make: Run, ask: Run, corpus: Path, index: Path, tiny_model: str
) -> None:
    make("-q")
    put(corpus, "c.md", "pain at night")
    make("-q")
    before = snapshot(index)
    hostile: list[Callable[[dict], object]] = [
        lambda manifest: manifest.update(format=HOSTILE),
        lambda manifest: manifest["encoder"].update(name=HOSTILE),
        lambda manifest: manifest["encoder"].update(precision=HOSTILE),
        lambda manifest: manifest["files"].update({HOSTILE: HOSTILE}),
        lambda manifest: manifest["skipped"].update({HOSTILE: {"digest": HOSTILE, "problems": [[HOSTILE] * 3]}}),
    ]
    told = ""
    for change in hostile:
        shutil.rmtree(index)
        for path, data in before.items():
            if data is None:
                (index / path).mkdir(parents=True, exist_ok=True)
            else:
                (index / path).parent.mkdir(parents=True, exist_ok=True)
                (index / path).write_bytes(data)
        reseal(index, change)
        told += "".join(ask("search", "massage", "--index", index, "--corpus", corpus)[1:])
        told += "".join(ask("check", "--index", index, "--corpus", corpus)[1:])
        told += "".join(make("--dry-run")[1:])
        told += "".join(make()[1:])
    assert "]0;owned" in told and "the index before the newest one answers" in told
    assert not set(told) & set("\x1b\x07\x9b\u202e\u2066\x08\x7f")


# python -m healthsearch check


def test_a_sound_index_gives_0(make: Run, ask: Run, corpus: Path, index: Path) -> None:
    make()
    before = snapshot(index)
    assert ask("check", "--index", index, "--corpus", corpus) == (0, "The index is sound and up to date.\n", "")
    status, out, _ = ask("check", "--index", index, "--corpus", corpus, "--json")
    assert (status, json.loads(out)) == (0, {"sound": True, "faults": [], "notices": []})
    assert snapshot(index) == before


def test_a_text_in_two_places_is_named_by_every_command(make: Run, ask: Run, corpus: Path, index: Path) -> None:
    long = "massage for pain at night helps " * 9
    put(corpus, "c.md", long)
    put(corpus, "d/e.md", long)
    put(corpus, "f.md", f"{long} and so does rest", title="c")
    status, out, _ = make()
    assert (status, "The same text: d/e.md and c.md" in out) == (0, True)
    status, out, _ = ask("search", "massage for pain at night", "--index", index, "--json")
    found = {hit["article_id"]: hit["also_at"] for hit in json.loads(out)["hits"]}
    assert (found["c"], "d/e" in found) == (["d/e.md"], False)
    told = "   ! The same text is also in this collection as d/e.md."
    assert told in ask("search", "massage for pain at night", "--index", index)[1].split("\n")
    status, out, _ = ask("check", "--index", index, "--corpus", corpus)
    assert status == 0
    assert "notice: d/e.md: the same text as c.md, which stands for it." in out.split("\n")


def test_articles_that_have_changed_are_counted_and_a_build_mends_it(
    make: Run, ask: Run, corpus: Path, index: Path
) -> None:
    make()
    put(corpus, "a.md", "massage")
    (corpus / "b.md").rename(corpus / "b2.md")
    put(corpus, "new.md", "rest")
    before = snapshot(index)
    status, out, err = ask("check", "--index", index, "--corpus", corpus)
    assert (status, err) == (1, "")
    assert out == (
        f"{corpus}: files have changed since the index was made (1 added, 1 changed, 1 renamed)."
        " Bring it up to date: python build_index.py\n"
    )
    assert snapshot(index) == before
    make()
    assert ask("check", "--index", index, "--corpus", corpus)[0] == 0


def test_every_fault_comes_with_its_remedy(make: Run, ask: Run, corpus: Path, index: Path) -> None:
    make()
    put(corpus, "c.md", "rest")
    (corpus / "bad.md").write_bytes(b"\xff")
    make()
    (in_use(index) / "sentences.npy").unlink()
    (corpus / "loop.md").symlink_to("loop.md")
    status, out, _ = ask("check", "--index", index, "--corpus", corpus, "--json")
    found = json.loads(out)
    assert (status, found["sound"]) == (1, False)
    assert [(fault["place"], fault["cause"]) for fault in found["faults"]] == [
        (str(in_use(index) / "sentences.npy"), "a file of the index is missing or cannot be read"),
        (str(corpus), "files have changed since the index was made (2 added)"),
    ]
    assert [fault["remedy"] for fault in found["faults"]] == [
        "Build it again: python build_index.py",
        "Bring it up to date: python build_index.py",
    ]
    assert found["notices"] == [
        {
            "place": "loop.md",
            "cause": "the file cannot be read (Too many levels of symbolic links)",
            "remedy": "Mend its permissions or its link.",
        }
    ]


def test_a_skipped_file_is_a_notice_until_it_is_mended_or_gone(make: Run, ask: Run, corpus: Path, index: Path) -> None:
    (corpus / "bad.md").write_bytes(b"\xff")
    make()
    status, out, _ = ask("check", "--index", index, "--corpus", corpus)
    assert (status, out.splitlines()) == (
        0,
        [
            "The index is sound and up to date.",
            "notice: bad.md: line 1 is not valid UTF-8."
            " Save the file in UTF-8 (in most editors: Save as, encoding UTF-8).",
        ],
    )
    (corpus / "bad.md").unlink()
    status, out, _ = ask("check", "--index", index, "--corpus", corpus)
    assert status == 1
    assert "the index is not what a build would make today" in out
    make()
    assert ask("check", "--index", index, "--corpus", corpus)[0] == 0


def test_no_index_and_no_corpus_are_faults(make: Run, ask: Run, corpus: Path, index: Path, tmp_path: Path) -> None:
    status, out, _ = ask("check", "--index", index, "--corpus", corpus)
    assert (status, out) == (1, f"{index}: there is no index yet. Build it: python build_index.py\n")
    make()
    status, out, _ = ask("check", "--index", index, "--corpus", tmp_path / "nowhere")
    assert status == 1
    assert out.startswith(f"{tmp_path / 'nowhere'}: there is no such folder.")


def test_a_model_that_has_changed_or_gone_is_a_fault(
    make: Run, ask: Run, corpus: Path, index: Path, tiny_model: str, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    assert make("--model", str(model))[0] == 0
    assert ask("check", "--index", index, "--corpus", corpus)[0] == 0
    config = model / "config.json"
    config.write_text(config.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    status, out, _ = ask("check", "--index", index, "--corpus", corpus)
    assert (status, out) == (
        1,
        f"{model}: the model has changed since the index was made. Bring it up to date: python build_index.py\n",
    )
    shutil.rmtree(model)
    status, out, _ = ask("check", "--index", index, "--corpus", corpus)
    assert status == 1
    assert out.startswith(f"{model}: there is no such model folder")


def test_content_that_contradicts_itself_is_a_fault_even_under_right_checksums(
    make: Run, ask: Run, corpus: Path, index: Path
) -> None:
    make()
    for change, cause in [
        ("UPDATE passages SET last = last + 1 WHERE row = 0", "passage 0 of a.md is not what was encoded"),
        ("UPDATE passages SET first_sentence = 7 WHERE row = 1", "the sentences of passage 1 are out of place"),
        ("UPDATE passages SET sentences = '[[0,999]]' WHERE row = 2", "the sentences of passage 2 are out of place"),
    ]:
        store = in_use(index) / "store.sqlite"
        whole = store.read_bytes()
        with closing(sqlite3.connect(store)) as db:
            db.execute("PRAGMA journal_mode = OFF")
            db.execute(change)
            db.commit()
        reseal(index)
        status, out, _ = ask("check", "--index", index, "--corpus", corpus)
        assert status == 1, change
        assert cause in out, change
        assert "python build_index.py --rebuild" in out
        (in_use(index) / "store.sqlite").write_bytes(whole)
        reseal(index)
        assert ask("check", "--index", index, "--corpus", corpus)[0] == 0


def test_a_pipe_that_is_closed_early_is_no_error(make: Run, corpus: Path, index: Path) -> None:
    make()
    ours, theirs = os.pipe()
    os.close(ours)
    process = python("-m", "healthsearch", "check", "--index", index, "--corpus", corpus, stdout=theirs)
    os.close(theirs)
    _, err = process.communicate()
    assert (process.returncode, err) == (1, "")


# python -m healthsearch evaluate


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    folder = tmp_path / "beir"
    (folder / "qrels").mkdir(parents=True)
    documents = [{"_id": "d1", "title": "massage", "text": "massage"}, {"_id": "d2", "title": "", "text": "walk"}]
    queries = [{"_id": "q1", "text": "massage"}, {"_id": "q2", "text": "walk"}, {"_id": "q3", "text": "not judged"}]
    for name, rows in (("corpus", documents), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t1\n", encoding="utf-8")
    return folder


def test_an_evaluation_prints_its_measures_and_writes_a_run(
    ask: Run, beir: Path, tmp_path: Path, tiny_model: str
) -> None:
    options = ["--model", tiny_model, "--cache", tmp_path / "cache"]
    status, out, err = ask("evaluate", beir, *options, "--json", "--run", tmp_path / "run")
    assert (status, err) == (0, "")
    figures = json.loads(out)
    assert set(figures) == {"queries", "nDCG@10", "recall@10", "recall@100", "MRR@10", "success@1", "milliseconds"}
    assert (figures["queries"], figures["nDCG@10"], figures["success@1"]) == (2, 1.0, 1.0)
    lines = [line.split() for line in (tmp_path / "run").read_text(encoding="utf-8").splitlines()]
    assert [(line[0], line[1], line[2], line[3]) for line in lines[:1]] == [("q1", "Q0", "d1", "1")]
    assert {line[0] for line in lines} == {"q1", "q2"}
    status, out, err = ask("evaluate", beir, *options)
    assert (status, err) == (0, "")
    assert re.search(r"^nDCG@10 +1\.0000$", out, flags=re.MULTILINE)


@pytest.mark.parametrize("missing", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
def test_an_unusable_beir_folder_gives_1(ask: Run, beir: Path, tmp_path: Path, tiny_model: str, missing: str) -> None:
    (beir / missing).unlink()
    status, out, err = ask("evaluate", beir, "--model", tiny_model, "--cache", tmp_path / "cache")
    assert (status, out) == (1, "")
    assert err.startswith(f"error: {beir / missing}: ")
