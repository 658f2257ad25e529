"""Reading files: decoding, front matter, Markdown and plain text."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers import LARGEST, READERS, Reader, markdown, outcomes, plain
from healthsearch.readers.decoding import decode
from healthsearch.readers.file_types import FILE_TYPES, file_type
from healthsearch.readers.front_matter import parse
from healthsearch.readers.markdown import render
from tests.texts import ANYTHING, TEXTS

# Each could be something else by its bytes alone; its words say what it is.
OTHER_ENCODINGS = {
    "cp1252": [
        "The doctor’s advice – “don’t lift” – costs £5. Rest helps most people with back pain.\n",
        "Le mal de dos est très fréquent: il guérit souvent en quelques semaines. Évitez de rester couché.\n",
        "Die meisten Rückenschmerzen gehen von selbst zurück, und das Röntgen ist nicht nötig.\n",
        "Ryggsmärta är vanligt och går oftast över av sig själv på några veckor.\n",
        "A dor nas costas é comum e não é grave. À noite, não há razão para preocupação com uma dor.\n",
        "El dolor de espalda es muy común y suele mejorar en pocas semanas. ¿Cuándo debe ir al médico?\n",
    ],
    "gb18030": ["腰痛很常见，通常几周内会好转。如果发烧，请看医生。按摩可以缓解疼痛，但不能把椎间盘推回去。\n"],
    "utf-16-le": ["Back pain is common, and the doctor’s advice is rest.\n"],
    "utf-16-be": ["Back pain is common, and the doctor’s advice is rest.\n"],
}
DOUBTFUL = [
    ("cp1250", "Bolesti zad jsou časté a většinou přejdou samy. Když máte horečku, jděte k lékaři."),
    ("cp1250", "Ból pleców jest częsty i zwykle mija sam. Jeśli pojawi się gorączka, idź do lekarza."),
    ("cp1251", "Боль в спине встречается часто и обычно проходит сама. При температуре идите к врачу."),
    ("cp1253", "Ο πόνος στην πλάτη είναι συχνός και συνήθως περνά μόνος του."),
    ("cp1254", "Sırt ağrısı çok yaygındır ve genellikle kendiliğinden geçer. Ateş varsa doktora gidin."),
    ("big5", "腰痛很常見，通常幾週內會好轉。如果發燒，請看醫生。"),
    ("shift_jis", "腰痛はよくあることで、たいてい数週間でよくなります。熱があれば医者に行ってください。"),
    ("euc_kr", "허리 통증은 흔하며 대개 몇 주 안에 좋아집니다."),
    ("gb18030", "腰"),
    ("cp1252", "café"),
    ("cp1250", "A hátfájás gyakori, és többnyire magától elmúlik. Idős betegek számára előnyös."),
    ("cp1250", "Durerea de spate este foarte frecventă şi de obicei trece de la sine în câteva săptămâni."),
    ("cp1257", "Muguras sāpes ir ļoti izplatītas un parasti pāriet pašas no sevis."),
]
MARKED = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


def article_of(front_matter: str, text: str = "Text.", path: str = "folder/name.md") -> Article:
    return only(markdown.read(f"---\n{front_matter}\n---\n{text}".encode(), path))


def only(articles: Iterator[Article]) -> Article:
    [article] = articles
    return article


def refusal(data: bytes, path: str = "x.md") -> UnreadableArticle:
    with pytest.raises(UnreadableArticle) as caught:
        list(READERS[".md"](data, path))
    assert caught.value.place == path
    return caught.value


class TestDecoding:
    @given(TEXTS)
    def test_utf_8_is_read_as_it_stands(self, text: str) -> None:
        assert decode(text.encode(), "x") == text.removeprefix("\ufeff")

    @given(TEXTS, st.sampled_from(sorted(MARKED)))
    def test_a_byte_order_mark_names_the_encoding_and_is_left_out(self, text: str, encoding: str) -> None:
        assert decode(MARKED[encoding] + text.encode(encoding), "x") == text

    @given(st.binary() | st.text().map(lambda text: text.encode("latin-1", "replace")))
    def test_bytes_give_exactly_their_text_or_none(self, data: bytes) -> None:
        try:
            text = decode(data, "x")
        except UnreadableArticle:
            return
        ways = [mark + text.encode(encoding) for encoding, mark in MARKED.items() if data.startswith(mark)]
        ways += [text.encode("utf-8", "replace"), text.encode("utf-16-le"), text.encode("utf-16-be")]
        ways += [text.encode("cp1252", "replace"), text.encode("gb18030")]
        assert data in ways
        assert "\0" not in text

    @pytest.mark.parametrize("encoding", OTHER_ENCODINGS)
    def test_an_encoding_that_is_beyond_doubt_is_told(self, encoding: str) -> None:
        for text in OTHER_ENCODINGS[encoding]:
            for repeated in (text, text * 3_000, "A line of plain English.\n" * 500 + text):
                assert decode(repeated.encode(encoding), "x") == repeated

    @pytest.mark.parametrize(("encoding", "text"), DOUBTFUL)
    def test_another_encoding_is_refused_and_never_misread(self, encoding: str, text: str) -> None:
        data = f"one\ntwo\n{text}\n".encode(encoding)
        with pytest.raises(
            UnreadableArticle, match=r"^notes/a\.txt: line 3 is not valid UTF-8\. Save the file in UTF-8"
        ):
            decode(data, "notes/a.txt")

    def test_utf_8_with_a_broken_place_is_not_taken_for_anything_else(self) -> None:
        with pytest.raises(UnreadableArticle, match="line 2 is not valid UTF-8"):
            decode("café naïve\n".encode() + b"broken \xe9 here\n", "x")

    @pytest.mark.parametrize(
        "data",
        [
            b"\x89PNG\r\n\x1a\n\0\0",
            b"text\0text",
            "腰痛很常见\0".encode("utf-16-le"),
            b"\xff\xfe\0\0t\0\0\0",
            b"%PDF-1.7\n%\xb5\xb5\0",
        ],
    )
    def test_binary_data_is_called_that(self, data: bytes) -> None:
        with pytest.raises(UnreadableArticle, match="binary data, not text"):
            decode(data, "x")


class TestFrontMatter:
    def test_every_field_reaches_the_article(self) -> None:
        article = article_of(
            "id: back\ntitle: Back pain\nlanguage: en\npublisher: Clinic\nauthor: A\nauthors: [B, C]\n"
            "published: 2024-05\nreviewed: 2025-01-02\nreviewed_by: Dr D\nurl: https://x.org/a\nlicence: CC BY 4.0\n"
            "also_called: [slipped disc]\nsources:\n  - One\n  - Two\nunknown: ignored"
        )
        assert article == Article(
            id="back",
            path="folder/name.md",
            title="Back pain",
            text="Text.",
            language="en",
            publisher="Clinic",
            authors=("B", "C", "A"),
            published="2024-05",
            reviewed="2025-01-02",
            reviewed_by=("Dr D",),
            url="https://x.org/a",
            licence="CC BY 4.0",
            also_called=("slipped disc",),
            sources=("One", "Two"),
        )

    def test_empty_fields_are_none(self) -> None:
        article = article_of("title:\nreviewed:\nurl: ''\nauthors:\nsources: []")
        assert (article.title, article.reviewed, article.url, article.authors, article.sources) == (
            "name",
            None,
            None,
            (),
            (),
        )

    def test_values_stay_the_text_that_they_are(self) -> None:
        article = article_of("title: yes\nid: 007\npublished: 2024-05-01\nlicence: null\npublisher: 1e3")
        assert (article.title, article.id, article.published, article.licence, article.publisher) == (
            "yes",
            "007",
            "2024-05-01",
            "null",
            "1e3",
        )

    @pytest.mark.parametrize("reader", [markdown.read, plain.read])
    def test_a_value_that_is_no_date_or_language_is_left_out_and_told(self, reader: Reader) -> None:
        data = b"---\npublished: May 2024\nreviewed: last spring\nlanguage: English\npublisher: P\n---\nText."
        article, *problems = reader(data, "x.md")
        assert isinstance(article, Article)
        assert (article.published, article.reviewed, article.language, article.publisher) == (None, None, None, "P")
        assert [str(problem) for problem in problems] == [
            "x.md: 'language' in the front matter is left out: 'English' is no code of a language. "
            "Write the code, such as en.",
            "x.md: 'published' in the front matter is left out: 'May 2024' is no date. "
            "Write the date as 2024-05-17, 2024-05 or 2024.",
            "x.md: 'reviewed' in the front matter is left out: 'last spring' is no date. "
            "Write the date as 2024-05-17, 2024-05 or 2024.",
        ]

    @pytest.mark.parametrize(
        ("written", "published", "language"),
        [("2024-05-17T10:00:00Z", "2024-05-17", "en"), ("2024", "2024", "EN_us"), ("2024-05", "2024-05", "en-GB")],
    )
    def test_dates_and_languages_have_the_form_of_those_of_other_readers(
        self, written: str, published: str, language: str
    ) -> None:
        article = article_of(f"published: {written}\nlanguage: {language}")
        assert (article.published, article.language) == (published, "en")

    @pytest.mark.parametrize("reader", [markdown.read, plain.read])
    @pytest.mark.parametrize("line_end", ["\n", "\r\n"])
    def test_both_formats_and_both_line_ends(self, reader: Reader, line_end: str) -> None:
        article = only(reader(line_end.join(["---", "title: Back", "---", "Text."]).encode(), "x.md"))
        assert (article.title, article.text) == ("Back", "Text.")

    @given(ANYTHING.map(str.strip).filter(bool))
    def test_any_string_round_trips_through_yaml(self, title: str) -> None:
        written = yaml.safe_dump({"title": title, "sources": [title, title]}, allow_unicode=True, default_style='"')
        article = article_of(written)
        assert article.title == title
        assert article.sources == (title, title)

    @given(ANYTHING.map(str.strip).filter(bool))
    def test_any_string_round_trips_through_json(self, title: str) -> None:
        assert article_of(f"title: {json.dumps(title)}").title == title

    @given(ANYTHING)
    def test_any_text_is_parsed_or_refused(self, text: str) -> None:
        try:
            details, rest = parse(f"---\n{text}\n---\nText", "x")
        except UnreadableArticle:
            return
        assert rest.endswith("Text")
        assert set(details.fields) <= set(Article.__dataclass_fields__)

    @given(TEXTS.filter(lambda text: not text.startswith("---")))
    def test_text_without_front_matter_is_left_alone(self, text: str) -> None:
        details, rest = parse(text, "x")
        assert (details.fields.get("title"), rest) == (None, text)

    @pytest.mark.parametrize(
        ("front_matter", "cause"),
        [
            ("title: a: b", "not valid YAML in line 2"),
            ("language: en\ntitle: [", "not valid YAML in line 4"),
            ("title: \x07", "not valid YAML"),
            ("title: [a]", "'title' in the front matter is not a single value"),
            ("title: {a: b}", "'title' in the front matter is not a single value"),
            ("sources: {a: b}", "'sources' in the front matter is not a list of texts"),
            ("authors: [[a]]", "'authors' in the front matter is not a list of texts"),
            ("- a", "not a list of fields and values"),
            ("just words", "not a list of fields and values"),
            ("title: " + "[" * 9_000, "nested too deeply"),
            ("title: " + "{a: " * 9_000, "nested too deeply"),
            ("title: " + "x" * 64_000, "longer than 64,000 characters"),
            ('title: "\\ud800"', "half of a surrogate pair"),
        ],
    )
    def test_what_is_broken_is_named(self, front_matter: str, cause: str) -> None:
        assert cause in refusal(f"---\n{front_matter}\n---\nText".encode()).cause

    def test_a_block_that_is_not_closed(self) -> None:
        assert "not closed" in refusal(b"---\ntitle: Back\n\nText").cause

    def test_a_rule_of_dashes_later_on_is_text(self) -> None:
        details, rest = parse("Text\n---\ntitle: x\n---\n", "x")
        assert (details.fields, rest) == ({}, "Text\n---\ntitle: x\n---\n")

    def test_aliases_do_not_multiply(self) -> None:
        levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))
        started = time.monotonic()
        assert article_of(f"a0: &a0 x\n{levels}\ntitle: Back").title == "Back"
        assert time.monotonic() - started < 5

    def test_a_tag_makes_no_object(self) -> None:
        assert "single value" in refusal(b"---\ntitle: !!python/object/apply:os.getcwd []\n---\nText").cause
        assert article_of("title: !!python/name:os.getcwd x").title == "x"

    @pytest.mark.parametrize("text", ["", " \n\t\n", "\u2028"])
    def test_a_file_without_text_is_refused(self, text: str) -> None:
        assert refusal(f"---\ntitle: x\n---\n{text}".encode()).cause == "the file holds no text"

    def test_without_an_id_the_place_is_the_id(self) -> None:
        assert article_of("title: x", path="spine/disc.v2.md").id == "spine/disc.v2"


class TestMarkdown:
    @pytest.mark.parametrize(
        ("source", "text"),
        [
            ("Take *care* of **it**, `really`.", "Take care of it, really."),
            ("[a link](https://x.org) and <https://y.org>", "a link and https://y.org"),
            ("![a picture *of* a back](x.png)", "a picture of a back"),
            ("one\ntwo", "one two"),
            ("one  \ntwo", "one\ntwo"),
            ("one\\\ntwo", "one\ntwo"),
            ("One.\n\nTwo.", "One.\n\nTwo."),
            ("One.\n\n\n\nTwo.", "One.\n\nTwo."),
            ("One.\n\n---\n\nTwo.", "One.\n\nTwo."),
            ("- a\n- b\n  - c\n- d", "- a\n- b\n  - c\n- d"),
            ("* a\n\n* b", "- a\n\n- b"),
            ("3. a\n4. b\n5. c", "3. a\n4. b\n5. c"),
            ("0. a\n1. b", "0. a\n1. b"),
            ("1. a\n   - b\n2. c", "1. a\n  - b\n2. c"),
            ("- a\n-\n\nAfter.", "- a\n\nAfter."),
            ("- a\n\n  more\n- b", "- a\n\nmore\n- b"),
            ("> quoted\n> text", "quoted text"),
            ("```python\nx = 1\n\ny = 2\n```", "x = 1\n\ny = 2"),
            ("    indented\n    code", "indented\ncode"),
            ("| a | b |\n|---|---|\n| 1 | *2* |\n| 3 | |", "a | b\n1 | 2\n3"),
            ("<b>bold</b> &amp; <script>x</script>", "<b>bold</b> & <script>x</script>"),
            ("<div>\n\ntext\n\n</div>", "<div>\n\ntext\n\n</div>"),
            ("<!-- a note -->", "<!-- a note -->"),
            ("2 \\* 3", "2 * 3"),
            ("$x^2$ and [^1]", "$x^2$ and [^1]"),
            ("a\u2028b 今日 👩‍⚕️ cafe\u0301", "a\u2028b 今日 👩‍⚕️ cafe\u0301"),
            ("one\r\ntwo\r\n\r\nthree", "one two\n\nthree"),
            ("[named][x]\n\n[x]: https://x.org", "named"),
            ("&#xD800; &#0;", "\ufffd \ufffd"),
        ],
    )
    def test_the_text_is_what_the_rendered_page_says(self, source: str, text: str) -> None:
        assert render(source) == (text, ())

    def test_headings_with_levels_and_offsets(self) -> None:
        text, headings = render(
            "# Back *pain*\n\nText.\n\nCare\n----\n### When & why ###\n- # In a list\n\n> ## Quoted\n"
        )
        assert text == "Back pain\n\nText.\n\nCare\n\nWhen & why\nIn a list\n\nQuoted"
        assert [(heading.level, heading.title, text[heading.start : heading.end]) for heading in headings] == [
            (1, "Back pain", "Back pain"),
            (2, "Care", "Care"),
            (3, "When & why", "When & why"),
            (1, "In a list", "In a list"),
            (2, "Quoted", "Quoted"),
        ]

    def test_a_heading_of_two_lines_has_a_title_of_one(self) -> None:
        text, [heading] = render("one  \ntwo\n===\n\nText.")
        assert (heading.title, text[heading.start : heading.end]) == ("one two", "one\ntwo")

    def test_what_only_looks_like_a_heading(self) -> None:
        assert render("#hashtag\n\n```\n# comment\n```\n\n\\# no\n\n#\n\nText.") == (
            "#hashtag\n\n# comment\n\n# no\n\nText.",
            (),
        )

    @given(
        st.lists(
            st.tuples(st.integers(0, 6), st.from_regex(r"[a-zäß今🙂][a-zäß今🙂 ]{0,20}[a-zäß今🙂]", fullmatch=True)),
            max_size=12,
        )
    )
    def test_headings_and_paragraphs_come_back_in_order(self, blocks: list[tuple[int, str]]) -> None:
        text, headings = render("\n\n".join(f"{'#' * level} {words}" if level else words for level, words in blocks))
        assert text == "\n\n".join(words for _, words in blocks)
        assert [(h.level, h.title) for h in headings] == [(level, words) for level, words in blocks if level]
        assert all(text[h.start : h.end] == h.title for h in headings)

    @given(
        st.lists(
            st.sampled_from(
                ["# A", "Setext\n===", "- item", "1. one", "- # H", "> > q", "| a |\n|---|\n| b |", "```\nx"]
            )
            | TEXTS,
            max_size=8,
        ),
        st.sampled_from(["\n", "\n\n"]),
    )
    def test_headings_of_any_source_lie_in_the_text_in_order(self, blocks: list[str], gap: str) -> None:
        text, headings = render(gap.join(blocks))
        at = 0
        for heading in headings:
            assert at <= heading.start < heading.end <= len(text)
            assert text[heading.start : heading.end].replace("\n", " ") == heading.title
            assert not text[at : heading.start] or text[heading.start - 1] == "\n"
            at = heading.end

    @given(TEXTS)
    def test_no_letter_of_plain_prose_is_lost(self, text: str) -> None:
        shown, _ = render(text.replace("[", "(").replace("&", "+"))
        letters = [char for char in text if char.isalpha()]
        assert [char for char in shown if char.isalpha()] == letters

    @pytest.mark.parametrize(
        ("data", "title"),
        [
            (b"---\ntitle: Given\n---\n# First\n\nText", "Given"),
            (b"Text\n\n## First\n\n# Second\n", "First"),
            (b"Text", "name"),
        ],
    )
    def test_the_title(self, data: bytes, title: str) -> None:
        assert only(markdown.read(data, "folder/name.md")).title == title

    @pytest.mark.parametrize("unit", ["[", "![", "*a ", "> ", "- ", "`a``b ", "[a](", "a**b_", "<", "| a ", "&a;"])
    def test_hostile_markup_takes_no_more_than_its_share_of_time(self, unit: str) -> None:
        started = time.monotonic()
        render(unit * (20_000 // len(unit)))
        assert time.monotonic() - started < 5


class TestPlainText:
    @given(TEXTS.filter(lambda text: text.strip() and not text.startswith(("---", "\ufeff"))))
    def test_text_is_read_as_it_stands(self, text: str) -> None:
        article = only(plain.read(text.encode(), "x.txt"))
        assert (article.text, article.headings) == (text, ())

    def test_markup_is_text(self) -> None:
        text = "# Not a heading\n\n<b>*not* bold</b>\r\n"
        assert only(plain.read(text.encode(), "x.txt")).text == text

    @pytest.mark.parametrize(
        ("text", "title"),
        [
            ("\n\n  Back pain \r\nText.", "Back pain"),
            ("x" * 200 + "\nText.", "x" * 200),
            ("x" * 201 + "\nText.", "name"),
            ("---\ntitle: Given\n---\nBack pain\nText.", "Given"),
        ],
    )
    def test_the_title(self, text: str, title: str) -> None:
        assert only(plain.read(text.encode(), "folder/name.txt")).title == title


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"PK\x03\x04rest", "a zip archive or an office document"),
        (b"\x1f\x8b\x08rest", "a gzip archive"),
        (b"{\\rtf1}", "rich text (RTF)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document with a password, or of an old Word or Excel"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_named_or_read_as_what_it_is(data: bytes, what: str) -> None:
    [outcome] = outcomes(data, "notes.md")
    assert isinstance(outcome, UnreadableArticle)
    assert outcome.place == "notes.md"
    kind = next(kind for kind in FILE_TYPES.values() if kind.name == what)
    if not kind.certain or READERS.keys().isdisjoint(kind.suffixes):
        assert outcome.cause == f"it is {what}, not what its name says"


@pytest.mark.parametrize("text", ["<div>a</div>", "# PDF", "PK", "%PDF", "<p>html</p>", "a <html> tag", ""])
def test_markdown_may_begin_with_anything_else(text: str) -> None:
    assert file_type(text.encode()) is None


@pytest.mark.parametrize(
    "page", ["<!DOCTYPE html>", "\n <HTML lang=en>", "\ufeff<?xml version='1.0'?>\n<!-- a --><!-- b -->\n<html>"]
)
def test_a_whole_page_is_html(page: str) -> None:
    assert file_type(page.encode()) == "html"


def test_comments_without_end_are_looked_at_once() -> None:
    started = time.process_time()
    assert file_type(b"<!-- -->" * 500) is None
    assert time.process_time() - started < 1


def test_readers_by_suffix() -> None:
    assert READERS.items() >= {".md": markdown.read, ".markdown": markdown.read, ".txt": plain.read}.items()
    assert LARGEST.keys() == READERS.keys()
