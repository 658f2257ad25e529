"""A real browser before the served page: what tests of whole visits have in common.

Needs Chromium or Chrome on the path; without one the tests are skipped, except where CI is set.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from healthsearch import wording
from tests.folders import ROOT, python
from tests.pages import small_corpus

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
PATIENCE_MS = 300_000
expect.set_options(timeout=60_000)


@dataclass
class Server:
    """The page, served from folders of its own."""

    home: Path
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
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked_of.add(urlsplit(request.url).netloc))

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)
        self.page.on("websocket", lambda opened: self.asked_of.add(urlsplit(opened.url).netloc))

    def ask(self, question: str) -> float:
        """Type the question, press Enter, wait for what a screen reader is told; milliseconds until it was drawn."""
        self.told.wait_for(state="attached")
        self.page.get_by_label(wording.QUESTION).fill(question)
        self.page.evaluate(WATCH)
        self.page.keyboard.press("Enter")
        return float(self.page.evaluate("() => window.drawn"))

    @property
    def told(self) -> Locator:
        return self.page.get_by_role("status").and_(self.page.locator(".hs-told"))


# From the key press to the second frame after the answer has been told, as the browser's clock has it.
WATCH = """() => {
  const told = document.querySelector(".hs-told");
  let pressed;
  document.addEventListener("keydown", (event) => { pressed = event.timeStamp; }, { once: true, capture: true });
  window.drawn = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("no answer within 90 s")), 90_000);
    const watcher = new MutationObserver(() => {
      watcher.disconnect();
      requestAnimationFrame(() => requestAnimationFrame((now) => resolve(now - pressed)));
    });
    watcher.observe(told, { attributes: true, childList: true });
  });
}"""


def installed_browser() -> str | None:
    """The first of ``BROWSERS`` on the path."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = installed_browser()
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
    """The page with a corpus and, at first, no index; it calls nobody, not even for an address."""
    home = tmp_path_factory.mktemp("served")
    small_corpus(home / "corpus")
    (home / "temporary").mkdir()
    calls = home / "calls.txt"
    calls.touch()
    streamlit = ("-m", "tests.served_alone", str(calls))
    with (
        (home / "log.txt").open("wb") as log,
        served(home / "index", home / "corpus", streamlit, {"TMPDIR": str(home / "temporary")}, log) as url,
    ):
        yield Server(home, url)
    called = calls.read_text(encoding="utf-8")
    assert not called, called


@contextmanager
def served(
    index: Path,
    corpus: Path | None = None,
    streamlit: tuple[str, ...] = ("-m", "streamlit"),
    environment: Mapping[str, str] = MappingProxyType({}),
    log: IO[bytes] | int = subprocess.DEVNULL,
) -> Iterator[str]:
    """The address of a page on these folders; without a corpus it is the one of the working tree."""
    port = free_port()
    folders = {"HEALTHSEARCH_INDEX": str(index.resolve())}
    if corpus is not None:
        folders["HEALTHSEARCH_CORPUS"] = str(corpus.resolve())
    process = subprocess.Popen(
        [sys.executable, *streamlit, "run", "app.py", f"--server.port={port}", "--server.headless=true"],
        cwd=ROOT,
        env={**os.environ, **folders, **environment},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    with serving(process, port) as url:
        yield url


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(process: subprocess.Popen[bytes], port: int) -> Iterator[str]:
    """The address of the page that this process serves; stopped in the end."""
    url = f"http://localhost:{port}"
    try:
        _wait_until_served(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_until_served(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health").close()
            return
        except OSError:
            if process.poll() is not None:
                raise ChildProcessError(f"streamlit ended with status {process.returncode}") from None
            time.sleep(0.1)
    raise TimeoutError("streamlit did not start within five minutes")


@pytest.fixture
def visitor(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """A visitor who has come to the start page; ``indirect`` parameters set the window."""
    window = {"viewport": {"width": 1280, "height": 800}} | getattr(request, "param", {})
    context = browser.new_context(**window)
    visitor = Visitor(context.new_page())
    visitor.page.goto(server.url)
    visitor.page.get_by_label(wording.QUESTION).wait_for(timeout=PATIENCE_MS)
    yield visitor
    context.close()
    assert not visitor.complaints, visitor.complaints
    assert visitor.asked_of <= {urlsplit(server.url).netloc, ""}, "the page asks nobody but its own server"


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core."""
    file = os.environ.get("AXE")
    if not file:
        message = "AXE does not name axe-core's axe.min.js, so accessibility is not checked (npm install axe-core)"
        if os.environ.get("CI"):
            pytest.fail(f"{message}; where CI is set it must")
        pytest.skip(message)
    return Path(file).read_text(encoding="utf-8")


def rebuild(server: Server) -> None:
    """Bring the served index up to date, as a curator does."""
    command = python("build_index.py", "--corpus", server.corpus, "--index", server.index, "-q")
    output, problems = command.communicate(timeout=600)
    assert command.returncode == 0, output + problems


def violations(page: Page, axe: str) -> list[tuple[str, list[str]]]:
    """What axe-core finds wrong when all is drawn and at rest: each rule, and the elements that break it."""
    # What a run of the script may still take away is faded, and then hard to read.
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.wait_for_function("() => document.getAnimations().every((moving) => moving.playState !== 'running')")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)")
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


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
