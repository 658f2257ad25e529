"""txtai as its documentation recommends for text: a hybrid index with content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from door import DEPTH, Article, Opened, first_articles, passages, read_articles, serve
from txtai import Embeddings


def entries(articles: Iterable[Article]) -> Iterator[tuple[str, dict[str, str]]]:
    for one in articles:
        for number, text in enumerate(passages(one)):
            yield f"{one.id}#{number}", {"text": f"{one.title}\n{text}", "article": one.id}


def build(articles: Path, index: Path, model: Path, changed: str | None) -> None:
    with Embeddings(path=str(model), hybrid=True, content=True) as embeddings:
        if changed is None:
            embeddings.index(entries(read_articles(articles)))
        else:
            embeddings.load(str(index))
            new = list(read_articles(articles, changed))
            old = embeddings.search(
                "select id from txtai where article = :article", 10_000, parameters={"article": new[0].id}
            )
            embeddings.delete([row["id"] for row in old])
            embeddings.upsert(entries(new))
        embeddings.save(str(index))


def open_index(articles: Path, index: Path, model: Path) -> Opened:
    embeddings = Embeddings().load(str(index))

    def ask(question: str) -> list[str]:
        return first_articles(found["id"].rpartition("#")[0] for found in embeddings.search(question, DEPTH))

    return Opened(ask, ask)


if __name__ == "__main__":
    serve(build, open_index)
