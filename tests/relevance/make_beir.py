"""Derive the BEIR files of our own questions from the articles: python tests/relevance/make_beir.py

queries.jsonl is written by hand, each question with the articles and the exact sentences that answer. From it
and from the corpus come corpus.jsonl, whose documents are the articles' sections, and qrels/test.tsv, in which
a section that holds at least half of an answering sentence is relevant. A test keeps them fresh.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.article import Article, Section, sections  # noqa: E402 - the project need not be installed
from healthsearch.corpus import articles  # noqa: E402


def documents() -> Iterator[tuple[str, Article, Section]]:
    """Every section of every article with its document's id: the article's id and the section's number."""
    for article in articles(ROOT / "corpus"):
        for number, section in enumerate(sections(article), start=1):
            yield f"{article.id}#{number}", article, section


def corpus_jsonl() -> str:
    """The documents, a JSON object a line."""
    lines = []
    for identity, article, section in documents():
        text = article.text[section.start : section.end].strip()
        document = {"_id": identity, "title": " › ".join((article.title, *section.headings)), "text": text}
        lines.append(json.dumps(document, ensure_ascii=False) + "\n")
    return "".join(lines)


def qrels_tsv() -> str:
    """The judgements, with BEIR's header."""
    found = ["query-id\tcorpus-id\tscore\n"]
    for line in (HERE / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        query = json.loads(line)
        relevant = {}
        for answer in query["metadata"]["answers"]:
            for identity, article, section in documents_of(answer["article"]):
                start = article.text.index(answer["quote"])
                end = start + len(answer["quote"])
                if min(end, section.end) - max(start, section.start) >= (end - start) / 2:
                    relevant[identity] = 1
        found += [f"{query['_id']}\t{identity}\t1\n" for identity in relevant]
    return "".join(found)


def documents_of(article_id: str) -> list[tuple[str, Article, Section]]:
    """The sections of one article; KeyError when there is none of this id."""
    return _by_article()[article_id]


@cache
def _by_article() -> dict[str, list[tuple[str, Article, Section]]]:
    found: dict[str, list[tuple[str, Article, Section]]] = {}
    for document in documents():
        found.setdefault(document[1].id, []).append(document)
    return found


def main() -> None:
    """Write both files."""
    (HERE / "corpus.jsonl").write_text(corpus_jsonl(), encoding="utf-8")
    (HERE / "qrels").mkdir(exist_ok=True)
    (HERE / "qrels" / "test.tsv").write_text(qrels_tsv(), encoding="utf-8")


if __name__ == "__main__":
    main()
