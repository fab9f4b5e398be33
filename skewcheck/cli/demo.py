"""`skewcheck demo`: what `clock` and `check` show, from servers on this machine that are wrong by a chosen amount."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from skewcheck.cli import asked as asking
from skewcheck.cli import options
from skewcheck.cli.argv import Typed
from skewcheck.cli.deliver import Deadline, deliver, measured
from skewcheck.cli.help import UNMEASURED, UNMEASURED_BRIEFLY, Screen
from skewcheck.errors import UsageError, meant
from skewcheck.foreign import quoted
from skewcheck.model import Basis, DateReading, Finding, Report, Request, ServerStatus, Status, Step

if TYPE_CHECKING:
    from skewcheck.lab.ntp import NtpServer

SKEW_S = 0.2
LIARS = 1
NODE_BEHIND_S, MOST_NODES = 1.5, 16
CONNECTIONS = 24
"""Of a demonstration of nodes: those that miss one of eight in a run of 25."""
_SHOWN_BY_ALL_S = 1.2
"""A node that is off by more is named whenever a connection reaches it."""
NODES_TIMEOUT_S = 15.0
TIMEOUT_S = 6.0
"""Where an API is asked: its `Date` moves on once a second, and is watched for two or three of them."""

SCREEN = Screen(
    "See what it looks like, on servers of its own.",
    "[OPTIONS]",
    """\
Examples:
  skewcheck demo
  skewcheck demo --skew -7s --liars 2
  skewcheck demo --liars 3      three of five lie: no vote can find the truth
  skewcheck demo --api-ahead 500ms --login-ahead 1s
  skewcheck demo --nodes 8 --node-behind 1.5s
  skewcheck demo --log late-refresh""",
    UNMEASURED.format(ok="it measured what it had set up"),
    UNMEASURED_BRIEFLY,
)


class _Path(NamedTuple):
    """What lies between this host and one server, and between that server and UTC."""

    out_s: float
    back_s: float
    root_delay_s: float
    root_dispersion_s: float


# As five public servers look from a well connected host: none of the ways is the same in both directions.
_PATHS = (
    _Path(0.004, 0.006, 0.000, 0.0004),
    _Path(0.011, 0.007, 0.004, 0.0010),
    _Path(0.009, 0.016, 0.006, 0.0021),
    _Path(0.021, 0.012, 0.001, 0.0007),
    _Path(0.013, 0.029, 0.011, 0.0034),
)
_LIES_S = (3.7, -2.9, 11.0, -7.3, 19.0)
"""By how much each liar is off the truth: no two of them tell the same lie."""
_LYING_ORDER = (3, 1, 4, 0, 2)


class _Services(NamedTuple):
    """How far ahead of true time the clocks are that an API's callers meet."""

    api_ahead_s: float
    login_ahead_s: float
    nodes: int
    """Behind the name of the API; each connection reaches the next."""
    node_behind_s: float
    """So far behind the others the last of them is."""

    @property
    def ahead_s(self) -> tuple[float, float]:
        """How far ahead the API is, and the host that issues its tokens."""
        return self.api_ahead_s, self.login_ahead_s

    @property
    def nodes_s(self) -> tuple[float, ...]:
        """How far ahead of the API's clock each node is."""
        return (*(0.0,) * (self.nodes - 1), -self.node_behind_s)


class _SetUp(NamedTuple):
    """What is to be measured."""

    skew_s: float
    lying: tuple[int, ...]
    """The numbers of those servers."""
    services: _Services | None


OPTIONS = (
    "skew:demo", "liars", "api_ahead", "login_ahead", "nodes", "node_behind", "log:demo", "timeout:clock",
    *options.SHARED,
)  # fmt: skip


def demo(typed: Typed, values: Mapping[str, Any]) -> int:
    """Show the screen of clock without a network, with a skew of your choice.

    Five NTP servers are started on this machine whose clocks are wrong by what
    you choose, and asked as clock asks: real sockets, real packets, some of them
    delayed as on a network. Nothing leaves this machine, no clock is set.

    With --api-ahead or --login-ahead two HTTP servers are asked as well, as check
    asks: then it tells whose clock is off, which takes two or three seconds. With
    --nodes the API is several behind one name, one of which is behind the others:
    as check --connections 24 sees them, which takes seven seconds more.
    With --log a log is made up and read, as log reads one.
    """
    view, liars = asking.view(values), values["liars"]
    if values["log"] is not None:
        return deliver(_of_a_log(values["log"]), view)
    if liars is not None and liars > len(_PATHS):
        raise UsageError(f"--liars: of five servers {liars} can't lie", "--liars 0 to 5")
    services, nodes = _services(values), values["nodes"] is not None
    lying = _LYING_ORDER[: LIARS if liars is None else liars]
    set_up = _SetUp((0.0 if nodes else SKEW_S) if values["skew"] is None else values["skew"], lying, services)
    usual_s = None if services is None else NODES_TIMEOUT_S if nodes else TIMEOUT_S
    deadline = Deadline(typed.began_s, usual_s if values["timeout"] is None else values["timeout"]).enforced()
    request = asking.request(typed, "demo", values)._replace(timeout_s=deadline.timeout_s, ask_host=False)
    request = request._replace(connections=CONNECTIONS if nodes else None)
    with ExitStack() as running:
        report = measured(_naming(running, set_up, request), view, deadline)
    return deliver(_held_against(report, set_up), view, deadline)


def _services(values: Mapping[str, Any]) -> _Services | None:
    """Return what of an API is to be set up; None where none is. Raises UsageError."""
    api_ahead_s, login_ahead_s, nodes, behind_s = map(values.get, ("api_ahead", "login_ahead", "nodes", "node_behind"))
    if nodes is not None and not 2 <= nodes <= MOST_NODES:
        raise UsageError(f"--nodes: {nodes} nodes are not possible", f"--nodes 2 to {MOST_NODES}")
    if nodes is None and behind_s is not None:
        raise UsageError("--node-behind: of how many nodes?", "--nodes 8 --node-behind 1.5s")
    if api_ahead_s is login_ahead_s is nodes is None:
        return None
    behind_s = NODE_BEHIND_S if behind_s is None else behind_s
    return _Services(api_ahead_s or 0.0, login_ahead_s or 0.0, nodes or 1, behind_s if nodes else 0.0)


# --- The servers, and what is asked of them ---


def _naming(running: ExitStack, set_up: _SetUp, request: Request) -> Request:
    """Start the servers, until *running* ends, and return the *request* that names them."""
    servers = [running.enter_context(server) for server in _servers(set_up.skew_s, set_up.lying)]
    request = request._replace(servers=tuple(f"{host}:{port}" for host, port in (server.address for server in servers)))
    if set_up.services is None:
        return request
    from skewcheck.lab.http import HttpServer

    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"  # nothing of this may go to the proxy of this host
    api, login = (
        running.enter_context(
            HttpServer(ahead_s - set_up.skew_s, delay_out_s=path.out_s, delay_back_s=path.back_s, nodes_s=nodes_s)
        )
        for ahead_s, nodes_s, path in zip(
            set_up.services.ahead_s, (set_up.services.nodes_s, (0.0,)), _PATHS[1:3], strict=True
        )
    )
    return request._replace(url=api.url, login_url=login.url)


def _servers(skew_s: float, lying: tuple[int, ...]) -> "list[NtpServer]":
    """Return the servers: the local clock looks *skew_s* ahead of them, but for those *lying*."""
    from skewcheck.lab.ntp import NtpServer

    return [
        NtpServer(
            ahead_s=-skew_s + (_LIES_S[lying.index(number)] if number in lying else 0.0),
            root_delay_s=path.root_delay_s,
            root_dispersion_s=path.root_dispersion_s,
            delay_out_s=path.out_s,
            delay_back_s=path.back_s,
        )
        for number, path in enumerate(_PATHS)
    ]


# --- What was measured, held against what was set up ---


def _held_against(report: Report, set_up: _SetUp) -> Report:
    """Return *report* as that of a demonstration: it exits with 0 if it measured what was set up, and else with 3."""
    missed = _missed(report, set_up)
    services = set_up.services
    facts = {
        "set_up_skew_s": set_up.skew_s,
        "liars": len(set_up.lying),
        "set_up_api_ahead_s": None if services is None else services.api_ahead_s,
        "set_up_login_ahead_s": None if services is None else services.login_ahead_s,
        "set_up_nodes": None if services is None else services.nodes,
        "set_up_node_behind_s": None if services is None else services.node_behind_s,
    }
    command = "skewcheck clock" if services is None else "skewcheck check --region REGION"
    if services is not None and services.nodes > 1:
        command += f" --connections {CONNECTIONS}"
    return _shown(report, facts, missed, Step("real", command))


def _shown(report: Report, set_up: dict[str, Any], missed: str | None, real: Step) -> Report:
    """Return *report* as that of a demonstration, with what was *set_up*, what it *missed*, and what to run next."""
    facts = {**set_up, "exit_code": report.exit_code, "missed": missed}
    finding = Finding("demo", Status.UNKNOWN if missed else Status.OK, tuple(facts.items()))
    return report._replace(
        command="demo",
        status=Status.UNKNOWN if missed else report.status,
        exit_code=3 if missed else 0,
        findings=(finding, *report.findings) if missed else (*report.findings, finding),
        steps=(real,),
    )


def _missed(report: Report, set_up: _SetUp) -> str | None:
    """Return what of the set-up the measurement missed, as the catalogue has it under `demo`; None for nothing."""
    return _missed_by_ntp(report, set_up.skew_s, set_up.lying) or _missed_by_api(report, set_up)


def _missed_by_ntp(report: Report, skew_s: float, lying: tuple[int, ...]) -> str | None:
    assert report.ntp is not None  # a check always asks NTP
    consensus = report.ntp.survey.consensus
    if consensus.basis is not Basis.MAJORITY or consensus.interval is None:
        if len(lying) > len(_PATHS) // 2:
            return "no-majority"
        return "too-few"
    if not consensus.interval.low_s <= skew_s <= consensus.interval.high_s:
        return "outside"
    named = {number for number, vote in enumerate(consensus.votes) if vote.status is ServerStatus.FALSETICKER}
    return None if named == set(lying) else "unnamed"


def _missed_by_api(report: Report, set_up: _SetUp) -> str | None:
    if report.api is None or set_up.services is None:
        return None
    services = set_up.services
    nodes = ({*services.nodes_s}, {0.0})
    for host, ahead_s, nodes_s in zip(report.api.survey.hosts, services.ahead_s, nodes, strict=True):
        if not isinstance(host.outcome, DateReading):
            return "api-unmeasured"
        low_s, high_s = host.outcome.interval
        if not any(low_s <= set_up.skew_s - ahead_s - node_s <= high_s for node_s in nodes_s):
            return "outside"
    off = services.nodes > 1 and abs(services.node_behind_s) >= _SHOWN_BY_ALL_S
    if off and not any(finding.id == "api-nodes-differ" for finding in report.findings):
        return "node-unseen"
    return None


# --- A log ---


def _of_a_log(cause: str) -> Report:
    """Return the report on a log that is made up with that *cause*."""
    from skewcheck.examine.of_log import LogRequest, examine_log
    from skewcheck.judge.catalogue import CATALOGUE
    from skewcheck.lab.log import FINDINGS, written

    if cause not in FINDINGS:
        near = meant(cause, FINDINGS)
        remedy = f"--log {near}" if near else f"one of {', '.join(FINDINGS)}"
        raise UsageError(f"--log: no such cause: {quoted(cause)}", remedy)
    report = examine_log(LogRequest(), content=written(cause))
    missed = None if any(found.id == FINDINGS[cause] for found in report.findings) else "cause"
    nothing = dict.fromkeys(CATALOGUE["demo"].facts.split())
    return _shown(report, nothing, missed, Step("real-log", "skewcheck log FILE"))
