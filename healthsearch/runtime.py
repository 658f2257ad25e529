"""OpenVINO as we run it: without its telemetry, ready for many threads, in the number types that the processor has.

Whoever needs openvino gets it here, and only when it is needed.
"""

from __future__ import annotations

import sys
import threading
from functools import cache
from typing import Any

import numpy as np

# Number types by OpenVINO's names, best first: bfloat16 where the processor multiplies it natively.
PRECISIONS = {"bf16": "bfloat16", "f32": "float32"}
_PREPARING = threading.Lock()


def precisions() -> list[str]:
    """The number types that this processor multiplies natively, by OpenVINO's names, best first."""
    offered = [str(name).lower() for name in openvino_runtime().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")]
    return [name for name in PRECISIONS if name in offered or name == "f32"]


def openvino_runtime() -> Any:  # noqa: ANN401 - the module
    """The module ``openvino``, imported when it is needed, ready for many threads, and without its telemetry."""
    with _PREPARING:
        return _openvino()


@cache
def _openvino() -> Any:  # noqa: ANN401 - the module
    # It reports its use to its makers, unless this package is missing.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    # When it meets numpy for the first time it lets go of Python's lock halfway: of two threads that were first, each
    # would wait for the other, for ever.
    openvino.Tensor(np.zeros(1, np.float32))
    return openvino
