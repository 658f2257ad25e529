"""MHTML: a web page saved as one file, in the form of a message whose first HTML part is the page."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers.web_metadata import is_address
from healthsearch.readers.web_page import article_of, text_of_page

_PAGES = {"text/html", "application/xhtml+xml"}


def read(data: bytes, path: str) -> Iterator[Article]:
    """The article in a saved page. Raises UnreadableArticle if the file contains no page."""
    try:
        message = message_from_bytes(data)
        page = next((part for part in message.walk() if part.get_content_type() in _PAGES), None)
        content = page.get_payload(decode=True) if page is not None else None
    except (RecursionError, ValueError, LookupError):
        page = content = None
    if page is None or not isinstance(content, bytes):
        raise UnreadableArticle(path, "the file holds no web page", "Save the page anew from a browser.")
    address = _address(page) or _address(message)
    yield article_of(text_of_page(content, path, str(page.get_content_charset() or "")), path, address)


def _address(message: Message) -> str:
    for header in ("Content-Location", "Snapshot-Content-Location"):
        address = str(message.get(header, "")).strip()
        if is_address(address):
            return address
    return ""
