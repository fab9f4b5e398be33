"""A token against clocks that are asked: from the request to the report, with servers on loopback."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import jwt as pyjwt
import pytest
from bench.faketime import wrong_clock

from skewcheck.errors import UsageError
from skewcheck.examine import Request, examine
from skewcheck.lab.http import HttpServer
from skewcheck.lab.ntp import NtpServer
from skewcheck.model import Harm, Interval, Level, Party, Policy, Report, Status
from skewcheck.tokens.find import Found, find

OPAQUE = "DCl7jJaGx8Yd7sYg12sdGGa71_g0Q"


@contextmanager
def servers(skew_s: float) -> Iterator[tuple[str, ...]]:
    """Run three NTP servers by which the local clock is *skew_s* ahead."""
    with ExitStack() as running:
        made = [running.enter_context(NtpServer(ahead_s=-skew_s)) for _ in range(3)]
        yield tuple(f"{host}:{port}" for host, port in (server.address for server in made))


def token(**seconds_from_now: float) -> Found:
    """Return a signed JWT with these times."""
    now_s = int(time.time())
    found = find(pyjwt.encode({name: now_s + round(s) for name, s in seconds_from_now.items()}, "k" * 32))
    assert found is not None
    return found


def text(pasted: str) -> Found:
    """Return the token in it."""
    found = find(pasted)
    assert found is not None
    return found


def ask(found: Found | None, skew_s: float = 0.0, **more: object) -> Report:
    """Return the report against NTP servers by which the local clock is *skew_s* ahead."""
    with servers(skew_s) as named:
        return examine(Request("token", token=found, servers=named, ask_host=False, **more))  # type: ignore[arg-type]


def level(report: Report, party: Party, harm: Harm) -> Level:
    """Return how sure that harm is."""
    assert report.token is not None
    return next(risk.level for risk in report.token.risks if (risk.party, risk.harm) == (party, harm))


def lead(report: Report) -> str:
    """Return the id of the finding that answers."""
    return report.findings[0].id


def ids(report: Report) -> set[str]:
    """Return the ids of all findings."""
    return {finding.id for finding in report.findings}


def test_a_right_clock() -> None:
    """Ok and proven; nobody is refused but by the latency; the buffer is the usual one, with its sum."""
    report = ask(token(iat=-100, exp=3500))
    assert (report.status, report.exit_code, report.proven, report.command) == (Status.OK, 0, True, "token")
    assert lead(report) == "token-valid"
    assert 3300 < float(str(report.findings[0].fact("left_low_s"))) < 3500
    assert report.token is not None
    assert report.token.judged_by == "ntp"
    assert report.token.judged_at_s == report.measured_at_s
    assert report.token.true_time == report.true_time
    advised = report.token.recommended
    assert advised is not None
    assert advised.buffer_s == 60
    assert sum(line.seconds for line in advised.because) == pytest.approx(advised.needed_s)
    assert [moment.name for moment in report.token.moments] == ["iat", "exp"]


def test_a_minute_ahead() -> None:
    """A token that only this clock calls expired: the fault is this host's, and it signs into the future."""
    report = ask(token(iat=-3612, exp=-12), 60.0, verifiers=("pyjwt", "envoy"))
    assert (report.status, report.exit_code, report.proven) == (Status.CRITICAL, 2, True)
    assert lead(report) == "token-expired-here"
    assert 40 < float(str(report.findings[0].fact("left_low_s"))) < 50
    assert ids(report) >= {"token-expired-here", "local-ahead", "drop-old"}
    assert level(report, Party.LOCAL_SIGN, Harm.FUTURE_ISSUED) is Level.CERTAIN
    assert level(report, Party.LOCAL_VERIFY, Harm.PREMATURE_EXPIRY) is Level.CERTAIN
    assert level(report, Party.REFRESH_BY_EXP, Harm.PREMATURE_EXPIRY) is Level.NONE
    assert report.token is not None
    by_name = {verdict.name: verdict for verdict in report.token.verifiers}
    assert (by_name["pyjwt"].accepts_now, by_name["pyjwt"].accepts_by_true_time) == (False, True)
    assert by_name["pyjwt"].why == "expired"
    assert (by_name["envoy"].accepts_now, by_name["envoy"].accepts_by_true_time) == (True, True)


def test_seven_seconds_behind() -> None:
    """Fresh tokens look issued in the future, dead ones alive; the buffer covers what is needed."""
    report = ask(token(iat=5, exp=300), -7.0, verifiers=("pyjwt",))
    assert report.status is Status.CRITICAL
    assert lead(report) == "token-early-here"
    assert level(report, Party.LOCAL_VERIFY, Harm.FUTURE_ISSUED) is Level.CERTAIN
    assert level(report, Party.REFRESH_BY_EXP, Harm.PREMATURE_EXPIRY) is Level.CERTAIN
    assert level(report, Party.GATEWAY, Harm.FUTURE_ISSUED) is Level.POSSIBLE  # not measured
    assert report.token is not None
    (verdict,) = report.token.verifiers
    assert (verdict.accepts_now, verdict.accepts_by_true_time) == (False, True)
    assert report.token.recommended is not None
    assert report.token.recommended.needed_s == pytest.approx(7.28, abs=0.05)
    dead = ask(token(iat=-3000, exp=4), -7.0)
    assert lead(dead) == "token-expired-unseen"


def test_opaque_is_as_good_as_the_clock() -> None:
    """The clock's own status and words; with what the command line adds, the end of its life."""
    assert ask(text(OPAQUE)).status is Status.OK
    assert ask(text(OPAQUE), 0.3).status is Status.WARNING
    assert ask(text(OPAQUE), -7.0).status is Status.CRITICAL
    report = ask(text(OPAQUE), expires_in_s=300.0, obtained_at_s=time.time() - 100)
    assert lead(report) == "token-valid"
    assert report.token is not None
    assert report.token.recommended is not None
    assert report.token.recommended.buffer_s == 60


def test_ntp_and_the_api_at_once() -> None:
    """Both are asked in parallel, each party gets its own reference, and the service's own clocks are compared."""
    with HttpServer(0.0) as api, HttpServer(3.0) as login:
        began_s = time.monotonic()
        report = ask(token(iat=-60, exp=3600), url=api.url, login_url=login.url)
        took_s = time.monotonic() - began_s
    assert report.ntp is not None
    assert report.api is not None
    assert report.ntp.survey.consensus.answered == 3
    assert report.duration_s < took_s
    assert report.token is not None
    references = {(risk.party, risk.reference) for risk in report.token.risks}
    assert references >= {
        (Party.REFRESH_BY_EXP, "api"), (Party.LOCAL_VERIFY, "login"), (Party.LOCAL_SIGN, "login"),
        (Party.GATEWAY, "login-api"),
    }  # fmt: skip
    assert level(report, Party.GATEWAY, Harm.FUTURE_ISSUED) is Level.CERTAIN
    assert report.token.judged_by == "ntp"
    assert report.token.latency_measured
    assert report.status is Status.CRITICAL


@pytest.mark.parametrize(
    ("skew_s", "status", "first"), [(0.0, Status.UNKNOWN, "api-unreached"), (60.0, Status.CRITICAL, "local-ahead")]
)
def test_an_api_that_is_not_reached(skew_s: float, status: Status, first: str) -> None:
    """What NTP says all the same, and why the API is missing; never ok."""
    with HttpServer(0.0) as gone:
        url = gone.url
    report = ask(text(OPAQUE), skew_s, url=url)
    assert (report.status, lead(report)) == (status, first)
    assert "api-unreached" in ids(report)
    assert report.assumes == ("majority-honest", "path-not-hostile")  # what is called proven rests on them


def test_an_assumed_skew_is_called_so() -> None:
    """Where this clock alone would find the token expired, too: nothing was measured, so it is measured next."""
    report = examine(Request("token", token=token(iat=-3612, exp=-12), skew=Interval(60.0, 60.0)))
    assert (lead(report), report.findings[0].fact("by")) == ("token-expired-here", "skew")
    assert "skew-assumed" in ids(report)
    assert [step.command for step in report.steps] == ["skewcheck clock"]
    assert not report.proven


def test_the_one_that_two_contradict() -> None:
    """The API agrees with this clock and NTP doesn't: NTP is in doubt, nothing says that this clock is off."""
    with HttpServer(0.0) as api:
        report = ask(token(iat=-60, exp=3600), 60.0, url=api.url)
    assert (report.status, report.proven) == (Status.WARNING, False)
    assert lead(report) == "ntp-differs"
    assert ids(report) & {"local-ahead", "local-behind"} == set()
    assert report.token is not None
    assert report.token.judged_by == "api"


def test_silent_ntp_leaves_the_api() -> None:
    """What can't be measured is said, and it goes on with what can."""
    with HttpServer(0.0) as api:
        request = Request(
            "token", token=token(iat=-60, exp=3600), servers=("127.0.0.1:9",), url=api.url, ask_host=False
        )
        wide = Policy(warning_s=5, critical_s=30)  # a busy machine makes round trips long, and ranges wide
        report = examine(request._replace(timeout_s=6.0, policy=wide))
    assert report.token is not None
    assert report.token.judged_by == "api"
    assert (report.status, report.proven) == (Status.OK, False)
    assert lead(report) == "token-valid"
    assert ids(report) >= {"ntp-unreached", "api-ok"}


def test_nobody_answers() -> None:
    """Unknown: whether the clock is right was to be measured, and why it wasn't is the answer."""
    report = examine(Request("token", token=token(iat=-60, exp=3500), servers=("127.0.0.1:9",), ask_host=False))
    assert (report.status, report.exit_code) == (Status.UNKNOWN, 3)
    assert lead(report) == "ntp-unreached"
    assert report.token is not None
    assert report.token.true_time is None
    assert all(risk.level in (Level.POSSIBLE, Level.NONE) for risk in report.token.risks)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"token": None}, "there is no token"),
        ({"offline": True, "region": "eu-west-1"}, "with --offline nobody is asked, and a region was named"),
        ({"offline": True, "skew": Interval(0, 0)}, "were both given"),
        ({"skew": Interval(0, 0), "servers": ("a.example",)}, "with --skew nobody is asked, and an NTP server"),
        ({"verifiers": ("pyjwtt",)}, "unknown verifier 'pyjwtt'"),
        ({"servers": ("not a host",)}, "the server 'not a host'"),
        ({"servers": ("not a host",), "region": "eu-west-1"}, "the server 'not a host'"),
        ({"region": "eu-west-9"}, "eu-west-9"),
        ({"policy": Policy(warning_s=2)}, "the warning threshold"),
        ({"timeout_s": 0.0}, "the timeout"),
        ({"obtained_at_s": 1_800_000_000.0}, "nobody knows how long it lives"),
    ],
)
def test_what_can_not_be_asked(more: dict[str, object], message: str) -> None:
    """It is said before anybody is asked."""
    request = Request("token", token=text(OPAQUE), servers=("127.0.0.1:9",))
    if more.keys() & {"offline", "skew"}:
        request = request._replace(servers=())
    with pytest.raises(UsageError, match=message):
        examine(request._replace(**more))  # type: ignore[arg-type]


def test_nothing_of_the_token_is_in_the_report() -> None:
    """Neither the signature nor a claim off the list, in the report or its repr."""
    now_s = int(time.time())
    signed = pyjwt.encode({"iat": now_s, "exp": now_s + 60, "sub": "somebody-secret"}, "k" * 32)
    with servers(0.0) as named:
        request = Request("token", token=text(signed), servers=named, verifiers=("pyjwt",))
        shown = repr(examine(request)) + repr(request)
    for part in (*signed.split("."), "somebody-secret"):
        assert part not in shown


WRONG_CLOCK = """
import json, sys
from skewcheck.examine import Request, examine
from skewcheck.tokens.find import find
report = examine(Request("token", token=find(sys.argv[1]), servers=tuple(sys.argv[2:]), verifiers=("pyjwt",)))
part = report.token
print(json.dumps({"status": report.status.value, "true": part.true_time,
                  "pyjwt": [part.verifiers[0].accepts_now, part.verifiers[0].accepts_by_true_time],
                  "ids": [finding.id for finding in report.findings]}))
"""


@pytest.mark.parametrize(
    ("ahead_s", "times", "id_"),
    [
        (60.0, {"iat": -3552, "exp": 48}, "token-expired-here"),
        (-7.0, {"iat": -1, "exp": 298}, "token-early-here"),
    ],
)
def test_a_wrong_clock(ahead_s: float, times: dict[str, float], id_: str) -> None:
    """With this process's own clock really wrong (libfaketime), and the servers right: whose fault it is leads."""
    secret = token(**times).secret.reveal()
    with servers(0.0) as named:
        environment = {**os.environ, **wrong_clock(ahead_s)}
        command = [sys.executable, "-c", WRONG_CLOCK, secret, *named]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert report["ids"][0] == id_
    assert report["status"] == "critical"
    assert report["pyjwt"] == [False, True]
    assert report["true"][0] - 30 < time.time() < report["true"][1] + 30
