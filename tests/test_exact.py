"""Numbers, doses, units and opposites: the real encoder and the real index tell apart what nearly reads the same."""

from __future__ import annotations

import pytest

from healthsearch.build import build
from healthsearch.encoder import Encoder
from healthsearch.search import Searcher
from tests.folders import put
from tests.ready_model import ReadyModel

# In each group only the things that matter differ from passage to passage; so do the questions.
GROUPS = {
    "hypo and hyper": {
        "How is hypothyroidism treated?": "Hypothyroidism is treated with tablets, adjusted by blood tests.",
        "How is hyperthyroidism treated?": "Hyperthyroidism is treated with tablets, adjusted by blood tests.",
        "what to do in hypoglycaemia": "In hypoglycaemia the blood sugar is out of range: act quickly.",
        "what to do in hyperglycaemia": "In hyperglycaemia the blood sugar is out of range: act quickly.",
        "is hypotension dangerous": "Hypotension is a blood pressure outside the usual range.",
        "is hypertension dangerous": "Hypertension is a blood pressure outside the usual range.",
    },
    "units": {
        "is 50 mg a usual dose": "A usual dose of the first medicine is 50 mg once a day.",
        "is 50 mcg a usual dose": "A usual dose of the first medicine is 50 mcg once a day.",
        "is 50 ml a usual dose": "A usual dose of the first medicine is 50 ml once a day.",
    },
    "numbers": {
        "can I take 1 tablet a day": "The leaflet allows 1 tablet a day.",
        "can I take 10 tablets a day": "The leaflet allows 10 tablets a day.",
        "can I take 100 tablets a day": "The leaflet allows 100 tablets a day.",
        "is 2.5 mg enough": "For some people 2.5 mg is enough.",
        "is 25 mg enough": "For some people 25 mg is enough.",
    },
    "fractions": {
        "is 5½ mg too much": "For some people 5½ mg is too much.",
        "is 51 mg too much": "For some people 51 mg is too much.",
        "is 5 1/2 tablets too much": "For some people 5½ tablets are too much.",
    },
    "powers": {
        "is 10⁵ cells normal": "A count of 10⁵ cells is normal for some.",
        "is 105 cells normal": "A count of 105 cells is normal for some.",
    },
    "thousands": {
        "are 10000 steps enough": "For most people 10,000 steps are enough.",
        "are 1000 steps enough": "For most people 1,000 steps are enough.",
        "are 10,000 units enough": "For most people 10000 units are enough.",
        "are 1,000 units enough": "For most people 1000 units are enough.",
    },
    "sides": {
        "pain in the left arm": "Pain in the left arm has causes of its own.",
        "pain in the right arm": "Pain in the right arm has causes of its own.",
    },
    "people": {
        "how much may an adult take": "An adult may take the amount that the leaflet gives.",
        "how much may a child take": "A child may take the amount that the leaflet gives.",
    },
    "meals": {
        "should I take it before meals": "The first kind of tablet is taken before meals.",
        "should I take it after meals": "The first kind of tablet is taken after meals.",
    },
}


@pytest.fixture(scope="module")
def searchers(
    tmp_path_factory: pytest.TempPathFactory, default_encoder: Encoder, default_model: ReadyModel
) -> dict[str, Searcher]:
    home = tmp_path_factory.mktemp("exact")
    found = {}
    for group, pairs in GROUPS.items():
        for number, text in enumerate(pairs.values()):
            put(home / group / "corpus", f"{number}.md", text, title="Facts")
        build(home / group / "corpus", home / group / "index", default_model)
        found[group] = Searcher.open(home / group / "index", default_encoder)
    return found


@pytest.mark.parametrize(
    ("group", "question", "text"),
    [(group, question, text) for group, pairs in GROUPS.items() for question, text in pairs.items()],
)
def test_the_passage_that_says_just_this_comes_first(
    searchers: dict[str, Searcher], group: str, question: str, text: str
) -> None:
    answer = searchers[group].search(question, k=10)
    assert not answer.corrections
    assert next(hit.passage.text for hit, _ in answer.hits) == text
