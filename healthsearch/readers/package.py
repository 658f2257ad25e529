"""A zipped package (DOCX, ODT, EPUB): its parts by name, read in memory within size limits.

Sizes stated in the package are not trusted: reading stops at the limit.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from urllib.parse import unquote

from healthsearch.errors import UnreadableArticle
from healthsearch.readers.incomplete import without_end, zip_has_no_end

# XML takes up to thirty times its size in memory, and a thick book's text is under 5 MB.
LARGEST_PART = 10_000_000
LARGEST_PACKAGE = 50_000_000
_ENCRYPTED = 1


class Package:
    """The parts of the package in ``data``; ``kind`` is its format's name for people.

    Raises UnreadableArticle, naming ``path``, when it is not one, or is broken, encrypted or too large.
    """

    def __init__(self, data: bytes, path: str, kind: str) -> None:
        self._path = path
        self._kind = kind
        self._read = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise (without_end(path) if zip_has_no_end(data) else self.broken(f"the file is not {kind}")) from None
        self._names = set(self._zip.namelist())

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def read(self, name: str) -> bytes:
        """The bytes of a required part."""
        if name not in self._names:
            raise self.broken(f"its part '{name}' is missing")
        try:
            if self._zip.getinfo(name).flag_bits & _ENCRYPTED:
                raise self.locked()
            with self._zip.open(name) as part:
                data = part.read(LARGEST_PART + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError):
            raise self.broken(f"its part '{name}' cannot be unpacked") from None
        self._read += len(data)
        if len(data) > LARGEST_PART or self._read > LARGEST_PACKAGE:
            raise UnreadableArticle(
                self._path,
                f"its part '{name}' unpacks to more than {LARGEST_PART // 1_000_000} MB"
                if len(data) > LARGEST_PART
                else f"its parts unpack to more than {LARGEST_PACKAGE // 1_000_000} MB",
                "Split it into articles of their own, or delete the file.",
            )
        return data

    def resolve(self, base: str, reference: str) -> str:
        """The name of the part that ``reference`` means in the part ``base``.

        Raises UnreadableArticle when it leads out of the package.
        """
        target = unquote(reference.partition("#")[0])
        name = posixpath.normpath(posixpath.join("/", posixpath.dirname(base), target))
        climbed = posixpath.normpath(posixpath.join(posixpath.dirname(base), target.lstrip("/")))
        if climbed.startswith(".."):
            raise self.broken(f"it refers to a file outside itself ({ascii(reference)[1:-1]})")
        return name.lstrip("/")

    def locked(self) -> UnreadableArticle:
        """The error for an encrypted package."""
        return UnreadableArticle(self._path, "the file is encrypted", "Save a copy of it without a password.")

    def broken(self, cause: str) -> UnreadableArticle:
        """The error for an incomplete package."""
        return UnreadableArticle(self._path, cause, f"Open it in the program that made it and save it as {self._kind}.")
