"""What every test gets: a guard that keeps packets on this machine, real servers, and skips that CI refuses."""

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench.chrony import Chronyd, running
from bench.guard import sitecustomize as guard
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from bench.typed import Done

# The profile of all property tests. They are about what is true, not about the machine: on a busy one an example
# may take any time to draw (`too_slow`) and to run (`deadline`). The fixtures that they take keep nothing from one
# example to the next. Checks are switched off here alone: a test's own list would switch `too_slow` on again.
settings.register_profile(
    "skewcheck", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.register_profile("quick", settings.get_profile("skewcheck"), max_examples=10)  # for who waits: the same, fewer
settings.load_profile("skewcheck")

THOROUGH = {
    "check_under_stress", "cli_check", "cli_demo", "cli_secrets", "cli_streams", "cli_token_secrets", "cli_usage",
    "cli_writer", "date_votes", "examine_api", "examine_token", "foreign", "guard", "host_end_to_end",
    "hostile", "hostile_http", "last_resort", "limits", "minority", "other_rate", "output_file",
    "pasted_hostile", "planted_secrets", "real_dates", "real_nodes", "real_servers", "relay", "replacement",
    "risk_simulation", "runner_commands", "slews", "spread", "tokens_hostile",
}  # fmt: skip
"""Files of `thorough` tests: a start of the program for each, real servers, or thousands of runs. A person who changes
what they hold runs them by name."""
ALONE = {"deadline"}
"""Files of `slow` tests: they hold promises of fractions of a second, for which nothing else may run beside them."""

SIMULATED = {"consensus", "date_votes", "http_date_simulation", "log_simulation", "nodes", "verifier_grid"}
"""Files whose `slow` tests only compute, thousands of runs each: they can run beside one another, and what they cover
is covered by few runs as well."""

_LEAKS = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Guard this process, and by the environment every Python that a test starts."""
    # What this machine reaches the world by is no matter of the tests: none asks by a proxy but those that set one.
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    # Shells let what they start in the background ignore both, and a test's own processes would inherit that.
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGQUIT, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
    log = Path(config.rootpath, ".cache", f"leaks-{os.getpid()}")
    log.parent.mkdir(exist_ok=True)
    log.write_text("")
    config.stash[_LEAKS] = log
    config.add_cleanup(lambda: log.unlink(missing_ok=True))
    os.environ[guard.LOG] = str(log)
    os.environ[guard.NETWORK] = guard.network()
    folders = [str(Path(guard.__file__).parent), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, folders))
    if not hasattr(sys.modules.get("sitecustomize"), guard.LeavesThisMachineError.__name__):
        guard.install()  # else Python did at its start: this process was started by one that is guarded


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put each test in its tier: see `markers` in pyproject.toml."""
    for item in items:
        name = item.path.stem.removeprefix("test_")
        if name in ALONE:
            item.add_marker(pytest.mark.slow)
        elif name in THOROUGH:
            item.add_marker(pytest.mark.thorough)
        if name in SIMULATED and item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.simulated)
            item.add_marker(pytest.mark.timeout(1200))  # thousands of runs take what the machine lets them


@pytest.fixture
def leaks(request: pytest.FixtureRequest) -> Path:
    """Return the file in which the guard notes what it stopped."""
    return request.config.stash[_LEAKS]


@pytest.fixture(autouse=True)
def _nothing_leaves_this_machine(leaks: Path) -> Iterator[None]:
    """Fail the test that tried to send anything off this machine, or whose processes did."""
    yield
    stopped = leaks.read_text()
    leaks.write_text("")
    assert not stopped, f"this test tried to leave the machine: {stopped}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Take no skip in CI: what a person may lack, CI has installed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped in CI: {report.longrepr}"
    return report


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> "Callable[..., Done]":
    """Return what runs a command line in this process, in an environment in which nothing is set.

    A hundred mistakes need no Python of their own each. What is *given* stands on standard input.
    """
    from bench.typed import Done, clean

    from skewcheck.cli import app, output

    monkeypatch.setattr(threading, "excepthook", threading.excepthook)  # `run` replaces it: put pytest's own back
    for name in set(os.environ) - set(clean()) | {"GENESYSCLOUD_REGION"}:
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, environment: Mapping[str, str] | None = None, given: str = "") -> Done:
        with monkeypatch.context() as only, tempfile.TemporaryFile() as stdin, ExitStack() as stack:
            for name, value in (environment or {}).items():
                only.setenv(name, value)
            only.setattr(output._State, "begun", False)
            only.setattr(time, "process_time", lambda: 0.1)  # by which the program tells when its process began
            stdin.write(given.encode())
            stdin.seek(0)
            stack.callback(os.dup2, stack.enter_context(open(os.dup(0), "rb")).fileno(), 0)  # noqa: PTH123 - a descriptor
            os.dup2(stdin.fileno(), 0)
            return Done(app.run(list(words)), *capsys.readouterr(), took_s=0.0)

    return run


@pytest.fixture(scope="session")
def chrony(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Chronyd]]:
    """Run real servers: three at true time, and three that lie."""
    ahead_s = {"a": 0.0, "b": 0.0, "c": 0.0, "ahead": 0.2, "behind": -0.05, "hour": -3600.0}
    with running(tmp_path_factory.mktemp("chrony"), ahead_s) as servers:
        yield servers
