"""What the kernel says of its clock: read without rights, and unknown where a kernel or a filter refuses."""

import errno
import os
import signal
import subprocess
import sys
from itertools import cycle
from pathlib import Path

import pytest
from bench import seccomp
from bench.seccomp import KILL, REFUSE
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.host import kernel
from skewcheck.host.files import Files
from skewcheck.host.kernel import TimexReading, read_kernel
from skewcheck.model import KernelClock, Unknown

NOW_S = 1_800_000_000
READ = "from skewcheck.host.kernel import read_kernel; print(read_kernel())"


def _filtered(answer: int, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Read the kernel's clock in a process whose filter gives *answer* to the calls that ask for it."""
    program = seccomp.program(answer) + READ
    env = {name: value for name, value in os.environ.items() if name != "INVOCATION_ID"} | environment
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=env)


def _reading(*, status: int = 0, seconds: int = NOW_S, fraction: int = 0) -> TimexReading:
    return TimexReading(status=status, max_error_us=250_000, frequency=-65536 * 12, seconds=seconds, fraction=fraction)


def test_this_kernel_answers_anybody() -> None:
    """The real call: no rights needed, all within what a kernel can say, and nobody fakes our time."""
    if sys.platform != "linux":
        pytest.skip("only Linux can be asked")
    said = read_kernel()
    assert isinstance(said, KernelClock), said
    assert 0 <= said.max_error_s <= 16
    assert abs(said.frequency_ppm) <= 500
    assert said.ahead_of_python_s == 0


def test_the_same_as_nobody() -> None:
    """A user without any rights is told the same."""
    if os.geteuid() != 0:
        pytest.skip("only root can become nobody")
    program = f"import skewcheck.host.kernel, os, ctypes; os.setuid(65534); {READ}"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.stdout.startswith("KernelClock("), result


def test_units() -> None:
    """Microseconds, 2^-16 ppm and the one flag become what the model says."""
    said = read_kernel(lambda: _reading(status=0x40), wall_ns=lambda: NOW_S * 10**9)
    assert said == KernelClock(0.25, flagged_unsynchronised=True, frequency_ppm=-12, ahead_of_python_s=0)


def test_other_flags_are_not_that_one() -> None:
    """A kernel with every flag but STA_UNSYNC is not flagged."""
    said = read_kernel(lambda: _reading(status=0xFFFF & ~0x40), wall_ns=lambda: NOW_S * 10**9)
    assert isinstance(said, KernelClock)
    assert not said.flagged_unsynchronised


@pytest.mark.parametrize(
    ("status", "fraction"),
    [pytest.param(0, 500_000, id="microseconds"), pytest.param(0x2000, 500_000_000, id="nanoseconds")],
)
def test_the_fraction_is_read_in_the_unit_that_the_status_names(status: int, fraction: int) -> None:
    """Half a second is half a second in either unit."""
    said = read_kernel(lambda: _reading(status=status, fraction=fraction), wall_ns=lambda: NOW_S * 10**9)
    assert isinstance(said, KernelClock)
    assert said.ahead_of_python_s == pytest.approx(0.5)


@given(st.integers(-(10**12), 10**12), st.integers(0, 10**10))
def test_kernel_against_python(ahead_ns: int, takes_ns: int) -> None:
    """The difference has its sign and is never off by more than half of the time that it took to look."""
    clock = cycle((NOW_S * 10**9, NOW_S * 10**9 + takes_ns))
    kernel_ns = NOW_S * 10**9 + takes_ns // 2 + ahead_ns
    said = read_kernel(
        lambda: _reading(status=0x2000, seconds=kernel_ns // 10**9, fraction=kernel_ns % 10**9), lambda: next(clock)
    )
    assert isinstance(said, KernelClock)
    assert said.ahead_of_python_s is not None
    unseen_ns = takes_ns / 2 + kernel.COMPARABLE_NS
    if abs(ahead_ns) > unseen_ns + 1:
        assert said.ahead_of_python_s == pytest.approx(ahead_ns * 1e-9, abs=2e-9)
    if abs(ahead_ns) < unseen_ns - 1:
        assert said.ahead_of_python_s == 0


def test_a_fake_does_not_hide_in_a_wait_for_a_processor() -> None:
    """Where the process had to wait between its looks the kernel is asked again, and a fake of 200 ms is seen."""
    looks = iter([0, 600_000_000, 700_000_000, 700_001_000])  # 0.6 s for the first pair, a microsecond for the second
    asked = iter([0, 100_000_000, 500_000_000])
    said = read_kernel(
        lambda: _reading(status=0x2000, fraction=next(asked)), wall_ns=lambda: NOW_S * 10**9 + next(looks)
    )
    assert isinstance(said, KernelClock)
    assert said.ahead_of_python_s == pytest.approx(-0.2, abs=1e-3)


def test_a_step_back_between_the_two_looks_is_no_fake() -> None:
    """A daemon sets the clock back by a second just then: nothing differs."""
    clock = cycle((NOW_S * 10**9, (NOW_S - 1) * 10**9))
    said = read_kernel(lambda: _reading(seconds=NOW_S - 1), lambda: next(clock))
    assert isinstance(said, KernelClock)
    assert said.ahead_of_python_s == 0


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(OSError(errno.EPERM, "Operation not permitted"), "EPERM", id="eperm"),
        pytest.param(OSError(errno.ENOSYS, "Function not implemented"), "ENOSYS", id="enosys"),
        pytest.param(OSError(errno.EFAULT, "Bad address"), "Bad address", id="another"),
        pytest.param(OSError("only Linux\x1b can be asked"), "only Linux\\u001b can", id="ours"),
    ],
)
def test_a_refusal_is_unknown(error: OSError, words: str) -> None:
    """Whatever error there is, the answer is unknown, with a reason that is safe to show."""

    def refuse() -> TimexReading:
        raise error

    said = read_kernel(refuse)
    assert isinstance(said, Unknown)
    assert words in said.why


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOSYS], ids=["EPERM", "ENOSYS"])
def test_a_real_filter_that_refuses(code: int) -> None:
    """A process whose system calls are filtered as in a container: unknown, and it goes on."""
    result = _filtered(REFUSE | code, KUBERNETES_SERVICE_HOST="192.0.2.1")
    assert result.stdout.startswith("Unknown("), result
    assert errno.errorcode[code] in result.stdout


def test_a_real_filter_that_kills() -> None:
    """In a service of systemd asking may be answered by SIGSYS: there nobody asks. In a container we would."""
    assert _filtered(KILL, KUBERNETES_SERVICE_HOST="192.0.2.1").returncode == -signal.SIGSYS
    result = _filtered(KILL, INVOCATION_ID="0123456789abcdef0123456789abcdef", KUBERNETES_SERVICE_HOST="192.0.2.1")
    assert result.returncode == 0, result
    assert result.stdout.startswith("Unknown(why='this process is under a filter")


def test_who_is_asked_under_a_filter(tmp_path: Path) -> None:
    """Without a filter everybody; with one only where a container's runtime has left a trace, whose filters refuse."""
    files, status = Files(str(tmp_path)), tmp_path / "proc/self/status"
    assert not kernel._could_end_us({}, files)
    status.parent.mkdir(parents=True)
    for mode, could in (("0", False), ("2", True)):
        status.write_text(f"Name:\tpython\nNoNewPrivs:\t1\nSeccomp:\t{mode}\nSeccomp_filters:\t{mode}\n")
        assert kernel._could_end_us({}, files) is could
        assert kernel._could_end_us({"INVOCATION_ID": "1", "KUBERNETES_SERVICE_HOST": "192.0.2.1"}, files) is could
        assert not kernel._could_end_us({"KUBERNETES_SERVICE_HOST": "192.0.2.1"}, files)
        assert not kernel._could_end_us({"container": "podman"}, files)
    (tmp_path / "run").mkdir()
    (tmp_path / "run/.containerenv").touch()
    assert not kernel._could_end_us({}, files)


@pytest.mark.parametrize("broken", ["ctypes", "the function", "the form"])
def test_no_c_library_and_an_unknown_structure(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ctypes, without the function, and with a structure of another form it is unknown, too."""
    ctypes = pytest.importorskip("ctypes")

    class _Library:
        def __init__(self, *_: object, **__: object) -> None:
            if broken == "the form":
                self.adjtimex = lambda _: 0

    def _uncached() -> TimexReading:
        return kernel._caller.__wrapped__()()

    if broken == "ctypes":
        monkeypatch.setitem(sys.modules, "ctypes", None)
    else:
        monkeypatch.setattr(ctypes, "PyDLL", _Library)
    said = read_kernel(_uncached)
    assert isinstance(said, Unknown)
    assert ("form" in said.why) == (broken == "the form")


def test_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other systems are not asked."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert read_kernel() == Unknown("only Linux can be asked")
