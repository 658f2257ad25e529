"""haystack after its tutorial on hybrid retrieval, in memory: BM25 and embeddings, joined by ranks.

The tutorial's cross-encoder is left out, since it is another model. Passages are of as many words as fit the encoder,
which the tutorial asks for.
"""

from __future__ import annotations

from pathlib import Path

from door import DEPTH, MOST_WORDS, Opened, first_articles, read_articles, serve
from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

OVERLAP = 10
STORE = "store.json"


def build(articles: Path, index: Path, model: Path, changed: str | None) -> None:
    index.mkdir(exist_ok=True)
    new = list(read_articles(articles, changed))
    if changed is None:
        store = InMemoryDocumentStore()
    else:
        store = InMemoryDocumentStore.load_from_disk(str(index / STORE))
        store.delete_by_filter({"field": "meta.article", "operator": "==", "value": new[0].id})
    indexing = Pipeline()
    indexing.add_component("split", DocumentSplitter(split_by="word", split_length=MOST_WORDS, split_overlap=OVERLAP))
    embedder = SentenceTransformersDocumentEmbedder(
        model=str(model), meta_fields_to_embed=["title"], progress_bar=False
    )
    indexing.add_component("embed", embedder)
    indexing.add_component("write", DocumentWriter(store))
    indexing.connect("split", "embed")
    indexing.connect("embed", "write")
    documents = [
        Document(content=f"{one.title}\n{one.text}", meta={"title": one.title, "article": one.id}) for one in new
    ]
    indexing.run({"split": {"documents": documents}})
    store.save_to_disk(str(index / STORE))


def open_index(articles: Path, index: Path, model: Path) -> Opened:
    store = InMemoryDocumentStore.load_from_disk(str(index / STORE))
    retrieval = Pipeline()
    retrieval.add_component("embed", SentenceTransformersTextEmbedder(model=str(model), progress_bar=False))
    retrieval.add_component("meaning", InMemoryEmbeddingRetriever(store, top_k=DEPTH))
    retrieval.add_component("words", InMemoryBM25Retriever(store, top_k=DEPTH))
    retrieval.add_component("join", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=DEPTH))
    retrieval.connect("embed", "meaning")
    retrieval.connect("meaning", "join")
    retrieval.connect("words", "join")

    def ask(question: str) -> list[str]:
        found = retrieval.run({"embed": {"text": question}, "words": {"query": question}})
        return first_articles(document.meta["article"] for document in found["join"]["documents"])

    return Opened(ask, ask)


if __name__ == "__main__":
    serve(build, open_index)
