"""The proxy that the environment names for a URL, as curl and most programs understand it.

HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in small letters as well; on macOS and Windows else the system's own
settings. A proxy's URL may hold a password: nothing of it but host and port is ever shown.
"""

import binascii
import os
import sys
from typing import NamedTuple

from skewcheck.measure.http_date import Trouble
from skewcheck.measure.servers import could_be_a_host
from skewcheck.measure.tcp import ExchangeError
from skewcheck.secret_shapes import names_no_host

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
    if not _may_be_set():
        return None
    from urllib.request import getproxies

    proxies = getproxies()
    url = proxies.get(scheme) or proxies.get("all")
    if not url or _bypassed(host, port):
        return None
    return _parse(url)


def refusal(status: int, proxy: Proxy) -> Trouble:
    """Return what it means that *proxy* answered with *status* in place of the server."""
    if status != 407:
        return Trouble("proxy-refused", f"the proxy does not let it through: HTTP status {status}", rejected=True)
    what = "does not accept the name and password of its URL" if proxy.authorization else "wants a name and a password"
    return Trouble("proxy-auth", f"the proxy {what}", rejected=True)


def proxy_auth_withheld() -> Trouble:
    """Return that credentials were not sent again while the dates of the certificate were not checked."""
    detail = "the proxy's password is not sent again for a connection on which certificate dates are not checked"
    return Trouble("proxy-auth-withheld", detail)


def _may_be_set() -> bool:
    """Tell whether there can be a proxy at all; where not, urllib need not be loaded."""
    if os.name != "posix" or sys.platform == "darwin":
        return True
    return any(name.lower().endswith("_proxy") for name in os.environ)


def _bypassed(host: str, port: int) -> bool:
    """Tell whether NO_PROXY, or the system's list, has *host*, with its port or without."""
    from urllib.request import proxy_bypass

    written = f"[{host}]" if ":" in host else host
    return any(proxy_bypass(spelling) for spelling in dict.fromkeys((f"{written}:{port}", host)))


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
        raise ExchangeError(Trouble("proxy-scheme", detail))
    if not could_be_a_host(host) or names_no_host(parts.netloc.rpartition("@")[2]) or "@" in parts.path:
        raise ExchangeError(_UNUSABLE)  # a password with a slash in it ends what is taken for the host
    if parts.username is None:
        return Proxy(host, port)
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return Proxy(host, port, "Basic " + binascii.b2a_base64(credentials, newline=False).decode())


_UNUSABLE = Trouble("proxy-unusable", "the proxy that the environment names can't be read as http://host:port")
