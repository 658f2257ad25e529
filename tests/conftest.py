"""How Hypothesis runs here, where tests write, and what is slow to make: encoders and a real index, once for all tests.

The same examples are tried every time, so that a failure is the change's and not the day's. To look for
new ones: ``pytest --hypothesis-profile search``. ``benchmarks/mutants.py`` runs them a thousand times and asks only
whether one fails, so there are fewer examples there, and none is made smaller.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from healthsearch.build import build
from healthsearch.encoder import Encoder
from healthsearch.models import find_model
from tests.browsing import axe, browser, server, visitor  # noqa: F401  # fixtures, for whoever asks for them
from tests.folders import ROOT
from tests.pages import Start, small_corpus, started
from tests.ready_model import ReadyModel

# A busy machine makes single examples slow; that is no failure.
_patient = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("every time", _patient, max_examples=100, derandomize=True)
settings.register_profile("search", _patient, max_examples=2_000)
settings.register_profile(
    "mutants",
    settings.get_profile("every time"),
    max_examples=30,
    phases=(Phase.explicit, Phase.generate),
    report_multiple_bugs=False,
)
settings.load_profile("every time")

# A small build is most of all waiting for the disk to say that it has written, which no test rests on: that it asks for
# this is seen in its calls. So the tests write into memory where the system offers it, and there is enough.
_MEMORY, _ENOUGH = Path("/dev/shm"), 2_000_000_000


def pytest_configure() -> None:
    """Set where tests, and the programs that they start, make their folders; unless somebody has."""
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        os.environ.setdefault("TMPDIR", str(_MEMORY))
        tempfile.tempdir = None


@pytest.fixture(scope="session")
def network_encoder() -> Encoder:
    """The default model run by sentence-transformers."""
    return find_model().load()


@pytest.fixture(scope="session")
def default_model(tmp_path_factory: pytest.TempPathFactory) -> ReadyModel:
    """The default model as most builds find it: exported before."""
    return ReadyModel(find_model(), tmp_path_factory.mktemp("ready") / "encoder")


@pytest.fixture(scope="session")
def default_encoder(default_model: ReadyModel) -> Encoder:
    """The default model as builds and searches run it."""
    return default_model.load()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What to give to ``--model`` where an encoder must be a real one, but not a good one."""
    from tests.tiny_model import save_tiny_model

    return str(save_tiny_model(tmp_path_factory.mktemp("models")))


@pytest.fixture(scope="session")
def ready_tiny_model(tiny_model: str) -> ReadyModel:
    """The same, exported before."""
    return ReadyModel(find_model(tiny_model), Path(tiny_model).parent / "ready")


@pytest.fixture(scope="session")
def few_articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three of the articles that we ship. Not to be changed: ``few_index`` is up to date with it."""
    folder = tmp_path_factory.mktemp("few") / "corpus"
    folder.mkdir()
    for name in ("massage-for-a-herniated-disc", "gout", "burns-and-scalds"):
        shutil.copy(ROOT / "corpus" / f"{name}.md", folder)
    return folder


@pytest.fixture(scope="session")
def few_index(few_articles: Path, default_model: ReadyModel) -> Path:
    """Their index, by the default encoder. Not to be changed either."""
    build(few_articles, few_articles.parent / "index", default_model)
    return few_articles.parent / "index"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, default_model: ReadyModel) -> Path:
    """The small corpus of the page's tests and its index. To be left as they are found."""
    home = tmp_path_factory.mktemp("page")
    build(small_corpus(home / "corpus"), home / "index", default_model)
    return home


@pytest.fixture
def start(built: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Opens the page on them."""
    monkeypatch.setenv("HEALTHSEARCH_CORPUS", str(built / "corpus"))
    monkeypatch.setenv("HEALTHSEARCH_INDEX", str(built / "index"))
    return started
