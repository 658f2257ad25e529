"""The pictures of the page in the documents, taken of the index that is there (``python build_index.py``).

python docs/pictures.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch import collection_wording, wording  # noqa: E402
from healthsearch.places import default_index  # noqa: E402
from tests.browsing import ARGUMENTS, Visitor, installed_browser, served  # noqa: E402

QUESTION = "Is massage safe for a herniated disc?"


def main() -> None:
    """Write ``page.png`` and ``collection.png`` beside this file."""
    with served(default_index()) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed_browser(), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1000, "height": 1040}, device_scale_factor=1.5)
        page.goto(url)
        page.get_by_text(wording.EXAMPLES).wait_for(timeout=300_000)
        Visitor(page).ask(QUESTION)
        take(page, "page.png")
        page.get_by_role("link", name=wording.TO_COLLECTION).click()
        drawing = page.get_by_role("heading", name=collection_wording.MAP)
        drawing.scroll_into_view_if_needed()
        drawing.evaluate("(heading) => heading.scrollIntoView()")
        expect(page.get_by_text(collection_wording.question_drawn(QUESTION))).to_be_attached()
        take(page, "collection.png")
        browser.close()


def take(page: Page, name: str) -> None:
    """A picture of what the window shows, when nothing in it moves any more."""
    page.wait_for_timeout(2_000)
    page.screenshot(path=ROOT / "docs" / name)


if __name__ == "__main__":
    main()
