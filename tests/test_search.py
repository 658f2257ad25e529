"""Search over a real index with an encoder whose geometry is known: order, limits, the contract's JSON."""

from __future__ import annotations

import json
import math
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from types import NoneType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthsearch.answer import Answer
from healthsearch.arrays import Matrix
from healthsearch.build import build
from healthsearch.embedded import Embedded
from healthsearch.errors import HealthSearchError, NoIndex
from healthsearch.fusion import WEIGHTS
from healthsearch.in_use import open_generation
from healthsearch.mark import word_share
from healthsearch.search import CANDIDATES, PASSAGES_PER_ARTICLE, Searcher
from healthsearch.words import words
from tests.fakes import KeywordEncoder, KeywordModel
from tests.folders import flip, in_use, put, texts

ENCODER = KeywordModel().load()


def make(corpus: Path) -> None:
    """Articles of which the first has far more to say about massage than fits."""
    put(
        corpus,
        "massage.md",
        "Massage of the back. Do not have a massage with a fever.",
        "A massage and a massage.",
        "Massage or rest. See a doctor if the pain stays.",
        "After the massage, walking.",
        "Before the massage, heat.",
        title="Massage",
        url="https://example.org/massage",
        published="2019-03",
        reviewed="2021-05-17",
        language="en",
    )
    put(
        corpus,
        "disc.md",
        "The disc 🪳👩‍⚕️ is soft.\u2028A massage may ease the pain.",
        "Rest for the disc.",
        title="Discs 🙂",
    )
    put(corpus, "sleep.md", "Sleep and rest.", "Pain at night. A massage at night.", title="Sleep", published="2026")
    put(corpus, "walk/far.md", "Walking every day: no massage needed.", "Walking uphill.", title="Walking")
    put(corpus, "vaccine.md", "The vaccine is safe.", title="Vaccines")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("search")
    make(home / "corpus")
    build(home / "corpus", home / "index", KeywordModel())
    return home / "index"


@pytest.fixture(scope="module")
def searcher(index: Path) -> Searcher:
    return Searcher.open(index, ENCODER)


def order(answer: Answer) -> list[tuple[str, int]]:
    return [(article.id, hit.passage.start) for hit, article in answer.hits]


def scores_by_hand(searcher: Searcher, question: str) -> dict[tuple[str, int], float]:
    """What every passage must score, one by one, from the articles' text alone."""
    generation, query, terms = searcher.generation, ENCODER.vector(question), words(question)
    weights = generation.words.weights(terms)
    of_articles = dict(
        zip(
            [article.id for article in generation.article_store.articles()],
            generation.article_words.scores(terms),
            strict=True,
        )
    )
    passages = [generation.article_store.passage(row).passage for row in range(len(generation.vectors))]
    means: dict[str, np.ndarray] = {}
    for passage in passages:
        means[passage.article_id] = means.get(passage.article_id, 0) + ENCODER.vector(passage.encoded_text)
    found = {}
    for passage in passages:
        article = searcher.article(passage.article_id)
        names = "\n".join((article.title, *passage.headings, *article.also_called))
        best = -9.0
        for (start, end), (first, last) in zip(passage.encoded_sentences, passage.sentences, strict=True):
            exact = ENCODER.vector(passage.encoded_text[start:end])
            rounded = np.rint(exact / np.abs(exact).max() * 127)
            cosine = float(rounded @ query / np.linalg.norm(rounded))
            best = max(best, (cosine + 0.5 * word_share(weights, passage.text[first:last])) / 1.5)
        mean = means[passage.article_id]
        measures = {
            "sentence": best,
            "passage": float(ENCODER.vector(passage.encoded_text) @ query),
            "article": float(mean @ query / np.linalg.norm(mean)),
            "passage_words": word_share(weights, f"{names}\n{passage.text}"),
            "article_words": float(of_articles[article.id]),
            "name_words": word_share(weights, names),
        }
        total = sum(WEIGHTS[name] * value for name, value in measures.items())
        found[passage.article_id, passage.start] = total / sum(WEIGHTS.values())
    return found


@pytest.mark.parametrize(
    "question", ["massage", "rest for the disc", "pain at night", "vaccine", "walking or heat", "liver"]
)
def test_every_passage_scores_what_it_should_and_the_best_come_first(searcher: Searcher, question: str) -> None:
    expected = scores_by_hand(searcher, question)
    answer = searcher.search(question, k=100)
    assert {(article.id, hit.passage.start): hit.score for hit, article in answer.hits} == pytest.approx(
        {place: expected[place] for place in order(answer)}, abs=1e-5
    )
    best: list[float] = []
    taken: Counter[str] = Counter()
    for (article, _), score in sorted(expected.items(), key=lambda item: -item[1]):
        if taken[article] < PASSAGES_PER_ARTICLE:
            taken[article] += 1
            best.append(score)
    assert [hit.score for hit, _ in answer.hits] == pytest.approx(best, abs=1e-5)


def test_what_only_one_article_tells_comes_first(searcher: Searcher) -> None:
    [(hit, article)] = searcher.search("Is the vaccine safe?", k=1).hits
    assert (article.id, hit.passage.text, hit.rank) == ("vaccine", "The vaccine is safe.", 1)


def test_an_article_gives_two_passages_and_others_fill_the_rest(searcher: Searcher) -> None:
    answer = searcher.search("massage", k=5)
    assert len(answer.hits) == 5
    counts = Counter(article.id for _, article in answer.hits)
    assert counts["massage"] == 2
    assert max(counts.values()) == 2
    assert {"disc", "sleep", "walk/far"} <= set(counts)
    # Five of its passages would have come before any other, but for the cap.
    expected = scores_by_hand(searcher, "massage")
    first_five = sorted(expected, key=lambda place: -expected[place])[:5]
    assert Counter(article for article, _ in first_five)["massage"] > 2


def test_where_there_is_no_other_article_two_passages_are_all(tmp_path: Path) -> None:
    put(tmp_path / "corpus", "only.md", *(f"massage {number}" for number in range(6)))
    build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
    assert len(Searcher.open(tmp_path / "index", ENCODER).search("massage", k=5).hits) == 2


@pytest.mark.parametrize("k", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("question", ["massage", "a pain in the liver", "yes"])
def test_hits_are_ranked_from_one_unique_finite_and_as_many_as_asked(searcher: Searcher, question: str, k: int) -> None:
    answer = searcher.search(question, k)
    # Of the twelve passages three are over the cap of the first article.
    assert len(answer.hits) == min(k, 9)
    assert [hit.rank for hit, _ in answer.hits] == list(range(1, len(answer.hits) + 1))
    assert len(set(order(answer))) == len(answer.hits)
    scores = [hit.score for hit, _ in answer.hits]
    assert scores == sorted(scores, reverse=True)
    assert all(math.isfinite(score) and -1 <= score <= 1 for score in scores)
    assert order(answer) == order(searcher.search(question, 100))[:k]


def test_results_group_the_hits_by_article_in_the_order_of_their_best(searcher: Searcher) -> None:
    answer = searcher.search("massage", k=9)
    for result in answer.results:
        assert {hit.passage.article_id for hit in result.hits} == {result.article.id}
        assert [hit.rank for hit in result.hits] == sorted(hit.rank for hit in result.hits)
    assert [result.hits[0].rank for result in answer.results] == sorted(
        result.hits[0].rank for result in answer.results
    )
    assert len({result.article.id for result in answer.results}) == len(answer.results)


@pytest.mark.parametrize("k", [0, -1, 101])
def test_a_k_out_of_bounds_is_a_programmer_s_mistake(searcher: Searcher, k: int) -> None:
    with pytest.raises(ValueError, match=f"not {k}$"):
        searcher.search("massage", k)


# Quotes and marks


@pytest.mark.parametrize("question", ["massage", "disc", "sleep at night", "doctor and pain"])
def test_a_hit_is_a_slice_of_its_article_and_marks_are_slices_of_the_hit(searcher: Searcher, question: str) -> None:
    for hit, article in searcher.search(question, k=100).hits:
        passage = hit.passage
        assert passage.text == article.text[passage.start : passage.end] != ""
        assert article == searcher.article(article.id)
        assert [found.kind for found in hit.marks].count("answer") == 1
        at = 0
        for found in hit.marks:
            assert at <= found.start < found.end <= len(passage.text)
            assert found.kind in ("answer", "caution")
            at = found.end


def test_the_answering_sentence_and_the_caution_beside_it_are_marked(searcher: Searcher) -> None:
    hits = {hit.passage.text: hit for hit, _ in searcher.search("massage of the back", k=100).hits}
    text = "Massage of the back. Do not have a massage with a fever."
    marks = {text[found.start : found.end]: found.kind for found in hits[text].marks}
    assert marks == {"Massage of the back.": "answer", "Do not have a massage with a fever.": "caution"}


def test_offsets_count_code_points(searcher: Searcher) -> None:
    hits = {
        article.id: hit
        for hit, article in searcher.search("ease the pain of a disc", k=100).hits
        if hit.passage.start < 20
    }
    passage = hits["disc"].passage
    assert passage.text.startswith("The disc 🪳👩‍⚕️ is soft.\u2028")
    assert passage.start == len("Part 1\n\n")
    assert passage.end == passage.start + len(passage.text)


def test_an_article_that_is_not_there_is_a_key_error(searcher: Searcher) -> None:
    with pytest.raises(KeyError):
        searcher.article("nobody")


# The contract

ANSWER = {"question": str, "verdict": str, "confidence": float, "generation": str, "milliseconds": float, "hits": list}
HIT = {
    "rank": int,
    "score": float,
    "article_id": str,
    "title": str,
    "headings": list,
    "start": int,
    "end": int,
    "text": str,
    "marks": list,
    "notes": list,
    "url": str | None,
    "published": str | None,
    "reviewed": str | None,
    "language": str | None,
}
MARK = {"start": int, "end": int, "kind": str}


def check_types(value: dict, contract: dict) -> None:
    assert list(contract) == [name for name in value if name in contract]
    for name, kind in contract.items():
        kinds = (str, NoneType) if kind == str | None else (kind,)
        assert type(value[name]) in kinds, name


@pytest.mark.parametrize("question", ["massage", "liver"])
def test_the_json_is_that_of_the_contract(searcher: Searcher, question: str) -> None:
    answer = json.loads(json.dumps(searcher.search(f"  {question} \n", k=5).as_json()))
    check_types(answer, ANSWER)
    assert answer["question"] == question
    assert answer["verdict"] in ("answered", "related", "nothing")
    assert 0 <= answer["confidence"] <= 1
    assert answer["generation"] == searcher.generation.name
    assert answer["milliseconds"] >= 0
    assert len(answer["hits"]) == 5
    for hit in answer["hits"]:
        check_types(hit, HIT)
        assert {type(heading) for heading in hit["headings"]} == {str}
        assert {type(note) for note in hit["notes"]} <= {str}
        assert hit["end"] - hit["start"] == len(hit["text"])
        assert hit["marks"] or answer["verdict"] == "nothing"
        for found in hit["marks"]:
            check_types(found, MARK)
            assert found["kind"] in ("answer", "caution")
            assert 0 <= found["start"] < found["end"] <= len(hit["text"])


def test_where_nothing_answers_json_marks_no_answer(searcher: Searcher) -> None:
    nothing = searcher.search("liver", k=9)
    assert nothing.verdict == "nothing"
    kinds = {found["kind"] for hit in nothing.as_json()["hits"] for found in hit["marks"]}
    assert kinds == {"caution"}
    answered = searcher.search("massage", k=9)
    assert answered.verdict != "nothing"
    assert all("answer" in {found["kind"] for found in hit["marks"]} for hit in answered.as_json()["hits"])


def test_the_json_says_what_the_article_says_of_itself(searcher: Searcher) -> None:
    first = searcher.search("massage", k=1).as_json()["hits"][0]
    assert {
        name: first[name] for name in ("rank", "article_id", "title", "url", "published", "reviewed", "language")
    } == {
        "rank": 1,
        "article_id": "massage",
        "title": "Massage",
        "url": "https://example.org/massage",
        "published": "2019-03",
        "reviewed": "2021-05-17",
        "language": "en",
    }
    assert first["headings"][0].startswith("Part ")
    other = searcher.search("vaccine", k=1).as_json()["hits"][0]
    assert [other[name] for name in ("url", "published", "reviewed", "language")] == [None] * 4


def test_an_old_article_is_noted_and_one_without_a_date_is_not(searcher: Searcher) -> None:
    for day, expected in [(date(2024, 5, 16), False), (date(2024, 5, 20), True)]:
        results = searcher.search("massage", k=9, today=day).results
        old = {one.article.id for one in results if any(note.kind == "old" for note in one.notes)}
        assert old == ({"massage"} if expected else set())


def test_the_verdict_is_the_confidence_s(searcher: Searcher) -> None:
    for question in ("massage", "liver", "is the vaccine safe"):
        answer = searcher.search(question)
        assert answer.verdict == searcher.calibration.verdict(answer.confidence)


# Questions of every kind


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "\u2028", " " * 10_000, "\u3000"])
def test_an_empty_question_is_told_so(searcher: Searcher, question: str) -> None:
    with pytest.raises(HealthSearchError, match=r"^question: it is empty\. "):
        searcher.search(question)


@pytest.mark.parametrize("question", ["🙂🙂", "👩‍⚕️", "?!…", '"', "*", ":", "\\", "(", "_ - _", "\0"])
def test_a_question_without_words_is_told_so(searcher: Searcher, question: str) -> None:
    with pytest.raises(HealthSearchError, match=r"^question: it holds no words\. "):
        searcher.search(question)


@pytest.mark.parametrize("question", ["massage " * 1_250, "x" * 10_000, "massage " * 65, "\U0001f642 a" * 3_333])
def test_a_question_that_is_too_long_is_told_so(searcher: Searcher, question: str) -> None:
    with pytest.raises(HealthSearchError, match=rf"it is too long \({len(question.strip()):,} characters\)"):
        searcher.search(question)


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ('"massage"', "massage"),
        ('massage "', "massage"),
        ("massage*", "massage"),
        ("^massage", "massage"),
        ("massage AND disc", "massage disc"),
        ("massage OR disc", "massage disc"),
        ("(massage) + {disc}", "massage disc"),
        ("NEAR(massage disc, 2)", "near massage disc 2"),
        ("title:massage", "title massage"),
        ("massage:", "massage"),
        ("massage\0disc", "massage disc"),
        ("massage'); DROP TABLE passages; --", "massage drop table passages"),
        ("massage~2^3 -disc", "massage 2 3 disc"),
        ("<b>massage</b> $\\alpha$", "b massage b alpha"),
        ("massage 🙂", "massage"),
        ("MASSAGE\u2028disc", "massage disc"),
    ],
)
def test_no_sign_in_a_question_is_an_operator(searcher: Searcher, question: str, plain: str) -> None:
    found, expected = searcher.search(question, k=9), searcher.search(plain, k=9)
    assert order(found) == order(expected)
    assert [hit.score for hit, _ in found.hits] == pytest.approx([hit.score for hit, _ in expected.hits])


@settings(max_examples=10 * settings.default.max_examples)
@given(st.text(max_size=80) | st.text("massage disc\"*:()^~-'\\/ANDORNEAR\u0301🙂", max_size=40))
def test_any_text_is_answered_or_refused_in_words(searcher: Searcher, question: str) -> None:
    try:
        answer = searcher.search(question, k=9)
    except HealthSearchError as error:
        assert error.place == "question"
        return
    assert len(answer.hits) == len(set(order(answer))) == 9
    scores = [hit.score for hit, _ in answer.hits]
    assert all(math.isfinite(score) for score in scores)
    assert scores == sorted(scores, reverse=True)
    assert [hit.rank for hit, _ in answer.hits] == list(range(1, 10))
    assert max(Counter(article.id for _, article in answer.hits).values()) <= PASSAGES_PER_ARTICLE
    assert 0 <= answer.confidence <= 1


def test_four_threads_get_what_one_gets(searcher: Searcher) -> None:
    questions = ["massage", "rest for the disc", "pain at night", "vaccine", "walking", "liver"] * 20
    expected = {question: order(searcher.search(question, k=9)) for question in set(questions)}
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda question: searcher.search(question, k=9), questions))
    assert [answer.question for answer in found] == questions
    assert [order(answer) for answer in found] == [expected[question] for question in questions]


def test_articles_are_ranked_once_each_by_their_best_passage(searcher: Searcher) -> None:
    expected = scores_by_hand(searcher, "massage")
    ranking = searcher.rank_articles("massage", 100)
    best = {article: max(score for (of, _), score in expected.items() if of == article) for article, _ in expected}
    assert dict(ranking) == pytest.approx(best, abs=1e-5)
    assert [score for _, score in ranking] == sorted((score for _, score in ranking), reverse=True)
    assert searcher.rank_articles("massage", 2) == ranking[:2]


# Which index answers


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """An index of this test's own, with its corpus beside it."""
    make(tmp_path / "corpus")
    build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
    yield tmp_path / "index"


def add(index: Path, name: str) -> None:
    put(index.parent / "corpus", f"{name}.md", "heat and pain")
    build(index.parent / "corpus", index, KeywordModel())


def test_a_searcher_stays_with_the_generation_that_it_opened(own: Path) -> None:
    opened = Searcher.open(own, ENCODER)
    add(own, "new")
    assert "new" not in {article.id for _, article in opened.search("heat and pain", k=100).hits}
    newer = Searcher.open(own, ENCODER)
    assert "new" in {article.id for _, article in newer.search("heat and pain", k=100).hits}


def test_a_searcher_outlives_its_files(own: Path) -> None:
    opened = Searcher.open(own, ENCODER)
    before = order(opened.search("massage", k=9))
    shutil.rmtree(own)
    assert order(opened.search("massage", k=9)) == before


def test_when_the_newest_is_damaged_the_one_before_answers_and_says_so(own: Path) -> None:
    before = in_use(own).name
    add(own, "new")
    flip(in_use(own) / "vectors.faiss", -1)
    opened = Searcher.open(own, ENCODER)
    assert opened.fault is not None
    assert opened.fault.place == str(in_use(own) / "vectors.faiss")
    assert opened.search("massage").generation == before
    build(own.parent / "corpus", own, KeywordModel())
    assert Searcher.open(own, ENCODER).fault is None


def test_no_index_is_told_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(NoIndex, match=r"there is no index yet\. Build it: python build_index\.py"):
        Searcher.open(tmp_path, ENCODER)


def test_an_encoder_of_other_passage_vectors_is_refused(own: Path) -> None:
    other = KeywordEncoder(KeywordModel(keywords=("massage", "heart")))
    generation, _ = open_generation(own)
    for opening in (lambda: Searcher(Embedded(generation), other), lambda: Searcher.open(own, other)):
        with pytest.raises(HealthSearchError, match=r"by another encoder than the keywords at hand\. Build it again"):
            opening()


def test_without_an_encoder_the_one_that_the_index_names_is_looked_for(own: Path) -> None:
    with pytest.raises(HealthSearchError, match="keywords: there is no such model folder"):
        Searcher.open(own)


class Swapping(KeywordEncoder):
    """Has the vectors of the index for passages, and reads questions after massage as questions after a vaccine."""

    def encode_query(self, queries: Sequence[str]) -> Matrix:
        return super().encode_query([query.replace("massage", "vaccine") for query in queries])


def test_an_encoder_that_only_reads_questions_otherwise_is_used(own: Path) -> None:
    other = Swapping(KeywordModel(adapter="swapping"))
    opened = Searcher.open(own, other)
    assert opened.encoder is other
    plain = Searcher.open(own, ENCODER)
    nearest, wanted = (
        next(hit.passage.text for hit, _ in one.search("massage", k=100).hits if hit.reasons.by_meaning == 1)
        for one in (opened, plain)
    )
    assert nearest == "The vaccine is safe." != wanted


def test_the_searcher_s_rows_are_the_generation_s(searcher: Searcher) -> None:
    everything = texts(searcher.generation)
    assert len(everything) == 12
    for hit, _ in searcher.search("massage", k=100).hits:
        assert hit.passage.text in everything


def test_an_index_whose_words_were_made_by_other_rules_is_refused(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("healthsearch.search.ANALYSIS", "of a later version")
    with pytest.raises(HealthSearchError, match=r"other rules than today's\. Bring it up to date: python build_index"):
        Searcher.open(own, ENCODER)


def test_slips_are_mended_unless_asked_as_typed(own: Path) -> None:
    opened = Searcher.open(own, ENCODER)
    mended = opened.search("masage")
    assert [(one.typed, one.read_as) for one in mended.corrections] == [("masage", "massage")]
    assert order(mended) == order(opened.search("massage"))
    assert opened.search("masage", as_typed=True).corrections == ()


def test_an_article_of_more_passages_than_are_looked_at_first_leaves_room_for_the_others(tmp_path: Path) -> None:
    """Every passage of the long one matches better; all the same it gets two places."""
    corpus = tmp_path / "corpus"
    put(corpus, "long.md", *["massage disc"] * (CANDIDATES * 2 + 5))
    for name in ("one", "two", "three"):
        put(corpus, f"{name}.md", "massage heat pain")
    build(corpus, tmp_path / "index", KeywordModel())
    found = Searcher.open(tmp_path / "index", ENCODER).search("massage disc", k=5)
    assert [article.id for _, article in found.hits].count("long") == 2
    assert {article.id for _, article in found.hits} == {"long", "one", "two", "three"}
