"""A small corpus with every hard case, seconds to build, and the page on it, for tests without a browser."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.folders import CORPUS, ROOT
from tests.formats.make import NAME, printed

ARTICLES = (
    "massage-for-a-herniated-disc",
    "muscle-cramps",
    "constipation",
    "stroke",
    "burns-and-scalds",
)
QUESTION = "Is massage safe for a herniated disc?"
URGENT_QUESTION = "I have crushing chest pain, what do I do?"
NO_ANSWER = "What is the capital of France?"
PDF_QUESTION = "wall slides and pendulum swings for a sore shoulder"
PAYLOAD_QUESTION = "zebrafinch plaster"
# What a page that interprets article text would run, colour, typeset or swallow.
PAYLOAD = (
    "A zebrafinch plaster <script>window.bad = 1</script> costs $5 or $x^2$, is :red[red] | `code` "
    '<img src="http://example.com/x.png" onerror="window.bad = 2"> &amp; **not bold** \u202etfel\u202c [link](http://example.com).'
)
PAYLOAD_TITLE = "The <b>zebrafinch</b> $plaster$ :red[x] `y` | z"


def small_corpus(folder: Path) -> Path:
    """Some of our own articles, a payload, an old article and one reviewed lately, and a PDF."""
    folder.mkdir(parents=True)
    for name in ARTICLES:
        shutil.copy(CORPUS / f"{name}.md", folder)
    shutil.copy(CORPUS / "urgent.yaml", folder)
    (folder / "payload.txt").write_text(f"{PAYLOAD_TITLE}\n\n{PAYLOAD}\n", encoding="utf-8")
    (folder / "leeches.md").write_text(
        "---\ntitle: Leeches for sore knees\nlanguage: en\npublisher: An old library\npublished: 1998-04\n"
        "reviewed: 2001-05-17\nurl: https://example.com/leeches\nlicence: CC0\nsources: [A very old book]\n---\n\n"
        "## What leeches do\n\nLeeches for sore knees bite. Do not apply leeches without a doctor.\n",
        encoding="utf-8",
    )
    (folder / f"{NAME}.pdf").write_bytes(printed())
    (folder / "sleep").mkdir()
    (folder / "sleep" / "naps.md").write_text(
        "---\ntitle: Naps for tired people\nlanguage: en\npublisher: A sleep clinic\nreviewed: 2026-11-01\n---\n\n"
        "## How long to nap\n\nA nap of twenty minutes is enough. Longer naps may keep you awake at night.\n",
        encoding="utf-8",
    )
    return folder


Start = Callable[[], AppTest]


def started() -> AppTest:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    assert not page.exception
    return page


def ask(page: AppTest, question: str) -> AppTest:
    page.text_input(key="question").set_value(question)
    page.button(key="search").click().run()
    assert not page.exception
    return page


def markup(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html") if not element.proto.body.startswith("<style>"))


def words(page: AppTest) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup(page)))


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]
