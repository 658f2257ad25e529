"""A reference finds its passage for as long as the text stands; citations hold what the article says, escaped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given

from healthsearch import citing
from healthsearch.article import Article
from healthsearch.build import build
from healthsearch.errors import HealthSearchError
from healthsearch.passages import Passage
from healthsearch.serving import Service
from tests.fakes import KeywordModel
from tests.folders import put
from tests.texts import ANYTHING

ARTICLE = Article(
    "gout/a",
    "gout/a.md",
    "Gout: 100% & more_{x}",
    "text",
    publisher="A $library",
    published="2024-05-17",
    url="https://example.org/{a}",
    language="en",
)


def passage(text: str, article: str = "a") -> Passage:
    return Passage(article, (), "", text, 0, len(text), ())


@given(identity=ANYTHING.filter(bool), text=ANYTHING.filter(bool))
def test_a_reference_names_its_article_and_its_text(identity: str, text: str) -> None:
    found = citing.reference(passage(text, identity))
    assert citing.article_of(found) == identity
    article = Article(identity, "a.md", "A", f"zz{text}zz")
    assert citing.find(found, article, [2]) == (2, 2 + len(text))
    assert citing.find(found, Article(identity, "a.md", "A", "~" * 90), range(90)) is None


@pytest.mark.parametrize("found", ["", "a", "a@", "a@0.0123456789abcdef", "a@12.xyz", "@1.0123456789abcdef", "a@1.0"])
def test_what_is_no_reference_is_refused(found: str) -> None:
    with pytest.raises(ValueError, match="no reference"):
        citing.article_of(found)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    put(tmp_path / "corpus", "a.md", "Massage helps. Rest too.", "Walking in the sun.")
    put(tmp_path / "corpus", "b.md", "Sleep.")
    build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
    return Service(tmp_path / "index", lambda name: KeywordModel())


def rebuilt(service: Service, *passages: str) -> Service:
    put(service.index.parent / "corpus", "a.md", *passages)
    build(service.index.parent / "corpus", service.index, KeywordModel())
    return service


def test_a_passage_is_found_again_wherever_it_has_moved_and_however_it_is_split(service: Service) -> None:
    [hit, *_] = [hit for hit, _ in service.searcher().search("massage").hits]
    found = citing.reference(hit.passage)
    assert hit.passage.text == "Massage helps. Rest too."
    for passages in (
        ("A new beginning.", "Walking.", "Massage helps. Rest too."),
        ("It is said: the disc heals. Massage helps. Rest too. And heat.",),
    ):
        article, span = rebuilt(service, *passages).linked(found)
        assert span is not None and article.text[slice(*span)] == hit.passage.text
    article, span = rebuilt(service, "Massage helps. Rest, too.").linked(found)
    assert (article.id, span) == ("a", None)


def test_a_link_that_leads_nowhere_is_told_of(service: Service) -> None:
    with pytest.raises(HealthSearchError, match="not in this collection any more"):
        service.linked("gone@3.0123456789abcdef")
    with pytest.raises(HealthSearchError, match="not complete"):
        service.linked("a@3.0123")


def test_a_citation_names_author_year_title_section_and_address() -> None:
    assert citing.plain(ARTICLE, ["Diet", "Beer"], "1 May 2026") == (
        "A $library (2024). Gout: 100% & more_{x}. Section: Diet › Beer. https://example.org/{a}. Read on 1 May 2026."
    )
    authored = Article("a", "a.md", "Gout?", "text", authors=("A. Writer", "B. Writer"), publisher="P")
    assert citing.plain(authored, [], "today") == "A. Writer, B. Writer (no date). Gout? P. a.md. Read on today."


def test_bibtex_escapes_what_tex_reads() -> None:
    assert citing.bibtex(ARTICLE, "1 May 2026") == (
        "@misc{gout-a-2024,\n"
        "  title = {{Gout: 100\\% \\& more\\_\\{x\\}}},\n"
        "  author = {{A \\$library}},\n"
        "  publisher = {A \\$library},\n"
        "  year = {2024},\n"
        "  url = {https://example.org/%7Ba%7D},\n"
        "  language = {en},\n"
        "  note = {Read on 1 May 2026},\n"
        "}"
    )


def test_ris_has_a_line_a_field() -> None:
    assert citing.ris(ARTICLE, "1 May 2026").split("\n") == [
        "TY  - GEN",
        "TI  - Gout: 100% & more_{x}",
        "AU  - A $library",
        "PB  - A $library",
        "PY  - 2024",
        "DA  - 2024/05/17",
        "UR  - https://example.org/{a}",
        "LA  - en",
        "N1  - Read on 1 May 2026",
        "ER  - ",
        "",
    ]


@given(title=ANYTHING, publisher=ANYTHING)
def test_no_title_breaks_out_of_its_field(title: str, publisher: str) -> None:
    article = Article("a", "a.md", title, "text", publisher=publisher)
    entry = citing.bibtex(article, "today")
    bare = re.sub(r"\\(?:textbackslash|textasciitilde|textasciicircum)\{\}|\\[&%$#_{}]", "", entry)
    assert bare.count("{") == bare.count("}") and "\\" not in bare
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in citing.ris(article, "today").split("\n")[:-1])
