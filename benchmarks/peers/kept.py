"""What was measured, kept as JSON a system, so that an interrupted race goes on where it stopped."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.systems import SYSTEMS, System


@dataclass(frozen=True, slots=True)
class Kept:
    """The files of a folder, one a system: its environment, nDCG by collection, rounds by what they ran on."""

    home: Path

    def read(self, system: System) -> dict[str, Any]:
        """All that is known of a system; empty parts where nothing is."""
        file = self._file(system)
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return {"environment": {}, "ndcg": {}, "rounds": {}} | known

    def add(self, system: System, part: str, more: dict[str, Any]) -> None:
        """Add to a part of what is known, by a new file in the place of the old one."""
        known = self.read(system)
        known[part] |= more
        self._write(system, known)

    def forget(self, system: System) -> None:
        """Begin anew with a system, as after a change of its code, and with all rounds, in which systems take turns."""
        self._file(system).unlink(missing_ok=True)
        for other in SYSTEMS:
            if self._file(other).exists():
                self._write(other, self.read(other) | {"rounds": {}})

    def _write(self, system: System, known: dict[str, Any]) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        new = self._file(system).with_suffix(".new")
        new.write_text(json.dumps(known, indent=1), encoding="utf-8")
        new.replace(self._file(system))

    def _file(self, system: System) -> Path:
        return self.home / f"{system.program}.json"
