"""Networks of a test's own: routes, names and resolvers that are wrong on purpose, and nobody to reach."""

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.tools import need, need_namespace


class Namespace:
    """An open network namespace, with mounts of its own; commands run in it."""

    def __init__(self, holder: int) -> None:
        """Take the process that holds it open."""
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        self.prefix = [need("nsenter"), "--target", str(holder), "--net", "--mount", *user]
        """Put before a command to run it in here."""

    def run(
        self, command: Sequence[str], timeout_s: float = 30, environment: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run *command* to its end."""
        env = {**os.environ, **(environment or {})}
        return subprocess.run(
            [*self.prefix, *command], capture_output=True, text=True, timeout=timeout_s, check=False, env=env
        )


HOSTS_OWN = (
    "/etc/chrony",
    "/etc/chrony.conf",
    "/etc/systemd/timesyncd.conf",
    "/etc/systemd/timesyncd.conf.d",
    "/usr/lib/systemd/timesyncd.conf.d",
    "/run/systemd/timesyncd.conf.d",
    "/run/chrony-dhcp",
    "/etc/ntp.conf",
    "/etc/ntpsec",
    "/etc/openntpd",
    "/etc/ntpd.conf",
    "/etc/ntpd-rs",
    "/sys/class/dmi/id",
)
"""Where the machine that runs the tests says whom it asks for the time, or in whose cloud it is."""


@contextlib.contextmanager
def namespace(folder: Path, setup: str = "", files: Mapping[str, str] | None = None) -> Iterator[Namespace]:
    """Open a namespace whose loopback is up, run the shell commands of *setup*, replace *files* by path.

    The machine's own time servers are hidden in it: nobody is asked but whom a test brings.
    """
    lines = ["set -e", "ip link set lo up"]
    lines += [f"mount -t tmpfs none {path}" for path in HOSTS_OWN if Path(path).is_dir()]
    lines += [f"mount --bind /dev/null {path}" for path in HOSTS_OWN if Path(path).is_file()]
    lines.append(setup)
    for number, (path, text) in enumerate((files or {}).items()):
        replacement = folder / f"replacement{number}"
        replacement.write_text(text)
        lines.append(f"mount --bind '{replacement}' {path}")
    lines.append("echo ready; exec cat")
    with subprocess.Popen(
        [*need_namespace(), "sh", "-c", "\n".join(lines)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"},
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n", "the namespace could not be set up"
        yield Namespace(holder.pid)
        # Leaving the `with` closes its standard input, so that `cat` and the namespace end.
