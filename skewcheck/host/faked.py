"""Something between this process and the kernel that tells it another time: libfaketime and its like."""

import re
from collections.abc import Iterable, Mapping

from skewcheck import foreign
from skewcheck.host.files import Files
from skewcheck.model import Fake, KernelClock, Unknown

KNOWN = ("libfaketime", "datefudge")
"""Libraries that are made for it, by how their file's name starts. None of them replaces adjtimex(2)."""
_PRELOADED_BY = ("LD_PRELOAD", "DYLD_INSERT_LIBRARIES")
_PRELOADED_FOR_ALL = "/etc/ld.so.preload"
_BETWEEN = "something between this process and the kernel"


def find_fake(kernel: KernelClock | Unknown, files: Files, environ: Mapping[str, str]) -> Fake | None:
    """Return what fakes this process's time of day; None where nothing does.

    The kernel's own time decides: a library that is loaded and changes nothing is no fake, and what changes it
    without a library (a debugger, a patched vDSO as chaos tests use it) is one. Where the kernel doesn't tell,
    a library that is made for it is enough.
    """
    if isinstance(kernel, Unknown) or kernel.ahead_of_python_s is None:
        name = _known_library(files, environ)
        return None if name is None else Fake(_with_origin(name, files, environ), None)
    if kernel.ahead_of_python_s == 0:
        return None
    name = _known_library(files, environ)
    how = _unknown(files, environ) if name is None else _with_origin(name, files, environ)
    return Fake(how, -kernel.ahead_of_python_s)


def _with_origin(name: str, files: Files, environ: Mapping[str, str]) -> str:
    """Return *name*, with the file that preloads it into every process where no variable does for this one."""
    told = "".join(environ.get(variable, "") for variable in _PRELOADED_BY)
    everywhere = name not in told and name in (files.read(_PRELOADED_FOR_ALL) or "")
    return f"{name} (from {_PRELOADED_FOR_ALL})" if everywhere else name


def _known_library(files: Files, environ: Mapping[str, str]) -> str | None:
    """Name the library of ours that fakes; what is loaded decides, the environment only where that can't be read."""
    maps = files.read("/proc/self/maps")
    if maps is not None:
        # address, permissions, position, device, inode, path
        return _known(parts[5] for line in maps.splitlines() if len(parts := line.split(None, 5)) == 6)
    return _known(_preloaded(files, environ)) or ("libfaketime" if "FAKETIME" in environ else None)


def _known(paths: Iterable[str]) -> str | None:
    names = [path.rpartition("/")[2] for path in paths]
    return next((known for known in KNOWN if any(name.startswith(known) for name in names)), None)


def _unknown(files: Files, environ: Mapping[str, str]) -> str:
    """Name what was preloaded, which may be the one; it may as well be innocent."""
    names = ", ".join(path.rpartition("/")[2] for path in _preloaded(files, environ))
    return f"{_BETWEEN} (preloaded: {foreign.text(names)})" if names else _BETWEEN


def _preloaded(files: Files, environ: Mapping[str, str]) -> list[str]:
    """Return the libraries that the loader was told to put before all others (ld.so(8))."""
    told = [environ.get(name, "") for name in _PRELOADED_BY] + [files.read(_PRELOADED_FOR_ALL) or ""]
    return [path for path in re.split(r"[\s:]+", " ".join(told)) if path]
