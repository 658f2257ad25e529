"""Nothing leaves the machine: the real build and search, with the real encoder, cut off from every network."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.alone import UNSHARE, can_be_cut_off
from tests.folders import ROOT


# Where the system can, once more with no network at all, which no code in any language gets round.
@pytest.mark.parametrize("prefix", [(), UNSHARE] if can_be_cut_off() else [()], ids=" ".join)
def test_build_and_search_never_try_to_leave_this_machine(tmp_path: Path, prefix: tuple[str, ...]) -> None:
    (tmp_path / "corpus").mkdir()
    shutil.copy(ROOT / "corpus" / "gout.md", tmp_path / "corpus")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGINGFACE", "TRANSFORMERS"))
    }
    # No home, so that nothing can come out of a cache.
    ended = subprocess.run(
        [
            *prefix,
            sys.executable,
            "-m",
            "tests.without_network",
            tmp_path / "corpus",
            tmp_path / "index",
            "How is gout treated?",
        ],
        cwd=ROOT,
        env=kept | {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["refusal_works"] is True
    assert found["attempts"] == []
    assert found["interfaces"] == ["lo"] or not prefix
    assert (found["build"], found["summary"]["added"], found["summary"]["skipped"]) == (0, ["gout.md"], [])
    assert found["summary"]["passages_encoded"] > 5
    assert (found["search"], found["answer"]["verdict"]) == (0, "answered")
    assert found["answer"]["hits"][0]["article_id"] == "gout"
    assert "Traceback" not in ended.stderr


def test_the_first_start_of_the_page_asks_for_no_address(tmp_path: Path) -> None:
    """Streamlit would ask whoever starts it for the first time, and wait."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    started = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=false", f"--server.port={port}"],
        cwd=ROOT,
        env=os.environ
        | {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "BROWSER": "true", "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    assert started.stdout is not None
    try:
        told = list(itertools.takewhile(lambda line: "You can now view" not in line, started.stdout))
        assert started.poll() is None, "".join(told)
        assert "mail" not in "".join(told)
    finally:
        started.terminate()
        started.wait(timeout=20)
        started.stdout.close()


@pytest.mark.skipif(not (can_be_cut_off() and shutil.which("ip")), reason="no process gets a network of its own here")
@pytest.mark.usefixtures("browser")
def test_the_page_needs_no_network() -> None:
    """A first visit by a real browser, index and all, in a network that holds nothing but this machine."""
    alone = 'ip link set lo up && exec "$0" -m pytest tests/test_browser.py -k test_the_first_start'
    ended = subprocess.run(
        [*UNSHARE, "sh", "-c", alone, sys.executable], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert ended.returncode == 0, ended.stdout
    assert "1 passed" in ended.stdout
