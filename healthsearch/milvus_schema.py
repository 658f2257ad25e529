"""The fields and indexes of the two collections of a generation in Milvus, into which ``milvus_rows`` go."""

from __future__ import annotations

from typing import Any

from pymilvus import DataType, Function, FunctionType, MilvusClient

from healthsearch import milvus_rows as form
from healthsearch.manifest import EncoderSpec
from healthsearch.milvus_rows import Row
from healthsearch.milvus_server import CALL_SECONDS, MilvusServer, articles_of
from healthsearch.words import ANALYSIS, K1, B

_GRAPH: Row = {"M": 16, "efConstruction": 200}
_VECTOR_INDEX: dict[str, Row] = {"HNSW": _GRAPH, "HNSW_SQ": {**_GRAPH, "sq_type": "SQ8"}}


def collection_form(server: MilvusServer, encoder: EncoderSpec) -> str:
    """Eight hexadecimal digits for all that a collection is made by, but for the articles."""
    address = server.address
    words = ANALYSIS if server.lexical else "no words"
    made_by = f"{encoder.passage_digest[:16]}, {encoder.dimension} dimensions, {words}"
    return form.key_of(f"{form.FORMAT}, {made_by}, {address.index}, {address.shards} shards")[:8]


def create_collections(server: MilvusServer, name: str, encoder: EncoderSpec) -> None:
    """Create the two collections of a generation, empty, for vectors of this encoder."""
    address, dimension = server.address, encoder.dimension
    for part in (name, articles_of(name)):
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        indexes = MilvusClient.prepare_index_params()
        indexes.add_index(
            "vector", index_type=address.index, metric_type="IP", params=_VECTOR_INDEX.get(address.index, {})
        )
        if part == name:
            _add_passage_fields(schema, indexes, dimension, server.lexical)
        else:
            _add_article_fields(schema, indexes, server.lexical)
        server.client.create_collection(part, schema=schema, num_shards=address.shards, timeout=CALL_SECONDS)
        # There is nothing in it to index: the client would sleep half a second for each index before it looks.
        server.client.create_index(part, indexes, timeout=CALL_SECONDS, sync=False)


def _add_passage_fields(schema: Any, indexes: Any, dimension: int, lexical: bool) -> None:  # noqa: ANN401 - no types
    schema.add_field("id", DataType.INT64, is_primary=True)
    for name in ("number", "published_day", "reviewed_day"):
        schema.add_field(name, DataType.INT64)
    for name in ("publisher", "language", "folder", "published", "reviewed"):
        schema.add_field(name, DataType.VARCHAR, max_length=32)
    _add_texts(schema, "sentences", 4 * dimension)
    if not lexical:
        schema.add_field("words", DataType.VARCHAR, max_length=form.LONGEST)
        return
    plain = {"tokenizer": "standard"}
    schema.add_field("words", DataType.VARCHAR, max_length=form.LONGEST, enable_analyzer=True, analyzer_params=plain)
    schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_function(Function("bm25", FunctionType.BM25, ["words"], ["sparse"]))
    parameters = {"bm25_k1": K1, "bm25_b": B}
    indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=parameters)


def _add_article_fields(schema: Any, indexes: Any, lexical: bool) -> None:  # noqa: ANN401
    schema.add_field("number", DataType.INT64, is_primary=True)
    for name, length in (("key", 32), ("name", form.LONGEST), ("digest", 64)):
        schema.add_field(name, DataType.VARCHAR, max_length=length)
    for name in ("passages", "length"):
        schema.add_field(name, DataType.INT64)
    for name in ("words", "body"):
        _add_texts(schema, name, form.LONGEST)
    indexes.add_index("key", index_type="INVERTED" if lexical else "Trie")


def _add_texts(schema: Any, name: str, longest: int) -> None:  # noqa: ANN401
    schema.add_field(
        name, DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=4_096, max_length=min(longest, form.LONGEST)
    )
