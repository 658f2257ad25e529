"""Brings one store to hold what another holds, by what differs: from a build's generation into a server, or back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from healthsearch.records import digest_of
from healthsearch.storage import Maker, Store, Whole


def bring(source: Store, maker: Maker) -> None:
    """Publish in the maker's store what ``source`` holds. Articles that it holds already are not sent again."""
    held, wanted = maker.digests(), source.digests()
    maker.delete_articles([one for one in held if one not in wanted])
    maker.upsert(_differing(source, held))
    maker.commit(source.info().facts)


def _differing(source: Store, held: Mapping[str, str]) -> Iterator[Whole]:
    return (whole for whole in source.articles() if held.get(whole.article.id) != digest_of(whole))
