"""The programs from Debian that tests measure against; a test whose program is missing is skipped by name."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

_PACKAGES = {
    "chronyd": "chrony",
    "ntpdig": "ntpsec-ntpdig",
    "ip": "iproute2",
    "bash": "bash",
    "setsid": "util-linux",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "libfaketime.so.1": "libfaketime",
    "nginx": "nginx-light",
    "apache2": "apache2",
    "node": "nodejs",
    "lighttpd": "lighttpd",
    "varnishd": "varnish",
    "haproxy": "haproxy",
    "openssl": "openssl",
    "htpdate": "htpdate",
    "promtool": "prometheus",
    "systemd-analyze": "systemd",
    "xmllint": "libxml2-utils",
}
_SERVES = " (it starts a service: better in a container)"
_REMARKS = {"chrony": " (it replaces this machine's time service: better in a container)"} | dict.fromkeys(
    ("nginx-light", "apache2", "lighttpd", "varnish", "htpdate", "prometheus"), _SERVES
)
_SYSTEM_FOLDERS = "/usr/sbin:/sbin"
"""Not on the PATH of everybody."""


def need(program: str) -> str:
    """Return the path of *program*; skips the test, with the line that installs it, where it is missing."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:{_SYSTEM_FOLDERS}")
    return found or _skip(program)


def need_library(name: str) -> str:
    """Return the path of a library that Debian keeps out of the loader's way; skips as `need` does."""
    found = sorted(Path("/usr/lib").glob(f"*/faketime/{name}"))
    return str(found[0]) if found else _skip(name)


def need_namespace() -> list[str]:
    """Return the command that runs what follows it in an empty network and with mounts of its own."""
    command = [need("unshare"), "--net", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    need("ip")
    if not _works(tuple(command)):
        pytest.skip(
            "this host lets nobody make network namespaces: run as root, or sysctl kernel.unprivileged_userns_clone=1"
        )
    return command


def need_init() -> list[str]:
    """Return the command that runs what follows it as process 1, as a container does; its child is that process."""
    command = [need("unshare"), "--pid", "--fork", "--mount-proc"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    if not _works(tuple(command)):
        pytest.skip("this host lets nobody make process namespaces: run as root, or allow user namespaces")
    return command


@cache
def _works(command: tuple[str, ...]) -> bool:
    return subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0


def _skip(program: str) -> str:
    package = _PACKAGES[program]
    pytest.skip(f"{program} is missing: sudo apt-get install {package}{_REMARKS.get(package, '')}")


def need_root() -> None:
    """Skip the test, by name, where it isn't run by root: it joins networks of its own by cables of its own."""
    if os.geteuid() != 0:
        pytest.skip("run as root: it joins two networks of its own")
