"""Writes the word data of a generation, from one analysis of each article as it arrives.

The words of every piece of text are stored in order; the indexes of passages and articles are made from them at the
end.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from healthsearch.arrays import Numbers, Rows
from healthsearch.article import Article
from healthsearch.coverage import Coverage, CoverageWriter
from healthsearch.passages import Passage, names
from healthsearch.postings import Block, write_postings
from healthsearch.spelling import spellings
from healthsearch.words import NAME_WEIGHT, words

# Number of articles analysed together.
_BLOCK = 2_000


class WordsWriter:
    """Fills ``folder`` with coverage, vocabulary, spellings and the two word indexes of a generation."""

    def __init__(self, folder: Path, earlier: Mapping[str, int], spelt: Mapping[str, int]) -> None:
        """``earlier``: the vocabulary of the generation that articles may be taken from, by number.

        ``spelt``: its spellings with their counts.
        """
        self._folder = folder
        self._earlier = list(earlier)
        self._renumbered = np.full(len(earlier), -1, np.int32)
        self._coverage = CoverageWriter(folder / "coverage")
        # Counting the words of all articles would take a third of a build that takes over nearly all of them: what is
        # not taken over is subtracted instead.
        self._spellings = Counter(spelt)
        # For each article the number of pieces in each passage, and the numbers of its titles' words.
        self._pieces: list[list[int]] = []
        self._titles: list[list[int]] = []

    def add(self, article: Article, passages: Sequence[Passage]) -> None:
        """Add the next article."""
        pieces = []
        for passage in passages:
            pieces.append(words(names(article, passage)))
            pieces += [words(passage.text[start:end]) for start, end in passage.sentences]
        self._coverage.add(pieces)
        self._spellings.update(_spellings(article, passages))
        self._note(article, passages)

    def take_over(self, article: Article, passages: Sequence[Passage], pieces: tuple[Numbers, Rows]) -> None:
        """Add the next article; ``pieces``: the earlier numbers of its pieces' words, and how many words each has."""
        numbers, lengths = pieces
        # New numbers follow first use, as if the article had been read.
        for number in numbers[self._renumbered[numbers] < 0].tolist():
            self._renumbered[number] = self._coverage.vocabulary[self._earlier[number]]
        self._coverage.add_numbers(self._renumbered[numbers], lengths)
        self._note(article, passages)

    def leave_out(self, article: Article, passages: Sequence[Passage]) -> None:
        """Note that this article of the earlier generation was not taken over."""
        self._spellings.subtract(_spellings(article, passages))

    def _note(self, article: Article, passages: Sequence[Passage]) -> None:
        self._titles.append([self._coverage.vocabulary[word] for word in title_words(article)])
        self._pieces.append([1 + len(passage.sentences) for passage in passages])

    def close(self) -> None:
        """Close the files."""
        self._coverage.close()

    def finish(self) -> None:
        """Write the parts that need all articles."""
        self.close()
        vocabulary = self._coverage.vocabulary
        _write(self._folder / "vocabulary.json", vocabulary)
        _write(self._folder / "spellings.json", dict(sorted((+self._spellings).items())))
        articles, passages = len(self._pieces), sum(map(len, self._pieces))
        write_postings(self._folder / "words", lambda: self._blocks(by_article=False), passages, len(vocabulary))
        write_postings(self._folder / "article_words", lambda: self._blocks(by_article=True), articles, len(vocabulary))

    def _blocks(self, *, by_article: bool) -> Iterator[Block]:
        """The words of every document: passages with all their names, or articles with their titles only."""
        coverage = Coverage(self._folder / "coverage")
        piece = passage = 0
        for first in range(0, len(self._pieces), _BLOCK):
            pieces = self._pieces[first : first + _BLOCK]
            of_passages = np.array([count for counts in pieces for count in counts], np.int64)
            numbers, lengths = coverage.words(piece, piece + int(of_passages.sum()))
            starts = np.cumsum(of_passages) - of_passages
            names_only = np.zeros(len(lengths), np.bool_)
            names_only[starts] = True
            named = np.repeat(names_only, lengths)
            if by_article:
                document = np.repeat(np.arange(first, first + len(pieces)), [sum(counts) for counts in pieces])
                titles = self._titles[first : first + _BLOCK]
                of_names = np.repeat(np.arange(first, first + len(pieces)), [len(title) for title in titles])
                names = np.array(list(chain.from_iterable(titles)), np.int32)
            else:
                document = np.repeat(np.arange(passage, passage + len(of_passages)), of_passages)
                of_names, names = np.repeat(document, lengths)[named], numbers[named]
            of_text, text = np.repeat(document, lengths)[~named], numbers[~named]
            yield (
                np.concatenate([of_text, *[of_names] * NAME_WEIGHT]),
                np.concatenate([text, *[names] * NAME_WEIGHT]).astype(np.int64),
            )
            piece += len(lengths)
            passage += len(of_passages)


def title_words(article: Article) -> list[str]:
    """The index words of an article's title and its other names."""
    return words(_titles(article))


def _titles(article: Article) -> str:
    return "\n".join((article.title, *article.also_called))


def _spellings(article: Article, passages: Sequence[Passage]) -> Iterator[str]:
    headings: set[str] = set()
    for passage in passages:
        headings.update(passage.headings)
        yield from spellings(passage.text)
    yield from spellings("\n".join((_titles(article), *sorted(headings))))


def _write(file: Path, numbers: Mapping[str, int]) -> None:
    file.write_text(json.dumps(numbers, ensure_ascii=False), encoding="utf-8")
