"""Whole visits: a link after a rebuild, an answer taken along, keys only, urgent signs; every state held to axe-core.

axe-core (https://github.com/dequelabs/axe-core) is no Python package: AXE names its file, as ``.ci/run`` does. Without
it those tests are skipped, except where CI is set.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import unquote_plus

import pypdfium2
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from healthsearch import collection_wording, wording
from healthsearch.index_folder import Pointer
from healthsearch.source_wording import day
from tests.browsing import PATIENCE_MS, Server, Visitor, is_in_sight, rebuild, violations
from tests.pages import NO_ANSWER, PAYLOAD, PAYLOAD_QUESTION, QUESTION, URGENT_QUESTION

CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


@pytest.fixture(scope="module")
def server(server: Server, browser: Browser) -> Server:
    """The page with its index already there and its encoder loaded."""
    rebuild(server)
    page = browser.new_page()
    page.goto(server.url)
    expect(page.get_by_text(wording.EXAMPLES)).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_label(wording.QUESTION).fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".hs-verdict")).to_be_visible(timeout=PATIENCE_MS)
    page.close()
    return server


def copied(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


@pytest.mark.parametrize("visitor", [CLIPBOARD], indirect=True)
def test_a_link_leads_to_its_passage_after_a_rebuild_has_moved_it(
    visitor: Visitor, server: Server, browser: Browser
) -> None:
    page = visitor.page
    visitor.ask(QUESTION)
    hit = page.locator("#hs-hit-1")
    quote = hit.locator("blockquote").inner_text()
    hit.get_by_text(wording.SHARE).click()
    hit.get_by_role("button", name=wording.COPY_LINK).click()
    expect(visitor.told).to_have_text(wording.COPIED)
    link = copied(page)
    assert link.startswith(f"{server.url}/?passage=massage-for-a-herniated-disc")
    assert "massage safe" not in unquote_plus(link) and "?" not in page.url

    article = server.corpus / "massage-for-a-herniated-disc.md"
    text = article.read_text(encoding="utf-8")
    beginning = "## A new beginning\n\nThis part was not here when the link was made.\n\n"
    article.write_text(text.replace("\n## ", f"\n{beginning}## ", 1), encoding="utf-8")
    rebuild(server)
    page.goto(link)
    found = page.locator(".hs-found")
    expect(found).to_be_focused(timeout=PATIENCE_MS)
    assert is_in_sight(found)
    assert set(quote.split()) <= set(found.inner_text().split())
    expect(page.get_by_role("heading", name="A new beginning")).to_be_attached()
    page.get_by_role("button", name=wording.TO_SEARCH).first.click()
    expect(page.get_by_label(wording.QUESTION)).to_be_visible()
    assert "?" not in page.url


@pytest.mark.parametrize("visitor", [CLIPBOARD], indirect=True)
def test_an_answer_is_taken_along(visitor: Visitor, server: Server, tmp_path: Path) -> None:
    page = visitor.page
    visitor.ask(PAYLOAD_QUESTION)
    hit = page.locator("#hs-hit-1")
    hit.get_by_text(wording.SHARE).click()
    hit.get_by_role("button", name=wording.COPY_QUOTE).click()
    expect(visitor.told).to_have_text(wording.COPIED)
    assert PAYLOAD in copied(page)
    hit.get_by_role("button", name=wording.CITATIONS["bibtex"]).click()
    expect(hit.locator("[data-copied]")).to_have_text(wording.CITATIONS["bibtex"])
    assert copied(page).startswith("@misc{")

    kept = {}
    for label in (wording.AS_MARKDOWN, wording.AS_JSON):
        with page.expect_download() as download:
            page.get_by_role("button", name=label).click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        kept[file.suffix] = file.read_text(encoding="utf-8")
    answer = json.loads(kept[".json"])
    assert answer["question"] == PAYLOAD_QUESTION and PAYLOAD in answer["hits"][0]["text"]
    assert answer["generation"] in kept[".md"] and "zebrafinch" in kept[".md"]

    page.get_by_role("button", name=wording.LINK_WITH_QUESTION).click()
    page.goto(copied(page))
    expect(page.locator("#hs-hit-1 blockquote")).to_contain_text("zebrafinch")
    expect(page.get_by_label(wording.QUESTION)).to_have_value(PAYLOAD_QUESTION)


def test_a_visit_by_keys_alone(visitor: Visitor) -> None:
    page = visitor.page
    box = page.get_by_label(wording.QUESTION)
    expect(box).to_be_focused()
    page.keyboard.type("is massage safe / just kidding")
    expect(box).to_have_value("is massage safe / just kidding")
    page.keyboard.press("Enter")
    expect(page.locator("#hs-hit-1")).to_be_visible()
    page.keyboard.press("Tab")
    for key, hit in (("j", 1), ("j", 2), ("j", 3), ("k", 2)):
        page.keyboard.press(key)
        expect(page.locator(f"#hs-hit-{hit}")).to_be_focused()
        assert is_in_sight(page.locator(f"#hs-hit-{hit}"))
    outline = page.locator("#hs-hit-2").evaluate("(hit) => getComputedStyle(hit).outlineStyle")
    assert outline == "solid", "focus can be seen"
    names = [button.inner_text() for button in page.locator("[class*='st-key-read-'] button").all()]
    assert len(set(names)) == len(names) == 5
    expect(page.locator("[aria-live], [role='status']")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".hs-found")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("[data-match]:focus:not(.hs-found)")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#hs-hit-2")).to_be_focused()
    page.set_viewport_size({"width": 1280, "height": 1600})
    for key, hit in (("ArrowDown", 3), ("ArrowUp", 2)):
        page.keyboard.press(key)
        expect(page.locator(f"#hs-hit-{hit}")).to_be_focused()
    page.keyboard.press("/")
    expect(box).to_be_focused()
    expect(box).to_have_value("is massage safe / just kidding")


def test_tab_leads_through_the_page_in_the_order_in_which_it_is_read(visitor: Visitor) -> None:
    page = visitor.page
    visitor.ask(QUESTION)
    expect(page.get_by_label(wording.QUESTION)).to_be_focused()
    gone: list[str] = []
    while wording.TO_COLLECTION not in gone and len(gone) < 100:
        page.keyboard.press("Tab")
        here = page.locator(":focus")
        seen = here.evaluate(
            """(place) => {
              const frame = (part) => part && (getComputedStyle(part).outlineStyle !== "none"
                || getComputedStyle(part).boxShadow !== "none");
              return frame(place) || frame(place.parentElement) || frame(place.closest("[data-focus-visible]"));
            }"""
        )
        # An icon's name is the first line of what it stands before.
        gone.append(here.inner_text().strip().split("\n")[-1])
        assert seen, f"focus can be seen on {gone[-1]}"
    aside = [wording.ADJACENT_TEXT, wording.WHY, wording.SHARE]
    expected = [wording.SEARCH, wording.NARROW]
    for number in range(1, 6):
        expected += [*aside, wording.read(number)]
    assert gone == [
        *expected,
        wording.LINK_WITH_QUESTION,
        wording.PRINT,
        wording.AS_MARKDOWN,
        wording.AS_JSON,
        wording.TO_COLLECTION,
    ]


def test_earlier_questions_are_there_in_this_visit_and_in_no_other(visitor: Visitor, server: Server) -> None:
    page = visitor.page
    odd = "leg *cramps* at :red[night] `x` $y$ <b>"
    visitor.ask(odd)
    visitor.ask(QUESTION)
    page.get_by_text(wording.EARLIER).click()
    page.get_by_role("button", name=odd, exact=True).click()
    expect(page.get_by_label(wording.QUESTION)).to_have_value(odd)
    page.reload()
    expect(page.get_by_label(wording.QUESTION)).to_be_visible()
    expect(page.get_by_text(wording.EARLIER)).to_have_count(0)


def test_an_urgent_notice_stands_once_above_the_verdict(visitor: Visitor) -> None:
    page = visitor.page
    visitor.ask(URGENT_QUESTION)
    notice = page.get_by_role("alert").filter(has_text="Possible heart attack")
    expect(notice).to_have_count(1)
    assert is_in_sight(notice)
    verdict = page.locator(".hs-verdict").bounding_box()
    box = notice.bounding_box()
    assert box and verdict and box["y"] + box["height"] <= verdict["y"]
    visitor.ask(QUESTION)
    expect(page.get_by_text(wording.URGENT)).to_have_count(0)


# A window of 640 pixels is what a 1280 pixels wide one has at 200%.
NARROW = [{"viewport": {"width": width, "height": 800}} for width in (320, 390, 640)]


@pytest.mark.parametrize("visitor", NARROW, indirect=True)
def test_nothing_is_cut_off_in_a_narrow_window(visitor: Visitor) -> None:
    page = visitor.page

    def fits() -> bool:
        return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    visitor.ask(QUESTION)
    for summary in page.locator("#hs-hit-1 summary").all():
        summary.click()
    page.get_by_text(wording.NARROW).click()
    assert fits()
    page.locator(".st-key-read-1 button").click()
    expect(page.locator(".hs-found")).to_be_focused()
    page.get_by_text(wording.CONTENTS, exact=True).click()
    assert fits() and is_in_sight(page.locator(".hs-bar"))


@pytest.mark.parametrize("visitor", [{}, {"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_the_collection_is_looked_at_and_left_again(visitor: Visitor) -> None:
    page = visitor.page
    visitor.ask(PAYLOAD_QUESTION)
    page.get_by_role("link", name=wording.TO_COLLECTION).click()
    expect(page).to_have_title(wording.OF_COLLECTION)
    expect(page).to_have_url(re.compile(r"/collection$"))
    expect(_map(page)).to_be_visible()
    expect(page.get_by_text(collection_wording.question_drawn(PAYLOAD_QUESTION))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off at the side"
    page.get_by_role("link", name=wording.TO_SEARCH).click()
    expect(page.get_by_label(wording.QUESTION)).to_have_value(PAYLOAD_QUESTION)
    expect(page.locator("#hs-hit-1 blockquote")).to_contain_text("zebrafinch")
    assert page.evaluate("window.bad") is None


# The colour of the text, and that of the nearest ground which has one.
BLACK_ON_WHITE = """(text) => {
  const [red, green, blue] = getComputedStyle(text).color.match(/\\d+/g);
  let ground = text;
  while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
  return +red + +green + +blue < 150 && getComputedStyle(ground).backgroundColor === "rgb(255, 255, 255)";
}"""


@pytest.mark.parametrize("visitor", [{"color_scheme": "dark"}], indirect=True)
def test_the_printed_answer_holds_every_quote(visitor: Visitor) -> None:
    page = visitor.page
    visitor.ask(QUESTION)
    page.emulate_media(media="print", color_scheme="dark")
    for number in range(1, 6):
        expect(page.locator(f"#hs-hit-{number} blockquote")).to_be_visible()
        expect(page.locator(f"#hs-hit-{number} .hs-printed")).to_contain_text(re.compile(r"\.md\. Read on"))
    for text in (wording.ADVICE, "with the fingerprint", QUESTION):
        expect(page.locator("[class^=hs-]").get_by_text(text).first).to_be_visible()
    assert [button.inner_text() for button in page.get_by_role("button").all() if button.is_visible()] == []
    assert page.locator(".hs-header h1").evaluate(BLACK_ON_WHITE)


def test_the_paper_itself_holds_all_of_an_answer(visitor: Visitor, server: Server) -> None:
    page = visitor.page
    visitor.ask(QUESTION)
    quotes = [quote.inner_text() for quote in page.locator("blockquote.hs-text").all()]
    papers = pypdfium2.PdfDocument(page.pdf(format="A4", print_background=False))
    sheets = [sheet.get_textpage().get_text_range() for sheet in papers]
    told = _letters("\n".join(sheets))
    generation = Pointer.read(server.index).generation
    citation = f"Section: When massage is dangerous. massage-for-a-herniated-disc.md. Read on {day(str(date.today()))}."
    for text in (QUESTION, wording.fingerprint(generation, date.today()), wording.ADVICE, citation, *quotes):
        assert _letters(text) in told
    for number, sheet in enumerate(sheets, start=1):
        assert f"{number} / {len(sheets)}" in sheet and len(sheet) > 100, "no sheet is empty"


def _letters(text: str) -> str:
    """What is left when lines may end anywhere, with the hyphens at which they do, and without the marks' labels."""
    bare = re.sub(r"[\s\-\ufffe]", "", text)
    return re.sub("|".join("".join(label.split()) for label in wording.MARKS.values()), "", bare)


FORCED = [{"forced_colors": "active", "color_scheme": scheme} for scheme in ("light", "dark")]


@pytest.mark.parametrize("visitor", [*FORCED, {"reduced_motion": "reduce"}], indirect=True)
def test_marks_are_seen_and_nothing_moves_where_a_visitor_asks_for_that(visitor: Visitor) -> None:
    page = visitor.page
    visitor.ask(QUESTION)
    mark = page.locator("mark.hs-answer").first
    if page.evaluate("matchMedia('(forced-colors: active)').matches"):
        assert "underline" in mark.evaluate("(mark) => getComputedStyle(mark).textDecorationLine")
        ground = "(part) => getComputedStyle(part).backgroundColor"
        assert mark.evaluate(ground) == page.locator("body").evaluate(ground), "the visitor's own"
    moving = page.evaluate(
        """() => [...document.querySelectorAll("[class^=hs-]")].map((part) => getComputedStyle(part))
          .filter((style) => style.animationName !== "none" || parseFloat(style.transitionDuration) > 0).length"""
    )
    assert moving == 0


# axe-core on every state


def _open_all(page: Page) -> None:
    for summary in page.locator("#hs-hit-1 summary").all():
        summary.click()
    page.get_by_text(wording.NARROW).click()
    expect(page.get_by_label("Publisher")).to_be_visible()


def _read(page: Page) -> None:
    page.locator(".st-key-read-1 button").click()
    expect(page.locator(".hs-found")).to_be_focused()
    page.get_by_text(wording.CONTENTS, exact=True).click()


def _map(page: Page) -> Locator:
    # While the page is drawn anew, the chart before it may stay for a moment.
    return page.get_by_role("img").filter(has_text="Does massage relieve").last


def _look_around(page: Page) -> None:
    page.get_by_role("link", name=wording.TO_COLLECTION).click()
    for button in (collection_wording.CHECK, collection_wording.LOOK):
        page.get_by_role("button", name=button).click()
        expect(page.locator(".hs-message, .hs-list").first).to_be_visible()
    page.locator(".hs-build summary").first.click()
    expect(_map(page)).to_be_visible()


def _narrow(page: Page) -> None:
    page.get_by_text(wording.NARROW).click()
    page.get_by_label("Publisher").press("ArrowDown")
    page.get_by_role("option", name="A sleep clinic (1)").click()
    expect(page.get_by_text(wording.narrowed(1))).to_be_visible()
    # An open list is Streamlit's, and stands outside of what axe calls regions.
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)


def _ask_another(page: Page) -> None:
    page.get_by_label(wording.QUESTION).fill(PAYLOAD_QUESTION)
    page.keyboard.press("Enter")
    page.get_by_text(wording.EARLIER).click()
    expect(page.get_by_role("button", name=QUESTION, exact=True)).to_be_visible()


STATES: dict[str, tuple[str | None, Callable[[Page], None]]] = {
    "start": (None, lambda page: None),
    "answered": (QUESTION, lambda page: None),
    "everything open": (QUESTION, _open_all),
    "article": (QUESTION, _read),
    "on paper": (QUESTION, lambda page: page.emulate_media(media="print")),
    "narrowed": (QUESTION, _narrow),
    "earlier questions": (QUESTION, _ask_another),
    "related": ("what is good against being tired", lambda page: None),
    "nothing": (NO_ANSWER, lambda page: page.get_by_text(wording.NEAREST).click()),
    "urgent": (URGENT_QUESTION, lambda page: None),
    "mended": ("is masage safe for a herniated disc", lambda page: None),
    "no question": ("?!", lambda page: None),
    "collection": (QUESTION, _look_around),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("visitor", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True)
def test_axe_finds_nothing(visitor: Visitor, axe: str, state: str) -> None:
    page = visitor.page
    question, then = STATES[state]
    expect(page.get_by_label(wording.QUESTION)).to_be_visible()
    if question is None:
        expect(page.get_by_text(wording.EXAMPLES)).to_be_visible()
    elif re.search(r"\w", question):
        visitor.ask(question)
    else:
        page.get_by_label(wording.QUESTION).fill(question)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
    then(page)
    assert violations(page, axe) == []
