"""Tune the network that reads questions, and write the adapter: python -m training DATA --out DIR

DATA holds training (medquad.jsonl, pubmedqa.jsonl, meqsum.jsonl) and, to look at what was tuned, the BEIR folders
nfcorpus, mediqa2019 and covidqa. Indexes and every seed leave their result in DIR and are taken from there, so that
the command can be stopped and given again; other data want another DIR. Prints nDCG@10 as the product ranks and, in
brackets, by the passages' cosines alone.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer

from healthsearch.adapter import linear_weights
from healthsearch.models import ORIGINAL, LocalModel, find_model
from training.examples import kept_examples, message_examples, section_examples, sentence_examples
from training.fused import Index
from training.pool import open_pool
from training.probe import SETS, judged_sets, probe, told
from training.soup import Weights, cut, difference, put, write_adapter
from training.tune import Source, tune

NAME = "healthsearch-minilm"
SHARES = (0.25, 0.4, 0.5, 0.75, 1.0)
RANKS = (4, 8, 16, 32, 64)
# Examples of each kind in a batch.
IN_BATCH = {"sections": 34, "abstracts": 6, "articles": 3, "passages": 5, "messages": 12, "kept": 20}


def main() -> None:
    """Tune, average, look, write."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    model = find_model(ORIGINAL)
    network = SentenceTransformer(str(model.folder), device=arguments.device)
    weights = linear_weights(network)
    original = {name: weight.detach().cpu().clone() for name, weight in weights.items()}
    runs = _runs(arguments, model, network, original)
    if arguments.only_tune:
        return
    sets = judged_sets(arguments.data, arguments.out / "indexes", model, network)
    names = " | ".join(f"{name} {split}" for name, split in SETS)
    print(f"| questions read by | {names} | mean |\n|{'---|' * (len(SETS) + 2)}")

    def look(name: str, added: Weights) -> None:
        put(weights, original, added)
        print(f"| {name} | {told(probe(sets))} |", flush=True)

    everything = list(runs.values())
    look("the original", difference([original], original, 1.0))
    for seed, run in runs.items():
        look(f"seed {seed}", difference([run], original, arguments.share))
    for share in SHARES:
        look(f"all seeds, share {share}", difference(everything, original, share))
    added = difference(everything, original, arguments.share)
    for rank in RANKS:
        look(f"all seeds, share {arguments.share}, rank {rank}", cut(added, rank))
    base = model.folder / "model.safetensors"
    adapter = write_adapter(added, arguments.rank, base, arguments.out, NAME)
    print(f"\n{adapter.file}: rank {arguments.rank}, {adapter.file.stat().st_size:,} bytes, sha256 {adapter.sha256}")


def _runs(
    arguments: argparse.Namespace, model: LocalModel, network: SentenceTransformer, original: Weights
) -> dict[int, Weights]:
    """The tuned weights of every seed."""
    files = {seed: arguments.out / f"seed-{seed}-of-{arguments.steps}.safetensors" for seed in arguments.seeds}
    missing = [seed for seed, file in files.items() if not file.exists()]
    if missing:
        data = arguments.data / "training"
        pool = open_pool(data, arguments.articles, arguments.out / "pool", model)
        index = Index.of(pool.searcher.generation)
        rng = random.Random("examples")
        of_articles, of_passages = sentence_examples(pool, rng)
        kinds = {
            "sections": list(section_examples(pool, False, rng)),
            "abstracts": list(section_examples(pool, True, rng)),
            "articles": of_articles,
            "passages": of_passages,
            "messages": list(message_examples(pool, data / "meqsum.jsonl")),
            "kept": list(kept_examples(pool, random.Random("kept"))),
        }
        sources = [Source(kinds[kind], count) for kind, count in IN_BATCH.items()]
        for seed in missing:
            put(linear_weights(network), original, difference([original], original, 1.0))
            save_file(tune(network, index, sources, seed, arguments.steps, arguments.out), files[seed])
    network.eval()
    return {seed: load_file(file) for seed, file in files.items()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--articles", type=int, default=1500, metavar="N", help="of MedQuAD, to search while tuning")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], metavar="N")
    parser.add_argument("--steps", type=int, default=150, metavar="N")
    parser.add_argument("--share", type=float, default=0.4, metavar="X", help="of the tuned weights in the average")
    parser.add_argument("--rank", type=int, default=32, metavar="N", help="of the difference that is kept")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), metavar="N")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", metavar="NAME")
    parser.add_argument("--only-tune", action="store_true", help="stop after the seeds, to run them beside each other")
    return parser.parse_args()


if __name__ == "__main__":
    main()
