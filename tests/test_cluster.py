"""A build on a Ray cluster: what it makes is what one machine makes, whatever is lost on the way.

Ray is an optional package: where it is missing, what needs it is skipped, unless ``RAY_TESTS=required``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import build_index
from healthsearch.build import build
from tests.alone import UNSHARE, can_be_cut_off
from tests.folders import CORPUS, ROOT, python
from tests.ready_model import ReadyModel

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None and os.environ.get("RAY_TESTS") != "required",
    reason="Ray is not installed: pip install -r requirements-cluster.txt",
)


def test_without_ray_the_command_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert build_index.main(["--index", str(tmp_path), "--ray", "auto"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "error: --ray: Ray is not installed. Install it: pip install -r requirements-cluster.txt\n"


def test_without_the_option_ray_is_not_imported(tmp_path: Path) -> None:
    code = f"import sys, build_index; build_index.main(['--dry-run', '-q', '--index', {str(tmp_path)!r}]);"
    process = python("-c", f"{code} print([name for name in sys.modules if name.split('.')[0] == 'ray'])")
    out, err = process.communicate()
    assert (out, err) == ("[]\n", "")


@needs_ray
@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("auto", "there is no Ray cluster to be reached (Could not find any running Ray instance."),
        ("no address", "there is no Ray cluster to be reached ("),
        ("ray://127.0.0.1:10001", "a build must run on a machine of the cluster. Start it there"),
    ],
)
def test_an_address_without_a_cluster_is_refused(tmp_path: Path, address: str, told: str, few_articles: Path) -> None:
    apart = UNSHARE if can_be_cut_off() else ()
    arguments = ["--corpus", few_articles, "--index", tmp_path, "--ray", address, "-q"]
    # Ray would find any cluster of this machine, by a file in its folder of temporary files.
    environment = {**os.environ, "RAY_TMPDIR": str(tmp_path)}
    ended = subprocess.run(
        [*apart, sys.executable, "build_index.py", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"error: {address}: {told}" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, default_model: ReadyModel) -> dict[str, Any]:
    """What came of a build's life on a cluster: see ``tests.clustered``."""
    home = tmp_path_factory.mktemp("cluster")
    shutil.copytree(CORPUS, home / "corpus")
    build(home / "corpus", home / "reference", default_model)
    apart = UNSHARE if can_be_cut_off() else ()
    ended = subprocess.run(
        [*apart, sys.executable, "-m", "tests.clustered", home / "corpus", home / "reference", home],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-5_000:]
    assert "Traceback" not in ended.stderr
    # Of all that Ray has to tell nothing stands here.
    return json.loads(ended.stdout)


@needs_ray
def test_nothing_but_this_machine_is_needed(lived: dict[str, Any]) -> None:
    if not can_be_cut_off():
        pytest.skip("this system gives no process a network of its own")
    assert lived["interfaces"] == ["lo"]


@needs_ray
def test_ray_does_not_report_its_use(lived: dict[str, Any]) -> None:
    assert lived["reports_its_use"] is False


@needs_ray
def test_after_the_loss_of_the_driver_and_of_a_machine_the_generation_is_that_of_one_machine(
    lived: dict[str, Any],
) -> None:
    total, kept, lost = lived["total"], lived["kept"], lived["lost"]
    assert 0 < kept < total
    # At work when it was lost, and not the last.
    assert lost["workers"] >= 1
    assert 0 < lost["after"] < total - kept
    assert lived["restarted"] == [total - kept, kept]
    assert lived["same"] is True
    assert lived["journal"] is False


@needs_ray
def test_only_what_changed_is_encoded(lived: dict[str, Any]) -> None:
    assert lived["changed"] == [["new.md"], ["gout.md"], 2]
    assert lived["same_after_change"] == [True, True]


@needs_ray
def test_a_machine_that_would_read_or_encode_otherwise_is_refused(lived: dict[str, Any]) -> None:
    assert "does not see the folder. Share it with every machine of the cluster" in lived["no_folder"]
    assert "the model's files are others. Put the same files on every machine." in lived["other_files"]
    assert "this machine of the cluster encodes otherwise (in " in lived["other_vectors"]
    assert "has another version of HealthSearch. Install the same" in lived["other_program"]


@needs_ray
def test_a_file_of_many_articles_is_handed_on_in_batches(lived: dict[str, Any]) -> None:
    assert lived["sizes"] == [128, 128, 44]


@needs_ray
def test_a_batch_may_be_encoded_twice(lived: dict[str, Any]) -> None:
    assert lived["twice"] is True


@needs_ray
def test_what_is_known_is_left_out(lived: dict[str, Any]) -> None:
    assert lived["left"] == 300 - 128


@needs_ray
def test_a_fault_passes_through_the_pipeline_as_it_is(lived: dict[str, Any]) -> None:
    assert lived["fault"] == "a: b. c"
