"""What a build has to do: the corpus as it is now, against what the last generation was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from healthsearch.corpus import SourceFile, list_files
from healthsearch.errors import HealthSearchError, MisnamedFile, UnlistedFolder, UnreadableArticle
from healthsearch.generation import Generation
from healthsearch.manifest import rules

# A build that would drop more than this share of the articles stops and asks.
LARGEST_SHRINK = 0.5


@dataclass(slots=True)
class Summary:
    """What a build did, or with a dry run would do. Paths are of files, relative to the corpus.

    ``skipped`` names what could not become an article: a file, or one thing in a file of many. ``copies``
    are places with the text of an article from elsewhere, each with that one's. ``misnamed``: of the files that the
    build reads, those that are not what their names say, and are read as what they are. ``ignored`` counts files that
    no reader takes, by suffix. ``encoded`` and ``reused`` count the passages of the generation in use afterwards, which
    is ``generation``; ``articles`` its articles. ``reason`` says why every file is read again, "" where it is not or
    there was no index.
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    skipped: list[UnreadableArticle] = field(default_factory=list)
    copies: list[tuple[str, str]] = field(default_factory=list)
    misnamed: list[MisnamedFile] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    articles: int = 0
    encoded: int = 0
    reused: int = 0
    generation: str | None = None
    published: bool = False
    reason: str = ""
    seconds: float = 0.0

    @property
    def changes(self) -> dict[str, int]:
        """How many files were added, changed, deleted and renamed."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "deleted": len(self.deleted),
            "renamed": len(self.renamed),
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Every file of the corpus by path, those that must be read, and the summary so far.

    ``failed_before``: files that gave nothing last time and have not changed; they count as added only if they now
    give something. ``nothing_to_do``: the last generation already is what a build would make.
    """

    files: list[SourceFile]
    to_read: frozenset[str]
    summary: Summary
    failed_before: frozenset[str] = frozenset()
    nothing_to_do: bool = False

    @property
    def files_to_read(self) -> list[SourceFile]:
        """The files that must be read, by path; all of them where there is no previous generation."""
        return [file for file in self.files if file.path in self.to_read]


def make_plan(corpus: Path, previous: Generation | None, encoder_digest: str, *, rebuild: bool = False) -> Plan:
    """Compare the corpus with ``previous``, whose content is kept where files and rules are the same.

    Raises HealthSearchError when there is no folder or nothing in it can be read.
    """
    files, problems, ignored = list_files(corpus)
    if not files:
        cause = "none of its files can be read" if problems else "the folder holds no articles"
        raise HealthSearchError(corpus, cause, "Add a .md or .txt file; the corpus folder's README shows how.")
    before = previous.article_store.digests() if previous else {}
    now = {file.path: file.digest for file in files}
    skipped = {path: one.digest for path, one in previous.skipped.items()} if previous else {}
    failed = frozenset(path for path, digest in skipped.items() if path not in before and now.get(path) == digest)
    summary = _compare(before, {path: digest for path, digest in now.items() if path not in failed})
    summary.skipped += problems
    summary.ignored = dict(sorted(ignored.items()))
    fresh = set(now) - set(summary.unchanged)
    summary.reason = _reason(previous, encoder_digest) if previous else ""
    if rebuild or previous is None or summary.reason:
        return Plan(files, frozenset(now), summary, failed)
    if before | skipped == now:
        # Nothing has changed, so what failed would fail again as it did last time.
        summary.copies = previous.article_store.copy_places()
        summary.skipped += [problem for path in sorted(previous.skipped) for problem in previous.skipped[path].errors()]
        return Plan(files, frozenset(), summary, failed, nothing_to_do=True)
    # What was wrong with a file may have been another, with the same id; and what stood for a copy may be gone.
    unsettled = set(now) & (skipped.keys() | previous.article_store.files_with_copies())
    return Plan(files, frozenset(fresh | unsettled), summary, failed)


def refuse_shrink(corpus: Path, previous: Generation | None, kept: Mapping[str, int]) -> None:
    """Raise HealthSearchError when most of the previous articles are gone.

    ``kept``: how many articles each file of the previous generation still gives, under its old path.
    """
    before = previous.article_store.sizes() if previous else {}
    all_before = sum(before.values())
    lost = sum(max(count - kept.get(path, 0), 0) for path, count in before.items())
    if lost > LARGEST_SHRINK * all_before:
        raise HealthSearchError(
            corpus,
            f"{lost} of the {all_before} articles in the index are no longer there",
            "If that is right, build with --allow-shrink; nothing has been changed.",
        )


def refuse_unlisted(summary: Summary, previous: Generation | None) -> None:
    """Raise HealthSearchError when articles of the previous generation are in a folder that cannot be listed."""
    before = previous.article_store.digests() if previous else {}
    for problem in summary.skipped:
        if isinstance(problem, UnlistedFolder):
            folder = f"{problem.place}/" if problem.place != "." else ""
            held = sum(path.startswith(folder) for path in before)
            if held:
                raise HealthSearchError(
                    problem.place,
                    f"{problem.cause}, and the index has articles from {held} of its files",
                    f"{problem.remedy} To build without them, use --allow-shrink; nothing has been changed.",
                )


def _compare(before: dict[str, str], now: dict[str, str]) -> Summary:
    summary = Summary()
    gone: dict[str, list[str]] = {}
    for path, digest in before.items():
        if path not in now:
            gone.setdefault(digest, []).append(path)
    for path, digest in now.items():
        if before.get(path) == digest:
            summary.unchanged.append(path)
        elif path in before:
            summary.changed.append(path)
        elif gone.get(digest):
            summary.renamed.append((gone[digest].pop(0), path))
        else:
            summary.added.append(path)
    moved = {old for old, _ in summary.renamed}
    summary.deleted = [path for path in before if path not in now and path not in moved]
    return summary


# What the rules of a generation are about.
_ABOUT = {
    "format": "the files of an index",
    "reading": "reading files",
    "splitting": "splitting articles",
    "passage_tokens": "the length of passages",
    "analysis": "the analysis of words",
}


def _reason(previous: Generation, encoder_digest: str) -> str:
    """Why nothing that the generation holds can stay as it is; "" where it can."""
    changed = [_ABOUT[name] for name, rule in rules().items() if previous.manifest.get(name) != rule]
    reasons = [f"the index was made by other rules for {' and '.join(changed)}"] if changed else []
    if previous.encoder.digest != encoder_digest:
        reasons.append(f"it was made with another encoder ({previous.encoder.name})")
    return ", and ".join(reasons)
