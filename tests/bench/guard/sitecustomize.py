"""Stops this process from sending anything off this machine, and notes that it tried.

Python imports it at its start from PYTHONPATH, so what a test starts is guarded too; pytest itself installs
it from conftest.py. In a network namespace of the test's own there is nobody to reach: there it does nothing.
"""

import _socket  # not `socket`: the guard mustn't change what a process has loaded
import os
import sys

LOG = "SKEWCHECK_TESTS_LEAK_LOG"
"""Environment variable: the file that is told what was stopped."""
NETWORK = "SKEWCHECK_TESTS_NETWORK"
"""Environment variable: the network namespace in which nothing may be sent away."""


class LeavesThisMachineError(Exception):
    """A test tried to send something off this machine. No OSError, so that nobody takes it for an answer."""


def network() -> str:
    """Return the name of this process's network namespace; empty where the system has none."""
    try:
        return os.readlink("/proc/self/ns/net")  # noqa: PTH115  pathlib would be one more module loaded
    except OSError:
        return ""


def install() -> None:
    """Stop, from now on, whatever would leave this machine; each attempt adds a line to the file that `LOG` names."""
    look_up = _socket.getaddrinfo

    def refuse(what: str) -> None:
        with open(os.environ[LOG], "a", encoding="utf-8") as lines:  # noqa: PTH123  as above
            lines.write(f"{what} in {' '.join(sys.orig_argv)}\n")
        raise LeavesThisMachineError(what)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = arguments[1]
            if isinstance(address, tuple) and not _stays(address[0]):
                refuse(f"{event} {address!r}")
        elif event in ("socket.gethostbyname", "socket.gethostbyaddr") and not _stays(arguments[0]):
            refuse(f"{event} {arguments[0]!r}")

    def guarded_look_up(*arguments: object, **named: object) -> object:
        """Let numbers and local names pass. No audit event: it doesn't tell the flags."""
        host = arguments[0] if arguments else named.get("host")
        flags = arguments[5] if len(arguments) > 5 else named.get("flags", 0)
        numeric = isinstance(flags, int) and flags & _socket.AI_NUMERICHOST
        if not numeric and not _stays(host) and not _is_numeric(host):
            refuse(f"socket.getaddrinfo {host!r}")
        return look_up(*arguments, **named)  # type: ignore[arg-type]

    sys.addaudithook(hook)
    _socket.getaddrinfo = guarded_look_up  # type: ignore[assignment]


def _text(host: object) -> str | None:
    return host.decode("latin-1") if isinstance(host, bytes) else host if isinstance(host, str) else None


_THIS_MACHINE = ("", "localhost", "::1", "::", "0.0.0.0")  # noqa: S104 - asked for, never bound


def _stays(host: object) -> bool:
    """Tell whether *host* is this machine, as 0.0.0.0 and :: are; what isn't text is no address of the internet."""
    text = _text(host)
    if text is None or text in _THIS_MACHINE:
        return True
    ipv4 = text.removeprefix("::ffff:")
    return ipv4 in _THIS_MACHINE or ipv4.startswith("127.")


def _is_numeric(host: object) -> bool:
    text = (_text(host) or "").partition("%")[0]
    for family in (_socket.AF_INET, _socket.AF_INET6):
        try:
            _socket.inet_pton(family, text)
        except OSError:
            continue
        return True
    return False


if __name__ == "sitecustomize" and LOG in os.environ and os.environ.get(NETWORK) == network():
    install()
