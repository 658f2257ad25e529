"""The locks hold what requirements.txt asks for, in the same versions, every file with its SHA-256."""

from __future__ import annotations

import re

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.folders import ROOT


def pinned(name: str) -> list[Requirement]:
    """The requirements of a file; each must be pinned, in a lock with hashes and nothing else beside it."""
    text = (ROOT / name).read_text(encoding="utf-8")
    without_notes = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    if name.endswith(".lock"):
        blocks = re.findall(
            r"^(\S.*?) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", without_notes, re.MULTILINE
        )
        assert "".join(f"{told} \\\n{hashes}" for told, hashes in blocks) == without_notes
        found = [Requirement(told) for told, _ in blocks]
    else:
        found = [Requirement(line) for line in without_notes.splitlines() if line]
    assert all(re.fullmatch(r"==[\w.]+", str(each.specifier)) for each in found)
    return found


def test_what_is_required_is_locked_in_the_same_version() -> None:
    locked = {canonicalize_name(each.name): each for each in pinned("requirements.lock")}
    for wanted in pinned("requirements.txt"):
        found = locked[canonicalize_name(wanted.name)]
        assert (found.specifier, found.marker) == (wanted.specifier, None)


def test_what_a_cluster_needs_beside_fits_the_lock() -> None:
    locked = {canonicalize_name(each.name): each for each in pinned("requirements.lock")}
    shared = [each for each in pinned("requirements-cluster.txt") if canonicalize_name(each.name) in locked]
    assert [each.name for each in shared] == ["pyarrow"]
    assert all(each.specifier == locked[canonicalize_name(each.name)].specifier for each in shared)


def test_cuda_stands_apart() -> None:
    apart, others = pinned("requirements-cuda.lock"), pinned("requirements.lock")
    assert all(each.marker and not each.marker.evaluate({"sys_platform": "darwin"}) for each in apart)
    assert not {each.name for each in apart} & {each.name for each in others}
    assert not [each.name for each in others if each.name.startswith(("nvidia", "cuda", "triton"))]
    # Two versions of one package are for different versions of Python.
    for version in ("3.11", "3.12", "3.13"):
        names = [
            each.name
            for each in others
            if each.marker is None or each.marker.evaluate({"python_version": version, "python_full_version": version})
        ]
        assert len(names) == len(set(names))
