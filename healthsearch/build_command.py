"""The command that brings the index up to date: arguments, progress, summary, exit status."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from healthsearch.address import Address, parse_address
from healthsearch.build import build
from healthsearch.encoding import Helpers, Progress
from healthsearch.errors import HealthSearchError
from healthsearch.in_use import model_of
from healthsearch.index_folder import ENCODERS
from healthsearch.models import DEFAULT_MODEL, find_model, was_exported
from healthsearch.places import add_folders, default_store
from healthsearch.plan import Summary
from healthsearch.publishing import Sent, fetch, publish
from healthsearch.terminal import duration, json_text, unread_output_dropped, visible
from healthsearch.wording import counted

# Of texts in two places; the JSON names all.
_COPIES_SHOWN = 20
BUILT, NOTHING_BUILT, SOME_SKIPPED, INTERRUPTED = 0, 1, 3, 130
_NOT_EXPORTED = (
    "the encoder could not be exported there, so builds and first answers take several times as long. See that the"
    " folder can be written to and its disk has 100 MB free: the next question or build tries again."
)
# Nobody finds what is new until it is in the store.
NOT_PUBLISHED = NOTHING_BUILT


def main(argv: Sequence[str] | None = None) -> int:
    """Build; returns the exit status."""
    return run(parser().parse_args(argv))


def run(arguments: argparse.Namespace) -> int:
    """Build as the arguments say; returns the exit status."""
    bar = _Bar(shown=not arguments.quiet)
    sent: Sent | None = None
    unsent: HealthSearchError | None = None
    try:
        helpers = _cluster(arguments.ray) if arguments.ray else None
        address = _address(arguments)
        if address is not None and not arguments.dry_run and not arguments.rebuild:
            fetch(address, arguments.index)
        model = find_model(_model(arguments))
        summary = build(
            arguments.corpus,
            arguments.index,
            model,
            rebuild=arguments.rebuild,
            dry_run=arguments.dry_run,
            strict=arguments.strict,
            allow_shrink=arguments.allow_shrink,
            report=bar.show,
            helpers=helpers,
        )
        if address is not None and not arguments.dry_run:
            try:
                sent = publish(arguments.index, address)
            except HealthSearchError as error:
                unsent = error
    except HealthSearchError as error:
        bar.end()
        print(f"error: {visible(str(error))}", file=sys.stderr)
        return NOTHING_BUILT
    except KeyboardInterrupt:
        bar.end()
        print("Interrupted. What was encoded is kept: the next build goes on from here.", file=sys.stderr)
        return INTERRUPTED
    bar.end()
    with unread_output_dropped():
        for problem in summary.skipped:
            print(f"skipped: {visible(str(problem))}", file=sys.stderr)
        for misnamed in summary.misnamed:
            print(f"notice: {visible(str(misnamed))}", file=sys.stderr)
        encoders = arguments.index / ENCODERS
        if summary.published and not was_exported(model, encoders):
            print(f"notice: {visible(str(encoders))}: {_NOT_EXPORTED}", file=sys.stderr)
        if arguments.json:
            print(json_text(_as_json(summary, arguments.dry_run, sent), indent=1))
        elif not arguments.quiet:
            print(_as_text(summary, arguments.dry_run, sent))
        if unsent is not None:
            print(f"error: the index is built, but not published: {visible(str(unsent))}", file=sys.stderr)
    if unsent is not None:
        return NOT_PUBLISHED
    # Whether anybody reads about it or not, the build is made.
    return SOME_SKIPPED if summary.skipped else BUILT


def parser() -> argparse.ArgumentParser:
    """The command by itself."""
    found = argparse.ArgumentParser(
        prog="build_index.py", description="Build the search index; by default only what changed since the last time."
    )
    add_arguments(found)
    return found


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Give a command the arguments of a build."""
    add_folders(command, index="where the index goes")
    command.add_argument(
        "--model",
        metavar="NAME_OR_DIR",
        help=f"the encoder (default: the index's own; of a new index {DEFAULT_MODEL})",
    )
    command.add_argument("--rebuild", action="store_true", help="encode everything again")
    command.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    command.add_argument("--strict", action="store_true", help="build nothing if any file must be skipped")
    command.add_argument("--allow-shrink", action="store_true", help="allow a build that removes most of the articles")
    command.add_argument(
        "--ray", metavar="ADDRESS", help="encode on a Ray cluster: its address, or auto, or local (docs/cluster.md)"
    )
    command.add_argument("--store", choices=("milvus",), help="also publish the index in a store (docs/scale.md)")
    command.add_argument("--uri", metavar="URI", help="where that is (default: HEALTHSEARCH_STORE)")
    command.add_argument("--collection", metavar="NAME", help="what it is called there (default: healthsearch)")
    command.add_argument("--json", action="store_true", help="for programs: the summary as JSON")
    command.add_argument("-q", "--quiet", action="store_true", help="no progress and no summary, only problems")


def _model(arguments: argparse.Namespace) -> str:
    named: str | None = arguments.model
    return (model_of(arguments.index) or DEFAULT_MODEL) if named is None else named


def _cluster(address: str) -> Helpers:
    # Only here: Ray is an optional package, and large.
    from healthsearch.cluster import Cluster

    return Cluster(address)


def _address(arguments: argparse.Namespace) -> Address | None:
    if arguments.store is None:
        return None
    if arguments.uri:
        return parse_address(arguments.uri, arguments.collection)
    default = default_store()
    if default is None:
        raise HealthSearchError("--store", "it is not known where the store is", "Name it with --uri.")
    return replace(default, collection=arguments.collection or default.collection)


def _as_text(summary: Summary, dry_run: bool, sent: Sent | None) -> str:
    counts = summary.changes | {"unchanged": len(summary.unchanged), "skipped": len(summary.skipped)}
    lines = ["Files: " + ", ".join(f"{count:,} {what}" for what, count in counts.items())]
    if summary.reason:
        lines.append(visible(f"Every file is read again: {summary.reason}."))
    if summary.ignored:
        # A suffix is somebody else's text.
        ignored = ", ".join(f"{count:,} {visible(suffix)}" for suffix, count in summary.ignored.items())
        lines.append(f"Ignored, as no reader takes them: {ignored}")
    lines += [visible(f"The same text: {place} and {first}") for place, first in summary.copies[:_COPIES_SHOWN]]
    if len(summary.copies) > _COPIES_SHOWN:
        lines.append(f"and {len(summary.copies) - _COPIES_SHOWN:,} more texts that stand in two places")
    if dry_run:
        lines.append("Nothing was built: this was a dry run.")
    else:
        lines.append(f"Articles: {summary.articles:,}")
        lines.append(f"Passages: {summary.encoded:,} encoded, {summary.reused:,} reused")
        state = "published" if summary.published else "unchanged, still serves"
        lines.append(f"Generation {summary.generation} {state} ({summary.seconds:.1f} s)")
    if sent is not None:
        told = "unchanged" if sent.articles is None else f"{sent.articles:,} articles sent, {sent.deleted:,} taken out"
        lines.append(visible(f"Store: {sent.place}: {told}"))
    return "\n".join(lines)


def _as_json(summary: Summary, dry_run: bool, sent: Sent | None) -> dict[str, Any]:
    values = asdict(replace(summary, skipped=[], misnamed=[]))
    values["renamed"] = [{"from": old, "to": new} for old, new in summary.renamed]
    values["copies"] = [{"place": place, "first": first} for place, first in summary.copies]
    for name, problems in (("skipped", summary.skipped), ("misnamed", summary.misnamed)):
        values[name] = [{"path": one.place, "cause": one.cause, "remedy": one.remedy} for one in problems]
    values["passages_encoded"] = values.pop("encoded")
    values["passages_reused"] = values.pop("reused")
    return values | {"dry_run": dry_run} | ({"store": asdict(sent)} if sent else {})


class _Bar:
    """Progress on stderr: a bar that redraws itself on a terminal, a line now and then elsewhere."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._terminal = sys.stderr.isatty()
        self._pause = 0.1 if self._terminal else 5.0
        self._last = 0.0
        self._drawn = False

    def show(self, progress: Progress) -> None:
        """Draw, unless the last time was just now."""
        now = time.monotonic()
        finished = progress.files == progress.files_total
        if not self._shown or (now - self._last < self._pause and not finished):
            return
        self._last = now
        share = progress.files / progress.files_total
        rate = progress.encoded / progress.seconds if progress.seconds else 0.0
        left = f", {duration(progress.seconds_left)} left" if progress.seconds_left else ""
        line = (
            f"{share:4.0%}  {progress.files:,} of {counted(progress.files_total, 'file')},"
            f" {counted(progress.encoded, 'passage')} encoded, {rate:.0f} a second{left}"
        )
        with unread_output_dropped():
            if self._terminal:
                filled = round(share * 20)
                print(f"\r\x1b[K[{'#' * filled}{'.' * (20 - filled)}] {line}", end="", file=sys.stderr, flush=True)
                self._drawn = True
            else:
                print(line, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the bar's line."""
        if self._drawn:
            with unread_output_dropped():
                print(file=sys.stderr)
