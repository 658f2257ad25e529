"""What documents hold that the article of ``tests/formats`` does not, format by format: each part alone."""

from __future__ import annotations

import pytest

from healthsearch.article import Article
from healthsearch.readers import outcomes
from tests.formats import make
from tests.test_formats import read, refusal


def word(body: str, parts: dict[str, str] | None = None) -> str:
    """The text of a Word document with this body."""
    document = f"<w:document {make.W}><w:body>{body}</w:body></w:document>"
    return read(make.package({**make.docx_parts(), "word/document.xml": document, **(parts or {})}), "a.docx").text


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


BEGINS = '<w:vMerge w:val="restart"/>'
WIDE = '<w:gridSpan w:val="2"/>'
SHOWN = '<w:vanish w:val="0"/>'
CELL = "<w:tc><w:tcPr>{}</w:tcPr><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
NCX = 'href="toc.ncx" media-type="application/x-dtbncx+xml"'
BOX = "<w:txbxContent><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:txbxContent>"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        # A choice and its copy for older programs say one thing.
        (
            "<w:AlternateContent><w:Choice><w:p><w:r><w:t>new</w:t></w:r></w:p></w:Choice>"
            "<w:Fallback><w:p><w:r><w:t>old</w:t></w:r></w:p></w:Fallback></w:AlternateContent>",
            "new",
        ),
        (
            "<w:p><w:r><w:t>see</w:t></w:r><w:r><w:AlternateContent><w:Choice><w:t> new</w:t></w:Choice>"
            "<w:Fallback><w:t> old</w:t></w:Fallback></w:AlternateContent></w:r></w:p>",
            "see new",
        ),
        # A box stands under the paragraph that it is anchored in, once.
        (
            "<w:p><w:r><w:t>Lie still.</w:t></w:r><w:r><w:AlternateContent><w:Choice><w:drawing>"
            f"{BOX.format('Boxed.')}</w:drawing></w:Choice><w:Fallback><w:pict>{BOX.format('Boxed.')}</w:pict>"
            "</w:Fallback></w:AlternateContent></w:r></w:p>",
            "Lie still.\n\nBoxed.",
        ),
        # A table of one column is a frame.
        (f"<w:tbl><w:tr>{CELL.format('', 'framed')}</w:tr></w:tbl>", "framed"),
        # Rows may be wrapped, as a form's are.
        (
            f"<w:tbl><w:sdt><w:sdtContent><w:tr>{CELL.format('', 'a')}{CELL.format('', 'b')}</w:tr></w:sdtContent>"
            "</w:sdt></w:tbl>",
            "a | b",
        ),
        # A merged cell is said where it begins.
        (
            "<w:tbl>"
            f"<w:tr>{CELL.format(BEGINS, 'a')}{CELL.format('', 'b')}"
            f"</w:tr><w:tr>{CELL.format('<w:vMerge/>', 'not shown')}{CELL.format('', 'c')}</w:tr></w:tbl>",
            "a | b\n | c",
        ),
        # A cell over two columns keeps the place of the next.
        (
            f"<w:tbl><w:tr>{CELL.format(WIDE, 'a')}{CELL.format('', 'b')}</w:tr>"
            f"<w:tr>{CELL.format('', 'c')}{CELL.format('', 'd')}{CELL.format('', 'e')}</w:tr></w:tbl>",
            "a |  | b\nc | d | e",
        ),
        # A tab, a line break, a hyphen that does not break, a formula.
        (
            "<w:p><w:r><w:t>2</w:t><w:tab/><w:t>mg</w:t><w:br/><w:t>non</w:t><w:noBreakHyphen/>"
            "<w:t xml:space='preserve'>stop </w:t></w:r>"
            "<w:oMath><w:r><w:t>x=2</w:t></w:r></w:oMath></w:p>",
            "2 mg\nnon-stop x=2",
        ),
        # Hidden switched off again is not hidden.
        (f"<w:p>{run('seen', SHOWN)}</w:p>", "seen"),
        # A note that is not there leaves no mark.
        ("<w:p><w:r><w:t>Rest.</w:t></w:r><w:r><w:footnoteReference w:id='99'/></w:r></w:p>", "Rest."),
        # Numbering 0 takes a paragraph out of the list that its style puts it in.
        (
            "<w:p><w:pPr><w:pStyle w:val='Nummeriert'/><w:numPr><w:numId w:val='0'/></w:numPr></w:pPr>"
            f"{run('no item')}</w:p>",
            "no item",
        ),
    ],
)
def test_parts_of_a_word_document(body: str, text: str) -> None:
    assert word(body) == text


def test_a_word_document_without_its_other_parts_is_plain() -> None:
    body = "<w:p><w:pPr><w:pStyle w:val='berschrift1'/></w:pPr><w:r><w:t>Rest.</w:t></w:r></w:p>"
    document = f"<w:document {make.W}><w:body>{body}</w:body></w:document>"
    article = read(make.package({"word/document.xml": document}), "a.docx")
    assert (article.text, article.headings, article.authors) == ("Rest.", (), ())


def test_a_list_of_word_may_be_nested_by_its_style() -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="L2"><w:name w:val="List Bullet 2"/>'
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )
    item = "<w:p><w:pPr><w:pStyle w:val='L2'/></w:pPr><w:r><w:t>deeper</w:t></w:r></w:p>"
    assert word(item, {"word/styles.xml": f"<w:styles {make.W}>{styles}</w:styles>"}) == "  - deeper"


def journal(body: str, meta: str = "", back: str = "") -> bytes:
    return (
        '<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta><title-group>'
        f"<article-title>T</article-title></title-group>{meta}</article-meta></front>"
        f"<body>{body}</body><back>{back}</back></article>"
    ).encode()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<sec><label>1</label><title>Rest</title><p>a</p></sec>", "1 Rest\n\na"),
        ("<sec><title>Gone</title><ref-list/></sec><p>a</p>", "a"),
        ("<p>a<break/>b <italic>c</italic></p>", "a b c"),
        # A footnote follows its paragraph, wherever the file keeps it.
        ("<p>As found<fn><p>In rats.</p></fn>, once.</p><p>b</p>", "As found[*], once.\n\n[*] In rats.\n\nb"),
        ("<p>As found<fn><label>2</label><p>In rats.</p></fn>.</p>", "As found[2].\n\n[2] In rats."),
        ("<sec><title>Rest<fn><p>Paid by us.</p></fn></title><p>a</p></sec>", "Rest\n\na"),
        ("<p>one<list><list-item><p>two</p></list-item></list>three</p>", "one\n\n- two\n\nthree"),
        (
            "<p>a<list><list-item><p>b<list><list-item><p>c</p></list-item></list></p></list-item></list></p>",
            "a\n\n- b\n  - c",
        ),
        ("<list><list-item><p>a<fig><label>Fig. 1</label></fig></p></list-item></list>", "- a\n\nFig. 1."),
        ("<disp-quote><p>quoted</p></disp-quote>", "quoted"),
        ("<disp-quote><p>quoted</p><attrib>A. Writer</attrib></disp-quote>", "quoted\n\nA. Writer"),
        (
            "<statement><label>Rule 1</label><title>Rest</title><p>Lie down.</p></statement>",
            "Rule 1. Rest.\n\nLie down.",
        ),
        (
            "<fig-group><caption><title>Both arms</title></caption><fig><label>A</label></fig></fig-group>",
            "Both arms.\n\nA.",
        ),
        ("<boxed-text><caption><title>Box</title></caption><p>a</p></boxed-text>", "Box\n\na"),
        ("<list><title>Take</title><list-item><p>a</p><p>b</p></list-item></list>", "Take\n\n- a\n\nb"),
        (
            "<def-list><def-item><term>ache</term><def><p>a dull pain</p></def></def-item>"
            "<def-item><term>alone</term></def-item></def-list>",
            "ache: a dull pain\n\nalone",
        ),
        (
            "<def-list><title>Words</title><def-item><term>ache</term><def><p>a pain</p><p>a dull one</p></def>"
            "</def-item></def-list>",
            "Words\n\nache: a pain a dull one",
        ),
        (
            "<fig><label>Fig. 1</label><caption><title>Does it heal?</title><p>By week;</p></caption></fig>",
            "Fig. 1. Does it heal? By week;",
        ),
        (
            "<fig><label>Fig. 1</label><caption><title>The arm</title><p>At rest:</p></caption></fig>",
            "Fig. 1. The arm. At rest:",
        ),
        (
            "<table-wrap><label>Table 1</label><caption><p>Doses.</p></caption><table><tr><th>a</th><td>salt"
            "<xref ref-type='table-fn'>1</xref></td></tr></table><table-wrap-foot><fn><label>1</label><p>daily</p></fn>"
            "<p>mg: milligram</p></table-wrap-foot></table-wrap>",
            "Table 1. Doses.\n\na | salt[1]\n\n[1] daily\n\nmg: milligram",
        ),
        # The mark of a table's note may be a part of its text.
        (
            "<table-wrap><table><tr><td>a<sup>b</sup></td><td>c</td></tr></table><table-wrap-foot>"
            "<fn><p><sup>b</sup>daily</p></fn><fn-group><fn><label>*</label><p>at night</p></fn></fn-group>"
            "<p><sup>14</sup> weekly</p><p>A <sup>b</sup></p></table-wrap-foot></table-wrap>",
            "ab | c\n\n[b] daily\n\n[*] at night\n\n[14] weekly\n\nA b",
        ),
        # Merged cells keep the columns.
        (
            "<table-wrap><table><thead><tr><th rowspan='2'>Age</th><th colspan='2'>Men</th><th>Women</th></tr>"
            "<tr><th>mean</th><th>range</th><th>mean</th></tr></thead>"
            "<tbody><tr><td colspan='4'>City</td></tr><tr><td>20</td><td>1</td><td>2</td><td>3</td></tr></tbody>"
            "</table></table-wrap>",
            "Age | Men |  | Women\n | mean | range | mean\nCity\n20 | 1 | 2 | 3",
        ),
        ("<array><tbody><tr><td>a</td><td>b</td></tr></tbody></array>", "a | b"),
        ("<p>so <inline-formula><tex-math>x^2</tex-math></inline-formula>.</p>", "so x^2."),
        (
            r"<p>so <inline-formula><alternatives><graphic/><tex-math>\documentclass{minimal}\begin{document}$$x^2$$"
            r"\end{document}</tex-math></alternatives></inline-formula>.</p>",
            "so x^2.",
        ),
        (
            "<p>so <inline-formula><alternatives><tex-math>10^5</tex-math><math><msup><mn>10</mn><mn>5</mn></msup>"
            "</math></alternatives></inline-formula> cells.</p>",
            "so 10⁵ cells.",
        ),
        (
            "<table-wrap><table><tr><td>a</td><td><inline-formula><tex-math>b</tex-math><math><mi>c</mi></math>"
            "</inline-formula></td></tr></table></table-wrap>",
            "a | c",
        ),
        ("<p>so <inline-formula>10<sup>5</sup></inline-formula>.</p>", "so 10⁵."),
        ("<p>so <inline-formula>x &lt; 2</inline-formula>.</p>", "so x < 2."),
    ],
)
def test_parts_of_a_journal_s_article(body: str, text: str) -> None:
    assert read(journal(body), "a.nxml").text == f"T\n\n{text}"


def test_a_subtitle_an_abstract_and_what_stands_at_the_back() -> None:
    data = journal(
        "<p>b</p>",
        "<abstract><p>a</p></abstract><abstract abstract-type='teaser'><p>Read on.</p></abstract>",
        "<app-group><app><title>More</title><p>c</p></app></app-group><ack><p>Thanks.</p></ack>",
    ).replace(b"</title-group>", b"<subtitle>A trial</subtitle></title-group>")
    assert read(data, "a.nxml").text == "T: A trial\n\nAbstract\n\na\n\nRead on.\n\nb\n\nMore\n\nc"


def test_a_footnote_at_the_back_follows_the_paragraph_that_first_refers_to_it() -> None:
    mark = "<xref ref-type='fn' rid='f{0}'>{0}</xref>"
    data = journal(
        f"<p>Rest helps{mark.format(1)} most{mark.format(1)}.</p><list><list-item><p>So does heat"
        f"<sup>{mark.format(2)}</sup></p></list-item><list-item><p>b</p></list-item></list>",
        back="<fn-group><fn id='f1'><p>In adults.</p></fn><fn id='f2'><label>2</label><p>Not on burns.</p></fn>"
        "<fn id='f3' fn-type='conflict'><p>Nobody was paid.</p></fn></fn-group>",
    )
    text = "T\n\nRest helps[1] most[1].\n\n[1] In adults.\n\n- So does heat[2]\n\n[2] Not on burns.\n\n- b"
    assert read(data, "a.nxml").text == text


@pytest.mark.parametrize(
    ("meta", "field", "value"),
    [
        (
            "<contrib-group><contrib><collab>The Arm Group</collab></contrib></contrib-group>",
            "authors",
            ("The Arm Group",),
        ),
        (
            "<contrib-group><contrib><collab>The <italic>Arm</italic> Group<xref ref-type='aff'>1</xref>"
            "<contrib-group><contrib><name><surname>Writer</surname></name></contrib></contrib-group></collab>"
            "</contrib></contrib-group>",
            "authors",
            ("The Arm Group",),
        ),
        ("<pub-date><year>2026</year></pub-date>", "published", "2026"),
        ("<pub-date><month>3</month><year>2026</year></pub-date>", "published", "2026-03"),
        (
            "<article-id pub-id-type='pmc'>PMC12</article-id>",
            "url",
            "https://pmc.ncbi.nlm.nih.gov/articles/PMC12/",
        ),
        (
            "<permissions><copyright-statement>All rights reserved.</copyright-statement></permissions>",
            "licence",
            "All rights reserved.",
        ),
        (
            "<permissions><license xlink:href='https://creativecommons.org/publicdomain/zero/1.0/'/></permissions>",
            "licence",
            "CC0 1.0",
        ),
        (
            "<permissions><license><license-p>Under a Creative Commons Attribution License.</license-p></license>"
            "</permissions>",
            "licence",
            "Creative Commons Attribution License",
        ),
        (
            "<permissions><license><license-p>Free for all. With thanks.</license-p></license></permissions>",
            "licence",
            "Free for all",
        ),
    ],
)
def test_what_a_journal_says_of_its_article(meta: str, field: str, value: object) -> None:
    assert getattr(read(journal("<p>a</p>", meta), "a.nxml"), field) == value


def open_document(body: str, **parts: str) -> bytes:
    content = f"<c xmlns:text='t' xmlns:table='b' xmlns:draw='d'><body><text>{body}</text></body></c>"
    return make.package({"content.xml": content, **parts})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            "<text:list><text:list-item><text:p>a</text:p><text:p>more</text:p></text:list-item></text:list>",
            "- a\n\nmore",
        ),
        ("<text:list><text:list-item><text:h>H</text:h></text:list-item></text:list><text:p>a</text:p>", "H\n\na"),
        ("<text:list><text:list-header><text:p>Take</text:p></text:list-header></text:list>", "Take"),
        (
            "<table:table><table:table-row><table:table-cell><text:p>framed</text:p></table:table-cell>"
            "</table:table-row></table:table>",
            "framed",
        ),
        (
            "<table:table><table:table-row><table:table-cell table:number-columns-repeated='2'><text:p>a</text:p>"
            "</table:table-cell><table:table-cell table:number-columns-repeated='900'/></table:table-row>"
            "</table:table>",
            "a | a",
        ),
        (
            "<table:table><table:table-row><table:table-cell table:number-columns-spanned='2'><text:p>a</text:p>"
            "</table:table-cell><table:covered-table-cell><text:p>not shown</text:p></table:covered-table-cell>"
            "<table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>",
            "a |  | b",
        ),
        (
            "<text:p>one<draw:frame><draw:text-box><text:p>Boxed.</text:p></draw:text-box></draw:frame></text:p>",
            "one\n\nBoxed.",
        ),
        ("<text:p>Rest.<text:note/></text:p>", "Rest."),
    ],
)
def test_parts_of_an_open_document(body: str, text: str) -> None:
    assert read(open_document(body), "a.odt").text == text


def test_an_open_document_may_say_nothing_of_itself() -> None:
    article = read(open_document("<text:p>a</text:p>", **{"meta.xml": "<m/>"}), "folder/name.odt")
    assert (article.title, article.authors) == ("name", ())


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        # A stand-in for programs that do not know the character may be several signs, coded or not.
        (r"{\rtf1\uc2 caf\u233 e'!\par}", "café!"),
        (r"{\rtf1\uc1 caf\u233\'65!\par}", "café!"),
        (r"{\rtf1\uc1 caf\u233\~!\par}", "café!"),
        (r"{\rtf1\ansi\ansicpg65001 caf\'c3\'a9\par}", "café"),
        (r"{\rtf1\ansi\ansicpg1 caf\'e9\par}", "café"),
        (r"{\rtf1\mac caf\'8e\par}", "café"),
        (r"{\rtf1{\fonttbl{\f1\fcharset161 G;}}{\f1 \'e1}\par}", "α"),
        (r"{\rtf1 a\bin2 }}b\par}", "ab"),
        (r"{\rtf1 seen{\v hidden}\par}", "seen"),
        ("{\\rtf1 a\\'00b\\par}\0", "ab"),
    ],
)
def test_parts_of_rich_text(rtf: str, text: str) -> None:
    assert read(rtf.encode(), "a.rtf").text == text


def test_what_is_set_free_of_its_group_ends_no_document() -> None:
    assert read(rb"{\rtf1 a\par}} b\par", "a.rtf").text == "a\n\nb"


def test_a_saved_page_is_told_by_its_message_where_its_part_is_silent() -> None:
    page = (
        b"Snapshot-Content-Location: https://example.org/bath\nMIME-Version: 1.0\nContent-Type: text/html\n\n"
        b"<title>Bath</title><h1>Bath</h1><p>A warm bath eases pain.</p>"
    )
    article = read(page, "a.mhtml")
    assert (article.url, article.text) == ("https://example.org/bath", "Bath\n\nA warm bath eases pain.")


def test_the_contents_of_older_books_name_chapters_too() -> None:
    parts = make.epub_parts()
    parts["OEBPS/text/last.xhtml"] = parts["OEBPS/text/last.xhtml"].replace("h2>", "p>")
    parts["OEBPS/book.opf"] = (
        parts["OEBPS/book.opf"]
        .replace('href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"', NCX)
        .replace('<itemref idref="nav"/>', '<itemref idref="ncx"/><itemref idref="not there"/>')
    )
    parts["OEBPS/toc.ncx"] = (
        f"<ncx><navMap><navPoint><navLabel><text>{make.DOCTOR}</text></navLabel>"
        '<content src="text/last.xhtml#top"/></navPoint></navMap></ncx>'
    )
    article = read(make.package(parts), "a.epub")
    assert [(h.level, h.title) for h in article.headings][-1] == (1, make.DOCTOR)
    # Contents that are named and missing name no chapter, and lose no text.
    del parts["OEBPS/toc.ncx"]
    article = read(make.package(parts), "a.epub")
    assert make.DOCTOR not in [heading.title for heading in article.headings] and make.LAST in article.text


def test_the_time_at_which_a_book_was_made_is_no_date_of_its_text() -> None:
    parts = make.epub_parts()
    made = parts["OEBPS/book.opf"].replace(
        "<dc:date>2026-03-02</dc:date>",
        "<dc:date>2026-03-02T10:11:12Z</dc:date><meta property='dcterms:modified'>2026-03-02T10:11:12Z</meta>",
    )
    assert read(make.package(parts | {"OEBPS/book.opf": made}), "a.epub").published is None
    later = made.replace("<dc:date>2026-03-02T10", "<dc:date>2024-03-02T10")
    assert read(make.package(parts | {"OEBPS/book.opf": later}), "a.epub").published == "2024-03-02"


@pytest.mark.parametrize(
    ("author", "authors"),
    [
        ("Ada Writer &lt;ada@example.org&gt;", ("Ada Writer",)),
        ("Ada Writer (ada@example.org); Bob Reader", ("Ada Writer", "Bob Reader")),
        ("Ada Writer; * E-mail: ada@example.org", ("Ada Writer",)),
    ],
)
def test_an_address_is_no_author(author: str, authors: tuple[str, ...]) -> None:
    core = f"<core><creator>{author}</creator></core>"
    document = f"<w:document {make.W}><w:body><w:p>{run('a')}</w:p></w:body></w:document>"
    parts = {**make.docx_parts(), "word/document.xml": document, "docProps/core.xml": core}
    assert read(make.package(parts), "a.docx").authors == authors


def test_a_title_said_twice_with_other_quotation_marks_is_said_once() -> None:
    page = "<title>A runner's knee</title><h1>A runner's knee</h1><h1>A runner’s knee</h1><p>It hurts.</p>"
    assert read(page.encode(), "a.html").text == "A runner’s knee\n\nIt hurts."


def test_a_book_without_a_book_is_refused() -> None:
    parts = make.epub_parts() | {"META-INF/container.xml": "<container/>"}
    assert "names no book" in refusal(make.package(parts), "a.epub").cause


def test_a_set_of_journal_articles_is_an_article_each() -> None:
    one = journal("<p>a</p>", "<article-id pub-id-type='pmc'>1</article-id>")
    two = journal("<p>b</p>", "<article-id pub-id-type='pmc'>2</article-id>")
    found = list(outcomes(b"<pmc-articleset>" + one + two + b"</pmc-articleset>", "set.xml"))
    assert [one.id for one in found if isinstance(one, Article)] == ["PMC1", "PMC2"]
