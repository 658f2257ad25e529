"""Article text on the page is the article's text, letter for letter."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthsearch import quoting
from healthsearch.article import Article, Heading
from healthsearch.mark import Mark
from healthsearch.passages import Passage
from tests.fakes import an_article
from tests.texts import TEXTS

PAYLOADS = st.lists(
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "</p></mark></section>",
            "$x^2$",
            ":red[x]",
            "`code`",
            "a | b",
            "&amp;",
            "&#60;",
            '" onmouseover="alert(1)',
            "\u202eright to left",
            "**bold**",
            "\n",
            "\n\n- ",
            " ",
        ]
    ),
    max_size=12,
).map("".join)


def back_to_text(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def a_passage(text: str, start: int = 0) -> Passage:
    return Passage("a", (), "", text, start, start + len(text), ())


def place(article: Article, text: str, *marks: Mark) -> quoting.Match:
    start = article.text.index(text)
    return quoting.Match(start, start + len(text), marks)


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[Mark]]:
    text = draw(TEXTS | PAYLOADS)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    spans = [(start, end) for start, end in zip(cuts[::2], cuts[1::2], strict=False) if start < end]
    return text, [Mark(start, end, draw(st.sampled_from(["answer", "caution"]))) for start, end in spans]


@st.composite
def in_an_article(draw: st.DrawFn) -> tuple[Article, Passage, list[Mark]]:
    """An article with headings anywhere between lines, and a passage of it with its marks."""
    blocks = draw(st.lists(st.tuples(st.integers(0, 6), TEXTS | PAYLOADS), min_size=1, max_size=6))
    text, headings = "", []
    for level, block in blocks:
        text += "\n\n" if text else ""
        if level and block:
            headings.append(Heading(level, block.replace("\n", " "), len(text), len(text) + len(block)))
        text += block
    start, end = sorted(draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    cut = draw(st.integers(0, end - start))
    marks = [Mark(0, cut, "answer")] if cut else []
    article = Article("a", "a.md", "A title", text, tuple(headings))
    return article, a_passage(text[start:end], start), marks


@settings(max_examples=1_000)
@given(marked())
def test_a_quote_is_the_text_letter_for_letter(example: tuple[str, list[Mark]]) -> None:
    text, marks = example
    assert back_to_text(quoting.quote(a_passage(text), marks)) == text


@given(marked())
def test_what_is_marked_is_the_marked_text(example: tuple[str, list[Mark]]) -> None:
    text, marks = example
    drawn = re.findall(r"<mark[^>]*>(.*?)</mark>", quoting.quote(a_passage(text), marks), re.DOTALL)
    # A mark that runs over a line end is drawn on each of its lines.
    wanted = "".join(text[mark.start : mark.end] for mark in marks)
    assert "".join(map(back_to_text, drawn)).split() == wanted.replace("\n", "").split()


@settings(max_examples=1_000)
@given(in_an_article(), st.data())
def test_a_whole_article_is_its_text_letter_for_letter(
    example: tuple[Article, Passage, list[Mark]], data: st.DataObject
) -> None:
    article, passage, marks = example
    found = quoting.Match(passage.start, passage.end, tuple(marks))
    spans = data.draw(st.lists(st.tuples(*[st.integers(0, len(article.text))] * 2).map(sorted), max_size=4))
    drawn = quoting.article_html(article, found, [quoting.Match(*span) for span in spans], "there")
    text = drawn.drawn
    assert back_to_text(text) == article.text
    assert text.count('class="hs-found" id="there"') == 1
    numbers = re.findall(r' data-match="(\d+)"', text)
    assert numbers == [str(number) for number in range(1, drawn.matches + 1)] and 1 <= drawn.matches <= 1 + len(spans)
    assert re.findall(r'<h\d class="hs-heading" id="(.*?)"', text) == [anchor for _, _, anchor in drawn.contents]


@settings(max_examples=1_000)
@given(in_an_article(), st.data())
def test_a_stretch_is_its_text_letter_for_letter(
    example: tuple[Article, Passage, list[Mark]], data: st.DataObject
) -> None:
    article, _, _ = example
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(article.text))] * 2)))
    assert back_to_text(quoting.stretch(article, start, end)) == article.text[start:end]


@settings(max_examples=1_000)
@given(st.text())
def test_a_text_escaped_for_an_attribute_is_back_when_a_browser_reads_it(text: str) -> None:
    assert html.unescape(quoting.escaped(text)) == text
    assert not set(quoting.escaped(text)) & set("<>\"'")


@settings(max_examples=1_000)
@given(TEXTS | PAYLOADS)
def test_nothing_in_a_text_becomes_an_element_or_an_attribute(text: str) -> None:
    tags = re.findall(r"<[^>]*>", quoting.quote(a_passage(text), []))
    assert all(re.fullmatch(r'<p class="hs-(line|item)" dir="auto">|</p>', tag) for tag in tags)


def test_lines_become_paragraphs_and_list_items() -> None:
    assert quoting.quote(a_passage("Rest.\n\n- walk\n2. sleep"), []) == (
        '<p class="hs-line" dir="auto">Rest.</p>\n\n'
        '<p class="hs-item" dir="auto">- walk</p>\n<p class="hs-item" dir="auto">2. sleep</p>'
    )


def test_a_caution_is_labelled_once_though_it_runs_over_two_lines() -> None:
    drawn = quoting.quote(a_passage("Stop at\nonce. Rest."), [Mark(0, 13, "caution")])
    assert drawn == (
        '<p class="hs-line" dir="auto"><mark class="hs-caution" data-label="Caution">Stop at</mark></p>\n'
        '<p class="hs-line" dir="auto"><mark class="hs-caution">once.</mark> Rest.</p>'
    )


def test_the_passage_of_an_article_can_be_found_by_its_anchor() -> None:
    article = an_article("Before.", "# Heading", "One. Two. Three.", "After.")
    found = place(article, "Two.", Mark(0, 4, "answer"))
    drawn = quoting.article_html(article, found, [], "there")
    section = re.search(r'<div role="group" class="hs-found" id="there"[^>]*>(.*?)</div>', drawn.drawn, re.DOTALL)
    assert section is not None
    assert section[1] == (
        '<p class="hs-line" dir="auto">One. <mark class="hs-answer" data-label="Best fit">Two.</mark> Three.</p>'
    )
    [(level, title, anchor)] = drawn.contents
    assert (level, title) == (1, "Heading")
    assert f'<h2 class="hs-heading" id="{anchor}" tabindex="-1" dir="auto">Heading</h2>' in drawn.drawn


def test_other_matches_stand_in_elements_of_their_own_in_reading_order() -> None:
    article = an_article("First. One.", "# Heading", "Two. Three.", "Last.")
    also = [place(article, text) for text in ("Last.", "First.", "One.")]
    drawn = quoting.article_html(article, place(article, "Two."), also, "there")
    groups = re.findall(r'<div role="group" class="hs-(\w+)" id="(\S+)".*?aria-label="(.*?)">(.*?)</div>', drawn.drawn)
    assert [(kind, name, label, back_to_text(inner)) for kind, name, label, inner in groups] == [
        ("also", "there-1", "Match 1 of 3", "First. One."),
        ("found", "there", "Match 2 of 3", "Two. Three."),
        ("also", "there-3", "Match 3 of 3", "Last."),
    ]


def test_matches_are_counted_and_not_read_from_the_text() -> None:
    article = an_article("An article on HTML: " + "<div data-match='1' data-match='2'>", "Two.")
    assert quoting.article_html(article, place(article, "Two."), [], "there").matches == 1


def test_a_heading_that_repeats_the_title_is_not_shown_twice() -> None:
    article = an_article("# A title", "Text.", title="A title")
    found = place(article, "Text.")
    drawn = quoting.article_html(article, found, [], "there")
    assert (back_to_text(drawn.drawn), drawn.contents) == ("\n\nText.", ())


def test_of_a_giant_article_the_part_around_the_passage_is_shown() -> None:
    lines = [f"Line {number}." for number in range(100_000)]
    article = an_article("\n".join(lines))
    found, far = place(article, "Line 50000."), place(article, "Line 99999.")
    drawn = back_to_text(quoting.article_html(article, found, [far], "there").drawn)
    assert "Line 50000." in drawn
    assert drawn in article.text
    assert quoting.LONGEST_SHOWN * 0.9 < len(drawn) < quoting.LONGEST_SHOWN * 1.1
    assert drawn.startswith("Line ") and drawn.endswith(".")


@pytest.mark.parametrize("url", ["https://example.org/a?b=1&c=2", "http://example.org"])
def test_an_address_for_a_browser_is_a_link(url: str) -> None:
    assert quoting.address(url).startswith(f'<a href="{html.escape(url)}" target="_blank" rel="noopener noreferrer">')


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//example.org", "https:", "file:///etc/passwd", "http://[", "x"]
)
def test_any_other_address_is_text(url: str) -> None:
    assert quoting.address(url) == html.escape(url)


def test_no_address_is_nothing() -> None:
    assert quoting.address(None) == ""


@pytest.mark.parametrize(("said", "drawn"), [("en", ' lang="en"'), ("zh-Hant", ' lang="zh-Hant"'), ('"><b', "")])
def test_a_language_is_named_only_when_it_is_one(said: str, drawn: str) -> None:
    assert quoting.language(an_article("Text.", language=said)) == drawn
