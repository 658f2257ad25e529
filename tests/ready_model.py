"""A model that was exported once, for all the indexes that tests build with it: exporting takes seconds."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from healthsearch.encoder import Encoder
from healthsearch.index_folder import ENCODERS
from healthsearch.models import LocalModel


@dataclass(frozen=True, slots=True)
class ReadyModel:
    """An ``encoder.Model``: the one given, with what ``home`` keeps of it put where it is loaded."""

    model: LocalModel
    home: Path

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def digest(self) -> str:
        return self.model.digest

    def load(self, home: Path | None = None) -> Encoder:
        encoder = self.model.load(self.home)
        if home is None:
            return encoder
        self.put_into(home.parent)
        return self.model.load(home)

    def put_into(self, index: Path) -> None:
        """Let this index carry the encoder, as if a build had exported it."""
        self.model.load(self.home)
        if not (index / ENCODERS).exists():
            shutil.copytree(self.home, index / ENCODERS)
