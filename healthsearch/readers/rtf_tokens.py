"""RTF as tokens: groups, control words and decoded text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

# ("{", "", None), ("}", "", None), ("word", name, number or None) and ("text", text, None)
Token = tuple[str, str, int | None]

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,9})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL
)
_SYMBOLS = {b"~": " ", b"_": "-", b"-": "", b"{": "{", b"}": "}", b"\\": "\\"}
_CHARACTERS = {
    "emdash": "—",
    "endash": "–",
    "bullet": "•",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "emspace": " ",
    "enspace": " ",
    "qmspace": " ",
    "tab": "\t",
    "line": "\n",
}
# The code page of each character set that a font may name.
_CHARSETS = {
    77: "mac-roman",
    128: "cp932",
    129: "cp949",
    134: "gb18030",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
}


def tokens(data: bytes) -> Iterator[Token]:
    """The tokens of an RTF file. Bytes that are not in its code pages become U+FFFD."""
    yield from _joined(_Decoder().pieces(data))


def _joined(pieces: Iterator[Token]) -> Iterator[Token]:
    """Joins pieces of text and surrogate pairs."""
    texts: list[str] = []
    for piece in pieces:
        if piece[0] == "text":
            texts.append(piece[1])
            continue
        if texts:
            yield "text", _whole("".join(texts)), None
            texts = []
        yield piece
    if texts:
        yield "text", _whole("".join(texts)), None


def _whole(text: str) -> str:
    # Some programs end a file with a NUL, which is no damage that a reader should see.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")


class _Decoder:
    """Follows the code page through fonts and groups."""

    def __init__(self) -> None:
        self._page = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font: int | None = None
        self._defining: int | None = None
        # How many characters stand for one in Unicode, for older readers; and how many are still to be passed over.
        self._stand_in = 1
        self._passing = 0
        self._groups: list[tuple[int | None, int]] = []
        self._bytes = bytearray()

    def pieces(self, data: bytes) -> Iterator[Token]:
        place = 0
        while match := _TOKEN.match(data, place):
            place = match.end()
            word, value, code, symbol, brace, text = match.groups()
            if code:
                # Bytes are gathered, since a character may have several.
                if not self._passed():
                    self._bytes.append(int(code, 16))
                continue
            if text:
                rest = self._pass_over(text)
                self._bytes += rest
                continue
            yield from self._gathered()
            if brace:
                yield self._brace(brace)
            elif symbol:
                if not self._passed():
                    yield ("word", "*", None) if symbol == b"*" else ("text", _SYMBOLS.get(symbol, ""), None)
            elif word:
                number = int(value) if value else None
                if word == b"bin":
                    place += max(0, number or 0)
                yield from self._word(word.decode("ascii"), number)
        yield from self._gathered()

    def _gathered(self) -> Iterator[Token]:
        if self._bytes:
            page = self._page if self._font is None else self._fonts.get(self._font, self._page)
            yield "text", self._bytes.decode(page, "replace"), None
            self._bytes.clear()

    def _passed(self) -> bool:
        if self._passing:
            self._passing -= 1
            return True
        return False

    def _pass_over(self, text: bytes) -> bytes:
        rest = text[self._passing :]
        self._passing = max(0, self._passing - len(text))
        return rest

    def _brace(self, brace: bytes) -> Token:
        self._passing = 0
        if brace == b"{":
            self._groups.append((self._font, self._stand_in))
        elif self._groups:
            self._font, self._stand_in = self._groups.pop()
        return brace.decode("ascii"), "", None

    def _word(self, word: str, number: int | None) -> Iterator[Token]:
        match word:
            case "ansicpg" if number:
                self._page = _code_page(number, self._page)
            case "mac":
                self._page = "mac-roman"
            case "f":
                self._font = self._defining = number
            case "fcharset" if self._defining is not None:
                self._fonts[self._defining] = _CHARSETS.get(number or 0, self._page)
            case "uc":
                self._stand_in = min(number or 0, 8)
            case "u":
                self._passing = self._stand_in
                yield "text", chr((number or 0) % 0x10000), None
            case _ if word in _CHARACTERS:
                yield "text", _CHARACTERS[word], None
            case _:
                yield "word", word, number


def _code_page(number: int, otherwise: str) -> str:
    name = {65001: "utf-8", 10000: "mac-roman", 936: "gb18030"}.get(number, f"cp{number}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return otherwise
