"""Exports: one article a row of JSONL or CSV; and archives, read as folders."""

from __future__ import annotations

import gzip
import io
import json
import time
import zipfile
from pathlib import Path

import pytest

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers import archives, outcomes, takes

FORMATS = Path(__file__).parent / "formats"


def articles(data: bytes, path: str) -> list[Article]:
    found = list(outcomes(data, path))
    assert all(isinstance(one, Article) for one in found), found
    return [one for one in found if isinstance(one, Article)]


def causes(data: bytes, path: str) -> list[tuple[str, str]]:
    return [(one.place, one.cause) for one in outcomes(data, path) if isinstance(one, UnreadableArticle)]


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def of_csv(*lines: str) -> list[Article]:
    return articles("\n".join(lines).encode(), "x/rows.csv")


class TestJsonl:
    def test_a_corpus_of_beir_is_read_as_it_is(self) -> None:
        found = articles((FORMATS / "rows.jsonl").read_bytes(), "x/rows.jsonl")
        assert [(one.id, one.path, one.title, one.text) for one in found] == [
            ("MED-10", "x/rows.jsonl", "A warm bath", "A warm bath loosens stiff joints."),
            *[
                ("MED-11", "x/rows.jsonl", text, text)
                for text in ("A cold pack numbs a sprain: 10 minutes, not more.",)
            ],
            ("MED-12", "x/rows.jsonl", "Only a title", "Only a title"),
        ]
        assert found[0].url == "https://example.org/warm-bath"

    def test_a_row_without_an_id_is_named_by_its_line_or_by_its_own_number(self) -> None:
        data = b'{"text": "one"}\n\n{"id": 7, "text": "two"}\n'
        assert [one.id for one in articles(data, "x/rows.jsonl")] == ["x/rows#1", "x/rows#7"]

    def test_a_broken_row_is_named_by_its_line_and_the_others_are_read(self) -> None:
        lines = [
            b'{"text": "one"}',
            b'{"text": ',
            b"[1]",
            b'{"title": ""}',
            b'{"title": "", "n": 1}',
            b'{"text": "two"}',
        ]
        lines += [b"[" * 100_000, b'{"text": ' + b"9" * 5_000 + b"}"]
        data = b"\n".join(lines)
        assert [one.text for one in outcomes(data, "x.jsonl") if isinstance(one, Article)] == ["one", "two"]
        assert causes(data, "x.jsonl") == [
            ("x.jsonl", "line 2 is not JSON (Expecting value)"),
            ("x.jsonl", "line 3 is not an object with a text"),
            ("x.jsonl", "line 5 has neither text nor title"),
            ("x.jsonl", "line 7 is nested too deeply"),
            ("x.jsonl", "line 8 is not JSON (a number of too many digits)"),
        ]

    def test_a_file_of_broken_rows_is_refused_as_a_whole(self) -> None:
        data = b'{"text": "one"}\n' + b"no json\n" * 11
        assert [one for one in outcomes(data, "x.jsonl") if isinstance(one, Article)] == []
        [(_, cause)] = causes(data, "x.jsonl")
        assert cause == "more than 10 of its lines cannot be read; the first: line 2 is not JSON (Expecting value)"

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_other_encodings(self, encoding: str) -> None:
        data = json.dumps({"text": "café 🙂\u2028x"}, ensure_ascii=False).encode(encoding)
        assert articles(data, "x.jsonl")[0].text == "café 🙂\u2028x"

    def test_what_is_no_text_in_an_escape_is_replaced(self) -> None:
        assert articles(b'{"text": "a\\u0000b\\ud800c \\ud83d\\ude42"}', "x.jsonl")[0].text == "a\ufffdb\ufffdc 🙂"


class TestCsv:
    def test_every_row_is_an_article(self) -> None:
        first, second = articles((FORMATS / "rows.csv").read_bytes(), "x/rows.csv")
        assert (first.id, first.title, first.text) == (
            "x/rows#1",
            "A warm bath",
            'A warm bath "loosens" stiff joints,\nwithin 20 minutes.',
        )
        assert (first.authors, first.also_called) == (("Ada Writer", "Bob Reader"), ("balneotherapy", "hot bath"))
        assert (first.url, first.published) == ("https://example.org/warm-bath", "2024-05-17")
        assert (second.id, second.text, second.url) == ("x/rows#cold", "A cold pack numbs a sprain.", None)

    @pytest.mark.parametrize("separator", [";", "\t", "|"])
    def test_other_separators(self, separator: str) -> None:
        [found] = of_csv(separator.join(["Question", "Answer"]), separator.join(["Rest, or not?", "Rest."]))
        assert (found.title, found.text) == ("Rest, or not?", "Rest.")

    def test_broken_rows_are_named_by_their_line(self) -> None:
        data = b'title,text\na,"one\nmore"\nb,two,three\nc,"four" five\nd,six\n,\n'
        assert [one.text for one in outcomes(data, "x.csv") if isinstance(one, Article)] == ["one\nmore", "six"]
        assert causes(data, "x.csv") == [
            ("x.csv", "line 4 has 3 cells, and the header has 2"),
            ("x.csv", "line 5 is not a row (',' expected after '\"')"),
        ]

    @pytest.mark.parametrize("data", [b"a,b\nc,d\n", b"\n\n", b"just words\nand more\n"])
    def test_without_a_column_of_texts_it_is_refused(self, data: bytes) -> None:
        assert causes(data, "x.csv") == [("x.csv", "its first line names no column of texts")]


class TestArchives:
    def test_a_zip_archive_is_a_folder(self) -> None:
        files = {
            "b.md": b"# Rest\n\nSleep.",
            "sub/a.txt": b"Walk.",
            "sub/rows.jsonl": b'{"text": "one"}\n{"text": "two"}',
            "README.md": b"Not an article.",
            ".git/x.md": b"x",
            "__MACOSX/b.md": b"x",
            "picture.png": b"\x89PNG",
            "page.html": b"<p>Page.</p>",
            "page_files/advert.html": b"<p>Buy.</p>",
            "packed.txt.gz": gzip.compress(b"Packed."),
        }
        found = articles(zipped(files), "x/all.zip")
        assert [(one.path, one.id, one.text) for one in found] == [
            ("x/all.zip/b.md", "x/all.zip/b", "Rest\n\nSleep."),
            ("x/all.zip/packed.txt.gz", "x/all.zip/packed", "Packed."),
            ("x/all.zip/page.html", "x/all.zip/page", "Page."),
            ("x/all.zip/sub/a.txt", "x/all.zip/sub/a", "Walk."),
            ("x/all.zip/sub/rows.jsonl", "x/all.zip/sub/rows#1", "one"),
            ("x/all.zip/sub/rows.jsonl", "x/all.zip/sub/rows#2", "two"),
        ]

    def test_what_is_wrong_in_an_archive_is_named_and_the_rest_is_read(self) -> None:
        files = {"bad.md": b"\xff", "good.md": b"Rest.", "inner.zip": zipped({"x.md": b"x"}), "../out.md": b"Out."}
        files |= {"/root.md": b"x", "a\nb.md": b"x"}
        data = zipped(files)
        assert [one.text for one in outcomes(data, "x.zip") if isinstance(one, Article)] == ["Rest."]
        assert dict(causes(data, "x.zip")) == {
            "x.zip/bad.md": "line 1 is not valid UTF-8",
            "x.zip/inner.zip": "it is an archive within an archive",
            "x.zip/../out.md": "its name leads out of the archive",
            "x.zip//root.md": "its name leads out of the archive",
            r"'x.zip/a\nb.md'": "the file's name holds characters that cannot be shown",
        }

    def test_names_that_older_programs_wrote(self) -> None:
        for name in ("Rücken".encode(), "RRücken".encode("cp437")):
            data = zipped({"Rxxcken.md": b"Rest."}).replace(b"Rxxcken", name)
            assert [one.id for one in articles(data, "x.zip")] == [f"x.zip/{'R' * name.count(b'R')}ücken"]

    def test_a_bomb_is_refused_at_once(self) -> None:
        data = zipped({"bomb.md": b"a" * 100_000_000, "good.md": b"Rest.", "small.md": b"a" * 2_000_000})
        packed = gzip.compress(b"a" * 100_000_000)
        started = time.process_time()
        assert causes(data, "x.zip") == [
            ("x.zip/bomb.md", "it unpacks to more than 5 MB"),
            ("x.zip/small.md", "it unpacks to more than 100 times its size, as no text does"),
        ]
        assert causes(packed, "x.md.gz") == [("x.md.gz", "it unpacks to more than 5 MB")]
        assert time.process_time() - started < 10

    def test_an_archive_of_too_much_ends_where_it_is_too_much(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archives, "LARGEST_ARCHIVE", 10)
        data = zipped({"a.md": b"Rest now.", "b.md": b"Sleep."})
        assert [one.text for one in outcomes(data, "x.zip") if isinstance(one, Article)] == ["Rest now."]
        assert [place for place, _ in causes(data, "x.zip")] == ["x.zip"]
        monkeypatch.setattr(archives, "MOST_FILES", 1)
        assert causes(data, "x.zip") == [("x.zip", "the archive holds more than 1 files")]

    @pytest.mark.parametrize(
        ("data", "cause"),
        [
            (b"", "the file is empty"),
            (b"PK\x03\x04", "the end of the file is missing"),
            (zipped({"a.md": b"Rest."})[:-30], "the end of the file is missing"),
            (zipped({"a.md": b"Rest."}).replace(b"PK\x01\x02", b"PK\x01\x09"), "the archive is broken"),
            (b"# Markdown", "the archive is broken"),
        ],
    )
    def test_a_broken_archive(self, data: bytes, cause: str) -> None:
        assert causes(data, "x.zip") == [("x.zip", cause)]

    def test_a_file_in_an_archive_that_needs_a_password(self) -> None:
        data = bytearray(zipped({"a.md": b"Rest."}))
        for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(sign) + place] |= 1
        assert causes(bytes(data), "x.zip") == [("x.zip/a.md", "the file needs a password")]

    def test_gzip_is_the_file_within(self) -> None:
        [found] = articles(gzip.compress(b"---\ntitle: Rest\n---\nSleep."), "x/rest.md.gz")
        assert (found.id, found.path, found.title, found.text) == ("x/rest", "x/rest.md.gz", "Rest", "Sleep.")
        [found] = articles(gzip.compress(b"Sleep.") + gzip.compress(b" Walk."), "x/rest.txt.gz")
        assert found.text == "Sleep. Walk."

    @pytest.mark.parametrize("data", [b"", b"\x1f\x8b\x08", gzip.compress(b"Rest.")[:-9], b"Rest."])
    def test_broken_gzip(self, data: bytes) -> None:
        assert [place for place, _ in causes(data, "x.md.gz")] == ["x.md.gz"]

    def test_what_is_wrong_within_gzip_is_said_of_the_file(self) -> None:
        assert causes(gzip.compress(b"\xff"), "x.md.gz") == [("x.md.gz", "line 1 is not valid UTF-8")]


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("a.md", True), ("a.MD", True), ("a.md.gz", True), ("a.jsonl.GZ", True), ("a.zip", True), ("sub/a.html", True),
        ("a.gz", False), ("a.zip.gz", False), ("a.md.gz.gz", False), ("a.png.gz", False), ("README.md", False),
        ("readme.md.gz", False), (".a.md", False), ("a", False), ("a.md~", False), ("", False),
    ],
)  # fmt: skip
def test_which_names_are_taken(name: str, taken: bool) -> None:
    assert takes(name) == taken
