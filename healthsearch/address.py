"""Where a store is, as it is written: ``milvus://HOST:PORT/COLLECTION``, or a file for tests of the client.

A password or token is part of the address and never of what is shown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from healthsearch.errors import HealthSearchError

COLLECTION = "healthsearch"
# Also a shell's history and the list of processes show an address; not this variable.
TOKEN = "HEALTHSEARCH_STORE_TOKEN"
_PORT = 19530
_SCHEMES = {"milvus": "http", "milvus+tls": "https", "http": "http", "https": "https"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
INDEXES = ("FLAT", "HNSW", "HNSW_SQ", "DISKANN")
_FORM = "Write milvus://HOST:PORT/COLLECTION; docs/scale.md has all forms."


@dataclass(frozen=True, slots=True)
class Address:
    """A store of the Milvus kind.

    ``uri`` is what its client is given: http, https, or the path of a file that ends with .db. ``shards``: into how
    many parts a new collection is divided; ``replicas``: how many copies of it are loaded; ``index``: how vectors are
    indexed there, one of ``INDEXES``.
    """

    uri: str
    collection: str = COLLECTION
    shards: int = 1
    replicas: int = 1
    index: str = "HNSW"
    token: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.uri}, collection {self.collection}"

    @property
    def is_file(self) -> bool:
        """Whether it is a file of milvus-lite, and no server."""
        return not self.uri.startswith(("http://", "https://"))


def parse_address(text: str, collection: str | None = None, environ: Mapping[str, str] = os.environ) -> Address:
    """The address that is written here; ``collection`` is used instead of one in it. Raises HealthSearchError."""
    try:
        parts = urlsplit(text)
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        address = _file(parts) if parts.path.endswith(".db") and not parts.hostname else _server(parts)
        name = collection or options.pop("collection", None)
        address = replace(address, collection=name or address.collection, index=options.pop("index", address.index))
        shards, replicas = (int(options.pop(name, 1)) for name in ("shards", "replicas"))
        if options or not 1 <= shards <= 64 or not 1 <= replicas <= 64 or address.index not in INDEXES:
            raise ValueError("an option that there is none of")
    except ValueError:
        # Not the text itself: a password may be in it.
        raise HealthSearchError("store", "its address cannot be read", _FORM) from None
    if not _NAME.fullmatch(address.collection):
        raise HealthSearchError("store", f"{address.collection!r} is no name of a collection", _FORM)
    return replace(address, token=address.token or environ.get(TOKEN, ""), shards=shards, replicas=replicas)


def _file(parts: SplitResult) -> Address:
    if parts.scheme not in ("", "milvus"):
        raise ValueError("not a scheme of ours")
    return Address(unquote(parts.path))


def _server(parts: SplitResult) -> Address:
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError("no server")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    token = unquote(parts.username or "")
    if parts.password is not None:
        token += f":{unquote(parts.password)}"
    uri = f"{_SCHEMES[parts.scheme]}://{host}:{parts.port or _PORT}"
    return Address(uri, unquote(parts.path.strip("/")) or COLLECTION, token=token)
