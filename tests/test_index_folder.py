"""The pointer to the generation in use: read as it was written, or told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from healthsearch.errors import HealthSearchError, NoIndex
from healthsearch.in_use import open_generation
from healthsearch.index_folder import Pointer
from tests.folders import in_use
from tests.generations import publish, served


def test_the_pointer_is_read_as_it_was_written(tmp_path: Path) -> None:
    for pointer in (Pointer("new", "old", "2030-01-01T10:00:00+00:00"), Pointer("first", None, "2030-01-01")):
        pointer.write(tmp_path)
        assert Pointer.read(tmp_path) == pointer


BROKEN_POINTERS = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe\x00",
    b'"text"',
    b'{"generation": "x"}',
    b'{"generation": null, "previous": null, "published": ""}',
    b'{"generation": "x", "previous": 7, "published": ""}',
    b'{"generation": "", "previous": "\\u0000", "published": ""}',
    b'{"generation": "../..", "previous": [], "published": {}}',
]


@pytest.mark.parametrize("content", BROKEN_POINTERS)
def test_a_broken_pointer_is_told_and_the_next_build_mends_it(tmp_path: Path, content: bytes) -> None:
    name = publish(tmp_path, "One.")
    (tmp_path / "current.json").write_bytes(content)
    with pytest.raises(HealthSearchError) as error:
        open_generation(tmp_path)
    assert not isinstance(error.value, NoIndex)
    assert str(tmp_path) in error.value.place
    assert "python build_index.py" in error.value.remedy
    assert publish(tmp_path, "One.") == name
    assert served(tmp_path) == (name, None)


def test_without_a_pointer_there_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(NoIndex, match="there is no index yet"):
        open_generation(tmp_path / "index")


def test_a_pointer_to_a_generation_that_is_gone_falls_back(tmp_path: Path) -> None:
    before = publish(tmp_path, "One.")
    publish(tmp_path, "Two.")
    in_use(tmp_path).rename(tmp_path / "elsewhere")
    generation, fault = served(tmp_path)
    assert generation == before
    assert fault is not None
    assert fault.place.endswith("manifest.json")
