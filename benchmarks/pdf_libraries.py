"""Measure libraries that read PDF: the words they find, in which order, how long they take, how large they are.

    python benchmarks/pdf_libraries.py DATA > results/pdf_libraries.md

DATA/pdf/generated-NAME.pdf is compared with DATA/markdown/NAME.md; every other file of DATA/pdf is only timed. All
libraries must be installed; each reads with what it offers for plain text. PyMuPDF is left out for its licence (AGPL).
"""

import argparse
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import pdfminer.high_level
import pdfplumber
import pypdf
import pypdfium2


def with_pypdfium2(file: Path) -> str:
    with pypdfium2.PdfDocument(file) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def with_pypdf(file: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(file).pages)


def with_pdfminer(file: Path) -> str:
    return str(pdfminer.high_level.extract_text(file))


def with_pdfplumber(file: Path) -> str:
    with pdfplumber.open(file) as document:
        return "\n".join(page.extract_text() or "" for page in document.pages)


LIBRARIES: dict[str, Callable[[Path], str]] = {
    "pypdfium2": with_pypdfium2,
    "pypdf": with_pypdf,
    "pdfminer.six": with_pdfminer,
    "pdfplumber": with_pdfplumber,
}


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def f1(found: list[str], wanted: list[str]) -> float:
    common = (Counter(found) & Counter(wanted)).total()
    return 2 * common / (len(found) + len(wanted))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    data = parser.parse_args().data
    print("| library | licence | installed MB | F1 of words | in order | s for all |\n|---|---|---|---|---|---|")
    for name, read in LIBRARIES.items():
        likeness: list[float] = []
        ordered = 0
        started = time.perf_counter()
        for file in sorted((data / "pdf").glob("*.pdf")):
            found = words(read(file))
            source = data / "markdown" / f"{file.stem.removeprefix('generated-')}.md"
            if source.exists():
                wanted = words(source.read_text(encoding="utf-8").split("\n---\n", 1)[1])
                likeness.append(f1(found, wanted))
                ordered += found == wanted
        seconds = time.perf_counter() - started
        package = distribution(name)
        places = [Path(str(file.locate())) for file in package.files or ()]
        size = sum(place.stat().st_size for place in places if place.exists())
        licence = package.metadata["License-Expression"] or package.metadata["License"] or "see its page"
        print(
            f"| {name} {package.version} | {licence} | {size / 1e6:.1f} | {statistics.fmean(likeness):.3f} "
            f"| {ordered} of {len(likeness)} | {seconds:.1f} |"
        )


if __name__ == "__main__":
    main()
