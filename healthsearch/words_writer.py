"""Writes the word data of a generation, from one analysis of each article as it arrives.

The words of every piece of text are stored in order; the indexes of passages and articles are made from them at the
end.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from healthsearch.article import Article
from healthsearch.coverage import ArticleWords, Coverage, CoverageWriter, Vocabulary
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
        self._vocabulary = Vocabulary()
        self._coverage = CoverageWriter(folder / "coverage", self._vocabulary)
        self._titles = CoverageWriter(folder / "titles", self._vocabulary)
        # Counting the words of all articles would take a third of a build that takes over nearly all of them: what is
        # not taken over is subtracted instead.
        self._spellings = Counter(spelt)
        # How many passages each article has, and how many pieces each passage.
        self._passages = array("q")
        self._pieces = array("q")

    def add(self, article: Article, passages: Sequence[Passage]) -> None:
        """Add the next article."""
        pieces = []
        for passage in passages:
            pieces.append(words(names(article, passage)))
            pieces += [words(passage.text[start:end]) for start, end in passage.sentences]
        self._coverage.add(pieces)
        self._titles.add([title_words(article)])
        self._passages.append(len(passages))
        self._pieces.extend(1 + len(passage.sentences) for passage in passages)
        self._spellings.update(_spellings(article, passages))

    def take_over(self, articles: ArticleWords) -> None:
        """Add the next articles, by what the earlier generation knows of them."""
        numbers, lengths = articles.words
        # New numbers follow first use, as if the articles had been read. A title's words are among its passages' names.
        found, firsts = np.unique(numbers[self._renumbered[numbers] < 0], return_index=True)
        for number in found[np.argsort(firsts)].tolist():
            self._renumbered[number] = self._vocabulary[self._earlier[number]]
        self._coverage.add_numbers(self._renumbered[numbers], lengths)
        numbers, lengths = articles.titles
        self._titles.add_numbers(self._renumbered[numbers], lengths)
        self._passages.extend(articles.passages.tolist())
        self._pieces.extend(articles.pieces.tolist())

    def leave_out(self, article: Article, passages: Sequence[Passage]) -> None:
        """Note that this article of the earlier generation was not taken over."""
        self._spellings.subtract(_spellings(article, passages))

    def close(self) -> None:
        """Close the files."""
        self._coverage.close()
        self._titles.close()

    def finish(self) -> None:
        """Write the parts that need all articles."""
        self.close()
        _write(self._folder / "vocabulary.json", self._vocabulary)
        _write(self._folder / "spellings.json", dict(sorted((+self._spellings).items())))
        self._write_postings("words", len(self._pieces), by_article=False)
        self._write_postings("article_words", len(self._passages), by_article=True)

    def _write_postings(self, name: str, documents: int, *, by_article: bool) -> None:
        blocks = partial(self._blocks, by_article=by_article)
        write_postings(self._folder / name, blocks, documents, len(self._vocabulary))

    def _blocks(self, *, by_article: bool) -> Iterator[Block]:
        """The words of every document: passages with all their names, or articles with their titles only."""
        coverage, titles = Coverage(self._folder / "coverage"), Coverage(self._folder / "titles")
        piece = passage = 0
        for first in range(0, len(self._passages), _BLOCK):
            passages = np.array(self._passages[first : first + _BLOCK])
            pieces = np.array(self._pieces[passage : passage + int(passages.sum())])
            numbers, lengths = coverage.words(piece, piece + int(pieces.sum()))
            names_only = np.zeros(len(lengths), np.bool_)
            names_only[np.cumsum(pieces) - pieces] = True
            named = np.repeat(names_only, lengths)
            if by_article:
                articles = np.arange(first, first + len(passages))
                document = np.repeat(np.repeat(articles, passages), pieces)
                names, counts = titles.words(first, first + len(passages))
                of_names = np.repeat(articles, counts)
            else:
                document = np.repeat(np.arange(passage, passage + len(pieces)), pieces)
                of_names, names = np.repeat(document, lengths)[named], numbers[named]
            of_text, text = np.repeat(document, lengths)[~named], numbers[~named]
            yield (
                np.concatenate([of_text, *[of_names] * NAME_WEIGHT]),
                np.concatenate([text, *[names] * NAME_WEIGHT]).astype(np.int64),
            )
            piece += len(lengths)
            passage += len(pieces)


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
