"""A build encodes what changed and nothing else, and ends with the bytes that a build from nothing gives."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthsearch import draft
from healthsearch.article import Article
from healthsearch.build import build
from healthsearch.corpus import SourceFile, read_file
from healthsearch.encoder import Encoder, encode_passage
from healthsearch.encoding import Encoded, Progress
from healthsearch.errors import HealthSearchError
from healthsearch.in_use import open_generation
from healthsearch.index_folder import Pointer
from healthsearch.journal import passage_key
from healthsearch.manifest import FORMAT
from healthsearch.passages import split
from healthsearch.plan import Summary, make_plan
from healthsearch.quantisation import quantised
from healthsearch.words import words
from tests.fakes import KeywordEncoder, KeywordModel
from tests.folders import flip, in_use, kept, put, reseal, snapshot, texts, unlistable, vector


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    put(folder, "a.md", "massage for the disc", "rest for the disc")
    put(folder, "b.md", "walking with pain", "sleep with pain", "heat for pain")
    put(folder, "sub/c.md", "the vaccine")
    return folder


@pytest.fixture
def index(tmp_path: Path, corpus: Path) -> Path:
    build(corpus, tmp_path / "index", KeywordModel())
    return tmp_path / "index"


def encoded_by(corpus: Path, index: Path, **options: bool) -> tuple[list[str], Summary]:
    """Build; returns the last line of every text that was encoded, and the summary."""
    model = KeywordModel()
    summary = build(corpus, index, model, **options)
    assert summary.encoded == len(model.encoded)
    return [text.rpartition("\n")[2] for text in model.encoded], summary


def indexed(index: Path) -> list[str]:
    generation, fault = open_generation(index)
    assert fault is None
    found = texts(generation)
    generation.close()
    return found


# What is encoded


def test_the_first_build_encodes_everything(tmp_path: Path, corpus: Path) -> None:
    encoded, summary = encoded_by(corpus, tmp_path / "new" / "index")
    everything = [
        "massage for the disc",
        "rest for the disc",
        "walking with pain",
        "sleep with pain",
        "heat for pain",
        "the vaccine",
    ]
    assert encoded == everything
    assert indexed(tmp_path / "new" / "index") == everything
    assert (summary.added, summary.reused) == (["a.md", "b.md", "sub/c.md"], 0)
    assert (summary.published, summary.generation) == (True, in_use(tmp_path / "new" / "index").name)


def test_what_is_indexed_are_the_vectors_of_the_texts(index: Path) -> None:
    generation, _ = open_generation(index)
    encoder = KeywordModel().load()
    for row in range(len(generation.vectors)):
        passage = generation.article_store.passage(row).passage
        assert vector(generation, row) == encoder.vector(passage.encoded_text).tolist()
        assert generation.words.scores(words(passage.text)).argmax() == row


def test_nothing_changed_encodes_nothing_and_does_not_load_the_encoder(corpus: Path, index: Path) -> None:
    before = snapshot(index / "generations"), (index / "current.json").read_bytes()
    os.utime(corpus / "a.md", (2_000_000_000, 2_000_000_000))
    model = KeywordModel()
    summary = build(corpus, index, model)
    assert (model.loads, model.encoded) == (0, [])
    assert (summary.encoded, summary.reused, summary.published) == (0, 6, False)
    assert summary.generation == Pointer.read(index).generation
    assert summary.unchanged == ["a.md", "b.md", "sub/c.md"]
    assert (snapshot(index / "generations"), (index / "current.json").read_bytes()) == before


def test_only_the_changed_passages_of_a_changed_article_are_encoded(corpus: Path, index: Path) -> None:
    put(corpus, "b.md", "walking with pain", "sleep without pain", "heat for pain")
    encoded, summary = encoded_by(corpus, index)
    assert encoded == ["sleep without pain"]
    assert (summary.changed, summary.reused) == (["b.md"], 5)
    assert "sleep with pain" not in indexed(index)


def test_a_new_article_is_all_that_is_encoded(corpus: Path, index: Path) -> None:
    put(corpus, "aa.md", "heat and rest", "a massage")
    encoded, summary = encoded_by(corpus, index)
    assert encoded == ["heat and rest", "a massage"]
    assert (summary.added, summary.reused) == (["aa.md"], 6)
    assert indexed(index)[2:4] == ["heat and rest", "a massage"]


def test_a_deleted_article_is_gone_from_every_part(corpus: Path, index: Path) -> None:
    (corpus / "sub" / "c.md").unlink()
    encoded, summary = encoded_by(corpus, index)
    assert (encoded, summary.deleted) == ([], ["sub/c.md"])
    generation, _ = open_generation(index)
    assert (len(texts(generation)), len(generation.vectors), len(generation.words), len(generation.sentences)) == (
        5,
    ) * 4
    assert not generation.words.scores("vaccine").any()
    assert all(b"vaccine" not in (content or b"") for content in snapshot(generation.folder).values())


def test_a_renamed_article_is_not_encoded_again(corpus: Path, index: Path) -> None:
    (corpus / "b.md").rename(corpus / "z.md")
    put(corpus, "z2.md", "heat")
    encoded, summary = encoded_by(corpus, index)
    assert encoded == ["heat"]
    assert (summary.renamed, summary.added, summary.deleted) == ([("b.md", "z.md")], ["z2.md"], [])
    generation, _ = open_generation(index)
    assert generation.article_store.article("z").path == "z.md"
    assert "b" not in generation.article_store.ids()


def test_a_passage_that_moves_to_another_article_is_not_encoded_again(corpus: Path, index: Path) -> None:
    put(corpus, "a.md", "massage for the disc", title="a")
    put(corpus, "new.md", "heat", "rest for the disc", title="a")
    assert encoded_by(corpus, index)[0] == ["heat"]


def test_the_same_passage_twice_is_encoded_once(tmp_path: Path) -> None:
    put(tmp_path / "corpus", "a.md", "rest", title="Same")
    put(tmp_path / "corpus", "b.md", "rest", "heat", title="Same")
    encoded, summary = encoded_by(tmp_path / "corpus", tmp_path / "index")
    assert (encoded, summary.reused) == (["rest", "heat"], 1)


def test_another_model_encodes_everything_again(corpus: Path, index: Path) -> None:
    other = KeywordModel(keywords=("massage", "vaccine"))
    summary = build(corpus, index, other)
    assert (summary.encoded, summary.reused, len(other.encoded)) == (6, 0, 6)
    generation, _ = open_generation(index)
    assert (generation.encoder.digest, generation.vectors.dimension) == (other.digest, 3)
    # And back: what the first model once encoded is not the second's.
    assert encoded_by(corpus, index)[1].encoded == 6


def test_a_model_that_only_reads_questions_otherwise_takes_the_vectors_over(corpus: Path, index: Path) -> None:
    tuned = KeywordModel(adapter="tuned")
    summary = build(corpus, index, tuned)
    assert (summary.encoded, summary.reused, tuned.encoded, summary.published) == (0, 6, [], True)
    generation, _ = open_generation(index)
    assert (generation.encoder.digest, generation.encoder.passage_digest) == (tuned.digest, tuned.passage_digest)
    assert encoded_by(corpus, index)[1].encoded == 0


def test_a_rebuild_encodes_everything_again_and_gives_the_same(corpus: Path, index: Path) -> None:
    before = snapshot(in_use(index))
    encoded, summary = encoded_by(corpus, index, rebuild=True)
    assert (len(encoded), summary.reused, summary.published) == (6, 0, True)
    assert snapshot(in_use(index)) == before


@pytest.mark.parametrize("longest", [1, 2, 3, 2_000])
def test_articles_taken_over_many_at_a_time_give_the_bytes_of_a_full_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, longest: int
) -> None:
    monkeypatch.setattr(draft, "_LONGEST_RUN", longest)
    folder = tmp_path / "corpus"
    for number in range(9):
        put(
            folder,
            f"{number}.md",
            f"---\ntitle: Article {number}\n---\nMassage of disc {number}. Rest for {number} days.",
        )
    encoded_by(folder, tmp_path / "step")
    put(folder, "4.md", "---\ntitle: Another\n---\nSomething else about a fever. It is longer. It has three sentences.")
    (folder / "7.md").unlink()
    assert encoded_by(folder, tmp_path / "step")[1].reused == 7
    encoded_by(folder, tmp_path / "whole")
    assert snapshot(in_use(tmp_path / "step")) == snapshot(in_use(tmp_path / "whole"))


def test_a_build_says_why_it_reads_everything_again(corpus: Path, index: Path) -> None:
    assert encoded_by(corpus, index)[1].reason == ""
    assert encoded_by(corpus, index, rebuild=True)[1].reason == "that was asked for"
    reseal(index, lambda manifest: manifest.update(analysis="english-0"))
    _, planned = encoded_by(corpus, index, dry_run=True)
    _, done = encoded_by(corpus, index)
    assert planned.reason == done.reason == "the index was made by other rules for the analysis of words"
    assert encoded_by(corpus, index)[1].reason == ""
    manifest = in_use(index) / "manifest.json"
    manifest.write_text('{"format": 4}', encoding="utf-8")
    for left in (index / "generations").iterdir():
        if left != in_use(index):
            shutil.rmtree(left)
    assert encoded_by(corpus, index)[1].reason == (f"the index has format 4, and this version reads format {FORMAT}")


# What others encode


@dataclass(frozen=True, slots=True)
class Others:
    """``encoding.Helpers`` that read, split and encode here: backwards, twice, and not the files named."""

    model: KeywordModel
    leave_out: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)

    def encode(
        self, corpus: Path, files: Sequence[SourceFile], encoder: Encoder, home: Path, known: Collection[str]
    ) -> Iterator[Encoded]:
        self.asked.extend(file.path for file in files)
        found = []
        for file in files:
            for article in read_file(corpus, file)[1] if file.path not in self.leave_out else ():
                assert isinstance(article, Article)
                for passage in split(article, encoder):
                    key = passage_key(encoder.passage_digest, passage)
                    if key not in known:
                        vectors = encode_passage(self.model.load(), passage.encoded_text, passage.encoded_sentences)
                        found.append(Encoded(file.path, key, vectors[0], quantised(vectors[1])))
        yield from [*reversed(found), *found]


def test_what_others_encode_is_not_encoded_here_and_the_bytes_are_the_same(tmp_path: Path, corpus: Path) -> None:
    put(corpus, "d.md", "the vaccine", "heat", title="c")
    ours, others = KeywordModel(), Others(KeywordModel())
    summary = build(corpus, tmp_path / "new", ours, helpers=others)
    assert (ours.encoded, len(others.model.encoded)) == ([], 8)
    # The same passage in two places, as without others.
    assert (summary.encoded, summary.reused) == (7, 1)
    build(corpus, tmp_path / "alone", KeywordModel())
    assert snapshot(in_use(tmp_path / "new")) == snapshot(in_use(tmp_path / "alone"))


def test_what_others_leave_out_is_encoded_here(tmp_path: Path, corpus: Path) -> None:
    ours = KeywordModel()
    summary = build(corpus, tmp_path / "new", ours, helpers=Others(KeywordModel(), leave_out=("a.md",)))
    assert len(ours.encoded) == 2
    assert (summary.encoded, summary.reused) == (6, 0)
    build(corpus, tmp_path / "alone", KeywordModel())
    assert snapshot(in_use(tmp_path / "new")) == snapshot(in_use(tmp_path / "alone"))


def test_others_are_asked_only_for_what_changed(corpus: Path, index: Path) -> None:
    others = Others(KeywordModel())
    assert build(corpus, index, KeywordModel(), helpers=others).published is False
    assert others.asked == []
    put(corpus, "b.md", "walking with pain", "sleep without pain", "heat for pain")
    summary = build(corpus, index, KeywordModel(), helpers=others)
    assert (others.asked, len(others.model.encoded), summary.encoded) == (["b.md"], 1, 1)


def test_progress_tells_of_what_others_encode(tmp_path: Path, corpus: Path) -> None:
    told: list[Progress] = []
    build(corpus, tmp_path / "new", KeywordModel(), helpers=Others(KeywordModel()), report=told.append)
    assert [(one.files, one.encoded) for one in told[:3]] == [(1, 1), (2, 2), (2, 3)]
    # Then this machine goes through the files, and every passage is counted once.
    assert [one.encoded for one in told] == sorted(one.encoded for one in told)
    assert (told[-1].files, told[-1].files_total, told[-1].encoded, told[-1].reused) == (3, 3, 6, 0)


# The same inputs give the same bytes

CONTENTS = [
    "massage",
    "---\nid: same\n---\n# T\n\nrest\n\n## Part\n\nwalking",
    "---\nid: same\n---\nheat",
    "---\nid: b\ntitle: massage\n---\nmassage\n\n## Part\n\nsleep. pain!",
    "# Only\n\n## headings",
    "---\nbroken: [\n---\ntext",
    "",
]
NAMES = ["a.md", "b.md", "b.txt", "c/d.md"]
Step = tuple[str, str, str]


def apply(corpus: Path, step: Step) -> None:
    kind, name, other = step
    if kind == "write":
        (corpus / name).parent.mkdir(parents=True, exist_ok=True)
        (corpus / name).write_text(other, encoding="utf-8")
    elif (corpus / name).exists():
        if kind == "delete":
            (corpus / name).unlink()
        else:
            (corpus / other).parent.mkdir(parents=True, exist_ok=True)
            (corpus / name).replace(corpus / other)


STEPS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(NAMES), st.sampled_from(CONTENTS)),
    st.tuples(st.just("write"), st.sampled_from(NAMES), st.sampled_from(CONTENTS)),
    st.tuples(st.just("delete"), st.sampled_from(NAMES), st.just("")),
    st.tuples(st.just("rename"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
)


@settings(max_examples=200)
@given(batches=st.lists(st.lists(STEPS, min_size=1, max_size=3), min_size=2, max_size=5))
def test_step_by_step_gives_the_bytes_of_all_at_once(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[Step]]
) -> None:
    home = tmp_path_factory.mktemp("steps")
    corpus = home / "corpus"
    (corpus / "c").mkdir(parents=True)
    model = KeywordModel()
    for batch in batches:
        for step in batch:
            apply(corpus, step)
        known = set(indexed_for_encoding(home / "index"))
        del model.encoded[:]
        before = snapshot(home / "index") if (home / "index").exists() else {}
        try:
            build(corpus, home / "index", model, allow_shrink=True)
        except HealthSearchError:
            # Nothing to build from: then from nothing neither, and what was published stays.
            with pytest.raises(HealthSearchError):
                build(corpus, home / "full", KeywordModel())
            assert snapshot(home / "index").get("current.json") == before.get("current.json")
            continue
        assert known.isdisjoint(model.encoded)
        assert len(set(model.encoded)) == len(model.encoded)
    full = home / "full-index"
    try:
        summary = build(corpus, full, KeywordModel())
    except HealthSearchError:
        return
    assert snapshot(in_use(home / "index")) == snapshot(in_use(full))
    again = build(corpus, home / "index", model)
    assert (again.published, again.encoded) == (False, 0)
    assert [str(problem) for problem in again.skipped] == [str(problem) for problem in summary.skipped]


def indexed_for_encoding(index: Path) -> list[str]:
    """What the encoder has read of what is published."""
    try:
        generation, _ = open_generation(index)
    except HealthSearchError:
        return []
    found = [generation.article_store.passage(row).passage.encoded_text for row in range(len(generation.vectors))]
    generation.close()
    return found


# Files that cannot be articles


def test_a_bad_file_is_skipped_by_name_and_the_rest_is_built(corpus: Path, index: Path) -> None:
    (corpus / "bad.md").write_bytes(b"fine\n\xff\n")
    put(corpus, "d.md", "heat")
    encoded, summary = encoded_by(corpus, index)
    assert encoded == ["heat"]
    assert [str(problem) for problem in summary.skipped] == [
        "bad.md: line 2 is not valid UTF-8. Save the file in UTF-8 (in most editors: Save as, encoding UTF-8)."
    ]
    assert summary.added == ["d.md"]


def test_an_article_with_a_date_that_is_none_is_found_and_the_date_told(corpus: Path, index: Path) -> None:
    (corpus / "d.md").write_text("---\npublished: May 2024\n---\nheat", encoding="utf-8")
    told = [
        "d.md: 'published' in the front matter is left out: 'May 2024' is no date. "
        "Write the date as 2024-05-17, 2024-05 or 2024."
    ]
    _, summary = encoded_by(corpus, index)
    assert ([str(problem) for problem in summary.skipped], summary.added) == (told, ["d.md"])
    generation, _ = open_generation(index)
    assert "heat" in texts(generation)
    _, again = encoded_by(corpus, index)
    assert ([str(problem) for problem in again.skipped], again.published) == (told, False)
    (corpus / "d.md").write_text("---\npublished: 2024-05\n---\nheat", encoding="utf-8")
    encoded, mended = encoded_by(corpus, index)
    assert (encoded, mended.skipped, mended.changed) == ([], [], ["d.md"])


def test_a_skipped_file_is_carried_over_without_loading_the_encoder(corpus: Path, index: Path) -> None:
    (corpus / "bad.md").write_bytes(b"\xff")
    first = build(corpus, index, KeywordModel())
    model = KeywordModel()
    second = build(corpus, index, model)
    assert (model.loads, second.published, second.encoded, second.reused) == (0, False, 0, 6)
    assert [str(problem) for problem in second.skipped] == [str(problem) for problem in first.skipped]
    assert second.unchanged == ["a.md", "b.md", "sub/c.md"]


def test_a_file_that_fails_again_is_not_new_and_one_that_no_longer_fails_is(corpus: Path, index: Path) -> None:
    put(corpus, "other.md", "heat", id="a")
    encoded_by(corpus, index)
    put(corpus, "b.md", "sleep")
    plan = make_plan(corpus, open_generation(index)[0], KeywordModel().digest)
    assert (plan.summary.added, plan.summary.changed) == ([], ["b.md"])
    assert encoded_by(corpus, index)[1].added == []
    # It failed for an id that another file had.
    (corpus / "a.md").unlink()
    summary = encoded_by(corpus, index)[1]
    assert (summary.added, summary.deleted, summary.skipped) == (["other.md"], ["a.md"], [])


def test_an_article_that_turns_bad_is_skipped_and_no_longer_found(corpus: Path, index: Path) -> None:
    (corpus / "b.md").write_bytes(b"\xff")
    _, summary = encoded_by(corpus, index)
    assert [problem.place for problem in summary.skipped] == ["b.md"]
    assert (summary.changed, summary.unchanged) == ([], ["a.md", "sub/c.md"])
    assert "heat for pain" not in indexed(index)


def test_a_skipped_file_that_is_mended_comes_in(corpus: Path, index: Path) -> None:
    (corpus / "bad.md").write_bytes(b"\xff")
    build(corpus, index, KeywordModel())
    put(corpus, "bad.md", "good heat")
    encoded, summary = encoded_by(corpus, index)
    assert (encoded, summary.added, summary.skipped) == (["good heat"], ["bad.md"], [])


def test_of_two_with_one_id_the_first_by_path_is_taken(corpus: Path, index: Path) -> None:
    put(corpus, "y.md", "heat", id="same")
    put(corpus, "x.md", "sleep", id="same")
    encoded, summary = encoded_by(corpus, index)
    assert encoded == ["sleep"]
    assert [str(problem) for problem in summary.skipped] == [
        "y.md: its id 'same' is also that of x.md. Give one of them another id."
    ]


def test_a_new_file_may_take_the_id_of_one_that_has_not_changed(corpus: Path, index: Path) -> None:
    put(corpus, "aa.md", "heat", id="b")
    encoded, summary = encoded_by(corpus, index)
    assert encoded == ["heat"]
    assert [(problem.place, problem.cause) for problem in summary.skipped] == [
        ("b.md", "its id 'b' is also that of aa.md")
    ]
    assert (summary.added, summary.unchanged) == (["aa.md"], ["a.md", "sub/c.md"])


def test_an_article_whose_new_file_is_skipped_counts_as_deleted_and_not_as_renamed(corpus: Path, index: Path) -> None:
    put(corpus, "x.md", "heat", id="same")
    build(corpus, index, KeywordModel())
    (corpus / "x.md").rename(corpus / "z.md")
    put(corpus, "y.md", "sleep", id="same")
    _, summary = encoded_by(corpus, index)
    assert (summary.renamed, summary.deleted, summary.added) == ([], ["x.md"], ["y.md"])
    assert [problem.place for problem in summary.skipped] == ["z.md"]


def test_when_the_first_of_two_copies_goes_the_second_comes_in(corpus: Path, index: Path) -> None:
    first = put(corpus, "x.md", "heat", id="same")
    (corpus / "y.md").write_bytes(first.read_bytes())
    summary = build(corpus, index, KeywordModel())
    assert (summary.copies, summary.skipped) == ([("y.md", "x.md")], [])
    first.unlink()
    encoded, summary = encoded_by(corpus, index)
    assert (encoded, summary.deleted, summary.copies, summary.skipped) == ([], ["x.md"], [], [])
    generation, _ = open_generation(index)
    assert generation.article_store.article("same").path == "y.md"


# One text in two places


def test_the_same_text_in_two_files_is_one_article_that_names_both(corpus: Path, index: Path) -> None:
    long = "massage for the disc " * 13
    put(corpus, "long.md", long)
    put(corpus, "other/name.md", long)
    put(corpus, "under/another.md", long, title="Another title")
    encoded, summary = encoded_by(corpus, index)
    # Under another title the text answers other questions.
    assert len(encoded) == 2
    assert summary.copies == [("other/name.md", "long.md")]
    assert summary.added == ["long.md", "other/name.md", "under/another.md"]
    generation, _ = open_generation(index)
    assert generation.article_store.article("long").also_at == ("other/name.md",)
    again = build(corpus, index, KeywordModel())
    assert (again.published, again.copies) == (False, summary.copies)


def test_short_texts_may_be_alike_under_different_titles(corpus: Path, index: Path) -> None:
    put(corpus, "x.md", "rest")
    put(corpus, "y.md", "rest")
    assert encoded_by(corpus, index)[1].copies == []


def test_a_new_file_that_comes_first_stands_for_an_old_one_with_its_text(corpus: Path, index: Path) -> None:
    (corpus / "aa.md").write_bytes((corpus / "b.md").read_bytes())
    encoded, summary = encoded_by(corpus, index)
    assert (encoded, summary.copies) == ([], [("b.md", "aa.md")])
    build(corpus, corpus.parent / "full", KeywordModel())
    assert snapshot(in_use(index)) == snapshot(in_use(corpus.parent / "full"))


def test_a_copy_that_changes_is_an_article_of_its_own(corpus: Path, index: Path) -> None:
    (corpus / "z.md").write_bytes((corpus / "b.md").read_bytes())
    assert encoded_by(corpus, index)[1].copies == [("z.md", "b.md")]
    put(corpus, "z.md", "heat in the end")
    encoded, summary = encoded_by(corpus, index)
    assert (encoded, summary.copies, summary.changed) == (["heat in the end"], [], ["z.md"])


def test_a_text_of_only_headings_is_skipped(corpus: Path, index: Path) -> None:
    (corpus / "bare.md").write_text("# Title\n\n## Part\n", encoding="utf-8")
    _, summary = encoded_by(corpus, index)
    assert [problem.cause for problem in summary.skipped] == ["there is no text below its headings"]


def test_a_file_that_holds_no_article_is_skipped_and_remembered(corpus: Path, index: Path) -> None:
    (corpus / "empty.csv").write_text("id,title,text\n", encoding="utf-8")
    with zipfile.ZipFile(corpus / "pictures.zip", "w") as archive:
        archive.writestr("picture.png", b"x")
    for published in (True, False):
        _, summary = encoded_by(corpus, index)
        assert [(problem.place, problem.cause) for problem in summary.skipped] == [
            ("empty.csv", "it holds no article"),
            ("pictures.zip", "it holds no article"),
        ]
        assert (summary.added, summary.published) == ([], published)


def test_a_corpus_of_only_a_header_is_told(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "empty.csv").write_text("id,title,text\n", encoding="utf-8")
    with pytest.raises(HealthSearchError, match=r"none of its files can be read.*empty.csv: it holds no article"):
        build(tmp_path / "corpus", tmp_path / "index", KeywordModel())


def test_where_no_file_is_an_article_nothing_is_built(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "bad.md").write_bytes(b"\xff")
    with pytest.raises(HealthSearchError, match=r"none of its files can be read.*bad.md: line 1 is not valid UTF-8"):
        build(tmp_path / "corpus", tmp_path / "index", KeywordModel())
    assert not (tmp_path / "index" / "current.json").exists()


@pytest.mark.parametrize("bad", [b"\xff", None])
def test_strict_builds_nothing_when_a_file_must_be_skipped(corpus: Path, index: Path, bad: bytes | None) -> None:
    put(corpus, "d.md", "heat")
    if bad is None:
        (corpus / "bad.md").symlink_to("bad.md")
    else:
        (corpus / "bad.md").write_bytes(bad)
    before = snapshot(index / "generations"), (index / "current.json").read_bytes()
    with pytest.raises(HealthSearchError, match=r"with --strict no file may be skipped") as error:
        build(corpus, index, KeywordModel(), strict=True)
    assert error.value.place == "bad.md"
    assert (snapshot(index / "generations"), (index / "current.json").read_bytes()) == before
    # Also when the file was skipped before and has not changed.
    build(corpus, index, KeywordModel())
    with pytest.raises(HealthSearchError, match=r"with --strict"):
        build(corpus, index, KeywordModel(), strict=True)


def test_strict_builds_where_every_file_is_an_article(corpus: Path, index: Path) -> None:
    put(corpus, "d.md", "heat")
    assert encoded_by(corpus, index, strict=True)[0] == ["heat"]


# Nothing by accident


def test_a_dry_run_tells_what_a_build_does_and_changes_nothing(tmp_path: Path, corpus: Path, index: Path) -> None:
    put(corpus, "a.md", "massage for the disc", "walking")
    (corpus / "sub" / "c.md").rename(corpus / "moved.md")
    put(corpus, "new.md", "heat", id="b")
    (corpus / "bad.md").write_bytes(b"\xff")
    (corpus / "bare.md").write_text("# Title\n", encoding="utf-8")
    put(corpus, "aa.md", "sleep", id="b")
    before = snapshot(tmp_path)
    model = KeywordModel()
    foretold = build(corpus, index, model, dry_run=True)
    assert snapshot(tmp_path) == before
    assert (model.loads, foretold.published, foretold.generation) == (0, False, None)
    done = build(corpus, index, KeywordModel())
    for kind in ("added", "changed", "deleted", "renamed", "unchanged"):
        assert getattr(foretold, kind) == getattr(done, kind), kind
    assert [str(problem) for problem in foretold.skipped] == [str(problem) for problem in done.skipped]
    assert [problem.place for problem in done.skipped] == ["b.md", "bad.md", "bare.md", "new.md"]


def test_a_dry_run_refuses_what_the_build_would_refuse(corpus: Path, index: Path) -> None:
    (corpus / "bad.md").write_bytes(b"\xff")
    for options, told in (
        ({"strict": True}, "with --strict"),
        ({}, "2 of the 3 articles in the index are no longer there"),
    ):
        for dry_run in (True, False):
            with pytest.raises(HealthSearchError, match=told):
                build(corpus, index, KeywordModel(), dry_run=dry_run, **options)
        for name in ("a.md", "sub/c.md"):
            (corpus / name).unlink(missing_ok=True)
    assert build(corpus, index, KeywordModel(), dry_run=True, allow_shrink=True).articles == 1


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_index_among_the_articles_is_refused(corpus: Path, tmp_path: Path, dry_run: bool) -> None:
    (tmp_path / "link").symlink_to(corpus)
    for index in (corpus, corpus / "index", tmp_path / "link" / "index"):
        with pytest.raises(HealthSearchError, match="inside the folder of articles") as error:
            build(corpus, index, KeywordModel(), dry_run=dry_run)
        assert error.value.place == str(index) and "--index" in error.value.remedy
    assert not (corpus / "index").exists()


def test_articles_in_what_a_build_clears_are_refused(corpus: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    for name in ("generations", "encoder"):
        put(index / name / "mine", "a.md", "rest")
        with pytest.raises(HealthSearchError, match="every build clears"):
            build(index / name / "mine", index, KeywordModel())
        assert (index / name / "mine" / "a.md").is_file()
    put(index / "articles", "a.md", "rest")
    assert build(index / "articles", index, KeywordModel()).articles == 1


def test_articles_of_a_folder_that_cannot_be_listed_are_kept(
    corpus: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (index / "current.json").read_bytes()
    with unlistable(monkeypatch, corpus / "sub"):
        for dry_run in (True, False):
            with pytest.raises(HealthSearchError, match="articles from 1 of its files") as error:
                build(corpus, index, KeywordModel(), dry_run=dry_run)
            assert error.value.place == "sub" and "--allow-shrink" in error.value.remedy
        assert (index / "current.json").read_bytes() == before
        summary = build(corpus, index, KeywordModel(), allow_shrink=True)
    assert (summary.deleted, [problem.place for problem in summary.skipped]) == (["sub/c.md"], ["sub"])


def test_a_folder_of_which_nothing_is_known_is_skipped(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unlistable(monkeypatch, corpus / "sub"):
        summary = build(corpus, tmp_path / "new", KeywordModel())
    assert (summary.articles, [problem.place for problem in summary.skipped]) == (2, ["sub"])


def test_a_dry_run_does_not_even_make_the_folder(tmp_path: Path, corpus: Path) -> None:
    summary = build(corpus, tmp_path / "nowhere" / "index", KeywordModel(), dry_run=True)
    assert summary.added == ["a.md", "b.md", "sub/c.md"]
    assert not (tmp_path / "nowhere").exists()


def test_most_of_the_articles_go_only_when_allowed(corpus: Path, index: Path) -> None:
    (corpus / "a.md").unlink()
    (corpus / "b.md").unlink()
    before = snapshot(index / "generations")
    put(corpus, "new.md", "heat")
    model = KeywordModel()
    with pytest.raises(HealthSearchError, match="2 of the 3 articles in the index are no longer there"):
        build(corpus, index, model)
    # Told before the first passage is paid for.
    assert model.loads == 0
    (corpus / "new.md").unlink()
    assert snapshot(index / "generations") == before
    assert encoded_by(corpus, index, allow_shrink=True)[1].deleted == ["a.md", "b.md"]
    assert indexed(index) == ["the vaccine"]


def test_articles_that_turn_bad_count_as_gone(corpus: Path, index: Path) -> None:
    for name in ("a.md", "b.md"):
        (corpus / name).write_bytes(b"\xff")
    before = snapshot(index / "generations")
    with pytest.raises(HealthSearchError, match="2 of the 3 articles"):
        build(corpus, index, KeywordModel())
    assert snapshot(index / "generations") == before


def test_renaming_everything_loses_nothing(corpus: Path, index: Path) -> None:
    corpus.rename(corpus.parent / "old")
    corpus.mkdir()
    (corpus.parent / "old").rename(corpus / "moved")
    encoded, summary = encoded_by(corpus, index)
    assert (encoded, len(summary.renamed)) == ([], 3)


# After trouble


@pytest.mark.parametrize("rebuild", [False, True])
def test_what_was_encoded_before_an_interruption_is_not_encoded_again(
    tmp_path: Path, corpus: Path, rebuild: bool
) -> None:
    model = KeywordModel(interrupt_at=4)
    with pytest.raises(KeyboardInterrupt):
        build(corpus, tmp_path / "index", model, rebuild=rebuild)
    assert len(model.encoded) == 3
    encoded, summary = encoded_by(corpus, tmp_path / "index")
    assert encoded == ["sleep with pain", "heat for pain", "the vaccine"]
    assert summary.reused == 3
    build(corpus, tmp_path / "full", KeywordModel())
    assert snapshot(in_use(tmp_path / "index")) == snapshot(in_use(tmp_path / "full"))


def test_several_interruptions_in_a_row_encode_each_passage_once(corpus: Path, index: Path) -> None:
    for number in range(6):
        put(corpus, f"new{number}.md", f"heat {number}", f"rest {number}")
    model = KeywordModel()
    for interruption in (3, 4, 9):
        model.interrupt_at = interruption
        with pytest.raises(KeyboardInterrupt):
            build(corpus, index, model)
    model.interrupt_at = None
    summary = build(corpus, index, model)
    assert len(model.encoded) == len(set(model.encoded)) == 12
    assert (summary.encoded, summary.reused) == (12 - 8, 6 + 8)
    assert not list(index.glob("journal*"))


def test_an_interrupted_build_leaves_the_published_index_alone(corpus: Path, index: Path) -> None:
    put(corpus, "b.md", "one", "two", "three")
    before = snapshot(index / "generations"), (index / "current.json").read_bytes()
    with pytest.raises(KeyboardInterrupt):
        build(corpus, index, KeywordModel(interrupt_at=2))
    assert (snapshot(index / "generations"), (index / "current.json").read_bytes()) == before


def test_what_is_not_about_the_index_is_not_said_of_it(corpus: Path, tmp_path: Path) -> None:
    class Lost(KeywordModel):
        def load(self, home: Path | None = None) -> KeywordEncoder:
            raise FileNotFoundError(2, "No such file", "/usr/bin/python")

    with pytest.raises(FileNotFoundError):
        build(corpus, tmp_path / "index", Lost())


def test_a_report_that_fails_stops_the_build_and_loses_nothing(corpus: Path, tmp_path: Path) -> None:
    def report(progress: Progress) -> None:
        if progress.encoded == 2:
            raise RuntimeError("the page has gone")

    model = KeywordModel()
    with pytest.raises(RuntimeError, match="the page has gone"):
        build(corpus, tmp_path / "index", model, report=report)
    assert build(corpus, tmp_path / "index", model).encoded < 5
    assert len(model.encoded) == len(set(model.encoded)) == 6


def _pointer(index: Path) -> None:
    (index / "current.json").write_bytes(b"{")


def _manifest(index: Path) -> None:
    flip(in_use(index) / "manifest.json", 40)


def _vectors(index: Path) -> None:
    (in_use(index) / "vectors.faiss").unlink()


@pytest.mark.parametrize("damage", [_pointer, _manifest, _vectors])
def test_a_build_mends_a_damaged_index(corpus: Path, index: Path, damage: Callable[[Path], None]) -> None:
    whole = snapshot(in_use(index))
    damage(index)
    summary = build(corpus, index, KeywordModel())
    assert summary.published
    assert snapshot(in_use(index)) == whole


def test_a_build_on_a_damaged_index_reuses_the_one_before(corpus: Path, index: Path) -> None:
    (corpus / "bad.md").write_bytes(b"\xff")
    build(corpus, index, KeywordModel())
    put(corpus, "d.md", "heat")
    build(corpus, index, KeywordModel())
    (in_use(index) / "vectors.faiss").unlink()
    encoded, summary = encoded_by(corpus, index)
    assert encoded == ["heat"]
    assert [problem.place for problem in summary.skipped] == ["bad.md"]
    # The corpus is back at what the older generation holds.
    (in_use(index) / "vectors.faiss").unlink()
    (corpus / "d.md").unlink()
    encoded, summary = encoded_by(corpus, index)
    assert (encoded, summary.published) == ([], True)
    assert [problem.place for problem in summary.skipped] == ["bad.md"]
    assert len(kept(index)) == 1


def test_a_file_that_changes_while_it_is_read_is_seen_as_changed_next_time(corpus: Path, index: Path) -> None:
    # More passages than are read ahead of the first that is encoded.
    for number in range(20):
        put(corpus, f"d{number:02}.md", *(f"heat {number} {passage}" for passage in range(20)))

    def report(progress: Progress) -> None:
        if progress.encoded == 1:
            put(corpus, "e.md", "sleep later")

    put(corpus, "e.md", "sleep")
    build(corpus, index, KeywordModel(), report=report)
    assert indexed(index)[-2:] == ["sleep later", "the vaccine"]
    assert len(build(corpus, index, KeywordModel()).unchanged) == 24


def test_progress_counts_the_files_to_read_and_ends_whole(corpus: Path, index: Path) -> None:
    put(corpus, "b.md", "walking with pain", "new one")
    put(corpus, "d.md", "heat", "and rest")
    seen: list[Progress] = []
    build(corpus, index, KeywordModel(), report=seen.append)
    assert {progress.files_total for progress in seen} == {2}
    assert [progress.files for progress in seen] == sorted(progress.files for progress in seen)
    assert [progress.encoded for progress in seen] == sorted(progress.encoded for progress in seen)
    assert (seen[0].files, seen[0].encoded, seen[0].seconds_left) == (0, 1, None)
    assert (seen[-1].files, seen[-1].encoded, seen[-1].reused, seen[-1].seconds_left) == (2, 3, 3, 0)
