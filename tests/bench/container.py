"""Containers of a test's own, as bare as they come: mounts, processes and a network apart, and only Python in them."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

import skewcheck
from bench import seccomp
from bench.namespaces import Namespace, namespace
from bench.tools import need

_SETUP = """
set -e
umask 022
root=$1 && shift
mount -t tmpfs -o size=1m tmpfs "$root"
mkdir -p "$root/usr" "$root/tmp" "$root/old"
IFS='
'
for path in $READ_ONLY; do
    if [ -L "$path" ]; then ln -s "$(readlink "$path")" "$root$path" && continue; fi
    if [ -d "$path" ]; then mkdir -p "$root$path"; else mkdir -p "$root$(dirname "$path")" && touch "$root$path"; fi
    mount --bind "$path" "$root$path" && mount -o remount,bind,ro "$root$path"
done
if [ "$BARE" = no ]; then
    mkdir "$root/proc" "$root/dev" && mount -t proc proc "$root/proc"
    touch "$root/dev/null" && mount --bind /dev/null "$root/dev/null"
fi
mount -o remount,ro "$root"
cd "$root" && pivot_root . old && cd /
exec "$@"
"""
"""Makes a root of nothing but Python and C libraries, all of it read-only, and runs the rest of the words in it."""

_BECOME = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.umount2(b"/old", 2)  # MNT_DETACH: from here on there is no way back
for capability in range(64):
    libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
os.setgroups([])
os.setgid({uid})
os.setuid({uid})
{more}
os.execve(sys.executable, [sys.executable, *sys.argv[1:]], {{"PATH": "/nowhere", "PYTHONPATH": {package!r}}})
"""
"""The first process becomes *uid*, without capabilities, and then Python with the words that it was given."""


class Container(NamedTuple):
    """What differs from one container to the next."""

    uid: int = 65532
    bare: bool = False
    """Not even /proc and /dev/null are there."""
    filtered: bool = False
    """A filter refuses adjtimex, as a runtime may."""
    closed: str = ""
    """What the shell that starts it closes, such as `<&-`."""

    def command(self, network: Namespace, folder: Path, *words: str) -> list[str]:
        """Return the command that runs Python with *words* as the first process of a container on *network*."""
        more = seccomp.program(seccomp.REFUSE | 1) if self.filtered else ""  # 1: EPERM
        unshare = [need("unshare"), "--mount", "--pid", "--fork", "--kill-child"]
        environment = [
            "READ_ONLY=" + "\n".join(_read_only()),
            f"BARE={'yes' if self.bare else 'no'}",
        ]
        package = str(Path(skewcheck.__file__).parents[1])
        become = [sys.executable, "-c", _BECOME.format(uid=self.uid, more=more, package=package), *words]
        setup = _SETUP.replace('"$@"', f'"$@" {self.closed}')
        return [*network.prefix, "env", *environment, *unshare, "sh", "-c", setup, "sh", str(folder), *become]

    def run(self, network: Namespace, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run it to its end, without a terminal."""
        command = self.command(network, folder, *words)
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
            start_new_session=True,
        )  # fmt: skip


def _read_only() -> list[str]:
    """Return the folders that Python and skewcheck are in, and those of the C libraries; outer ones first."""
    libraries = {path for path in ("/usr/lib", "/usr/lib64", "/lib", "/lib64") if Path(path).exists()}
    python = {sys.prefix, sysconfig.get_paths()["stdlib"], str(Path(sys.executable).resolve())}
    python |= set() if sys.base_prefix == "/usr" else {sys.base_prefix}
    package = {str(Path(skewcheck.__file__).parent)}
    found: list[str] = []
    for path in sorted(libraries | python | package):
        if not any(Path(path).is_relative_to(outer) for outer in found):
            found.append(path)
    return found


_SERVERS = """
import contextlib, json, sys
from skewcheck.lab.http import HttpServer
from skewcheck.lab.ntp import NtpServer

def name(server):
    return "{}:{}".format(*server.address)

class Silent(NtpServer):
    def __init__(self):
        super().__init__(behaviour=lambda query: print("asked", name(self), flush=True) or ())

with contextlib.ExitStack() as running:
    named = {}
    for ahead_s in (0.0, 3600.0):
        servers = [running.enter_context(NtpServer(ahead_s)) for _ in range(3)]
        named[str(ahead_s)] = [word for server in servers for word in ("-H", name(server))]
        named[str(ahead_s)] += ["--url", running.enter_context(HttpServer(ahead_s)).url]
    print(json.dumps(named), flush=True)
    for _ in sys.stdin:
        print("silent", name(running.enter_context(Silent())), flush=True)
"""


class Servers:
    """A network with servers in it that no other network reaches."""

    def __init__(self, network: Namespace, process: "subprocess.Popen[str]") -> None:
        """Take the process in which they run."""
        assert process.stdin is not None
        assert process.stdout is not None
        self.network = network
        self._orders, self._told = process.stdin, process.stdout
        self.named: dict[str, list[str]] = json.loads(self._told.readline())
        """The words that name them on a command line, by how far they are ahead, in seconds."""

    def silent(self) -> str:
        """Return the name of a new one that never answers."""
        self._orders.write("\n")
        self._orders.flush()
        return next(line.split()[1] for line in self._told if line.startswith("silent"))

    def wait_until_asked(self, name: str) -> None:
        """Wait until somebody asks that silent one."""
        next(line for line in self._told if line == f"asked {name}\n")


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """Open a network of its own and start servers in it; skips where that takes rights that aren't there."""
    if os.geteuid() != 0:
        pytest.skip("run as root: it makes containers, whose first process gives up what root may")
    with ExitStack() as running:
        network = running.enter_context(namespace(folder))
        process = running.enter_context(
            subprocess.Popen(
                [*network.prefix, sys.executable, "-c", _SERVERS],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(Path(skewcheck.__file__).parents[1])},
            )
        )
        yield Servers(network, process)
