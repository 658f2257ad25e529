"""An array on disk: written row after row by a build, and mapped from its file by whoever reads it.

So neither needs the memory that all rows would take. The file is NumPy's own .npy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


class RowWriter:
    """Writes an array whose number of rows is not known yet; ``columns`` is the shape of a row."""

    def __init__(self, file: Path, dtype: npt.DTypeLike, columns: tuple[int, ...] = ()) -> None:
        self._dtype = np.dtype(dtype)
        self._columns = columns
        self._rows = 0
        self._file = file.open("wb")
        self._write_header()

    def add(self, rows: npt.NDArray[Any]) -> None:
        """Append some rows."""
        if rows.shape[1:] != self._columns:
            raise ValueError(f"rows of shape {rows.shape[1:]} for an array of {self._columns}")
        self._file.write(np.ascontiguousarray(rows, dtype=self._dtype).data)
        self._rows += len(rows)

    def close(self) -> None:
        """Make the file whole; closing twice is harmless."""
        if not self._file.closed:
            self._file.seek(0)
            self._write_header()
            self._file.close()

    def _write_header(self) -> None:
        # NumPy leaves room in it for the first dimension to grow, so the second header is as long as the first.
        shape = (self._rows, *self._columns)
        header = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)


def mapped(file: Path) -> npt.NDArray[Any]:
    """The array in a file, read-only; what is not looked at stays on disk."""
    return np.asarray(np.load(file, mmap_mode="r"))
