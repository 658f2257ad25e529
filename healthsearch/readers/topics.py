"""Health topics, many in one file: MedlinePlus XML, and questions with answers in MedQuAD's form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers import xhtml
from healthsearch.readers.blocks import Blocks, squeeze
from healthsearch.readers.front_matter import Details
from healthsearch.readers.properties import choose_title, fields
from healthsearch.readers.xml_tree import Element, attribute, children, first, parse_html, records, text_of

_LANGUAGES = {"English": "en", "Spanish": "es"}
_AMERICAN_DATE = re.compile(r"(\d\d)/(\d\d)/(\d{4})")
# Two or more items of a list that has lost its line ends.
_RUN_IN = re.compile(r"\s{2,}- (?=\S)")


def medlineplus(data: bytes, path: str) -> Iterator[Article]:
    """Every topic of a ``health-topics`` file, in its own language.

    The links to other sites that a topic lists are left out.
    """
    stem = str(PurePosixPath(path).with_suffix(""))
    for _, topic in records(data, path):
        summary = first(topic, "full-summary")
        if summary is None or not text_of(summary):
            continue
        title = attribute(topic, "title")
        blocks = Blocks()
        blocks.heading(title, 1)
        # Written as escaped HTML, or as XHTML.
        xhtml.write(summary if len(summary) else parse_html(summary.text, path), blocks)
        created = _AMERICAN_DATE.fullmatch(attribute(topic, "date-created"))
        about = fields(
            id=f"{stem}#{attribute(topic, 'id') or title}",
            url=attribute(topic, "url"),
            language=_LANGUAGES.get(attribute(topic, "language"), attribute(topic, "language")),
            published=f"{created[3]}-{created[1]}-{created[2]}" if created else "",
            publisher="MedlinePlus",
            also_called=[text_of(called) for called in children(topic, "also-called", "see-reference")],
        )
        yield Details(about).article(path, blocks.text, tuple(blocks.headings), choose_title(path, title))


def medquad(root: Element, path: str) -> Iterator[Article]:
    """The article under each ``Document`` element; its questions are headings."""
    documents = [root] if first(root, "QAPairs") is not None else list(children(root, "Document"))
    found = False
    for document in documents:
        title = text_of(first(document, "Focus"))
        blocks = Blocks()
        blocks.heading(title, 1)
        if _answers(document, blocks):
            found = True
            yield _document(document, title, blocks, path)
    if not found:
        # MedQuAD omits the answers of three sources because of their licence.
        raise UnreadableArticle(path, "it holds questions without answers", "Delete the file.")


def _answers(document: Element, blocks: Blocks) -> bool:
    """Add the questions that have an answer; returns whether there are any."""
    answered = False
    pairs = first(document, "QAPairs")
    for pair in children(pairs, "QAPair") if pairs is not None else ():
        answer = first(pair, "Answer")
        text = "" if answer is None else "".join(answer.itertext())
        if text.strip():
            question = text_of(first(pair, "Question"))
            blocks.heading(re.sub(r"\s*\?[\s?]*$", "?", question), 2)
            answered = True
            for paragraph in re.split(r"\n\s*\n", text):
                _paragraph(paragraph.strip(), blocks)
    return answered


def _paragraph(text: str, blocks: Blocks) -> None:
    before, *items = _RUN_IN.split(text)
    if before.startswith("- "):
        before, items = "", [before[2:], *items]
    blocks.paragraph(squeeze(before))
    for item in items:
        blocks.item(squeeze(item))


def _document(document: Element, title: str, answers: Blocks, path: str) -> Article:
    source = attribute(document, "source")
    number = attribute(document, "id")
    called = [text_of(name) for name in document.iter("{*}Synonym")]
    about = fields(
        id="_".join(filter(None, (source, number))),
        url=attribute(document, "url"),
        language="en",
        publisher=source,
        also_called=called,
    )
    return Details(about).article(path, answers.text, tuple(answers.headings), choose_title(path, title))
