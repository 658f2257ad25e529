"""Texts for Hypothesis: prose with what breaks splitters, and anything at all."""

from __future__ import annotations

from hypothesis import strategies as st

# Sentences, list items, numbers, other scripts, emoji of several code points, separators that are no line ends.
_PIECES = [
    "Massage helps.",
    "Take 2.5 mg.",
    "of it",
    "Do not drive!",
    "Is it safe?",
    "e.g.",
    "Dr. Smith",
    "naïve café",
    "cafe\u0301",
    "今日は痛い。",
    "안녕하세요.",
    "ยาแก้ปวด",
    "ألم الظهر؟",
    "🙂",
    "👩‍⚕️",
    "\u2028",
    "\u2029",
    "\x85",
    "\u200b",
    "\ufeff",
    "(see below",
    "“quoted",
    "end.”",
    '"',
    "1.",
    "x" * 80,
]
_GAPS = [" ", " ", " ", "", "\n", "\n\n", "\r\n\r\n", "\n- ", "\n2. ", "\n\n* ", "\t", "\u00a0", "\n \n"]

_PROSE = st.lists(st.tuples(st.sampled_from(_PIECES), st.sampled_from(_GAPS)), max_size=40).map(
    lambda parts: "".join(piece + gap for piece, gap in parts)
)
# Lone surrogates cannot come out of a file; NUL marks a file as binary.
ANYTHING = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
TEXTS = _PROSE | ANYTHING
