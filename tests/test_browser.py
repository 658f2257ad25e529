"""Whole visits in a real browser: what a person sees, hears, and can do with the page.

Needs Chromium or Chrome on the path; without one the tests are skipped, except where CI is set. Times are
printed (``pytest -s``), not asserted: they belong to the machine.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from healthsearch import wording
from healthsearch.generation import Pointer
from tests.folders import ROOT, python
from tests.pages import NO_ANSWER, PAYLOAD, PAYLOAD_QUESTION, PAYLOAD_TITLE, QUESTION, small_corpus

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Nothing of the browser's own may reach for the network either.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# Loading the encoder on a busy machine takes its time; so does a first build.
PATIENCE_MS = 90_000
expect.set_options(timeout=20_000)


@dataclass
class Server:
    """The page, served from folders of its own."""

    home: Path
    process: subprocess.Popen[bytes]
    url: str

    @property
    def corpus(self) -> Path:
        return self.home / "corpus"

    @property
    def index(self) -> Path:
        return self.home / "index"


@dataclass
class Visitor:
    """One browser window, and all that it asked for and complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked_of: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked_of.add(urlsplit(request.url).netloc))
        self.page.on("websocket", lambda opened: self.asked_of.add(urlsplit(opened.url).netloc))

    def ask(self, question: str) -> float:
        """Type the question, press Enter, wait for what a screen reader is told; milliseconds until it was drawn."""
        self.page.get_by_label(wording.QUESTION).fill(question)
        self.page.evaluate(_WATCH)
        self.page.keyboard.press("Enter")
        return float(self.page.evaluate("() => window.drawn"))

    @property
    def told(self) -> Locator:
        return self.page.get_by_role("status").and_(self.page.locator(".hs-told"))


# From the key press to the second frame after the answer has been told, as the browser's clock has it.
_WATCH = """() => {
  const told = document.querySelector(".hs-told");
  let pressed;
  document.addEventListener("keydown", (event) => { pressed = event.timeStamp; }, { once: true, capture: true });
  window.drawn = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("no answer within 30 s")), 30_000);
    const watcher = new MutationObserver(() => {
      watcher.disconnect();
      requestAnimationFrame(() => requestAnimationFrame((now) => resolve(now - pressed)));
    });
    watcher.observe(told, { attributes: true, childList: true });
  });
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        message = f"no browser found on the path (looked for {', '.join(BROWSERS)})"
        if os.environ.get("CI"):
            pytest.fail(f"{message}; where CI is set there must be one")
        pytest.skip(message)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page with a corpus and, at first, no index."""
    home = tmp_path_factory.mktemp("served")
    small_corpus(home / "corpus")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    log = (home / "log.txt").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true"],
        cwd=ROOT,
        env=os.environ | {"HEALTHSEARCH_CORPUS": str(home / "corpus"), "HEALTHSEARCH_INDEX": str(home / "index")},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    url = f"http://localhost:{port}"
    try:
        _wait_until_served(url, process)
        yield Server(home, process, url)
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def _wait_until_served(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health").close()
            return
        except OSError:
            if process.poll() is not None:
                pytest.fail(f"streamlit ended with status {process.returncode}")
            time.sleep(0.1)
    pytest.fail("streamlit did not start within a minute")


@pytest.fixture
def visitor(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """A visitor who has come to the start page; ``indirect`` parameters set the window."""
    window = {"viewport": {"width": 1280, "height": 800}} | getattr(request, "param", {})
    context = browser.new_context(**window)
    visitor = Visitor(context.new_page())
    visitor.page.goto(server.url)
    yield visitor
    context.close()
    assert visitor.complaints == []
    assert visitor.asked_of <= {urlsplit(server.url).netloc, ""}, "the page asks nobody but its own server"


def is_in_sight(place: Locator) -> bool:
    """Whether the top of the place, and at least a line of it, can be seen between the bars of the page."""
    place.wait_for()
    return bool(
        place.evaluate(
            """(place) => {
              const box = place.getBoundingClientRect();
              const seen = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(20, box.height / 2));
              return box.top >= 0 && box.top < innerHeight - 60 && seen !== null && place.contains(seen);
            }"""
        )
    )


def test_the_first_start_waits_for_another_build_then_builds_and_answers_what_was_asked_meanwhile(
    browser: Browser, server: Server
) -> None:
    """Runs first, as the tests after it need the index that it builds."""
    server.index.mkdir()
    (server.index / "builder.txt").write_text("process 1", encoding="utf-8")
    page = browser.new_page()
    with FileLock(server.index / "build.lock"):
        began = time.perf_counter()
        page.goto(server.url)
        expect(page.get_by_role("heading", name=wording.TITLE)).to_be_visible()
        _print("first paint of a cold server", began)
        expect(page.get_by_text(wording.BUSY)).to_be_visible()
    page.get_by_label(wording.QUESTION).fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=wording.VERDICTS["answered"])).to_be_visible(timeout=PATIENCE_MS)
    _print("from the first paint to an answer from a new index", began)
    page.close()


def test_a_visit(visitor: Visitor, server: Server) -> None:
    page = visitor.page
    box = page.get_by_label(wording.QUESTION)
    expect(box).to_be_focused()

    times = [visitor.ask(question) for question in (QUESTION, "leg cramps at night", "burnt my hand", QUESTION)]
    print("\nquestion to results, ms:", *(f"{milliseconds:.0f}" for milliseconds in times))
    expect(page.get_by_role("heading", name=wording.VERDICTS["answered"])).to_be_visible()
    expect(visitor.told).to_have_text(re.compile(r"5 passages from \d articles"))
    expect(box).to_have_value(QUESTION)
    assert "?" not in page.url, "a question about one's health is not left in the address"

    around = page.get_by_text(wording.SURROUNDINGS).first
    around.click()
    expect(page.get_by_role("heading", name=wording.BEFORE).first).to_be_visible()

    hit = page.locator("#hs-hit-2")
    quote = hit.locator("blockquote").inner_text()
    page.locator(".st-key-read-2 button").click()
    found = page.locator(".hs-found")
    expect(found).to_be_visible()
    expect(found).to_be_focused()
    assert is_in_sight(found)
    assert set(quote.split()) <= set(found.inner_text().split())
    expect(page.get_by_role("heading", name="When massage is dangerous")).to_be_attached()

    page.get_by_role("button", name=wording.BACK).first.click()
    expect(hit).to_be_visible()
    assert is_in_sight(hit)
    assert hit.locator("blockquote").inner_text() == quote
    expect(box).to_have_value(QUESTION)


def test_an_article_is_read_from_match_to_match_and_by_its_headings(visitor: Visitor) -> None:
    page = visitor.page
    visitor.ask(QUESTION)
    page.locator(".st-key-read-1 button").click()
    found = page.locator(".hs-found")
    expect(found).to_be_focused()
    page.get_by_role("button", name=wording.NEXT).click()
    following = page.locator(":focus")
    assert is_in_sight(following)
    expect(following).to_have_attribute("aria-label", re.compile("Match"))
    page.get_by_role("button", name=wording.PREVIOUS).click()
    expect(found).to_be_focused()

    page.get_by_text(wording.CONTENTS, exact=True).click()
    page.get_by_role("link", name="When massage is dangerous").click()
    heading = page.get_by_role("heading", name="When massage is dangerous")
    expect(heading).to_be_focused()
    assert is_in_sight(heading)
    expect(page.get_by_role("link", name="When massage is dangerous")).to_be_hidden()
    assert "#" not in page.url


def test_a_search_is_narrowed(visitor: Visitor) -> None:
    page = visitor.page
    visitor.ask("How long should a nap be?")
    page.get_by_text(wording.NARROW).click()
    option = page.get_by_role("option", name="A sleep clinic (1)")
    for _ in range(50):
        # While its box unfolds, the list does not open.
        page.get_by_label("Publisher").press("ArrowDown")
        if option.is_visible():
            break
        page.wait_for_timeout(100)
    option.click()
    expect(page.get_by_text(wording.narrowed(1))).to_be_visible()
    expect(page.locator(".hs-head h3")).to_have_text(["Naps for tired people"])
    page.locator(".st-key-read-1 button").click()
    expect(page.locator(".hs-found")).to_be_focused()
    page.get_by_role("button", name=wording.BACK).first.click()
    expect(page.get_by_text(wording.narrowed(1))).to_be_visible()


def test_a_rebuild_shows_at_the_next_question(visitor: Visitor, server: Server) -> None:
    page = visitor.page
    visitor.ask("Does marmalade stop leg cramps?")
    expect(page.locator("blockquote", has_text="marmalade")).to_have_count(0)
    article = server.corpus / "muscle-cramps.md"
    text = article.read_text(encoding="utf-8")
    article.write_text(
        text + "\n## Marmalade\n\nDoes marmalade stop leg cramps? It does not.\n",
        encoding="utf-8",
    )
    old = Pointer.read(server.index).generation
    command = python("build_index.py", "--corpus", server.corpus, "--index", server.index)
    output, problems = command.communicate(timeout=120)
    assert command.returncode == 0, output + problems
    assert Pointer.read(server.index).generation != old
    visitor.ask("Does marmalade stop leg cramps?")
    expect(page.locator("blockquote", has_text="marmalade").first).to_be_visible()


def test_an_example_can_be_asked_by_a_click(visitor: Visitor) -> None:
    example = visitor.page.get_by_role("button", name="How do I recognise a stroke?")
    example.click()
    expect(visitor.page.get_by_role("heading", name=wording.VERDICTS["answered"])).to_be_visible()
    expect(visitor.page.get_by_label(wording.QUESTION)).to_have_value("How do I recognise a stroke?")


def test_the_search_button_asks_too(visitor: Visitor) -> None:
    visitor.page.get_by_label(wording.QUESTION).fill(QUESTION)
    visitor.page.get_by_role("button", name=wording.SEARCH).click()
    expect(visitor.page.get_by_role("heading", name=wording.VERDICTS["answered"])).to_be_visible()


def test_no_answer_and_no_question(visitor: Visitor) -> None:
    page = visitor.page
    visitor.ask(NO_ANSWER)
    expect(page.get_by_role("heading", name=wording.VERDICTS["nothing"])).to_be_visible()
    expect(page.locator(".hs-hit").first).to_be_hidden()
    page.get_by_text(wording.NEAREST).click()
    expect(page.locator(".hs-hit").first).to_be_visible()
    page.locator(".st-key-read-1 button").click()
    assert is_in_sight(page.locator(".hs-found"))
    page.get_by_role("button", name=wording.BACK).last.click()
    visitor.ask("")
    expect(page.get_by_text("Type what you want to know")).to_be_visible()


@pytest.mark.parametrize(
    "visitor",
    [{}, {"viewport": {"width": 375, "height": 667}}, {"viewport": {"width": 320, "height": 568}}],
    indirect=True,
)
def test_article_text_is_shown_letter_for_letter_at_any_width(visitor: Visitor) -> None:
    page = visitor.page
    visitor.ask(PAYLOAD_QUESTION)
    assert PAYLOAD in page.locator("#hs-hit-1 blockquote").inner_text()
    expect(page.get_by_role("heading", name=PAYLOAD_TITLE)).to_be_visible()
    page.locator(".st-key-read-1 button").click()
    found = page.locator(".hs-found").first
    assert is_in_sight(found)
    assert PAYLOAD in page.locator(".hs-article").inner_text()
    assert page.evaluate("window.bad") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off at the side"


@pytest.mark.parametrize("visitor", [{"color_scheme": "dark"}, {"color_scheme": "light"}], indirect=True)
def test_light_and_dark_follow_the_system(visitor: Visitor, request: pytest.FixtureRequest) -> None:
    visitor.ask(QUESTION)
    lightness = visitor.page.locator(".hs-head h3").first.evaluate(
        "(title) => getComputedStyle(title).color.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0)"
    )
    assert (lightness > 3 * 128) == (visitor.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"))


def _print(what: str, began: float) -> None:
    print(f"\n{what}: {time.perf_counter() - began:.1f} s")
