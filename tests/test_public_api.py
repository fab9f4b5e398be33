"""What `import skewcheck` gives to a program that holds tokens, and the docs' example of refreshing right."""

import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import skewcheck
from skewcheck.lab.http import HttpServer
from skewcheck.lab.ntp import NtpServer
from skewcheck.model import BufferLine, Harm, Party, TokenKind

JWT = "eyJhbGciOiJub25lIn0.eyJpYXQiOjE4MDAwMTQ0MDAsImV4cCI6MTgwMDAxODAwMH0."
PAGE = (Path(__file__).parent.parent / "docs" / "refreshing.md").read_text(encoding="utf-8")


def test_a_token_is_read() -> None:
    """From whatever it stands in; where there is none, that is an error that repeats nothing."""
    token = skewcheck.read_token(f"Authorization: Bearer {JWT}")
    assert (token.kind, token.lifetime_s) == (TokenKind.JWT, 3600.0)
    with pytest.raises(skewcheck.UsageError, match="no token in the 17 characters"):
        skewcheck.read_token("no secret at all!")


def test_a_token_is_judged_without_a_network() -> None:
    """`token` takes what was found, and asks nobody where a skew is assumed."""
    report = skewcheck.token(JWT, skew=skewcheck.Interval(-0.3, -0.2))
    assert report.ntp is None
    assert report.token is not None
    assert report.token.recommended is not None


def test_the_commands_are_functions() -> None:
    """Each takes what it asks by name and returns the report; what leads it is said by `title`."""
    with NtpServer(3.0) as one, NtpServer(3.0) as two, NtpServer(3.0) as three, HttpServer(0.0) as api:
        servers = tuple("{}:{}".format(*server.address) for server in (one, two, three))
        clock = skewcheck.clock(servers=servers, ask_host=False)
        api_ = skewcheck.api(url=api.url, timeout_s=5.0)
        check = skewcheck.check(servers=servers, url=api.url, timeout_s=5.0)
    assert (clock.command, clock.findings[0].id) == ("clock", "local-behind")
    assert skewcheck.title(clock.findings[0]).startswith("This host is 3")
    assert (api_.command, api_.ntp, api_.findings[0].id) == ("api", None, "api-ok")
    assert (check.command, check.findings[0].id) == ("check", "ntp-differs")
    with pytest.raises(TypeError):
        skewcheck.check(nothing=1)


def test_who_refuses_it() -> None:
    """A clock that is 200 ms behind costs a verifier here 15 in 100 fresh tokens at 50 ms of latency."""
    risks = skewcheck.assess(3600, skewcheck.Interval(-0.2, -0.2), skewcheck.Interval(0.05, 0.05))
    (risk,) = [risk for risk in risks if (risk.party, risk.harm) == (Party.LOCAL_VERIFY, Harm.FUTURE_ISSUED)]
    assert risk.share_low == risk.share_high == pytest.approx(0.15)


def test_the_buffer() -> None:
    """By exp the clock counts, by expires_in none does; a token that never expires has none."""
    by_exp = skewcheck.buffer(3600, skewcheck.Interval(-90, -80))
    by_expires_in = skewcheck.buffer(3600)
    assert by_exp is not None
    assert by_expires_in is not None
    assert by_exp.buffer_s == 91
    assert by_expires_in.buffer_s == 60
    assert BufferLine("clock-behind", 90.0) in by_exp.because
    assert "clock-behind" not in {line.what for line in by_expires_in.because}
    assert skewcheck.buffer(float("inf")) is None


@pytest.mark.parametrize(
    ("expires_in_s", "buffer_s", "after_s", "due"),
    [
        (3600, None, 3539.9, False),
        (3600, None, 3540.0, True),
        (3600, 100, 3499.9, False),
        (3600, 100, 3500.0, True),
        (300, None, 239.9, False),
        (300, None, 240.0, True),
        (2, None, 0.9, False),
        (2, None, 1.0, True),
        (0, None, 0.0, True),
    ],
)
def test_refresh_now(expires_in_s: float, buffer_s: float | None, after_s: float, due: bool) -> None:
    """A minute before the end, a fifth of a short life, half of one that is too short for any buffer."""
    assert skewcheck.refresh_due(1000.0, expires_in_s, buffer_s=buffer_s, now_s=1000.0 + after_s) is due


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("sent_s", "expires_in_s", "buffer_s"),
    [(0.0, NAN, None), (NAN, 3600, None), (0.0, 3600, NAN), (0.0, 3600, -1.0), (0.0, 3600, INF), (1.8e9, 3600, None)],
)
def test_a_token_that_would_never_be_due_is_refused(sent_s: float, expires_in_s: float, buffer_s: float | None) -> None:
    """A comparison with NaN, or of a wall clock's time with the monotonic one, says for ever that there is time."""
    with pytest.raises(skewcheck.UsageError):
        skewcheck.refresh_due(sent_s, expires_in_s, buffer_s=buffer_s, now_s=1000.0)


@pytest.mark.parametrize("lifetime_s", [NAN, -1.0, 0.0])
def test_a_lifetime_that_is_none_is_refused(lifetime_s: float) -> None:
    """Nothing can be told of it, and nothing is."""
    with pytest.raises(skewcheck.UsageError):
        skewcheck.buffer(lifetime_s)
    with pytest.raises(skewcheck.UsageError):
        skewcheck.assess(lifetime_s, skewcheck.Interval(0, 0))


@pytest.mark.parametrize("range_", [(NAN, NAN), (5.0, -5.0), (0.0, NAN)])
def test_a_range_that_is_none_is_refused(range_: tuple[float, float]) -> None:
    """With its ends crossed, or none, nobody would seem to be refused."""
    crossed, right = skewcheck.Interval(*range_), skewcheck.Interval(0.0, 0.1)
    for skew, latency in ((crossed, right), (right, crossed), (right, skewcheck.Interval(-0.1, 0.1))):
        with pytest.raises(skewcheck.UsageError):
            skewcheck.buffer(300, skew, latency)
        with pytest.raises(skewcheck.UsageError):
            skewcheck.assess(300, skew, latency)


@pytest.mark.parametrize(
    "figures",
    [
        {"expires_in_s": NAN},
        {"expires_in_s": -5.0},
        {"obtained_at_s": NAN},
        {"obtained_at_s": INF},
        {"skew": skewcheck.Interval(NAN, NAN)},
        {"skew": skewcheck.Interval(5, -5)},
        {"skew": skewcheck.Interval(-INF, 0)},
        {"leeway_s": NAN},
        {"leeway_s": -1.0},
        {"latency": skewcheck.Interval(0, INF)},
        {"latency": skewcheck.Interval(-1, 0)},
    ],
    ids=str,
)
def test_a_request_of_no_figures_is_refused(figures: dict[str, Any]) -> None:
    """A usage error, before anybody is asked, instead of a defect or of a verdict on nothing."""
    asked = {"skew": skewcheck.Interval(0, 0), **figures}
    with pytest.raises(skewcheck.UsageError):
        skewcheck.token(JWT, **asked)


def test_refresh_now_by_the_clock_that_nobody_sets() -> None:
    """Without a time given it is the monotonic clock's."""
    assert not skewcheck.refresh_due(time.monotonic(), 3600)
    assert skewcheck.refresh_due(time.monotonic() - 3600, 3600)


def test_reading_loads_no_socket() -> None:
    """A program that only reads and computes pays for no network."""
    code = (
        f"import skewcheck, sys; skewcheck.read_token('{JWT}'); skewcheck.buffer(3600); skewcheck.refresh_due(0, 60);"
        "print('skewcheck.measure' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"


# --- The example of docs/refreshing.md ---


class Service:
    """Issues tokens of a lifetime, takes each until it is revoked, and counts."""

    def __init__(self, expires_in_s: float = 3600) -> None:
        """Issue tokens that live so long."""
        self.expires_in_s = expires_in_s
        self.issued: list[str] = []
        self.seen: list[str] = []
        self.revoked: set[str] = set()

    def fetch(self) -> tuple[str, float]:
        """Issue a new token."""
        time.sleep(0.05)  # so that others come meanwhile
        self.issued.append(f"token-{len(self.issued)}")
        return self.issued[-1], self.expires_in_s

    def send(self, token: str) -> int:
        """Take a request."""
        self.seen.append(token)
        return 401 if token in self.revoked else 200


def example(service: Service) -> Any:
    """Return what the page shows, for *service*."""
    (source,) = re.findall(r"(?ms)^```python\n((?:(?!^```).)*?^class Tokens:.*?)^```$", PAGE)
    names: dict[str, Any] = {}
    exec(compile(source, "refreshing.md", "exec"), names)  # noqa: S102 - the page's own example
    return names["Tokens"](service.fetch)


def test_the_example_fetches_once_for_many() -> None:
    """Single flight: of twenty threads that want a token at once, one fetches it."""
    service = Service()
    tokens = example(service)
    threads = [threading.Thread(target=tokens.call, args=(service.send,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert service.issued == ["token-0"]
    assert service.seen == ["token-0"] * 20


def test_the_example_retries_once_after_a_401() -> None:
    """With a new token, once; the refused one is never sent again, and a lasting 401 is handed on."""
    service = Service()
    tokens = example(service)
    assert tokens.call(service.send) == 200
    service.revoked = {"token-0"}
    assert tokens.call(service.send) == 200
    assert service.seen == ["token-0", "token-0", "token-1"]
    service.revoked = {"token-1", "token-2"}
    assert tokens.call(service.send) == 401
    assert service.issued == ["token-0", "token-1", "token-2"]


def test_the_example_refreshes_before_the_end() -> None:
    """A token that is due is not used any more, and one that can't be had is not replaced by the old one."""
    service = Service(expires_in_s=0.2)
    tokens = example(service)
    assert tokens.call(service.send) == 200
    time.sleep(0.2)
    assert tokens.call(service.send) == 200
    assert service.seen == ["token-0", "token-1"]

    def unreachable() -> tuple[str, float]:
        raise ConnectionError

    tokens._fetch = unreachable
    time.sleep(0.2)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            tokens.call(service.send)
    assert service.seen == ["token-0", "token-1"]
