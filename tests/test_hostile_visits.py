"""Hostile texts in a real browser: nothing runs, nothing is asked of anybody, every letter is shown; and who may ask.

What a visit asked for and complained of is looked at when it ends, see ``browsing.visitor``.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from healthsearch import wording
from tests.browsing import Server, Visitor, rebuild
from tests.folders import ROOT
from tests.payloads import VISIBLE, rows, word

ROWS = rows(VISIBLE, 32)


@pytest.fixture(scope="module", autouse=True)
def hostile(server: Server) -> None:
    """The articles and an index of them, before the first visit."""
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    (server.corpus / "all.jsonl").write_text(lines, encoding="utf-8")
    (server.corpus / "marked.md").write_text("\n\n".join(("# Wombat", "wombat", *VISIBLE)), encoding="utf-8")
    (server.corpus / "page.html").write_text(f"<title>Quokka</title><p>quokka {' '.join(VISIBLE)}", encoding="utf-8")
    rebuild(server)


@pytest.fixture
def page(visitor: Visitor) -> Iterator[Page]:
    """The visitor's window, in which nothing has run when the test ends."""
    opened: list[str] = []
    visitor.page.on("dialog", lambda dialog: opened.append(dialog.message))
    visitor.page.context.on("page", lambda window: opened.append(window.url))
    yield visitor.page
    assert visitor.page.evaluate("window.bad") is None
    assert opened == []


def letters(text: str) -> str:
    return "".join(text.split())


def answers(visitor: Visitor, question: str) -> None:
    """Ask, and unfold what is folded where nothing answers."""
    visitor.ask(question)
    visitor.page.locator(".hs-hit").first.wait_for(state="attached")
    if not visitor.page.locator(".hs-hit").first.is_visible():
        visitor.page.get_by_text(wording.NEAREST).click()


def point_at_everything(page: Page) -> None:
    """What listens for pointer, keys or focus hears of them."""
    page.evaluate(
        """() => document.querySelectorAll("article *, .hs-hit *, .hs-head *, .hs-article *").forEach((element) => {
          for (const name of ["mouseover", "mouseenter", "pointerover", "focus", "toggle", "load", "error"]) {
            element.dispatchEvent(new Event(name, { bubbles: false }));
          }
        })"""
    )


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_an_article_s_text_is_shown_and_does_nothing(visitor: Visitor, page: Page, number: int) -> None:
    row = ROWS[number]
    answers(visitor, f"{word(number)} plaster")
    head = page.locator(".hs-head h3").filter(has_text=word(number)).first
    assert letters(head.inner_text()) == letters(str(row["title"]))
    point_at_everything(page)
    quoting = page.locator("blockquote", has_text=word(number))
    rank = page.locator(".hs-hit").filter(has=quoting).first.get_attribute("id")
    assert rank is not None
    page.locator(f".st-key-read-{rank.rpartition('-')[2]} button").click()
    expect(page.locator(".hs-found")).to_be_visible()
    shown = letters(page.locator(".hs-article").inner_text())
    for line in str(row["text"]).split("\n"):
        assert letters(line) in shown
    point_at_everything(page)


@pytest.mark.parametrize("name", ["wombat", "quokka"])
def test_what_markdown_and_html_leave_of_them_does_nothing(visitor: Visitor, page: Page, name: str) -> None:
    answers(visitor, name)
    page.locator(".hs-hit").filter(has_text=re.compile(name, re.IGNORECASE)).first.wait_for()
    page.locator(".st-key-read-1 button").click()
    expect(page.locator(".hs-found")).to_be_visible()
    point_at_everything(page)


def test_a_hostile_question_is_shown_and_does_nothing(visitor: Visitor, page: Page) -> None:
    for question in VISIBLE[::16]:
        visitor.ask(question)
        expect(page.get_by_label(wording.QUESTION)).to_have_value(question)


def test_hostile_names_on_the_collection_page_do_nothing(page: Page) -> None:
    page.get_by_role("link", name=wording.TO_COLLECTION).click()
    expect(page.get_by_role("heading", name=re.compile("map", re.IGNORECASE)).first).to_be_visible()
    drawn = page.locator("canvas, svg.marks").last
    expect(drawn).to_be_visible()
    box = drawn.bounding_box()
    assert box is not None
    for across in range(1, 12):
        for down in range(1, 12):
            page.mouse.move(box["x"] + box["width"] * across / 12, box["y"] + box["height"] * down / 12)


def test_a_question_leaves_no_trace(visitor: Visitor, page: Page, server: Server) -> None:
    for question in ("is qwxzimbab good for a wombat", "qwxzimbab"):
        visitor.ask(question)
        expect(page.get_by_label(wording.QUESTION)).to_have_value(question)
    assert "qwxzimbab" not in page.url
    written = [file for file in server.home.rglob("*") if file.is_file()]
    assert server.home / "log.txt" in written and server.index / "current.json" in written
    assert [file for file in written if b"qwxzimbab" in file.read_bytes()] == []


def test_who_leaves_while_an_answer_is_made_holds_up_nobody(visitor: Visitor, server: Server) -> None:
    for _ in range(5):
        left = visitor.page.context.new_page()
        left.goto(server.url)
        left.get_by_label(wording.QUESTION).fill("wombat quokka " * 40)
        left.keyboard.press("Enter")
        left.close()
    visitor.ask("wombat")
    expect(visitor.page.locator(".hs-hit").first).to_be_attached()


# Neighbours on the network, and pages of other sites


def test_no_protection_of_streamlit_s_is_switched_off() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"] == {"address": "localhost", "fileWatcherType": "none", "showEmailPrompt": False}
    done = subprocess.run(
        [sys.executable, "-m", "streamlit", "config", "show"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for told in ("enableXsrfProtection = true", "enableCORS = true", "enableStaticServing = false"):
        assert f"\n# {told}\n" in done.stdout


def test_without_the_page_s_own_token_nothing_is_taken(server: Server) -> None:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    connection.request("PUT", "/_stcore/upload_file/any/any", body=b"x")
    assert connection.getresponse().status == 403
    connection.close()


def test_nobody_but_this_machine_can_reach_the_page(server: Server) -> None:
    port = urlsplit(server.url).port
    # Another address of this very machine: a server that listens for the whole network answers there too.
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=5):
        pass


@pytest.mark.usefixtures("visitor")
@pytest.mark.parametrize("origin", ["http://192.0.2.7", "https://example.com", "null"])
def test_a_page_of_another_site_cannot_ask(server: Server, origin: str) -> None:
    assert handshake(server, server.url) == 101
    assert handshake(server, origin) == 403


def handshake(server: Server, origin: str) -> int:
    """The status with which the page's own channel is opened to a page from this origin."""
    where = urlsplit(server.url)
    connection = http.client.HTTPConnection(where.netloc, timeout=20)
    connection.request(
        "GET",
        "/_stcore/stream",
        headers={
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Origin": origin,
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        },
    )
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize(
    "path", ["/media/../corpus/all.jsonl", "/media/..%2f..%2fcorpus%2fall.jsonl", "/static/../app.py", "/app/static/x"]
)
def test_no_path_leads_to_a_file(server: Server, path: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read().decode("utf-8", "replace")
    connection.close()
    assert "zebrafinch" not in body and "import streamlit" not in body
