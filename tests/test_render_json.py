"""The contract with programs: one document, in the shipped schema, whatever the report."""

import json
import math
from importlib import resources
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from reports import ALL_WELL, BY_HAND, HOURS_BEHIND, MISUSE, NOBODY, NOON, ONE_LIAR, reports

from skewcheck.model import Dropped, Finding, Interval, Report, Status
from skewcheck.render.json import render
from skewcheck.version import VERSION

SCHEMA = json.loads((resources.files("skewcheck.render") / "report-1.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def document(report: Report) -> dict[str, Any]:
    """Return the rendered *report*, read back and held against the schema."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    rendered = render(report)
    assert rendered.isascii()
    assert rendered.endswith("}\n")
    assert rendered.count("\n") == 1
    read: dict[str, Any] = json.loads(rendered, parse_constant=refuse)
    VALIDATOR.validate(read)
    return read


def test_the_schema_is_one() -> None:
    """It is valid itself, every object's keys are described, and it forbids no key that is added later."""
    VALIDATOR.check_schema(SCHEMA)
    for part in [SCHEMA, *SCHEMA["$defs"].values()]:
        assert part.get("additionalProperties", True) is True
        assert set(part.get("required", ())) <= set(part.get("properties", ()))


@pytest.mark.parametrize("report", BY_HAND.values(), ids=list(BY_HAND))
def test_every_hand_made_report_is_in_the_schema(report: Report) -> None:
    """And every key of it is described there: nothing is said that the contract does not mention."""
    read = document(report)
    assert set(read) <= set(SCHEMA["properties"])
    if "ntp" in read:
        assert set(read["ntp"]) == set(SCHEMA["$defs"]["ntp"]["properties"])
        for server in read["ntp"]["servers"]:
            assert set(server) == set(SCHEMA["$defs"]["server"]["properties"])
            for exchange in server["exchanges"]:
                assert set(exchange) == set(SCHEMA["$defs"]["exchange"]["properties"])


@given(reports())
def test_any_report_is_valid_ascii_json_without_nan(report: Report) -> None:
    """Whatever the numbers and however foreign the text."""
    document(report)


def test_a_measurement_in_full() -> None:
    """The whole document, key by key, in its order."""
    read = document(ONE_LIAR)
    verdict = (
        "WARNING  your clock is 203 ms AHEAD of UTC, proven between 195 and 211 ms; 3 of 4 servers agree; 1 refused"
    )
    servers = read["ntp"].pop("servers")
    assert json.dumps(read, indent=1) == json.dumps(
        {
            "schema": "skewcheck/1",
            "command": "clock",
            "version": VERSION,
            "status": "warning",
            "proven": True,
            "verdict": verdict,
            "meaning": "For a token: what this host signs looks issued in the future to a strict server.",
            "exit_code": 1,
            "assumes": ["majority-honest", "path-not-hostile"],
            "thresholds": {"warning_s": 0.1, "critical_s": 1.0},
            "measured_at": "2027-01-15T12:00:00.000Z",
            "true_time": {"low": "2027-01-15T11:59:59.789Z", "high": "2027-01-15T11:59:59.806Z"},  # outwards, of .805
            "duration_s": 0.25,
            "ntp": {
                "skew_s": 0.203,
                "low_s": 0.195,
                "high_s": 0.211,
                "status": "warning",
                "proven": True,
                "basis": "majority",
                "list": "public",
                "asked": 5,
                "answered": 4,
                "agreeing": 3,
                "cut_short": False,
                "local_clock": {"step_s": 0.0, "slew_ppm": 0.0, "wander_s": 0.000004},
            },
            "findings": [
                {
                    "id": "local-ahead",
                    "status": "warning",
                    "summary": "the local clock is ahead",
                    "evidence": {"skew_s": 0.203},
                    "remedy": [],
                },
                {
                    "id": "falseticker",
                    "status": "ok",
                    "summary": "ntp.evil.example is off by at least 980 ms: its vote doesn't count",
                    "evidence": {},
                    "remedy": [],
                },
            ],
            "next": {"kind": "do", "command": "sudo chronyc makestep", "why": "sets this clock at once"},
        },
        indent=1,
    )
    assert [server["status"] for server in servers] == [
        "truechimer",
        "falseticker",
        "truechimer",
        "rejected",
        "truechimer",
    ]
    (exchange,) = servers[1]["exchanges"]
    times_s = [exchange.pop(f"t{number}_s") - NOON for number in (1, 2, 3, 4)]
    assert times_s == pytest.approx([0, -1.192, -1.191875, 0.016125], abs=1e-6)
    assert exchange.pop("delay_s") == pytest.approx(0.016, abs=1e-6)
    assert json.dumps(servers[1], indent=1) == json.dumps(
        {
            "server": "ntp.evil.example",
            "address": "192.0.2.1",
            "status": "falseticker",
            "reason": None,
            "detail": None,
            "skew_s": 1.2,
            "low_s": 1.191,
            "high_s": 1.209,
            "off_by_s": 0.98,
            "delay_s": 0.016,
            "stratum": 2,
            "exchanges": [
                {
                    "leap": 0,
                    "version": 4,
                    "stratum": 2,
                    "poll": 6,
                    "precision_s": 6e-08,
                    "root_delay_s": 0.0125,
                    "root_dispersion_s": 0.0005,
                    "reference_id": "192.0.2.9",
                    "reference_age_s": 30.0,
                }
            ],
            "dropped": [],
        },
        indent=1,
    )


def test_silence_is_told_with_its_reason_and_no_numbers() -> None:
    """Nothing known is null on both sides, not 0 and not absent."""
    read = document(NOBODY)
    assert read["ntp"]["basis"] == "none"
    assert (read["ntp"]["skew_s"], read["ntp"]["low_s"], read["ntp"]["high_s"]) == (None, None, None)
    assert "true_time" not in read
    assert read["ntp"]["servers"][2] == {
        "server": "nope.invalid",
        "address": None,
        "status": "no-answer",
        "reason": "dns-no-such-name",
        "detail": "there is no such name",
        "skew_s": None,
        "low_s": None,
        "high_s": None,
        "off_by_s": None,
        "delay_s": None,
        "stratum": None,
        "exchanges": [],
        "dropped": [],
    }


def test_a_failure_is_a_document_too() -> None:
    """Wrong usage has an error and no measurement: what was not asked for is absent."""
    read = document(MISUSE)
    assert read["error"] == {
        "id": "usage",
        "summary": "--warning: 'x' is not a duration; write 50ms, 2s, 1.5m or 1h (a bare number is seconds)",
        "remedy": "Example: -w 50ms",
    }
    assert read["exit_code"] == 3
    assert not {"ntp", "thresholds", "measured_at", "true_time", "next"} & set(read)


def test_an_unbounded_side_is_null_and_the_true_time_is_rounded_outwards() -> None:
    """Infinity is not JSON, and a range must not lose the truth in its last digit."""
    read = document(ALL_WELL._replace(true_time=Interval(NOON + 0.0019, math.inf)))
    assert read["true_time"] == {"low": "2027-01-15T12:00:00.001Z", "high": None}
    read = document(ALL_WELL._replace(true_time=Interval(-math.inf, NOON + 0.0011)))
    assert read["true_time"] == {"low": None, "high": "2027-01-15T12:00:00.002Z"}


def test_numbers_can_be_read() -> None:
    """No float noise, no minus zero, no number that isn't one."""
    noisy = Finding(
        "x", Status.OK, "x", (("a_s", 0.1 + 0.2), ("b_s", -1e-12), ("c_s", math.nan), ("d", 3), ("e", None))
    )
    evidence = document(ALL_WELL._replace(findings=(noisy,)))["findings"][0]["evidence"]
    assert evidence == {
        "a_s": 0.3,
        "b_s": 0.0,
        "c_s": None,
        "d": 3,
        "e": None,
    }
    assert math.copysign(1, evidence["b_s"]) == 1


def test_dropped_packets_are_counted_by_reason() -> None:
    """Forged replies leave a trace even where a good one came."""
    assert HOURS_BEHIND.ntp is not None
    survey = HOURS_BEHIND.ntp.survey
    first, *others = survey.consensus.votes
    noted = first._replace(outcome=first.outcome._replace(dropped=(Dropped("runt", 2), Dropped("origin-zero", 1))))
    consensus = survey.consensus._replace(votes=(noted, *others))
    report = HOURS_BEHIND._replace(ntp=HOURS_BEHIND.ntp._replace(survey=survey._replace(consensus=consensus)))
    assert document(report)["ntp"]["servers"][0]["dropped"] == [
        {"reason": "runt", "count": 2},
        {"reason": "origin-zero", "count": 1},
    ]
