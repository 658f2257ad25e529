"""Refuses a PDF with decompression bombs, before PDFium unpacks its streams.

Images are not unpacked here and so not checked. Streams in rare nested encodings escape this check; PDFium limits them
to a gigabyte.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from healthsearch.errors import UnreadableArticle

# A page full of drawing has under 20 MB; a thousand pages of a textbook some 50 MB.
LARGEST_STREAM = 30_000_000
LARGEST_TOGETHER = 150_000_000
_STREAM = re.compile(rb"stream\r?\n")
# A stream's own dictionary stands right before it, and is short.
_DICTIONARY = 2_000
_PACKED = re.compile(rb"/Fl(?:ateDecode)?\b")
_MOST_LAYERS = 4


def refuse_swelling(data: bytes, path: str) -> None:
    """Raise UnreadableArticle if the unpacked streams are too large for a document."""
    together = 0
    for match in _STREAM.finditer(data):
        dictionary = data[max(0, match.start() - _DICTIONARY) : match.start()]
        dictionary = dictionary[dictionary.rfind(b"obj") + 1 :]
        layers = len(_PACKED.findall(dictionary))
        if not layers or b"/Image" in dictionary:
            continue
        end = data.find(b"endstream", match.end())
        size = _unpacked(data[match.end() : end if end >= 0 else len(data)], min(layers, _MOST_LAYERS))
        together += size
        if size > LARGEST_STREAM or together > LARGEST_TOGETHER:
            most = LARGEST_STREAM if size > LARGEST_STREAM else LARGEST_TOGETHER
            raise UnreadableArticle(
                path,
                f"the PDF unpacks to more than {most // 1_000_000} MB",
                "Print it as PDF anew, or delete the file.",
            )


def _unpacked(packed: bytes, layers: int) -> int:
    """The number of unpacked bytes, counted up to slightly beyond the limit."""
    pieces: Iterator[bytes] = iter([packed])
    for _ in range(layers):
        pieces = _pieces(pieces)
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > LARGEST_STREAM:
            break
    return size


def _pieces(packed: Iterator[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    for piece in packed:
        try:
            while piece:
                yield unpacker.decompress(piece, 1_000_000)
                piece = unpacker.unconsumed_tail
        except zlib.error:
            # Encrypted or damaged: count what came before.
            return
