"""The folder of articles: every file gets an outcome."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from healthsearch import readers
from healthsearch.article import Article
from healthsearch.corpus import SourceFile, articles, list_files, misnamed, read_file
from healthsearch.errors import HealthSearchError, UnreadableArticle
from tests.folders import unlistable


def write(folder: Path, **files: str | bytes) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def paths(folder: Path) -> list[str]:
    return [file.path for file in list_files(folder)[0]]


def test_the_files_that_a_reader_takes_by_path(tmp_path: Path) -> None:
    write(tmp_path, b_md="B", a_txt="A", spine__disc_markdown="C", spine__cord_MD="D", skin_png="x", notes="x")
    assert paths(tmp_path) == ["a.txt", "b.md", "spine/cord.MD", "spine/disc.markdown"]


def test_files_that_are_read_as_what_they_are_and_not_as_their_names_say_are_named(tmp_path: Path) -> None:
    page = "<!doctype html><p>Rest.</p>"
    write(tmp_path, a_md=page, b_html=page, c_txt="{\\rtf1 Rest.}", d_txt="Rest.", e_txt="PK\3\4", f_md=page)
    files, _, _ = list_files(tmp_path)
    (tmp_path / "f.md").unlink()
    assert [str(problem) for problem in misnamed(tmp_path, files)] == [
        "a.md: it is a web page and is read as one, whatever its name says."
        " Give it its right suffix (.html or .htm or .xhtml).",
        "c.txt: it is rich text (RTF) and is read as such, whatever its name says. Give it its right suffix (.rtf).",
    ]
    # What cannot be read is skipped, which says more.
    with pytest.raises(UnreadableArticle, match="not what its name says"):
        raise next(problem for problem in read_file(tmp_path, files[4])[1] if isinstance(problem, UnreadableArticle))


def test_what_no_reader_takes_is_counted_by_suffix(tmp_path: Path) -> None:
    write(
        tmp_path, a_md="A", b_doc="B", deep__c_DOC="C", skin_png="x", notes="x", urgent_yaml="x", README="x", _x_doc="x"
    )
    assert list_files(tmp_path)[2] == {".doc": 2, ".png": 1, "notes": 1}


def test_a_linked_folder_is_named_and_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "corpus", a_md="A", deep__b_md="B")
    (tmp_path / "corpus" / "again").symlink_to("deep")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "corpus" / "out").symlink_to(tmp_path / "elsewhere")
    files, problems, _ = list_files(tmp_path / "corpus")
    assert [file.path for file in files] == ["a.md", "deep/b.md"]
    assert sorted(problem.place for problem in problems) == ["again", "out"]
    assert {problem.cause for problem in problems} == {"it is a link to a folder, and those are not followed"}


def test_a_listed_file_has_the_digest_and_size_of_its_bytes(tmp_path: Path) -> None:
    data = "# Rücken\n\nSchmerz.".encode()
    write(tmp_path, a_md=data)
    assert list_files(tmp_path) == ([SourceFile("a.md", hashlib.sha256(data).hexdigest(), len(data))], [], {})


def test_hidden_files_and_readmes_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, README_md="x", deep__readme_txt="x", _hidden_md="x", _git__a_md="x", deep___b_md="x", good_md="x")
    assert paths(tmp_path) == ["good.md"]


def test_an_empty_folder_holds_no_files(tmp_path: Path) -> None:
    assert list_files(tmp_path) == ([], [], {})


def test_no_folder_is_a_mistake_to_mend(tmp_path: Path) -> None:
    write(tmp_path, a_md="x")
    for missing in (tmp_path / "nowhere", tmp_path / "a.md"):
        with pytest.raises(HealthSearchError, match=r"there is no such folder\. Make it"):
            list_files(missing)


def test_a_link_to_nothing_is_a_problem_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "lost.md").symlink_to(tmp_path / "nowhere.md")
    write(tmp_path, good_md="x")
    files, problems, _ = list_files(tmp_path)
    assert [file.path for file in files] == ["good.md"]
    assert [(problem.place, problem.cause) for problem in problems] == [
        ("lost.md", "the file cannot be read (No such file or directory)")
    ]
    with pytest.raises(UnreadableArticle, match=r"^lost\.md: "):
        list(articles(tmp_path))


def test_a_folder_that_cannot_be_listed_is_named_by_its_place_in_the_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, a_md="A", deep__inner__b_md="B")
    with unlistable(monkeypatch, tmp_path / "deep" / "inner"):
        files, [problem], _ = list_files(tmp_path)
    assert [file.path for file in files] == ["a.md"]
    assert (problem.place, problem.cause) == ("deep/inner", "the folder cannot be listed (Permission denied)")


def test_a_pipe_is_a_problem_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    files, [problem], _ = list_files(tmp_path)
    assert (files, problem.place) == ([], "pipe.md")
    assert "not a regular file" in problem.cause


@pytest.mark.parametrize("name", ["a\nb.md", "a\x1b[31m.md", "a\u202eb.md", "caf\udce9.md"])
def test_a_name_that_cannot_be_shown_is_a_problem(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Text.", encoding="utf-8")
    files, [problem], _ = list_files(tmp_path)
    assert files == []
    assert (problem.place, problem.remedy) == (ascii(name), "Rename it.")


def test_names_in_other_scripts_are_fine(tmp_path: Path) -> None:
    write(tmp_path, **{"腰痛 🙂_md": "Text."})
    assert paths(tmp_path) == ["腰痛 🙂.md"]


def test_a_file_that_is_too_large_is_refused_both_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(readers.LARGEST, ".txt", 100)
    write(tmp_path, fits_txt="x" * 100, large_txt="x" * 101)
    files, [problem], _ = list_files(tmp_path)
    assert [file.path for file in files] == ["fits.txt"]
    assert problem.place == "large.txt"
    with pytest.raises(UnreadableArticle, match=r"large\.txt: the file is larger than"):
        read_file(tmp_path, SourceFile("large.txt", "", 1))


def test_reading_gives_the_article_and_the_digest_of_what_was_read(tmp_path: Path) -> None:
    write(tmp_path, spine__disc_MD="# Discs\n\nThey slip.")
    [listed], _, _ = list_files(tmp_path)
    changed = b"# Discs\n\nThey do not slip."
    (tmp_path / "spine/disc.MD").write_bytes(changed)
    read, [article] = read_file(tmp_path, listed)
    assert isinstance(article, Article)
    assert (article.id, article.path, article.title) == ("spine/disc", "spine/disc.MD", "Discs")
    assert article.text == "Discs\n\nThey do not slip."
    assert read == SourceFile("spine/disc.MD", hashlib.sha256(changed).hexdigest(), len(changed))


def test_a_file_that_went_away_since_it_was_listed(tmp_path: Path) -> None:
    with pytest.raises(UnreadableArticle, match=r"gone\.md: the file cannot be read \(No such file"):
        read_file(tmp_path, SourceFile("gone.md", "", 1))


def test_a_file_that_is_no_text_names_itself(tmp_path: Path) -> None:
    write(tmp_path, picture_md=b"\x89PNG\r\n\x1a\n\0")
    with pytest.raises(UnreadableArticle, match=r"^picture\.md: the file holds binary data"):
        list(articles(tmp_path))
