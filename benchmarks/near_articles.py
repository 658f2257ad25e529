"""How near any two articles of an index are, by meaning and by title: what the note on newer articles rests on.

python benchmarks/near_articles.py [--index INDEX]
"""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from healthsearch.in_use import open_generation
from healthsearch.newer import NEAR, SAME_TITLE, shared
from healthsearch.places import default_index

SHOWN = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, default=default_index(), metavar="DIR")
    generation, _ = open_generation(parser.parse_args().index)
    articles = list(generation.article_store.articles())
    pairs = []
    for one, other in itertools.combinations(range(len(articles)), 2):
        cosine = float(generation.article_vectors[one] @ generation.article_vectors[other])
        pairs.append((cosine, shared(articles[one], articles[other]), articles[one].title, articles[other].title))
    both = sum(cosine >= NEAR and same >= SAME_TITLE for cosine, same, *_ in pairs)
    print(
        f"{len(articles)} articles, {len(pairs)} pairs; {both} with {NEAR} by meaning and {SAME_TITLE} of their titles"
    )
    nearest = {
        "by meaning": sorted(pairs, key=lambda pair: -pair[0]),
        "by title": sorted(pairs, key=lambda pair: -pair[1]),
    }
    for name, ordered in nearest.items():
        print(f"\nnearest {name}: meaning, title")
        for cosine, same, title, beside in ordered[:SHOWN]:
            print(f"{cosine:.2f}  {same:.2f}  {title} | {beside}")


if __name__ == "__main__":
    main()
