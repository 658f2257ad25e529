"""Chroma as its documentation shows it: a persistent collection that embeds by sentence-transformers.

Its hybrid search is a service of Chroma Cloud; on one machine it searches by meaning.
"""

from __future__ import annotations

from pathlib import Path

import chromadb
from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction
from door import DEPTH, Opened, first_articles, passages, read_articles, serve


def collection_at(index: Path, model: Path) -> tuple[chromadb.ClientAPI, chromadb.Collection]:
    client = chromadb.PersistentClient(path=str(index))
    function = SentenceTransformerEmbeddingFunction(model_name=str(model))
    settings = {"hnsw": {"space": "cosine"}}
    return client, client.get_or_create_collection("articles", embedding_function=function, configuration=settings)


def build(articles: Path, index: Path, model: Path, changed: str | None) -> None:
    client, collection = collection_at(index, model)
    new = list(read_articles(articles, changed))
    if changed is not None:
        collection.delete(where={"article": new[0].id})
    entries = [(one, number, text) for one in new for number, text in enumerate(passages(one))]
    most = client.get_max_batch_size()
    for start in range(0, len(entries), most):
        batch = entries[start : start + most]
        collection.add(
            ids=[f"{one.id}#{number}" for one, number, _ in batch],
            documents=[f"{one.title}\n{text}" for one, _, text in batch],
            metadatas=[{"article": one.id} for one, _, _ in batch],
        )


def open_index(articles: Path, index: Path, model: Path) -> Opened:
    _, collection = collection_at(index, model)

    def ask(question: str) -> list[str]:
        found = collection.query(query_texts=[question], n_results=DEPTH)
        return first_articles(one["article"] for one in found["metadatas"][0])

    return Opened(ask, ask)


if __name__ == "__main__":
    serve(build, open_index)
