"""The connection to a Ray cluster, and what goes wrong with it as errors that a person can mend.

The only import of ray, which is an optional package.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from healthsearch.errors import HealthSearchError


def prepare(address: str) -> None:
    """Set how Ray behaves, before it is imported; raises HealthSearchError when it is not installed."""
    # Ray reports its use to its makers, unless this is set.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Its parts in C++ write to standard error as they like; what matters comes as an exception.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    if address != "local":
        # Else it tries a wrong address for a quarter of an hour.
        os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "1")
    ray_module()


def ray_module() -> Any:  # noqa: ANN401 - the module
    """The module ``ray`` with its ``ray.data``; HealthSearchError without them."""
    try:
        import ray.data
    except ImportError:
        raise HealthSearchError(
            "--ray", "Ray is not installed", "Install it: pip install -r requirements-cluster.txt"
        ) from None
    return ray


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Connected to the cluster at this address; HealthSearchError when it cannot be reached or fails as a whole."""
    if address.startswith("ray://"):
        raise HealthSearchError(
            address,
            "a build must run on a machine of the cluster",
            "Start it there, as a Ray job for example, with --ray auto.",
        )
    ray = ray_module()
    own: dict[str, Any] = {"include_dashboard": False} if address == "local" else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **own)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise HealthSearchError(
            address,
            f"there is no Ray cluster to be reached ({_in_short(error)})",
            "Start one with ray start --head, or name the address that it printed.",
        ) from None
    # Ray tells of lost machines on standard output, some of it at the end; that is for what the build says.
    with redirect_stdout(sys.stderr):
        try:
            yield
        except ray.exceptions.RayError as error:
            raise HealthSearchError(
                address,
                f"the cluster could not go on ({_in_short(error)})",
                "What was encoded is kept: build again. Ray's own logs say more.",
            ) from None
        finally:
            ray.shutdown()


def _in_short(error: Exception) -> str:
    """The last line of what may be a whole traceback from another machine."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
