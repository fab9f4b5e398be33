"""Servers as people write them, and the list that is asked when none is named."""

import pytest

from skewcheck.measure.poll import spacing_s
from skewcheck.measure.servers import PUBLIC, Server, parse_server


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("time.example.net", "time.example.net", 123),
        (" time.example.net. ", "time.example.net.", 123),
        ("time.example.net:1123", "time.example.net", 1123),
        ("192.0.2.1", "192.0.2.1", 123),
        ("2001:db8::1", "2001:db8::1", 123),
        ("[2001:db8::1]", "2001:db8::1", 123),
        ("[2001:db8::1]:1123", "2001:db8::1", 1123),
        ("fe80::1%eth0", "fe80::1%eth0", 123),
        ("zeit.bücher.example", "zeit.bücher.example", 123),
    ],
)
def test_every_usual_spelling_is_understood(text: str, host: str, port: int) -> None:
    """Names, addresses of both families, with and without a port."""
    assert parse_server(text) == Server(text.strip(), host, port)


@pytest.mark.parametrize(
    "text",
    ["", " ", ":123", "[2001:db8::1", "[2001:db8::1]123", "host:", "host:0", "host:65536", "host:99999999999",
     "host:000065536", "host:١٢٣", "host:12a", "ntp://host", "user@host", "user:pass:more", "3f2b8c1e%2D9a4d", "a,b",
     '"time.example.net"', "{3f2b8c1e-9a4d-4e57-8b60-1c2d3e4f5a6b}", "a+b", "a!b", "::error::x", "1:2:3",
     "[user:pass]:123", "a..b", "a b", "a\x1b[2J", "x" * 64, ".".join(["x" * 60] * 5)],
)  # fmt: skip
def test_what_is_no_server_is_refused_with_a_sentence(text: str) -> None:
    """Nothing of it may reach a resolver: a pasted token has labels longer than any name's."""
    with pytest.raises(ValueError, match=r"is not a host|has no usable port"):
        parse_server(text)


@pytest.mark.parametrize("text", ["Time.Example.NET", "time.example.net.", " time.example.net:123 "])
def test_one_name_in_two_spellings_is_one_server(text: str) -> None:
    """Else one server could be its own majority."""
    assert parse_server(text).key == parse_server("time.example.net").key
    assert parse_server(text).key != parse_server("time.example.net:124").key


def test_the_public_list_is_five_different_operators_on_the_ntp_port() -> None:
    """Five names of five domains; nobody's pool, whose terms forbid being a default."""
    domains = {server.host.split(".", 1)[1] for server in PUBLIC}
    assert len(domains) == len(PUBLIC) == 5
    assert {server.port for server in PUBLIC} == {123}
    assert not any("pool.ntp.org" in server.host for server in PUBLIC)


def test_nist_is_asked_half_as_often() -> None:
    """NIST's rule is 4 s; everybody else gets 2 s between two requests."""
    assert spacing_s(Server("t", "Time-A.NIST.gov.")) == 4
    assert spacing_s(Server("t", "time.example.net")) == 2
