"""Whatever holds the process up, it is gone soon after its time, with 3, and nothing of `-o` is left half-written."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from bench import outlets
from bench.terminal import terminal
from bench.tools import need_library
from bench.typed import UNCOUNTED, Done, checked, clean, servers_for, skewcheck, started

from skewcheck.cli import last_resort, output
from skewcheck.examine import default_timeout_s
from skewcheck.examine.request import MAX_SAMPLES
from skewcheck.examine.request import TIMEOUT_S as NTP_S
from skewcheck.lab.http import HttpServer
from skewcheck.measure import poll
from skewcheck.model import Request

TIMEOUT_S = 1.0
IN_TIME = ("-t", f"{TIMEOUT_S}s")
SLACK_S = 20.0
"""What a busy machine may add. What is held up here is held up for ever."""
OPAQUE = "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789"
OFFLINE = ("token", "--env", "TOKEN", "--offline", *IN_TIME)
PROGRAM = """
import ctypes, os, sys, threading, time
from time import sleep
from skewcheck import examine
from skewcheck.cli import last_resort, main
def hold_python():
    library, lock = ctypes.PyDLL(None), ctypes.create_string_buffer(64)
    library.pthread_mutex_lock(lock)
    library.pthread_mutex_lock(lock)
{}
sys.argv = ['skewcheck', *sys.argv[1:]]
main()
"""
"""The program with something in it that doesn't end. A lock is taken twice, by a call that keeps Python's own: none of
its threads runs any more, and no signal gets the call to return."""


def run(*words: str, seconds: float = TIMEOUT_S + last_resort.HARD_S, **settings: Any) -> Done:
    """Run it, with a token at hand; it has to end in so many *seconds* and the slack."""
    environment = {"TOKEN": OPAQUE, **settings.pop("environment", {})}
    done = skewcheck(*words, environment=environment, **settings)
    assert done.took_s < seconds + SLACK_S
    assert "Traceback" not in done.err
    return done


def changed(what: str) -> list[str]:
    """Return the program in which *what* was done before it starts."""
    return [sys.executable, "-c", PROGRAM.format(what)]


@pytest.fixture(scope="module")
def answering() -> Iterator[list[str]]:
    """Give the words that make `clock` exit 2, in time."""
    with servers_for("critical") as named:
        yield ["clock", *named, *IN_TIME]


@pytest.fixture(scope="module")
def silent() -> Iterator[list[str]]:
    """Give the words that make `clock` use all of its time."""
    with servers_for("unknown") as named:
        yield ["clock", *named, *IN_TIME]


# --- An output that nobody takes ---


@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "non-blocking"])
@pytest.mark.parametrize("opened", [outlets.pipe, outlets.stream, outlets.packets, outlets.terminal])
def test_stdout_that_nobody_reads(opened: Callable[[], outlets.Opened], blocking: bool, answering: list[str]) -> None:
    """The report can't be written: 3 by the deadline, and stderr tells the verdict all the same."""
    with outlets.full(opened, blocking=blocking) as writer:
        done = run(*answering, "-v", *(["--json"] if blocking else []), stdout=writer)
    assert done.exit_code == 3
    assert "could not be written" in done.err
    assert "the answer was: " in done.err


@pytest.mark.parametrize("words", [["--help"], ["clock", "--jsno", "--json"]])
def test_information_that_nobody_reads(words: list[str]) -> None:
    """Nor does what has no -t yet wait for ever: it gets the usual time."""
    with outlets.full() as writer:
        assert run(*words, stdout=writer, stderr=writer).exit_code == 3


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_terminal_that_was_stopped(form: str, answering: list[str]) -> None:
    """Somebody pressed Ctrl-S, and has gone: both streams are stuck."""
    with outlets.stopped() as writer:
        done = run(*answering, "--format", form, stdout=writer, stderr=writer, environment={"TERM": "xterm"})
    assert done.exit_code == 3


@pytest.mark.parametrize("words", [("clock", "--jsno"), (*OFFLINE, "-o", "/nowhere/report")], ids=["usage", "output"])
def test_a_full_stderr(words: Sequence[str]) -> None:
    """A message that nobody takes changes no exit code and holds nothing up; nor do the lines of a traceback."""
    with outlets.full() as writer:
        assert run(*words, stderr=writer, environment={"SKEWCHECK_DEBUG": "1"}).exit_code == 3


def test_a_full_stderr_costs_a_notice_no_time() -> None:
    """A word beside the measurement is not waited for: the time is for measuring."""
    with outlets.full() as writer:
        done = run("token", OPAQUE, "--offline", "--on-unknown", "ok", "-t", "40s", stderr=writer, seconds=0)
    assert (done.exit_code, done.out != "") == (0, True)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_full_stderr_does_not_hold_up_a_signal(number: signal.Signals, code: int) -> None:
    """Ctrl-C ends it, whether or not somebody takes the last line, and long before -t."""
    with (
        servers_for("unknown") as named,
        outlets.full() as writer,
        started("clock", *named, "-t", "50s", stderr=writer) as running,
    ):
        with pytest.raises(Exception, match="timed out"):
            running.wait(1.5)
        running.send_signal(number)
        assert running.wait(SLACK_S) == code


# --- Time itself, and the system's libraries ---


@pytest.mark.parametrize(
    ("fake", "form"), [("+0 x-1", "json"), ("-10 x-5", "text"), ("+0 x0.001", "json"), ("2020-01-01 00:00:00", "text")]
)
def test_a_monotonic_clock_that_is_faked(fake: str, form: str, silent: list[str], tmp_path: Path) -> None:
    """It runs backwards, or hardly, or stands still: the deadline never comes, and the kernel's does."""
    environment = {"LD_PRELOAD": need_library("libfaketime.so.1"), "FAKETIME": fake}
    done = run(*silent, "--format", form, environment=environment)
    assert done.exit_code == 3
    assert "this host still held the process up" in done.err
    if form == "json":
        assert done.document["error"]["id"] == "host"
    if fake == "+0 x-1":
        os.mkfifo(tmp_path / "fifo")
        assert run(*silent, "-o", str(tmp_path / "fifo"), environment=environment).exit_code == 3


@pytest.mark.parametrize(("fake", "command"), [("+0 x0", "api"), ("-10 x-1", "check")])
def test_an_api_by_a_clock_that_stands_still(fake: str, command: str, silent: list[str]) -> None:
    """A thread waits for a moment that never comes, and keeps the others from running: still an end, and words."""
    environment = {"LD_PRELOAD": need_library("libfaketime.so.1"), "FAKETIME": fake}
    named = silent[1:-2] if command == "check" else []
    with HttpServer() as server:
        done = run(command, "--url", server.url, *named, *IN_TIME, environment=environment)
    assert (done.exit_code, "the time was over" in done.err, "defect" in done.err) == (3, True, False)


def test_words_that_take_too_long_themselves() -> None:
    """The least is said where more can't be told in time."""
    slow = "prepare = last_resort.prepare\nlast_resort.prepare = lambda _: prepare(lambda: sleep(60))\n"
    held = "from skewcheck.examine import ask_ntp\nask_ntp.poll_servers = lambda *_, **__: sleep(60)"
    done = run("clock", "-H", "127.0.0.1", *IN_TIME, program=changed(slow + held))
    assert (done.exit_code, done.err.count("the time was over")) == (3, 1)


@pytest.mark.parametrize(
    ("fed", "words"),
    [("never", OFFLINE), ("without-an-end", ("api", "--url", "http://127.0.0.1:9/", *IN_TIME))],
    ids=["never", "without-an-end"],
)
def test_a_configuration_of_openssl_that_does_not_end(fed: str, words: Sequence[str], tmp_path: Path) -> None:
    """OpenSSL reads it while no other Python code runs: where nothing comes a signal ends that, else the C library."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    feeder = [sys.executable, "-c", f"opened = open({str(fifo)!r}, 'wb', 0)\nwhile True: opened.write(b'#\\n' * 999)"]
    if fed == "never":
        done = run(*words, environment={**UNCOUNTED, "OPENSSL_CONF": str(fifo)})
        assert "this host still held the process up" in done.err
    else:
        with started(program=feeder):
            done = run(*words, environment={**UNCOUNTED, "OPENSSL_CONF": str(fifo)})
    assert done.exit_code == 3


@pytest.mark.parametrize(
    "held",
    [
        "examine.examine = lambda *_: hold_python()",
        "examine.examine = lambda *_: (threading.Thread(target=hold_python).start(), time.sleep(99))",
        "examine.examine = lambda *_: time.sleep(99)",
        "examine.examine = lambda *_: [None for _ in iter(int, 1)]",
        "last_resort._arm_signal = print; examine.examine = lambda *_: time.sleep(99)",
        "last_resort._armed_hard = print; examine.examine = lambda *_: time.sleep(99)",
        "last_resort.prepare = print; last_resort._State.tell = hold_python; examine.examine = lambda *_: sleep(99)",
    ],
    ids=["C", "C-in-a-thread", "asleep", "spinning", "second-alone", "first-alone", "in-the-last-words"],
)
def test_nothing_of_python_needs_to_run(held: str, answering: list[str]) -> None:
    """A call into C that keeps Python from running at all, in any thread; and each timer without the other."""
    assert run(*answering, program=changed(held)).exit_code == 3


def test_where_there_is_no_memory_to_end_in_the_kernel_kills(answering: list[str]) -> None:
    """Neither Python runs nor the C library can start a thread: the process is gone all the same, and says no 1."""
    used = "int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()"
    held = (
        "import resource; hold = hold_python\n"
        f"def starved(*_):\n"
        f"    used = {used}\n"
        "    resource.setrlimit(resource.RLIMIT_AS, (used, used)); hold()\n"
        "examine.examine = starved"
    )
    assert run(*answering, program=changed(held)).exit_code in (3, -signal.SIGKILL)


def test_a_busy_machine_is_waited_for(answering: list[str], tmp_path: Path) -> None:
    """A process that isn't given a CPU is late, not stuck: as much more as it waited for one, up to a limit."""
    (tmp_path / "waited").write_text("9 9000000000 9\n")
    late = f"last_resort._WAITED_FOR_A_CPU = {str(tmp_path / 'waited')!r}; examine.examine = lambda *_: time.sleep(99)"
    done = run(*answering, program=changed(late))
    assert done.exit_code == 3
    assert "this host still held the process up" in done.err
    assert done.took_s > TIMEOUT_S + last_resort.GRACE_S + 2 * last_resort.AGAIN_S


# --- Whoever started it ---


def block() -> None:
    """Let no signal through."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def ignore() -> None:
    """Have alarms ignored."""
    signal.signal(signal.SIGALRM, signal.SIG_IGN)


@pytest.mark.parametrize("prepare", [block, ignore])
def test_a_parent_that_wants_no_alarms(prepare: Callable[[], None], tmp_path: Path) -> None:
    """What is blocked or ignored stays so through exec: this one signal counts all the same."""
    os.mkfifo(tmp_path / "fifo")
    done = run(*OFFLINE, environment={**UNCOUNTED, "OPENSSL_CONF": str(tmp_path / "fifo")}, preexec_fn=prepare)
    assert (done.exit_code, "this host still held the process up" in done.err) == (3, True)


def test_the_alarm_of_a_parent_stays_its_own() -> None:
    """`alarm` and exec is how some limit a program's time: what comes sooner than ours ends it as they want it."""
    with servers_for("unknown") as named:
        done = run("clock", *named, "-t", "30s", preexec_fn=lambda: signal.alarm(1), seconds=1.0)
    assert (done.exit_code, done.out) == (-signal.SIGALRM, "")


def test_an_alarm_that_somebody_sends_is_not_ours() -> None:
    """SIGALRM from outside, long before the time is over, ends it as other signals do."""
    with servers_for("unknown") as named, started("clock", *named, "-t", "50s") as running:
        with pytest.raises(Exception, match="timed out"):
            running.wait(1.5)
        running.send_signal(signal.SIGALRM)
        out, err = running.communicate(timeout=SLACK_S)
    assert (running.returncode, out, err) == (128 + signal.SIGALRM, "", "skewcheck: terminated: there is no verdict\n")


# --- Who isn't to be ended ---


def test_a_person_is_waited_for() -> None:
    """While somebody looks for a token, neither timer runs."""
    quick = "last_resort.GRACE_S, last_resort.HARD_S = 0.1, 0.3"
    with terminal(*changed(quick), "token", "--offline", "-t", "0.1s", environment=clean()) as shown:
        shown.wait_for("not shown): ")
        shown._look(1.5)
        assert shown._process.poll() is None
        shown.send("\r")
        assert shown.end() == 3


@pytest.mark.parametrize(
    ("command", "timeout"),
    [("clock", "30d"), ("clock", "9000d"), ("check", "9000d"), ("token", "9000d"), ("demo", "9000d")],
)
def test_more_time_than_a_system_call_can_count(command: str, timeout: str, tmp_path: Path) -> None:
    """Who gives a month or thirty years gets a report, in a file, and not a defect."""
    (tmp_path / "token").write_text(OPAQUE)
    with servers_for("ok") as named, HttpServer() as api:
        words = {
            "clock": named,
            "check": [*named, "--url", api.url, "--token-file", str(tmp_path / "token")],
            "token": ["--url", api.url, *named, "--file", str(tmp_path / "token")],
            "demo": [],
        }[command]
        done = run(command, *words, "--json", "-t", timeout, "-o", str(tmp_path / "report"), seconds=10.0)
    assert (done.out, done.err) == ("", "")
    assert "error" not in checked((tmp_path / "report").read_text())


def test_samples_are_given_their_time() -> None:
    """Without -t, what is enforced is never less than what the measurement itself takes at most."""
    for samples in range(1, MAX_SAMPLES + 1):
        longest_s = NTP_S + (samples - 1) * max(poll.SPACING_S, poll.NIST_SPACING_S)
        assert default_timeout_s(Request("clock", samples=samples)) >= longest_s


def test_no_timer_is_left_behind() -> None:
    """A program that calls `run` in its own process is not ended later, and has its own alarm again."""
    mine = signal.signal(signal.SIGALRM, handler := lambda *_: None)
    theirs = signal.setitimer(signal.ITIMER_REAL, 300.0, 7.0)
    try:
        last_resort.arm(50.0)
        assert 50.0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 50.0 + last_resort.GRACE_S
        last_resort.arm(float("inf"))
        assert signal.getitimer(signal.ITIMER_REAL)[0] <= 300.0  # theirs comes first, and stays
        last_resort.arm(-5.0)
        last_resort.disarm()
        left_s, every_s = signal.getitimer(signal.ITIMER_REAL)
        assert 300.0 - SLACK_S < left_s <= 300.0
        assert every_s == 7.0
        assert signal.getsignal(signal.SIGALRM) is handler
    finally:
        signal.signal(signal.SIGALRM, mine)
        signal.setitimer(signal.ITIMER_REAL, *theirs)


def test_what_is_written_without_a_timeout_leaves_no_timer(capfd: pytest.CaptureFixture[str]) -> None:
    """Nor does a word to a real stream, of a program that calls us and sets no time."""
    del capfd  # it is here so that both streams have descriptors
    before = signal.getsignal(signal.SIGALRM)
    output.write_stderr("a word\n")
    assert not last_resort.armed()
    assert signal.getsignal(signal.SIGALRM) is before
