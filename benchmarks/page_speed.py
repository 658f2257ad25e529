"""How fast the page is for a visitor: first paint, first answer, layout shift; and twenty visitors at once.

Needs Chromium on the path and an index (``python build_index.py``). The browser runs on the same machine and takes
its share of it, most of it with twenty windows, so the figures are an upper bound. Printed, never asserted.

    python benchmarks/page_speed.py [--index INDEX] [--visitors 20] [--questions 5]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

import numpy as np
from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch import wording  # noqa: E402
from healthsearch.evaluation import read_queries  # noqa: E402
from healthsearch.places import default_index  # noqa: E402
from tests.browsing import ARGUMENTS, WATCH, installed_browser, served  # noqa: E402

# Between two questions a visitor reads.
PAUSE_S = 2.0
SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
}"""


async def ask(page: Page, question: str) -> float:
    """Milliseconds from the key press to the second frame after the answer was told."""
    await page.get_by_label(wording.QUESTION).fill(question)
    await page.evaluate(WATCH)
    await page.keyboard.press("Enter")
    return float(await page.evaluate("() => window.drawn"))


async def arrive(browser: Browser, url: str) -> Page:
    page = await (await browser.new_context(viewport={"width": 1280, "height": 800})).new_page()
    await page.goto(url)
    await page.get_by_label(wording.QUESTION).wait_for(timeout=120_000)
    return page


async def one_visitor(browser: Browser, url: str, questions: list[str]) -> None:
    began = time.perf_counter()
    page = await arrive(browser, url)
    print(f"a cold server's first page: {time.perf_counter() - began:.2f} s")
    await page.evaluate(SHIFTS)
    await page.get_by_text(wording.EXAMPLES).wait_for(timeout=120_000)
    await ask(page, questions[0])
    print(f"its first answer, from opening the page: {time.perf_counter() - began:.2f} s")
    await page.wait_for_timeout(1_000)
    times = []
    for question in questions[1:]:
        times.append(await ask(page, question))
        await page.wait_for_timeout(300)
    print(f"a question after that, {len(times)} of them: median {np.median(times):.0f} ms, slowest {max(times):.0f} ms")
    await page.locator(".st-key-read-1 button").click()
    await page.locator(".hs-found").wait_for()
    await page.wait_for_timeout(500)
    print(f"layout shift over the visit, without what follows a key press: {await page.evaluate('window.shifted'):.4f}")
    await page.context.close()


async def visitor(page: Page, questions: list[str], late: float) -> list[float]:
    await asyncio.sleep(late)
    times = []
    for question in questions:
        times.append(await ask(page, question))
        await asyncio.sleep(PAUSE_S)
    return times


async def many_visitors(browser: Browser, url: str, questions: list[str], visitors: int, each: int) -> None:
    pages = [await arrive(browser, url) for _ in range(visitors)]
    of_each = [questions[number::visitors][:each] for number in range(visitors)]
    waits = [number * PAUSE_S / visitors for number in range(visitors)]
    found = await asyncio.gather(
        *(visitor(*one) for one in zip(pages, of_each, waits, strict=True)), return_exceptions=True
    )
    failed = [one for one in found if isinstance(one, BaseException)]
    times = [milliseconds for one in found if not isinstance(one, BaseException) for milliseconds in one]
    print(f"{visitors} visitors, {len(times)} questions, {len(failed)} visitors with an error")
    if times:
        median, slow = np.percentile(times, [50, 95])
        print(f"a question then: median {median:.0f} ms, p95 {slow:.0f} ms")


async def measure(url: str, visitors: int, each: int) -> None:
    questions = list(read_queries(ROOT / "tests" / "relevance").values())
    program = installed_browser()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        await one_visitor(browser, url, questions[:20])
        await many_visitors(browser, url, questions, visitors, each)
        await browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, default=default_index(), metavar="DIR")
    parser.add_argument("--visitors", type=int, default=20, metavar="N")
    parser.add_argument("--questions", type=int, default=5, metavar="N", help="of each visitor (default: 5)")
    arguments = parser.parse_args()
    with served(arguments.index) as url:
        asyncio.run(measure(url, arguments.visitors, arguments.questions))


if __name__ == "__main__":
    main()
