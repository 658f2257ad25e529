"""Runs a command beside a real Milvus server, both in a network of their own where there is only loopback.

    python tests/milvus_server.py FOLDER -- python -m pytest tests/test_stores.py

FOLDER is a virtual environment with ``pip install milvus==2.3.5``, the newest server that pip can install: an old one
(2023), which searches by meaning and not by words. It listens on all interfaces, so this program first goes, by
``unshare``, where there is none but loopback; a container must be a privileged one for that. The command finds the
server's address in HEALTHSEARCH_TEST_MILVUS. Exit status: the command's; 125 when the server does not start.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PORT = 19530
URI = f"http://127.0.0.1:{PORT}"
_PATIENCE = 120.0
_INSIDE = "HEALTHSEARCH_INSIDE"
# ioctl's number for setting an interface's flags, and those of one that is up and running.
_SIOCSIFFLAGS, _UP = 0x8914, 0x41
# An environment that has the address is also one for our own proxies to be let alone.
_NO_PROXY = {"no_proxy": "*", "NO_PROXY": "*"}


def main(arguments: list[str]) -> int:
    if len(arguments) < 3 or arguments[1] != "--":
        print(__doc__, file=sys.stderr)
        return 2
    if os.environ.get(_INSIDE) != "1":
        unshare = ["unshare", "--map-root-user", "--net", "--pid", "--fork", "--mount-proc"]
        command = [*unshare, sys.executable, __file__, *arguments]
        return subprocess.run(command, env=os.environ | {_INSIDE: "1"}, check=False).returncode
    bring_up_loopback()
    folder = Path(tempfile.mkdtemp(prefix="milvus-"))
    try:
        return beside_server(Path(arguments[0]) / "bin" / "milvus-server", folder, arguments[2:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def bring_up_loopback() -> None:
    """What ``ip link set lo up`` does, which not every container has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _UP))


def beside_server(program: Path, folder: Path, command: list[str]) -> int:
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([program, "--data", folder / "data"], stdout=log, stderr=subprocess.STDOUT)
    try:
        if not answers(server):
            print((folder / "log").read_text(errors="replace")[-2_000:], file=sys.stderr)
            return 125
        environment = os.environ | {"HEALTHSEARCH_TEST_MILVUS": URI} | _NO_PROXY
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def answers(server: subprocess.Popen[bytes]) -> bool:
    """Wait until the server takes connections; False when it ends before, or takes too long."""
    started = time.monotonic()
    while server.poll() is None and time.monotonic() - started < _PATIENCE:
        try:
            socket.create_connection(("127.0.0.1", PORT), 1).close()
            return True
        except OSError:
            time.sleep(0.5)
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
