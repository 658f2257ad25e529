"""Let sentence-transformers read the probes, and write what it says to healthsearch/reference.npy.

    python benchmarks/reference.py

The packaged encoder is compared with that wherever it is exported, so that no torch is needed there.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.bert import REFERENCE  # noqa: E402 - the project need not be installed
from healthsearch.models import find_model  # noqa: E402
from healthsearch.proof import probe_vectors  # noqa: E402


def main() -> None:
    """Write the file."""
    np.save(ROOT / "healthsearch" / REFERENCE, probe_vectors(find_model().load()))


if __name__ == "__main__":
    main()
