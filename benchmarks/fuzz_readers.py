"""Random and damaged files for the readers: nothing but UnreadableArticle may come out, and every article is sound.

    python benchmarks/fuzz_readers.py [--reader SUFFIX] [--minutes N] [--seeds DIR]

Files are made by Hypothesis: whole ones of ``tests/formats``, or of DIR, that are cut, spliced and sprinkled with bytes
and with the format's own words; and bytes out of nothing. What is found is printed with the bytes that show it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.article import Article, sections  # noqa: E402 - the project need not be installed
from healthsearch.errors import UnreadableArticle  # noqa: E402
from healthsearch.readers import READERS, outcomes  # noqa: E402

SEEDS = ROOT / "tests" / "formats"
ARCHIVES = (".zip", ".md.gz")
# What formats are made of; where a file is changed, often by one of these.
WORDS = [
    *(b"---\n", b"title: [", b"# ", b"\n\n", b"- ", b"| a |\n|---|\n", b"```", b"\0", b"\xff\xfe", b"\xed\xa0\x80"),
    *(b"<p>", b"</p>", b"<table><tr><td>", b"<h1>", b"<br>", b"&#0;", b"&#xD800;", b"<!--", b"]]>", b"<![CDATA["),
    *(b'<script type=\'application/ld+json\'>{"@type": "WebPage"', b"<meta charset=utf-16>", b"<base href=//x>"),
    *(b"{", b"}", b"[", b"]", b'"', b"\\u0000", b"\\ud800", b'{"text": 1e999}', b",", b";", b"\t", b"9" * 400),
    *(b"{\\rtf1", b"\\bin9999 ", b"\\u-1?", b"\\'zz", b"stream\n", b"endobj", b"/Kids [1 0 R]", b"%%EOF"),
    *(
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
        b"&b;",
        b"<?xml version='1.0' encoding='utf-16'?>",
        b"xmlns:x='y'",
        b"PK\x03\x04",
    ),
]


def changed(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """Files like the seeds, but for a few places; and bytes at random."""

    def change(seed: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
        for where, length, put in edits:
            at = int(where * len(seed))
            seed = seed[:at] + put + seed[at + length :]
        return seed

    piece = st.sampled_from(WORDS) | st.binary(max_size=8) | st.sampled_from(WORDS).map(lambda word: word * 50)
    edit = st.tuples(st.floats(0, 1), st.sampled_from([0, 0, 1, 4, 100, 10_000]), piece)
    files = [st.binary(max_size=200), st.lists(st.sampled_from(WORDS), max_size=30).map(b"".join)]
    if seeds:
        files += [st.builds(change, st.sampled_from(seeds), st.lists(edit, min_size=1, max_size=6))] * 3
    return st.one_of(files)


def check(data: bytes, path: str) -> None:
    """Read, and look at what comes out. Raises whatever goes wrong."""
    for found in outcomes(data, path):
        if isinstance(found, UnreadableArticle):
            assert found.place.startswith(path) or ascii(path)[1:-1] in found.place, found.place
            continue
        assert isinstance(found, Article)
        sound(found)


def sound(article: Article) -> None:
    """Whether an article keeps what the rest of the program builds on."""
    texts = (article.id, article.title, article.text, *article.authors, *article.also_called, *article.reviewed_by)
    for text in (*texts, *(heading.title for heading in article.headings)):
        text.encode()
        assert "\0" not in text
    assert article.id
    assert article.title
    assert article.text.strip()
    at = 0
    for heading in article.headings:
        assert at <= heading.start < heading.end <= len(article.text)
        assert 1 <= heading.level <= 6
        at = heading.end
    assert list(article.pages) == sorted(article.pages)
    assert all(0 <= page <= len(article.text) for page in article.pages)
    sections(article)


def seeds_of(suffix: str, folder: Path) -> list[bytes]:
    """The whole files of this kind."""
    return [file.read_bytes() for file in sorted(folder.rglob(f"*{suffix}")) if file.stat().st_size < 200_000]


def fuzz(suffix: str, seconds: float, folder: Path) -> int:
    """Try files of this kind for so long, others each time; returns how many were tried."""
    tried = 0

    @settings(
        max_examples=200,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(changed(seeds_of(suffix, folder)))
    def try_some(data: bytes) -> None:
        nonlocal tried
        tried += 1
        check(data, f"folder/x{suffix}")

    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try_some()
    return tried


def suffixes() -> Iterator[str]:
    """One for each reader, and the archives."""
    seen = set()
    for suffix, reader in READERS.items():
        if reader not in seen:
            seen.add(reader)
            yield suffix
    yield from ARCHIVES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reader", metavar="SUFFIX", choices=[*READERS, *ARCHIVES], help="only this one, as .html")
    parser.add_argument("--minutes", type=float, default=20, metavar="N", help="for each reader (default: 20)")
    parser.add_argument("--seeds", type=Path, default=SEEDS, metavar="DIR", help="whole files to start from")
    arguments = parser.parse_args()
    for suffix in [arguments.reader] if arguments.reader else suffixes():
        tried = fuzz(suffix, arguments.minutes * 60, arguments.seeds)
        print(f"{suffix}: {tried:,} files in {arguments.minutes:g} minutes, nothing uncaught", flush=True)


if __name__ == "__main__":
    main()
