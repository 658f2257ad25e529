"""An array on disk: written row by row in a build and memory-mapped for reading.

Neither needs memory for all rows. The format is NumPy's .npy, unless another header is given.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


class RowWriter:
    """Writes an array whose number of rows is not known in advance; ``columns`` is the shape of a row.

    ``header(n)`` returns the file header for n rows; its length must not depend on n.
    """

    def __init__(
        self,
        file: Path,
        dtype: npt.DTypeLike,
        columns: tuple[int, ...] = (),
        header: Callable[[int], bytes] | None = None,
    ) -> None:
        self._dtype = np.dtype(dtype)
        self._columns = columns
        self._header = header or self._npy_header
        self._rows = 0
        self._file = file.open("wb")
        self._file.write(self._header(0))

    def add(self, rows: npt.NDArray[Any]) -> None:
        """Append some rows."""
        if rows.shape[1:] != self._columns:
            raise ValueError(f"rows of shape {rows.shape[1:]} for an array of {self._columns}")
        self._file.write(np.ascontiguousarray(rows, dtype=self._dtype).data)
        self._rows += len(rows)

    def close(self) -> None:
        """Complete the file; closing twice is harmless."""
        if not self._file.closed:
            self._file.seek(0)
            self._file.write(self._header(self._rows))
            self._file.close()

    def _npy_header(self, rows: int) -> bytes:
        # NumPy pads it so that the first dimension can grow without changing its length.
        shape = (rows, *self._columns)
        header = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        written = io.BytesIO()
        np.lib.format.write_array_header_1_0(written, header)
        return written.getvalue()


def mapped(file: Path) -> npt.NDArray[Any]:
    """The array in a file, memory-mapped and read-only."""
    return np.asarray(np.load(file, mmap_mode="r"))
