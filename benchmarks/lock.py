"""Write ``requirements.lock`` and ``requirements-cuda.lock`` anew: what ``requirements.txt`` brings, with hashes.

    pip install uv==0.13.9 && python benchmarks/lock.py

One resolution for Linux, macOS and Windows and Python from 3.11 on, by what PyPI serves. CUDA stands in a file of its
own, since only PyPI's torch for Linux asks for it and nothing here uses it. The test of both is ``tests/test_lock.py``.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_CUDA = re.compile(r"(nvidia|cuda|triton)\b")
_COMPILE = (
    "uv pip compile requirements.txt --universal --python-version 3.11 --generate-hashes --no-header --no-annotate"
)
_MADE = "# Made by python benchmarks/lock.py; not to be edited.\n"
_HEADS = {
    "requirements.lock": "# What requirements.txt brings, each file with its SHA-256.\n",
    "requirements-cuda.lock": "# What PyPI's torch for Linux brings besides, and nothing here uses.\n",
}


def main() -> int:
    """Resolve, part and write."""
    resolved = subprocess.run(_COMPILE.split(), cwd=ROOT, capture_output=True, text=True, check=False)
    if resolved.returncode:
        print(resolved.stderr, file=sys.stderr)
        return 1
    # A requirement begins at the margin; its hashes are indented below it.
    requirements = re.findall(r"^\S.*\n(?:[ ].*\n)*", resolved.stdout, flags=re.MULTILINE)
    parts = {
        "requirements.lock": [each for each in requirements if not _CUDA.match(each)],
        "requirements-cuda.lock": [each for each in requirements if _CUDA.match(each)],
    }
    for name, part in parts.items():
        (ROOT / name).write_text(_HEADS[name] + _MADE + "".join(part), encoding="utf-8")
        print(f"{name}: {len(part)} requirements")
    return 0


if __name__ == "__main__":
    sys.exit(main())
