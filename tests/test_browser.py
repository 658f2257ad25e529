"""The page in a real browser: the first start, a visit, a rebuild, what is shown at any width and in both themes.

Times are printed (``pytest -s``), not asserted: they belong to the machine.
"""

from __future__ import annotations

import json
import re
import time

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, expect

from healthsearch import wording
from healthsearch.index_folder import Pointer
from tests.browsing import PATIENCE_MS, Server, Visitor, is_in_sight
from tests.folders import python
from tests.formats.make import NAME
from tests.pages import NO_ANSWER, PAYLOAD, PAYLOAD_QUESTION, PAYLOAD_TITLE, PDF_QUESTION, QUESTION


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

    around = page.get_by_text(wording.ADJACENT_TEXT).first
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


# Where the page's name and the question box stand, frame after frame.
FOLLOW = """() => {
  window.stood = new Set();
  const look = () => {
    const places = [".hs-header h1", ".st-key-question"].map((name) => document.querySelector(name));
    window.stood.add(places.map((place) => Math.round(place.getBoundingClientRect().top)).join());
    requestAnimationFrame(look);
  };
  look();
}"""


def test_nothing_above_the_answers_moves_when_they_come(visitor: Visitor) -> None:
    page = visitor.page
    expect(page.get_by_text(wording.EXAMPLES)).to_be_visible()
    visitor.told.wait_for(state="attached")
    page.evaluate(FOLLOW)
    for question in (QUESTION, "leg cramps at night", NO_ANSWER, QUESTION):
        visitor.ask(question)
        expect(page.get_by_role("button", name=wording.AS_JSON)).to_be_visible()
    assert len(page.evaluate("() => [...window.stood]")) == 1


def test_a_pdf_opens_at_the_page_of_the_hit(visitor: Visitor, server: Server) -> None:
    visitor.ask(PDF_QUESTION)
    link = visitor.page.get_by_role("link", name=wording.open_page(2)).first
    expect(link).to_have_attribute("target", "_blank")
    address = str(link.evaluate("(link) => link.href"))
    assert address.startswith(server.url) and address.endswith(".pdf#page=2")
    answer = visitor.page.request.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    assert "attachment" not in answer.headers.get("content-disposition", "")
    assert answer.body() == (server.corpus / f"{NAME}.pdf").read_bytes()


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


@pytest.mark.parametrize("visitor", [{}, {"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_the_browsers_back_leads_from_an_article_to_its_answer_and_from_there_out_of_the_page(visitor: Visitor) -> None:
    page = visitor.page
    visitor.ask("leg cramps at night")
    visitor.ask(QUESTION)
    address = page.url
    hit = page.locator("#hs-hit-2")
    quote = hit.locator("blockquote").inner_text()
    for _ in range(2):
        page.locator(".st-key-read-2 button").click()
        expect(page.locator(".hs-found")).to_be_focused()
        assert page.url == address, "no question is left in the address, nor in the history"
        page.go_back()
        expect(hit).to_be_focused()
        assert is_in_sight(hit) and hit.locator("blockquote").inner_text() == quote
        expect(page.get_by_label(wording.QUESTION)).to_have_value(QUESTION)
        assert page.url == address
    page.go_forward()
    page.wait_for_function("history.state?.article === undefined")
    expect(hit).to_be_focused()
    page.go_back()
    assert page.url == "about:blank"


@pytest.mark.parametrize("close", ["Escape", "button", "reload"])
def test_an_article_that_was_closed_is_no_step_of_the_browsers_back(visitor: Visitor, close: str) -> None:
    page = visitor.page
    visitor.ask(QUESTION)
    page.locator(".st-key-read-1 button").click()
    expect(page.locator(".hs-found")).to_be_focused()
    if close == "Escape":
        page.keyboard.press("Escape")
    elif close == "button":
        page.get_by_role("button", name=wording.BACK).first.click()
    else:
        page.reload()
    expect(page.get_by_label(wording.QUESTION)).to_be_visible()
    page.wait_for_function("history.state?.article === undefined")
    page.go_back()
    assert page.url == "about:blank"


@pytest.mark.parametrize("press", ["Escape", "button"])
def test_a_button_drawn_after_the_article_is_pressed_when_it_is_there(visitor: Visitor, press: str) -> None:
    page = visitor.page
    visitor.ask(QUESTION)
    page.locator(".st-key-read-1 button").click()
    expect(page.locator(".hs-found")).to_be_focused()
    drawn = page.locator(".st-key-back")
    drawn.evaluate("(place) => { window.late = place; place.classList.remove('st-key-back'); }")
    if press == "Escape":
        page.keyboard.press("Escape")
    else:
        page.locator(".hs-bar .hs-back").click()
    expect(page.locator(".hs-found")).to_be_visible()
    page.evaluate(
        "window.late.parentElement.append(Object.assign(late, { className: late.className + ' st-key-back' }))"
    )
    expect(page.locator("#hs-hit-1")).to_be_focused()


def test_the_browsers_back_leads_to_a_linked_passage_again_and_then_out_of_the_page(
    visitor: Visitor, server: Server
) -> None:
    page = visitor.page
    visitor.ask(QUESTION)
    link = server.url + "/" + str(page.locator("[data-copy-link^='?passage']").first.get_attribute("data-copy-link"))
    page.goto("about:blank")
    page.goto(link)
    found = page.locator(".hs-found")
    expect(found).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label(wording.QUESTION)).to_be_visible()
    expect(page).to_have_url(f"{server.url}/")
    visitor.ask(QUESTION)
    page.locator(".st-key-read-1 button").click()
    # The article may be drawn before the script has made its entry in the history; the focus comes after that.
    expect(found).to_be_focused()
    page.go_back()
    expect(page.locator("#hs-hit-1")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("button", name=wording.TO_SEARCH).first).to_be_visible()
    assert page.url == link
    page.go_forward()
    expect(page.locator("#hs-hit-1")).to_be_visible()
    page.go_back()
    expect(found).to_be_visible()
    page.go_back()
    assert page.url == "about:blank"


def test_a_search_is_narrowed(visitor: Visitor) -> None:
    page = visitor.page
    visitor.ask("How long should a nap be?")
    page.get_by_text(wording.NARROW).click()
    # While the box still unfolds, as somebody quick with the keys does.
    page.get_by_label("Publisher").press("ArrowDown")
    page.get_by_role("option", name="A sleep clinic (1)").click()
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


# What is typed and sent in the moment in which the box appears, before any other script has seen it.
AT_ONCE = """(question) => new MutationObserver((_, watcher) => {
  const box = document.querySelector(".st-key-question input");
  if (!box) return;
  watcher.disconnect();
  box.focus();
  document.execCommand("insertText", false, question);
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 13, bubbles: true, cancelable: true }));
}).observe(document, { childList: true, subtree: true })"""


def test_a_question_sent_in_the_moment_the_box_appears_is_answered(visitor: Visitor, server: Server) -> None:
    page = visitor.page
    page.add_init_script(f"({AT_ONCE})({json.dumps(QUESTION)})")
    page.goto(server.url)
    expect(page.get_by_role("heading", name=wording.VERDICTS["answered"])).to_be_visible()
    expect(page.get_by_label(wording.QUESTION)).to_have_value(QUESTION)


def test_no_answer_and_no_question(visitor: Visitor) -> None:
    page = visitor.page
    visitor.ask(NO_ANSWER)
    expect(page.get_by_role("heading", name=wording.VERDICTS["nothing"])).to_be_visible()
    expect(page.locator(".hs-hit").first).to_be_hidden()
    page.get_by_text(wording.NEAREST).click()
    expect(page.locator(".hs-hit").first).to_be_visible()
    page.locator(".st-key-read-1 button").click()
    assert is_in_sight(page.locator(".hs-found"))
    # A mouse may miss it while the page still scrolls to the passage.
    expect(page.get_by_role("button", name=wording.BACK)).to_have_count(2)
    page.get_by_role("button", name=wording.BACK).last.press("Enter")
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
