"""Tune the encoder for health questions and write the adapter: python -m training DATA --out DIR

DATA holds training (medquad.jsonl, pubmedqa.jsonl, meqsum.jsonl) and, to choose by, the BEIR folders nfcorpus,
mediqa2019 and covidqa. Mining and every seed leave their result in DIR and take it from there, so that the command
can be stopped and given again; other data want another DIR. Prints what it chose from.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer

from healthsearch.adapter import linear_weights
from healthsearch.encoder import Encoder, find_model
from training.examples import Examples, read_abstracts, read_pairs, read_sections
from training.mining import mined
from training.probe import Sample, probe, told
from training.soup import Weights, cut, difference, put, write_adapter
from training.tune import tune

SETS = (("mediqa2019", "train_alexa"), ("mediqa2019", "dev"), ("nfcorpus", "dev"), ("covidqa", "test_a"))
NAME = "healthsearch-minilm"
SHARES = (0.25, 0.5, 0.75, 1.0)
RANKS = (4, 8, 16, 32, 64)


def main() -> None:
    """Tune, average, choose, write."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    model = SentenceTransformer(str(find_model().folder), device="cpu")
    network = linear_weights(model)
    original = {name: weight.detach().clone() for name, weight in network.items()}
    tokenizer = find_model().load()
    samples = [Sample.of(arguments.data / name, split, tokenizer) for name, split in SETS]
    runs = {}
    for seed in arguments.seeds:
        file = arguments.out / f"seed-{seed}-of-{arguments.steps}.safetensors"
        if not file.exists():
            put(network, original, difference([original], original, 1.0))
            examples = _examples(arguments.data / "training", tokenizer, model, arguments.out / "mined.json")
            save_file(
                tune(model, examples, seed, arguments.steps, arguments.out, lambda m: told(probe(m, samples))), file
            )
        runs[seed] = load_file(file)
    if arguments.only_tune:
        return
    model.eval()

    def looked_at(name: str, added: Weights) -> None:
        put(network, original, added)
        print(f"{name}: {told(probe(model, samples))}", flush=True)

    looked_at("original", difference([original], original, 1.0))
    for seed, run in runs.items():
        looked_at(f"seed {seed} alone, share {arguments.share}", difference([run], original, arguments.share))
    for share in SHARES:
        looked_at(f"all seeds, share {share}", difference(list(runs.values()), original, share))
    added = difference(list(runs.values()), original, arguments.share)
    for rank in RANKS:
        looked_at(f"all seeds, share {arguments.share}, rank {rank}", cut(added, rank))
    base = find_model().folder / "model.safetensors"
    adapter = write_adapter(added, arguments.rank, base, arguments.out, NAME)
    print(f"{adapter.file}: rank {arguments.rank}, {adapter.file.stat().st_size:,} bytes, sha256 {adapter.sha256}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], metavar="N")
    parser.add_argument("--steps", type=int, default=240, metavar="N")
    parser.add_argument("--share", type=float, default=0.5, metavar="X", help="of the tuned weights in the average")
    parser.add_argument("--rank", type=int, default=16, metavar="N", help="of the difference that is kept")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), metavar="N")
    parser.add_argument("--only-tune", action="store_true", help="stop after the seeds, to run them beside each other")
    return parser.parse_args()


def _examples(folder: Path, tokenizer: Encoder, model: SentenceTransformer, mined_file: Path) -> Examples:
    sections = read_sections(folder / "medquad.jsonl", tokenizer)
    return Examples(
        sections,
        mined(sections, model, mined_file),
        read_abstracts(folder / "pubmedqa.jsonl", tokenizer),
        read_pairs(folder / "meqsum.jsonl"),
    )


if __name__ == "__main__":
    main()
