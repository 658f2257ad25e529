"""Arrays on disk, against NumPy's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.rows import RowWriter, mapped

BLOCKS = st.lists(st.lists(st.tuples(*[st.integers(-128, 127)] * 3), max_size=5), max_size=6)


@given(BLOCKS)
def test_the_file_is_that_of_all_rows_at_once(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[list[tuple[int, int, int]]]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    writer = RowWriter(folder / "a.npy", np.int8, (3,))
    for block in blocks:
        writer.add(np.array(block, np.int8).reshape(-1, 3))
    writer.close()
    writer.close()
    whole = np.array([row for block in blocks for row in block], np.int8).reshape(-1, 3)
    np.save(folder / "b.npy", whole)
    assert (folder / "a.npy").read_bytes() == (folder / "b.npy").read_bytes()
    assert mapped(folder / "a.npy").tolist() == whole.tolist()


def test_rows_of_one_number(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path / "a.npy", np.int64)
    writer.add(np.array([1, 2]))
    writer.add(np.array([3]))
    writer.close()
    assert mapped(tmp_path / "a.npy").tolist() == [1, 2, 3]


def test_rows_of_another_shape_are_refused(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path / "a.npy", np.float32, (3,))
    with pytest.raises(ValueError, match=r"rows of shape \(2,\) for an array of \(3,\)"):
        writer.add(np.zeros((1, 2), np.float32))
    writer.close()


def test_what_is_mapped_cannot_be_written(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        mapped(tmp_path / "a.npy")[0] = 1
