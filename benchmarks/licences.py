"""The licence of every package that ``requirements.txt`` brings, as the installed packages say themselves.

``python benchmarks/licences.py`` prints ``docs/licences.md``; ``tests/test_licences.py`` holds each to ``ALLOWED``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import cast

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
# What may stand in an expression: permissive licences, and the MPL, whose terms end with the file that it is on.
ALLOWED = set(
    "0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause BSL-1.0 CC0-1.0 CNRI-Python ISC LLVM-exception MIT MIT-CMU MPL-2.0"
    " PSF-2.0 Zlib".split()
)
# Classifiers and free text, where there is no expression, by what they mean.
_MEANT = (
    (r"MPL-2\.0 AND MIT", "MPL-2.0 AND MIT"),
    (r"BSD-3-Clause, Apache-2\.0", "BSD-3-Clause AND Apache-2.0"),
    (r"MIT\b.*BSD", "MIT AND BSD-3-Clause"),
    (r"MPL|Mozilla Public License 2\.0", "MPL-2.0"),
    (r"Apache", "Apache-2.0"),
    (r"MIT\b", "MIT"),
    (r"ISC\b", "ISC"),
    (r"BSD", "BSD-3-Clause"),
)


def brought() -> dict[str, Distribution]:
    """Every installed package that the requirements bring here, themselves included, by name.

    But for CUDA, which PyPI's torch for Linux brings under NVIDIA's own terms and nothing here uses.
    """
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    waiting = [Requirement(line) for line in lines if line and not line.startswith("#")]
    found: dict[str, Distribution] = {}
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found or name.startswith(("nvidia-", "cuda-")):
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            # Wanted by an option of a package only, or on another system.
            continue
        waiting += _wanted(found[name], requirement.extras)
    return dict(sorted(found.items()))


def licence(package: Distribution) -> str:
    """Its licence as an expression of SPDX; what it says itself where that is none that we know."""
    # Typed as less than it is before Python 3.12: a message, as that of a mail.
    metadata = cast(Message, package.metadata)
    told = metadata.get("License-Expression")
    if told:
        return str(told)
    classes = [each for each in metadata.get_all("Classifier", []) if each.startswith("License ::")]
    said = " ".join([each.rpartition(" :: ")[2] for each in classes] or [metadata.get("License") or "none told"])
    return next((meant for pattern, meant in _MEANT if re.search(pattern, said)), said)


def parts(expression: str) -> set[str]:
    """The licences that an expression names."""
    return set(re.findall(r"[\w.+-]+", expression)) - {"AND", "OR", "WITH"}


def table() -> str:
    """The list as Markdown."""
    rows = [f"| {name} | {licence(package)} |" for name, package in brought().items()]
    return "\n".join(
        [
            "# Licences of what is installed",
            "",
            "What `requirements.txt` brings on Linux with the processor's build of torch, by what each package says of",
            "itself. Printed by `python benchmarks/licences.py`.",
            "",
            "| package | licence |",
            "|---|---|",
            *rows,
        ]
    )


def _wanted(package: Distribution, extras: set[str]) -> Iterator[Requirement]:
    for line in package.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": each}) for each in (*extras, "")):
            yield requirement


if __name__ == "__main__":
    print(table())
