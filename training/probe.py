"""A quick look at an encoder on samples of the development sets, by meaning alone: minutes, not the half hour.

Absolute figures mean nothing outside; they choose between encoders. What is reported comes from
``python -m healthsearch evaluate``.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from healthsearch.article import Article
from healthsearch.evaluation import Qrels, ndcg, read_documents, read_qrels, read_queries
from healthsearch.passages import Tokenizer, split
from training.examples import Text
from training.tune import encode_questions, encode_texts, scored

_QUERIES = 60
_OTHERS = 300
_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Sample:
    """Some queries of a BEIR folder with their relevant documents, and other documents; first passages only."""

    name: str
    queries: dict[str, str]
    qrels: Qrels
    documents: dict[str, Text]

    @classmethod
    def of(cls, folder: Path, split_name: str, tokenizer: Tokenizer) -> Sample:
        """The same sample each time."""
        qrels, asked = read_qrels(folder, split_name), read_queries(folder)
        chosen = list(qrels)[:: max(1, len(qrels) // _QUERIES)][:_QUERIES]
        wanted = {document for query in chosen for document, grade in qrels[query].items() if grade > 0}
        corpus = {name: (title, text) for name, title, text in read_documents(folder)}
        others = random.Random(0).sample(sorted(corpus.keys() - wanted), min(_OTHERS, len(corpus) - len(wanted)))
        documents = {}
        for document in [*sorted(wanted), *others]:
            passages = split(Article(document, "", *corpus[document]), tokenizer)
            if passages:
                first = passages[0]
                documents[document] = Text(first.context, first.text, first.sentences, "", "")
        return cls(
            f"{folder.name} {split_name}",
            {query: asked[query] for query in chosen},
            {query: qrels[query] for query in chosen},
            documents,
        )


def probe(model: SentenceTransformer, samples: Sequence[Sample]) -> dict[str, float]:
    """nDCG@10 on each sample."""
    figures = {}
    for sample in samples:
        names, texts = np.array(list(sample.documents)), list(sample.documents.values())
        # Like lengths together: less padding.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at].text))
        scores = np.zeros((len(sample.queries), len(texts)), np.float32)
        with torch.no_grad():
            questions = encode_questions(model, list(sample.queries.values()))
            for first in range(0, len(order), _AT_ONCE):
                places = order[first : first + _AT_ONCE]
                scores[:, places] = scored(questions, *encode_texts(model, [texts[at] for at in places])).numpy()
        rankings = names[np.argsort(-scores, axis=1, kind="stable")]
        figures[sample.name] = statistics.fmean(
            ndcg(ranking.tolist(), sample.qrels[query], 10)
            for query, ranking in zip(sample.queries, rankings, strict=True)
        )
    return figures


def told(figures: dict[str, float]) -> str:
    """The figures in a line, with their mean."""
    named = figures | {"mean": statistics.fmean(figures.values())}
    return ", ".join(f"{name} {value:.4f}" for name, value in named.items())
