"""Brings one store to hold what another holds, by what differs: from a build's generation into a server, or back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from healthsearch.address import Address
from healthsearch.embedded import Embedded
from healthsearch.embedded_maker import EmbeddedMaker
from healthsearch.errors import NoIndex
from healthsearch.in_use import open_generation
from healthsearch.index_folder import Pointer
from healthsearch.manifest import rules
from healthsearch.records import digest_of
from healthsearch.storage import Maker, Store, WholeArticle
from healthsearch.stores import open_maker, open_store


@dataclass(slots=True)
class Sent:
    """What was published: how many articles were sent and taken out; None where the store had this generation."""

    place: str
    articles: int | None = None
    deleted: int | None = None


def publish(index: Path, address: Address) -> Sent:
    """Publish the generation in use of an index folder. Raises HealthSearchError with the store as it was."""
    generation, _ = open_generation(index)
    with closing(generation):
        sent = Sent(str(address))
        try:
            if open_store(address).info().facts.generation == generation.name:
                return sent
        except NoIndex:
            pass
        with open_maker(address, generation.encoder) as maker:
            sent.articles, sent.deleted = bring(Embedded(generation), maker)
    return sent


def fetch(address: Address, index: Path) -> bool:
    """Fill an index folder that holds nothing from the store, so that a build there encodes only what is new.

    False, with nothing done, where either has no use: the folder has an index, or the store none of today's rules.
    """
    try:
        Pointer.read(index)
    except NoIndex:
        pass
    else:
        return False
    try:
        store = open_store(address)
    except NoIndex:
        return False
    facts = store.info().facts
    if facts.rules != rules():
        return False
    with EmbeddedMaker(index, facts.encoder) as maker:
        bring(store, maker)
    return True


def bring(source: Store, maker: Maker) -> tuple[int, int]:
    """Publish in the maker's store what ``source`` holds, without sending again what it holds already.

    Returns how many articles were sent, and how many taken out.
    """
    held, wanted = maker.digests(), source.digests()
    gone = [one for one in held if one not in wanted]
    maker.delete_articles(gone)
    maker.upsert(_differing(source, held))
    maker.commit(source.info().facts)
    return sum(held.get(one) != digest for one, digest in wanted.items()), len(gone)


def _differing(source: Store, held: Mapping[str, str]) -> Iterator[WholeArticle]:
    return (whole for whole in source.articles() if held.get(whole.article.id) != digest_of(whole))
