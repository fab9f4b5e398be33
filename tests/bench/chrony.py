"""Real `chronyd` servers on loopback: at true time, or wrong by a chosen amount, without touching the clock.

`-x` keeps chronyd off the system's clock. One that follows nobody has a receiver of its own, a thread here that tells
it the time on a socket: it serves true time, as a server of stratum 1 whose source is no other's. One that follows
another with `offset X` serves true time + X as it estimates it, give or take FOLLOWER_ERROR_S.
"""

import contextlib
import getpass
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import ntplib

from bench.tools import need

_READY_S = 15.0
_SETTLED_DISTANCE_S = 0.004
"""Root distance below which a follower has settled; its first answers claim up to 0.9 s."""
FOLLOWER_ERROR_S = 0.0005
"""How far a follower may be from where it was told to be, whatever it claims of itself (23 µs here once it has
settled): where the machine pauses, its estimate goes astray with its samples."""
_ANSWER_S = 0.1
_POLL_S = 0.02
_PEACE_S = 2.0
"""How long chronyd gets to end by itself."""


_RECEIVER_DELAY_S = 2e-4
"""Half of it is what a server admits of its receiver, and more than that errs: 20 µs here."""
_SAMPLE = struct.Struct("@qqdiiii")
"""Of chronyd's SOCK driver: seconds and microseconds of the local clock, true - local, pulse, leap, padding, magic."""
_MAGIC = 0x534F434B
_TICK_S = 0.06


class Receiver:
    """Tells chronyd on its socket what its clock lacks, as the receiver of a satellite's signal would."""

    def __init__(self, path: str, ahead_s: float) -> None:
        """Begin to tell that true time is *ahead_s* ahead of this host's, as soon as there is a socket at *path*."""
        self._over, self._ahead_s = threading.Event(), ahead_s
        self._thread = threading.Thread(target=self._tell, args=(path,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._over.set()
        self._thread.join()

    def _tell(self, path: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.setblocking(False)
            while not self._over.wait(_TICK_S):
                now_us = time.time_ns() // 1000
                with contextlib.suppress(OSError):  # chronyd is starting, or has ended
                    there.sendto(_SAMPLE.pack(*divmod(now_us, 10**6), self._ahead_s, 0, 0, 0, _MAGIC), path)


class Chronyd:
    """One running chronyd, at true time + `ahead_s`."""

    def __init__(
        self,
        folder: Path,
        ahead_s: float = 0.0,
        follows: "Chronyd | None" = None,
        *,
        port: int | None = None,
        prefix: Sequence[str] = (),
        host: str = "127.0.0.1",
        command_port: int = 0,
        local: bool = False,
    ) -> None:
        """Start it, with a receiver or following another; *prefix* goes before the command. Raises OSError.

        It takes commands at *command_port*; 0: none. A *local* one serves a clock that nobody keeps right, at once.
        """
        self.ahead_s = ahead_s
        self.host, self.port = host, free_port() if port is None else port
        source = f"refclock SOCK {folder}/receiver refid GPS poll -3 filter 2 delay {_RECEIVER_DELAY_S} precision 1e-6"
        if local:
            source = "local stratum 1"
        if follows is not None:
            source = f"server {follows.host} port {follows.port} offset {ahead_s} iburst minpoll -2 maxpoll -2"
        lines = (
            source,
            f"port {self.port}",
            f"bindaddress {self.host}",
            "allow 127.0.0.0/8",
            f"cmdport {command_port}",
            "bindcmdaddress 127.0.0.1",
            "bindcmdaddress /",
            f"pidfile {folder}/chronyd.pid",
        )
        configuration = folder / "chrony.conf"
        configuration.write_text("\n".join(lines) + "\n")
        command = [unconfined(folder), "-x", "-d", "-U", "-u", _user(prefix), "-f", str(configuration)]
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen([*prefix, *command], stdout=log, stderr=log)
        self._log = folder / "log"
        self._receiver = None if local or follows is not None else Receiver(str(folder / "receiver"), ahead_s)

    @property
    def server(self) -> str:
        """How a user names it."""
        return f"{self.host}:{self.port}"

    def wait_until_settled(self) -> None:
        """Return once it serves true time + `ahead_s` and says so; raises AssertionError if it never does."""
        end_s = time.monotonic() + _READY_S
        while not self._settled():
            assert self._process.poll() is None, f"chronyd ended: {self._log.read_text()}"
            assert time.monotonic() < end_s, f"chronyd did not settle: {self._log.read_text()}"
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """End it."""
        if self._receiver is not None:
            self._receiver.stop()
        self._process.terminate()
        try:
            self._process.wait(_PEACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _settled(self) -> bool:
        try:
            reply = ntplib.NTPClient().request(self.host, version=4, port=self.port, timeout=_ANSWER_S)
        except (ntplib.NTPException, OSError):
            return False
        distance_s = reply.root_delay / 2 + reply.root_dispersion
        error_s = abs(reply.offset - self.ahead_s)
        return bool(reply.leap == 0 and distance_s < _SETTLED_DISTANCE_S and error_s < FOLLOWER_ERROR_S)


@contextlib.contextmanager
def running(folder: Path, ahead_s: dict[str, float]) -> Iterator[dict[str, Chronyd]]:
    """Run one chronyd for each name in *ahead_s*, that far ahead of true time: each has a receiver of its own."""
    servers: dict[str, Chronyd] = {}
    with contextlib.ExitStack() as running_ones:
        for name, by_s in ahead_s.items():
            servers[name] = Chronyd(_new(folder / name), by_s)
            running_ones.callback(servers[name].stop)
        for server in servers.values():
            server.wait_until_settled()
        yield servers


def ask_once(folder: Path, host: str) -> list[str]:
    """Return the command with which chronyd, in a namespace, asks a server once and says how wrong the clock is."""
    return [unconfined(folder), "-Q", "-t", "5", "-U", "-u", "root", f"server {host} iburst maxsamples 1"]


def unconfined(folder: Path) -> str:
    """Return a copy of chronyd in *folder*: Debian's AppArmor lets the original read /etc/chrony alone."""
    copy = folder / "chronyd"
    shutil.copy(need("chronyd"), copy)
    return str(copy)


def _user(prefix: Sequence[str]) -> str:
    """Return the user to run as: in a namespace there is none but its root."""
    return "root" if prefix else getpass.getuser()


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def free_port() -> int:
    """Return a UDP port of loopback that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
