"""The same articles in every form: how like the text, headings and titles of one form are to the article in Markdown.

    python benchmarks/formats.py DATA [--each]

DATA/FORM/NAME.SUFFIX, of which DATA/markdown/NAME.md is the reference; files that were made from it may be called
generated-NAME. Articles of DATA/jats have no Markdown; forms that pandoc made from them are compared with what our
reader of JATS gives; the two choose differently what to keep. F1 counts words, each as often as it stands there, and
headings as wholes.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.article import Article  # noqa: E402 - the project need not be installed
from healthsearch.readers import READERS, outcomes  # noqa: E402

REFERENCES = ("markdown", "jats")


class Likeness(NamedTuple):
    """How like one form of an article is to the reference, from 0 to 1."""

    words: float
    headings: float
    title: float


def f1(found: Iterable[Hashable], wanted: Iterable[Hashable]) -> float:
    """F1 over what is found, each as often as it is there; 1 where nothing is wanted and nothing found."""
    one, other = Counter(found), Counter(wanted)
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def headings(article: Article) -> list[str]:
    """The headings but those that repeat the title, which some forms keep apart from the text."""
    found = [" ".join(words(heading.title)) for heading in article.headings]
    return [heading for heading in found if heading != " ".join(words(article.title))]


def likeness(found: Article, wanted: Article) -> Likeness:
    return Likeness(
        words=f1(words(f"{found.title} {found.text}"), words(f"{wanted.title} {wanted.text}")),
        headings=f1(headings(found), headings(wanted)),
        title=float(words(found.title) == words(wanted.title)),
    )


def articles(file: Path) -> list[Article]:
    return [found for found in outcomes(file.read_bytes(), file.name) if isinstance(found, Article)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA", help="a folder with a folder for each form")
    parser.add_argument("--each", action="store_true", help="a line for every file too")
    arguments = parser.parse_args()
    wanted = {
        file.stem: (folder, found[0])
        for folder in REFERENCES
        for file in sorted((arguments.data / folder).iterdir())
        if (found := articles(file))
    }
    alike: dict[tuple[str, str], list[Likeness]] = defaultdict(list)
    unread: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    for file in sorted(arguments.data.glob("*/*")):
        form = file.parent.name
        if file.suffix.lower() not in READERS or form in REFERENCES:
            continue
        found = articles(file)
        name = file.stem.removeprefix("generated-")
        if not found:
            unread[form] += 1
        elif name not in wanted:
            alone[form] += len(found)
        else:
            folder, reference = wanted[name]
            alike[folder, form].append(likeness(found[0], reference))
            if arguments.each:
                told = " ".join(f"{value:.3f}" for value in alike[folder, form][-1])
                print(f"{file.relative_to(arguments.data)}: {told}")
    print("| reference | form | files | F1 of words: mean, least | F1 of headings: mean, least | title right |")
    print("|---|---|---|---|---|---|")
    for (folder, form), all_of_it in sorted(alike.items(), reverse=True):
        count = len(all_of_it)
        cells = [
            f"{statistics.fmean(values):.3f}, {min(values):.3f}"
            for values in ([one.words for one in all_of_it], [one.headings for one in all_of_it])
        ]
        right = sum(one.title for one in all_of_it)
        print(f"| {folder} | {form} | {count} | {' | '.join(cells)} | {right:.0f} of {count} |")
    for form, count in sorted(alone.items()):
        print(f"{form}: {count} more articles were read that have no reference.")
    for form, count in sorted(unread.items()):
        print(f"{form}: {count} files could not be read.")


if __name__ == "__main__":
    main()
