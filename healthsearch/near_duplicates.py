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

from healthsearch.article import Article

_WORD = re.compile(r"\w+")
_SHINGLE = 8
_EVERY = 4
# Hashes kept per article; the similarity is then known to about three percentage points.
_SKETCH = 256
# Of the articles that share a shingle, each is compared with so many that follow: all of a standard phrase of the
# publisher would be too many pairs, and of many editions of one text each is told with its neighbours.
_NEIGHBOURS = 20
# The Jaccard similarity from which two articles are reported.
ALIKE = 0.7


def near_duplicates(articles: Iterable[Article]) -> Iterator[tuple[str, str, float]]:
    """Pairs of paths, each with the share of common shingles, most similar first.

    Where a file has several articles, their ids stand for its path.
    """
    sketches: list[frozenset[int]] = []
    identities: list[tuple[str, str]] = []
    holders: dict[int, list[int]] = defaultdict(list)
    for number, article in enumerate(articles):
        sketches.append(_sketch(article.text))
        identities.append((article.path, article.id))
        for shingle in sketches[-1]:
            holders[shingle].append(number)
    pairs = {
        (first, second)
        for numbers in holders.values()
        for position, first in enumerate(numbers)
        for second in numbers[position + 1 : position + 1 + _NEIGHBOURS]
    }
    alike = ((*pair, _similarity(*(sketches[number] for number in pair))) for pair in pairs)
    ordered = sorted((pair for pair in alike if pair[2] >= ALIKE), key=lambda pair: (-pair[2], pair[:2]))
    in_file = Counter(path for path, _ in identities)
    names = [path if in_file[path] == 1 else identity for path, identity in identities]
    return ((names[first], names[second], similarity) for first, second, similarity in ordered)


def _sketch(text: str) -> frozenset[int]:
    """The smallest hashes of the text's shingles; none for a text shorter than a shingle."""
    words = _WORD.findall(text.casefold())
    starts = [at for at in range(len(words) - _SHINGLE + 1) if zlib.crc32(words[at].encode()) % _EVERY == 0]
    shingles = {" ".join(words[at : at + _SHINGLE]) for at in starts}
    hashes = (hashlib.blake2b(shingle.encode(), digest_size=8).digest() for shingle in shingles)
    return frozenset(sorted(int.from_bytes(each) for each in hashes)[:_SKETCH])


def _similarity(first: frozenset[int], second: frozenset[int]) -> float:
    """An estimate of Jaccard similarity: the share of the smallest hashes of both that both have; 0 if below ALIKE."""
    common = len(first & second)
    if common < ALIKE * min(len(first) + len(second) - common, _SKETCH):
        # Many pairs share a phrase or two; sorting is most of the work.
        return 0.0
    smallest = sorted(first | second)[:_SKETCH]
    return sum(each in first and each in second for each in smallest) / len(smallest)
