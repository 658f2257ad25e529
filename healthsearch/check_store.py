"""Is what a store serves whole, and is it what the index folder holds? Looks at everything and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from healthsearch.address import Address
from healthsearch.check import Findings, Notice
from healthsearch.errors import BUILD_COMMAND, HealthSearchError, NoIndex
from healthsearch.index_folder import Pointer
from healthsearch.records import digest_of
from healthsearch.storage import Store, without_words
from healthsearch.stores import open_store

_PUBLISH = f"Publish it: {BUILD_COMMAND} --store milvus"
_ANEW = f"Publish it anew under another --collection: {BUILD_COMMAND} --store milvus"


def check_store(address: Address, index: Path) -> Findings:
    """The faults of what is published there, and notices. With an index in the folder, it must be the same one."""
    try:
        store = open_store(address)
        faults = [*_content_faults(address, store), *_difference(address, store, index)]
    except HealthSearchError as missing_or_damaged:
        return Findings([missing_or_damaged], [])
    told = without_words(store.info())
    return Findings(faults, [Notice.of(told)] if told else [])


def _content_faults(address: Address, store: Store) -> Iterator[HealthSearchError]:
    facts, digests = store.info().facts, store.digests()
    there = len(digests), store.count()
    if there != (facts.articles, facts.passages):
        cause = f"it has {there[0]:,} articles and {there[1]:,} passages, not {facts.articles:,} and {facts.passages:,}"
        yield HealthSearchError(address, cause, _ANEW)
    for whole in store.articles():
        if digest_of(whole) != digests.get(whole.article.id):
            yield HealthSearchError(address, f"{whole.article.path} is not what was published", _ANEW)


def _difference(address: Address, store: Store, index: Path) -> Iterator[HealthSearchError]:
    try:
        built = Pointer.read(index).generation
    except NoIndex:
        return
    if built != store.info().facts.generation:
        yield HealthSearchError(address, f"it serves another generation than {index} holds", _PUBLISH)
