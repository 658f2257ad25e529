"""Articles of which one is almost the other: an older edition, or the same text with another foot.

Runs of eight words are shingles; articles that share most of theirs are told. Only every fourth word begins one, by
the word's own checksum, and of them the smallest hashes are kept (a bottom sketch, Broder 1997): a thousand articles
take seconds, and what is kept of each is small. Texts of a few lines may go unnoticed.
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
# Hashes kept of an article: the share of two is then known to about three points in a hundred.
_SKETCH = 256
# A shingle of so many articles is a phrase of the house, not a sign that two are one.
_COMMON = 20
# Jaccard's similarity from which two are told as almost the same.
ALIKE = 0.7


def near_duplicates(articles: Iterable[Article]) -> Iterator[tuple[str, str, float]]:
    """Pairs of paths, each with the share of shingles that the two have in common, the most alike first."""
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
    """The smallest hashes of the text's shingles; none for a text of fewer words than a shingle."""
    words = _WORD.findall(text.casefold())
    starts = [at for at in range(len(words) - _SHINGLE + 1) if zlib.crc32(words[at].encode()) % _EVERY == 0]
    shingles = {" ".join(words[at : at + _SHINGLE]) for at in starts}
    hashes = (hashlib.blake2b(shingle.encode(), digest_size=8).digest() for shingle in shingles)
    return frozenset(sorted(int.from_bytes(each) for each in hashes)[:_SKETCH])


def _similarity(one: frozenset[int], other: frozenset[int]) -> float:
    """An estimate of Jaccard's similarity: of the smallest hashes of both together, the share that both have."""
    smallest = sorted(one | other)[:_SKETCH]
    return sum(each in one and each in other for each in smallest) / len(smallest)
