"""What the headers tell of a `Date`: how old it may be, whether a cache kept it, whose clock it was."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.measure import headers as room
from skewcheck.measure.headers import ASSUMED_S, FRESH_S
from skewcheck.model import Stale, StampedBy

HEADER_TEXT = st.text(st.characters(codec="latin-1"), max_size=40)
NAMES = st.sampled_from(["server", "via", "age", "x-cache", "x-varnish", "cache-status", "location", "x-served-by"])


KNOWN = {
    FRESH_S: (
        "nginx", "nginx/1.22.1 (Debian)", "BaseHTTP/0.6 Python/3.11.2", "SimpleHTTP/0.6 Python/3.11.2",
        "Python/3.11 aiohttp/3.9.5", "Jetty(9.4.50.v20221201)", "gunicorn", "hypercorn-h11",
    ),
    1.1: (
        "gunicorn/asgi", "uvicorn", "Kestrel", "lighttpd/1.4.69", "Cowboy", "akka-http/10.2.9",
        "nginx uvicorn",  # the worst of what is named
    ),
}  # fmt: skip


@pytest.mark.parametrize(("server", "max_s"), [(server, max_s) for max_s, names in KNOWN.items() for server in names])
def test_servers_that_are_known(server: str, max_s: float) -> None:
    """Product, version and comment are told apart; the row is the one of the facts."""
    lag = room.lag({"server": server})
    assert (lag.max_s, lag.known) == (max_s, True)
    assert lag.because


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"server": ""},
        {"server": "Microsoft-IIS/10.0"},
        {"server": "cloudflare"},
        {"server": "AkamaiGHost"},
        {"server": "notnginx"},
        {"server": "Caddy"},  # hands on the Date of what is behind it
        {"server": "Apache/2.4.57 (Debian) OpenSSL/3.0.9"},  # so does this, in its own name if that has none
        {"server": "Apache Tomcat/8.5"},
        {"server": "istio-envoy"},
        {"server": "(nginx)"},
        {"server": "nginx", "via": "1.1 abc.cloudfront.net (CloudFront)"},
        {"server": "nginx", "age": "0"},
        {"server": "nginx", "via": "1.1 proxy (squid/4.10)"},
    ],
)
def test_of_what_is_not_known_the_worst_is_assumed(headers: dict[str, str]) -> None:
    """No name, an unknown one, or a proxy in between: more than a second."""
    lag = room.lag(headers)
    assert (lag.max_s, lag.known) == (ASSUMED_S, False)


@pytest.mark.parametrize(
    ("headers", "max_s"),
    [
        ({"server": "uvicorn", "age": "0"}, ASSUMED_S + 1),
        ({"age": "0"}, ASSUMED_S + 1),
        ({"server": "envoy", "age": "0"}, ASSUMED_S + 1),
        ({"server": "uvicorn", "age": "0", "x-cache": "MISS"}, ASSUMED_S),
        ({"server": "uvicorn", "age": "0", "via": "1.1 varnish", "x-varnish": "32770"}, ASSUMED_S),
    ],
)
def test_what_was_kept_for_less_than_a_second_is_older_by_that(headers: dict[str, str], max_s: float) -> None:
    """An age of 0 is a whole number: a cache that renews its copy each second says that of all it hands out."""
    assert room.lag(headers).max_s == pytest.approx(max_s)


def test_a_proxy_never_makes_a_date_fresher() -> None:
    """The lag of a server behind a proxy is no smaller than without it."""
    for server in ("nginx", "uvicorn", "envoy"):
        behind = room.lag({"server": server, "via": "1.1 p"})
        assert behind.max_s >= room.lag({"server": server}).max_s
        assert not behind.known


@pytest.mark.parametrize(
    "headers",
    [
        {"age": "3"}, {"age": "1"}, {"age": "soon"}, {"age": "-1"}, {"age": "1, 2"}, {"age": "9" * 50},
        {"x-cache": "Hit from cloudfront"}, {"x-cache": "RefreshHit from cloudfront"}, {"x-cache": "MISS, HIT"},
        {"x-cache": "TCP_MEM_HIT from a.example"}, {"cf-cache-status": "HIT"}, {"x-cache-status": "STALE"},
        {"cache-status": "ExampleCache; hit; ttl=30"}, {"via": "1.1 varnish"},
        {"via": "1.1 varnish (Varnish/7.1)", "x-varnish": "5 3", "age": "0"},
    ],
)  # fmt: skip
def test_caches_are_noticed(headers: dict[str, str]) -> None:
    """An age, a hit or Varnish: the Date is that of what is kept."""
    assert room.stale(headers) is Stale.CACHED


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"age": "0"}, {"x-cache": "Miss from cloudfront", "via": "1.1 x (CloudFront)"},
        {"cache-status": "ExampleCache; fwd=miss"}, {"cache-status": "ExampleCache; hit=?0"},
        {"via": "1.1 varnish (Varnish/7.1)", "x-varnish": "32770", "age": "0"},
        {"via": "1.1 varnish", "x-cache": "MISS", "x-served-by": "cache-fra-1"},
    ],
)  # fmt: skip
def test_a_miss_is_no_cache(headers: dict[str, str]) -> None:
    """What was fetched for this request is as old as its server makes it."""
    assert room.stale(headers) is None


@pytest.mark.parametrize(
    ("headers", "whose"),
    [
        ({"server": "nginx/1.22.1"}, StampedBy.EDGE),
        ({"server": "cloudflare"}, StampedBy.EDGE),
        ({"via": "1.1 varnish", "x-served-by": "cache-fra-1"}, StampedBy.EDGE),
        ({"server": "nginx", "via": "1.1 x (CloudFront)"}, StampedBy.EDGE),
        ({"via": "1.1 x (CloudFront)"}, StampedBy.ORIGIN),
        ({"server": "Apache/2.4.57"}, StampedBy.ORIGIN),
        ({"server": "uvicorn"}, StampedBy.ORIGIN),
        ({"via": "1.1 haproxy"}, StampedBy.ORIGIN),
        ({"server": "envoy"}, StampedBy.UNKNOWN),
        ({"server": "something"}, StampedBy.UNKNOWN),
        ({}, StampedBy.UNKNOWN),
    ],
)
def test_whose_clock_it_was(headers: dict[str, str], whose: StampedBy) -> None:
    """Who writes its own Date is the edge; who hands it on is not."""
    assert room.stamped_by(headers) is whose


def test_what_is_shown_is_safe() -> None:
    """Nothing a server sends reaches the screen as a control character, and no credential or query does."""
    served = room.served(
        302,
        {
            "server": "ng\x1b[31minx",
            "via": "1.1 \u202eevil",
            "x-cache": "Miss",
            "age": "7",
            "inin-correlation-id": "old",
            "genesys-correlation-id": "id\r",
            "location": "https://user:secret@other.example/login?token=secret#secret",
        },
    )
    assert served.server == "ng\\u001b[31minx"
    assert served.via == "1.1 \\u202eevil"
    assert (served.status, served.x_cache, served.age_s) == (302, "Miss", 7.0)
    assert served.correlation_id == "id\\u000d"
    assert served.location == "https://other.example/login"
    older = room.served(401, {"inin-correlation-id": "abc", "location": "/x"})
    assert (older.correlation_id, older.location) == ("abc", None)


@given(st.dictionaries(NAMES, HEADER_TEXT), st.integers(100, 599))
def test_no_header_breaks_it(headers: dict[str, str], status: int) -> None:
    """Whatever the headers say, there is an answer, and all of it can be shown."""
    lag = room.lag(headers)
    assert FRESH_S <= lag.max_s < math.inf
    room.stale(headers)
    room.stamped_by(headers)
    shown = room.served(status, headers)
    assert all(text.isprintable() for text in shown if isinstance(text, str))
