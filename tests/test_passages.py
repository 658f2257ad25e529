"""Splitting: every passage is a slice, nothing is lost or doubled, nothing is longer than the encoder reads."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthsearch.article import Article, sections
from healthsearch.encoder import Encoder
from healthsearch.passages import CONTEXT_SHARE, TARGET_TOKENS, Passage, Span, Tokenizer, names, split
from healthsearch.sentences import split_sentences
from tests.fakes import LetterTokenizer, SpaceTokenizer, an_article
from tests.texts import TEXTS


class ByteTokenizer(SpaceTokenizer):
    """A token is a byte of UTF-8, so that several tokens share one character, as in GPT's and RoBERTa's."""

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        return [
            [(at, at + 1) for at, char in enumerate(text) if not char.isspace() for _ in char.encode()]
            for text in texts
        ]


class SpacedTokenizer(SpaceTokenizer):
    """A word's token begins with the white space before it, as in SentencePiece."""

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        return [[match.span() for match in re.finditer(r"\s*\S+|\s+", text)] for text in texts]


class GreedyTokenizer(SpaceTokenizer):
    """Counts a whole as more than its parts: each line feed is worth another ten tokens."""

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        return [
            [
                span
                for found in re.finditer(r"\S+|\n", text)
                for span in [found.span()] * (1 if found[0].strip() else 10)
            ]
            for text in texts
        ]


HEADINGS = st.sampled_from(["# Care", "## When not to", "### 今日 🙂", "#### " + "long heading " * 9])
ARTICLES = st.builds(
    lambda blocks, title, language: an_article(*blocks, title=title, language=language),
    st.lists(HEADINGS | TEXTS, max_size=8),
    st.sampled_from(["Back pain", "", "腰痛 🙂", "a very long title " * 30, "two\nlines"]),
    st.sampled_from(["en", "ja", None]),
)
TOKENIZERS = st.builds(
    lambda kind, limit: kind(limit),
    st.sampled_from([SpaceTokenizer, LetterTokenizer]),
    st.sampled_from([1, 2, 5, 12, 64, 254]),
)


def texts_of(passages: list[Passage]) -> list[str]:
    return [passage.text for passage in passages]


def sentences(count: int, words: int, name: str = "word") -> str:
    """``count`` sentences of ``words`` words each, no two alike."""
    return " ".join(f"S{number}" + f" {name}" * (words - 2) + f" end{number}." for number in range(count))


def assert_slices(article: Article, passages: list[Passage]) -> None:
    for passage in passages:
        assert article.text[passage.start : passage.end] == passage.text == passage.text.strip() != ""
        assert passage.article_id == article.id
        assert passage.encoded_text == passage.context + passage.text
        at = 0
        for (start, end), (first, last) in zip(passage.sentences, passage.encoded_sentences, strict=True):
            assert at <= start < end <= len(passage.text)
            assert not passage.text[at:start].strip()
            assert passage.encoded_text[first:last] == passage.text[start:end]
            at = end
        assert not passage.text[at:].strip()


def assert_covers_once(article: Article, passages: list[Passage]) -> None:
    covered = [0] * len(article.text)
    parts = [(part.start, part.end) for part in passages] + [(part.start, part.end) for part in article.headings]
    for start, end in parts:
        for place in range(start, end):
            covered[place] += 1
    for count, char in zip(covered, article.text, strict=True):
        assert count == 1 or (count == 0 and char.isspace())


@settings(max_examples=10 * settings.default.max_examples)
@given(ARTICLES, TOKENIZERS)
def test_passages_are_slices_that_hold_all_text_once(article: Article, tokenizer: Tokenizer) -> None:
    passages = split(article, tokenizer)
    assert_slices(article, passages)
    assert_covers_once(article, passages)


@settings(max_examples=10 * settings.default.max_examples)
@given(ARTICLES, TOKENIZERS)
def test_no_passage_is_longer_than_the_encoder_reads(article: Article, tokenizer: Tokenizer) -> None:
    for passage in split(article, tokenizer):
        context, whole = tokenizer.token_spans([passage.context, passage.encoded_text])
        assert len(whole) <= tokenizer.limit
        assert len(context) <= tokenizer.limit * CONTEXT_SHARE


@given(ARTICLES, TOKENIZERS)
def test_a_passage_stays_in_its_section_and_carries_its_headings(article: Article, tokenizer: Tokenizer) -> None:
    homes = sections(article)
    for passage in split(article, tokenizer):
        [home] = [section for section in homes if section.start <= passage.start and passage.end <= section.end]
        assert passage.headings == home.headings


@given(ARTICLES, TOKENIZERS)
def test_only_a_sentence_that_is_too_long_alone_is_cut(article: Article, tokenizer: Tokenizer) -> None:
    whole = {
        (sentence.start, sentence.end)
        for section in sections(article)
        for sentence in split_sentences(article.text, section.start, section.end, article.language)
    }
    for passage in split(article, tokenizer):
        room = tokenizer.limit - len(tokenizer.token_spans([passage.context])[0])
        for start, end in passage.sentences:
            place = (passage.start + start, passage.start + end)
            if place in whole:
                continue
            [around] = [span for span in whole if span[0] <= place[0] and place[1] <= span[1]]
            tokens = len(tokenizer.token_spans([article.text[slice(*around)]])[0])
            assert tokens > min(TARGET_TOKENS, room)


@settings(max_examples=10 * settings.default.max_examples)
@given(ARTICLES, TEXTS, TOKENIZERS)
def test_an_appended_paragraph_changes_the_last_passage_at_most(
    article: Article, more: str, tokenizer: Tokenizer
) -> None:
    before = split(article, tokenizer)
    text = f"{article.text}\n\n{more}"
    longer = Article(article.id, article.path, article.title, text, article.headings, article.language)
    after = split(longer, tokenizer)
    assert after[: max(0, len(before) - 1)] == before[:-1]


@settings(max_examples=10 * settings.default.max_examples)
@given(ARTICLES, TEXTS, TOKENIZERS)
def test_an_appended_section_changes_no_passage(article: Article, more: str, tokenizer: Tokenizer) -> None:
    before = split(article, tokenizer)
    heading = an_article("# New").headings[0]
    at = len(article.text) + 2
    moved = type(heading)(heading.level, heading.title, at, at + 3)
    longer = Article(
        article.id,
        article.path,
        article.title,
        f"{article.text}\n\nNew\n\n{more}",
        (*article.headings, moved),
        article.language,
    )
    assert split(longer, tokenizer)[: len(before)] == before


@given(ARTICLES, st.sampled_from([8, 12, 64]), st.sampled_from([ByteTokenizer, SpacedTokenizer]))
def test_tokens_that_share_a_character_or_hold_spaces_lose_and_double_nothing(
    article: Article, limit: int, kind: type[SpaceTokenizer]
) -> None:
    tokenizer = kind(limit)
    passages = split(article, tokenizer)
    assert_slices(article, passages)
    assert_covers_once(article, passages)
    assert all(len(tokenizer.token_spans([p.encoded_text])[0]) <= limit for p in passages)


@given(ARTICLES)
@settings(max_examples=50)
def test_the_default_encoders_own_tokens_keep_every_promise(default_encoder: Encoder, article: Article) -> None:
    passages = split(article, default_encoder)
    assert_slices(article, passages)
    assert_covers_once(article, passages)
    spans = default_encoder.token_spans([passage.encoded_text for passage in passages])
    assert all(len(tokens) <= default_encoder.limit for tokens in spans)


@pytest.mark.parametrize("text", ["今日は痛い" * 400, "x" * 3_000, "word " * 1_500, "🙂" * 900, "é" * 900, "a-b" * 900])
def test_a_long_text_without_sentences_fits_the_default_encoder(default_encoder: Encoder, text: str) -> None:
    article = an_article("# Care", text)
    passages = split(article, default_encoder)
    assert_covers_once(article, passages)
    spans = default_encoder.token_spans([passage.encoded_text for passage in passages])
    assert max(len(tokens) for tokens in spans) <= default_encoder.limit


def test_a_whole_that_counts_more_than_its_parts_still_fits() -> None:
    tokenizer = GreedyTokenizer(40)
    article = an_article(*["Rest a while."] * 20, title="Back")
    passages = split(article, tokenizer)
    assert_covers_once(article, passages)
    assert max(len(spans) for spans in tokenizer.token_spans([p.encoded_text for p in passages])) <= 40


def test_text_that_can_never_fit_is_refused_with_its_article() -> None:
    class Endless(SpaceTokenizer):
        def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
            return [[(0, len(text))] * 9 if text else [] for text in texts]

    with pytest.raises(ValueError, match=r"^no passage of 'an-article' fits the encoder's 8 tokens$"):
        split(an_article("Rest.", title=""), Endless(8))


def test_a_tokenizer_that_leaves_out_a_text_is_refused() -> None:
    class Forgetful(SpaceTokenizer):
        def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
            return super().token_spans(texts)[:-1]

    with pytest.raises(ValueError, match=r"^zip\(\) argument 2 is shorter"):
        split(an_article("# Care", "Rest.", "# Heat", "Warm it."), Forgetful(64))


def test_passages_are_filled_up_to_the_target() -> None:
    article = an_article(sentences(40, 16))
    assert TARGET_TOKENS == 160  # the numbers below follow from it
    assert [len(passage.sentences) for passage in split(article, SpaceTokenizer(500))] == [10, 10, 10, 10]


def test_a_short_rest_joins_the_passage_before_it() -> None:
    short, long = an_article(sentences(12, 16)), an_article(sentences(13, 16))
    assert [len(passage.sentences) for passage in split(short, SpaceTokenizer(500))] == [12]
    assert [len(passage.sentences) for passage in split(long, SpaceTokenizer(500))] == [10, 3]


def test_a_short_rest_stays_alone_where_the_encoder_has_no_room() -> None:
    article = an_article(sentences(12, 16), title="One two")
    assert [len(passage.sentences) for passage in split(article, SpaceTokenizer(170))] == [10, 2]


@pytest.mark.parametrize(
    ("limit", "paragraphs", "held"),
    [
        # Together as long as the target, one longer, and one longer where the first is too short to stand alone.
        (500, [[80], [80]], [2]),
        (500, [[80], [41, 40]], [1, 2]),
        (500, [[79], [41, 41]], [2, 1]),
        (25, [[12], [7, 7]], [1, 2]),
        # A last passage of less than a quarter of the target, of just a quarter, and where there is just no room.
        (500, [[150], [39]], [2]),
        (500, [[150], [40]], [1, 1]),
        (189, [[150], [39]], [2]),
        (188, [[150], [39]], [1, 1]),
        (190, [[160], [150], [39]], [1, 2]),
    ],
)
def test_a_passage_breaks_between_paragraphs_and_a_short_last_one_is_joined(
    limit: int, paragraphs: list[list[int]], held: list[int]
) -> None:
    """Paragraphs by the number of words of each sentence; ``held``: how many sentences each passage has."""
    text = [" ".join("W" + " w" * (words - 2) + " end." for words in lengths) for lengths in paragraphs]
    passages = split(an_article(*text, title=""), SpaceTokenizer(limit))
    assert [len(passage.sentences) for passage in passages] == held


def test_small_paragraphs_share_a_passage() -> None:
    passages = split(an_article("Rest.", "Walk a little.", "Sleep."), SpaceTokenizer(500))
    assert texts_of(passages) == ["Rest.\n\nWalk a little.\n\nSleep."]
    assert passages[0].sentences == ((0, 5), (7, 21), (23, 29))


def test_an_overlong_sentence_is_cut_between_words() -> None:
    article = an_article(" ".join(f"w{number}" for number in range(25)), title="")
    passages = split(article, SpaceTokenizer(10))
    assert [len(passage.text.split()) for passage in passages] == [10, 10, 5]
    assert " ".join(texts_of(passages)) == article.text


def test_an_overlong_sentence_is_cut_between_words_whose_tokens_hold_the_space() -> None:
    article = an_article(" ".join(f"w{number}" for number in range(25)), title="")
    assert [len(text.split()) for text in texts_of(split(article, SpacedTokenizer(10)))] == [10, 10, 5]


def test_the_rest_of_an_overlong_sentence_shares_its_passage_with_what_follows() -> None:
    article = an_article(" ".join(f"w{number}" for number in range(25)) + ". And two more.", title="")
    assert [len(text.split()) for text in texts_of(split(article, SpaceTokenizer(10)))] == [10, 10, 8]


def test_an_overlong_word_is_cut_inside_where_nothing_else_is_left() -> None:
    for before in ("a", "ab"):
        passages = split(an_article(f"{before} {'x' * 12}", title=""), LetterTokenizer(5))
        assert texts_of(passages) == [before, "xxxxx", "xxxxx", "xx"]


def test_a_character_of_several_tokens_is_counted_with_all_of_them() -> None:
    passages = split(an_article("abcdef.", "🙂🙂🙂", title=""), ByteTokenizer(7))
    assert texts_of(passages) == ["abcdef.", "🙂", "🙂", "🙂"]


def test_a_character_of_more_tokens_than_a_passage_is_to_have_is_not_cut() -> None:
    class Heavy(SpaceTokenizer):
        def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
            return [[(at, at + 1) for at in range(len(text)) for _ in range(TARGET_TOKENS + 10)] for text in texts]

    assert texts_of(split(an_article("xyz", title=""), Heavy(400))) == ["x", "y", "z"]


def test_sentences_end_as_in_the_article_s_language() -> None:
    text = "Am 3. Mai war es gut. Ende."
    for language, spans in (("de", ((0, 21), (22, 27))), ("en", ((0, 5), (6, 21), (22, 27)))):
        [passage] = split(an_article(text, language=language), SpaceTokenizer(64))
        assert passage.sentences == spans


def test_the_context_is_the_title_and_the_headings_on_a_line_of_their_own() -> None:
    article = an_article("# Care", "## Heat", "Warm it.", title="Back pain")
    [passage] = split(article, SpaceTokenizer(64))
    assert passage.context == "Back pain › Care › Heat\n"
    assert passage.headings == ("Care", "Heat")
    assert passage.text == "Warm it."


def test_the_context_is_one_line_whatever_the_title() -> None:
    [passage] = split(an_article("Rest.", title="two\nlines"), SpaceTokenizer(64))
    assert passage.context == "two lines\n"


def test_the_names_of_a_passage_are_title_headings_and_other_names_one_a_line() -> None:
    article = an_article("# Care", "## Heat", "Warm it.", title="Gout", also_called=("Podagra", "Gouty arthritis"))
    [passage] = split(article, SpaceTokenizer(64))
    assert names(article, passage) == "Gout\nCare\nHeat\nPodagra\nGouty arthritis"


def test_a_context_that_would_crowd_out_the_passage_is_cut() -> None:
    article = an_article("Rest.", title="one two three four five six seven")
    [passage] = split(article, SpaceTokenizer(20))
    assert passage.context == "one two three four five\n"


def test_an_article_without_text_below_its_headings_has_no_passage() -> None:
    assert split(an_article("# Care", "## Heat"), SpaceTokenizer(64)) == []
