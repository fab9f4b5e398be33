"""How each web server is started in the foreground, from a configuration of its own, by root and by anybody else."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.tools import need

Command = Callable[[Path, int, Sequence[int]], list[str]]
"""Folder, port, and the ports of those behind it -> the command, whose configuration then stands in the folder."""

_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_APACHE_MODULES = Path("/usr/lib/apache2/modules")


def _nginx(folder: Path, port: int, _behind: Sequence[int]) -> list[str]:
    return _nginx_with(folder, f"listen 127.0.0.1:{port};")


def _nginx_tls(folder: Path, port: int, _behind: Sequence[int]) -> list[str]:
    return _nginx_with(folder, f"listen 127.0.0.1:{port} ssl; ssl_certificate leaf.pem; ssl_certificate_key leaf.key;")


def _nginx_with(folder: Path, listen: str) -> list[str]:
    """Run it in one process. It empties its environment: libfaketime, which looks again after 10 s, would end then."""
    lines = (
        "daemon off; master_process off; pid nginx.pid; error_log stderr;",
        "env LD_PRELOAD; env FAKETIME; env FAKETIME_DONT_FAKE_MONOTONIC;",
        "events { worker_connections 64; }",
        "http {",
        "access_log off;",
        *(f"{name}_temp_path {name};" for name in _TEMPORARY),
        f"server {{ {listen} location / {{ return 200; }} }}",
        "}",
    )
    return [need("nginx"), "-p", str(folder), "-e", "stderr", "-c", _written(folder / "nginx.conf", lines)]


def _apache(folder: Path, port: int, _behind: Sequence[int]) -> list[str]:
    program = need("apache2")
    lines = (
        f"Listen 127.0.0.1:{port}",
        "ServerName localhost",
        f"PidFile {folder}/apache.pid",
        f"DefaultRuntimeDir {folder}",
        "ErrorLog /dev/stderr",
        f"LoadModule mpm_event_module {_APACHE_MODULES}/mod_mpm_event.so",
        f"LoadModule authz_core_module {_APACHE_MODULES}/mod_authz_core.so",
        "User nobody",  # it refuses to serve as root; nobody else can change who it is
        "Group nogroup",
        "StartServers 1",
        "ServerLimit 1",
        "ThreadsPerChild 16",
        "MaxRequestWorkers 16",
        "MaxSpareThreads 16",
    )
    return [program, "-d", str(folder), "-f", _written(folder / "apache.conf", lines), "-DFOREGROUND"]


def _node(_folder: Path, port: int, _behind: Sequence[int]) -> list[str]:
    script = f"require('http').createServer((request, reply) => reply.end()).listen({port}, '127.0.0.1')"
    return [need("node"), "-e", script]


def _http_server(_folder: Path, port: int, _behind: Sequence[int]) -> list[str]:
    return [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]


_APPLICATION = """
async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
"""


_SLEEPLESS = "import select, time; time.sleep = lambda duration_s: select.select([], [], [], duration_s)"
"""Read by gunicorn alone: under libfaketime `time.sleep` is an error (EINVAL) from Python 3.11 on."""


def _asgi(*command: str) -> Command:
    """Return how an ASGI server is run on the least application; `PORT` stands for the port."""

    def write(folder: Path, port: int, _behind: Sequence[int]) -> list[str]:
        _written(folder / "least.py", [_APPLICATION])
        _written(folder / "gunicorn.conf.py", [_SLEEPLESS])
        return [sys.executable, "-m", *(word.replace("PORT", str(port)) for word in command), "least:application"]

    return write


def _lighttpd(folder: Path, port: int, _behind: Sequence[int]) -> list[str]:
    lines = (
        'server.bind = "127.0.0.1"',
        f"server.port = {port}",
        f'server.document-root = "{folder}"',
    )
    return [need("lighttpd"), "-D", "-f", _written(folder / "lighttpd.conf", lines)]


def _varnish(folder: Path, port: int, behind: Sequence[int]) -> list[str]:
    """Without its jail, for which it would want users of its own."""
    return [
        *(need("varnishd"), "-F", "-j", "none", "-n", str(folder / "work"), "-s", "malloc,10m"),
        *("-a", f"127.0.0.1:{port}", "-b", f"127.0.0.1:{behind[0]}"),
    ]


def _haproxy(*how: str) -> Command:
    """Return what writes a configuration that hands connections or requests on, each to a server of its choice."""

    def write(folder: Path, port: int, behind: Sequence[int]) -> list[str]:
        lines = (
            "global",
            "  nbthread 1",  # each thread would take turns for itself
            "defaults",
            "  timeout connect 5s",
            "  timeout client 30s",
            "  timeout server 30s",
            "listen in_turn",
            f"  bind 127.0.0.1:{port}",
            *(f"  {line}" for line in how),
            *(f"  server s{number} 127.0.0.1:{at}" for number, at in enumerate(behind)),
        )
        return [need("haproxy"), "-db", "-f", _written(folder / "haproxy.cfg", lines)]

    return write


COMMANDS: dict[str, Command] = {
    "nginx": _nginx,
    "nginx-tls": _nginx_tls,
    "apache": _apache,
    "node": _node,
    "http.server": _http_server,
    "hypercorn": _asgi("hypercorn", "--workers", "0", "--bind", "127.0.0.1:PORT"),
    "uvicorn": _asgi("uvicorn", "--host", "127.0.0.1", "--port", "PORT", "--no-access-log"),
    "gunicorn": _asgi("gunicorn", "-k", "asgi", "--bind", "127.0.0.1:PORT"),
    "lighttpd": _lighttpd,
    "varnish": _varnish,
    "haproxy": _haproxy("mode http", "balance roundrobin"),
    "haproxy-request": _haproxy("mode http", "balance random(1)"),
    "haproxy-connection": _haproxy("mode http", "balance random(1)", "option prefer-last-server"),
    "haproxy-tcp": _haproxy("mode tcp", "balance random(1)"),
}


def certify(folder: Path) -> Path:
    """Write a certificate for loopback and its key; return that of the authority, new too, which Python 3.13 takes."""
    openssl = need("openssl")
    new = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-config", os.devnull]
    authority = ("-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority of a test")
    leaf = ("-keyout", "leaf.key", "-out", "leaf.pem", "-subj", "/CN=localhost", "-CA", "ca.pem", "-CAkey", "ca.key")
    can = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign", "subjectKeyIdentifier=hash")
    is_for = ("basicConstraints=CA:FALSE", "subjectAltName=DNS:localhost,IP:127.0.0.1", "authorityKeyIdentifier=keyid")
    for words, extensions in ((authority, can), (leaf, is_for)):
        added = [word for extension in extensions for word in ("-addext", extension)]
        subprocess.run([*new, *words, *added], cwd=folder, capture_output=True, check=True)
    return folder / "ca.pem"


def _written(path: Path, lines: Sequence[str]) -> str:
    path.write_text("\n".join(lines) + "\n")
    return str(path)
