"""Real clients against a real server on loopback, ill in one way: what they recorded leads to the cause, or to none."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from bench import recorded
from bench.oauth_server import serving
from bench.recorded import Habit
from bench.simulated_log import Service
from bench.typed import Done

ROOT = Path(__file__).parent.parent
LIVES_S = 3.0
"""Short, so that 64 tokens take half a minute."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


class Case(NamedTuple):
    """An illness, what the clients do, and what must be found in what they recorded."""

    service: Service
    habit: Habit
    right: str
    """By what the hook wrote."""


CASES = {
    "fine": Case(Service(lives_s=LIVES_S), Habit(), "log-none-refused"),
    "ahead": Case(Service(lives_s=LIVES_S, issuer_ahead_s=0.15), Habit(), "log-issuer-ahead"),
    "lag": Case(Service(lives_s=LIVES_S, lagging=0.15, lag_s=0.3), Habit(), "log-lag-or-node"),
    "node": Case(Service(lives_s=LIVES_S, nodes=8, behind_s=2.0), Habit(), "log-node-behind"),
    "late": Case(Service(lives_s=2.0), Habit(tokens=3, lives_s=2.0, late_s=0.3), "log-late-refresh"),
    "idle": Case(Service(lives_s=3600.0, idle_limit_s=11.0), Habit(tokens=2, clients=6, pause_s=12.0), "log-idle"),
    "in flight": Case(Service(lives_s=LIVES_S, revokes=True), Habit(tokens=3, eager=True), "log-in-flight"),
    "storm": Case(Service(lives_s=LIVES_S, limited_from=10), Habit(tokens=6, storm=True), "log-storm"),
    "region": Case(Service(lives_s=LIVES_S, rejects_all=True), Habit(tokens=1), "log-all-refused"),
    "any age": Case(Service(lives_s=LIVES_S, background=0.15), Habit(), "log-any-age"),
}
Told = Callable[..., Done]


def _found(told: Told, path: Path, *options: str) -> set[str]:
    """Return the ids that a log leads to; nothing secret stands in any format."""
    done = told("log", str(path), "--json", *options)
    document = done.document
    for view in ((), ("-v",), ("--format", "junit")):
        assert not re.search(r"planted|Bearer|worker-|127\.0\.0\.|users/me", told("log", str(path), *view).out)
    return {finding["id"] for finding in document["findings"]}


def _in_order(lines: list[str]) -> str:
    records = sorted((json.loads(line) for line in lines), key=lambda record: record["t"] + record["dur_s"])
    return "".join(json.dumps(record) + "\n" for record in records)


@pytest.mark.parametrize("name", CASES)
def test_each_illness(name: str, told: Told, tmp_path: Path) -> None:
    """By the hook's lines the cause is found, or none is named; by the same run's access logs no other is."""
    case = CASES[name]
    with serving(case.service) as server:
        lines = recorded.python(server.server_address[1], case.habit)
        logs = {"hook": _in_order(lines), "nginx": "\n".join(server.nginx), "envoy": "\n".join(server.envoy)}
    for kind, text in logs.items():
        path = tmp_path / f"{kind}.log"
        path.write_text(text)
        found = _found(told, path)
        assert found <= {case.right, "log-cant-tell"}, kind
        if name in {"fine", "late", "storm", "region", "in flight"} and kind == "hook":
            assert found == {case.right}


def _hook() -> str:
    (block,) = re.findall(r"(?ms)^```js\n(.*?)^```", (ROOT / "docs" / "log.md").read_text(encoding="utf-8"))
    return str(block)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node: apt-get install nodejs")
@pytest.mark.parametrize("name", ["fine", "late", "ahead"])
def test_fetch_by_its_hook(name: str, told: Told, tmp_path: Path) -> None:
    """Node's fetch, by the hook of docs/log.md as it stands."""
    case = CASES[name]
    with serving(case.service) as server:
        lines = recorded.node(server.url, case.habit, _hook(), tmp_path)
        assert not any(token in "".join(lines) for token in server.tokens)
    path = tmp_path / "fetch.ndjson"
    path.write_text(_in_order(lines))
    assert _found(told, path) <= {case.right, "log-cant-tell"}


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl: apt-get install curl")
def test_a_loop_of_curl(told: Told, tmp_path: Path) -> None:
    """Its `-w` writes what is needed: tokens that are used after their end, and then refreshed, are told."""
    with serving(Service(lives_s=1.0)) as server:
        lines = recorded.curl(server.url, 5, 1.0, tmp_path)
    path = tmp_path / "curl.ndjson"
    path.write_text("".join(f"{line}\n" for line in lines))
    assert _found(told, path, "--expires-in", "1s") == {"log-late-refresh"}
