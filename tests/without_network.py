"""Build and search with every socket but loopback refused, and every attempt written down.

Run as ``python -m tests.without_network CORPUS INDEX QUESTION``: prints one JSON object. Python's audit log sees
every socket that Python code opens, by whatever module or library; it cannot be got round from Python.
"""

from __future__ import annotations

import contextlib
import io
import json
import socket
import sys

# What the events name first: a socket to connect or send by, or the name of a host to look up.
_BY_SOCKET = ("socket.connect", "socket.sendto", "socket.sendmsg")
_BY_NAME = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")

attempts: list[str] = []


def refuse(event: str, arguments: tuple) -> None:
    """Raise OSError for whatever would leave this machine."""
    if event in _BY_SOCKET:
        opened, address = arguments[0], arguments[-1]
        if opened.family == getattr(socket, "AF_UNIX", None):
            return
        host = address[0] if isinstance(address, tuple) else address
    elif event in _BY_NAME:
        host = arguments[0][0] if isinstance(arguments[0], tuple) else arguments[0]
    else:
        return
    if host not in _LOOPBACK:
        attempts.append(f"{event} {host}")
        raise OSError(f"refused: {host}")


def the_refusal_works() -> bool:
    """Whether known ways out are refused; what they tried is forgotten again."""
    import urllib.request

    ways = [
        lambda: socket.create_connection(("192.0.2.1", 443), timeout=1),
        lambda: socket.getaddrinfo("example.org", 443),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("192.0.2.1", 53)),
        lambda: urllib.request.urlopen("http://192.0.2.1/", timeout=1),
    ]
    refused = 0
    for way in ways:
        try:
            way()
        except OSError as error:
            refused += "refused: " in str(error)
    tried = len(attempts)
    attempts.clear()
    return refused == tried == len(ways)


def main(corpus: str, index: str, question: str) -> None:
    """Build, search, and print what came of it."""
    sys.addaudithook(refuse)
    works = the_refusal_works()
    import build_index
    from healthsearch import __main__ as healthsearch

    with contextlib.redirect_stdout(io.StringIO()) as built:
        build = build_index.main(["--corpus", corpus, "--index", index, "--json"])
    with contextlib.redirect_stdout(io.StringIO()) as found:
        search = healthsearch.main(["search", question, "--index", index, "--json"])
    print(
        json.dumps(
            {
                "refusal_works": works,
                "attempts": attempts,
                "interfaces": [name for _, name in socket.if_nameindex()],
                "build": build,
                "summary": json.loads(built.getvalue()),
                "search": search,
                "answer": json.loads(found.getvalue()),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
