"""Tokens and names of hosts are told apart: the one is sent nowhere and not repeated, the other is not refused."""

from functools import partial

import pytest
from bench.patience import hold_linear, repeated
from bench.secrets import KNOWN, RANDOM, SHORT, made
from hypothesis import given, settings
from hypothesis import strategies as st

from skewcheck import foreign
from skewcheck.measure.dates import parse_url
from skewcheck.measure.servers import parse_server
from skewcheck.secret_shapes import KNOWN as TABLE
from skewcheck.secret_shapes import is_in_path, names_no_host, owner, without_known, without_random

SEEDS = st.integers(0, 10**6)
FEW = settings(max_examples=min(20, settings().max_examples))
"""Of each kind."""
HOSTS = (
    # time servers, pools and what clouds offer
    "time.cloudflare.com", "ptbtime1.ptb.de", "0.pool.ntp.org", "2.debian.pool.ntp.org", "time-a-g.nist.gov",
    "ntp1.hetzner.de", "ntp-p1.obspm.fr", "metadata.google.internal", "time.aws.com", "169.254.169.123", "127.0.0.1",
    "localhost", "fd00:ec2::123", "[2001:db8:85a3:8d3:1319:8a2e:370:7348]", "2001:DB8:85A3:8D3:1319:8A2E:370:7348",
    "fe80::1%eth0", "ntp", "gw", "router", "tock", "time1", "a.ntp.br", "bücher.example", "xn--bcher-kva.example",
    # clouds
    "ip-10-0-0-1.ec2.internal", "ip-10-0-12-34.eu-west-1.compute.internal", "ip-10-0-12-34",
    "i-0123456789abcdef0.us-west-2.compute.internal", "ec2-203-0-113-25.compute-1.amazonaws.com",
    "my-balancer-1234567890abcdef.elb.eu-west-1.amazonaws.com",
    "internal-a4c3b2d1e0f9a8b7c6d5e4f3a2b1c0d9-1234567890.eu-west-1.elb.amazonaws.com",
    "a4c3b2d1e0f9a8b7c6d5e4f3a2b1c0d9.elb.us-east-1.amazonaws.com",
    "d41d8cd98f00b204e9800998ecf8427e.gr7.eu-west-1.eks.amazonaws.com",
    "9B1B2B3C4D5E6F7A8B9C0D1E2F3A4B5C.gr7.us-west-2.eks.amazonaws.com",
    "vpc-search-a1b2c3d4e5f6g7h8i9j0k1l2m3.eu-west-1.es.amazonaws.com",
    "abc123def4.execute-api.eu-west-1.amazonaws.com", "d111111abcdef8.cloudfront.net",
    "gke-cluster-1-default-pool-0a1b2c3d-x9zq", "instance-1.europe-west1-b.c.my-project-123456.internal",
    "service-abcdefghij-ew.a.run.app", "aks-nodepool1-12345678-vmss000000",
    "my-aks-dns-1a2b3c4d.hcp.westeurope.azmk8s.io", "0a1b2c3d4e5f.privatelink.westeurope.azmk8s.io",
    "myvm.aaaaaaaaaaaaaaaaaaaaaaaaaa.ax.internal.cloudapp.net", "3f2b8c1e-9a4d-4e57-8b60-1c2d3e4f5a6b.local",
    "3f2b8c1e-9a4d-4e57-8b60-1c2d3e4f5a6b.databases.appdomain.cloud", "c-0a1b2c3d4e5f6a7b.project.workers.dev",
    # Kubernetes, Docker, lists of hosts
    "web-7d4b9c6f8d-x2x4z", "web-7d4b9c6f8d-x2x4z.web.default.svc.cluster.local", "kube-dns.kube-system.svc",
    "10-244-1-7.default.pod.cluster.local", "a1b2c3d4e5f6", "a1b2c3d4e5f6.mgmt.example", "f3a9c0d1b2e4",
    "ntp-server-eu-central-1-prod-01", "the-longest-host-name-of-them-all", "rack12-u07-b3-c4-switch-a",
    "srv-0123456789", "node001.hpc.example.edu", "cn-0123.cluster", "host_with_underscore", "_ntp._udp.example.net",
    "sk-fra-01.example.net", "sk-bratislava-01", "asia-east1-a.example", "hvs.example.com", "sg.example.com",
    "eyjafjalla", "eyjafjallajokull.example.is", "v4.public.example.net", "hf-relay", "npm.example.com",
    "ya29.example.com",
    # people's machines, and capital letters
    "Johns-MacBook-Pro-2019", "Johns-MacBook-Pro-2019.local", "DESKTOP-AB12CD3", "WIN-3F2B8C1E9A4", "EC2AMAZ-A1B2C3D",
    "NTPServer01Prod", "DC01-Frankfurt-A3", "gke-Cluster1-Pool2-9f8e", "Node-Rack12-U07-B3-C4", "Time.Example.NET",
    "ZRH-DC2-NTP-01", "token", "secret-service", "password-reset", "my-token", "api-key-01", "session", "basic",
)  # fmt: skip
"""Names as hosts have them."""


@pytest.mark.parametrize("before", ["", "key-", "my-token-", "a.", "{"])
@pytest.mark.parametrize("number", ["0b80316f688d3e481a65c2011bef2c32", "12345678-9abc-def0-1234-56789abcdef0"])
def test_a_number_behind_a_dash_is_no_host_either(before: str, number: str) -> None:
    """Issuers write a word before it: hex or a UUID is known anywhere in a label, without a domain behind it."""
    assert names_no_host(before + number)
    assert not names_no_host(f"{before}{number}.example.net")


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_s_name_is_asked(host: str) -> None:
    """Whatever looks a little like a token: as a server and in a URL, with a port, a dot, in small letters."""
    bare = host.strip("[]")
    said = [f"[{bare}]:123"] if ":" in host else [f"{host}:123", f"{host}."]
    for written in (host, host.lower(), *said):
        assert not names_no_host(written)
        assert parse_server(written).host
    if "_" not in host and "%" not in host and not host.startswith("xn--"):
        netloc = f"[{bare}]" if ":" in host else host
        assert parse_url(f"https://{netloc}/health").url
        assert parse_url(f"http://{netloc}:8080/").url
        assert not foreign.names_no_url(f"http://{netloc}:8080/health")


@pytest.mark.parametrize("kind", [*KNOWN, *RANDOM])
@FEW
@given(seed=SEEDS)
def test_a_token_is_no_host(kind: str, seed: int) -> None:
    """Of every kind that is known, and what looks random: no resolver is asked for it, and no error repeats it."""
    secret = made(kind, seed)
    assert names_no_host(secret)
    assert names_no_host(f"[{secret}]")
    for parse, text in ((parse_server, secret), (parse_url, f"https://{secret}/"), (parse_url, f"https://{secret}")):
        with pytest.raises(ValueError, match="looks like a token") as caught:
            parse(text)
        assert secret not in str(caught.value)


@pytest.mark.parametrize("kind", ["uuid", "hex-32", "hex-40", "slack"])
@FEW
@given(seed=SEEDS, said=st.sampled_from(["{}:123", "{}.", "{}.:123", "{}.example.net", "{}.gr7.eu-west-1.eks.example"]))
def test_a_port_a_final_dot_or_a_domain_says_that_it_is_a_host(kind: str, seed: int, said: str) -> None:
    """Small letters and digits can be anybody's name: whoever means a host can say so."""
    secret = made(kind, seed)
    assert not names_no_host(said.format(secret))
    if len(secret) <= 63:
        assert parse_server(said.format(secret)).host.startswith(secret)


@pytest.mark.parametrize("kind", ["uuid", "hex-32", "hex-40"])
@FEW
@given(seed=SEEDS)
def test_in_capitals_too(kind: str, seed: int) -> None:
    """Windows and EKS write them so."""
    secret = made(kind, seed).upper()
    assert names_no_host(secret)
    assert not names_no_host(f"{secret}:123")


@pytest.mark.parametrize(
    "kind", ["github", "google", "vault", "aws", "openai", "sendgrid", "jwt", "base64url", "base62"]
)
@FEW
@given(seed=SEEDS, said=st.sampled_from(["{}:123", "{}.", " {} ", "https://{}:443/"]))
def test_capital_letters_and_digits_are_no_host_whatever_stands_behind_them(kind: str, seed: int, said: str) -> None:
    """Names have no case, tokens have: these are refused as they were before."""
    text = said.format(made(kind, seed))
    assert foreign.names_no_url(text)
    if "/" not in text:
        assert names_no_host(text)


@pytest.mark.parametrize("kind", KNOWN)
@FEW
@given(seed=SEEDS, around=st.sampled_from(["{}", "a {} b", "({})", "x={}", "'{}'", "/{}/", "{},", "_{}", "token-{}"]))
def test_a_known_token_is_taken_out_of_any_text(kind: str, seed: int, around: str) -> None:
    """Wherever it stands, as a whole."""
    secret = made(kind, seed)
    shown = without_known(around.format(secret), "*")
    assert secret not in shown
    assert shown.startswith(around.partition("{}")[0])


@pytest.mark.parametrize("kind", [*KNOWN, "base64url", "base62", "hex-40", "uuid"])
@FEW
@given(seed=SEEDS)
def test_an_error_repeats_none(kind: str, seed: int) -> None:
    """What goes to stderr or into a quoted argument has nothing of it."""
    secret = made(kind, seed)
    for shown in (
        foreign.redacted(f"there is no '{secret}' here"),
        foreign.quoted(secret),
        foreign.quoted(f"-w {secret}"),
    ):
        assert secret not in shown
        assert secret[-10:] not in shown


@pytest.mark.parametrize("host", HOSTS)
def test_an_error_repeats_a_host_s_name(host: str) -> None:
    """Who mistypes one wants to see what was typed; a host whose whole name is a UUID aside."""
    assert foreign.redacted(f"'{host}' has no usable port") == f"'{host}' has no usable port"


@pytest.mark.parametrize(
    "path",
    [
        "v1/tenants/3f2b8c1e-9a4d-4e57-8b60-1c2d3e4f5a6b/health", "a/d41d8cd98f00b204e9800998ecf8427e", "api/v2/date",
        "prod-eu-west-1/ping", "Some-Words/and-More-Words-2024", "index.html",
    ],
)  # fmt: skip
def test_an_id_in_a_path_is_no_token(path: str) -> None:
    """Gateways tell tenants apart by it."""
    assert not is_in_path(path)
    assert parse_url(f"https://gateway.example.net/{path}").url.endswith(path)


@pytest.mark.parametrize("kind", [*KNOWN, "base64url", "base62"])
@FEW
@given(seed=SEEDS)
def test_a_token_in_a_path_is_refused(kind: str, seed: int) -> None:
    """A path is sent and shown; also where it is percent-encoded, as a whole or one character of it."""
    secret = made(kind, seed)
    for path in (secret, f"a/{secret}/b", f"a/%{ord(secret[0]):02x}{secret[1:]}", f"a;jsessionid={secret}"):
        with pytest.raises(ValueError, match="looks like a token") as caught:
            parse_url(f"https://gateway.example.net/{path}")
        assert secret not in str(caught.value)


def test_of_short_ones_few_are_taken_for_words() -> None:
    """Of 22 characters, 128 bits in base64url, at most 3 in 1,000: what tells them is chance, and no mark."""
    secrets = [made(SHORT, seed) for seed in range(2000)]
    missed = [secret for secret in secrets if not names_no_host(secret) or foreign.redacted(secret) == secret]
    assert len(missed) <= 6


def test_whose_a_token_is() -> None:
    """By its begin and what follows; a begin alone tells nothing, nor does one that several issuers share."""
    assert [owner(made(kind)) for kind in ("github-oauth", "gitlab", "slack", "google", "paseto", "openai", "jwt")] == [
        "GitHub's", "GitLab's", "Slack's", "Google's", "a PASETO", None, None,
    ]  # fmt: skip
    assert [owner(begin) for shape in TABLE for begin in shape.begins] == [None] * sum(len(row.begins) for row in TABLE)


UNITS = (
    "a", "a ", "a-", "-token", "token", "token=", "token:\t", "password ", "Bearer ", "eyJ", "eyJ.", "ewo", "ghp_",
    "glpat-", "xoxb-", "SG.", "SG.a", "SG.aaaaaaaaaa", "sk-", "hvs.", "1//0", "v4.public.", "AKIA", "A1b2", "-A1", "0",
    "f", ".", "/", "~", "=", "_", "-", ":1", "3f2b8c1e-", "xn--", "@", "%25", "\u2026", "\ud800",
)  # fmt: skip
LOOKS = (
    partial(without_known, mark=""), partial(without_random, mark=""), names_no_host, is_in_path, owner,
    foreign.redacted, foreign.quoted, foreign.names_no_url,
)  # fmt: skip
"""All that look for secrets."""


@pytest.mark.parametrize("unit", UNITS)
def test_no_text_costs_more_than_its_length(unit: str) -> None:
    """An argument may have 128 KiB. One of `a-a-a-…` took minutes, and now some hundredths of a second."""
    for look in LOOKS:
        hold_linear(lambda share, look=look: look(repeated(unit, share * 2**17)))  # type: ignore[misc]
