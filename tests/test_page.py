"""The page without a browser: which words and elements it shows in which state."""

from __future__ import annotations

import gzip
import html
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import quote_plus, unquote, unquote_plus

import pytest
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from healthsearch import source_wording, wording
from healthsearch.build import build
from healthsearch.interface.browser import PAGE
from tests.folders import ROOT, flip, in_use, put
from tests.formats.make import EXERCISES, NAME, OFTEN, printed
from tests.pages import (
    ARTICLES,
    NO_ANSWER,
    PAYLOAD,
    PAYLOAD_QUESTION,
    PAYLOAD_TITLE,
    PDF_QUESTION,
    QUESTION,
    URGENT_QUESTION,
    Start,
    ask,
    labels,
    markup,
    started,
    words,
)
from tests.ready_model import ReadyModel


def test_the_start_offers_a_box_and_questions_from_the_corpus(start: Start) -> None:
    page = start()
    assert page.text_input(key="question").label == wording.QUESTION
    titles = {(ROOT / "corpus" / f"{name}.md").read_text(encoding="utf-8").split('"')[1] for name in ARTICLES}
    examples = labels(page)[1:]
    assert examples and set(examples) <= titles
    assert labels(start())[1:] == examples


def test_two_articles_with_one_title_are_one_example(
    tmp_path: Path, default_model: ReadyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        put(tmp_path / "corpus", f"{name}.md", f"Text {name}.", title="Why sleep?")
    build(tmp_path / "corpus", tmp_path / "index", default_model)
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", str(tmp_path / "corpus"))
    monkeypatch.setenv("HEALTHSEARCH_INDEX", str(tmp_path / "index"))
    assert labels(started())[1:] == ["Why sleep?"]


def test_the_advice_is_on_every_screen(start: Start) -> None:
    page = start()
    for step in (lambda: ask(page, QUESTION), lambda: page.button(key="read-1").click().run(), lambda: None):
        assert wording.ADVICE in words(page) and wording.EMERGENCY in words(page)
        step()


def test_an_answer_says_so_first_and_shows_where_each_quote_comes_from(start: Start) -> None:
    page = ask(start(), QUESTION)
    told = words(page)
    assert told.index(wording.VERDICTS["answered"]) < told.index("Does massage relieve a herniated lumbar disc?")
    for part in ("Published 22 November 2026", source_wording.NOT_REVIEWED, "Strong match", "5 passages from"):
        assert part in told
    assert 'class="hs-answer" data-label="Best fit"' in markup(page)
    assert 'class="hs-caution" data-label="Caution"' in markup(page)
    assert not re.search(r"0\.\d", told)


def links(page: AppTest) -> dict[str, str]:
    return {element.proto.label: element.proto.url for element in page.get("link_button")}


def test_a_hit_in_a_pdf_names_its_page_and_opens_it(start: Start, built: Path) -> None:
    page = ask(start(), PDF_QUESTION)
    assert f"{EXERCISES}, page 1" in words(page) or f"{OFTEN}, page 2" in words(page)
    address = links(page)[wording.open_page(2)]
    assert re.fullmatch(r"[\w/]*media/\w+\.pdf#page=2", address)


def test_a_pdf_that_is_gone_or_leads_out_of_the_corpus_is_not_opened(start: Start, built: Path, tmp_path: Path) -> None:
    file = built / "corpus" / f"{NAME}.pdf"
    data = file.read_bytes()
    (tmp_path / "out.pdf").write_bytes(data)
    try:
        file.unlink()
        assert links(ask(start(), PDF_QUESTION)) == {}
        file.symlink_to(tmp_path / "out.pdf")
        assert links(ask(start(), PDF_QUESTION)) == {}
    finally:
        file.unlink(missing_ok=True)
        file.write_bytes(data)


def test_a_pdf_that_was_replaced_is_not_opened_at_a_page_of_the_old_one(start: Start, built: Path) -> None:
    file = built / "corpus" / f"{NAME}.pdf"
    data = file.read_bytes()
    page = ask(start(), PDF_QUESTION)
    assert links(page)
    try:
        file.write_bytes(data + b"% another edition")
        assert links(page.run()) == {}
    finally:
        file.write_bytes(data)


def test_a_packed_pdf_tells_its_page_but_is_not_opened(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default_model: ReadyModel
) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / f"{NAME}.pdf.gz").write_bytes(gzip.compress(printed()))
    build(tmp_path / "corpus", tmp_path / "index", default_model)
    for name in ("corpus", "index"):
        monkeypatch.setenv(f"HEALTHSEARCH_{name.upper()}", str(tmp_path / name))
    page = ask(started(), PDF_QUESTION)
    assert ", page 2" in words(page) and links(page) == {}


def test_a_click_reads_neither_a_pdf_nor_the_script_of_the_page_again(start: Start, built: Path) -> None:
    files = {str(built / "corpus" / f"{NAME}.pdf"), str(PAGE / "page.html"), str(PAGE / "page.js")}
    page = ask(start(), PDF_QUESTION)
    opened: list[str] = []
    listening = [True]

    def listen(call: str, arguments: tuple) -> None:
        if listening and call == "open" and str(arguments[0]) in files:
            opened.append(str(arguments[0]))

    sys.addaudithook(listen)
    page.run()
    listening.clear()
    assert links(page) and opened == []


def test_why_a_passage_was_found_is_told_in_words(start: Start) -> None:
    page = ask(start(), QUESTION)
    assert markup(page).count(f"<summary>{wording.WHY}</summary>") == 5
    told = words(page)
    assert "Contains “massage”, “herniated” and “disc” (or related forms)" in told
    assert "this is the closest to your question by meaning and the" in told
    assert "It is very likely that the best passage answers your question." in told
    assert "“qq<i>qq”." in words(ask(page, f"{QUESTION} qq<i>qq"))


def test_a_mended_slip_is_shown_and_can_be_taken_back(start: Start) -> None:
    page = ask(start(), "is masage safe for a herniated disc")
    assert "Read “masage” as “massage”." in words(page)
    page.button(key="as-typed").click().run()
    assert not page.exception
    assert "Read “" not in words(page)
    assert wording.AS_TYPED not in labels(page)
    assert wording.AS_TYPED not in labels(ask(start(), QUESTION))


def test_an_example_asks_its_question(start: Start) -> None:
    page = start()
    question = labels(page)[1]
    page.button(key=f"example-{question}").click().run()
    assert page.text_input(key="question").value == question
    assert wording.VERDICTS["answered"] in words(page)


def test_without_an_answer_the_nearest_passages_are_behind_a_disclosure(start: Start) -> None:
    page = ask(start(), NO_ANSWER)
    assert wording.VERDICTS["nothing"] in words(page)
    assert wording.SUGGESTIONS[0] in words(page)
    [disclosure] = [expander for expander in page.expander if expander.label == wording.NEAREST]
    assert (disclosure.label, disclosure.proto.expanded) == (wording.NEAREST, False)
    assert len(disclosure.button) == 5
    assert "hs-answer" not in markup(page)


def test_an_article_opens_whole_with_what_its_source_says(start: Start) -> None:
    page = ask(start(), "leeches for sore knees")
    assert "The last review is more than three years old" in words(page)
    page.button(key="read-1").click().run()
    told = words(page)
    for part in ("What leeches do", "An old library", "Published April 1998", "Reviewed 25 years ago (17 May 2001)"):
        assert part in told
    for part in ("CC0", "A very old book", "leeches.md"):
        assert part in told
    assert '<a href="https://example.com/leeches"' in markup(page)
    assert 'id="hs-passage-1"' in markup(page)


def test_an_opened_article_shows_its_contents_and_all_that_matches(start: Start) -> None:
    page = ask(start(), QUESTION)
    page.button(key="read-1").click().run()
    opened = markup(page)
    headings = re.findall(r'<h\d class="hs-heading" id="(.*?)"', opened)
    assert re.findall(r'<a href="#(.*?)">', opened) == headings and len(headings) > 5
    numbers = re.findall(r' data-match="(\d+)"', opened)
    assert len(numbers) > 2 and f"Match 1 of {len(numbers)}" in opened
    assert wording.NEXT in words(page) and wording.PREVIOUS in words(page)
    assert opened.count('class="hs-found"') == 1


def test_an_article_with_one_match_has_no_way_to_others(start: Start) -> None:
    page = ask(start(), PAYLOAD_QUESTION)
    page.button(key="read-1").click().run()
    assert wording.match_label(1, 1) in markup(page)
    assert wording.NEXT not in words(page) and wording.CONTENTS not in words(page)


def test_the_way_back_leads_to_the_same_results(start: Start) -> None:
    page = ask(start(), QUESTION)
    before = markup(page)
    page.button(key="read-2").click().run()
    assert "hs-article" in markup(page)
    page.button(key="back").click().run()
    assert markup(page) == before
    assert page.text_input(key="question").value == QUESTION


def test_article_text_is_shown_letter_for_letter(start: Start) -> None:
    page = ask(start(), PAYLOAD_QUESTION)
    assert PAYLOAD in words(page) and PAYLOAD_TITLE in words(page)
    assert "<script" not in markup(page) and "<img" not in markup(page)
    page.button(key="read-1").click().run()
    assert PAYLOAD in words(page) and PAYLOAD_TITLE in words(page)
    assert "<script" not in markup(page) and "<img" not in markup(page)
    assert not page.markdown


@pytest.mark.parametrize("question", ["", "   ", "🙂🙂", "disc " * 2_000, "?!"])
def test_a_question_that_cannot_be_searched_is_answered_in_words(start: Start, question: str) -> None:
    page = ask(start(), question)
    assert "Your question cannot be searched yet" in words(page)
    assert len(labels(page)) > 1, "the examples are there again"


@pytest.mark.parametrize("question", ['massage AND "disc*"', "NEAR(massage disc)", "$massage$ :red[x] <b>", "a:b^2 ~"])
def test_operators_in_a_question_are_only_words(start: Start, question: str) -> None:
    assert any(verdict in words(ask(start(), question)) for verdict in wording.VERDICTS.values())


def test_a_search_is_narrowed_by_what_the_corpus_has_and_widened_again(start: Start) -> None:
    page = start()
    publisher, since = page.multiselect(key="where-publisher"), page.selectbox(key="where-reviewed")
    expected = ["healthsearch (5)", "A sleep clinic (1)", "An old library (1)"]
    assert (publisher.label, publisher.options) == ("Publisher", expected)
    assert (since.label, {option[-4:] for option in since.options}) == ("Reviewed since", {" (1)"})
    assert page.multiselect(key="where-folder").options == ["Top folder (8)", "sleep (1)"]
    ask(page, QUESTION)
    assert "An old library" not in words(page)
    page.multiselect(key="where-publisher").select("An old library").run()
    told = words(page)
    assert not page.exception
    assert wording.narrowed(1) in told and "Does massage relieve" not in told
    page.button(key="read-1").click().run()
    page.button(key="back").click().run()
    assert page.multiselect(key="where-publisher").value == ["An old library"]
    page.button(key="widen").click().run()
    assert not page.exception
    assert page.multiselect(key="where-publisher").value == []
    assert wording.VERDICTS["answered"] in words(page) and "Does massage relieve" in words(page)


def test_a_search_narrowed_to_nothing_says_so(start: Start) -> None:
    page = ask(start(), QUESTION)
    page.multiselect(key="where-publisher").select("healthsearch")
    page.multiselect(key="where-language").select("en").run()
    assert wording.VERDICTS["answered"] in words(page)
    page.selectbox(key="where-reviewed").select_index(0).run()
    assert not page.exception
    assert wording.VERDICTS["nothing"] in words(page) and wording.narrowed(0) in words(page)
    assert not [expander for expander in page.expander if expander.label == wording.NEAREST]


def test_an_urgent_sign_is_noticed_above_the_results_once(start: Start) -> None:
    told = words(ask(start(), URGENT_QUESTION))
    assert told.count("Possible heart attack") == 1 == told.count(wording.URGENT)
    assert told.index(wording.URGENT) < min(
        told.index(verdict) for verdict in wording.VERDICTS.values() if verdict in told
    )
    assert "European Resuscitation Council" in told
    assert wording.URGENT not in words(ask(start(), QUESTION))


def test_signs_that_cannot_be_read_are_told_of_and_the_search_goes_on(
    start: Start, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = shutil.copytree(built / "corpus", tmp_path / "corpus")
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", str(corpus))
    (corpus / "urgent.yaml").write_text("- name: [", encoding="utf-8")
    page = ask(start(), QUESTION)
    assert wording.NO_SIGNS in words(page) and "not valid YAML in line 1" in words(page)
    assert wording.VERDICTS["answered"] in words(page)
    shutil.copy(built / "corpus" / "urgent.yaml", corpus)
    assert wording.NO_SIGNS not in words(ask(page, QUESTION))


def test_a_link_to_a_passage_opens_its_article_there(start: Start) -> None:
    page = ask(start(), QUESTION)
    [link, *_] = re.findall(r'data-copy-link="\?passage=(.*?)"', markup(page))
    quote = re.search(r"<blockquote.*?</blockquote>", markup(page), re.DOTALL)
    assert quote and len(re.findall(r'data-copy-link="\?passage=', markup(page))) == 5
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    page.query_params["passage"] = unquote_plus(link)
    page.run()
    assert not page.exception
    found = re.search(r'<div role="group" class="hs-found".*?</div>', markup(page), re.DOTALL)
    assert found and set(re.sub("<[^>]*>", "", quote[0]).split()) <= set(re.sub("<[^>]*>", "", found[0]).split())
    assert labels(page) == [wording.TO_SEARCH]
    page.button(key="back").click().run()
    assert page.text_input(key="question").value == "" and "passage" not in page.query_params


@pytest.mark.parametrize("link", ["nonsense", "gone@12.0123456789abcdef", "<script>@1.0"])
def test_a_link_that_leads_nowhere_says_so(start: Start, link: str) -> None:
    start()
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    page.query_params["passage"] = link
    page.run()
    assert not page.exception
    assert "This link does not work" in words(page) and len(labels(page)) > 1


def test_a_link_to_a_rewritten_passage_opens_the_article_as_it_stands(start: Start) -> None:
    start()
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    page.query_params["passage"] = "leeches@12.0123456789abcdef"
    page.run()
    assert wording.REWRITTEN in words(page) and "Leeches for sore knees bite." in words(page)
    assert "data-match" not in markup(page)


def test_a_link_with_a_question_asks_it_and_the_next_one_leaves_the_address(start: Start) -> None:
    start()
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    page.query_params["question"] = QUESTION
    page.run()
    assert page.text_input(key="question").value == QUESTION
    assert wording.VERDICTS["answered"] in words(page)
    assert f'data-copy-link="?question={html.escape(quote_plus(QUESTION))}"' in markup(page)
    ask(page, "leg cramps")
    assert "question" not in page.query_params


def test_what_is_copied_is_letter_for_letter(start: Start) -> None:
    copied = [unquote(text) for text in re.findall(r'data-copy="(.*?)"', markup(ask(start(), PAYLOAD_QUESTION)))]
    assert any(text.startswith("“") and PAYLOAD in text for text in copied)
    assert any(text.startswith("@misc{payload") for text in copied) and any("TY  - GEN\nTI" in text for text in copied)


def test_two_passages_that_do_not_say_the_same_stand_side_by_side(
    tmp_path: Path, default_model: ReadyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    relief, limit = "Cupping eases a stiff neck.", "Do not have cupping of the neck if you take a blood thinner."
    put(tmp_path / "corpus", "a.md", relief, limit, title="Cupping for a stiff neck", language="en")
    put(tmp_path / "corpus", "b.md", "Stretch the calf for a cramp.", title="Cramp", language="en")
    build(tmp_path / "corpus", tmp_path / "index", default_model)
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", str(tmp_path / "corpus"))
    monkeypatch.setenv("HEALTHSEARCH_INDEX", str(tmp_path / "index"))
    page = ask(started(), "does cupping ease a stiff neck")
    [beside] = re.findall(r'<section class="hs-contrast">.*?</section>', markup(page), re.DOTALL)
    assert wording.CONTRASTS["limit"][0] in beside
    sides = re.findall(r'<a href="#(hs-hit-\d)">Passage (\d), from', beside)
    assert len(sides) == 2
    for anchor, number in sides:
        assert re.search(rf'id="{anchor}".*?<b class="hs-rank">{number}</b>', markup(page), re.DOTALL)


def test_an_answer_can_be_kept(start: Start) -> None:
    page = ask(start(), QUESTION)
    assert [button.label for button in page.get("download_button")] == [wording.AS_MARKDOWN, wording.AS_JSON]
    assert wording.KEEP in words(page) and "fingerprint" in words(page)


def test_earlier_questions_of_the_visit_can_be_asked_again(start: Start) -> None:
    page = ask(start(), "leg *cramps* :red[at] $night$")
    assert wording.EARLIER not in [expander.label for expander in page.expander]
    ask(page, QUESTION)
    [earlier] = [expander for expander in page.expander if expander.label == wording.EARLIER]
    assert [button.label for button in earlier.button] == ["leg \\*cramps\\* \\:red\\[at\\] \\$night\\$"]
    earlier.button[0].click().run()
    assert page.text_input(key="question").value == "leg *cramps* :red[at] $night$"
    [earlier] = [expander for expander in page.expander if expander.label == wording.EARLIER]
    assert len(earlier.button) == 1
    assert wording.EARLIER not in [expander.label for expander in start().expander]


def test_no_two_buttons_are_called_the_same(start: Start) -> None:
    named = labels(ask(start(), QUESTION))
    assert len(named) == len(set(named))
    page = ask(start(), "How do I stop leg cramps at night?")
    numbers = [int(number) for number in re.findall(r'<b class="hs-rank">(\d+)</b>', markup(page))]
    assert numbers == list(range(1, len(numbers) + 1)), "in the order in which they are read"
    assert [label for label in labels(page) if "passage" in label] == [wording.read(number) for number in numbers]


def test_the_first_start_builds_the_index(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = shutil.copytree(built / "corpus", tmp_path / "corpus")
    (corpus / "broken.md").write_text("---\ntitle: [\n---\n\nText.\n", encoding="utf-8")
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", str(corpus))
    monkeypatch.setenv("HEALTHSEARCH_INDEX", str(tmp_path / "index"))
    page = ask(started(), QUESTION)
    assert wording.VERDICTS["answered"] in words(page)
    assert "1 file or part of a file could not be read" in words(page) and "broken.md" in words(page)


def test_without_corpus_and_index_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", str(tmp_path / "missing"))
    monkeypatch.setenv("HEALTHSEARCH_INDEX", str(tmp_path / "index"))
    page = started()
    assert "The search is not available" in words(page) and str(tmp_path / "missing") in words(page)
    assert "Traceback" not in words(page)


def test_an_index_that_cannot_be_read_is_a_message(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = shutil.copytree(built / "index", tmp_path / "index")
    flip(in_use(index) / "vectors.faiss", -1)
    monkeypatch.setenv("HEALTHSEARCH_INDEX", str(index))
    page = started()
    assert "The search is not available" in words(page) and "build_index.py" in words(page)


def test_while_an_older_index_serves_the_page_says_so(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default_model: ReadyModel
) -> None:
    corpus = shutil.copytree(built / "corpus", tmp_path / "corpus")
    index = shutil.copytree(built / "index", tmp_path / "index")
    (corpus / "stroke.md").unlink()
    build(corpus, index, default_model)
    flip(in_use(index) / "vectors.faiss", -1)
    monkeypatch.setenv("HEALTHSEARCH_INDEX", str(index))
    page = ask(started(), QUESTION)
    assert wording.OLDER_SERVES in words(page)
    assert wording.VERDICTS["answered"] in words(page)


def test_a_build_of_somebody_else_is_waited_for(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "index"
    index.mkdir()
    (index / "builder.txt").write_text("process 1", encoding="utf-8")
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", str(built / "corpus"))
    monkeypatch.setenv("HEALTHSEARCH_INDEX", str(index))
    with FileLock(index / "build.lock"), pytest.raises(RuntimeError, match="timed out"):
        AppTest.from_file(str(ROOT / "app.py"), default_timeout=3).run()
    assert labels(started())[1:]
