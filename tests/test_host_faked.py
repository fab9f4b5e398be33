"""What fakes this process's time: found by the kernel's own time, with a clean environment too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench.faketime import wrong_clock
from bench.tools import need_library
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.host.files import MAX_BYTES, Files
from skewcheck.host.kernel import find_fake, other_rate
from skewcheck.model import Fake, KernelClock, Unknown

LOOK = """
import os
from skewcheck.host.kernel import find_fake
from skewcheck.host.files import Files
from skewcheck.host.kernel import read_kernel
fake = find_fake(read_kernel(), Files(), os.environ)
print("none" if fake is None else f"{fake.how} {fake.ahead_s:.1f}")
"""
CLEAN = "import os\nfor name in [n for n in os.environ if n.startswith(('LD_', 'FAKETIME'))]: del os.environ[name]\n"
REFUSED = Unknown("refused")
MAPPED = "7f1d8a400000-7f1d8a421000 r-xp 00004000 fe:00 1311 {}\n"


def _look(program: str = LOOK, **environment: str) -> str:
    env = {**os.environ, **environment}
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=env)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def _kernel(ahead_of_python_s: float | None) -> KernelClock:
    return KernelClock(16.0, flagged_unsynchronised=True, frequency_ppm=0, ahead_of_python_s=ahead_of_python_s)


def _host(folder: Path, maps: str | None = None, preload: str | None = None) -> Files:
    for path, text in (("proc/self/maps", maps), ("etc/ld.so.preload", preload)):
        if text is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    return Files(str(folder))


def test_nobody_fakes_this_process() -> None:
    """An honest process finds nothing, and one with a library that fakes nothing neither."""
    assert _look() == "none"
    assert _look(LD_PRELOAD=need_library("libfaketime.so.1")) == "none"


@pytest.mark.parametrize("ahead_s", [-100.0, 0.2, 3600.0])
def test_libfaketime(ahead_s: float) -> None:
    """Named, with how far this process's clock is ahead of the kernel's (negative: behind)."""
    assert _look(**wrong_clock(ahead_s)) == f"libfaketime {ahead_s:.1f}"


def test_libfaketime_with_its_own_monotonic_clock() -> None:
    """As the command `faketime` sets it up: the monotonic clock is faked as well."""
    assert _look(LD_PRELOAD=need_library("libfaketime.so.1"), FAKETIME="-100s") == "libfaketime -100.0"


def test_a_clean_environment_hides_nothing() -> None:
    """A program that takes the variables away after its start still runs on a wrong clock, and is told so."""
    assert _look(CLEAN + LOOK, **wrong_clock(-100)) == "libfaketime -100.0"


@pytest.mark.parametrize("how", ["home", "file"])
def test_libfaketime_told_by_a_file(how: str, tmp_path: Path) -> None:
    """What to fake may stand in a file instead of a variable."""
    told = tmp_path / ".faketimerc"
    told.write_text("+50s\n")
    where = {"HOME": str(tmp_path)} if how == "home" else {"FAKETIME_TIMESTAMP_FILE": str(told)}
    assert _look(CLEAN + LOOK, LD_PRELOAD=need_library("libfaketime.so.1"), **where) == "libfaketime 50.0"


RATES = {
    "+0 x0.1": True, "+0 x2": True, "+0 x10,0": True, "-1d x-1": True, "+0 x0": True, "+0 x": True, "+0  x 3": True,
    "+0 x1.001": True, "+1y i2,0": True, "+0 i0.001": True, "@2020-01-01 00:00:00 x2": True, "% x2": True,
    "2020-01-01 00:00:00": True, "Wed Jan 1 2020": True, "1577836800": True,
    "+0": False, "-3.5s": False, "+1,5h": False, "+0 x1": False, "+0 x1.0": False, "+0 x01,00": False, "%": False,
    "@2020-01-01 00:00:00": False, "": False, "  ": False,
}  # fmt: skip
"""What libfaketime can be told, and whether time then runs at another rate: a date alone stands still."""
LOADED = MAPPED.format("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


@pytest.mark.parametrize(("told", "another"), RATES.items())
def test_a_rate_is_read_where_libfaketime_reads_it(told: str, another: bool, tmp_path: Path) -> None:
    """From the variable, else from the first file that there is; and only where the library is loaded."""
    files, away = _host(tmp_path, maps=LOADED), Files(str(tmp_path / "away"))
    (tmp_path / "home").mkdir()
    (tmp_path / "etc").mkdir()
    for name in ("told.rc", "home/.faketimerc", "etc/faketimerc"):
        (tmp_path / name).write_text(f"# a remark with x2\n{told}\n")
    assert other_rate(files, {"FAKETIME": told, "HOME": "/nowhere"}) is another
    assert other_rate(files, {"FAKETIME_TIMESTAMP_FILE": "/told.rc"}) is another
    assert other_rate(files, {"HOME": "/home"}) is another
    assert other_rate(files, {}) is another
    assert not other_rate(files, {"FAKETIME": "+0"})
    assert not other_rate(away, {})
    assert not other_rate(_host(tmp_path / "b", maps=""), {"FAKETIME": told})
    fake = find_fake(_kernel(0.0), files, {"FAKETIME": told})
    assert fake == (Fake("libfaketime", None, other_rate=True) if another else None)


@pytest.mark.parametrize("setting", ["+0 x0.1", "-5 x2", "2020-01-01 00:00:00", "+0 i0.5"])
def test_a_real_process_at_another_rate(setting: str) -> None:
    """What the loaded library is told is found, with a real environment and real maps."""
    program = LOOK + "print(fake is not None and fake.other_rate)"
    program = program.replace('f"{fake.how} {fake.ahead_s:.1f}"', "fake.how")
    assert _look(program, LD_PRELOAD=need_library("libfaketime.so.1"), FAKETIME=setting) == "libfaketime\nTrue"


def test_a_kernel_that_disagrees_without_a_library(tmp_path: Path) -> None:
    """A patched vDSO or a debugger has no library: the difference is enough."""
    fake = find_fake(_kernel(0.5), _host(tmp_path, maps=MAPPED.format("/usr/bin/python3.11")), {})
    assert fake == Fake("something between this process and the kernel", -0.5)


def test_an_unknown_library_is_told_and_not_accused(tmp_path: Path) -> None:
    """What is preloaded may be innocent, so it is only mentioned, and safe to show."""
    files = _host(tmp_path, maps=MAPPED.format("/usr/bin/python3.11"), preload="/lib/libother.so\n")
    fake = find_fake(_kernel(-3), files, {"LD_PRELOAD": "/opt/\x1b]0;libjemalloc.so.2"})
    assert fake is not None
    assert fake.how == (
        "something between this process and the kernel (preloaded: \\u001b]0;libjemalloc.so.2, libother.so)"
    )
    assert fake.ahead_s == 3


@pytest.mark.parametrize(
    ("path", "how"),
    [
        pytest.param("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "libfaketime", id="libfaketime"),
        pytest.param("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "libfaketime", id="threads"),
        pytest.param("/a folder/libfaketime.so.1 (deleted)", "libfaketime", id="deleted"),
        pytest.param("/usr/lib/x86_64-linux-gnu/datefudge/datefudge.so", "datefudge", id="datefudge"),
        pytest.param("/home/libfaketime/venv/bin/python", None, id="a folder of that name"),
    ],
)
def test_where_the_kernel_refuses_the_loaded_library_counts(path: str, how: str | None, tmp_path: Path) -> None:
    """It is loaded under its own name, or it is not."""
    for kernel in (REFUSED, _kernel(None)):
        fake = find_fake(kernel, _host(tmp_path, maps="7f00-7f01 rw-p 0 00:00 0\n" + MAPPED.format(path)), {})
        assert fake == (None if how is None else Fake(how, None))


def test_what_is_loaded_beats_the_environment(tmp_path: Path) -> None:
    """Variables for a library that the loader didn't take (a static program, a wrong path) fake nothing."""
    files = _host(tmp_path, maps=MAPPED.format("/usr/bin/python3.11"))
    assert find_fake(REFUSED, files, {"LD_PRELOAD": "/nowhere/libfaketime.so.1", "FAKETIME": "-1d"}) is None


@pytest.mark.parametrize(
    ("environ", "preload"),
    [
        pytest.param({"LD_PRELOAD": "libother.so:/opt/libfaketime.so.1"}, None, id="LD_PRELOAD"),
        pytest.param({"DYLD_INSERT_LIBRARIES": "/opt/libfaketime.1.dylib"}, None, id="macOS"),
        pytest.param({"FAKETIME": "-1d"}, None, id="FAKETIME"),
        pytest.param({}, "/opt/libfaketime.so.1\n", id="ld.so.preload"),
    ],
)
def test_where_nothing_can_be_read_the_environment_counts(
    environ: dict[str, str], preload: str | None, tmp_path: Path
) -> None:
    """Neither the kernel nor /proc tells: what the loader was told is all that there is."""
    assert find_fake(REFUSED, _host(tmp_path, preload=preload), environ) == Fake(
        "libfaketime" if preload is None else "libfaketime (from /etc/ld.so.preload)",  # no variable takes that away
        None,
    )
    assert find_fake(REFUSED, Files(str(tmp_path / "none")), {}) is None


def test_a_library_behind_the_first_page_of_maps_is_seen() -> None:
    """A real /proc/self/maps is longer than the page that one read gives; preloaded libraries stand at its end."""
    maps = Files().read("/proc/self/maps")
    if maps is None:
        pytest.skip("this system has no /proc/self/maps")
    assert len(maps) > 4096
    assert "[stack]" in maps or len(maps) == MAX_BYTES


@given(st.binary(max_size=300), st.binary(max_size=300), st.sampled_from([None, 0.0, 1.0, -1e300]))
def test_never_raises(maps: bytes, preload: bytes, ahead_s: float | None) -> None:
    """Whatever stands in the files, there is an answer, and it is safe to show."""

    class _Files(Files):
        def read_bytes(self, path: str) -> bytes | None:
            return maps if path == "/proc/self/maps" else preload

    for kernel in (_kernel(ahead_s), REFUSED):
        fake = find_fake(kernel, _Files(), {"LD_PRELOAD": preload.decode("latin-1")})
        assert fake is None or fake.how.isprintable()
