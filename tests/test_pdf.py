"""PDF: reading order, broken words, running lines, headings, pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from healthsearch.article import Article
from healthsearch.readers import outcomes
from tests.pdf_writer import HEIGHT, LOGO, SCAN, WIDTH, Page, Text, column, pdf

LEFT = [
    "Back pain is common, and mostly it goes away on",
    "its own within a few weeks. Most people find this",
    "hard to believe at first. Keep mov-",
    "ing as much as the pain allows you to, since",
    "rest makes it worse in the end. A well-",
    "known tablet may help for a short time, taken",
]
RIGHT = [
    "as the leaflet says. It is not for everybody, and",
    "not with blood thinners or an ulcer. What is well",
    "and known to many is heat, which does no harm with",
    "a cloth between the skin and the pack. Moving",
    "remains the best. Call a doctor at once when legs",
    "go numb, or when no water can be passed.",
]
TOGETHER = (
    "Back pain is common, and mostly it goes away on its own within a few weeks. Most people find this hard to "
    "believe at first. Keep moving as much as the pain allows you to, since rest makes it worse in the end. "
    "A well-known tablet may help for a short time, taken as the leaflet says. It is not for everybody, and not with "
    "blood thinners or an ulcer. What is well and known to many is heat, which does no harm with a cloth between the "
    "skin and the pack. "
    "Moving remains the best. Call a doctor at once when legs go numb, or when no water can be passed."
)
TITLE = Text("Back pain", 72, 780, 18, bold=True)


def read(data: bytes) -> Article:
    [found] = outcomes(data, "folder/x.pdf")
    assert isinstance(found, Article), found
    return found


def side_by_side(top: float) -> list[Text]:
    """Two columns, drawn line by line across both."""
    pairs = zip(column(LEFT, 72, top), column(RIGHT, 320, top), strict=True)
    return [text for pair in pairs for text in pair]


@pytest.mark.parametrize(
    "page",
    [
        [TITLE, *column(LEFT, 72, 740), *column(RIGHT, 320, 740)],
        [TITLE, *side_by_side(740)],
        [TITLE, *column(RIGHT, 320, 740), *column(LEFT, 72, 740)],
    ],
)
def test_two_columns_whatever_the_order_in_which_they_are_drawn(page: Page) -> None:
    assert read(pdf([page])).text == f"Back pain\n\n{TOGETHER}"


def test_what_crosses_the_columns_parts_them() -> None:
    across = Text("Moving on: this line crosses both of the columns of the page, from one side to the other.", 72, 600)
    article = read(pdf([[TITLE, *side_by_side(740), across, *side_by_side(570)]]))
    assert article.text == f"Back pain\n\n{TOGETHER}\n\n{across.text}\n\n{TOGETHER}"


# Each is shown turned to the right by so much, so that its text is drawn turned to the left by as much.
@pytest.mark.parametrize(
    ("turn", "matrix", "place"),
    [
        (90, "0 1 -1 0", lambda x, y: (WIDTH - y + 200, x)),
        (180, "-1 0 0 -1", lambda x, y: (WIDTH - x, HEIGHT - y)),
        (270, "0 -1 1 0", lambda x, y: (y - 200, HEIGHT - x)),
    ],
)
def test_a_turned_page_reads_like_any_other(
    turn: int, matrix: str, place: Callable[[float, float], tuple[float, float]]
) -> None:
    lines = [(line, *place(line.x, line.y)) for line in [TITLE, *side_by_side(740)]]
    page = [Text(line.text, x, y, line.size, line.bold) for line, x, y in lines]
    assert read(pdf([page], rotate=turn, matrix=matrix)).text == f"Back pain\n\n{TOGETHER}"


def test_a_paragraph_goes_on_over_the_page_and_each_page_is_known() -> None:
    footnote = Text("1 A leaflet of ours.", 72, 80, 7)
    pages = [[TITLE, *column(LEFT, 72, 740), footnote], [], column(RIGHT, 72, 740)]
    article = read(pdf(pages))
    assert article.text == f"Back pain\n\n{footnote.text}\n\n{TOGETHER}"
    second = article.text.index(RIGHT[0])
    assert article.pages == (0, second, second)


def test_running_lines_and_page_numbers_are_dropped_and_the_like_of_them_kept() -> None:
    def page(number: int) -> list[Text]:
        head = Text("Our Clinic" if number % 2 else "All about backs", 72 if number % 2 else 400, 800, 8)
        body = column([f"This is line {line} of page {number}, and it stays." for line in "abc"], 72, 700)
        return [head, *body, Text(f"{number}", 520 if number % 2 else 72, 40, 8)]

    article = read(pdf([page(number) for number in range(1, 7)]))
    said = " ".join(f"This is line {line} of page {number}, and it stays." for number in range(1, 7) for line in "abc")
    assert " ".join(article.text.split()) == said
    assert len(article.pages) == 6
    assert [article.text[at:][:31] for at in article.pages] == [
        f"This is line a of page {number}, and i" for number in range(1, 7)
    ]


def test_a_numbered_heading_on_top_of_every_page_is_no_running_line() -> None:
    pages = [[Text(f"Week {number}", 72, 800, 16), *column(LEFT, 72, 770)] for number in range(1, 5)]
    assert [heading.title for heading in read(pdf(pages)).headings] == ["Week 1", "Week 2", "Week 3", "Week 4"]


def test_headings_come_from_the_outline_where_it_names_them() -> None:
    page = [
        Text("BACK", 400, 780, 30, bold=True),
        Text("Back pain", 72, 740, 12),
        Text("What it is", 72, 700),
        *column(["It is a pain in the back, and it", "mostly goes away."], 72, 670),
        Text("What helps", 72, 620),
        *column(["Moving helps."], 72, 590),
    ]
    article = read(pdf([page], outline=[("What it is", 0), ("1. What helps", 0)], Title="Back pain"))
    assert article.title == "Back pain"
    assert [(h.level, h.title) for h in article.headings] == [(1, "Back pain"), (2, "What it is"), (2, "What helps")]


def test_headings_come_from_the_type_where_there_is_no_outline() -> None:
    body = column(["It is a pain in the back, and it mostly", "goes away. Read on below."], 72, 670)
    page = [
        Text("Back pain and", 72, 780, 20),
        Text("what helps", 72, 756, 20),
        Text("Care", 72, 700, 14),
        *body,
        Text("At home", 72, 630, 10, bold=True),
        Text("Keep moving.", 72, 610),
        Text("Never stay in bed for days.", 72, 580, 10, bold=True),
        Text("It makes the pain worse.", 72, 560),
    ]
    article = read(pdf([page]))
    assert [(h.level, h.title) for h in article.headings] == [
        (1, "Back pain and what helps"),
        (2, "Care"),
        (3, "At home"),
    ]
    assert article.title == "Back pain and what helps"
    assert "Never stay in bed for days." in article.text


def test_a_scanned_pdf_is_said_to_have_no_text() -> None:
    [found] = outcomes(pdf([[], []]), "scan.pdf")
    assert str(found) == (
        "scan.pdf: the PDF has no text; its pages are pictures. "
        "Have its text recognised first, for example with ocrmypdf."
    )


RECOGNISE = "Have its text recognised first, for example with ocrmypdf --skip-text."
BODY = column(LEFT, 72, 740)
CIRCLE = "100 200 m 100 255 155 300 200 300 c 255 300 300 255 300 200 c 300 155 255 100 200 100 c h "
CURVES = f"{3 * CIRCLE} f\n"


def problems_of(data: bytes) -> list[str]:
    """What is told beside the article."""
    article, *problems = outcomes(data, "x.pdf")
    assert isinstance(article, Article), article
    return [str(problem) for problem in problems]


def test_a_page_that_is_a_picture_is_told_beside_the_article() -> None:
    told = f"x.pdf: page 2 of 2 has no text; it may be a picture, and was not read. {RECOGNISE}"
    assert problems_of(pdf([BODY, []], drawn={1: SCAN})) == [told]
    # Letters may also be drawn as curves, by few commands.
    assert problems_of(pdf([BODY, []], drawn={1: CURVES})) == [told]


def test_pages_that_are_pictures_are_told_in_one_line() -> None:
    pages = [BODY if number in (0, 2, 3, 8) else [] for number in range(9)]
    assert problems_of(pdf(pages, drawn=dict.fromkeys([1, 4, 5, 6], SCAN))) == [
        f"x.pdf: pages 2, 5 to 7 of 9 have no text; they may be pictures, and were not read. {RECOGNISE}"
    ]
    [told] = problems_of(pdf([BODY, *[[]] * 60], drawn=dict.fromkeys(range(2, 61, 2), SCAN)))
    assert told.startswith("x.pdf: pages 3, 5, 7, 9, 11, 13, 15, 17, 19, 21 and 20 more of 61 have no text;")


def test_a_blank_page_and_a_picture_beside_text_are_not_told() -> None:
    frame = "50 50 495 742 re S 72 60 m 523 60 l S\n"
    assert problems_of(pdf([BODY, [], [], BODY], drawn={2: frame, 3: SCAN})) == []


def test_a_scanned_page_under_a_running_line_is_told_and_a_logo_there_is_not() -> None:
    pages = [
        [Text("Our clinic", 72, 800, 8), *body, Text(f"{number}", 72, 40, 8)]
        for number, body in enumerate([BODY, [], []])
    ]
    assert problems_of(pdf(pages, drawn={0: LOGO, 1: LOGO + SCAN, 2: LOGO})) == [
        f"x.pdf: page 2 of 3 has no text; it may be a picture, and was not read. {RECOGNISE}"
    ]


def test_a_damaged_page_is_told_beside_the_article() -> None:
    whole = pdf([BODY, [], BODY])
    data = whole.replace(b"12 0 obj\n<< /Type /Page ", b"12 0 obj\n<< /Type /Pag0 ")
    assert data != whole
    assert problems_of(data) == [
        "x.pdf: page 2 of 3 is damaged and was not read. Open it in a PDF viewer and save or print it as PDF anew."
    ]


def test_what_a_half_downloaded_pdf_holds_is_read_and_its_missing_end_told() -> None:
    """Made for reading while it loads, it has all that the first pages need before its first end marker."""
    first = pdf([BODY])
    more = b"50 0 obj\n<< /Length 900 >>\nstream\n" + b"x" * 99
    assert problems_of(first) == []
    assert problems_of(first + b"50 0 obj\n<<>>\nendobj\nstartxref\n" + first.split(b"startxref")[1]) == []
    assert problems_of(first + more) == [
        "x.pdf: the end of the file is missing. It may be incomplete: save or download it again."
    ]


def test_the_entries_of_a_contents_page_are_left_out() -> None:
    """Whether their dots are drawn with them or apart."""
    entries = [Text(f"What it is? {'.' * 40} 2", 72, 720), Text("2. What helps . . . . . . . . . . . . . 3", 72, 706)]
    apart = [Text("Who wrote this", 72, 692), Text("." * 40, 250, 692), Text("4", 500, 692)]
    contents = [TITLE, Text("For patients and their families.", 72, 740), *entries, *apart]
    first, second = ([Text(heading, 72, 780, 14, bold=True), *BODY] for heading in ("What it is?", "2. What helps"))
    text = read(pdf([contents, first, second])).text
    assert text.startswith("Back pain\n\nFor patients and their families.\n\nWhat it is?\n\nBack pain is common")
    assert "2. What helps\n\nBack pain is common" in text
    assert "..." not in text and "Who wrote" not in text


def test_a_table_of_doses_with_dotted_leaders_stays() -> None:
    doses = [
        Text(f"{age} {'.' * 30} {count}", 72, 700 - 14 * count) for count, age in enumerate(["Adults", "Children"], 1)
    ]
    text = read(pdf([[TITLE, *doses], BODY, BODY])).text
    assert f"Adults {'.' * 30} 1" in text and f"Children {'.' * 30} 2" in text


def test_a_long_word_at_the_end_of_a_line_keeps_a_hyphen_that_it_has_elsewhere() -> None:
    article = read(
        pdf([column(["An anti-inflammatory cream is an anti-", "inflammatory one, and COVID-", "19 is not."], 72, 700)])
    )
    assert article.text == "An anti-inflammatory cream is an anti-inflammatory one, and COVID-19 is not."


def one_by_one(text: str, x: float, y: float, size: float = 10) -> list[Text]:
    """Every figure drawn by a command of its own, as some programs do; each is about half as wide as high."""
    return [Text(figure, x + place * 0.556 * size, y, size) for place, figure in enumerate(text)]


def test_a_mark_drawn_after_its_line_stands_in_the_gap_that_the_line_has_for_it() -> None:
    """The word ends at 99.2, and two figures of 6 points are 6.7 wide."""
    line = [Text("eased", 72, 700), Text("pain in 900", 108, 700)]
    drawn_later = one_by_one("12", 99.4, 704, 6)
    assert read(pdf([[*line, *drawn_later]])).text == "eased[12] pain in 900"
    # One that is drawn over a line without a gap there parts no word.
    assert read(pdf([[*line, Text("12", 140, 704, 6)]])).text == "eased pain in 900¹²"


def test_a_subscript_drawn_after_its_line_is_a_part_of_its_word() -> None:
    line = [Text("CO", 72, 700), Text("rises at night", 93.5, 700)]
    assert read(pdf([[*line, Text("2", 87.2, 698, 6)]])).text == "CO2 rises at night"


def test_raised_figures_drawn_one_by_one_are_one_number() -> None:
    line = [Text("as others", 72, 700), *one_by_one("12", 113.3, 704, 6), Text("say", 123, 700)]
    assert read(pdf([line])).text == "as others[12] say"
