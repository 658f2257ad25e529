"""Files that are made to do harm: each is refused or survived in words, in bounded time and memory."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from healthsearch.article import Article
from healthsearch.build import build
from healthsearch.corpus import list_files, read_file
from tests.alone import alone
from tests.fakes import KeywordModel
from tests.folders import put
from tests.test_rows import zipped

SECONDS, MEGABYTES = 10, 500
HOSTILE: dict[str, bytes] = {
    "bomb.zip": zipped({f"{number}.txt": b"a" * 6_000_000 for number in range(30)}),
    "many.zip": zipped({f"{number}.md": b"" for number in range(5_000)}),
    "nested.zip": zipped({"a.zip": zipped({"b.zip": zipped({"c.md": b"x"})})}),
    "climbing.zip": zipped({"../../out.md": b"x", "/etc/out.md": b"x", "..\\out.md": b"x", "C:out.md": b"x"}),
    "bomb.md.gz": gzip.compress(b"a" * 200_000_000),
    "bomb.jsonl.gz": gzip.compress(b'{"text": "a"}\n' * 3_000_000),
    "deep.html": b"<div>" * 100_000,
    "wide.html": b"<p>a" * 1_000_000,
    "attributes.html": b"<p " + b"a=b " * 1_000_000 + b">text",
    "comment.html": b"<!--" * 1_000_000,
    "entity.html": b"<!DOCTYPE html [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><p>&a;&a;</p>",
    "json.html": b'<script type="application/ld+json">' + b"[" * 1_000_000 + b"</script><p>text",
    "parts.mhtml": b"Content-Type: multipart/mixed; boundary=a\n\n"
    + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 50_000,
    "deep.jsonl": b'{"a":' * 1_000_000,
    "number.jsonl": b'{"text": "a", "n": ' + b"9" * 1_000_000 + b"}",
    "line.jsonl": b'{"text": "' + b"a" * 20_000_000 + b'"}',
    "line.md": b"a" * 4_900_000,
    "quote.csv": b'title,text\n"' + b"a" * 20_000_000,
    "columns.csv": b"text" + b",a" * 1_000_000 + b"\nx\n",
    "nul.md": b"text\0text",
    "nul.html": b"<p>te\0xt",
    "surrogate.md": b"text \xed\xa0\x80",
    "surrogate.html": b"<p>&#xD800;&#55296; text",
    "override.md": "text \u202emoc.live\u202c".encode(),
    "\U0001f642 " + "é" * 120 + ".md": b"text",
    "--rebuild.md": b"text",
    "-.md": b"text",
}
# Refused, every one; the others are survived, whatever becomes of them.
REFUSED = ("bomb", "nested", "climbing", "deep", "wide", "nul.md", "surrogate.md", "parts", "line.jsonl")

_ONE = """
from healthsearch.corpus import list_files, read_file
from healthsearch.errors import UnreadableArticle
files, problems, _ = list_files(Path(sys.argv[1]))
outcomes = [one for file in files for one in read_file(Path(sys.argv[1]), file)[1]]
found = [str(one) for one in (*problems, *outcomes) if isinstance(one, UnreadableArticle)]
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_or_survived_within_bounds(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(HOSTILE[name])
    refused, seconds, megabytes = alone(_ONE, tmp_path)
    assert seconds < SECONDS
    assert megabytes < MEGABYTES
    for line in refused:
        assert line.isprintable()
        assert line.endswith(".")
    if name.startswith(REFUSED):
        assert refused


def _fifo(file: Path) -> None:
    os.mkfifo(file)


def _out(file: Path) -> None:
    file.symlink_to("/etc/hostname")


def _self(file: Path) -> None:
    file.symlink_to(file.name)


def _device(file: Path) -> None:
    file.symlink_to("/dev/zero")


def _hole(file: Path) -> None:
    with file.open("wb") as opened:
        opened.truncate(1_000_000_000)


@pytest.mark.parametrize("make", [_fifo, _out, _self, _device, _hole])
@pytest.mark.parametrize("suffix", [".md", ".html", ".jsonl", ".zip", ".pdf", ".csv.gz"])
def test_what_is_no_file_of_the_corpus_is_refused_at_once(
    tmp_path: Path, make: Callable[[Path], None], suffix: str
) -> None:
    make(tmp_path / f"x{suffix}")
    started = time.process_time()
    files, [problem], _ = list_files(tmp_path)
    assert (files, problem.place) == ([], f"x{suffix}")
    assert time.process_time() - started < SECONDS


def test_a_link_within_the_corpus_is_followed(tmp_path: Path) -> None:
    put(tmp_path / "corpus", "a.md", "rest")
    (tmp_path / "corpus" / "b.md").symlink_to("a.md")
    (tmp_path / "linked").symlink_to(tmp_path / "corpus")
    files, problems, _ = list_files(tmp_path / "linked")
    assert ([file.path for file in files], problems) == (["a.md", "b.md"], [])


def test_the_corpus_may_hold_a_folder_of_itself(tmp_path: Path) -> None:
    put(tmp_path, "a.md", "rest")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert [file.path for file in list_files(tmp_path)[0]] == ["a.md"]


def test_names_are_data(tmp_path: Path) -> None:
    for name in ("--rebuild.md", "a;b.md", "$(x).md", "a'b\".md", "%2e%2e.md", "é" * 126 + ".md"):
        put(tmp_path / "corpus", name, f"rest of {name}", title=name)
    summary = build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
    assert (len(summary.added), summary.skipped) == (6, [])
    for file in list_files(tmp_path / "corpus")[0]:
        [found] = read_file(tmp_path / "corpus", file)[1]
        assert isinstance(found, Article)
