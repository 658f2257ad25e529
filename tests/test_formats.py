"""The article of ``tests/formats`` says the same in every format; and what each format says of itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from healthsearch.article import Article
from healthsearch.errors import UnreadableArticle
from healthsearch.readers import outcomes
from healthsearch.readers.blocks import Blocks, raised
from healthsearch.readers.formulae import formula
from healthsearch.readers.xhtml import write
from healthsearch.readers.xml_tree import parse
from tests.formats import make

FOLDER = Path(__file__).parent / "formats"
FORMATS = ["docx", "odt", "rtf", "epub", "pdf", "nxml"]
HEADINGS = [(1, make.TITLE), (2, make.HELPS), (2, make.EXERCISES), (3, make.OFTEN), (2, make.DOCTOR)]


def read(data: bytes, path: str) -> Article:
    [found] = outcomes(data, path)
    assert isinstance(found, Article), found
    return found


def refusal(data: bytes, path: str) -> UnreadableArticle:
    [found] = outcomes(data, path)
    assert isinstance(found, UnreadableArticle)
    assert found.place == path
    return found


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_text_is_the_same_in_every_format(suffix: str) -> None:
    article = read((FOLDER / f"{make.NAME}.{suffix}").read_bytes(), f"folder/{make.NAME}.{suffix}")
    assert article.text == (FOLDER / f"{make.NAME}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", FORMATS)
def test_so_are_title_and_headings(suffix: str) -> None:
    article = read((FOLDER / f"{make.NAME}.{suffix}").read_bytes(), f"{make.NAME}.{suffix}")
    assert article.title == make.TITLE
    found = [(heading.level, heading.title) for heading in article.headings]
    top = found[0][0]
    # Word's own title and its first level are both the outermost.
    wanted = [(max(1, level - (suffix == "docx")), title) for level, title in HEADINGS]
    assert (top, found) == (1, wanted)
    assert [article.text[heading.start : heading.end] for heading in article.headings] == [title for _, title in found]


@pytest.mark.parametrize(
    ("suffix", "fields"),
    [
        ("docx", {"authors": ("Ada Writer", "Bob Reader"), "published": None, "language": "en"}),
        ("odt", {"authors": ("Ada Writer",), "published": None, "language": "en"}),
        ("rtf", {"authors": ("Ada Writer",), "published": None}),
        ("pdf", {"authors": ("Ada Writer",), "language": "en", "pages": (0, 344)}),
        (
            "epub",
            {
                "authors": ("Ada Writer",),
                "published": "2026-03-02",
                "language": "en",
                "publisher": "Our Clinic",
                "licence": "CC BY 4.0",
            },
        ),
        (
            "nxml",
            {
                "id": "PMC12345",
                "url": "https://doi.org/10.1234/shoulder.5",
                "authors": ("Ada Writer",),
                "published": "2026-03-02",
                "language": "en",
                "publisher": "Our Journal",
                "licence": "CC BY 4.0",
            },
        ),
    ],
)
def test_what_the_file_says_of_itself(suffix: str, fields: dict[str, object]) -> None:
    path = f"folder/{make.NAME}.{suffix}"
    article = read((FOLDER / f"{make.NAME}.{suffix}").read_bytes(), path)
    unset = Article(f"folder/{make.NAME}", path, make.TITLE, article.text, article.headings)
    wanted = {name: getattr(unset, name) for name in Article.__dataclass_fields__} | fields
    assert {name: getattr(article, name) for name in Article.__dataclass_fields__} == wanted


@pytest.mark.parametrize(
    ("file", "written"),
    [
        (f"{make.NAME}.docx", make.docx),
        (f"{make.NAME}.odt", make.odt),
        (f"{make.NAME}.epub", make.epub),
        (f"{make.NAME}.pdf", make.printed),
    ],
)
def test_the_files_are_what_the_script_writes(file: str, written: Callable[[], bytes]) -> None:
    assert (FOLDER / file).read_bytes() == written()


def test_medlineplus_is_an_article_a_topic() -> None:
    english, spanish = outcomes((FOLDER / "medlineplus.xml").read_bytes(), "topics/all.xml")
    assert isinstance(english, Article)
    assert isinstance(spanish, Article)
    said = "A sore shoulder hurts most at night. Lie on the other side, at 18 °C or less."
    assert english.text == f"Sore Shoulder\n\n{said}\n\nWhat helps\n\n- a pillow under the arm\n- wall slides"
    assert (english.id, english.path, english.title) == ("topics/all#11", "topics/all.xml", "Sore Shoulder")
    assert (english.url, english.language) == ("https://example.org/soreshoulder.html", "en")
    assert (english.published, english.also_called) == ("2026-03-02", ("Shoulder pain", "Painful shoulder"))
    assert (spanish.id, spanish.language) == ("topics/all#12", "es")
    assert spanish.text == "Dolor de hombro\n\nEl hombro duele más de noche."


def test_medquad_has_its_questions_for_headings() -> None:
    article = read((FOLDER / "medquad.xml").read_bytes(), "medquad.xml")
    said = "A sore shoulder hurts most at night. Lie on the other side, at 18 °C or less."
    assert article.text == (
        "Sore Shoulder\n\nWhat are the treatments for Sore Shoulder?\n\n"
        f"{said}\n\nTry these:\n\n- a pillow under the arm\n- wall slides"
    )
    assert (article.id, article.title, article.publisher) == ("OURS_0000007", "Sore Shoulder", "OURS")
    assert (article.url, article.also_called) == ("https://example.org/shoulder", ("Shoulder pain",))


def test_medquad_without_answers_is_named() -> None:
    document = b"<Document id='1'><Focus>A</Focus><QAPairs><QAPair><Question>Q</Question><Answer/></QAPair></QAPairs>"
    assert refusal(document + b"</Document>", "a.xml").cause == "it holds questions without answers"


@pytest.mark.parametrize("root", ["svg", "html:article", "Document"])
def test_xml_of_another_kind_is_named_by_its_root(root: str) -> None:
    name = root.rpartition(":")[2]
    problem = refusal(f"<{name} xmlns:html='x'><a/></{name}>".encode(), "a.xml")
    if name == "article":
        assert problem.cause == "the file holds no text"
    else:
        assert problem.cause == f"its XML is of a kind that no reader knows (its root element is '{name}')"


@pytest.mark.parametrize(
    ("before", "mark", "read_as"),
    [
        ("by others", "12", "[12]"),
        ("by others.", "3–5", "[3–5]"),
        ("by others", "[4]", "[4]"),
        ("of", "1", "[1]"),
        ("10", "6", "⁶"),
        ("2 × 10", "-3", "⁻³"),
        ("kg/m", "2", "2"),
        ("5 cm", "3", "3"),
        ("Ca", "2+", "2+"),
        ("", "131", "131"),
        ("All", "a", "[a]"),
        ("15.6", "b", "[b]"),
        ("the 1", "st", "st"),
        ("others[5]–", "7", "[7]"),
        ("others[5],", "7", "[7]"),
    ],
)
def test_a_raised_figure_makes_no_number_that_was_not_there(before: str, mark: str, read_as: str) -> None:
    assert raised(before, mark) == read_as


@pytest.mark.parametrize(
    ("math", "text"),
    [
        ("<mi>C</mi><msub><mi>O</mi><mn>2</mn></msub>", "CO2"),
        ("<msub><mi>C</mi><mi>max</mi></msub>", "C_max"),
        ("<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>", "x_i²"),
        ("<msup><mi>Ca</mi><mtext>2+</mtext></msup>", "Ca²⁺"),
        ("<msup><mi>e</mi><mrow><mo>-</mo><mi>k</mi><mi>t</mi></mrow></msup>", "e^(-kt)"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>1.5</mn></mfrac>", "(a+b)/1.5"),
        ("<msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt>", "√(x+1)"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot><mroot><mi>y</mi><mi>n</mi></mroot>", "³√(x)(y)^(1/n)"),
        (
            "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>x</mi>",
            "∑_(i = 1)^nx",
        ),
        ("<mover><mi>x</mi><mo>¯</mo></mover><mover><mo>→</mo><mi>k</mi></mover>", "x¯→^k"),
        ("<mi>log</mi><mo>⁡</mo><mi>x</mi><mo>⁢</mo><mi>y</mi>", "log xy"),
        ("<mfenced open='['><mi>a</mi><mi>b</mi></mfenced>", "[a, b)"),
        (
            "<mtable><mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr><mtr><mtd><mi>c</mi></mtd></mtr></mtable>",
            "a, b; c",
        ),
        ("<mi>a</mi><mphantom><mi>b</mi></mphantom>", "a"),
    ],
)
def test_a_formula_of_mathml_says_on_one_line_what_it_shows(math: str, text: str) -> None:
    assert formula(parse(f"<math>{math}</math>".encode(), "x")) == text


@pytest.mark.parametrize(
    ("math", "text"),
    [
        ("<sSup><e>10</e><sup>5</sup></sSup>", "10⁵"),
        ("<sSub><e>CO</e><sub>2</sub></sSub>", "CO2"),
        ("<sSubSup><e>x</e><sub>i</sub><sup>n</sup></sSubSup>", "x_i^n"),
        ("<f><num>a+b</num><den>c</den></f>", "(a+b)/c"),
        ("<rad><deg/><e>x</e></rad>", "√(x)"),
        ("<d><dPr><begChr val='['/><endChr val=']'/></dPr><e>a</e><e>b</e></d><d><e>c</e></d>", "[a, b](c)"),
        ("<nary><naryPr><chr val='∑'/></naryPr><sub>i</sub><sup>n</sup><e>x</e></nary>", "∑_i^n x"),
        ("<nary><sub/><sup/><e>x</e></nary>", "∫ x"),
        ("<func><fName>log</fName><e>x</e></func>", "log x"),
        ("<limLow><e>lim</e><lim>n</lim></limLow><limUpp><e>a</e><lim>b</lim></limUpp>", "lim_na^b"),
        ("<m><mr><e>a</e><e>b</e></mr><mr><e>c</e></mr></m>", "a, b; c"),
    ],
)
def test_so_does_a_formula_of_word(math: str, text: str) -> None:
    written = re.sub(r">([^<]+)<", r"><r><t>\1</t></r><", math)
    assert formula(parse(f"<oMath>{written}</oMath>".encode(), "x")) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one<br/>two</p>", "one\ntwo"),
        ("<p> a\n  b </p>c<div>d</div>e", "a b\n\nc\n\nd\n\ne"),
        ("<ul><li><p>a</p><p>more</p></li><li>b</li></ul>", "- a\n\nmore\n\n- b"),
        ("<ol start='3'><li>a</li><li>b<ol><li>c</li></ol></li></ol>", "3. a\n4. b\n  1. c"),
        ("<dl><dt>ache</dt><dd>a dull pain</dd></dl>", "ache\na dull pain"),
        ("<table><tr><td><h2>Head</h2><p>a</p></td><td>b</td></tr></table>", "Head\n\na\n\nb"),
        ("<table><caption>C</caption><tr><th>a</th><td><p>b</p><p>c</p></td></tr></table>", "C\n\na | b c"),
        ("<p>a</p><script>x</script><p hidden=''>y</p><nav>z</nav>", "a"),
        ("<ol><li><p>In adults. <a href='#m1'>↩\ufe0e</a></p></li></ol>", "1. In adults."),
        ("<p>In adults.<a role='doc-backlink' href='#m1'>back</a> <a href='x'>↑ 5%</a></p>", "In adults. ↑ 5%"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>10<sup>3</sup> cells, CO<sub>2</sub></p>", "10³ cells, CO2"),
        ("<h2>Above 10<sup>3</sup> cells</h2><p>a</p>", "Above 10³ cells\n\na"),
        ("<h2><svg><title>icon</title></svg><button>Rest</button></h2><p>a</p>", "Rest\n\na"),
        (
            "<table><tr><td rowspan='2'>a</td><td>b</td><td rowspan='2'>c</td></tr><tr><td>d</td></tr>"
            "<tr><td>e</td><td colspan='2'>f</td></tr></table>",
            "a | b | c\n | d\ne | f",
        ),
        # What no table has, and rows that no one could read.
        ("<table><tr><td colspan='0' rowspan='0'>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a | b\nc"),
        ("<table><tr><td colspan='99999'>a</td><td>b</td></tr></table>", "a | " + " | " * 59 + "b"),
        (
            "<p>At <math><semantics><mrow><mi>p</mi><mo>&lt;</mo><msup><mn>10</mn><mrow><mo>−</mo><mn>5</mn></mrow>"
            "</msup></mrow><annotation>p</annotation></semantics></math>.</p>",
            "At p < 10⁻⁵.",
        ),
    ],
)
def test_xhtml(html: str, text: str) -> None:
    blocks = Blocks()
    write(parse(f"<body>{html}</body>".encode(), "x"), blocks)
    assert blocks.text == text


def test_a_chapter_without_a_heading_gets_its_name_in_the_contents() -> None:
    parts = make.epub_parts()
    parts["OEBPS/text/last.xhtml"] = parts["OEBPS/text/last.xhtml"].replace("h2>", "p>")
    article = read(make.package(parts), "a.epub")
    assert [(h.level, h.title) for h in article.headings][-1] == (1, make.DOCTOR)


def test_a_power_is_no_other_number_in_documents_either() -> None:
    said = "10⁶ cells per m2, as others[3] say."
    run = "<w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>{}</w:t></w:r>"
    plain = "<w:r><w:t xml:space='preserve'>{}</w:t></w:r>"
    parts = [("10", "6"), (" cells per m", "2"), (", as others", "3"), (" say.", "")]
    body = "".join(plain.format(text) + run.format(mark) for text, mark in parts)
    document = f"<w:document {make.W}><w:body><w:p>{body}</w:p></w:body></w:document>"
    assert read(make.package({**make.docx_parts(), "word/document.xml": document}), "a.docx").text == said

    body = "".join(f"{text}<text:span text:style-name='T1'>{mark}</text:span>" for text, mark in parts)
    content = (
        "<c xmlns:text='t' xmlns:style='s'><style:style style:name='T1'><style:text-properties "
        f"style:text-position='super 58%'/></style:style><body><text><text:p>{body}</text:p></text></body></c>"
    )
    assert read(make.package({"content.xml": content}), "a.odt").text == said

    body = "".join(f"{text}{{\\super {mark}}}" for text, mark in parts)
    assert read(f"{{\\rtf1\\ansi {body}\\par}}".encode(), "a.rtf").text == said
