"""milvus-lite as a server of its own process, which can be stopped, started again and made to hang."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from healthsearch.address import Address

_PATIENCE = 60.0


class LiteServer:
    """On loopback, at a port of its own; what it holds is in ``folder`` and outlives it."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._command = [sys.executable, "-m", "milvus_lite", "server", "--data-dir", str(folder)]
        self._process: subprocess.Popen[bytes] | None = None
        self.address = Address(f"http://127.0.0.1:{self._port}", index="FLAT")

    def start(self) -> None:
        """Returns when it takes connections."""
        place = ["--host", "127.0.0.1", "--port", str(self._port)]
        self._process = subprocess.Popen([*self._command, *place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started = time.monotonic()
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() - started > _PATIENCE:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """Let it end as by ``kill``; nothing is at its address then."""
        if self._process is not None:
            self.go_on()
            self._process.terminate()
            self._process.wait(_PATIENCE)
            self._process = None

    def hang(self) -> None:
        """Let it take connections and answer nothing, until ``go_on``."""
        self._send(signal.SIGSTOP)

    def go_on(self) -> None:
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
