"""LanceDB with its hybrid search: its embedding registry, a full-text index, and its default fusion of ranks.

Vectors are searched exhaustively, as its documentation advises below a hundred thousand.
"""

from __future__ import annotations

from pathlib import Path

import lancedb
from door import DEPTH, Opened, first_articles, passages, read_articles, serve
from lancedb.embeddings import get_registry
from lancedb.index import FTS
from lancedb.pydantic import LanceModel, Vector

TABLE = "passages"


def build(articles: Path, index: Path, model: Path, changed: str | None) -> None:
    new = list(read_articles(articles, changed))
    rows = [{"article": one.id, "text": f"{one.title}\n{text}"} for one in new for text in passages(one)]
    database = lancedb.connect(str(index))
    if changed is not None:
        table = database.open_table(TABLE)
        table.delete("article = '{}'".format(new[0].id.replace("'", "''")))
        table.add(rows)
        table.optimize()
        return
    function = get_registry().get("sentence-transformers").create(name=str(model), device="cpu")

    class Passage(LanceModel):
        article: str
        text: str = function.SourceField()
        vector: Vector(function.ndims()) = function.VectorField()

    table = database.create_table(TABLE, schema=Passage)
    table.add(rows)
    table.create_index("text", config=FTS())


def open_index(articles: Path, index: Path, model: Path) -> Opened:
    table = lancedb.connect(str(index)).open_table(TABLE)

    def ask(question: str) -> list[str]:
        found = table.search(question, query_type="hybrid").limit(DEPTH).to_list()
        return first_articles(row["article"] for row in found)

    return Opened(ask, ask)


if __name__ == "__main__":
    serve(build, open_index)
