"""TLS with a clock that may be wrong: dates alone are forgiven, and only on a second connection of its own."""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, final

import pytest
from bench.certificates import FUTURE_S, PAST_S, VALID_S, YEAR_S, Authority, Signed, together
from bench.faketime import wrong_clock
from bench.hostile_http import HostileServer, answering, head, over_tls

import skewcheck
from skewcheck.measure.connection import ExchangeError, context, secure
from skewcheck.model import DateReading, NoReading, Security

STRICT = sys.version_info >= (3, 13)
"""From there on Python's default is VERIFY_X509_STRICT."""
Serve = Callable[[socket.socket], object]


class Fixture(NamedTuple):
    """What a server shows, and the CA that its client trusts."""

    trusted: Path
    shown: Signed


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fixture]:
    """Make a certificate of every kind that the tests are about, each named after what is wrong with it."""
    folder = tmp_path_factory.mktemp("certificates")
    ours, foreign = Authority(folder / "ours"), Authority(folder / "foreign", "Unknown")
    old = Authority(folder / "old", "Old", valid_s=PAST_S)
    made = {
        "good": ours.sign("good"),
        "expired": ours.sign("expired", PAST_S),
        "not-yet-valid": ours.sign("not-yet-valid", FUTURE_S),
        "expired-intermediate": ours.sign("below-expired", issuer=ours.sign("between", PAST_S, "authority")),
        "wrong-name": ours.sign("wrong-name", extensions="other_host"),
        "expired-and-wrong-name": ours.sign("expired-and-wrong-name", PAST_S, "other_host"),
        "tampered": ours.tampered("tampered"),
        "expired-and-tampered": ours.tampered("expired-and-tampered", PAST_S),
        "self-signed": ours.self_signed("self-signed"),
        "weak-key": ours.sign("weak-key", algorithm=("RSA", "-pkeyopt", "rsa_keygen_bits:1024")),
        "for-clients": ours.sign("for-clients", extensions="client"),
        "by-no-authority": ours.sign("by-no-authority", issuer=ours.sign("no-authority", extensions="no_authority")),
        "no-authority-key-identifier": ours.sign("no-identifier", extensions="host_without_authority_key_identifier"),
    }
    fixtures = {name: Fixture(ours.ca_file, signed) for name, signed in made.items()}
    fixtures["expired-root"] = Fixture(old.ca_file, old.sign("below-expired-root"))
    fixtures["expired-root-and-tampered"] = Fixture(old.ca_file, old.tampered("tampered-below-expired-root"))
    fixtures["unknown-ca"] = Fixture(ours.ca_file, foreign.sign("unknown-ca"))
    fixtures["expired-and-unknown-ca"] = Fixture(ours.ca_file, foreign.sign("expired-and-unknown-ca", PAST_S))
    for lack in ("without_key_usage", "not_critical"):
        lax = Authority(folder / lack, lack, f"authority_{lack}")
        fixtures[f"authority-{lack.replace('_', '-')}"] = Fixture(lax.ca_file, lax.sign("good"))
    return fixtures


@final
class Server:
    """A server on loopback that does one thing to each connection, in order; and the way to it."""

    def __init__(self, serves: Sequence[Serve]) -> None:
        """Start to listen."""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run, args=(list(serves),), daemon=True)
        self.opened: list[bool] = []
        """Of each connection: whether it was the second, on which dates don't count."""
        self.sockets: list[socket.socket] = []

    def open(self, *, second: bool = False) -> socket.socket:
        """Connect: what `secure` is given."""
        self.opened.append(second)
        made = socket.create_connection(self._listening.getsockname(), timeout=20)
        self.sockets.append(made)
        return made

    def __enter__(self) -> "Server":
        """Start to serve."""
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """End."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def _run(self, serves: list[Serve]) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                serve = serves.pop(0) if len(serves) > 1 else serves[0]
                with connection, contextlib.suppress(OSError):
                    serve(connection)


def shows(signed: Signed, change: Callable[[ssl.SSLContext], object] = lambda _: None) -> Serve:
    """Shake hands with the certificate *signed*, and wait for the client to leave."""
    ours = signed.server_context()
    change(ours)

    def serve(connection: socket.socket) -> None:
        with ours.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    return serve


class Outcome(NamedTuple):
    """What `secure` came to."""

    result: Security | str
    """How it was secured; else the reason why not."""
    opened: list[bool]
    detail: str
    valid_s: tuple[float, float] | None = None
    """The dates of the leaf."""


def tried(serves: Sequence[Serve], ca_file: Path | None, host: str = "localhost") -> Outcome:
    """Secure a connection to a server that *serves*; close it again."""
    with Server(serves) as server:
        try:
            secured = secure(server.open, host, str(ca_file) if ca_file else None)
        except ExchangeError as failure:
            assert all(made.fileno() == -1 for made in server.sockets), "each socket was closed, or handed over"
            reason, detail = failure.trouble.reason, failure.trouble.detail
        else:
            with secured.socket:
                dates = secured.certificate
                return Outcome(secured.security, server.opened, "", (dates.not_before_s, dates.not_after_s))
    assert detail.isprintable()
    return Outcome(reason, server.opened, detail)


def about(valid_s: tuple[float, float] | None, wanted_s: tuple[float, float]) -> bool:
    """Tell whether these are the dates that were signed minutes ago."""
    assert valid_s is not None
    return all(abs(is_s - time.time() - after_s) < 600 for is_s, after_s in zip(valid_s, wanted_s, strict=True))


@pytest.mark.parametrize(
    ("name", "leaf_s"),
    [
        ("expired", PAST_S),
        ("not-yet-valid", FUTURE_S),
        ("expired-intermediate", VALID_S),
        ("expired-root", VALID_S),
    ],
)
def test_dates_alone_are_forgiven_on_a_second_connection(
    shown: dict[str, Fixture], name: str, leaf_s: tuple[float, float]
) -> None:
    """Whichever certificate of the chain is out of date: a new socket, marked so, and the leaf's own dates."""
    outcome = tried([shows(shown[name].shown)], shown[name].trusted)
    assert outcome[:2] == (Security.DATES_IGNORED, [False, True])
    assert about(outcome.valid_s, leaf_s)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("wrong-name", "certificate-wrong-name"),
        ("unknown-ca", "certificate-unknown-ca"),
        ("tampered", "certificate-bad-signature"),
        ("self-signed", "certificate-self-signed"),
        ("weak-key", "certificate-weak"),
        ("for-clients", "tls-failed"),
        ("by-no-authority", "ca-not-rfc5280"),
        ("expired-and-wrong-name", "certificate-wrong-name"),
        ("expired-and-unknown-ca", "certificate-unknown-ca"),
        ("expired-and-tampered", "certificate-bad-signature"),
    ],
)
def test_all_else_is_refused_without_a_second_connection(shown: dict[str, Fixture], name: str, reason: str) -> None:
    """Nothing but dates is ever forgiven, not to a certificate either whose dates are wrong too."""
    assert tried([shows(shown[name].shown)], shown[name].trusted)[:2] == (reason, [False])


@pytest.mark.parametrize(
    ("first", "then", "reason"),
    [
        ("expired-root", "expired-root-and-tampered", "certificate-bad-signature"),
        ("expired-root-and-tampered", "expired-root-and-tampered", "certificate-bad-signature"),
        ("expired", "wrong-name", "certificate-wrong-name"),
        ("expired", "expired-and-wrong-name", "certificate-wrong-name"),
        ("expired", "expired-and-unknown-ca", "certificate-unknown-ca"),
        ("not-yet-valid", "tampered", "certificate-bad-signature"),
        ("not-yet-valid", "self-signed", "certificate-self-signed"),
        ("expired", "weak-key", "certificate-weak"),
    ],
)
def test_the_second_connection_checks_all_but_dates(
    shown: dict[str, Fixture], first: str, then: str, reason: str
) -> None:
    """Who shows something else the second time, or hides a forgery below an expired root, is refused."""
    outcome = tried([shows(shown[first].shown), shows(shown[then].shown)], shown[first].trusted)
    assert outcome[:2] == (reason, [False, True])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("authority-without-key-usage", "keyUsage=critical,keyCertSign,cRLSign"),
        ("authority-not-critical", "basicConstraints=critical,CA:TRUE"),
        ("no-authority-key-identifier", "authorityKeyIdentifier=keyid in the certificates that it signs"),
    ],
)
def test_a_ca_that_python_has_come_to_refuse_is_told_what_it_lacks(
    shown: dict[str, Fixture], name: str, told: str
) -> None:
    """Python 3.13 refuses what 3.12 took: the way out is a better certificate, and which is said."""
    outcome = tried([shows(shown[name].shown)], shown[name].trusted)
    if STRICT:
        assert (outcome.result, outcome.opened, told in outcome.detail) == ("ca-not-rfc5280", [False], True)
    else:
        assert outcome[:2] == (Security.VERIFIED, [False])


@pytest.mark.parametrize("ahead_s", [-3 * YEAR_S, 4 * YEAR_S])
def test_a_wrong_local_clock_does_not_hide_a_valid_certificate(shown: dict[str, Fixture], ahead_s: float) -> None:
    """Years off in either direction: the connection is made, and marked as one whose dates did not count."""
    code = """
import json, socket, sys
from skewcheck.measure.connection import ExchangeError, secure
port, *hosts = sys.argv[1:-1]
for host in hosts:
    opened = []
    def open_socket(*, second=False):
        opened.append(second)
        return socket.create_connection(("127.0.0.1", int(port)), timeout=20)
    try:
        secured = secure(open_socket, host, sys.argv[-1])
    except ExchangeError as failure:
        print(json.dumps([failure.trouble.reason, opened, None]))
    else:
        secured.socket.close()
        print(json.dumps([secured.security.value, opened, secured.certificate]))
"""
    good = shown["good"]
    with Server([shows(good.shown)]) as server:
        _, port = server._listening.getsockname()
        done = subprocess.run(
            [sys.executable, "-c", code, str(port), "localhost", "elsewhere.test", str(good.trusted)],
            env={**os.environ, **wrong_clock(ahead_s)}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.stderr == ""
    right, wrong = (json.loads(line) for line in done.stdout.splitlines())
    assert right[:2] == ["dates-ignored", [False, True]]
    assert about(tuple(right[2]), VALID_S)
    assert wrong == ["certificate-wrong-name", [False], None]


def test_what_is_kept_stays_strict(shown: dict[str, Fixture]) -> None:
    """A caller's own context is as it was after dates were ignored: the next connection is checked in full again."""
    name = shown["expired"]
    kept = context(str(name.trusted))
    before = kept.verify_flags, kept.verify_mode, kept.check_hostname
    with Server([shows(name.shown)]) as server:
        for _ in range(2):
            with secure(server.open, "localhost", str(name.trusted), usual=kept).socket as secured:
                assert secured.context is not kept
        assert server.opened == [False, True] * 2
    assert (kept.verify_flags, kept.verify_mode, kept.check_hostname) == before
    assert before[1:] == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("host", ["localhost", "localhost.", "API.test", "one.apps.test", "127.0.0.1"])
def test_a_name_of_the_certificate_is_taken(shown: dict[str, Fixture], host: str) -> None:
    """Any case, with the dot of the root, by a wildcard, or as an address: one connection, and the leaf's own dates."""
    good = shown["good"]
    outcome = tried([shows(good.shown)], good.trusted, host)
    assert outcome[:2] == (Security.VERIFIED, [False])
    assert about(outcome.valid_s, VALID_S)


@pytest.mark.parametrize("host", ["apps.test", "a.b.apps.test", "localhost.test", "127.0.0.2", "::1", "good", "a b"])
def test_any_other_name_is_not(shown: dict[str, Fixture], host: str) -> None:
    """Neither below a wildcard's one label nor by the common name."""
    good = shown["good"]
    assert tried([shows(good.shown)], good.trusted, host)[:2] == ("certificate-wrong-name", [False])


@pytest.mark.parametrize(
    "host", ["", ".", ".localhost", "a" * 64, "a" * 300, "\udcff", "nul\0", "\x1b[2J", "\u202elocalhost"]
)
def test_what_can_be_no_name_is_a_failure_and_no_crash(shown: dict[str, Fixture], host: str) -> None:
    """Whatever comes as a host: a reason, and not even a connection."""
    good = shown["good"]
    outcome = tried([shows(good.shown)], good.trusted, host)
    assert outcome[:2] == ("tls-failed", [])
    assert "no certificate can be one of" in outcome.detail


def says(words: bytes) -> Serve:
    """Answer in something that isn't TLS."""

    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(words)
        connection.recv(1)

    return serve


def hangs_up(connection: socket.socket) -> None:
    """Take the greeting and leave."""
    connection.recv(1000)


@pytest.mark.parametrize(
    ("serve", "told"),
    [
        (says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), "does not speak TLS"),
        (says(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), "does not speak TLS"),
        (says(bytes(1000)), "does not speak TLS"),
        (says(b"\x15\x03\x03\x00\x02\x02\x28"), "it refused the TLS handshake"),
        (says(b"\x15\x03\x03\x00\x02\x02\x46"), "no version of TLS that this host accepts"),
        (says(b"\x15\x03\x03\x00\x02\x02\x70"), "no certificate for that name"),
        (says(b"\x15\x03\x03\x00\x02\x02\x78"), "does not speak HTTP/1.1"),
        (says(b"\x15\x03\x03\x00\x02\x02\x50"), "the TLS handshake failed: "),
        (hangs_up, "closed the connection"),
        (lambda _: None, "closed the connection"),
    ],
    ids=["http", "ssh", "zeros", "refuses", "old", "unrecognised", "alpn", "internal-error", "hangs-up", "resets"],
)
def test_no_handshake_is_told_for_what_it_is(shown: dict[str, Fixture], serve: Serve, told: str) -> None:
    """A port of another kind, an alert, an end: one connection, and a sentence each."""
    outcome = tried([serve], shown["good"].trusted)
    assert outcome[:2] == ("tls-failed", [False])
    assert told in outcome.detail


def test_silence_ends_with_the_time_of_the_socket(shown: dict[str, Fixture]) -> None:
    """Who never says a word holds nobody longer than the socket's own timeout."""
    gone = threading.Event()
    with Server([lambda _: gone.wait(30)]) as server:

        def impatient(*, second: bool = False) -> socket.socket:
            opened = server.open(second=second)
            opened.settimeout(0.1)
            return opened

        with pytest.raises(ExchangeError) as failure:
            secure(impatient, "localhost", str(shown["good"].trusted))
        gone.set()
    assert failure.value.trouble.reason == "stalled"


def test_only_http_1_1_is_offered(shown: dict[str, Fixture]) -> None:
    """A server that would rather speak HTTP/2 isn't asked to."""
    good = shown["good"]
    with (
        Server([shows(good.shown, lambda ours: ours.set_alpn_protocols(["h2", "http/1.1"]))]) as server,
        secure(server.open, "localhost", str(good.trusted)).socket as secured,
    ):
        assert secured.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize("fails_at", [False, True])
def test_what_the_way_there_raises_passes_through(shown: dict[str, Fixture], fails_at: bool) -> None:
    """A proxy that must not be told its password again, a port that closed: said by whoever opens the way."""
    with Server([shows(shown["expired"].shown)]) as server:

        def closes(*, second: bool = False) -> socket.socket:
            if second is fails_at:
                raise LookupError("the way is closed")
            return server.open(second=second)

        with pytest.raises(LookupError, match="the way is closed"):
            secure(closes, "localhost", str(shown["expired"].trusted))
        assert all(made.fileno() == -1 for made in server.sockets)


# --- Which CAs are trusted ---


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Set nothing that names CAs or logs keys."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def broken(tmp_path: Path, shown: dict[str, Fixture]) -> Callable[[str], str]:
    """Return the path of a CA file that is wrong in the named way."""
    good = shown["good"].trusted.read_text("ascii")
    words = {
        "empty": "",
        "no-pem": "there is no certificate here\n",
        "key-alone": shown["good"].shown.key.read_text("ascii"),
        "cut-short": good[: len(good) // 2],
        "damaged": good.replace(good[100:120], "A" * 20),
    }

    def path(kind: str) -> str:
        made = tmp_path / kind
        if kind == "folder":
            made.mkdir()
        elif kind != "missing":
            made.write_text(words[kind], encoding="ascii")
        return str(made)

    return path


BROKEN = ["empty", "no-pem", "key-alone", "cut-short", "damaged", "folder", "missing"]


@pytest.mark.parametrize("kind", BROKEN)
def test_a_ca_file_without_certificates_is_told(
    bare: pytest.MonkeyPatch, broken: Callable[[str], str], kind: str
) -> None:
    """Before anything is sent, and with the file's name made safe."""
    bare.setenv("SSL_CERT_FILE", "/nowhere")  # the file that was named wins, also when it is wrong
    with Server([hangs_up]) as server, pytest.raises(ExchangeError) as failure:
        secure(server.open, "localhost", broken(kind))
    assert (failure.value.trouble.reason, server.opened) == ("ca-file-unreadable", [])
    assert kind in failure.value.trouble.detail


@pytest.mark.parametrize("name", ["", "nul\0", "\x1b[2J", "\udcff"])
def test_what_can_be_no_path_is_told(bare: pytest.MonkeyPatch, name: str) -> None:
    """No name of a file crashes it or reaches the screen as it is."""
    del bare
    with pytest.raises(ExchangeError) as failure:
        context(name)
    assert failure.value.trouble.reason == "ca-file-unreadable"
    assert failure.value.trouble.detail.isprintable()


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_ssl_cert_file_is_found_when_it_matters(
    bare: pytest.MonkeyPatch, broken: Callable[[str], str], shown: dict[str, Fixture], kind: str
) -> None:
    """OpenSSL keeps silent on it: who isn't trusted because of it is not called untrustworthy."""
    bare.setenv("SSL_CERT_FILE", broken(kind))
    outcome = tried([shows(shown["good"].shown)], None)
    assert outcome[:2] == ("ca-file-unreadable", [False])
    assert "SSL_CERT_FILE names" in outcome.detail


def test_ssl_cert_file_is_trusted(bare: pytest.MonkeyPatch, shown: dict[str, Fixture], tmp_path: Path) -> None:
    """As everywhere else, and a file that is named on the command line wins over it, in both directions."""
    good, unknown = shown["good"], shown["unknown-ca"]
    serves = [shows(good.shown)]
    bare.setenv("SSL_CERT_FILE", str(together(tmp_path, shown["expired-root"].trusted, good.trusted)))
    assert tried(serves, None).result is Security.VERIFIED
    assert tried(serves, shown["expired-root"].trusted).result == "certificate-unknown-ca"
    refused = tried([shows(unknown.shown)], None)
    assert refused.result == "certificate-unknown-ca"
    assert "no CA that this host trusts" in refused.detail
    bare.setenv("SSL_CERT_FILE", str(shown["expired-root"].trusted))
    assert tried(serves, good.trusted).result is Security.VERIFIED
    assert tried(serves, None).result == "certificate-unknown-ca"


def test_dates_are_ignored_with_the_same_cas(bare: pytest.MonkeyPatch, shown: dict[str, Fixture]) -> None:
    """The second connection trusts whom the first one does, the environment's CAs too."""
    bare.setenv("SSL_CERT_FILE", str(shown["expired"].trusted))
    assert tried([shows(shown["expired"].shown)], None)[:2] == (Security.DATES_IGNORED, [False, True])
    assert tried([shows(shown["expired-and-unknown-ca"].shown)], None)[:2] == ("certificate-unknown-ca", [False])


def test_ssl_cert_dir_that_is_not_there_is_told(
    bare: pytest.MonkeyPatch, shown: dict[str, Fixture], tmp_path: Path
) -> None:
    """Only where none of its folders can be read: it is a list, and one that is missing is usual."""
    bare.setenv("SSL_CERT_FILE", "")
    bare.setenv("SSL_CERT_DIR", f"{tmp_path}/a:{tmp_path}/b")
    outcome = tried([shows(shown["good"].shown)], None)
    assert (outcome.result, "SSL_CERT_DIR names" in outcome.detail) == ("ca-file-unreadable", True)
    (tmp_path / "b").mkdir()
    outcome = tried([shows(shown["good"].shown)], None)
    assert (outcome.result, "no CA certificates" in outcome.detail) == ("certificate-unknown-ca", True)
    (tmp_path / "b" / "README").touch()
    outcome = tried([shows(shown["self-signed"].shown)], None)
    assert outcome.result == "certificate-self-signed"


def test_a_log_of_keys_that_can_not_be_written_is_no_fault_of_the_ca_file(
    bare: pytest.MonkeyPatch, shown: dict[str, Fixture], tmp_path: Path
) -> None:
    """SSLKEYLOGFILE is Python's own; it isn't taken for something else."""
    bare.setenv("SSLKEYLOGFILE", str(tmp_path / "missing" / "keys"))
    for ca_file in (None, shown["good"].trusted):
        outcome = tried([hangs_up], ca_file)
        assert outcome[:2] == ("tls-failed", [])
        assert "can't be set up" in outcome.detail


def test_all_of_a_run_trusts_the_ca_that_is_named(bare: pytest.MonkeyPatch, shown: dict[str, Fixture]) -> None:
    """From the command line's file to the second connection: by that CA alone, not by those of the system."""
    ours, foreign = shown["expired"], shown["expired-and-unknown-ca"]
    bare.setenv("SSL_CERT_FILE", str(shown["expired-root"].trusted))

    def outcome(signed: Signed) -> DateReading | NoReading:
        with HostileServer(over_tls(signed.server_context(), answering(head("Content-Length: 0")))) as server:
            url = f"https://127.0.0.1:{server.port}/"
            part = skewcheck.api(url=url, ca_file=str(ours.trusted), ask_host=False).api
            assert part is not None
            return part.survey.first.outcome

    reading, refused = outcome(ours.shown), outcome(foreign.shown)
    assert isinstance(reading, DateReading)
    assert reading.security is Security.DATES_IGNORED
    assert reading.certificate is not None
    assert about((reading.certificate.not_before_s, reading.certificate.not_after_s), PAST_S)
    assert isinstance(refused, NoReading)
    assert refused.reason == "certificate-unknown-ca"


@pytest.fixture(autouse=True)
def _no_socket_is_left(recwarn: pytest.WarningsRecorder) -> Iterator[None]:
    """Take a socket that nobody closed for what it is."""
    yield
    assert [str(warning.message) for warning in recwarn] == []
