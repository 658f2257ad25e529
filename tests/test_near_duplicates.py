"""Articles that are almost the same are told, and those that only share phrases are not."""

from __future__ import annotations

import random
import time
from itertools import combinations

import pytest

from healthsearch.article import Article
from healthsearch.near_duplicates import near_duplicates

WORDS = [f"word{number}" for number in range(3_000)]


def prose(seed: int, count: int = 600) -> list[str]:
    return random.Random(seed).choices(WORDS, k=count)


def article(name: str, words: list[str]) -> Article:
    return Article(id=name, path=f"{name}.md", title=name, text=" ".join(words))


def shingles(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + 8]) for at in range(len(words) - 7)}


def test_an_edition_with_another_foot_is_told_and_another_article_is_not() -> None:
    text = prose(1)
    found = list(near_duplicates([article("a", text), article("b", prose(2)), article("c", text[:-20] + prose(3, 20))]))
    assert [(first, second) for first, second, _ in found] == [("a.md", "c.md")]


@pytest.mark.parametrize("changed", [0, 50, 200])
def test_the_similarity_is_that_of_all_shingles(changed: int) -> None:
    one, other = prose(1, 4_000), prose(1, 4_000)[: -changed or None] + prose(9, changed)
    exact = len(shingles(one) & shingles(other)) / len(shingles(one) | shingles(other))
    [(_, _, estimate)] = near_duplicates([article("a", one), article("b", other)])
    assert estimate == pytest.approx(exact, abs=0.08)


def test_a_phrase_of_the_house_makes_no_pairs_and_short_texts_none() -> None:
    house = prose(0, 40)
    assert list(near_duplicates(article(f"a{n}", house + prose(n, 100)) for n in range(1, 60))) == []
    assert list(near_duplicates([article("a", ["rest"] * 7), article("b", ["rest"] * 7)])) == []


def test_editions_of_one_text_are_told_however_many() -> None:
    text = prose(1)
    editions = [article(f"a{number:02}", [*text, f"edition{number}"]) for number in range(25)]
    found = list(near_duplicates(editions))
    assert {name for first, second, _ in found for name in (first, second)} == {each.path for each in editions}
    between = [article(f"b{number:03}", prose(0, 40) + prose(number, 100)) for number in range(100, 200)]
    mixed = [each for pair in zip(between, editions * 4, strict=True) for each in pair][:50]
    assert {name for one in near_duplicates(mixed) for name in one[:2]} == {each.path for each in editions}


def test_articles_of_one_file_are_told_by_their_ids() -> None:
    text = prose(1)
    rows = [
        Article(id=f"rows/{number}", path="rows.csv", title="Row", text=" ".join([*text, f"row{number}"]))
        for number in range(4)
    ]
    pairs = {(first, second) for first, second, _ in near_duplicates([*rows, article("a", text)])}
    names = ["rows/0", "rows/1", "rows/2", "rows/3", "a.md"]
    assert pairs == set(combinations(names, 2))


def test_articles_by_the_hundred_take_seconds() -> None:
    articles = [article(f"a{number}", prose(number, 700)) for number in range(300)]
    started = time.process_time()
    assert list(near_duplicates(articles)) == []
    assert time.process_time() - started < 5
