"""XML, by its root element: journal articles (JATS) and health topics (MedlinePlus, MedQuAD)."""

from __future__ import annotations

from collections.abc import Iterator

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers import jats, topics
from healthsearch.readers.xml_tree import Element, children, name, parse, root_name

# A tree takes up to thirty times the size of its file; MedlinePlus's list of topics is read in pieces.
LARGEST_TREE = 10_000_000
# How the archives wrap the articles that they send.
_SETS = {"pmc-articleset", "articles", "records"}


def read(data: bytes, path: str) -> Iterator[Article]:
    """Every article of an XML file.

    Raises UnreadableArticle if it is not well-formed or of an unknown kind.
    """
    kind = root_name(data, path)
    if kind == "health-topics":
        yield from topics.medlineplus(data, path)
        return
    if len(data) > LARGEST_TREE:
        raise UnreadableArticle(
            path, f"the file is larger than {LARGEST_TREE // 1_000_000} MB", "Split it into articles of their own."
        )
    root = parse(data, path)
    if kind == "article":
        yield from jats.read(root, path)
    elif kind in _SETS and (found := list(children(root, "article"))):
        for article in found:
            yield from jats.read(article, path)
    elif kind in ("Document", "Documents") and _has_questions(root):
        yield from topics.medquad(root, path)
    else:
        raise UnreadableArticle(
            path,
            f"its XML is of a kind that no reader knows (its root element is '{kind}')",
            "Known are JATS articles, MedlinePlus health topics and MedQuAD documents; move other files away.",
        )


def _has_questions(root: Element) -> bool:
    return any(name(element) == "QAPairs" for element in root.iter())
