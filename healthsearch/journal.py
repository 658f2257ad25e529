"""What a build has encoded and not yet published, so that a killed build loses nothing it has paid for.

One SQLite file, written after every passage, by any thread. A killed process loses at most the passages it was at.
Each row carries a checksum: what a disk has spoilt is encoded again, and never published.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from healthsearch.arrays import SentenceVectors, Vector
from healthsearch.passages import Passage

_SCHEMA = (
    "CREATE TABLE encoded (key TEXT PRIMARY KEY, vector BLOB NOT NULL, sentences BLOB NOT NULL,"
    " checksum BLOB NOT NULL) WITHOUT ROWID, STRICT"
)
_PROOFS = ("SELECT sql FROM sqlite_schema", "PRAGMA quick_check (1)")
# Troubles of the moment, such as a full disk: what the file holds is still good.
_NO_DAMAGE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}


def passage_key(passage_digest: str, passage: Passage) -> str:
    """Names everything that a passage's vectors depend on: the encoder, the text, the sentence spans."""
    what: Sequence[object] = (passage_digest, passage.encoded_text, passage.encoded_sentences)
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


class Journal:
    """Vectors by key, on disk."""

    def __init__(self, file: Path, *, fresh: bool = False) -> None:
        self._file = file
        self._turn = threading.Lock()
        if fresh:
            self._unlink()
        try:
            self._db = self._connect()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_DAMAGE:
                raise
            # Only lost work is at stake, never an answer: start over rather than stop the build.
            self._unlink()
            self._db = self._connect()

    def get(self, key: str, dimension: int) -> tuple[Vector, SentenceVectors] | None:
        """The passage's (dimension,) vector and its (n, dimension) sentence vectors, if they were encoded."""
        query = "SELECT vector, sentences, checksum FROM encoded WHERE key = ?"
        with self._turn:
            row = self._db.execute(query, (key,)).fetchone()
        if row is None:
            return None
        vector, sentences, checksum = row
        if _checksum(vector, sentences) != checksum:
            return None
        return np.frombuffer(vector, np.float32), np.frombuffer(sentences, np.int8).reshape(-1, dimension)

    def keys(self) -> set[str]:
        """The keys of all that was encoded."""
        with self._turn:
            return {key for (key,) in self._db.execute("SELECT key FROM encoded")}

    def put(self, key: str, vector: Vector, sentences: SentenceVectors) -> None:
        """Keep what was encoded; it is safe from a kill when this returns."""
        row = vector.tobytes(), sentences.tobytes()
        with self._turn, self._db:
            self._db.execute("INSERT OR REPLACE INTO encoded VALUES (?, ?, ?, ?)", (key, *row, _checksum(*row)))

    def close(self) -> None:
        """Let go of the file and keep it for the next build."""
        self._db.close()

    def delete(self) -> None:
        """Forget everything: it is published."""
        self._db.close()
        self._unlink()

    def _unlink(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._file}{suffix}").unlink(missing_ok=True)

    def _connect(self) -> sqlite3.Connection:
        # Threads take turns by the lock.
        db = sqlite3.connect(self._file, check_same_thread=False)
        try:
            # In this mode a commit is one append: safe from a killed process at 0.1 ms a passage.
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            if not db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                db.execute(_SCHEMA)
                db.commit()
            proofs = [row[0] for query in _PROOFS for row in db.execute(query)]
            if proofs != [_SCHEMA, "ok"]:
                raise sqlite3.DatabaseError(f"not a sound journal: {proofs}")
        except sqlite3.DatabaseError:
            db.close()
            raise
        return db


def _checksum(vector: bytes, sentences: bytes) -> bytes:
    return hashlib.sha256(vector + sentences).digest()
