"""The collection page without a browser: what it shows in which state; and what visitors are told of what is kept."""

from __future__ import annotations

import errno
import shutil
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.ipc
import pytest
from streamlit.testing.v1 import AppTest

from healthsearch import collection_wording, wording
from healthsearch.build import build
from healthsearch.collection_markup import builds
from healthsearch.errors import HealthSearchError
from healthsearch.history import Built, Files
from healthsearch.index_folder import Pointer
from healthsearch.unanswered import FILE, UnansweredQuestions
from tests.folders import flip, in_use
from tests.pages import NO_ANSWER, PAYLOAD, PAYLOAD_TITLE, QUESTION, Start, ask, labels, markup, started, words
from tests.ready_model import ReadyModel

# As the page tells when the index was built.
BUILT = f"<dt>{collection_wording.BUILT_ON}</dt>"


def collection(page: AppTest) -> AppTest:
    page.switch_page("healthsearch/interface/collection_page.py").run()
    assert not page.exception
    return page


def press(page: AppTest, key: str) -> str:
    """What the page says after a button."""
    page.button(key=key).click().run()
    assert not page.exception
    return words(page)


def drawn(page: AppTest) -> list[list[dict[str, Any]]]:
    """The rows of every layer of the last chart."""
    found = page.get("vega_lite_chart")[-1].proto.datasets
    return [pyarrow.ipc.open_stream(one.data.data).read_all().to_pylist() for one in found]


def alternatives(page: AppTest) -> list[str]:
    return [chart.proto.alt for chart in page.get("vega_lite_chart")]


def test_the_collection_is_told_in_numbers_words_and_charts(start: Start, built: Path) -> None:
    page = collection(start())
    told = words(page)
    assert "Articles9" in told and f"Fingerprint{Pointer.read(built / 'index').generation}" in told
    assert collection_wording.MAP in told and collection_wording.ASK_FIRST in told
    assert "9 added" in told and "muscle-cramps.md" in told
    assert collection_wording.NOT_KEPT in told and collection_wording.NO_TEST_QUESTIONS in told
    said = alternatives(page)
    assert "Language: English 8, not given 1" in said
    assert "Publisher: healthsearch 5, A sleep clinic 1, An old library 1, not given 2" in said
    assert any(text.startswith("A map of 66 passages from 9 articles.") for text in said)


def test_where_all_articles_are_alike_words_stand_for_a_chart(
    start: Start, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default_model: ReadyModel
) -> None:
    (tmp_path / "corpus").mkdir()
    for name in ("stroke.md", "constipation.md"):
        shutil.copy(built / "corpus" / name, tmp_path / "corpus")
    build(tmp_path / "corpus", tmp_path / "index", default_model)
    monkeypatch.setenv("HEALTHSEARCH_INDEX", str(tmp_path / "index"))
    page = collection(started())
    assert "LanguageEnglish, all 2 articles" in words(page)
    assert not [text for text in alternatives(page) if text.startswith("Language")]


def test_the_map_holds_every_passage_and_the_last_question_with_what_it_found(start: Start) -> None:
    page = collection(ask(start(), QUESTION))
    assert collection_wording.question_drawn(QUESTION) in words(page)
    layers = drawn(page)
    passages = max(layers, key=len)
    assert len(passages) == 66 and {len(layer) for layer in layers} >= {5, 1}, "five hits and one question"
    assert PAYLOAD_TITLE in {point["article"] for point in passages}
    assert any(PAYLOAD[:60] in point["beginning"] for point in passages)


def test_the_articles_are_listed_by_title_and_by_a_part_of_what_is_told_of_them(start: Start) -> None:
    page = collection(start())
    listed = "(muscle-cramps.md, "
    assert listed in words(page) and PAYLOAD_TITLE in words(page)
    page.text_input(key="part").input(" MUSCLE-cr ").run()
    assert listed in words(page) and "(stroke.md, " not in words(page)
    page.text_input(key="part").input("a sleep clinic").run()
    assert listed not in words(page) and ", A sleep clinic, " in words(page)
    for part in ("%", "_x", "no such article"):
        page.text_input(key="part").input(part).run()
        assert collection_wording.NOT_LISTED in words(page), part


def test_check_and_look_say_what_they_find(start: Start, built: Path) -> None:
    page = collection(start())
    assert collection_wording.SOUND in press(page, "check")
    article = built / "corpus" / "leeches.md"
    text = article.read_text(encoding="utf-8")
    try:
        article.write_text(f"{text} More.", encoding="utf-8")
        told = press(page, "check")
    finally:
        article.write_text(text, encoding="utf-8")
    assert collection_wording.NOT_SOUND in told and "1 changed" in told
    when = str(page.session_state["checked"][1])
    told = press(page, "look")
    assert collection_wording.NOT_SOUND in told and "1 changed" in told, "it stays when another button is pressed"
    assert collection_wording.checked(when) in told
    page.session_state["checked"] = ("an earlier generation", when, [])
    assert collection_wording.SOUND not in words(page.run())
    told = press(page, "look")
    assert "17 May 2001" in told and collection_wording.OUTDATED in told and collection_wording.ALIKE not in told
    when = str(page.session_state["looked-through"][1])
    told = press(page, "check")
    assert "17 May 2001" in told and collection_wording.looked_through(when) in told, "so does this"
    page.session_state["looked-through"] = ("an earlier generation", when, {collection_wording.OUTDATED: ["Leeches"]})
    assert collection_wording.looked_through(when) not in words(page.run())


def test_test_questions_are_asked_on_demand_and_the_steps_can_be_moved(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "queries.jsonl").write_text(
        f'{{"_id": "a", "text": "{QUESTION}"}}\n{{"_id": "b", "text": "How do I stop leg cramps at night?"}}\n'
        '{"_id": "c", "text": "?"}\n'
    )
    (tmp_path / "unanswerable.jsonl").write_text(f'{{"_id": "u", "text": "{NO_ANSWER}"}}\n')
    (tmp_path / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\na\tmassage-for-a-herniated-disc\t1\nb\tstroke\t1\nc\tstroke\t1\n"
    )
    monkeypatch.setenv("HEALTHSEARCH_QUESTIONS", str(tmp_path))
    page = collection(start())
    assert collection_wording.FIRST_RIGHT not in words(page)
    told = press(page, "ask-all")
    assert collection_wording.asked_questions(2, 1) in told
    assert collection_wording.left_out(1) in told and collection_wording.why_left_out("c", "it holds no words") in told
    assert f"{collection_wording.FIRST_RIGHT}50.0%" in told and collection_wording.missed(1) in told
    assert "2 answered (100%)" in alternatives(page)[-1] and "1 nothing (100%)" in alternatives(page)[-1]
    page.slider(key="steps").set_value((0.0, 0.0)).run()
    assert "1 answered (100%)" in alternatives(page)[-1]
    monkeypatch.setenv("HEALTHSEARCH_QUESTIONS", str(tmp_path / "gone"))
    assert str(tmp_path / "gone") in words(page.run())


def test_test_questions_about_other_articles_are_named(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "queries.jsonl").write_text(
        f'{{"_id": "a", "text": "{QUESTION}"}}\n{{"_id": "<b>", "text": "What is a stroke?"}}\n'
    )
    judged = tmp_path / "qrels" / "test.tsv"
    judged.write_text("query-id\tcorpus-id\tscore\na\tstroke\t1\n<b>\tgone\t1\nc\tstroke\t1\n")
    monkeypatch.setenv("HEALTHSEARCH_QUESTIONS", str(tmp_path))
    page = collection(start())
    told = press(page, "ask-all")
    assert collection_wording.left_out(2) in told
    assert "“<b>”: this index has no “gone”" in told and "“c”: queries.jsonl has no such question" in told
    assert "<b>”" not in markup(page)
    judged.write_text("query-id\tcorpus-id\tscore\na\tgone\t1\n")
    told = press(page, "ask-all")
    assert collection_wording.CANNOT_ASK in told and wording.problem(HealthSearchError("", "", ""))[0] not in told
    assert "none of its questions is about an article of this index" in told


def test_what_the_newest_build_skipped_is_seen_at_once() -> None:
    nothing = Files()
    sound, skipping = (
        Built("2026-11-22T09:05:00+00:00", "a0", Files(1, ("a.md",)), nothing, nothing, nothing, skipped)
        for skipped in (nothing, Files(2, ("<b>.md: it is empty.",)))
    )
    drawn = builds([skipping, sound])
    assert drawn.count("<details") == 2 and drawn.count(" open>") == 1
    assert "&lt;b&gt;.md: it is empty.<br>and 1 more" in drawn.partition(" open>")[2].partition("</details>")[0]
    assert " open>" not in builds([sound, skipping])


def test_test_questions_are_asked_again_only_when_they_have_changed(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "qrels").mkdir()
    file = tmp_path / "queries.jsonl"
    file.write_text(f'{{"_id": "a", "text": "{QUESTION}"}}\n')
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\na\tstroke\t1\nb\tstroke\t1\n")
    monkeypatch.setenv("HEALTHSEARCH_QUESTIONS", str(tmp_path))
    one, other = collection(start()), collection(start())
    reads: list[str] = []
    listening = [True]

    def listen(call: str, arguments: tuple) -> None:
        if listening and call == "open" and str(arguments[0]) == str(file):
            reads.append(str(arguments[0]))

    sys.addaudithook(listen)
    assert collection_wording.asked_questions(1, 0) in press(one, "ask-all")
    assert collection_wording.asked_questions(1, 0) in press(other, "ask-all")
    listening.clear()
    assert len(reads) == 1
    with file.open("a") as more:
        more.write('{"_id": "b", "text": "What is a stroke?"}\n')
    assert collection_wording.asked_questions(2, 0) in press(other, "ask-all")
    assert collection_wording.asked_questions(1, 0) in words(one.run()), "what was asked for here stays"


def test_questions_are_kept_only_where_that_is_asked_for_and_the_reader_is_told(
    start: Start, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ask(start(), NO_ANSWER)
    assert wording.KEPT not in words(page) and not (built / "index" / FILE).exists()
    monkeypatch.setenv("HEALTHSEARCH_KEEP_QUESTIONS", "1")
    page = start()
    assert wording.KEPT in words(page), "before anything is asked"
    try:
        ask(ask(page, NO_ANSWER), QUESTION)
        assert [one.question for one in UnansweredQuestions(built / "index").all()] == [NO_ANSWER]
        collection(page)
        assert collection_wording.unanswered(NO_ANSWER, date.today().isoformat()) in words(page)
        told = press(page, "delete")
    finally:
        (built / "index" / FILE).unlink(missing_ok=True)
    assert collection_wording.NONE_KEPT in told and "delete" not in [button.key for button in page.button]
    assert not (built / "index" / FILE).exists()


def test_questions_that_cannot_be_deleted_are_said_to_be_there_still(start: Start, built: Path) -> None:
    file = built / "index" / FILE
    UnansweredQuestions(built / "index").keep(NO_ANSWER, date(2026, 11, 1))
    refused = {str(file)}

    def refuse(call: str, arguments: tuple) -> None:
        if call == "os.remove" and str(arguments[0]) in refused:
            raise OSError(errno.EROFS, "Read-only file system")

    sys.addaudithook(refuse)
    try:
        told = press(collection(start()), "delete")
    finally:
        refused.clear()
        file.unlink()
    assert f"{collection_wording.CANNOT_DELETE}Read-only file system" in told
    assert collection_wording.unanswered(NO_ANSWER, "2026-11-01") in told


def test_without_an_index_it_says_what_to_do(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = start()
    monkeypatch.setenv("HEALTHSEARCH_INDEX", str(tmp_path / "index"))
    collection(page)
    assert "there is no index yet" in words(page) and "build_index.py" in words(page)
    assert labels(page) == []


def test_while_an_older_index_serves_it_says_so(
    start: Start, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default_model: ReadyModel
) -> None:
    page = start()
    corpus, index = (shutil.copytree(built / name, tmp_path / name) for name in ("corpus", "index"))
    (corpus / "stroke.md").unlink()
    build(corpus, index, default_model)
    (index / "builds.json").write_text("{", encoding="utf-8")
    flip(in_use(index) / "coverage/ends.npy", -1)
    monkeypatch.setenv("HEALTHSEARCH_INDEX", str(index))
    told = words(collection(page))
    assert wording.OLDER_SERVES in told and "Articles9" in told and collection_wording.NO_BUILDS in told
    assert f"Fingerprint{Pointer.read(index).previous}" in told and BUILT not in markup(page), (
        "the date is the newer one's"
    )


def test_a_broken_pointer_takes_nothing_from_the_page_but_the_date(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = shutil.copytree(built / "index", tmp_path / "index")
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", str(built / "corpus"))
    monkeypatch.setenv("HEALTHSEARCH_INDEX", str(index))
    page = collection(started())
    assert BUILT in markup(page)
    (index / "current.json").write_text("{", encoding="utf-8")
    told = words(page.run())
    assert wording.OLDER_SERVES in told and "Articles9" in told and "the pointer cannot be read" in told
    assert "the pointer cannot be read" in press(page, "check").partition(collection_wording.NOT_SOUND)[2]


def test_article_text_is_shown_letter_for_letter(start: Start) -> None:
    page = collection(start())
    assert "<script" not in markup(page) and "<img" not in markup(page) and not page.markdown
