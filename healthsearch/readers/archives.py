"""Zip archives and gzip files, unpacked in memory within limits.

Sizes stated in an archive are not trusted, and its names are never used as paths on this machine.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from healthsearch.errors import UnreadableArticle
from healthsearch.readers.incomplete import without_end, zip_has_no_end

# The limit for all unpacked files together; each file also has the limit of its kind.
LARGEST_ARCHIVE = 500_000_000
MOST_FILES = 50_000
_ENCRYPTED = 1
_UTF_8 = 0x800
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
# Text compresses to a fifth of its size, repetitive text to a twentieth.
_LARGEST_RATIO = 100
_SMALL = 1_000_000

Member = tuple[str, bytes | UnreadableArticle]


def unzipped(
    data: bytes, path: str, wanted: Callable[[list[str]], list[str]], most: Callable[[str], int]
) -> Iterator[Member]:
    """Each wanted file of a zip archive: its path, ``path/name``, and its bytes or an error.

    ``wanted`` selects from all names, ``most`` gives the size limit in bytes for a name. Raises UnreadableArticle if
    the whole archive is unreadable.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        infos = {_name(info): info for info in archive.infolist() if not info.is_dir()}
    except _BROKEN:
        broken = UnreadableArticle(path, "the archive is broken", "Make it anew.")
        raise (without_end(path) if zip_has_no_end(data) else broken) from None
    if len(infos) > MOST_FILES:
        raise UnreadableArticle(path, f"the archive holds more than {MOST_FILES:,} files", "Split it.")
    room = LARGEST_ARCHIVE
    for name in sorted(wanted(list(infos))):
        place = f"{path}/{name}"
        try:
            content = _member(archive, infos[name], place, most(name))
        except UnreadableArticle as problem:
            yield place, problem
            continue
        room -= len(content)
        if room < 0:
            cause = f"the archive unpacks to more than {LARGEST_ARCHIVE // 1_000_000} MB"
            yield path, UnreadableArticle(path, cause, "Split it, or unpack it into the corpus.")
            return
        yield place, content


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: str, most: int) -> bytes:
    name = place.rpartition("/")[2]
    if not place.isprintable():
        raise UnreadableArticle(ascii(place), "the file's name holds characters that cannot be shown", "Rename it.")
    if ".." in PurePosixPath(place).parts or info.filename.startswith("/") or ":" in info.filename[:2]:
        raise UnreadableArticle(place, "its name leads out of the archive", "Make the archive anew.")
    if info.flag_bits & _ENCRYPTED:
        raise UnreadableArticle(place, "the file needs a password", "Unpack the archive into the corpus.")
    try:
        with archive.open(info) as opened:
            content = opened.read(most + 1)
    except _BROKEN:
        raise UnreadableArticle(place, f"'{name}' cannot be unpacked", "Make the archive anew.") from None
    return _within(content, place, most, info.compress_size)


def _name(info: zipfile.ZipInfo) -> str:
    """The intended name: UTF-8, which older programs write without declaring it, else the DOS code page."""
    if info.flag_bits & _UTF_8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def ungzipped(data: bytes, path: str, most: int) -> bytes:
    """The content of a gzip file. Raises UnreadableArticle if it is damaged or has more than ``most`` bytes."""
    try:
        with gzip.open(io.BytesIO(data)) as opened:
            content = opened.read(most + 1)
    except EOFError:
        raise without_end(path) from None
    except _BROKEN:
        raise UnreadableArticle(path, "the gzip file is broken", "Make it anew.") from None
    return _within(content, path, most, len(data))


def _within(content: bytes, place: str, most: int, packed: int) -> bytes:
    if len(content) > _SMALL and len(content) > _LARGEST_RATIO * packed:
        cause = f"it unpacks to more than {_LARGEST_RATIO} times its size, as no text does"
        raise UnreadableArticle(place, cause, "Move it out of the corpus.")
    if len(content) > most:
        cause = f"it unpacks to more than {most // 1_000_000} MB"
        raise UnreadableArticle(place, cause, "Split it into articles of their own.")
    return content
