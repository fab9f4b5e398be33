"""The JSON document on an API's clock: in the shipped schema, whatever the headers said."""

import json
import math
from importlib import resources
from typing import Any

import jsonschema
import pytest
from api_reports import AHEAD, BACKENDS, BOTH, BY_HAND, CACHED, FUTURE, NOBODY, REFUSED, parts
from hypothesis import given
from reports import NOON, reports

from skewcheck.model import ApiPart, Report
from skewcheck.render.json import render

SCHEMA = json.loads((resources.files("skewcheck.render") / "report-1.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def document(report: Report) -> dict[str, Any]:
    """Return the rendered *report*, read back and held against the schema."""
    rendered = render(report)
    assert rendered.isascii()
    assert rendered.count("\n") == 1
    read: dict[str, Any] = json.loads(rendered, parse_constant=pytest.fail)
    VALIDATOR.validate(read)
    return read


@pytest.mark.parametrize("report", BY_HAND.values(), ids=list(BY_HAND))
def test_every_key_is_described(report: Report) -> None:
    """Nothing is said that the contract does not mention, and the keys are the same whether there is a reading."""
    api = document(report)["api"]
    assert list(api) == SCHEMA["$defs"]["api"]["required"] == list(SCHEMA["$defs"]["api"]["properties"])
    for host in api["hosts"]:
        assert (
            set(host) == set(SCHEMA["$defs"]["api_host"]["properties"]) == set(SCHEMA["$defs"]["api_host"]["required"])
        )
        for exchange in host["exchanges"]:
            assert set(exchange) == set(SCHEMA["$defs"]["date_exchange"]["properties"])


@given(reports(), parts())
def test_any_report_is_valid_ascii_json_without_nan(report: Report, part: ApiPart) -> None:
    """Whatever the numbers and however foreign the text."""
    document(report._replace(api=part))


def test_a_measurement_in_full() -> None:
    """The whole part, key by key, in its order."""
    api = document(AHEAD)["api"]
    first, second = api.pop("hosts")
    assert json.dumps(api, indent=1) == json.dumps(
        {
            "region": "eu-west-1",
            "status": "warning",
            "proven": False,
            "cut_short": False,
            "full": False,
            "local_clock": {"step_s": 0.0, "slew_ppm": 0.0, "wander_s": 0.000004},
            "issuer_ahead": {
                "skew_s": 0.009,
                "low_s": -0.061,
                "high_s": 1.079,
                "fresh_low_s": -0.061,
                "fresh_high_s": 0.079,
            },
        },
        indent=1,
    )
    assert first.pop("exchanges")[1] == {
        "sent_s": NOON + 1.2,
        "received_s": pytest.approx(NOON + 1.248),
        "date_s": NOON + 1,
        "http_status": 401,
        "connection": 1,
    }
    assert json.dumps(first, indent=1) == json.dumps(
        {
            "role": "api",
            "host": "api.mypurecloud.ie",
            "url": "https://api.mypurecloud.ie/api/v2/date",
            "address": "192.0.2.10",
            "skew_s": 0.2,
            "low_s": -0.83,
            "high_s": 0.23,
            "fresh_low_s": 0.17,
            "fresh_high_s": 0.23,
            "max_lag_s": 1.0,
            "lag_known": False,
            "lag_because": "nothing is known of such a server",
            "stamped_by": "origin",
            "security": "verified",
            "proxied": False,
            "method": "HEAD",
            "requests": 9,
            "min_rtt_s": 0.048,
            "confirmed": True,
            "ended": "decided",
            "stale": None,
            "spread_s": 0.0,
            "mix": None,
            "http_status": 401,
            "server": None,
            "via": "1.1 0f1e2d3c.cloudfront.net (CloudFront)",
            "x_cache": None,
            "age_s": None,
            "correlation_id": "4b1d7f0e-52a1-4c0c-9d3e-0a6f3c2b9e11",
            "location": None,
            "certificate": None,
            "reason": None,
            "detail": None,
        },
        indent=1,
    )
    assert (second["role"], second["stamped_by"], second["server"]) == ("login", "edge", "nginx")


def test_any_age_is_null_and_so_is_the_side_that_it_leaves_open() -> None:
    """Infinity is not JSON; the safe side stays."""
    (cached,) = document(CACHED)["api"]["hosts"]
    assert (cached["max_lag_s"], cached["low_s"], cached["fresh_low_s"], cached["high_s"]) == (None, None, None, -3.2)
    assert (cached["stale"], cached["age_s"], cached["ended"]) == ("cached", 3.0, "stale")


def test_silence_is_told_with_its_reason_and_no_numbers() -> None:
    """A host that was asked is there, and nothing in it looks like a measurement."""
    _, login = document(REFUSED)["api"]["hosts"]
    told = {name: value for name, value in login.items() if value not in (None, [])}
    assert told == {
        "role": "login",
        "host": "login.mypurecloud.ie",
        "url": "https://login.mypurecloud.ie/oauth/token",
        "reason": "connection-refused",
        "detail": "the connection was refused",
    }
    assert document(NOBODY)["api"]["issuer_ahead"] is None


def test_what_a_contradiction_looks_like() -> None:
    """How much, and how it is spread."""
    (mixed,) = document(BACKENDS)["api"]["hosts"]
    assert (mixed["spread_s"], mixed["mix"], mixed["ended"]) == (0.15, "connections", "contradicted")
    assert (mixed["security"], mixed["proxied"], mixed["location"]) == ("plain", True, "/welcome")


def test_the_certificate_s_dates() -> None:
    """As times of day, like all others."""
    api, _ = document(REFUSED)["api"]["hosts"]
    assert api["certificate"] == {"not_before": "2027-01-15T13:00:00.000Z", "not_after": "2027-04-15T12:00:00.000Z"}
    assert api["security"] == "dates-ignored"


def test_both_parts_stand_side_by_side() -> None:
    """A part that was not asked for is absent, one that was is there."""
    assert {"ntp", "api"} <= set(document(BOTH))
    assert "ntp" not in document(FUTURE)
    assert math.isfinite(document(BOTH)["ntp"]["skew_s"])
