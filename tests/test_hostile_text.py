"""Hostile texts as articles, through terminal, JSON, kept answers and the page's HTML; as questions and as names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from lxml import html
from markdown_it import MarkdownIt

import build_index
from healthsearch import citing, markup, reading
from healthsearch.answer import Answer
from healthsearch.build import build
from healthsearch.errors import HealthSearchError
from healthsearch.export import answer_markdown
from healthsearch.filters import Equals
from healthsearch.search import Searcher
from healthsearch.terminal import answer_text, json_text
from tests.fakes import KeywordModel
from tests.folders import put, snapshot
from tests.payloads import ALL, ELSEWHERE, TERMINAL, VISIBLE, rows, word
from tests.ready_model import ReadyModel

TODAY = date(2026, 11, 22)
ROWS = rows(ALL, 20)
STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# All that the page is made of: nothing runs, loads, or sends.
ELEMENTS = set(
    "a article b blockquote button code dd details div dl dt footer h1 h2 h3 h4 h5 h6 header li mark nav p q section"
    " span summary ul".split()
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("hostile")
    (home / "corpus").mkdir()
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    (home / "corpus" / "all.jsonl").write_text(lines, encoding="utf-8")
    build(home / "corpus", home / "index", KeywordModel())
    return home


@pytest.fixture(scope="module")
def searcher(home: Path) -> Searcher:
    return Searcher.open(home / "index", KeywordModel().load())


@pytest.fixture(scope="module")
def answers(searcher: Searcher) -> list[Answer]:
    """An answer from each article."""
    return [searcher.search(word(number), k=1, as_typed=True) for number in range(len(ROWS))]


def letters(text: str) -> str:
    return "".join(text.split())


def fragments(markup: str) -> Iterator[html.HtmlElement]:
    yield from html.fragment_fromstring(markup, create_parent="div").iter()


def test_an_article_is_kept_letter_for_letter(searcher: Searcher) -> None:
    articles = list(searcher.generation.article_store.articles())
    assert [article.text for article in articles] == [row["text"] for row in ROWS]
    assert [letters(article.title) for article in articles] == [letters(str(row["title"])) for row in ROWS]


def test_a_terminal_is_not_steered(answers: list[Answer]) -> None:
    for answer in answers:
        for styled in (False, True):
            shown = answer_text(answer, TODAY, styled=styled)
            assert not STEERING.search(re.sub(r"\x1b\[[014]m", "", shown) if styled else shown)
        [(hit, _)] = answer.hits
        for line in hit.passage.text.split("\n"):
            assert STEERING.search(line) or letters(line) in re.sub(
                r"[»«]|\[!\]|\s", "", answer_text(answer, TODAY, styled=False)
            )


def test_json_gives_every_text_back_and_steers_no_terminal(answers: list[Answer]) -> None:
    for answer in answers:
        told = json_text(answer.as_json())
        assert not STEERING.search(told)
        [found] = json.loads(told)["hits"]
        [(hit, article)] = answer.hits
        assert (found["text"], found["title"], found["url"]) == (hit.passage.text, article.title, article.url)


def test_a_kept_answer_has_no_markup_but_its_own(answers: list[Answer]) -> None:
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for answer in answers:
        drawn = html.fragment_fromstring(reader.render(answer_markdown(answer, TODAY)), create_parent="div")
        assert {element.tag for element in drawn.iter()} <= {"div", "h1", "h2", "p", "blockquote", "strong", "br", "hr"}
        assert not any(element.attrib for element in drawn.iter())
        [(hit, _)] = answer.hits
        shown = letters(drawn.text_content())
        for line in hit.passage.text.split("\n"):
            assert STEERING.search(line) or letters(line) in shown


def test_a_citation_stays_in_its_fields(answers: list[Answer]) -> None:
    for answer in answers:
        [(_, article)] = answer.hits
        assert all(re.fullmatch(r"[A-Z]\w  - .*", line) for line in citing.ris(article, "today").split("\n")[:-1])
        entry = citing.bibtex(article, "today").split("\n")
        assert all(re.fullmatch(r"@misc\{[a-z0-9-]+,|  [a-z]+ = \{.*\},|\}", line) for line in entry)


def test_the_page_is_made_of_its_own_elements_alone(answers: list[Answer]) -> None:
    for answer in answers:
        [shown] = answer.numbered
        parts = (
            markup.head(shown.result, TODAY),
            markup.passage(answer, shown, TODAY),
            markup.verdict(answer),
            markup.keep(answer, TODAY),
            reading.whole_article(reading.of_hit(answer, shown, TODAY), TODAY),
        )
        for part in parts:
            for element in fragments(part):
                assert element.tag in ELEMENTS
                assert not [
                    name for name in element.attrib if name.startswith("on") or name in ("style", "src", "srcdoc")
                ]
                assert element.get("href", "#").startswith(("#", "http://", "https://", "?")), element.get("href")
        told = letters(html.fragment_fromstring(parts[-1], create_parent="div").text_content())
        for line in shown.article.text.split("\n"):
            assert STEERING.search(line) or letters(line) in told


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_a_filter_by_a_hostile_name_is_a_filter(searcher: Searcher, number: int) -> None:
    publisher = searcher.generation.article_store.article_at(number).publisher
    assert publisher
    answer = searcher.search("zebrafinch", k=50, where=(Equals("publisher", publisher),))
    assert {article.publisher for _, article in answer.hits} == {publisher}


def test_a_question_is_only_words_and_leaves_the_index_as_it_is(home: Path, searcher: Searcher) -> None:
    before = snapshot(home / "index")
    for question in ALL:
        try:
            answer = searcher.search(question, k=2)
        except HealthSearchError as refused:
            assert refused.place == "question"
            continue
        assert letters(answer.question) == letters(question)
        assert not STEERING.search(answer_text(answer, TODAY, styled=False) + json_text(answer.as_json()))
    assert snapshot(home / "index") == before


def test_a_name_of_a_file_is_a_name(
    tmp_path: Path, ready_tiny_model: ReadyModel, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [payload for payload in ALL if not {"/", "\0"} & set(payload) and len(payload.encode()) < 200]
    assert len(names) > 100
    for name in names:
        put(tmp_path / "corpus", f"{name}.md", f"rest {name}", title="x")
    ready_tiny_model.put_into(tmp_path / "index")
    folders = ["--corpus", str(tmp_path / "corpus"), "--index", str(tmp_path / "index")]
    status = build_index.main([*folders, "--model", ready_tiny_model.name])
    told = capsys.readouterr()
    # Names that cannot be shown are refused by name; all others are articles.
    assert status == 3
    assert not STEERING.search(told.out + told.err.replace("\r", ""))
    refused = told.err.count("the file's name holds characters")
    assert 0 < refused <= sum(1 for name in names if STEERING.search(name) or name in TERMINAL)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "index"]


def test_the_list_is_long_and_reaches_out(tmp_path: Path) -> None:
    assert len(set(ALL)) == len(ALL) >= 300
    assert sum(ELSEWHERE in payload for payload in VISIBLE) > 60
