"""Code in a process of its own, with the processor's seconds and the memory that it took."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import Any

from tests.folders import ROOT

# Before a command, where the system lets us: gives it a network of its own, with nothing in it.
UNSHARE = ("unshare", "--map-root-user", "--net")


def can_be_cut_off() -> bool:
    """Whether this system lets us give a process a network of its own."""
    return (
        shutil.which("unshare") is not None and subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0
    )


# Linux hands the peak of ``getrusage`` on to a new program: that of this test run. The system's own page on the
# process begins anew.
_FRAME = """
import json, sys, time
from pathlib import Path
started = time.process_time()
{code}
seconds = time.process_time() - started
status = Path("/proc/self/status")
if status.exists():
    peak = next(int(line.split()[1]) / 1_000 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
else:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000_000
print(json.dumps([found, seconds, peak]))
"""


def alone(code: str, *arguments: object) -> tuple[Any, float, float]:
    """What ``code`` leaves as ``found``, given ``arguments`` in ``sys.argv``; its seconds, its peak in megabytes."""
    done = subprocess.run(
        [sys.executable, "-c", _FRAME.format(code=code), *map(str, arguments)],
        cwd=ROOT,
        # What is weighed is the program, not a measuring of its coverage beside it.
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found, seconds, megabytes = json.loads(done.stdout)
    return found, seconds, megabytes
