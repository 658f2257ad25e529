"""Writes the article of ``tests/formats`` in every format: python -m tests.formats.make.

Each format is written out as its programs write it, by hand and without any library, so that no reader is
tested with its own ideas of the format.
"""

from __future__ import annotations

import io
import zipfile
from html import escape
from pathlib import Path

from tests.pdf_writer import Text, pdf

FOLDER = Path(__file__).parent
NAME = "sore-shoulder"

TITLE = "Sleeping with a sore shoulder"
AUTHOR = "Ada Writer"
INTRODUCTION = ("A sore shoulder hurts most at night", ". Lie on the other side, at 18 °C or less.")
NOTE = "Pain that wakes you every night should be seen by a doctor."
HELPS = "What helps"
TRY = "Try these, one at a time:"
PILLOW, THIN, HEAT = "a pillow under the arm", "a thin one when you lie on your back", "a heat pack – twenty minutes"
EXERCISES = "Exercises"
ORDER = "Do them in this order, and stop when it hurts."
SWINGS, SLIDES = "pendulum swings", "wall slides"
OFTEN = "How often"
TABLE = (("Exercise", "Times a day"), ("Pendulum swings", "3"), ("Wall slides", "2"))
DOCTOR = "When to see a doctor"
LAST = "See a doctor if you cannot lift the arm, or if fever or numbness come with the pain."

EXPECTED = f"""\
{TITLE}

{INTRODUCTION[0]}[1]{INTRODUCTION[1]}

[1] {NOTE}

{HELPS}

{TRY}

- {PILLOW}
  - {THIN}
- {HEAT}

{EXERCISES}

{ORDER}

1. {SWINGS}
2. {SLIDES}

{OFTEN}

{chr(10).join(" | ".join(row) for row in TABLE)}

{DOCTOR}

{LAST}"""


def main() -> None:
    """Write every file anew; the same bytes each time."""
    files = {
        "docx": docx(),
        "odt": odt(),
        "rtf": rtf().encode("ascii"),
        "epub": epub(),
        "pdf": printed(),
        "nxml": jats().encode(),
        "txt": EXPECTED.encode(),
    }
    for suffix, data in files.items():
        (FOLDER / f"{NAME}.{suffix}").write_bytes(data)
    (FOLDER / "medlineplus.xml").write_bytes(medlineplus().encode())
    (FOLDER / "medquad.xml").write_bytes(medquad().encode())


def package(parts: dict[str, str]) -> bytes:
    """A zip file of these parts, with no trace of when it was made."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), text.encode(), zipfile.ZIP_DEFLATED)
    return written.getvalue()


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
RELATIONS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def docx_parts() -> dict[str, str]:
    """The parts of the Word document, by name."""

    def p(text: str, style: str = "", numbering: str = "") -> str:
        named = f'<w:pStyle w:val="{style}"/>' if style else ""
        listed = '<w:numPr><w:ilvl w:val="{}"/><w:numId w:val="{}"/></w:numPr>'.format(*numbering) if numbering else ""
        return f"<w:p><w:pPr>{named}{listed}</w:pPr><w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"

    def cells(row: tuple[str, str]) -> str:
        return "".join(f"<w:tc>{p(cell)}</w:tc>" for cell in row)

    rows = "".join(f"<w:tr>{cells(row)}</w:tr>" for row in TABLE)
    introduction = (
        f'<w:p><w:bookmarkStart w:id="0" w:name="top"/><w:r><w:t>{INTRODUCTION[0]}</w:t></w:r>'
        '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="2"/></w:r>'
        '<w:del w:id="1" w:author="x"><w:r><w:delText>, never by day</w:delText></w:r></w:del>'
        f'<w:ins w:id="2" w:author="x"><w:r><w:t xml:space="preserve">{INTRODUCTION[1]}</w:t></w:r></w:ins>'
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t> Hidden.</w:t></w:r></w:p>"
    )
    body = (
        p(TITLE, "Titel")
        + introduction
        + p("Contents 1", "Verzeichnis1")
        + p(HELPS, "berschrift1")
        + p(TRY)
        + p(PILLOW, numbering="01")
        + p(THIN, numbering="11")
        + p(HEAT, numbering="01")
        + p(EXERCISES, "berschrift1")
        + p(ORDER)
        + p(SWINGS, "Nummeriert")
        + f"<w:sdt><w:sdtContent>{p(SLIDES, 'Nummeriert')}</w:sdtContent></w:sdt>"
        + p(OFTEN, "Eigene")
        + f"<w:tbl>{rows}</w:tbl>"
        + '<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr>'
        + f"<w:hyperlink><w:r><w:t>{DOCTOR}</w:t></w:r></w:hyperlink></w:p>"
        + p(LAST)
    )
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{identity}"><w:name w:val="{name}"/>{rest}</w:style>'
        for identity, name, rest in (
            ("Titel", "Title", ""),
            ("berschrift1", "heading 1", ""),
            ("berschrift2", "heading 2", ""),
            ("Eigene", "my own", '<w:basedOn w:val="berschrift2"/>'),
            ("Verzeichnis1", "toc 1", ""),
            ("Nummeriert", "List Number", '<w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr>'),
        )
    )
    numbering = (
        '<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
        '<w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/></w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>'
    )
    related = "".join(
        f'<Relationship Id="r{kind}" Type="{OFFICE}/{kind}" Target="{kind}.xml"/>'
        for kind in ("styles", "numbering", "footnotes")
    )
    return {
        "_rels/.rels": f'<Relationships {RELATIONS}><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
        'Target="word/document.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/package/2006/'
        'relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f"<Relationships {RELATIONS}>{related}</Relationships>",
        "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {W}>{styles}</w:styles>",
        "word/numbering.xml": f"<w:numbering {W}>{numbering}</w:numbering>",
        "word/footnotes.xml": f'<w:footnotes {W}><w:footnote w:id="2">{p(NOTE)}</w:footnote></w:footnotes>',
        "docProps/core.xml": '<c:coreProperties xmlns:c="http://schemas.openxmlformats.org/package/2006/metadata/core-'
        'properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:t="http://purl.org/dc/terms/">'
        f"<dc:title>{TITLE}</dc:title><dc:creator>{AUTHOR}; Bob Reader</dc:creator><dc:language>en-GB</dc:language>"
        "<t:created>2026-03-02T09:00:00Z</t:created></c:coreProperties>",
    }


def docx() -> bytes:
    """The article as a Word document of a German Word, whose styles have German ids."""
    return package(docx_parts())


def odt_parts() -> dict[str, str]:
    """The parts of the OpenDocument text, by name."""
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("text", "text"), ("table", "table"), ("style", "style"))
    )
    rows = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
        + '<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
        for row in TABLE
    )
    note = (
        '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
        f"<text:note-body><text:p>{NOTE}</text:p></text:note-body></text:note>"
    )
    body = (
        "<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>"
        f'<text:p text:style-name="P1">{TITLE}</text:p>'
        f"<text:p>{INTRODUCTION[0]}{note}<text:span>{INTRODUCTION[1]}</text:span></text:p>"
        "<text:table-of-content><text:index-body><text:p>Contents</text:p></text:index-body></text:table-of-content>"
        f'<text:h text:outline-level="2">{HELPS}</text:h><text:p>{TRY}</text:p>'
        f'<text:list text:style-name="L1"><text:list-item><text:p>{PILLOW}</text:p><text:list><text:list-item>'
        f"<text:p>{THIN}</text:p></text:list-item></text:list></text:list-item>"
        f"<text:list-item><text:p>{HEAT}</text:p></text:list-item></text:list>"
        f'<text:section><text:h text:outline-level="2">{EXERCISES}</text:h></text:section>'
        f'<text:p>{ORDER.replace(" ", "<text:s/>", 1)}</text:p><text:list text:style-name="L2">'
        f"<text:list-item><text:p>{SWINGS}</text:p></text:list-item>"
        f"<text:list-item><text:p>{SLIDES}</text:p></text:list-item></text:list>"
        f'<text:h text:outline-level="3">{OFTEN}</text:h><table:table>{rows}</table:table>'
        f'<text:h text:outline-level="2">{DOCTOR}</text:h><text:p>{LAST}</text:p>'
    )
    styles = (
        '<style:style style:name="P1" style:parent-style-name="Title"/>'
        '<text:list-style style:name="L1"><text:list-level-style-bullet text:level="1"/></text:list-style>'
        '<text:list-style style:name="L2"><text:list-level-style-number text:level="1" style:num-format="1"/>'
        "</text:list-style>"
    )
    return {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f"<office:document-content {names}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>",
        "meta.xml": f'<office:document-meta {names} xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"><office:meta>'
        f"<dc:title>{TITLE}</dc:title><meta:initial-creator>{AUTHOR}</meta:initial-creator>"
        "<meta:creation-date>2026-03-02T09:00:00</meta:creation-date><dc:language>en-GB</dc:language>"
        "</office:meta></office:document-meta>",
    }


def odt() -> bytes:
    """The article as an OpenDocument text."""
    return package(odt_parts())


def rtf() -> str:
    """The article as rich text, as a word processor writes it."""

    def coded(text: str) -> str:
        return "".join(f"\\u{ord(c)}?" if ord(c) > 127 else c for c in text)

    def item(mark: str, text: str, indent: int) -> str:
        return f"{{\\listtext\\pard\\plain {mark}\\tab}}\\pard\\ls1\\li{indent} {coded(text)}\\par\n"

    rows = "".join(
        "\\trowd\\cellx3000\\cellx6000 " + "".join(f"\\pard\\intbl {cell}\\cell " for cell in row) + "\\row\n"
        for row in TABLE
    )
    return (
        "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fswiss Arial;}}{\\colortbl;\\red0\\green0\\blue0;}\n"
        "{\\stylesheet{\\s0 Normal;}{\\s1 heading 1;}{\\s2 heading 2;}{\\s9 toc 1;}}\n"
        f"{{\\info{{\\title {TITLE}}}{{\\author {AUTHOR}}}{{\\creatim\\yr2026\\mo3\\dy2\\hr9\\min0}}}}\n"
        "{\\*\\generator Word;}{\\header\\pard Running head\\par}\n"
        f"\\pard\\s1 {TITLE}\\par\n"
        f"\\pard {INTRODUCTION[0]}{{\\super\\chftn{{\\footnote\\pard\\plain\\chftn {NOTE}}}}}"
        f"{INTRODUCTION[1].replace('°', chr(92) + chr(39) + 'b0')}{{\\v  Hidden.}}\\par\n"
        "\\pard\\s9 Contents 1\\par\n"
        f"\\pard\\s2 {HELPS}\\par\n\\pard {TRY}\\par\n"
        + item("\\'b7", PILLOW, 720)
        + item("\\'b7", THIN, 1440)
        + item("\\'b7", HEAT, 720)
        + f"\\pard\\outlinelevel1 {EXERCISES}\\par\n\\pard {ORDER}\\par\n"
        + item("1.", SWINGS, 720)
        + item("2.", SLIDES, 720)
        + f"{{\\pard\\outlinelevel2 {OFTEN}\\par}}\n{rows}\\pard\\s2 {DOCTOR}\\par\n\\pard {LAST}\\par\n}}\n"
    )


def _xhtml(body: str, title: str) -> str:
    return (
        '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" '
        '"http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd"><html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title>{title}</title><style>p {{}}</style></head>'
        f"<body>{body}</body></html>"
    )


def epub_parts() -> dict[str, str]:
    """The parts of the e-book, by name. Its spine is in another order than its manifest."""
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in TABLE)
    first = (
        f"<h1>{TITLE}</h1><p>{INTRODUCTION[0]}<sup>1</sup>{INTRODUCTION[1].replace('°', '&deg;')}</p>"
        f"<aside><p>[1] {NOTE}</p></aside><h2>{HELPS}</h2><div>{TRY}<ul><li>{PILLOW}"
        f"<ul><li><p>{THIN}</p></li></ul></li><li>{HEAT}</li></ul></div>"
    )
    second = (
        f"<section><h2>{EXERCISES}</h2><p>{ORDER.replace('order', '<em>order</em>')}</p>"
        f"<ol><li>{SWINGS}</li><li>{SLIDES}</li></ol><h3>{OFTEN}</h3><table><tbody>{rows}</tbody></table></section>"
    )
    items = "".join(
        f'<item id="{name}" href="text/{name}.xhtml" media-type="application/xhtml+xml"/>'
        for name in ("last", "second", "first", "cover")
    )
    return {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<metadata><dc:title>{TITLE}</dc:title><dc:creator>{AUTHOR}</dc:creator><dc:language>en-GB</dc:language>"
        "<dc:date>2026-03-02</dc:date><dc:publisher>Our Clinic</dc:publisher><dc:rights>CC BY 4.0</dc:rights>"
        f'</metadata><manifest>{items}<item id="nav" href="nav.xhtml" properties="nav" '
        'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="nav"/><itemref idref="cover"/>'
        '<itemref idref="first"/><itemref idref="second"/><itemref idref="last"/></spine></package>',
        "OEBPS/nav.xhtml": _xhtml(f'<nav><ol><li><a href="text/last.xhtml">{DOCTOR}</a></li></ol></nav>', "Contents"),
        "OEBPS/text/cover.xhtml": _xhtml(f'<section epub:type="titlepage"><h1>{TITLE}</h1></section>', "Cover"),
        "OEBPS/text/first.xhtml": _xhtml(first, "1"),
        "OEBPS/text/second.xhtml": _xhtml(second, "2"),
        "OEBPS/text/last.xhtml": _xhtml(f"<h2>{DOCTOR}</h2><p>{LAST}</p>", "3"),
    }


def epub() -> bytes:
    """The article as an e-book."""
    return package(epub_parts())


def printed() -> bytes:
    """The article as printed on two pages, with a running head and page numbers."""

    def frame(number: int) -> list[Text]:
        return [Text("Our Clinic: leaflets", 72, 800, 8), Text(f"Page {number} of 2", 270, 40, 8)]

    first = [
        Text(TITLE, 72, 740, 18, bold=True),
        Text(INTRODUCTION[0], 72, 700),
        Text("1", 227, 704, 6),
        Text(INTRODUCTION[1], 230.5, 700),
        Text(f"[1] {NOTE}", 72, 670, 8),
        Text(HELPS, 72, 630, 14, bold=True),
        Text(TRY, 72, 605),
        Text(f"\u2022 {PILLOW}", 82, 593),
        Text(f"\u2022 {THIN}", 102, 581),
        Text(f"\u2022 {HEAT}", 82, 569),
        Text(EXERCISES, 72, 530, 14, bold=True),
        Text("Do them in this or-", 72, 505),
    ]
    second = [
        Text("der, and stop when it hurts.", 72, 740),
        Text(f"1. {SWINGS}", 82, 728),
        Text(f"2. {SLIDES}", 82, 716),
        Text(OFTEN, 72, 680, 12, bold=True),
        *[
            Text(cell, 72 + 150 * at, 655 - 14 * place)
            for place, row in enumerate(TABLE)
            for at, cell in enumerate(row)
        ],
        Text(DOCTOR, 72, 580, 14, bold=True),
        Text("See a doctor if you cannot lift the arm, or if fever or numbness", 72, 555),
        Text("come with the pain.", 72, 543),
    ]
    return pdf([[*first, *frame(1)], [*second, *frame(2)]], Title="leaflet.docx", Author=AUTHOR)


def jats() -> str:
    """The article as a journal has it."""
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in TABLE)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Publishing DTD v1.2 20190208//EN" "JATS.dtd">
<article xmlns:xlink="http://www.w3.org/1999/xlink" xml:lang="en" article-type="research-article">
<front><journal-meta><journal-title-group><journal-title>Our Journal</journal-title></journal-title-group>
</journal-meta>
<article-meta><article-id pub-id-type="pmid">1</article-id><article-id pub-id-type="pmc">12345</article-id>
<article-id pub-id-type="doi">10.1234/shoulder.5</article-id>
<title-group><article-title>{TITLE}</article-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>Writer</surname><given-names>Ada</given-names></name>
</contrib><contrib contrib-type="editor"><name><surname>Reader</surname><given-names>Bob</given-names></name></contrib>
</contrib-group><pub-date pub-type="collection"><year>2026</year></pub-date>
<pub-date pub-type="epub"><day>2</day><month>March</month><year>2026</year></pub-date>
<permissions><license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>Free.</license-p></license>
</permissions></article-meta></front>
<body><p>{INTRODUCTION[0]}<sup><xref ref-type="bibr" rid="r1">1</xref></sup>{INTRODUCTION[1]}</p><p>[1] {NOTE}</p>
<sec><title>{HELPS}</title><p>{TRY}<list list-type="bullet"><list-item><p>{PILLOW}</p><list list-type="bullet">
<list-item><p>{THIN}</p></list-item></list></list-item><list-item><p>{HEAT}</p></list-item></list></p></sec>
<sec><title>{EXERCISES}</title><p>{ORDER}</p><list list-type="order"><list-item><p>{SWINGS}</p></list-item>
<list-item><p>{SLIDES}</p></list-item></list><sec><title>{OFTEN}</title>
<table-wrap><table><thead>{rows[: rows.index("</tr>") + 5]}</thead><tbody>{rows[rows.index("</tr>") + 5 :]}</tbody>
</table></table-wrap></sec></sec>
<sec><title>{DOCTOR}</title><p>{LAST}</p></sec>
<sec sec-type="supplementary-material"><title>Supporting files</title><supplementary-material/></sec></body>
<back><ack><p>Thanks to nobody.</p></ack>
<ref-list><ref><mixed-citation>Nobody. Nothing.</mixed-citation></ref></ref-list>
</back></article>
"""


def medlineplus() -> str:
    """Two health topics in one file, in two languages, and one that has no text."""
    summary = escape(
        f"<p>{INTRODUCTION[0]}{INTRODUCTION[1]}</p><h3>{HELPS}</h3><ul><li>{PILLOW}</li><li>{SLIDES}</li></ul>"
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<health-topics total="3" date-generated="03/02/2026 02:30:31">
<health-topic title="Sore Shoulder" url="https://example.org/soreshoulder.html" id="11" language="English"
 date-created="03/02/2026"><also-called>Shoulder pain</also-called><full-summary>{summary}</full-summary>
<group url="https://example.org/bones.html" id="7">Bones</group><see-reference>Painful shoulder</see-reference>
<site title="Elsewhere" url="https://example.org/x"><organization>Others</organization></site></health-topic>
<health-topic title="Dolor de hombro" url="https://example.org/hombro.html" id="12" language="Spanish">
<full-summary>&lt;p&gt;El hombro duele m&amp;aacute;s de noche.&lt;/p&gt;</full-summary></health-topic>
<health-topic title="Empty" url="https://example.org/empty.html" id="13" language="English">
<full-summary></full-summary></health-topic>
</health-topics>
"""


def medquad() -> str:
    """Questions and answers, one of them without an answer."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document id="0000007" source="OURS" url="https://example.org/shoulder">
<Focus>Sore Shoulder</Focus>
<FocusAnnotations><Synonyms><Synonym>Shoulder pain</Synonym></Synonyms></FocusAnnotations>
<QAPairs>
<QAPair pid="1"><Question qid="0000007-1" qtype="treatment">What are the treatments for Sore Shoulder ?</Question>
<Answer>{INTRODUCTION[0]}{INTRODUCTION[1]}

  Try these:  - {PILLOW}  - {SLIDES}</Answer></QAPair>
<QAPair pid="2"><Question qid="0000007-2" qtype="causes">What causes Sore Shoulder ?</Question><Answer/></QAPair>
</QAPairs></Document>
"""


if __name__ == "__main__":
    main()
