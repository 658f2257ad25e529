"""Fit the verdict's confidence to judged questions, and write healthsearch/calibration.json.

    python benchmarks/calibrate.py DATA --cache DIR [--write]

DATA holds demo_corpus (articles, and questions.jsonl that they answer), out_of_scope (queries.jsonl: off topic;
in_domain_unanswerable.jsonl: health questions that demo_corpus does not answer), and the BEIR folders mediqa2019
and covidqa, whose questions are asked as people ask them. Every collection counts the same. Prints how well
unseen questions are told apart, by five-fold cross-validation.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.build import build  # noqa: E402 - the project need not be installed
from healthsearch.encoder import Model  # noqa: E402
from healthsearch.evaluation import index_documents, read_qrels, read_queries  # noqa: E402
from healthsearch.judge import Evidence  # noqa: E402
from healthsearch.models import DEFAULT_MODEL, find_model  # noqa: E402
from healthsearch.search import Searcher  # noqa: E402

FEATURES = [field.name for field in fields(Evidence)]
BEIR = (("mediqa2019", "train_alexa"), ("covidqa", "test_a"))
# At most this share of any collection's unanswerable questions is called answered, and of its answerable ones
# nothing.
WRONG = 0.05


def questions(data: Path, cache: Path, model: Model) -> Iterator[tuple[Searcher, str, str]]:
    """Every question with the index that it is asked of, and what is known of it."""
    build(data / "demo_corpus" / "articles", cache / "demo_corpus", model)
    demo = Searcher.open(cache / "demo_corpus")
    off_topic = texts(data / "out_of_scope" / "queries.jsonl")
    yield from ((demo, "demo_corpus", text) for text in texts(data / "demo_corpus" / "questions.jsonl"))
    yield from ((demo, "off topic", text) for text in off_topic)
    for text in texts(data / "out_of_scope" / "in_domain_unanswerable.jsonl"):
        yield demo, "not answered", text
    for name, split in BEIR:
        searcher = Searcher.open(index_documents(data / name, cache, model), demo.encoder)
        asked = read_queries(data / name)
        yield from ((searcher, name, asked[query]) for query in read_qrels(data / name, split))
        yield from ((searcher, "off topic", text) for text in off_topic)


def texts(file: Path) -> list[str]:
    """The questions of a JSONL file."""
    return [json.loads(line)["text"] for line in file.read_text(encoding="utf-8").split("\n") if line]


def main() -> None:
    """Fit, report, and with --write ship."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="where the indexes are kept")
    parser.add_argument("--model", default=DEFAULT_MODEL, metavar="NAME_OR_DIR", help="the encoder")
    parser.add_argument("--write", action="store_true", help="replace the shipped calibration for this encoder")
    arguments = parser.parse_args()
    rows, kinds = [], []
    model = find_model(arguments.model)
    for searcher, kind, text in questions(arguments.data, arguments.cache, model):
        rows.append([asdict(searcher.evidence(text))[name] for name in FEATURES])
        kinds.append(kind)
    evidence, kind_of = np.array(rows), np.array(kinds)
    weight = np.array([1 / kinds.count(kind) for kind in kinds]) * len(kinds)
    answered = ~np.isin(kind_of, ("off topic", "not answered"))
    unseen = np.zeros(len(kinds))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(evidence, kind_of):
        fitted = fit(evidence[train], answered[train], weight[train])
        unseen[test] = fitted.predict_proba(evidence[test])[:, 1]
    upper = max(quantile(unseen[kind_of == kind], 1 - WRONG) for kind in ("off topic", "not answered"))
    # Nothing answers: below what the answerable reach, and below what off-topic questions seldom reach.
    lower = min(
        upper,
        quantile(unseen[kind_of == "off topic"], 1 - WRONG),
        *(float(np.quantile(unseen[kind_of == kind], WRONG)) for kind in set(kind_of[answered])),
    )
    for kind in ("off topic", "not answered"):
        chosen = answered | (kind_of == kind)
        print(f"{kind}: AUROC {roc_auc_score(answered[chosen], unseen[chosen]):.3f}")
    print(f"expected calibration error: {calibration_error(unseen, answered):.3f}")
    for kind in dict.fromkeys(kinds):
        shares = np.array([(unseen >= upper), (unseen < upper) & (unseen >= lower), (unseen < lower)])
        told = ", ".join(
            f"{share:.1%} {name}"
            for share, name in zip(
                shares[:, kind_of == kind].mean(axis=1), ("answered", "related", "nothing"), strict=True
            )
        )
        print(f"{kind} ({(kind_of == kind).sum()} questions): called {told}")
    print_reliability(unseen, answered)
    fitted = fit(evidence, answered, weight)
    found = {
        "encoder": model.name,
        "digest": model.digest,
        "weights": dict(zip(FEATURES, np.round(fitted.coef_[0], 4).tolist(), strict=True)),
        "bias": round(float(fitted.intercept_[0]), 4),
        "answered": round(upper, 4),
        "related": round(lower, 4),
    }
    print(json.dumps(found, indent=1))
    if arguments.write:
        write(found)


def quantile(confidence: np.ndarray, share: float) -> float:
    """A threshold that at least this share stays below."""
    # Above it also after rounding to four places.
    return float(np.quantile(confidence, share, method="higher")) + 5e-5


def print_reliability(confidence: np.ndarray, truth: np.ndarray, bins: int = 10) -> None:
    """The reliability diagram as text: a bar as long as the share that is answered, a sign at the mean confidence."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    print("\nconfidence     questions  answered  (# to the share answered, | at the mean confidence)")
    for at in range(bins):
        inside = place == at
        if not inside.any():
            continue
        share, mean = truth[inside].mean(), confidence[inside].mean()
        bar = list(("#" * round(share * 50)).ljust(51))
        bar[round(mean * 50)] = "|"
        print(f"{at / bins:.1f} to {(at + 1) / bins:.1f}  {inside.sum():10}  {share:8.1%}  {''.join(bar).rstrip()}")


def write(found: dict[str, Any]) -> None:
    """Put the fit in the place of the encoder's last one; the default encoder's stands first."""
    file = ROOT / "healthsearch" / "calibration.json"
    calibration = json.loads(file.read_text("utf-8"))
    others = [fit for fit in calibration["fits"] if fit["encoder"] != found["encoder"]]
    calibration["fits"] = sorted([found, *others], key=lambda fit: fit["encoder"] != DEFAULT_MODEL)
    file.write_text(json.dumps(calibration, indent=1) + "\n", "utf-8")


def fit(evidence: np.ndarray, answered: np.ndarray, weight: np.ndarray) -> LogisticRegression:
    """A logistic model that gives every collection the same say."""
    return LogisticRegression(max_iter=1000).fit(evidence, answered, sample_weight=weight)


def calibration_error(confidence: np.ndarray, truth: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error over equally wide bins (Naeini et al., AAAI 2015)."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        (place == at).mean() * abs(confidence[place == at].mean() - truth[place == at].mean())
        for at in range(bins)
        if (place == at).any()
    ]
    return float(sum(gaps))


if __name__ == "__main__":
    main()
