"""The JSON document on a token: in the shipped schema, whatever the token said."""

import json
from importlib import resources
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from reports import NOON, reports
from token_reports import BY_HAND, FUTURE, MILLISECONDS, NO_BUFFER, OFFLINE, RESPONSE, VALID, parts

from skewcheck.model import Report, TokenPart
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
    """Nothing is said that the contract does not mention, and the keys are the same for every token."""
    whole = document(report)
    for name, said in (
        ("token", [whole["token"]]),
        ("claim", list(whole["token"]["claims"].values())),
        ("verifier", whole["token"]["verifiers"]),
        ("risk", whole["risks"]),
        ("recommended", [whole["recommended"]] if whole["recommended"] else []),
    ):
        described = SCHEMA["$defs"][name]
        for one in said:
            assert list(one) == described["required"] == list(described["properties"])


@given(reports(), parts())
def test_any_report_is_valid_ascii_json_without_nan(report: Report, part: TokenPart) -> None:
    """Whatever the claims and however foreign the text."""
    document(report._replace(token=part))


def test_a_token_in_full() -> None:
    """The parts that a program reads first, key by key."""
    whole = document(VALID)
    token = whole["token"]
    assert (token["kind"], token["iat"], token["nbf"], token["exp"], token["lifetime_s"]) == (
        "jwt",
        NOON - 780,
        None,
        NOON + 2820,
        3600,
    )
    assert token["claims"]["exp"] == {"state": "usable", "value_s": NOON + 2820, "shown": "1800017220", "oddities": []}
    assert token["true_time"] == {"low": "2027-01-15T11:59:59.993Z", "high": "2027-01-15T12:00:00.007Z"}
    assert token["moments"][1] == {
        "name": "exp",
        "at_s": NOON + 2820,
        "here_s": 2820.0,
        "true_low_s": 2819.9932,
        "true_high_s": 2820.0069,
    }
    assert whole["recommended"] == {
        "buffer_s": 60,
        "needed_s": 0.6168,
        "leeway_s": 1,
        "settle_s": 0.0068,
        "because": [
            {"what": "local clock behind", "s": 0.0068},
            {"what": "drift", "s": 0.36},
            {"what": "latency", "s": 0.25},
        ],
    }


def test_who_refuses_it() -> None:
    """The party, the harm, how sure, which share, and the skew behind it with its reference."""
    whole = document(FUTURE)
    refused = [risk for risk in whole["risks"] if risk["level"] == "certain"]
    assert [(risk["party"], risk["risk"], risk["share_low"], risk["reference"]) for risk in refused] == [
        ("refresh-by-exp", "premature-expiry", 0.00066, "ntp"),
        ("local-verify", "future-issued", 0.14, "ntp"),
    ]
    assert (refused[0]["skew_low_s"], refused[0]["skew_high_s"]) == (-0.21, -0.19)
    assert [(row["name"], row["accepts_now"]) for row in whole["token"]["verifiers"]] == [
        ("pyjwt", False),
        ("spring", True),
    ]


def test_what_is_not_known_is_null() -> None:
    """No clock, no lifetime, no bound, no buffer that helps: each has its null, and none looks like a figure."""
    offline = document(OFFLINE)
    assert (offline["risks"], offline["recommended"], offline["token"]["true_time"]) == ([], None, None)
    assert document(RESPONSE)["recommended"]["settle_s"] is None
    assert document(NO_BUFFER)["recommended"]["buffer_s"] is None
    claims = document(MILLISECONDS)["token"]["claims"]
    assert (claims["exp"]["state"], claims["exp"]["value_s"]) == ("unusable", None)
    assert (claims["iat"]["value_s"], claims["iat"]["oddities"]) == (NOON * 1000, ["milliseconds", "year-past-9999"])


def test_without_a_token_there_is_none() -> None:
    """A part that was not asked for is absent."""
    assert not {"token", "risks", "recommended"} & set(document(VALID._replace(token=None)))
