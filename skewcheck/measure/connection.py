"""Opens a connection to a name under a deadline: looked up aside, its addresses tried one after another, then TLS.

And tells of the proxy that it leads to, where the environment names one.
"""

import binascii
import contextlib
import errno
import os
import queue
import selectors
import socket
import ssl
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from skewcheck import foreign
from skewcheck.errors import HostError
from skewcheck.measure.addresses import (
    NEXT_ADDRESS_S,
    NO_THREAD,
    Address,
    Resolver,
    Trouble,
    aside,
    network_trouble,
    order_of_telling,
    resolved,
    written_out,
)
from skewcheck.measure.servers import could_be_a_host
from skewcheck.model import Certificate, Family, Security
from skewcheck.secret_shapes import names_no_host

CLOSED_EARLY, NOT_HTTP, STALLED = "closed-early", "not-http", "stalled"

_TCP = {
    errno.ECONNREFUSED: Trouble("connection-refused", "nothing listens on that TCP port there"),
    errno.ETIMEDOUT: Trouble("connect-timeout", "no answer from there"),
    errno.ECONNRESET: Trouble(CLOSED_EARLY, "the connection was reset as soon as it was opened"),
}
_IN_PROGRESS = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN)


class ExchangeError(Exception):
    """There is no reply to be had; `trouble` says why, and is safe to show."""

    def __init__(self, trouble: Trouble) -> None:
        """Keep the reason."""
        super().__init__(trouble.reason)
        self.trouble = trouble


def find(host: str, port: int, family: Family, left_s: Callable[[], float], resolver: Resolver) -> Sequence[Address]:
    """Return the addresses of *host*; raises ExchangeError, at the latest when *left_s* is 0.

    A resolver has no deadline of its own, so it runs in a daemon thread, and is left behind when time is up.
    """
    if numeric := written_out(host, port, family):
        return numeric
    try:
        found = aside(lambda: resolved(resolver, host, port, family))(max(0.0, left_s()))
    except HostError as error:
        raise ExchangeError(NO_THREAD) from error
    except queue.Empty:
        raise ExchangeError(Trouble("dns-timeout", "the name was not resolved until the deadline")) from None
    if isinstance(found, Trouble):
        raise ExchangeError(found)
    return found


def connect(addresses: Sequence[Address], left_s: Callable[[], float]) -> tuple[socket.socket, Address]:
    """Connect to the first of *addresses* that accepts, and tell which; the first of each family before the others.

    Each gets a moment's lead over the next one. Raises ExchangeError, at the latest when *left_s* is 0.
    """
    first: dict[socket.AddressFamily, Address] = {}
    for address in addresses:
        first.setdefault(address.family, address)
    try:
        race = _Race(list(dict.fromkeys([*first.values(), *addresses])))
    except OSError as error:  # a selector is a file, too, and this process may have no room for one
        raise ExchangeError(network_trouble(error)) from error
    with contextlib.closing(race):
        return race.run(left_s)


class _Race:
    """Connections being opened, of which one is wanted."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._waiting = deque(addresses)
        self._selector = selectors.DefaultSelector()
        self._open: dict[socket.socket, Address] = {}
        self._troubles: list[Trouble] = []

    def close(self) -> None:
        """Close what has not won."""
        self._selector.close()
        for opened in self._open:
            opened.close()

    def run(self, left_s: Callable[[], float]) -> tuple[socket.socket, Address]:
        """Return the winner."""
        next_at_s = 0.0
        while True:
            now_s = time.monotonic()
            if left_s() <= 0:
                raise ExchangeError(Trouble("connect-timeout", "no connection until the deadline"))
            if self._waiting and (not self._open or now_s >= next_at_s):
                next_at_s = now_s + NEXT_ADDRESS_S
                self._start(self._waiting.popleft())
            elif not self._open:
                raise ExchangeError(min(self._troubles, key=order_of_telling))
            wait_s = min(left_s(), max(0.0, next_at_s - time.monotonic())) if self._waiting else left_s()
            for key, _ in self._selector.select(max(0.0, wait_s)) if self._open else ():
                opened = key.fileobj
                if isinstance(opened, socket.socket) and self._has_won(opened):
                    return opened, self._open.pop(opened)

    def _start(self, address: Address) -> None:
        try:
            opened = socket.socket(address.family, socket.SOCK_STREAM)
        except OSError as error:
            self._troubles.append(_trouble(error))
            return
        self._open[opened] = address
        opened.settimeout(0)
        self._selector.register(opened, selectors.EVENT_WRITE)
        # A request is one small write, and is to leave at once.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = opened.connect_ex(address.at)
        if number and number not in _IN_PROGRESS:
            self._give_up(opened, number)

    def _has_won(self, opened: socket.socket) -> bool:
        number = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            self._give_up(opened, number)
            return False
        self._selector.unregister(opened)
        return True

    def _give_up(self, opened: socket.socket, number: int) -> None:
        self._troubles.append(_trouble(OSError(number, "")))
        self._selector.unregister(opened)
        del self._open[opened]
        opened.close()


def _trouble(error: OSError) -> Trouble:
    return _TCP.get(error.errno or 0) or network_trouble(error)


# --- The proxy that the environment names for a URL, as curl and most programs understand it ---
#
# HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in small letters as well; on macOS and Windows else the system's own
# settings. A proxy's URL may hold a password: nothing of it but host and port is ever shown.

_DEFAULT_PORT = 80
_KNOWN_SCHEMES = ("https", "socks", "socks4", "socks4a", "socks5", "socks5h")
"""Shown where one is asked for; what else stands before `://` may be anything, a secret included."""


class Proxy(NamedTuple):
    """A proxy that speaks plain HTTP with us."""

    host: str
    port: int
    authorization: str | None = None
    """Value of the header Proxy-Authorization; None where the URL has no credentials."""

    def __repr__(self) -> str:
        """Leave the credentials out."""
        return f"Proxy(host={self.host!r}, port={self.port!r})"


def proxy_for(scheme: str, host: str, port: int) -> Proxy | None:
    """Return the proxy to use for *host*, None for none. Raises ExchangeError where it is one that can't be used."""
    if os.name == "posix" and sys.platform != "darwin" and not any(n.lower().endswith("_proxy") for n in os.environ):
        return None  # there can be none, so urllib need not be loaded
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    url = proxies.get(scheme) or proxies.get("all")
    written = f"[{host}]" if ":" in host else host
    # NO_PROXY, or the system's list, may have it with its port or without
    if not url or any(map(proxy_bypass, (f"{written}:{port}", host))):
        return None
    return _parse(url)


def refusal(status: int, proxy: Proxy) -> Trouble:
    """Return what it means that *proxy* answered with *status* in place of the server."""
    if status != 407:
        return Trouble("proxy-refused", f"the proxy does not let it through: HTTP status {status}", rejected=True)
    what = "does not accept the name and password of its URL" if proxy.authorization else "wants a name and a password"
    return Trouble("proxy-auth", f"the proxy {what}", rejected=True)


def _parse(url: str) -> Proxy:
    """Return the proxy of *url*; `host:port` alone is an http proxy."""
    from urllib.parse import unquote, urlsplit

    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname or "", parts.port or _DEFAULT_PORT
    except ValueError:
        raise ExchangeError(_UNUSABLE) from None  # its message quotes the URL
    scheme = parts.scheme.lower()
    if scheme != "http":
        kind = f"an {scheme} proxy" if scheme in _KNOWN_SCHEMES else "a proxy of an unknown kind"
        detail = f"the environment names {kind}; only http:// proxies can be used"
        raise ExchangeError(Trouble("proxy-scheme" if scheme in _KNOWN_SCHEMES else "proxy-unusable", detail))
    if not could_be_a_host(host) or names_no_host(parts.netloc.rpartition("@")[2]) or "@" in parts.path:
        raise ExchangeError(_UNUSABLE)  # a password with a slash in it ends what is taken for the host
    if parts.username is None:
        return Proxy(host, port)
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return Proxy(host, port, "Basic " + binascii.b2a_base64(credentials, newline=False).decode())


_UNUSABLE = Trouble("proxy-unusable", "the proxy that the environment names can't be read as http://host:port")


# --- TLS with a local clock that may be wrong: who measures a clock can't reject a certificate by that same clock ---
#
# First the connection is made as everybody makes it. Only where OpenSSL then says that a certificate is not valid yet,
# or no longer, a second connection leaves the dates out of the check. The chain, its signatures, the host's name and
# the strength of the keys count there as before, and what comes of it is marked: `Security.DATES_IGNORED`. Whether the
# certificate or the local clock is to blame is then for the `Date` to say, held against the certificate's own dates.
#
# Nothing here checks any less than that, and no option makes it.

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which Python has no name for."""
_OUT_OF_DATE = {9, 10}
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED: of any certificate in the chain. OpenSSL looks for
the issuer, at key strength and at the host's name before it looks at dates, so those were right; the signatures
that it had not come to are checked by the second attempt."""


class Opener(Protocol):
    """Makes the connection that TLS is spoken over: TCP, and the tunnel of a proxy where there is one."""

    def __call__(self, *, second: bool = False) -> socket.socket:
        """Return a new socket, whose timeout is that of the handshake.

        *second*: certificate dates won't be checked on this one, so nothing secret may go out for it.
        """
        ...


class Secured(NamedTuple):
    """A connection whose other end proved its name."""

    socket: ssl.SSLSocket
    security: Security
    """`VERIFIED` or `DATES_IGNORED`."""
    certificate: Certificate
    """What the leaf says of its own dates. Where they were ignored and the local time lies within these, a certificate
    above the leaf is the one that is out of date."""


def context(ca_file: str | None) -> ssl.SSLContext:
    """Return what to check servers with: by *ca_file* alone, else by SSL_CERT_FILE, SSL_CERT_DIR or the system's CAs.

    Raises ExchangeError where *ca_file* can't be used. It takes 25 ms with the CAs of a whole system: worth keeping.
    """
    if ca_file == "":  # Python would take that for none, and trust all that the system trusts
        raise _refused("ca-file-unreadable", "the CA file has no name")
    try:
        made = ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:
        if ca_file is None or getattr(error, "filename", None):  # that of SSLKEYLOGFILE, the one that is told
            raise _refused("tls-failed", f"TLS can't be set up on this host: {_said(error)}") from None
        raise _refused("ca-file-unreadable", f"the CA file {foreign.text(ca_file)} {_unusable(error)}") from None
    if ca_file is not None and not made.cert_store_stats()["x509"]:
        raise _refused("ca-file-unreadable", f"the CA file {foreign.text(ca_file)} holds no certificate")
    made.set_alpn_protocols(["http/1.1"])
    return made


def secure(open_socket: Opener, host: str, ca_file: str | None, *, usual: ssl.SSLContext | None = None) -> Secured:
    """Return a TLS connection to *host*; *usual* is `context(ca_file)`, where the caller has kept it.

    Raises ExchangeError, and whatever *open_socket* raises.
    """
    checking, name = usual or context(ca_file), _name(host)
    try:
        return _shaken(open_socket(), name, checking, Security.VERIFIED)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code not in _OUT_OF_DATE:
            raise _distrust(error, host, ca_file) from None
    undated = context(ca_file)  # of its own: what is kept for the next connection stays as strict as it is
    undated.verify_flags |= _NO_CHECK_TIME
    try:
        return _shaken(open_socket(second=True), name, undated, Security.DATES_IGNORED)
    except ssl.SSLCertVerificationError as error:
        raise _distrust(error, host, ca_file) from None


def _name(host: str) -> str:
    """Return *host* as certificates have it: ASCII, without the dot of the root."""
    try:
        name = host.removesuffix(".").encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if not name or name.startswith(".") or not name.isprintable():
        raise _refused("tls-failed", f"no certificate can be one of {foreign.text(host) or 'an empty name'}")
    return name


def _shaken(opened: socket.socket, name: str, checking: ssl.SSLContext, security: Security) -> Secured:
    """Shake hands; raises SSLCertVerificationError where the certificate is not trusted, ExchangeError for all else."""
    try:
        secured = checking.wrap_socket(opened, server_hostname=name)
    except BaseException as error:
        opened.close()
        if isinstance(error, ssl.SSLCertVerificationError) or not isinstance(error, OSError | ValueError):
            raise
        raise _unshaken(error) from None
    try:
        return Secured(secured, security, _dates(secured))
    except (ExchangeError, OSError):
        secured.close()
        raise


def _dates(secured: ssl.SSLSocket) -> Certificate:
    """Return the dates of the leaf. Without them nobody could tell whose fault it is that they don't hold."""
    leaf = secured.getpeercert() or {}
    try:
        begins, ends = (ssl.cert_time_to_seconds(str(leaf[name])) for name in ("notBefore", "notAfter"))
    except (KeyError, ValueError):
        raise _refused("tls-failed", "its certificate has dates that can't be read") from None
    return Certificate(float(begins), float(ends))


def _refused(reason: str, detail: str) -> ExchangeError:
    """Return that there is no connection to trust."""
    return ExchangeError(Trouble(reason, detail, rejected=reason not in (STALLED, "ca-file-unreadable")))


# --- Why a certificate is not trusted: codes of OpenSSL's x509_vfy.h ---

_SELF_SIGNED = 18
_UNKNOWN_CA = {2, 19, 20, 21}
_WRONG_NAME = {62, 64}
_BAD_SIGNATURE = {4, 6, 7}
_WEAK = {66, 67, 68}
_NO_CA = {24, 79}
"""The second is that of OpenSSL 3, the first that of 1.1.1."""
_STRICT = range(78, 95)
"""What X509_V_FLAG_X509_STRICT alone objects to, but for 79."""
_LACKS = {
    85: "authorityKeyIdentifier=keyid in the certificates that it signs",
    86: "subjectKeyIdentifier=hash",
    89: "basicConstraints=critical,CA:TRUE",
    92: "keyUsage=critical,keyCertSign,cRLSign",
}


def _distrust(error: ssl.SSLCertVerificationError, host: str, ca_file: str | None) -> ExchangeError:
    code, said = error.verify_code, foreign.text(str(error.verify_message).rstrip("."))
    if code in _WRONG_NAME:
        return _refused("certificate-wrong-name", f"its certificate is not for {foreign.text(host)}")
    if code == _SELF_SIGNED or code in _UNKNOWN_CA:
        return _unknown_ca(code, said, ca_file)
    if code in _BAD_SIGNATURE:
        return _refused("certificate-bad-signature", f"its certificate was altered or forged ({said})")
    if code in _WEAK:
        return _refused("certificate-weak", f"its certificate has a key or a signature too weak to trust ({said})")
    if code in _NO_CA:
        return _refused(
            "ca-not-rfc5280",
            "its certificate is signed by one that is not a CA's: a CA needs basicConstraints=critical,CA:TRUE",
        )
    if code in _STRICT:
        needs = _LACKS.get(code, "what RFC 5280 asks for")
        return _refused(
            "ca-not-rfc5280",
            f"Python 3.13 and newer refuse a CA that does not keep to RFC 5280 ({said}):"
            f" its certificates must be issued anew, with {needs}",
        )
    return _refused("tls-failed", f"its certificate is not trusted: {said}")


def _unknown_ca(code: int, said: str, ca_file: str | None) -> ExchangeError:
    """Return why no known CA vouches for the server: it may be this host that doesn't find its CAs."""
    if ca_file is None:
        unread = _unread_environment()
        if unread:
            return _refused("ca-file-unreadable", unread)
        if _no_ca_here():
            missing = "this host has no CA certificates: install ca-certificates, or name a file with --ca-file"
            return _refused("certificate-unknown-ca", missing)
    if code == _SELF_SIGNED:
        return _refused("certificate-self-signed", "its certificate is signed by itself: nobody vouches for it")
    trusted = "this host trusts" if ca_file is None else f"{foreign.text(ca_file)} holds"
    because = "a CA of your own, a proxy that opens TLS on the way, or a server that leaves out what lies between"
    return _refused("certificate-unknown-ca", f"its certificate leads to no CA that {trusted} ({said}): {because}")


def _unread_environment() -> str | None:
    """Return what is wrong with SSL_CERT_FILE or SSL_CERT_DIR; None where nothing is. OpenSSL keeps silent on it."""
    file, folders = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file:
        trouble = _trouble_with(file)
        if trouble:
            return f"SSL_CERT_FILE names {foreign.text(file)}, which {trouble}"
    if folders and not any(os.access(folder, os.R_OK | os.X_OK) for folder in folders.split(os.pathsep)):
        return f"SSL_CERT_DIR names {foreign.text(folders)}, which can't be read"
    return None


def _trouble_with(file: str) -> str | None:
    """Return why *file* holds no certificates that can be used; None where it does."""
    probe = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        probe.load_verify_locations(cafile=file)
    except (OSError, ValueError) as error:
        return _unusable(error)
    return None if probe.cert_store_stats()["x509"] else "holds no certificate"


def _unusable(error: OSError | ValueError) -> str:
    """Return what *error* says of a file of certificates."""
    if isinstance(error, ssl.SSLError):
        return "holds no certificates in PEM form, or a damaged one"
    return f"can't be read: {_said(error)}"


def _no_ca_here() -> bool:
    """Tell whether OpenSSL finds no CA at all where it looks."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile and not _trouble_with(paths.cafile):
        return False
    folders = os.environ.get(paths.openssl_capath_env, paths.openssl_capath).split(os.pathsep)
    return not any(True for folder in folders if folder and Path(folder).is_dir() for _ in Path(folder).iterdir())


# --- Why there was no handshake ---

_NOT_TLS = "what answers there does not speak TLS: a port for plain http, or for something else"
_TOO_OLD = "it speaks no version of TLS that this host accepts: they must share 1.2 or newer"
_SHUT = "it closed the connection during the TLS handshake"
_OWN_CERTIFICATE = "it wants a certificate of the client, which skewcheck has not"
_MEANS = {
    "WRONG_VERSION_NUMBER": _NOT_TLS,
    "HTTP_REQUEST": _NOT_TLS,
    "PACKET_LENGTH_TOO_LONG": _NOT_TLS,
    "RECORD_LAYER_FAILURE": _NOT_TLS,
    "UNKNOWN_PROTOCOL": _NOT_TLS,
    "UNSUPPORTED_PROTOCOL": _TOO_OLD,
    "TLSV1_ALERT_PROTOCOL_VERSION": _TOO_OLD,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "it refused the TLS handshake: no cipher in common, or no client certificate",
    "TLSV1_UNRECOGNIZED_NAME": "it has no certificate for that name",
    "TLSV1_ALERT_NO_APPLICATION_PROTOCOL": "it does not speak HTTP/1.1",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _OWN_CERTIFICATE,
    "SSLV3_ALERT_BAD_CERTIFICATE": _OWN_CERTIFICATE,
    "DH_KEY_TOO_SMALL": "it exchanges keys that are too weak to trust",
    "UNEXPECTED_EOF_WHILE_READING": _SHUT,
}
"""By OpenSSL's names; Python knows most of them; the rest is made of what OpenSSL says in words."""


def _unshaken(error: OSError | ValueError) -> ExchangeError:
    """Return what it means that there was no handshake at all, whatever the certificate."""
    if isinstance(error, TimeoutError):
        return _refused(STALLED, "it took the connection, but not the TLS handshake, before time was up")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionError):
        return _refused("tls-failed", _SHUT)
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error).rpartition("] ")[2].partition(" (_ssl")[0].upper().replace(" ", "_")
        return _refused("tls-failed", _MEANS.get(reason) or f"the TLS handshake failed: {foreign.text(reason)}")
    return _refused("tls-failed", f"the TLS handshake failed: {_said(error)}")


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)
    return foreign.text(str(error))
