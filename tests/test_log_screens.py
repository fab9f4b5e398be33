"""`skewcheck log`, as a user runs it: one log of each cause, its exit code, its finding, JSON by the schema."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from bench import golden
from bench.simulated_log import Client, Run, Service
from bench.typed import Done

from skewcheck.judge.catalogue import CATALOGUE
from skewcheck.judge.log_words import BECAUSE, CAUSES, MISSING

Told = Callable[..., Done]

AHEAD_S = 0.175
"""With ways of 15 to 25 ms: of an eighth of each second tokens are refused."""
CAUSED: dict[str, tuple[Service, Client, int, list[str]]] = {
    "issuer-ahead": (Service(issuer_ahead_s=AHEAD_S), Client(), 1, ["log-issuer-ahead"]),
    "lag-or-node": (Service(lagging=0.14), Client(tokens=100), 1, ["log-lag-or-node"]),
    "node-behind": (Service(nodes=8, behind_s=2.0), Client(tokens=100), 1, ["log-node-behind"]),
    "any-age": (Service(background=0.1), Client(), 1, ["log-any-age"]),
    "late-refresh": (Service(), Client(tokens=6, early_s=-0.8), 1, ["log-late-refresh"]),
    "early-end": (Service(issuer_ahead_s=-20.0), Client(tokens=8, uses=60, early_s=0.0), 1, ["log-early-end"]),
    "idle": (Service(idle_limit_s=900, lives_s=7200), Client(tokens=11, uses=60, pause_every=2), 1, ["log-idle"]),
    "in-flight": (
        Service(revokes=True), Client(tokens=6, eager=1, sent_after=True, fingerprints=True), 1, ["log-in-flight"],
    ),
    "storm": (Service(), Client(storm=True, tokens=20), 2, ["log-storm"]),
    "wrong-region": (Service(rejects_all=True), Client(tokens=5), 2, ["log-never-accepted"]),
    "all-refused": (Service(issuer_ahead_s=3.0), Client(tokens=60), 2, ["log-all-refused"]),
    "too-few": (Service(issuer_ahead_s=AHEAD_S), Client(tokens=20), 3, ["log-cant-tell"]),
    "none-refused": (Service(), Client(tokens=5), 0, ["log-none-refused"]),
}  # fmt: skip


def written(folder: Path, service: Service, client: Client, seed: int = 1) -> str:
    """Return the name of a log of that run."""
    path = folder / "app.ndjson"
    path.write_text(Run(service, client, seed).ndjson())
    return str(path)


@pytest.mark.parametrize("name", CAUSED)
def test_each_cause(name: str, told: Told, tmp_path: Path) -> None:
    """It is found in a log of that illness, with its exit code; the document is in the schema, and says why."""
    service, client, code, ids = CAUSED[name]
    done = told("log", written(tmp_path, service, client), "--json")
    assert (done.exit_code, done.err) == (code, "")
    document = done.document
    assert [finding["id"] for finding in document["findings"]] == ids
    assert document["proven"] is False
    assert {cause["id"] for cause in document["log"]["causes"]} <= set(CAUSES)
    assert {cause["because"] for cause in document["log"]["causes"]} <= set(BECAUSE)
    assert set(document["log"]["missing"]) <= set(MISSING)
    assert all(
        dict.fromkeys(CATALOGUE[f["id"]].facts.split()).keys() == f["evidence"].keys() for f in document["findings"]
    )


@pytest.mark.parametrize("name", CAUSED)
def test_its_screen(name: str, told: Told, tmp_path: Path) -> None:
    """24 lines of 80 columns, to the letter."""
    done = told("log", written(tmp_path, *CAUSED[name][:2]))
    assert len(done.out.splitlines()) <= 24
    assert max(map(len, done.out.splitlines())) <= 80
    golden.check(f"log-{name}.txt", done.out)


def test_what_is_said_of_all_is_said_once(told: Told, tmp_path: Path) -> None:
    """Causes that all lack the same are one row; with `-v` each has its own."""
    path = tmp_path / "app.ndjson"
    path.write_text(Run(*CAUSED["issuer-ahead"][:2], 1).ndjson().replace("401", "403"))
    golden.check("log-forbidden.txt", told("log", str(path)).out)
    assert told("log", str(path), "-v").out.count("can't tell  ") == 11


@pytest.mark.parametrize(
    ("options", "code"), [(["--fail-on", "critical"], 0), (["--refused", "402"], 0), (["--on-unknown", "ok"], 1)]
)
def test_exit_codes_are_asked_for(options: Sequence[str], code: int, told: Told, tmp_path: Path) -> None:
    """As with the commands that measure; and what is no refusal refuses nothing."""
    assert told("log", written(tmp_path, *CAUSED["issuer-ahead"][:2]), *options).exit_code == code


def test_every_screen_of_a_log_is_held() -> None:
    """No file is left from a screen that is gone."""
    assert {path.name for path in golden.SCREENS.glob("log-*")} == {
        f"log-{name}.txt" for name in (*CAUSED, "forbidden")
    }
