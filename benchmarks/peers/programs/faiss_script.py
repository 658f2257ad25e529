"""The scripts of sentence-transformers' own documentation: "semantic search", and the same with FAISS.

As in its question answering example an article's paragraphs are encoded as pairs of title and text. The FAISS
example's clusters are left out, because the documentation wants them for millions and they only lose here. The
scripts cannot update an index, so that a change encodes everything again.
"""

from __future__ import annotations

import json
from pathlib import Path

import faiss
import numpy as np
from door import DEPTH, Opened, first_articles, passages, read_articles, serve
from sentence_transformers import SentenceTransformer


def build(articles: Path, index: Path, model: Path, changed: str | None) -> None:
    entries = [(one.id, one.title, text) for one in read_articles(articles) for text in passages(one)]
    vectors = SentenceTransformer(str(model)).encode([[title, text] for _, title, text in entries])
    vectors = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    found = faiss.IndexFlatIP(vectors.shape[1])
    found.add(vectors)
    index.mkdir(exist_ok=True)
    faiss.write_index(found, str(index / "passages.faiss"))
    (index / "passages.json").write_text(json.dumps(entries), encoding="utf-8")


def open_index(articles: Path, index: Path, model: Path) -> Opened:
    encoder = SentenceTransformer(str(model))
    found = faiss.read_index(str(index / "passages.faiss"))
    entries = json.loads((index / "passages.json").read_text(encoding="utf-8"))

    def ask(question: str) -> list[str]:
        vector = encoder.encode(question)
        _, rows = found.search((vector / np.linalg.norm(vector))[None, :], min(DEPTH, len(entries)))
        return first_articles(entries[row][0] for row in rows[0])

    return Opened(ask, ask)


if __name__ == "__main__":
    serve(build, open_index)
