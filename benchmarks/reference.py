"""Let sentence-transformers read the probes with each packaged encoder, and write what it says into healthsearch/.

    python benchmarks/reference.py

An encoder is compared with that wherever it is exported, so that no torch is needed there.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.bert import REFERENCES  # noqa: E402 - the project need not be installed
from healthsearch.models import ORIGINAL, TUNED, find_model  # noqa: E402
from healthsearch.proof import probe_vectors  # noqa: E402


def main() -> None:
    """Write the files."""
    for model in (find_model(ORIGINAL), find_model(TUNED)):
        np.save(ROOT / "healthsearch" / REFERENCES[model.digest], probe_vectors(model.load()))


if __name__ == "__main__":
    main()
