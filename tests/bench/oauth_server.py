"""An issuer and an API on loopback, real sockets and real time, ill in one way; it keeps access logs of what it served.

The illness is a `simulated_log.Service`; the logs are those of nginx and of Envoy, as their servers write them.
"""

import json
import math
import random
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench.simulated_log import Service


class OAuthServer(ThreadingHTTPServer):
    """Both of them; `secrets` are all that must stand in no output."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, service: Service, seed: int = 1) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service, self.dice, self.lock = service, random.Random(seed), threading.Lock()
        self.tokens: dict[str, dict[str, float]] = {}
        self.latest: dict[str, str] = {}
        self.nginx: list[str] = []
        self.envoy: list[str] = []
        self.issued = 0

    @property
    def url(self) -> str:
        """How a client names it."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def issue(self, client: str) -> tuple[int, dict[str, Any]]:
        """Return a token response."""
        now, service = time.time(), self.service
        with self.lock:
            self.issued += 1
            if service.limited_from and self.issued > service.limited_from and self.issued % 3 == 0:
                return 429, {"error": "rate limit exceeded"}
            lag_s = self.dice.expovariate(1 / service.lag_s) if self.dice.random() < service.lagging else 0.0
            token = secrets.token_urlsafe(40)
            if service.revokes and client in self.latest:
                self.tokens[self.latest[client]]["ended"] = now
            self.latest[client] = token
            self.tokens[token] = {
                "begins": max(math.floor(now + service.issuer_ahead_s), now + lag_s if lag_s else 0.0),
                "ended": now + service.lives_s,
                "used": now,
            }
        return 200, {"access_token": token, "token_type": "bearer", "expires_in": service.lives_s}

    def check(self, token: str) -> tuple[int, float]:
        """Return the status, and how far ahead the node's clock is that checked."""
        now, service = time.time(), self.service
        with self.lock:
            behind_s = service.behind_s if self.dice.randrange(service.nodes) == service.nodes - 1 else 0.0
            known = self.tokens.get(token)
            refused = (
                known is None
                or service.rejects_all
                or now - (behind_s if known["begins"] % 1 == 0 else 0.0) < known["begins"]
                or now > known["ended"]
                or now - known["used"] > service.idle_limit_s
                or self.dice.random() < service.background
            )
            if known is not None and not refused:
                known["used"] = now
        return (401 if refused else 200), -behind_s


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: OAuthServer  # type: ignore[mutable-override] # it is made by that one alone

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(
            *self.server.issue(self.client_address[0] + self.headers.get("User-Agent", "")),
            self.server.service.issuer_ahead_s,
        )

    def do_GET(self) -> None:
        status, ahead_s = self.server.check(self.headers.get("Authorization", "").rpartition(" ")[2])
        self._answer(status, {}, ahead_s)

    def _answer(self, status: int, said: dict[str, Any], ahead_s: float) -> None:
        body = json.dumps(said).encode()
        self.send_response_only(status)
        self.send_header("Date", formatdate(time.time() + ahead_s, usegmt=True))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        now = time.time()
        began, took_s = getattr(self, "began_s", now), now - getattr(self, "began_s", now)
        agent, client = self.headers.get("User-Agent", "-"), self.client_address[0]
        at = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now))
        self.server.nginx.append(
            f'{client} - - [{at}] "{self.requestline}" {status} {len(body)} "-" "{agent}" rt={took_s:.3f}'
        )
        start = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(began)) + f".{int(began % 1 * 1000):03}Z"
        self.server.envoy.append(
            f'[{start}] "{self.requestline}" {status} - 0 {len(body)} {int(took_s * 1000)} 1 "{client}" "{agent}" '
            f'"5f3a77aa-0b1c-4d5e-8f90-aabbccddeeff" "api.example.net" "127.0.0.1:80"'
        )

    def parse_request(self) -> bool:
        self.began_s = time.time()
        return super().parse_request()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(service: Service) -> Iterator[OAuthServer]:
    """Give a server that answers until the end."""
    with OAuthServer(service) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
