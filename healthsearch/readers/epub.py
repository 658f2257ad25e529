"""EPUB: a book as one article, its documents in reading order, its chapters as headings.

References are resolved only among the book's own parts. EPUB 2 and 3.
"""

from __future__ import annotations

from collections.abc import Iterator

from healthsearch.article import Article
from healthsearch.readers import xhtml
from healthsearch.readers.blocks import Blocks
from healthsearch.readers.front_matter import Details
from healthsearch.readers.package import Package
from healthsearch.readers.properties import choose_title, fields
from healthsearch.readers.xml_tree import Element, attribute, children, first, name, parse, text_of

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_DOCUMENTS = {"application/xhtml+xml", "text/html", "application/x-dtbook+xml"}
# Fonts may be scrambled in a book that is free to read.
_SCRAMBLED_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def read(data: bytes, path: str) -> Iterator[Article]:
    """The article in an e-book; its title is the one that the book gives.

    Raises UnreadableArticle when the file is broken, copy-protected, or refers to files outside itself.
    """
    book = _Book(Package(data, path, "EPUB"), path)
    blocks = book.blocks()
    metadata = book.metadata()
    heading = next((heading.title for heading in blocks.headings), "")
    title = choose_title(path, metadata.pop("title", ""), heading)
    yield Details(metadata).article(path, blocks.text, tuple(blocks.headings), title)


class _Book:
    def __init__(self, package: Package, path: str) -> None:
        self._package = package
        self._path = path
        if _ENCRYPTION in package and not self._only_fonts_scrambled():
            raise package.locked()
        container = self._parse(_CONTAINER)
        root = first(container, "rootfiles/rootfile")
        if root is None:
            raise package.broken(f"'{_CONTAINER}' names no book")
        self._place = package.resolve("", attribute(root, "full-path"))
        self._root = self._parse(self._place)
        manifest = first(self._root, "manifest")
        self._items = {} if manifest is None else {attribute(item, "id"): item for item in children(manifest, "item")}

    def _parse(self, part: str) -> Element:
        return parse(self._package.read(part), self._path, part)

    def _only_fonts_scrambled(self) -> bool:
        methods = [e for e in self._parse(_ENCRYPTION).iter() if name(e) == "EncryptionMethod"]
        return all(attribute(method, "Algorithm") in _SCRAMBLED_FONTS for method in methods)

    def metadata(self) -> dict[str, str]:
        """The book's metadata, as fields of an Article."""
        found: dict[str, list[str]] = {}
        metadata = first(self._root, "metadata")
        for element in metadata.iter() if metadata is not None else ():
            found.setdefault(name(element), []).append(text_of(element))

        def one(wanted: str) -> str:
            return next(filter(None, found.get(wanted, [])), "")

        modified = [
            text_of(element)
            for element in (children(metadata, "meta") if metadata is not None else ())
            if attribute(element, "property") == "dcterms:modified"
        ]
        source = next((text for text in found.get("source", []) if text.startswith(("http://", "https://"))), "")
        return fields(
            title=one("title"),
            authors=found.get("creator", ()),
            publisher=one("publisher"),
            # Programs that are given no date write the time at which they made the file.
            published="" if one("date") in modified else one("date"),
            language=one("language"),
            licence=one("rights"),
            url=source,
        )

    def blocks(self) -> Blocks:
        """The text of all documents of the spine; one without a heading gets its name in the table of contents."""
        blocks = Blocks()
        chapters = self._chapters()
        spine = first(self._root, "spine")
        for reference in children(spine, "itemref") if spine is not None else ():
            item = self._items.get(attribute(reference, "idref"))
            if item is None or attribute(item, "media-type") not in _DOCUMENTS:
                continue
            if "nav" in attribute(item, "properties").split():
                continue
            part = self._package.resolve(self._place, attribute(item, "href"))
            root = self._parse(part)
            if part in chapters and not any(name(element) in ("h1", "h2", "h3") for element in root.iter()):
                blocks.heading(chapters[part], 1)
            xhtml.write(root, blocks)
        return blocks

    def _chapters(self) -> dict[str, str]:
        """The name of each document in the table of contents, by its part."""
        names: dict[str, str] = {}
        for item in self._items.values():
            contents = "nav" in attribute(item, "properties").split()
            if not contents and attribute(item, "media-type") != "application/x-dtbncx+xml":
                continue
            part = self._package.resolve(self._place, attribute(item, "href"))
            if part not in self._package:
                continue
            for entry in self._parse(part).iter():
                link = attribute(entry, "href") if name(entry) == "a" else ""
                label = entry
                if name(entry) == "navPoint":
                    content, label = first(entry, "content"), first(entry, "navLabel")
                    link = attribute(content, "src") if content is not None else ""
                if link and "://" not in link:
                    names.setdefault(self._package.resolve(part, link), text_of(label))
        return names
