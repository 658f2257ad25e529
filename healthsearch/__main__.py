"""The commands: build, search, check, evaluate, page. Results go to stdout, problems to stderr."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from healthsearch import __version__, build_command, page_command
from healthsearch.check import check
from healthsearch.check_store import check_store
from healthsearch.errors import HealthSearchError
from healthsearch.evaluation import evaluate
from healthsearch.index_folder import ENCODERS
from healthsearch.models import DEFAULT_MODEL, find_model
from healthsearch.places import add_folders, default_index, default_store
from healthsearch.reranker import DEPTH, Reranker
from healthsearch.search import MOST_HITS, Searcher
from healthsearch.storage import without_words
from healthsearch.stores import open_store
from healthsearch.terminal import answer_text, json_text, unread_output_dropped, visible
from healthsearch.urgent import UrgentSigns, read_signs
from healthsearch.wording import NO_SIGNS

FOUND, ERROR, NOT_ANSWERED, INTERRUPTED = 0, 1, 4, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    arguments = parser().parse_args(argv)
    try:
        with unread_output_dropped():
            status = int(arguments.run(arguments))
            # An answer that cannot be delivered is an error.
            sys.stdout.flush()
            return status
        return ERROR
    except HealthSearchError as error:
        print(f"error: {visible(str(error))}", file=sys.stderr)
        return ERROR
    except KeyboardInterrupt:
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    typed = "healthsearch" if Path(sys.argv[0]).stem == "healthsearch" else "python -m healthsearch"
    top = argparse.ArgumentParser(
        prog=typed, description="Build, search, check and measure an index, and open its page."
    )
    top.add_argument("--version", action="version", version=f"healthsearch {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    building = commands.add_parser("build", help="bring the index up to date with the articles")
    build_command.add_arguments(building)
    building.set_defaults(run=build_command.run)

    search = commands.add_parser("search", help="answer a question from the articles")
    search.add_argument("question", metavar="QUESTION", help="in your own words; - reads one question a line")
    search.add_argument("-k", type=_hits, default=5, metavar="N", help="passages to show (default: 5)")
    search.set_defaults(run=_search)

    checking = commands.add_parser("check", help="verify the index, and whether it is up to date")
    checking.set_defaults(run=_check)

    for command, what in ((search, "the folder of urgent.yaml"), (checking, "the articles")):
        add_folders(command, what)
        command.add_argument("--json", action="store_true", help="for programs: JSON on standard output")

    measuring = commands.add_parser("evaluate", help="measure ranking quality on a BEIR folder")
    measuring.add_argument("folder", type=Path, metavar="BEIR_DIR", help="corpus.jsonl, queries.jsonl and qrels/")
    measuring.add_argument("--split", default="test", metavar="NAME", help="qrels/NAME.tsv (default: test)")
    measuring.add_argument("--run", type=Path, dest="run_file", metavar="FILE", help="write a TREC run here")
    measuring.add_argument(
        "--model", default=DEFAULT_MODEL, metavar="NAME_OR_DIR", help=f"the encoder (default: {DEFAULT_MODEL})"
    )
    measuring.add_argument(
        "--cache",
        type=Path,
        default=default_index() / "evaluation",
        metavar="DIR",
        help="where the index of that folder is kept (default: evaluation in the index)",
    )
    measuring.add_argument("--json", action="store_true", help="for programs: JSON on standard output")
    measuring.set_defaults(run=_evaluate)

    serving = commands.add_parser("page", help="open the page, until Ctrl+C")
    page_command.add_arguments(serving)
    serving.set_defaults(run=page_command.run)

    for command in (search, measuring):
        command.add_argument(
            "--reranker",
            metavar="NAME_OR_DIR",
            help=f"a cross-encoder that reorders the best {DEPTH} passages (off by default)",
        )
    return top


def _search(arguments: argparse.Namespace) -> int:
    searcher = _searcher(arguments)
    if searcher.fault is not None:
        print(f"notice: the index before the newest one answers, since {visible(str(searcher.fault))}", file=sys.stderr)
    signs = _signs(arguments.corpus)
    if arguments.question == "-":
        return _search_lines(searcher, arguments.k, signs)
    answer = searcher.search(arguments.question, arguments.k, signs=signs)
    if arguments.json:
        print(json_text(answer.as_json(), indent=1))
    else:
        print(answer_text(answer, date.today(), styled=sys.stdout.isatty()))
    return NOT_ANSWERED if answer.verdict == "nothing" else FOUND


def _searcher(arguments: argparse.Namespace) -> Searcher:
    address, reranker = default_store(), _reranker(arguments)
    if address is None:
        return Searcher.open(arguments.index, reranker=reranker)
    store = open_store(address)
    if notice := without_words(store.info()):
        print(f"notice: {visible(str(notice))}", file=sys.stderr)
    return Searcher.reading(store, arguments.index / ENCODERS, reranker=reranker)


def _signs(corpus: Path) -> tuple[UrgentSigns, ...]:
    try:
        return read_signs(corpus)
    except HealthSearchError as error:
        print(f"notice: {NO_SIGNS}: {visible(str(error))}", file=sys.stderr)
        return ()


def _search_lines(searcher: Searcher, k: int, signs: tuple[UrgentSigns, ...]) -> int:
    """Answer one question a line; the status tells of the worst: an error, then one that is not answered."""
    failed = unanswered = was_empty = False
    if isinstance(sys.stdin, io.TextIOWrapper):
        # One line in another encoding must not end the session.
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    for line in sys.stdin:
        question = line.rstrip("\n")
        is_empty = not question.strip()
        # Many files end with empty lines; only one before a question is a mistake.
        failed = failed or (was_empty and not is_empty)
        was_empty = is_empty
        try:
            answer = searcher.search(question, k, signs=signs)
        except HealthSearchError as error:
            failed = failed or not is_empty
            found = {"question": question, "error": str(error)}
        else:
            unanswered = unanswered or answer.verdict == "nothing"
            found = answer.as_json()
        print(json_text(found), flush=True)
    if failed:
        return ERROR
    return NOT_ANSWERED if unanswered else FOUND


def _check(arguments: argparse.Namespace) -> int:
    address = default_store()
    found = check(arguments.index, arguments.corpus) if address is None else check_store(address, arguments.index)
    if arguments.json:
        told = [{"place": fault.place, "cause": fault.cause, "remedy": fault.remedy} for fault in found.faults]
        noticed = list(map(asdict, found.notices))
        print(json_text({"sound": not found.faults, "faults": told, "notices": noticed}, indent=1))
    else:
        print("\n".join(visible(str(fault)) for fault in found.faults) or "The index is sound and up to date.")
        for notice in found.notices:
            print(f"notice: {visible(str(notice))}")
    return ERROR if found.faults else FOUND


def _evaluate(arguments: argparse.Namespace) -> int:
    model, reranker = find_model(arguments.model), _reranker(arguments)
    figures = evaluate(
        arguments.folder, arguments.split, arguments.cache, model, arguments.run_file, reranker, default_store()
    ).as_json()
    if arguments.json:
        print(json_text(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<14}{value:>9.4f}" if isinstance(value, float) else f"{name:<14}{value:>9}")
    return FOUND


def _reranker(arguments: argparse.Namespace) -> Reranker | None:
    return Reranker(arguments.reranker) if arguments.reranker else None


def _hits(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_HITS:
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST_HITS} is needed, not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
