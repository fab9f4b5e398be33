"""Threads that nobody has to wait for: the process ends by its deadline, whatever one of them is stuck in."""

import threading
from collections.abc import Callable

from skewcheck.errors import HostError


def start(run: Callable[[], None]) -> None:
    """Run a function in such a thread. Raises HostError where this process may not have one more."""
    try:
        threading.Thread(target=run, daemon=True).start()
    except RuntimeError as error:
        raise HostError(
            "this process may not start the threads that it asks with",
            "allow more processes: ulimit -u, or the container's pids limit\nor more memory: ulimit -v",
        ) from error
