"""What reaches a terminal steers none, and loses no character that it can show."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from healthsearch.terminal import json_text, visible

# Every character, those that steer often; halves of characters never in pairs, which JSON would join.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\x1b\x07\x9b\x7f\u202e\u2066\ud800\r\n\t"), max_size=40
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
OVERRIDES = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def steers(character: str) -> bool:
    """Whether it is a control (line ends and tabs aside), an override of direction, or half a character."""
    if character in "\n\t":
        return False
    return unicodedata.category(character) in ("Cc", "Cs") or unicodedata.bidirectional(character) in OVERRIDES


@settings(max_examples=1_000)
@given(TEXTS)
def test_what_steers_is_replaced_and_all_else_stays(text: str) -> None:
    assert visible(text) == "".join("\ufffd" if steers(character) else character for character in text)


@settings(max_examples=1_000)
@given(VALUES, st.sampled_from([None, 2]))
def test_json_steers_nothing_and_is_read_back_as_it_was(value: object, indent: int | None) -> None:
    written = json_text(value, indent)
    assert not any(steers(character) for character in written)
    assert json.loads(written) == value
