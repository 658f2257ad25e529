"""The article of a web page, by our own rules and by trafilatura: what is lost of it, and what clutter comes in.

    python benchmarks/web_extractors.py DATA

Pages: the ten of ``tests/clutter``, each with its article in Markdown and the lines around it; and those of DATA/html
that have their article in DATA/markdown. Needs benchmarks/requirements.txt.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import trafilatura

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.article import Article  # noqa: E402 - the project need not be installed
from healthsearch.readers import markdown, web_page  # noqa: E402
from healthsearch.sentences import split_sentences, without_list_marker  # noqa: E402

CLUTTER = ROOT / "tests" / "clutter"
# So long a line is clutter wherever it stands; a shorter one may be words of the article too.
LONG = 4


def ours(page: bytes) -> str:
    return next(iter(web_page.read(page, "page.html"))).text


def theirs(page: bytes, recall: bool) -> str:
    return trafilatura.extract(page, include_comments=False, favor_recall=recall, output_format="txt") or ""


EXTRACTORS: dict[str, Callable[[bytes], str]] = {
    "our rules": ours,
    "trafilatura": lambda page: theirs(page, recall=False),
    "trafilatura, for recall": lambda page: theirs(page, recall=True),
}


def pages(data: Path) -> Iterator[tuple[bytes, str, list[str]]]:
    """Each page with the text of its article and the lines of clutter in it."""
    for name, lines in json.loads((CLUTTER / "clutter.json").read_text(encoding="utf-8")).items():
        yield (CLUTTER / f"{name}.html").read_bytes(), written(ROOT / "corpus" / f"{name}.md"), lines
    for page in sorted((data / "html").glob("*.html")):
        article = data / "markdown" / f"{page.stem.removeprefix('generated-')}.md"
        if article.exists():
            yield page.read_bytes(), written(article), []


def written(article: Path) -> str:
    return next(found.text for found in markdown.read(article.read_bytes(), article.name) if isinstance(found, Article))


def sentences(text: str) -> list[str]:
    found = split_sentences(text, 0, len(text))
    return [text[without_list_marker(text, one.start, one.end) : one.end] for one in found]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA", help="a folder with html/ and markdown/")
    everything = list(pages(parser.parse_args().data))
    print("| the article by | sentences lost | lines of clutter | F1 of words |")
    print("|---|---|---|---|")
    for name, extract in EXTRACTORS.items():
        lost = shown = all_sentences = all_clutter = 0
        common = total = 0
        for page, article, clutter in everything:
            found = extract(page)
            plain = " ".join(words(found))
            lines = {line.strip().removeprefix("- ") for line in found.split("\n")}
            lost += sum(" ".join(words(sentence)) not in plain for sentence in sentences(article))
            shown += sum(line in lines or (len(line.split()) >= LONG and line in found) for line in clutter)
            all_sentences += len(sentences(article))
            all_clutter += len(clutter)
            one, other = Counter(words(article)), Counter(words(found))
            common += (one & other).total()
            total += one.total() + other.total()
        print(f"| {name} | {lost} of {all_sentences} | {shown} of {all_clutter} | {2 * common / total:.3f} |")


if __name__ == "__main__":
    main()
