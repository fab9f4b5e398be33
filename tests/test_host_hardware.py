"""What carries the clock, read from real and from written files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench.faketime import wrong_clock
from bench.tools import need
from hypothesis import example, given
from hypothesis import strategies as st

from skewcheck.host import kernel
from skewcheck.host.files import Files
from skewcheck.host.kernel import UpTimes, read_hardware, system_uptimes
from skewcheck.model import Hardware

HOSTS = Path(__file__).parent / "hosts"
NOW_S = 1_800_000_000.0
AWAKE = UpTimes(lambda: 10**12, lambda: 10**12)


def _read(host: str) -> Hardware:
    return read_hardware(Files(str(HOSTS / host)), AWAKE, lambda: NOW_S)


def _slept(folder: Path, slept_ns: int) -> float:
    return read_hardware(Files(str(folder)), UpTimes(lambda: 10**12, lambda: 10**12 + slept_ns)).slept_s


def _written(folder: Path, **files: str) -> Files:
    """Return a host with these files; `__` stands for a slash."""
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Files(str(folder))


def test_this_host() -> None:
    """The real files and clocks of this machine: a counter is named, and nothing is out of the world."""
    if sys.platform != "linux":
        pytest.skip("only Linux tells")
    found = read_hardware(Files())
    assert found.clocksource is not None
    assert 0 <= found.slept_s < 86400 * 3650


def test_a_guest_of_kvm() -> None:
    """The processor's own counter beside kvm-clock is steady; the host keeps a clock for this guest."""
    assert _read("hw-kvm") == Hardware(clocksource="tsc", ptp=("KVM virtual PTP",))


def test_a_laptop_beside_windows() -> None:
    """The kernel gave up the TSC; the battery-backed clock is an hour ahead because it is kept in local time.

    The network card's clock device is none that a daemon could follow.
    """
    found = _read("hw-tsc-unstable")
    assert found == Hardware("hpet", unsteady_clocksource=True, rtc_ahead_s=3600.5, rtc_in_local_time=True)


def test_a_guest_of_azure() -> None:
    """Hyper-V's page is steady, its clock is there, the battery-backed one is right."""
    assert _read("hw-azure") == Hardware("hyperv_clocksource_tsc_page", rtc_ahead_s=0.0, ptp=("hyperv",))


def test_a_guest_of_aws() -> None:
    """Xen's counter is steady although tsc is there; the kernel says which of two clocks it was set from."""
    assert _read("hw-aws") == Hardware("xen", rtc_ahead_s=30.5, ptp=("ena-ptp-05", "vmclock0"))


@pytest.mark.parametrize(
    ("source", "unsteady"),
    [
        *((name, True) for name in kernel.UNSTEADY),
        *((name, False) for name in ("tsc", "kvm-clock", "xen", "hyperv_clocksource_msr", "arch_sys_counter")),
    ],
)
def test_which_counters_are_unsteady(source: str, unsteady: bool, tmp_path: Path) -> None:
    """Only those that a kernel takes for want of a better one."""
    files = _written(tmp_path, **{kernel._CLOCKSOURCE.strip("/") + "__current_clocksource": source + "\n"})
    assert read_hardware(files, AWAKE).unsteady_clocksource is unsteady


def test_no_files_at_all(tmp_path: Path) -> None:
    """A sandbox without /sys, and a system without these clocks, say nothing and no harm."""
    assert read_hardware(Files(str(tmp_path)), AWAKE) == Hardware()


def test_a_system_without_these_clocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no clock that goes on while the host sleeps, nobody can tell."""
    monkeypatch.delattr("time.CLOCK_BOOTTIME", raising=False)
    assert system_uptimes() is None
    assert read_hardware(Files(str(tmp_path))).slept_s == 0


@pytest.mark.parametrize(
    ("slept_ns", "slept_s"),
    [
        pytest.param(-5_000, 0, id="read one after the other"),
        pytest.param(-(10**9), 0, id="stopped between the two"),
        pytest.param(900_000, 0, id="noise"),
        pytest.param(3 * 3600 * 10**9, 3 * 3600, id="a night"),
    ],
)
def test_sleep(slept_ns: int, slept_s: float, tmp_path: Path) -> None:
    """What is more than the time between two readings is sleep, to the second."""
    assert _slept(tmp_path, slept_ns) == pytest.approx(slept_s)


def test_a_time_namespace_is_no_sleep(tmp_path: Path) -> None:
    """A namespace that shifts the two clocks apart is taken out; sleep on top of it is still seen."""
    _written(tmp_path, proc__self__timens_offsets="monotonic  50  0\nboottime  1000  500000000\nbogus\n")
    assert _slept(tmp_path, 950_500_000_000) == 0
    assert _slept(tmp_path, 1_010_500_000_000) == pytest.approx(60)


def test_a_real_time_namespace_is_no_sleep() -> None:
    """In a namespace of util-linux's unshare whose clocks are 950 s apart this host slept no more than outside."""
    command = [need("unshare"), "--time", "--monotonic", "50", "--boottime", "1000"]
    program = "from skewcheck.host.kernel import *; print(read_hardware(Files()).slept_s)"
    if os.geteuid() != 0:
        command.insert(1, "--map-root-user")
    result = subprocess.run([*command, sys.executable, "-c", program], capture_output=True, text=True, check=False)
    if "unshare" in result.stderr:
        pytest.skip(f"this host lets nobody make time namespaces: {result.stderr.strip()}")
    assert float(result.stdout) == pytest.approx(read_hardware(Files()).slept_s, abs=0.1), result.stderr


@pytest.mark.parametrize("monotonic", [True, False], ids=["all clocks faked", "one clock faked"])
def test_a_faked_clock_is_no_sleep(monotonic: bool) -> None:
    """What libfaketime does shifts both clocks or none: nothing is left between them that looks like a night."""
    program = "from skewcheck.host.kernel import *; print(read_hardware(Files()).slept_s)"
    env = {**os.environ, **wrong_clock(-3600)}
    if monotonic:
        del env["FAKETIME_DONT_FAKE_MONOTONIC"]
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=env)
    assert float(result.stdout) == pytest.approx(read_hardware(Files()).slept_s, abs=0.1), result.stderr


@given(st.integers(-(10**9), 10**9), st.floats(0, 0.999))
@example(-1, 0.5)
def test_the_battery_backed_clock_is_known_to_a_second(ahead_s: int, fraction: float) -> None:
    """It shows whole seconds: what is said is off by at most the bound, and 0 is said only within it."""

    class _Files(Files):
        def names(self, path: str, most: int | None = None) -> list[str]:  # noqa: ARG002 - a folder of one
            return ["rtc0"] if path == kernel._RTC else []

        def read(self, path: str) -> str | None:
            return f"{int(NOW_S) + ahead_s}\n" if path.endswith("since_epoch") else None

    found = read_hardware(_Files(), AWAKE, lambda: NOW_S + fraction)
    assert found.rtc_ahead_s is not None
    assert abs(found.rtc_ahead_s - (ahead_s - fraction)) <= kernel.RTC_BOUND_S + 1e-6


@pytest.mark.parametrize(
    ("text", "local"),
    [
        pytest.param("0.0 0 0.0\n0\nLOCAL\n", True, id="local"),
        pytest.param("0.000000 1700000000 0.000000\n1700000000\nUTC\n", False, id="utc"),
        pytest.param("0.0 0 0.0\n0\n", False, id="two lines"),
        pytest.param("LOCAL\n", False, id="another line"),
        pytest.param("", False, id="empty"),
    ],
)
def test_the_third_line_of_adjtime(text: str, local: bool, tmp_path: Path) -> None:
    """It is that line alone that says so."""
    assert read_hardware(_written(tmp_path, etc__adjtime=text), AWAKE).rtc_in_local_time is local


@given(st.binary(max_size=200))
def test_never_raises(content: bytes) -> None:
    """Whatever stands in any of the files, there is an answer, and what of it is shown is safe to show."""

    class _Files(Files):
        def names(self, path: str, most: int | None = None) -> list[str]:  # noqa: ARG002 - every folder has these
            return ["a", "rtc0"]

        def read_bytes(self, path: str) -> bytes | None:  # noqa: ARG002 - every file has this
            return content

    found = read_hardware(_Files(), AWAKE)
    assert (found.clocksource or "").isprintable()
    assert all(name.isprintable() for name in found.ptp)


@pytest.mark.parametrize("digits", ["9" * 5000, "٣", "-", "1_000", "0x10", "1e9", "9" * 19])
def test_numbers_that_no_clock_shows(digits: str, tmp_path: Path) -> None:
    """A clock's device that tells nonsense can't be read."""
    assert read_hardware(_written(tmp_path, sys__class__rtc__rtc0__since_epoch=digits), AWAKE).rtc_ahead_s is None
