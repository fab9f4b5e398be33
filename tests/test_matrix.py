"""Real time servers and real web servers, each right or wrong, and a local clock that is: the right party is named.

Every cell is a run of the program as its users start it: `chronyd` tells UTC, nginx the API's time, libfaketime is why
the local clock is wrong. Four run at a time.
"""

import itertools
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import NamedTuple

import pytest
from bench import chrony as bench_chrony
from bench import command, judges, screen, webservers
from bench.command import Run
from bench.faketime import wrong_clock
from bench.patience import until_calm
from bench.typed import UNCOUNTED, Done, skewcheck

AHEAD_S = (0.0, 0.2, -3.0, 3600.0)
"""Of true time, each of the three clocks."""
SERVERS = 3
AT_ONCE = 2
WARNING_S, CRITICAL_S = 0.1, 1.0
WIDE_S = 1.2
"""A range that settles the limits can be so wide: by less, two clocks that are off the same way aren't told apart."""
PARTIES = {
    "local-ahead", "local-behind", "local-unconfirmed", "api-ahead", "api-behind", "skew-shared", "skew-undecided",
    "ntp-differs", "not-skew", "clock-ok", "api-ok",
}  # fmt: skip
"""Findings that say whose clock is off, or that it is nobody's."""


class Cell(NamedTuple):
    """How far ahead of true time each clock is; None: it is silent."""

    local_s: float
    ntp_s: float | None
    api_s: float | None

    @property
    def by_ntp_s(self) -> float | None:
        """The skew of the local clock that NTP shows."""
        return None if self.ntp_s is None else self.local_s - self.ntp_s

    @property
    def by_api_s(self) -> float | None:
        """The skew of the local clock that the API shows."""
        return None if self.api_s is None else self.local_s - self.api_s


class Told(NamedTuple):
    """Who is named, and the exit code."""

    parties: frozenset[str]
    exit_code: int


def severity(skew_s: float) -> int:
    """Return the exit code for such a skew."""
    return 2 if abs(skew_s) >= CRITICAL_S else int(abs(skew_s) >= WARNING_S)


def way(party: str, ahead_s: float) -> str:
    """Return the finding that names a party."""
    return f"{party}-{'ahead' if ahead_s > 0 else 'behind'}"


def wanted(cell: Cell) -> set[Told]:
    """Return all that may be told of *cell*."""
    by_ntp_s, by_api_s = cell.by_ntp_s, cell.by_api_s
    if by_ntp_s is None and by_api_s is None:
        return {Told(frozenset(), 3)}
    if by_ntp_s is None:
        assert by_api_s is not None
        return {Told(frozenset({"skew-undecided" if by_api_s else "api-ok"}), severity(by_api_s))}
    local = way("local", by_ntp_s)
    if by_api_s is None:
        return {Told(frozenset({local}), severity(by_ntp_s)) if by_ntp_s else Told(frozenset({"clock-ok"}), 3)}
    apart_s = by_ntp_s - by_api_s
    if not by_ntp_s:
        named = way("api", apart_s) if by_api_s else "not-skew"
        return {Told(frozenset({named}), severity(by_api_s))}
    if not by_api_s:
        return {Told(frozenset({"ntp-differs"}), 1)}
    worse = max(severity(by_ntp_s), severity(by_api_s))
    alone, both = (Told(frozenset(parties), worse) for parties in ({local}, {local, way("api", apart_s)}))
    if by_ntp_s * by_api_s < 0 or abs(apart_s) >= WIDE_S:
        return {both}
    return {alone, both} if apart_s else {alone}


def told(run: Run) -> Told:
    """Return what the program said."""
    return Told(frozenset(run.found & PARTIES), run.exit_code)


class Bench(NamedTuple):
    """Whom to ask for each time."""

    ntp: dict[float | None, Sequence[str]]
    api: dict[float | None, str]

    def ask(self, cell: Cell) -> list[Run]:
        """Run the program in *cell* until it says what it should; whatever it says is held against the truth."""
        environment = {**UNCOUNTED, **(wrong_clock(cell.local_s) if cell.local_s else {})}
        more = ("-t", "4s") if cell.api_s is None else ()

        def run() -> Run:
            return command.check(self.ntp[cell.ntp_s], self.api[cell.api_s], *more, environment=environment)

        return until_calm(run, lambda attempt: "error" not in attempt.report and told(attempt) in wanted(cell))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Run three time servers and a web server for each time, and some of either that never say anything."""
    folder = tmp_path_factory.mktemp("matrix")
    names = {f"{number}{ahead_s:+}": ahead_s for ahead_s in AHEAD_S for number in range(SERVERS)}
    with ExitStack() as running:
        (folder / "ntp").mkdir()
        chrony = running.enter_context(bench_chrony.running(folder / "ntp", names))
        nginx = running.enter_context(webservers.running(folder / "web", [("nginx", by_s) for by_s in AHEAD_S]))
        ntp: dict[float | None, Sequence[str]] = {
            by_s: [chrony[name].server for name, ahead_s in names.items() if ahead_s == by_s] for by_s in AHEAD_S
        }
        ntp[None] = [_silent(running, socket.SOCK_DGRAM) for _ in range(SERVERS)]
        api: dict[float | None, str] = {by_s: nginx["nginx", by_s].url for by_s in AHEAD_S}
        api[None] = f"http://{_silent(running, socket.SOCK_STREAM)}/"
        yield Bench(ntp, api)


def _silent(running: ExitStack, kind: socket.SocketKind) -> str:
    """Open a port that takes what comes, and says nothing."""
    silent = running.enter_context(socket.socket(socket.AF_INET, kind))
    silent.bind(("127.0.0.1", 0))
    if kind is socket.SOCK_STREAM:
        silent.listen(64)
    return f"127.0.0.1:{silent.getsockname()[1]}"


BLOCKED = {
    "nobody": [Cell(*times) for times in itertools.product(AHEAD_S, repeat=3)],
    "ntp": [Cell(local_s, None, api_s) for local_s, api_s in itertools.product(AHEAD_S, repeat=2)],
    "api": [Cell(local_s, ntp_s, None) for local_s, ntp_s in itertools.product(AHEAD_S, repeat=2)],
    "both": [Cell(local_s, None, None) for local_s in AHEAD_S],
}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("blocked", BLOCKED)
def test_the_right_party_in_every_cell(blocked: str, bench: Bench) -> None:
    """Party and exit code are right; no attempt says ok, or names nobody, where a clock is off for all to see."""
    cells = BLOCKED[blocked]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for cell, runs in zip(cells, pool.map(bench.ask, cells), strict=True):
            for run in runs:
                _hold(cell, run)


JUDGED = (
    Cell(0.0, 0.0, 0.0),
    Cell(0.0, 0.0, -3.0),
    Cell(0.2, 0.0, 0.0),
    Cell(0.0, 3600.0, 0.0),
    Cell(0.0, 3600.0, -3.0),
    Cell(-3.0, None, 0.0),
    Cell(0.0, 0.0, None),
    Cell(0.0, None, None),
)
"""One of each kind."""
FORMATS: dict[str, Callable[[str], object]] = {
    "text": str.splitlines,
    "nagios": judges.performance,
    "prometheus": judges.series,
    "junit": judges.cases,
    "github": lambda output: [judges.command(line) for line in output.splitlines()],
}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_accepted_by_its_judge(name: str, bench: Bench) -> None:
    """Of each kind of cell, failures included, as it comes out of the program; the exit code is the same as ever.

    The screen is 24 lines of 80 columns, the answer on the first of them.
    """

    def ask(cell: Cell) -> Done:
        words = [word for server in bench.ntp[cell.ntp_s] for word in ("-H", server)]
        words += ["--url", bench.api[cell.api_s], "-t", "4s", "--format", name]
        faked = wrong_clock(cell.local_s) if cell.local_s else {}
        return skewcheck("check", *words, environment={"COLUMNS": "80", **faked})

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for cell, done in zip(JUDGED, pool.map(ask, JUDGED), strict=True):
            assert FORMATS[name](done.out), (cell, done)
            if name == "text":
                assert not done.err, (cell, done)
                screen.check(done.out, done.exit_code)
            assert done.exit_code in {told.exit_code for told in wanted(cell)} | {3}, (cell, done)


def _hold(cell: Cell, run: Run) -> None:
    """Hold one run against the truth, calm or not."""
    report, where = run.report, (cell, run.report["summary"], told(run))
    off = bool(cell.by_ntp_s or cell.by_api_s)
    assert not (off and report["status"] == "ok"), where
    assert not (off and "not-skew" in run.found), where
    assert report["exit_code"] == run.exit_code, where
    if "error" in report:  # the host held it up past its deadline: it says so, and nothing else
        assert (report["error"]["id"], report["status"], run.exit_code) == ("host", "unknown", 3), where
        return
    if cell.by_ntp_s is not None and report["ntp"]["low_s"] is not None:
        beyond_s = max(report["ntp"]["low_s"] - cell.by_ntp_s, cell.by_ntp_s - report["ntp"]["high_s"])
        assert beyond_s <= (bench_chrony.FOLLOWER_ERROR_S if cell.ntp_s else 0), where
    (api,) = report["api"]["hosts"]
    if cell.by_api_s is not None and api["reason"] is None:
        assert api["fresh_low_s"] <= cell.by_api_s <= api["fresh_high_s"], where
    if report["proven"]:
        assert run.found & {"local-ahead", "local-behind"}, where  # plain http proves nothing of an API
    faked = "fake-time" in {finding["id"] for finding in report["findings"]}
    assert faked == bool(cell.local_s), where
    if cell.local_s and run.found & {"local-ahead", "local-behind"}:
        step = report["next"][0]
        assert step["kind"] == "without-fake", where
        assert step["command"].startswith("env -u LD_PRELOAD -u FAKETIME skewcheck check"), where
    assert run.took_s < 15, where
