"""Pairs of nearly identical articles, such as an older edition or the same text with another footer.

Articles that share most of their shingles (runs of eight words) are reported. About every fourth word begins a shingle,
chosen by the word's checksum, and the smallest hashes are kept (a bottom sketch, Broder 1997): a thousand articles take
seconds and little memory. Texts of a few lines may be missed.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

from healthsearch.article import Article

_WORD = re.compile(r"\w+")
_SHINGLE = 8
_EVERY = 4
# Hashes kept per article; the similarity is then known to about three percentage points.
_SKETCH = 256
# A shingle in this many articles is a standard phrase of the publisher, not evidence of a duplicate.
_COMMON = 20
# The Jaccard similarity from which two articles are reported.
ALIKE = 0.7


def near_duplicates(articles: Iterable[Article]) -> Iterator[tuple[str, str, float]]:
    """Pairs of paths, each with the share of common shingles, most similar first."""
    sketches: list[frozenset[int]] = []
    paths: list[str] = []
    holders: dict[int, list[int]] = defaultdict(list)
    for number, article in enumerate(articles):
        sketches.append(_sketch(article.text))
        paths.append(article.path if article.path not in paths[-1:] else article.id)
        for shingle in sketches[-1]:
            holders[shingle].append(number)
    shared: Counter[tuple[int, int]] = Counter()
    for numbers in holders.values():
        if len(numbers) <= _COMMON:
            shared.update(combinations(numbers, 2))
    alike = ((first, second, _similarity(sketches[first], sketches[second])) for first, second in shared)
    found = sorted((one for one in alike if one[2] >= ALIKE), key=lambda one: (-one[2], one[:2]))
    return ((paths[first], paths[second], similarity) for first, second, similarity in found)


def _sketch(text: str) -> frozenset[int]:
    """The smallest hashes of the text's shingles; none for a text shorter than a shingle."""
    words = _WORD.findall(text.casefold())
    starts = [at for at in range(len(words) - _SHINGLE + 1) if zlib.crc32(words[at].encode()) % _EVERY == 0]
    shingles = {" ".join(words[at : at + _SHINGLE]) for at in starts}
    hashes = (hashlib.blake2b(shingle.encode(), digest_size=8).digest() for shingle in shingles)
    return frozenset(sorted(int.from_bytes(each) for each in hashes)[:_SKETCH])


def _similarity(one: frozenset[int], other: frozenset[int]) -> float:
    """An estimate of Jaccard similarity: the share of the smallest hashes of both that both have."""
    smallest = sorted(one | other)[:_SKETCH]
    return sum(each in one and each in other for each in smallest) / len(smallest)
