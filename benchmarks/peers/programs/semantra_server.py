"""Semantra's Python version: its command that processes files, then its server, asked as its page asks it.

It reads the files as they are, splits them into windows of its own, and orders files by the mean of their ten nearest
windows, which is kept. It finds out by itself which file has changed.
"""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from door import ARTICLES, Opened, read_articles, serve
from semantra.semantra import main


def arguments(articles: Path, index: Path, model: Path) -> list[str]:
    files = sorted(str(path) for path in articles.iterdir() if path.is_file())
    return [*files, "--transformer-model", str(model), "--semantra-dir", str(index), "--silent"]


def build(articles: Path, index: Path, model: Path, changed: str | None) -> None:
    main([*arguments(articles, index, model), "--no-server"], standalone_mode=False)


def post(url: str, question: str) -> dict[str, Any]:
    body = json.dumps({"queries": [{"query": question, "weight": 1}], "preferences": []}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def open_index(articles: Path, index: Path, model: Path) -> Opened:
    ids = {str(file): one.id for file in articles.iterdir() for one in read_articles(articles, file.name)}
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [*arguments(articles, index, model), "--host", "localhost", "--port", str(port)]
    threading.Thread(target=main, args=(command,), kwargs={"standalone_mode": False}, daemon=True).start()
    while True:
        try:
            socket.create_connection(("localhost", port)).close()
            break
        except OSError:
            time.sleep(0.05)

    def ask(question: str) -> list[str]:
        found = post(f"http://localhost:{port}/api/query", question)
        return [ids[file] for file, _ in found["results"][:ARTICLES]]

    return Opened(ask, ask)


if __name__ == "__main__":
    serve(build, open_index)
