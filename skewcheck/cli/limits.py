"""What Python raises, wherever it is, when this host gives it no more: told as what it is, and not as a defect."""

import errno

from skewcheck.errors import HostError

_MEMORY = ("failed to map segment", "Cannot allocate memory")
_FILES = ("Too many open files", f"Error {errno.EMFILE}")
"""What the loader of shared libraries says, in an ImportError; the latter where it can't even load its messages."""


def reached(error: BaseException) -> HostError | None:
    """Return the limit of this host that *error* comes from; None where it comes from none."""
    number = error.errno if isinstance(error, OSError) else None
    words = str(error) if isinstance(error, ImportError) else ""
    if isinstance(error, MemoryError) or number == errno.ENOMEM or any(said in words for said in _MEMORY):
        return HostError("this process has too little memory", "allow more: ulimit -v, or the container's memory limit")
    if number in (errno.EMFILE, errno.ENFILE) or any(said in words for said in _FILES):
        return HostError(
            "this process may not open as many files as it needs", "allow more: ulimit -n; or stop what holds so many"
        )
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return HostError(
            "this process may not start as many threads as it needs",
            "allow more processes: ulimit -u, or the container's pids limit\nor more memory: ulimit -v",
        )
    if isinstance(error, SystemError):  # the interpreter's word for a fault of its own
        return HostError(
            f"Python itself failed: {error}", "allow more memory (ulimit -v): it does so where that is short"
        )
    if isinstance(error, LookupError) and "unknown encoding" in str(error):  # an import that Python keeps quiet about
        return HostError(
            f"a part of Python can't be loaded: {error}",
            "allow more memory (ulimit -v): it does so where that is short",
        )
    if isinstance(error, ImportError):
        return HostError(f"a part of this installation can't be loaded: {error}", "install skewcheck anew")
    return None
