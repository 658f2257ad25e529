"""How long a folder of articles takes to be read and split on one core, without encoding anything; and only to be read,
as a build does it: many files, and those of some formats, in processes of their own.

    python benchmarks/reading.py FOLDER [--profile]

TOKENIZERS_PARALLELISM=false keeps the tokenizer to one core too. The digest tells whether the passages are the same.
"""

from __future__ import annotations

import argparse
import cProfile
import hashlib
import pstats
import resource
import sys
import time
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.corpus import articles, list_files  # noqa: E402 - the project need not be installed
from healthsearch.models import find_model  # noqa: E402
from healthsearch.parallel_reading import read_files  # noqa: E402
from healthsearch.passages import split  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--profile", action="store_true", help="where the time goes")
    arguments = parser.parse_args()
    encoder = find_model("all-MiniLM-L6-v2").load()
    profile = cProfile.Profile()
    started, cpu = time.perf_counter(), time.process_time()
    read = passages = characters = 0
    digest = hashlib.sha256()
    if arguments.profile:
        profile.enable()
    for article in articles(arguments.folder):
        read += 1
        characters += len(article.text)
        for passage in split(article, encoder):
            passages += 1
            digest.update(repr(passage).encode())
    profile.disable()
    seconds, busy = time.perf_counter() - started, time.process_time() - cpu
    print(f"{read:,} articles, {characters:,} characters, {passages:,} passages")
    print(f"{seconds:.1f} s, {busy:.1f} s of one core; digest of the passages {digest.hexdigest()[:16]}")
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB, the encoder among it")
    files, _, _ = list_files(arguments.folder)
    started = time.perf_counter()
    for _, outcomes in read_files(arguments.folder, files):
        deque(outcomes, maxlen=0)
    print(f"only read, as in a build: {time.perf_counter() - started:.1f} s")
    if arguments.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
