"""Is the published index sound, and is it up to date? Looks at everything and changes nothing.

Notices are told beside the faults, and are none: two articles may be alike on purpose, and an index without a file that
cannot be read is what a build makes of that corpus.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from healthsearch.article_tables import ARTICLE_STORE
from healthsearch.corpus import misnamed
from healthsearch.errors import BUILD_COMMAND, HealthSearchError
from healthsearch.exported import ExportManifest, folder_of
from healthsearch.generation import Generation
from healthsearch.in_use import fault_of_fallback, open_generation
from healthsearch.index_folder import ENCODERS
from healthsearch.journal import passage_key
from healthsearch.models import find_model
from healthsearch.near_duplicates import near_duplicates
from healthsearch.plan import Plan, make_plan

_BUILD = f"Bring it up to date: {BUILD_COMMAND}"
_REBUILD = f"Build it anew: {BUILD_COMMAND} --rebuild"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to look at that is no fault of the index; ``remedy`` is empty where it may be as it should."""

    place: str
    cause: str
    remedy: str = ""

    @classmethod
    def of(cls, problem: HealthSearchError) -> Notice:
        """A problem that is not one of the index."""
        return cls(problem.place, problem.cause, problem.remedy)

    def __str__(self) -> str:
        return f"{self.place}: {self.cause}. {self.remedy}".rstrip()


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check has found: faults, each with the command that mends it, and notices beside them."""

    faults: list[HealthSearchError]
    notices: list[Notice]


def check(index: Path, corpus: Path) -> Findings:
    """The faults of the index, and the notices on it; of these none where no generation can be opened."""
    with _opened(index) as (generation, fault):
        if generation is None:
            return Findings(fault, [])
        of_corpus = _of_corpus(generation, corpus)
        return Findings(
            [*fault, *_faults(generation), *of_corpus.faults],
            [*of_corpus.notices, *_encoder_notices(generation, index), *notices(generation)],
        )


def faults(index: Path, corpus: Path) -> list[HealthSearchError]:
    """Everything that is wrong with the index.

    Opening a generation verifies the SHA-256 of every file and that its parts belong together; that is done with the
    one kept to fall back on, too. Of the one in use the content is looked at as well.
    """
    with _opened(index) as (generation, fault):
        return fault if generation is None else [*fault, *_faults(generation), *_of_corpus(generation, corpus).faults]


def notices(generation: Generation) -> list[Notice]:
    """Texts that stand in two places, and articles that are almost the same."""
    told = [
        Notice(place, f"the same text as {first}, which stands for it")
        for place, first in generation.article_store.copy_places()
    ]
    for first, second, alike in near_duplicates(generation.article_store.articles()):
        told.append(Notice(second, f"almost the same text as {first} ({alike:.0%} of its phrases)"))
    return told


@contextmanager
def _opened(index: Path) -> Iterator[tuple[Generation | None, list[HealthSearchError]]]:
    """The generation that can be opened, if there is one, and what is wrong with any."""
    try:
        generation, fault = open_generation(index)
    except HealthSearchError as missing_or_damaged:
        yield None, [missing_or_damaged]
        return
    with closing(generation):
        fault = fault or fault_of_fallback(index)
        yield generation, [fault] if fault else []


def _faults(generation: Generation) -> list[HealthSearchError]:
    """What is wrong with the content of a generation that can be opened."""
    return [*_content_faults(generation), *_encoder_faults(generation)]


def _content_faults(generation: Generation) -> Iterator[HealthSearchError]:
    place = generation.folder / ARTICLE_STORE
    for fault in generation.article_store.faults():
        yield HealthSearchError(place, f"the store is damaged ({fault})", _REBUILD)
    sentence_row = 0
    for article, passages, keys in generation.article_store.whole_articles():
        for stored, key in zip(passages, keys, strict=True):
            passage = stored.passage
            if passage_key(generation.encoder.passage_digest, passage) != key:
                yield HealthSearchError(
                    place, f"passage {stored.row} of {article.path} is not what was encoded", _REBUILD
                )
            if stored.first_sentence != sentence_row or any(
                not 0 <= start < end <= len(passage.text) for start, end in passage.sentences
            ):
                yield HealthSearchError(place, f"the sentences of passage {stored.row} are out of place", _REBUILD)
            sentence_row += len(passage.sentences)


def _encoder_faults(generation: Generation) -> Iterator[HealthSearchError]:
    try:
        model = find_model(generation.encoder.name)
    except HealthSearchError as fault:
        yield fault
        return
    if model.digest != generation.encoder.digest:
        yield HealthSearchError(model.folder, "the model has changed since the index was made", _BUILD)


def _encoder_notices(generation: Generation, index: Path) -> Iterator[Notice]:
    manifest = ExportManifest.read(index / ENCODERS, generation.encoder.digest)
    if manifest is not None and manifest.unfit:
        cause = "the encoder could not be exported, so sentence-transformers runs it, which is slower"
        yield Notice(str(folder_of(index / ENCODERS, manifest.digest)), f"{cause} ({manifest.unfit})")


def _of_corpus(generation: Generation, corpus: Path) -> Findings:
    """What a build would change, as a fault; and as notices which files it would skip, and which are misnamed."""
    try:
        plan = make_plan(corpus, generation, generation.encoder.digest)
    except HealthSearchError as fault:
        return Findings([fault], [])
    of_files = [*plan.summary.skipped, *misnamed(corpus, plan.files)]
    return Findings(list(_behind(generation, corpus, plan)), list(map(Notice.of, of_files)))


def _behind(generation: Generation, corpus: Path, plan: Plan) -> Iterator[HealthSearchError]:
    """How the index is behind the corpus, if it is."""
    told = ", ".join(f"{count} {what}" for what, count in plan.summary.changes.items() if count)
    if told:
        yield HealthSearchError(corpus, f"files have changed since the index was made ({told})", _BUILD)
    elif not plan.nothing_to_do:
        cause = "the index is not what a build would make today (by other rules, or from other files)"
        yield HealthSearchError(generation.folder, cause, _BUILD)
