"""How articles and passages are written in the rows of a Milvus collection, and read from them.

Every value that a filter compares is a number or the digest of a text, and every index word is written in small ASCII
letters and digits: so no text of an article or a question is ever part of an expression, no engine splits words by
rules of its own, and no value is too long. A long text is an array of pieces. Knows no client.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from healthsearch.arrays import SentenceVectors
from healthsearch.article import Article, Heading
from healthsearch.errors import HealthSearchError
from healthsearch.filters import DATES, Equals, Filter, In, Range, checked, day, days
from healthsearch.manifest import EncoderSpec, Skipped
from healthsearch.passages import Passage
from healthsearch.records import records_of
from healthsearch.storage import ArticleRecord, GenerationFacts, Record, StoredCopy, WholeArticle

Row = dict[str, Any]

# Raise it when rows change shape; older collections are then filled anew.
FORMAT = 1
# Milvus' limit of a VARCHAR, in bytes.
LONGEST = 65_535
# A passage's row is the number of its article and its own number in that, which takes so many bits.
_PLACE_BITS = 20
_PIECE = 60_000
# A row that is much larger does not pass the message queue of a cluster (Pulsar: 5 MB).
_PIECES_PER_ROW = 16
# Nobody asks for a longer word, and a passage may be one run of letters.
_LONGEST_WORD = 200
_MOST_WORDS = 60_000
# An article's row with what is known of all: numbers of articles begin at 0.
FACTS_NUMBER = -1
_PLAIN = re.compile(r"(?!zz)[a-z0-9]+")
_WRITTEN = re.compile(r"\bzz([0-9a-f]+)")


def row_of(number: int, place: int) -> int:
    """The row of a passage."""
    return number << _PLACE_BITS | place


def number_of(row: int) -> int:
    """The number of a passage's article."""
    return row >> _PLACE_BITS


def key_of(text: str | None) -> str:
    """What stands for a text in expressions; nothing stands for None."""
    return "" if text is None else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def expression(where: Filter) -> str | None:
    """A filter in Milvus' language: "" lets everything through; None: it lets nothing through."""
    told = []
    for condition in map(checked, where):
        match condition:
            case Equals(field, value):
                told.append(f'{field} == "{key_of(value)}"')
            case In(field, values):
                if not values:
                    return None
                told.append(f"{field} in {json.dumps(sorted(map(key_of, values)))}")
            case Range(field):
                least, most = days(condition)
                told.append(f"{field}_day >= {least} and {field}_day <= {most}")
    return " and ".join(told)


def written(word: str) -> str:
    """An index word in letters and digits that every tokenizer keeps together."""
    return word if _PLAIN.fullmatch(word) else f"zz{word.encode().hex()}"


def rows_of(whole: WholeArticle, number: int, digest: str) -> tuple[Row, list[Row]]:
    """The row of an article with this number, all of it but its passages' vectors and words; and theirs."""
    article = whole.article
    if len(article.id.encode()) > LONGEST or len(whole.passages) >= 1 << _PLACE_BITS:
        cause = "an article of it has an id or a number of passages that no Milvus server can hold"
        raise HealthSearchError(whole.path, cause, "Give it a shorter id, or split it.")
    records = records_of(whole, row_of(number, 0))
    told = {name: getattr(article, name) for name in ("publisher", "language", "published", "reviewed")}
    fields: Row = {name: key_of(value) for name, value in told.items()}
    fields |= {"folder": key_of(article.path.rpartition("/")[0])}
    fields |= {f"{name}_day": day(told[name]) for name in sorted(DATES)}
    passages = [
        {
            "id": one.row,
            "number": number,
            "vector": np.asarray(one.vector, np.float32),
            "words": _words_text(one.words),
            "sentences": [base64.b64encode(vector.tobytes()).decode() for vector in one.sentences],
            **fields,
        }
        for one in records
    ]
    measured = records[0].article
    body = {
        "article": asdict(article),
        "path": whole.path,
        "digest": whole.digest,
        # Its text is a slice of the article's, and its article's id is known.
        "passages": [
            [passage.headings, passage.context, passage.start, passage.end, passage.sentences, key]
            for passage, key in zip(whole.passages, whole.keys, strict=True)
        ],
        "copies": [asdict(copied) for copied in whole.copies],
    }
    row = {
        "number": number,
        "key": key_of(article.id),
        "name": article.id,
        "digest": digest,
        "passages": len(whole.passages),
        "vector": np.asarray(measured.vector, np.float32),
        "words": _pieces(" ".join(f"{written(word)}:{count}" for word, count in _counts(measured.words))),
        "length": measured.length,
        "body": _packed(body),
    }
    return row, passages


def article_record(row: Row) -> ArticleRecord:
    """What a search measures of an article, from its row."""
    return ArticleRecord(row["name"], _vector(row), f" {_read(''.join(row['words']))} ", row["length"])


def record(row: Row, article: ArticleRecord) -> Record:
    """What a search measures of a passage, from its row."""
    vectors = b"".join(map(base64.b64decode, row["sentences"]))
    sentences: SentenceVectors = np.frombuffer(vectors, np.int8).reshape(len(row["sentences"]), -1)
    position = row["id"] - row_of(number_of(row["id"]), 0)
    # The names stand there twice.
    pieces = tuple(f" {line} " if line else "  " for line in _read(row["words"]).split("\n")[1:])
    return Record(row["id"], position, article, _vector(row), sentences, pieces)


def article_and_passages(row: Row) -> tuple[Article, list[Passage]]:
    """An article as it was given, from its row."""
    return _article(_unpacked(row["body"]))


def whole(row: Row, passages: Sequence[Row]) -> WholeArticle:
    """All that was given, from the row of an article and those of its passages, in order."""
    body = _unpacked(row["body"])
    article, of_passages = _article(body)
    of_article = article_record(row)
    records = [record(passage, of_article) for passage in passages]
    return WholeArticle(
        article=article,
        path=body["path"],
        digest=body["digest"],
        passages=of_passages,
        keys=[key for *_, key in body["passages"]],
        vectors=np.stack([each.vector for each in records]),
        sentences=np.concatenate([each.sentences for each in records]),
        copies=[StoredCopy(**copied) for copied in body["copies"]],
    )


def facts_rows(facts: GenerationFacts, published: str, dimension: int) -> list[Row]:
    """The rows that tell of the generation as a whole."""
    pieces = _packed({"facts": asdict(facts), "published": published})
    parts = [pieces[at : at + _PIECES_PER_ROW] for at in range(0, len(pieces), _PIECES_PER_ROW)]
    empty = {"key": "", "name": "", "digest": "", "passages": 0, "words": [], "length": 0}
    return [
        {**empty, "number": FACTS_NUMBER - position, "vector": np.zeros(dimension, np.float32), "body": part}
        for position, part in enumerate(parts)
    ]


def facts(rows: Iterable[Row]) -> tuple[GenerationFacts, str]:
    """The facts of a generation, and when it was published, from those rows in any order."""
    ordered = sorted(rows, key=lambda row: -int(row["number"]))
    told = _unpacked([piece for row in ordered for piece in row["body"]])
    values = told["facts"]
    values["encoder"] = EncoderSpec(**values["encoder"])
    values["holding"] = {word: (passages, articles) for word, (passages, articles) in values["holding"].items()}
    values["skipped"] = {path: Skipped(**one) for path, one in values["skipped"].items()}
    return GenerationFacts(**values), told["published"]


def _counts(words: str) -> list[list[str]]:
    return [pair.rsplit(":", 1) for pair in words.split()]


def _words_text(pieces: Sequence[str]) -> str:
    """A line for each piece, the first twice: BM25 counts names so. What is too much is left out at the end."""
    lines, room = [], _MOST_WORDS - 2 * len(pieces)
    for piece in (pieces[0], *pieces):
        line = " ".join(written(word) for word in piece.split() if len(word.encode()) <= _LONGEST_WORD)
        if len(line) > room:
            line = line[: max(room, 0)].rpartition(" ")[0]
        room -= len(line)
        lines.append(line)
    return "\n".join(lines)


def _read(text: str) -> str:
    return _WRITTEN.sub(lambda match: bytes.fromhex(match[1]).decode(), text) if "zz" in text else text


def _vector(row: Row) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.asarray(row["vector"], np.float32)


def _pieces(text: str) -> list[str]:
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]


def _packed(value: Mapping[str, object]) -> list[str]:
    return _pieces(base64.b64encode(zlib.compress(json.dumps(value).encode())).decode())


def _unpacked(pieces: Sequence[str]) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode("".join(pieces))))
    return value


def _article(body: Mapping[str, Any]) -> tuple[Article, list[Passage]]:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in body["article"].items()
    }
    values["headings"] = tuple(Heading(**heading) for heading in values["headings"])
    article = Article(**values)
    passages = [
        Passage(article.id, tuple(headings), context, article.text[start:end], start, end, tuple(map(tuple, sentences)))
        for headings, context, start, end, sentences, _ in body["passages"]
    ]
    return article, passages
