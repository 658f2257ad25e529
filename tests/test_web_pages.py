"""Web pages and saved pages: the article, what the page says of itself, and the encodings of the web."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers import outcomes
from healthsearch.readers.web_page import text_of_page

FORMATS = Path(__file__).parent / "formats"
SAVED = [("warm-bath.html", "https://example.org/warm-bath"), ("warm-bath.mhtml", "https://example.org/warm-bath")]


def page(body: str, head: str = "", path: str = "x.html") -> Article:
    html = f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"
    [found] = outcomes(html.encode(), path)
    assert isinstance(found, Article), found
    return found


def refusal(data: bytes, path: str = "x.html") -> UnreadableArticle:
    [found] = outcomes(data, path)
    assert isinstance(found, UnreadableArticle)
    return found


@pytest.mark.parametrize(("name", "url"), SAVED)
def test_a_page_and_a_saved_page_are_what_they_say(name: str, url: str) -> None:
    [article] = outcomes((FORMATS / name).read_bytes(), f"sub/{name}")
    assert isinstance(article, Article)
    assert article.text == (FORMATS / "warm-bath.txt").read_text(encoding="utf-8")
    assert [(heading.level, heading.title) for heading in article.headings] == [
        (1, "A warm bath for stiff joints"),
        (2, "Before you get in"),
        (2, "How long"),
        (2, "Who should not"),
    ]
    assert (article.id, article.path, article.title) == ("sub/warm-bath", f"sub/{name}", "A warm bath for stiff joints")
    assert (article.publisher, article.authors) == ("Example Health", ("Ada Writer", "Bob Reader"))
    assert (article.published, article.reviewed, article.reviewed_by) == (
        "2024-05-17",
        "2026-02-03",
        ("Dr Carla Three",),
    )
    assert (article.url, article.language) == (url, "en")
    assert (article.licence, article.also_called) == (
        "https://creativecommons.org/licenses/by/4.0/",
        ("balneotherapy", "hot bath"),
    )


def test_a_saved_page_keeps_the_address_that_it_was_saved_from() -> None:
    data = (FORMATS / "warm-bath.mhtml").read_bytes().replace(b'<link rel=3D"canonical"', b'<link rel=3D"other"')
    data = data.replace(b'<link rel="canonical"', b'<link rel="other"')
    [article] = outcomes(data, "x.mht")
    assert isinstance(article, Article)
    assert article.url == "https://example.org/warm-bath?from=mail"
    page_of_browser = page("<p>Rest.</p>", "<!-- saved from url=(0024)https://example.org/rest -->")
    assert page_of_browser.url == "https://example.org/rest"


@pytest.mark.parametrize(
    ("head", "field", "value"),
    [
        ('<meta name="citation_title" content="Rest  well">', "title", "Rest well"),
        ('<meta property="og:title" content="Rest">', "title", "Rest"),
        ("<title>Rest &amp; sleep | Example Health</title>", "title", "Rest & sleep"),
        ("<title>Step-by-step rest</title>", "title", "Step-by-step rest"),
        ('<meta name="citation_publication_date" content="2024/5/7">', "published", "2024-05-07"),
        ('<meta property="article:published_time" content="2024-05-17T10:00:00+02:00">', "published", "2024-05-17"),
        ('<meta name="date" content="soon">', "published", None),
        ('<meta name="dc.creator" content="A"><meta name="dc.creator" content="B">', "authors", ("A", "B")),
        ('<meta property="article:author" content="https://example.org/ada">', "authors", ()),
        ('<meta property="og:url" content="https://example.org/rest">', "url", "https://example.org/rest"),
        ('<link rel="canonical" href="/rest">', "url", None),
        ('<link rel="canonical" href="javascript:alert(1)">', "url", None),
        ('<meta property="og:locale" content="de_DE">', "language", "de"),
        (
            '<script type="application/ld+json">{"@type": "WebPage", "lastReviewed": "2025-06"}</script>',
            "reviewed",
            "2025-06",
        ),
        (
            '<script type="application/ld+json">{"@type": "Person", "lastReviewed": "2025-06"}</script>',
            "reviewed",
            None,
        ),
        ('<script type="application/ld+json">[{"@type": ["Article"], "headline": "Rest"}]</script>', "title", "Rest"),
        ('<script type="application/ld+json">{broken</script>', "reviewed", None),
    ],
)
def test_what_a_page_says_of_itself(head: str, field: str, value: object) -> None:
    assert getattr(page("<p>Sleep is rest.</p>", head), field) == value


def test_json_ld_without_a_bottom_is_passed_over() -> None:
    nested = "[" * 50_000
    deep: object = {"@type": "Article", "headline": "Deep"}
    for _ in range(50):
        deep = [deep]
    for text in (nested, json.dumps(deep)):
        head = f'<script type="application/ld+json">{text}</script><title>Rest</title>'
        assert page("<p>Sleep.</p>", head).title == "Rest"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            '<section id="related-conditions"><h2>Related conditions</h2><p>Gout and arthritis make a joint sore, '
            "and so does a fall. Each of them needs other care, and an X-ray tells them apart.</p></section>",
            "Gout",
        ),
        ('<div class="comments-on-dosage"><p>one</p></div><p>Rest.</p>', "Rest."),
        ("<p>See <a href=x>one</a>, <a href=x>two</a> and <a href=x>three</a>.</p>", "See one, two and three."),
        ("<header><h1>Rest</h1></header><p>Sleep.</p>", "Rest\n\nSleep."),
        ("<details><summary>When?</summary><p>At night.</p></details>", "When?\n\nAt night."),
        ("<form id=aspnetForm><h1>Rest</h1><p>Sleep is rest.</p></form>", "Rest\n\nSleep is rest."),
        ("<p>one<br>two</p><div>three<p>four</p>five</div>", "one\ntwo\n\nthree\n\nfour\n\nfive"),
        ("<h1>Rest</h1><h1>Rest</h1><p>Sleep.</p>", "Rest\n\nSleep."),
        (
            "<h2>Rest</h2><p>Sleep.</p><h2>More</h2><ul><li><a href=x>Colds</a></li><li><a href=x>Gout</a></li>"
            "<li><a href=x>Flu</a></li></ul><h2>Walks</h2><p>Short ones.</p>",
            "Rest\n\nSleep.\n\nWalks\n\nShort ones.",
        ),
        ("<p>a &lt; b &amp; c &#x1F642; &eacute;</p>", "a < b & c 🙂 é"),
    ],
)
def test_the_text_of_a_page(body: str, text: str) -> None:
    assert text in page(body).text


def test_a_block_that_is_most_of_the_page_is_the_article_whatever_its_name() -> None:
    assert (
        page('<div class="cookie-banner">' + "<p>Sleep is rest for the back.</p>" * 9 + "</div>").text.count("rest")
        == 9
    )


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ('<meta charset="windows-1252"><p>caf\xe9 \x93x\x94</p>'.encode("latin-1"), "café “x”"),
        ('<meta charset="iso-8859-1"><p>\x93x\x94</p>'.encode("latin-1"), "“x”"),
        ('<meta http-equiv=Content-Type content="text/html; charset=GB2312"><p>腰痛</p>'.encode("gb18030"), "腰痛"),
        ('<meta charset="koi8-r"><p>боль</p>'.encode("koi8-r"), "боль"),
        ('<meta charset="utf-8"><p>café</p>'.encode("utf-16"), "café"),
        ('<meta charset="nonsense"><p>café</p>'.encode(), "café"),
        ('<meta charset="ascii"><p>café</p>'.encode("cp1252"), "café"),
        (b'<meta charset="utf-7"><p>+ADw-b</p>', "+ADw-b"),
        ('<meta charset="base64"><p>café</p>'.encode(), "café"),
    ],
)
def test_the_encodings_of_the_web(data: bytes, text: str) -> None:
    assert f"<p>{text}</p>" in text_of_page(data, "x.html")


def test_a_nul_in_a_page_costs_no_text() -> None:
    [article] = outcomes(b'<meta charset="utf-8"><title>Ba\0th</title><p>Warm\0</p><p>water.</p>', "x.html")
    assert isinstance(article, Article)
    assert (article.title, article.text) == ("Ba\ufffdth", "Warm\ufffd\n\nwater.")


def test_a_page_nested_too_deeply_is_refused_and_not_cut() -> None:
    started = time.process_time()
    data = b"<div>" * 100_000 + b"<p>Rest.</p>"
    assert refusal(data).cause == "its elements are nested too deeply"
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "unit",
    [
        "<div class=nav id=a><a href=x>a</a>",
        "<p id=rest>a",
        "<table><tr><td>",
        "<li><b>a",
        "<!--",
        "<a>a</a><h2>b</h2>",
        "<ul><li><a>a</a><li><a>b</a><li><a>c</a></ul>",
    ],
)
def test_a_page_of_one_thing_takes_no_more_than_its_share_of_time(unit: str) -> None:
    started = time.process_time()
    list(outcomes(unit.encode() * (2_000_000 // len(unit)), "x.html"))
    assert time.process_time() - started < 10


@pytest.mark.parametrize("data", [b"<html></html>", b"<!-- nothing -->", b"<html><body><nav>Home</nav></body></html>"])
def test_a_page_without_text_is_refused(data: bytes) -> None:
    assert "text" in refusal(data).cause


@pytest.mark.parametrize("path", ["x.html", "x.mhtml"])
def test_an_empty_page_is_called_empty(path: str) -> None:
    assert refusal(b"", path).cause == "the file is empty"


@pytest.mark.parametrize("data", [b"Subject: x\n\nno page", b"Content-Type: multipart/related; boundary=x\n\n--x--"])
def test_a_saved_page_without_a_page_is_refused(data: bytes) -> None:
    assert refusal(data, "x.mhtml").cause == "the file holds no web page"


def test_a_page_by_another_name_is_read_as_a_page() -> None:
    [found] = outcomes(b"<!doctype html><title>Rest</title><p>Sleep <b>well</b>.</p>", "rest.md")
    assert isinstance(found, Article)
    assert (found.title, found.text, found.path) == ("Rest", "Sleep well.", "rest.md")
