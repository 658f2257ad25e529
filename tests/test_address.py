"""Addresses of stores: their forms, what is refused, and that no password is ever shown."""

from __future__ import annotations

import pytest

from healthsearch.address import TOKEN, Address, parse_address
from healthsearch.errors import HealthSearchError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("milvus://db.example:1/health", Address("http://db.example:1", "health")),
        ("milvus://db.example", Address("http://db.example:19530")),
        (
            "milvus+tls://db.example/a?shards=4&replicas=2&index=DISKANN",
            Address("https://db.example:19530", "a", 4, 2, "DISKANN"),
        ),
        ("http://127.0.0.1:19530", Address("http://127.0.0.1:19530")),
        ("milvus://[::1]:5/a", Address("http://[::1]:5", "a")),
        ("milvus:///srv/a%20b.db?collection=c&index=FLAT", Address("/srv/a b.db", "c", index="FLAT")),
        ("./some/place.db", Address("./some/place.db")),
        ("milvus://me:p%40ss@h", Address("http://h:19530", token="me:p@ss")),
        ("milvus://key@h", Address("http://h:19530", token="key")),
    ],
)
def test_every_form_is_read(text: str, expected: Address) -> None:
    assert parse_address(text, environ={}) == expected
    assert parse_address(text, environ={}).token == expected.token
    assert expected.is_file == text.endswith(("FLAT", "place.db"))


def test_a_collection_that_is_named_goes_before_one_of_the_address() -> None:
    assert parse_address("milvus://h/a", "b", environ={}).collection == "b"


def test_the_token_may_come_from_the_environment() -> None:
    assert parse_address("milvus://h", environ={TOKEN: "t"}).token == "t"
    assert parse_address("milvus://me:p@h", environ={TOKEN: "t"}).token == "me:p"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "healthsearch",
        "ftp://h/a",
        "milvus://",
        "milvus://h:port/a",
        "milvus://h/a-b",
        "milvus://h/1a",
        "milvus://h/a?replicas=0",
        "milvus://h/a?shards=many",
        "milvus://h/a?index=BEST",
        "milvus://h/a?nodes=3",
        "milvus://h/a?shards",
        "http:///a.db",
    ],
)
def test_anything_else_is_refused_with_the_next_step(text: str) -> None:
    with pytest.raises(HealthSearchError) as error:
        parse_address(text, environ={})
    assert "Write milvus://" in error.value.remedy


@pytest.mark.parametrize("text", ["milvus://me:secret@h", "milvus://me:secret@h?x=1", "milvus://me:secret@h:port"])
def test_a_password_is_never_shown(text: str) -> None:
    try:
        shown = parse_address(text)
    except HealthSearchError as error:
        assert "secret" not in str(error)
    else:
        assert "secret" not in f"{shown} {shown!r}"
