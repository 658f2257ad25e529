"""A short run of the fuzzer, the same every time: nothing but UnreadableArticle comes out of any reader."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.fuzz_readers import SEEDS, changed, check, seeds_of, suffixes


@pytest.mark.parametrize("suffix", list(suffixes()))
@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damaged_files_are_read_or_refused(suffix: str, data: st.DataObject) -> None:
    check(data.draw(changed(seeds_of(suffix, SEEDS))), f"folder/x{suffix}")


def test_control_characters_and_names_of_word_in_a_page() -> None:
    check(b"<p>a</p><script>x</script>\x01b<o:p>c</o:p><ptitle:>d", "x.html")


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800"])
def test_escapes_of_what_is_no_text_in_the_metadata_of_a_page(escape: str) -> None:
    said = f'{{"@type": "WebPage", "author": "{escape}Ada", "headline": "{escape}"}}'
    check(f'<script type="application/ld+json">{said}</script><p>a</p>'.encode(), "x.html")


def test_an_escaped_nul_in_front_matter() -> None:
    check(b'---\ntitle: "a\\0b"\nauthors: ["\\0"]\n---\nText.', "x.md")


def test_a_nul_in_the_author_of_a_pdf() -> None:
    data = (SEEDS / "sore-shoulder.pdf").read_bytes()
    check(data.replace(b"(Ada Writer)", rb"(A\000riter)"), "x.pdf")
