"""The command line of `skewcheck api`: whom it asks, what it refuses, and what it never repeats."""

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from api_reports import AHEAD
from bench.typed import Done, clean

from skewcheck import examine, genesys
from skewcheck.cli import app, output
from skewcheck.model import Family, Status

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
UUID = "3f2b8c1e-9a4d-4e57-8b60-1c2d3e4f5a6b"
OPAQUE = "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789_abcdefghijklmnopqrst"

Told = Callable[..., Done]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Put a report made by hand in the place of all measuring; return what was asked."""
    requests: list[Any] = []

    def api(request: Any, progress: object = None) -> Any:
        assert progress is None  # nobody watches here
        requests.append(request)
        return AHEAD

    monkeypatch.setitem(vars(examine), "api", api)
    return requests


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Told:
    """Return what runs a command line in this process, in an environment in which nothing is set."""
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    for name in set(os.environ) - set(clean()) | {"GENESYSCLOUD_REGION"}:
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, environment: Mapping[str, str] | None = None) -> Done:
        for name, value in (environment or {}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(output._Stdout, "begun", False)
        return Done(app.run(list(words)), *capsys.readouterr(), took_s=0.0)

    return run


def test_what_is_asked(told: Told, asked: list[Any]) -> None:
    """Every option reaches the measurement, and the report comes back as text or JSON with its exit code."""
    words = "api --region EU_WEST_1 --full --date-fresh --ca-file ca.pem -4 -w 50ms -c 2s --fail-on critical"
    done = told(*words.split(), "--on-unknown", "ok", "-t", "4s", "--json")
    assert (done.exit_code, done.err) == (1, "")
    assert done.document["api"]["region"] == "eu-west-1"
    (request,) = asked
    assert request.spent_s > 0
    assert request._replace(spent_s=0.0) == examine.ApiRequest(
        region="EU_WEST_1",
        policy=examine.Policy(0.05, 2.0, Status.CRITICAL, Status.OK),
        timeout_s=4.0,
        family=Family.V4,
        full=True,
        date_fresh=True,
        ca_file="ca.pem",
    )
    assert "api.mypurecloud.ie" in told("api", "--url", "http://127.0.0.1:1").out
    assert (asked[1].region, asked[1].url, asked[1].timeout_s) == (None, "http://127.0.0.1:1", 10.0)


@pytest.mark.parametrize(
    ("words", "environment", "region", "url"),
    [
        ("", {"SKEWCHECK_REGION": "a"}, "a", None),
        ("", {"GENESYSCLOUD_REGION": "b"}, "b", None),
        ("", {"SKEWCHECK_REGION": "a", "GENESYSCLOUD_REGION": "b"}, "a", None),
        ("", {"SKEWCHECK_URL": "http://u"}, None, "http://u"),
        ("--url http://u", {"SKEWCHECK_REGION": "a"}, None, "http://u"),
        ("--url http://u", {"GENESYSCLOUD_REGION": "b"}, None, "http://u"),
        ("--region c", {"SKEWCHECK_URL": "http://u", "GENESYSCLOUD_REGION": "b"}, "c", None),
        ("", {"SKEWCHECK_URL": "http://u", "GENESYSCLOUD_REGION": "b"}, None, "http://u"),
    ],
)
def test_the_command_line_beats_the_environment(  # noqa: PLR0917 - pytest passes them by name
    words: str, environment: dict[str, str], region: str | None, url: str | None, told: Told, asked: list[Any]
) -> None:
    """What was typed counts; among variables, this program's own beat the one that all of the vendor's tools read."""
    told("api", *words.split(), environment=environment)
    assert (asked[0].region, asked[0].url) == (region, url)


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        ("--region eu-west-1 --url http://u", {}),
        ("", {"SKEWCHECK_REGION": "eu-west-1", "SKEWCHECK_URL": "http://u"}),
    ],
)
def test_a_region_and_a_url_exclude_each_other(
    words: str, environment: dict[str, str], told: Told, asked: list[Any]
) -> None:
    """Both meant alike: nobody knows which clock the verdict would be about."""
    done = told("api", *words.split(), environment=environment)
    assert (done.exit_code, asked) == (3, [])
    assert done.err.startswith("skewcheck: a region and a URL exclude each other\nNothing was measured.\n")


def test_without_a_region_all_are_listed(told: Told, asked: list[Any]) -> None:
    """A wrong default would be a wrong "ok": exit 3, and all to choose from, a line each, in words and in JSON."""
    done = told("api", "--json")
    assert (done.exit_code, asked) == (3, [])
    lines = done.err.splitlines()
    assert lines[:2] == ["skewcheck: no region was given", "Nothing was measured."]
    assert "\n".join(lines[-18:]) == genesys.listing()
    assert max(map(len, lines)) <= 100
    assert done.document["error"]["remedy"].endswith(genesys.listing())
    assert done.document["command"] == "api"


SECRETS = {
    "JWT": JWT,
    "opaque": OPAQUE,
    "bearer": f"Bearer {OPAQUE}",
    "user": "https://user:hunter2hunter@gateway.example.net/",
    "query": f"https://gateway.example.net/?access_token={OPAQUE}",
    "path": f"https://gateway.example.net/{JWT}",
    "piece": f"https://gateway.example.net/{OPAQUE}/health",
    "assigned": "client_secret=hunter2hunter",
}


def test_what_is_refused_later_is_not_repeated_either(told: Told) -> None:
    """A query or a number that may be a secret: told of, not shown."""
    for words in (["--url", "https://gateway.example.net/?key=hunter2"], ["--url", UUID], ["--region", UUID]):
        done = told("api", *words, "--json")
        assert (done.exit_code, done.document["error"]["id"]) == (3, "usage")
        assert "hunter2" not in done.out + done.err
        assert UUID not in done.out + done.err


def test_a_region_that_does_not_exist(told: Told) -> None:
    """The nearest is suggested, and all are listed."""
    done = told("api", "--region", "eu-wets-1")
    assert done.err.startswith("skewcheck: there is no Genesys Cloud region 'eu-wets-1'\nNothing was measured.\n")
    assert "Did you mean eu-west-1 (mypurecloud.ie)?" in done.err
    assert done.err.endswith(f"{genesys.listing()}\n")


@pytest.mark.parametrize(
    "url", ["https://login.example.net/3f2b8c1e-9a4d-4e57-8b60-1c2d3e4f5a6b/v2.0", "https://gateway.example.net/health"]
)
def test_honest_paths_are_asked(url: str, told: Told, asked: list[Any]) -> None:
    """A tenant's number in a path is no secret."""
    told("api", "--url", url)
    assert asked[0].url == url


@pytest.mark.parametrize("option", ["--region", "--url", "SKEWCHECK_REGION", "SKEWCHECK_URL", "GENESYSCLOUD_REGION"])
@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_neither_sent_nor_repeated(kind: str, option: str, told: Told, asked: list[Any]) -> None:
    """A token or a password pasted in the wrong place goes nowhere: not to a resolver, not to the screen."""
    words, environment = ([option, SECRETS[kind]], {}) if option.startswith("-") else ([], {option: SECRETS[kind]})
    done = told("api", *words, "--json", environment=environment)
    assert (done.exit_code, asked) == (3, [])
    for piece in (OPAQUE[:12], "hunter2", *JWT.split(".")):
        assert piece not in done.out + done.err
    assert "it was sent nowhere" in done.err


@pytest.mark.parametrize(
    ("words", "summary", "remedy"),
    [
        ("api eu-west-1", "'eu-west-1' is no option", "named by --region: `skewcheck api --region eu-west-1`."),
        ("api --ca-file=", "--ca-file: a file without a name can't be read", "Name it, or leave the option out."),
        ("api --regoin x", "there is no option --regoin", "Did you mean --region?"),
        ("api --region", "option '--region' needs a value", "`skewcheck api --help`"),
    ],
)  # fmt: skip
def test_three_sentences(words: str, summary: str, remedy: str, told: Told, asked: list[Any]) -> None:
    """What happened, what it means, what to try."""
    done = told(*words.split(), environment={"SKEWCHECK_REGION": "eu-west-1"})
    assert (done.exit_code, done.out, asked) == (3, "", [])
    first, second, third = done.err.splitlines()
    assert first == f"skewcheck: {summary}"
    assert second == "Nothing was measured."
    assert remedy in third
