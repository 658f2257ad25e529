"""Whether the page stays as it is under load: visitors who ask for minutes, come and leave, while builds publish.

    python benchmarks/visitors.py [--visitors N] [--minutes N] [--pause S] [--every S]

The page is served from our own articles and asked over WebSocket, as a browser does it, by visitors who know as much of
Streamlit's protocol as that takes; browsers would need more of the machine than the page does. A visitor types a
question of ``tests/relevance/queries.jsonl``, presses Enter and reads for about ``--pause`` seconds. One in ten leaves
at once instead of waiting for the answer, and another comes. Every answer must be that to its question. Every
``--every`` seconds an article is changed and a build publishes. Three minutes of warming up come before, since
Streamlit keeps for two what a visitor left. Needs /proc, as Linux has it. Prints Markdown; exits 1 when a question
failed, when memory grew by more than 5% once warm, or when files or threads were left over.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import itertools
import os
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.typing import Subprotocol

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.load import State, changes, report  # noqa: E402 - the project need not be installed
from healthsearch import wording  # noqa: E402
from healthsearch.evaluation import read_queries  # noqa: E402
from tests.browsing import served  # noqa: E402

# After so many minutes as many sessions end as begin.
WARMING = 3
# Of the visitors who ask, the share who leave before they are answered.
LEAVING = 0.1


@dataclass(slots=True)
class Crowd:
    """Visitors, the questions they will ask, and what came of them."""

    url: str
    questions: Iterator[str]
    pause: float
    until: float
    rng: random.Random
    milliseconds: list[float] = field(default_factory=list)
    left: int = 0
    faults: list[str] = field(default_factory=list)

    async def visit(self) -> None:
        """One visitor after the other, until the time is over."""
        while time.perf_counter() < self.until:
            try:
                async with websockets.connect(self.url, subprotocols=[Subprotocol("streamlit")], max_size=None) as page:
                    await self.ask(page)
            # Whatever it is, it is told, and the next one comes.
            except Exception as error:
                self.faults.append(f"{type(error).__name__}: {error}")

    async def ask(self, page: websockets.ClientConnection) -> None:
        """Open the page, and ask until the time is over or the visitor leaves without an answer."""
        drawn = await run(page, BackMsg(rerun_script=ClientState()))
        box = next(one.text_input.id for one in drawn if one.text_input.label == wording.QUESTION)
        button = next(one.button.id for one in drawn if one.button.label == wording.SEARCH)
        while time.perf_counter() < self.until:
            asking = next(self.questions)
            states = [WidgetState(id=box, string_value=asking), WidgetState(id=button, trigger_value=True)]
            question = BackMsg(rerun_script=ClientState(widget_states=WidgetStates(widgets=states)))
            if self.rng.random() < LEAVING:
                await page.send(question.SerializeToString())
                self.left += 1
                return
            started = time.perf_counter()
            text = "\n".join(one.html.body for one in await run(page, question))
            self.milliseconds.append((time.perf_counter() - started) * 1000)
            asked = re.search(r'class="hs-verdict.*?hs-printed">(.*?)</p>', text)
            if asked is None or html.unescape(asked[1]) != asking:
                raise ValueError(f"no answer to {asking!r}")
            await asyncio.sleep(self.rng.uniform(0.5, 1.5) * self.pause)


async def run(page: websockets.ClientConnection, message: BackMsg) -> list[Element]:
    """Have the page drawn anew; its elements. ValueError when that ended with an exception."""
    await page.send(message.SerializeToString())
    elements: list[Element] = []
    while True:
        told = ForwardMsg.FromString(await page.recv())
        if told.WhichOneof("type") == "script_finished":
            return elements
        element = told.delta.new_element
        if element.HasField("exception"):
            raise ValueError(element.exception.message)
        elements.append(element)


async def publish(corpus: Path, index: Path, every: float, until: float) -> int:
    """Build every so many seconds; how often."""
    publications = changes(corpus, index)
    for number in itertools.count():
        await asyncio.sleep(every)
        if time.perf_counter() > until:
            return number
        await asyncio.to_thread(next, publications)
    raise AssertionError


async def watch(process: int, seconds: float, until: float) -> list[State]:
    """What a process holds, looked at two hundred times."""
    states = []
    while time.perf_counter() < until:
        states.append(State.now(process))
        await asyncio.sleep(seconds / 200)
    return states


async def main() -> int:
    """Let them come, and print what came of it; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=20, metavar="N", help="at once (default: 20)")
    parser.add_argument("--minutes", type=float, default=10, metavar="N", help="default: 10")
    parser.add_argument("--pause", type=float, default=4, metavar="S", help="seconds between questions (default: 4)")
    parser.add_argument("--every", type=float, default=30, metavar="S", help="seconds between builds (default: 30)")
    arguments = parser.parse_args()
    questions = list(read_queries(ROOT / "tests" / "relevance").values())
    random.Random(0).shuffle(questions)
    with tempfile.TemporaryDirectory() as home:
        corpus, index = Path(home, "corpus"), Path(home, "index")
        shutil.copytree(ROOT / "corpus", corpus)
        next(changes(corpus, index))
        with served(index, corpus) as url:
            children = Path("/proc/self/task", str(os.getpid()), "children").read_text(encoding="utf-8")
            [server] = map(int, children.split())
            seconds = (WARMING + arguments.minutes) * 60
            until = time.perf_counter() + seconds
            address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
            crowd = Crowd(address, itertools.cycle(questions), arguments.pause, until, random.Random(1))
            builds, states, _ = await asyncio.gather(
                publish(corpus, index, arguments.every, until),
                watch(server, seconds, until),
                asyncio.gather(*(crowd.visit() for _ in range(arguments.visitors))),
            )
    p50, p95, p99 = np.percentile(crowd.milliseconds, (50, 95, 99))
    rows = {
        f"visitors at once, for {WARMING} and {arguments.minutes:g} minutes": f"{arguments.visitors}",
        "questions answered; visitors who left before": f"{len(crowd.milliseconds):,}; {crowd.left}",
        "builds published meanwhile": f"{builds}",
        "from Enter to the whole page: median, 95 and 99 of 100": f"{p50:.0f}, {p95:.0f}, {p99:.0f} ms",
    }
    return report(rows, crowd.faults, states, WARMING / (WARMING + arguments.minutes))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
