"""Questions with the passages that the product would weigh for them, and which of those are right.

Five sources: the question of a section, in wordings of ours, and the section; a sentence of an article, without the
words that name its subject, and the other passages of the article; some words of a sentence, and its passage; a
person's message, and what the product finds for the short question that was meant; and names, keywords and titles of
papers, for which everything should stay as the original ranks it.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from healthsearch.arrays import Rows, Scores, Vector
from healthsearch.fusion import WordMeasures, fuse, measure, measure_words
from healthsearch.search import Searcher
from healthsearch.words import words
from training.pool import ABSTRACT, Pool, json_lines
from training.wordings import asked, slipped

# Passages from each of the product's two lists: the negatives are what it would show instead.
_DEPTH = 80
# Wordings of ours for each section's question; MedQuAD's own comes beside them this often. Slips in this share.
_WORDINGS = 2
_AS_WRITTEN = 0.5
_SLIPPED = 0.1
# Nearer to a right passage than this cosine: it may well be right too (after Moreira et al., 2024, arXiv:2407.15831).
_TOO_NEAR = 0.93
_SENTENCES = 3_000
_SENTENCE_LENGTH = range(50, 301)
_WORDS_KEPT = 0.55
# Kinds of sections whose sentences describe what an article is about.
_DESCRIBING = {"symptoms", "information", "causes", "susceptibility", "considerations", "complications"}
_OTHERS_TAKEN = 6
# Keywords are words of more letters than this, so many at a time.
_SHORT = 4
_KEYWORDS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Example:
    """A question as it is read, n passages by row, and what its words say of them.

    ``before`` is the original's vector of it. ``right`` says which of them answer, and ``left_out`` which may do so
    too; no passage of ``near`` is drawn as one more that does not. Or else ``taught`` are the scores that they should
    have. With neither, they should have the scores that they have by ``before``.
    """

    question: str
    before: Vector
    rows: Rows
    words: WordMeasures
    right: np.ndarray | None = None
    left_out: np.ndarray | None = None
    near: Rows | None = None
    taught: Scores | None = None


def section_examples(pool: Pool, abstracts: bool, rng: random.Random) -> Iterator[Example]:
    """Each section's question in several wordings, or each abstract's."""
    for section in (section for section in pool.sections if (section.kind == ABSTRACT) is abstracts):
        questions = [section.question]
        if section.kind != ABSTRACT:
            questions = [asked(section.kind, section.subject, rng) for _ in range(_WORDINGS)]
            questions += [section.question] * (rng.random() < _AS_WRITTEN)
        for question in questions:
            if rng.random() < _SLIPPED:
                question = slipped(question, rng)
            read, before, rows, held = _found(pool.searcher, question, section.rows)
            right = np.isin(rows, section.rows)
            owners = [pool.owner[row] for row in rows.tolist()]
            alike = [owner is not None and pool.sections[owner].may_answer(section) for owner in owners]
            left_out = (np.array(alike) | _nearly(pool, rows, section.rows, _TOO_NEAR)) & ~right
            yield Example(read, before, rows, held, right, left_out, rows)


def sentence_examples(pool: Pool, rng: random.Random) -> tuple[list[Example], list[Example]]:
    """Sentences that stand for their articles, and words that stand for a passage (inverse cloze, Lee et al. 2019)."""
    subjects = [None if owner is None else pool.sections[owner].subject.casefold() for owner in pool.owner]
    groups: dict[object, list[int]] = defaultdict(list)
    for row, subject in enumerate(subjects):
        groups[subject].append(row)
    order = list(range(len(pool.passages)))
    rng.shuffle(order)
    of_article: list[Example] = []
    of_passage: list[Example] = []
    for row in order:
        owner, passage = pool.owner[row], pool.passages[row]
        spans = [span for span in passage.sentences if span[1] - span[0] in _SENTENCE_LENGTH]
        if owner is None or not spans:
            continue
        start, end = rng.choice(spans)
        sentence, subject = passage.text[start:end], subjects[row]
        others = [other for other in groups[subject] if other != row]
        if others and len(of_article) < _SENTENCES and pool.sections[owner].kind in _DESCRIBING:
            question = _without(sentence, subject or "")
            found = _of_article(pool, question if rng.random() < 0.5 else question.lower(), row, others)
            of_article += [found] if found else []
        elif len(of_passage) < _SENTENCES:
            kept = " ".join(word for word in sentence.lower().split() if rng.random() < _WORDS_KEPT)
            read, before, rows, held = _found(pool.searcher, kept or sentence, [row])
            right = rows == row
            left_out = _nearly(pool, rows, [row], _TOO_NEAR) & ~right
            of_passage.append(Example(read, before, rows, held, right, left_out, rows))
    return of_article, of_passage


def message_examples(pool: Pool, file: Path) -> Iterator[Example]:
    """MeQSum: what a person wrote should find what the short question finds that was meant."""
    searcher = pool.searcher
    for line in json_lines(file):
        message = re.sub(r"^SUBJECT:\s*|\bMESSAGE:\s*", "", line["long"])
        short, query, rows_of_short, _ = _found(searcher, line["short"])
        read, before, rows, held = _found(searcher, message, rows_of_short)
        yield Example(read, before, rows, held, taught=fuse(measure(searcher.generation, rows, query, words(short))))


def kept_examples(pool: Pool, rng: random.Random) -> Iterator[Example]:
    """What is no lay question: an article's name, a paper's title, or a few words of a sentence in their order."""
    for section in pool.sections:
        subject = section.question if section.kind == ABSTRACT else section.subject
        passage = pool.passages[section.rows[0]]
        start, end = rng.choice(passage.sentences)
        known = [word for word in passage.text[start:end].split() if len(word) > _SHORT]
        at = rng.randrange(max(1, len(known)))
        for question in (subject, " ".join(known[at : at + rng.choice(_KEYWORDS)])):
            if question:
                yield Example(*_found(pool.searcher, question))


def _of_article(pool: Pool, question: str, row: int, others: list[int]) -> Example | None:
    if not question:
        return None
    read, before, rows, held = _found(pool.searcher, question, others[:_OTHERS_TAKEN])
    right = np.isin(rows, others)
    left_out = (rows == row) | (_nearly(pool, rows, [row], _TOO_NEAR) & ~right)
    return Example(read, before, rows, held, right, left_out, np.union1d(rows, [row, *others]))


def _found(
    searcher: Searcher, question: str, always: Sequence[int] | Rows = ()
) -> tuple[str, Vector, Rows, WordMeasures]:
    """The question as the product reads it, its vector, the candidates' rows, and what their words score."""
    read, _ = searcher.speller.correct(" ".join(question.split()))
    query = searcher.encoder.encode_query([read])[0]
    _, candidates, _ = searcher.index.inquiry(query, words(read)).candidates(_DEPTH)
    rows = np.union1d(candidates, np.asarray(always, dtype=np.int64))
    return read, query, rows, measure_words(searcher.generation, rows, words(read))


def _nearly(pool: Pool, rows: Rows, right: Sequence[int], cosine: float) -> np.ndarray:
    return np.asarray((pool.vectors(rows) @ pool.vectors(np.array(right)).T).max(axis=1) > cosine)


def _without(sentence: str, subject: str) -> str:
    named = set(re.findall(r"\w+", subject))
    return " ".join(word for word in sentence.split() if re.sub(r"\W", "", word.casefold()) not in named)
