"""Guesses the encoding of text that is not UTF-8 and declares none: Windows-1252 or GB18030, if certain.

Our own rules on typical characters and charset-normalizer (MIT), which compares encodings by letter frequencies, must
agree. A wrong guess would change the words that are quoted.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

# What a file in one of the two is commonly taken for, or the other way about.
_RIVALS = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "koi8_r", "mac_roman"),
    *("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"),
]
# Bytes that are looked at.
_PLAIN = 2_000
_ENOUGH = 64_000
_LETTER = "A-Za-zÀ-ÖØ-öø-ÿŒœŠšŽžŸ"
# Quotation marks, dashes and signs of English and its neighbours, and letters with a plain letter in their word.
_IN_PLACE = re.compile(
    rf"[‘’“”„‚–—…•·°±€£§©®™«»½¼¾µ×¿¡†‡\u00a0]|(?<=\d)[²³ºª]|(?<=m)[²³]"
    rf"|(?:(?<=[A-Za-z])|(?<=[A-Za-z][^\W\d_]))[À-ÖØ-öø-ÿŒœŠšŽžŸ]|[À-ÖØ-öø-ÿŒœŠšŽžŸ](?=[{_LETTER}]?[A-Za-z])"
    r"|\b[àÀéÉèÈóêåÅ]\b"
)
_MOST = 0.85
# Little words of the languages that are written in Windows-1252, and of no neighbour's; one word in ten at least.
_LITTLE = frozenset(
    "the of and to for are it with that le les des est une dans pour avec und der die das ist nicht ein mit von"
    " el los es muy que una con para por não uma os il di che non per och att som är det av ikke een het van".split()
)
_LITTLE_SHARE = 0.1
_WORD = re.compile(r"\w+")
# Two readings whose measures, from 0 to 1, differ by less are equals.
_BESIDE = 0.05
# One character in twenty, at least, is one of these in any Chinese prose.
_COMMON = frozenset("的一是在不了有和人这中大为上个我以要时来用们生到作地于出会可也你对能而子那得着下自之年过后多如很")
_COMMON_SHARE = 0.05
_HANZI = re.compile("[\u4e00-\u9fff]")


def guess(data: bytes) -> str | None:
    """``cp1252`` or ``gb18030``, or None if the bytes may be something else."""
    sample = _sample(data)
    for encoding, plausible in (("cp1252", _western), ("gb18030", _chinese)):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        # The cut may have halved the last character of the sample, which is then left out.
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
        if plausible(text) and _as_good_as_any(text.encode(encoding), text):
            return encoding
    return None


def _as_good_as_any(sample: bytes, text: str) -> bool:
    """Whether this text is the best reading of the bytes, or beside the best: often two differ by a letter."""
    readings = from_bytes(sample, cp_isolation=_RIVALS)
    best = readings.best()
    return best is not None and any(
        str(reading) == text and reading.chaos <= best.chaos + _BESIDE and reading.coherence >= best.coherence - _BESIDE
        for reading in readings
    )


def _sample(data: bytes) -> bytes:
    """Lines that are not ASCII, and some that are, to tell the language by; whole but for the last."""
    plain: list[bytes] = []
    others: list[bytes] = []
    room_for_plain, room = _PLAIN, _ENOUGH
    for line in data.split(b"\n"):
        if line.isascii() and len(line) < room_for_plain:
            plain.append(line)
            room_for_plain -= len(line)
        elif not line.isascii() and room > 0:
            others.append(line[:room])
            room -= len(line)
    return b"\n".join(plain + others)


def _western(text: str) -> bool:
    others = sum(not char.isascii() for char in text)
    found = _WORD.findall(text.casefold())
    little = sum(word in _LITTLE for word in found)
    return len(_IN_PLACE.findall(text)) >= _MOST * others and little >= _LITTLE_SHARE * len(found)


def _chinese(text: str) -> bool:
    hanzi = _HANZI.findall(text)
    common = sum(char in _COMMON for char in hanzi)
    return bool(hanzi) and common >= _COMMON_SHARE * len(hanzi)
