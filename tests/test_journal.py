"""The journal gives back what was paid for, after a kill too; and nothing that a disk has spoilt."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from healthsearch.journal import Journal, passage_key
from healthsearch.passages import Passage
from tests.folders import flip, python

VECTOR = np.array([0.5, -0.25, 1e-30], dtype=np.float32)
SENTENCES = np.array([[1, -127, 127], [0, 5, -6]], dtype=np.int8)
PASSAGE = Passage("id", ("Part",), "Title\n", "One. Two.", 10, 19, ((0, 4), (5, 9)))


def test_what_was_put_is_got(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.put("a", VECTOR, SENTENCES)
    journal.put("b", VECTOR * 2, SENTENCES[:0])
    found = journal.get("a", 3)
    assert found is not None
    assert (found[0].dtype, found[0].tolist()) == (np.float32, VECTOR.tolist())
    assert (found[1].dtype, found[1].tolist()) == (np.int8, SENTENCES.tolist())
    other = journal.get("b", 3)
    assert other is not None
    assert (other[0].tolist(), other[1].shape) == ((VECTOR * 2).tolist(), (0, 3))
    assert journal.get("c", 3) is None
    assert journal.keys() == {"a", "b"}


def test_it_is_kept_for_the_next_build(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.put("a", VECTOR, SENTENCES)
    journal.close()
    found = Journal(tmp_path / "j").get("a", 3)
    assert found is not None
    assert found[0].tolist() == VECTOR.tolist()


def test_the_newest_of_a_key_counts(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.put("a", VECTOR, SENTENCES)
    journal.put("a", VECTOR * 2, SENTENCES)
    found = journal.get("a", 3)
    assert found is not None
    assert found[0].tolist() == (VECTOR * 2).tolist()


def test_a_kill_right_after_a_passage_loses_nothing(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; import numpy as np\n"
        "from healthsearch.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for key in 'abc': journal.put(key, np.float32([ord(key), 1]), np.int8([[3, 4]]))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = python("-c", program, tmp_path / "j")
    _, told = killed.communicate()
    assert killed.returncode == -9, told
    journal = Journal(tmp_path / "j")
    kept = {key: journal.get(key, 2) for key in "abcd"}
    assert {key: found and found[0].tolist() for key, found in kept.items()} == {
        "a": [97, 1],
        "b": [98, 1],
        "c": [99, 1],
        "d": None,
    }


def test_a_fresh_one_forgets(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.put("a", VECTOR, SENTENCES)
    journal.close()
    assert Journal(tmp_path / "j", fresh=True).get("a", 3) is None


def test_deleting_leaves_no_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.put("a", VECTOR, SENTENCES)
    assert len(list(tmp_path.iterdir())) == 3
    journal.delete()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"not a database, but long enough to look into " * 100, b"SQLite format 3\0"])
def test_a_file_that_is_no_journal_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "j").write_bytes(content)
    journal = Journal(tmp_path / "j")
    assert journal.get("a", 3) is None
    journal.put("a", VECTOR, SENTENCES)
    assert journal.get("a", 3) is not None


def test_no_single_flipped_byte_gives_other_vectors(tmp_path: Path) -> None:
    file = tmp_path / "j"
    journal = Journal(file)
    journal.put("a", VECTOR, SENTENCES)
    journal.close()
    whole = file.read_bytes()
    lost = 0
    for place in range(0, len(whole), 61):
        file.write_bytes(whole)
        flip(file, place)
        journal = Journal(file)
        found = journal.get("a", 3)
        journal.close()
        if found is None:
            lost += 1
        else:
            assert (found[0].tolist(), found[1].tolist()) == (VECTOR.tolist(), SENTENCES.tolist()), place
    assert lost > 2


def test_spoilt_vectors_count_as_not_encoded(tmp_path: Path) -> None:
    file = tmp_path / "j"
    journal = Journal(file)
    journal.put("a", VECTOR, SENTENCES)
    journal.close()
    for spoilt in (VECTOR.tobytes(), SENTENCES.tobytes()):
        data = file.read_bytes()
        flip(file, data.index(spoilt))
        journal = Journal(file)
        assert journal.get("a", 3) is None
        journal.put("a", VECTOR, SENTENCES)
        assert journal.get("a", 3) is not None
        journal.close()


def test_a_passing_trouble_is_not_taken_for_damage(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.put("a", VECTOR, SENTENCES)
    journal.close()
    kept = (tmp_path / "j").rename(tmp_path / "kept")
    (tmp_path / "j").symlink_to("j")
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        Journal(tmp_path / "j")
    assert (tmp_path / "j").is_symlink()
    kept.replace(tmp_path / "j")
    assert Journal(tmp_path / "j").get("a", 3) is not None


def test_a_journal_of_another_shape_is_replaced(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "j") as db:
        db.execute("CREATE TABLE encoded (key TEXT PRIMARY KEY, vector BLOB)")
    journal = Journal(tmp_path / "j")
    journal.put("a", VECTOR, SENTENCES)
    assert journal.get("a", 3) is not None


@pytest.mark.parametrize(
    "other",
    [
        ("another encoder", PASSAGE),
        ("encoder", replace(PASSAGE, context="Other\n")),
        ("encoder", replace(PASSAGE, text="One. Too.")),
        ("encoder", replace(PASSAGE, sentences=((0, 4),))),
        ("encoder", replace(PASSAGE, sentences=((0, 4), (5, 8)))),
        # The same characters, differently divided.
        ("encoder", replace(PASSAGE, context="Title\nOne. ", text="Two.")),
    ],
)
def test_a_key_names_all_that_vectors_depend_on(other: tuple[str, Passage]) -> None:
    assert passage_key(*other) != passage_key("encoder", PASSAGE)


def test_a_key_names_nothing_else() -> None:
    moved = replace(PASSAGE, article_id="renamed", headings=("Part", "One"), start=100, end=109)
    assert passage_key("encoder", moved) == passage_key("encoder", PASSAGE)
