"""The wheel: it holds the whole package and nothing else, and what is installed from it works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement
from playwright.sync_api import Browser, expect

import healthsearch
from healthsearch import collection_wording, wording
from tests.browsing import PATIENCE_MS, Visitor, free_port, serving
from tests.folders import ROOT, put
from tests.ready_model import ReadyModel

PACKAGE = Path("healthsearch")
Command = Callable[..., subprocess.CompletedProcess[str]]


def pip(*arguments: object) -> None:
    done = subprocess.run([sys.executable, "-m", "pip", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from what pyproject.toml names, in a place of its own, as building leaves folders behind."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    shutil.copytree(ROOT / PACKAGE, source / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", place, source)
    [found] = place.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed in it and nothing else; what it needs is in this environment."""
    site = tmp_path_factory.mktemp("site")
    pip("install", "--no-deps", "--no-index", "--target", site, wheel)
    return site


def script(installed: Path) -> list[str]:
    """The installed command."""
    return [str(path) for folder in ("bin", "Scripts") for path in (installed / folder).glob("healthsearch*")]


def environment(installed: Path) -> dict[str, str]:
    """That of a process that finds what is installed, and nothing of ours elsewhere."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("HEALTHSEARCH", "STREAMLIT"))}
    return ours | {"PYTHONPATH": str(installed), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def command(installed: Path, tmp_path: Path) -> Command:
    """Run the installed command, or Python, in a folder where nothing of ours is."""

    def run(*arguments: object, module: bool = False) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "healthsearch"] if module else script(installed)
        return subprocess.run(
            [*program, *map(str, arguments)],
            cwd=tmp_path,
            env=environment(installed),
            capture_output=True,
            text=True,
            encoding="utf-8",
        )

    return run


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / PACKAGE).rglob("*") if path.is_file()}
    ours = {name for name in ours if "__pycache__" not in name}
    assert {"healthsearch/py.typed", "healthsearch/calibration.json", "healthsearch/page/page.css"} <= ours
    assert {name for name in names if ".dist-info/" not in name} == ours
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_asks_for_what_the_package_imports(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        [name] = [name for name in opened.namelist() if name.endswith("/METADATA")]
        metadata = opened.read(name).decode()
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    said = [line.removeprefix("Requires-Dist: ") for line in metadata.splitlines() if line.startswith("Requires-Dist")]
    asked = {one.name: one.specifier for one in map(Requirement, said)}
    # What the tests run with is among what may be installed; pytest itself is no part of the program.
    assert asked.keys() == pins.keys() - {"pytest"}
    assert all(asked[name].contains(pins[name]) for name in asked)
    assert f"Version: {healthsearch.__version__}" in metadata.splitlines()


@pytest.mark.parametrize("module", [False, True], ids=["healthsearch", "python -m healthsearch"])
def test_the_installed_command_tells_its_version(command: Command, module: bool) -> None:
    done = command("--version", module=module)
    assert (done.returncode, done.stdout) == (0, f"healthsearch {healthsearch.__version__}\n"), done.stderr


def test_what_is_installed_builds_searches_and_checks(
    command: Command, tmp_path: Path, tiny_model: str, ready_tiny_model: ReadyModel
) -> None:
    put(tmp_path / "corpus", "back.md", "massage pain. rest.", "walk.")
    ready_tiny_model.put_into(tmp_path / "index")
    done = command("build", "--model", tiny_model, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["added"], summary["passages_encoded"]) == (["back.md"], 2)
    done = command("search", "massage pain", "--json")
    assert done.returncode in (0, 4), done.stderr
    assert json.loads(done.stdout)["hits"][0]["text"] == "massage pain. rest."
    done = command("check")
    assert (done.returncode, done.stdout) == (0, "The index is sound and up to date.\n"), done.stderr


def test_what_to_do_next_is_said_as_the_program_was_installed(command: Command) -> None:
    done = command("search", "gout")
    assert done.stderr.rstrip().endswith("Build it: healthsearch build")


def test_the_settings_of_the_installed_page_are_those_of_the_clone() -> None:
    settings = [folder / ".streamlit" / "config.toml" for folder in (ROOT, ROOT / PACKAGE / "page")]
    assert settings[0].read_bytes() == settings[1].read_bytes()


@pytest.fixture
def opened(
    installed: Path, few_articles: Path, few_index: Path, tmp_path: Path, browser: Browser
) -> Iterator[tuple[Visitor, str]]:
    """A visitor of the page as the installed command serves it, in a folder where nothing of ours is."""
    port = free_port()
    arguments = ["page", "--port", port, "--corpus", few_articles, "--index", few_index]
    process = subprocess.Popen(
        [*script(installed), *map(str, arguments)],
        cwd=tmp_path,
        # Who has a screen sees a browser open by itself.
        env=environment(installed) | {"STREAMLIT_SERVER_HEADLESS": "true"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with serving(process, port) as url:
        context = browser.new_context()
        visitor = Visitor(context.new_page())
        visitor.page.goto(url)
        visitor.page.get_by_label(wording.QUESTION).wait_for(timeout=PATIENCE_MS)
        yield visitor, url
        context.close()


def test_the_installed_page_answers_reads_and_leads_to_the_collection(opened: tuple[Visitor, str]) -> None:
    visitor, url = opened
    page = visitor.page
    visitor.ask("How is gout treated?")
    expect(page.get_by_role("heading", name=wording.VERDICTS["answered"])).to_be_visible(timeout=PATIENCE_MS)
    page.locator(".st-key-read-1 button").click()
    expect(page.locator(".hs-found")).to_be_focused()
    page.get_by_role("button", name=wording.BACK).first.click()
    page.get_by_role("link", name=wording.TO_COLLECTION).click()
    expect(page.get_by_role("heading", name=collection_wording.HEADING)).to_be_visible()
    page.get_by_role("link", name=wording.TO_SEARCH).click()
    expect(page.get_by_label(wording.QUESTION)).to_be_visible()
    assert not visitor.complaints
    # The settings came along: without them Streamlit's own statistics would ask for another machine.
    assert visitor.asked_of <= {urlsplit(url).netloc, ""}


@pytest.mark.parametrize("port", ["0", "65536", "x", "²"])
def test_a_port_that_is_none_is_a_wrong_argument(command: Command, port: str) -> None:
    done = command("page", "--port", port)
    assert done.returncode == 2 and "a number from 1 to 65535 is needed" in done.stderr
