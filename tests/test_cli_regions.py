"""`skewcheck regions`: what `--region` takes, without asking anybody."""

import json
from collections.abc import Callable
from importlib import resources

import jsonschema
from bench.typed import Done

from skewcheck.genesys import REGIONS, region

Told = Callable[..., Done]


def test_table(told: Told) -> None:
    """18 regions, a line each, that fit a terminal; the first column is what --region takes."""
    done = told("regions")
    lines = done.out.splitlines()
    rows = [line.split() for line in lines[1:19]]
    assert (done.exit_code, done.err) == (0, "")
    assert [region(row[0]) for row in rows] == list(REGIONS)
    assert [region(row[1]) for row in rows] == list(REGIONS)
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert done.out.isascii()


def test_document(told: Told) -> None:
    """One line of ASCII that keeps to the shipped schema; each name and each host is one that --region takes."""
    done = told("regions", "--json")
    document = json.loads(done.out)
    schema = json.loads((resources.files("skewcheck.cli") / "regions-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    assert (done.exit_code, done.err, done.out.count("\n"), done.out.isascii()) == (0, "", 1, True)
    for key in ("name", "api_host", "login_host"):
        assert [region(row[key]) for row in document["regions"]] == list(REGIONS)
