"""Which daemon a host has, whether it runs, and what it says: by the files that each leaves behind."""

import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.host.daemons import MAX_PROCESSES, NOBODY, read_daemons
from skewcheck.host.files import Files
from skewcheck.model import Daemon, DaemonClaim, Unknown

HOSTS = Path(__file__).parent / "hosts"
NOW_S = 1_795_000_000.0
CLAIM = DaemonClaim(synchronised=True, bound_s=0.003, source="192.0.2.1", stratum=3, age_s=20.0)
NOT_RUNNING = Unknown("it is not running")
NOT_SEEN = Unknown("whether it runs can't be seen from here")
SILENT = Unknown("it doesn't say more without rights")


def _read(root: Path, chronyd: DaemonClaim | Unknown = NOBODY) -> tuple[Daemon, ...]:
    return tuple(daemon._replace(unit=None) for daemon in _with_units(root, chronyd))


def _with_units(root: Path, chronyd: DaemonClaim | Unknown = NOBODY) -> tuple[Daemon, ...]:
    return read_daemons(Files(str(root)), tracking=lambda _: chronyd, now_s=NOW_S)


def _copy(name: str, folder: Path) -> Path:
    """Return a copy of a host that a test may change."""
    return Path(shutil.copytree(HOSTS / name, folder / name, symlinks=True))


@pytest.mark.parametrize(
    ("name", "chronyd", "expected"),
    [
        ("debian-chrony", CLAIM, [("chronyd", True, CLAIM)]),
        ("ubuntu", CLAIM, [("chronyd", True, CLAIM), ("systemd-timesyncd", False, NOT_RUNNING)]),
        ("rhel", CLAIM, [("chronyd", True, CLAIM)]),
        ("amazon-linux", CLAIM, [("chronyd", True, CLAIM)]),
        ("alpine", NOBODY, [("chronyd", True, NOBODY)]),
        ("timesyncd-dropins", NOBODY, [("systemd-timesyncd", True, SILENT)]),
        ("openntpd", NOBODY, [("openntpd", True, SILENT)]),
        ("ntpsec", NOBODY, [("ntpd", True, SILENT)]),
        ("ntp-classic", NOBODY, [("ntpd", True, SILENT)]),
        ("ntpd-rs", NOBODY, [("ntpd-rs", True, SILENT)]),
    ],
)
@pytest.mark.parametrize("by", ["units", "processes"])
def test_the_daemon_that_runs(
    name: str,
    chronyd: DaemonClaim | Unknown,
    expected: list[tuple[str, bool, DaemonClaim | Unknown]],
    by: str,
    tmp_path: Path,
) -> None:
    """Each host's daemon is known, with its claim, by systemd's units and without systemd by its process."""
    root = _copy(name, tmp_path)
    if by == "processes" and (root / "sys").exists():
        shutil.rmtree(root / "sys")
        if name == "timesyncd-dropins":
            (root / "proc/401").mkdir()
            (root / "proc/401/comm").write_text("systemd-timesyn\n")
    assert _read(root, chronyd) == tuple(Daemon(*daemon) for daemon in expected)


@pytest.mark.parametrize(("ago_s", "age_s"), [(30.0, 30.0), (0.0, 0.0), (-5.0, None)])
def test_timesyncd_s_stamp_tells_its_last_good_sample(ago_s: float, age_s: float | None, tmp_path: Path) -> None:
    """It touches a file at each good sample; one from the future, after a step, has no age."""
    root = _copy("debian-timesyncd", tmp_path)
    os.utime(root / "run/systemd/timesync/synchronized", (NOW_S - ago_s,) * 2)
    assert _read(root) == (Daemon("systemd-timesyncd", True, DaemonClaim(synchronised=True, age_s=age_s)),)


def test_timesyncd_without_a_stamp_is_not_synchronised(tmp_path: Path) -> None:
    """A timesyncd that runs and never had a good sample says so by what is missing."""
    root = _copy("debian-timesyncd", tmp_path)
    (root / "run/systemd/timesync/synchronized").unlink()
    assert _read(root) == (Daemon("systemd-timesyncd", True, DaemonClaim(synchronised=False)),)


def test_an_old_cgroup_tree_is_read_as_well(tmp_path: Path) -> None:
    """Control groups version 1 keep systemd's units one folder deeper."""
    root = _copy("debian-chrony", tmp_path)
    groups = root / "sys/fs/cgroup"
    shutil.rmtree(root / "proc/612")
    (groups / "systemd").mkdir()
    (groups / "system.slice").rename(groups / "systemd/system.slice")
    assert _read(root) == (Daemon("chronyd", True, NOBODY),)


def _without_its_daemon(folder: Path) -> Path:
    root = _copy("debian-chrony", folder)
    shutil.rmtree(root / "proc/612")
    shutil.rmtree(root / "sys")
    return root


@pytest.mark.parametrize(
    ("name", "unit"),
    [("debian-chrony", "chrony"), ("rhel", "chronyd"), ("ntpsec", "ntpsec"), ("ntp-classic", "ntpd"), ("alpine", None)],
)
def test_the_unit_that_was_seen_is_kept(name: str, unit: str | None) -> None:
    """One daemon has other services' names elsewhere: what is to be restarted is the one that is here."""
    assert [daemon.unit for daemon in _with_units(HOSTS / name)] == [unit]


def test_a_stopped_daemon_is_listed(tmp_path: Path) -> None:
    """A daemon that is installed and doesn't run is there to be started."""
    assert _read(_without_its_daemon(tmp_path)) == (Daemon("chronyd", False, NOT_RUNNING),)


def test_hidden_processes_are_not_missing_ones(tmp_path: Path) -> None:
    """Under hidepid nobody can say that a daemon doesn't run."""
    root = _without_its_daemon(tmp_path)
    (root / "proc/1/comm").unlink()
    assert _read(root) == (Daemon("chronyd", None, NOT_SEEN),)


@pytest.mark.parametrize("namespace", ["pid:[4026532281]", None])
def test_a_container_does_not_see_the_host(namespace: str | None, tmp_path: Path) -> None:
    """In another namespace of processes the host's daemons are out of sight."""
    root = _without_its_daemon(tmp_path)
    (root / "proc/self/ns/pid").unlink()
    if namespace is not None:
        (root / "proc/self/ns/pid").symlink_to(namespace)
    assert _read(root) == (Daemon("chronyd", None, NOT_SEEN),)


def test_a_container_with_systemd_sees_its_own_alone(tmp_path: Path) -> None:
    """What runs in the container is seen; of what else is installed there nobody can say."""
    root = _copy("ubuntu", tmp_path)
    (root / "proc/self/ns/pid").unlink()
    assert _read(root, CLAIM) == (Daemon("chronyd", True, CLAIM), Daemon("systemd-timesyncd", None, NOT_SEEN))


@pytest.mark.parametrize("installed", [True, False])
def test_who_answers_runs(installed: bool, tmp_path: Path) -> None:
    """A chronyd that answers runs, though its process is out of sight (a pod on the host's network)."""
    root = _without_its_daemon(tmp_path)
    (root / "proc/self/ns/pid").unlink()
    if not installed:
        (root / "usr/sbin/chronyd").unlink()
    assert _read(root, CLAIM) == (Daemon("chronyd", True, CLAIM),)


def _crowded(folder: Path) -> Path:
    root = _without_its_daemon(folder)
    for number in range(2, MAX_PROCESSES + 2):
        (root / f"proc/{number}").mkdir()
    return root


def test_a_crowd_is_not_searched_to_its_end(tmp_path: Path) -> None:
    """Of many processes only some are looked at: then a daemon's absence is unknown, unless systemd tells."""
    root = _crowded(tmp_path)
    assert _read(root) == (Daemon("chronyd", None, NOT_SEEN),)
    (root / "sys/fs/cgroup/system.slice").mkdir(parents=True)
    assert _read(root) == (Daemon("chronyd", False, NOT_RUNNING),)


def test_early_processes_are_looked_at_first(tmp_path: Path) -> None:
    """Processes count in the order of their numbers, not of their names' letters."""
    root = _crowded(tmp_path)
    for number in range(1000, 2100):  # more than are read of other folders, and first by their letters
        (root / f"proc/{number}").mkdir(exist_ok=True)
    (root / "proc/99/comm").write_text("chronyd\n")
    assert _read(root) == (Daemon("chronyd", True, NOBODY),)


def test_busybox_is_no_installed_daemon(tmp_path: Path) -> None:
    """Every Alpine has BusyBox's ntpd; it counts when it runs."""
    root = _copy("alpine", tmp_path)
    (root / "proc/2104/comm").write_text("ntpd\n")
    (root / "usr/sbin/chronyd").unlink()
    assert _read(root) == (Daemon("ntpd", True, SILENT),)
    (root / "proc/2104/comm").unlink()
    assert _read(root) == ()


def test_an_empty_container_has_no_daemon(tmp_path: Path) -> None:
    """Where there is nothing, nothing is listed."""
    assert _read(tmp_path) == ()


@given(st.dictionaries(st.sampled_from(["1", "77", "²", "٣", "x", "9" * 30]), st.binary(max_size=40), max_size=4))
def test_hostile_process_names_do_no_harm(tmp_path_factory: pytest.TempPathFactory, names: dict[str, bytes]) -> None:
    """Any process may call itself anything: nothing is raised, and at worst it passes for a daemon."""
    root = tmp_path_factory.mktemp("hostile")
    for number, name in names.items():
        (root / "proc" / number).mkdir(parents=True)
        (root / "proc" / number / "comm").write_bytes(name)
    assert all(daemon.running for daemon in _read(root))


def test_this_machine_is_read_in_a_moment() -> None:
    """On the machine at hand, whatever runs here, it ends soon and calls nobody's absence bad news."""
    begun_s = time.perf_counter()
    daemons = read_daemons(Files(), tracking=lambda _: NOBODY, now_s=time.time())
    assert time.perf_counter() - begun_s < 0.5
    assert [daemon.running for daemon in daemons] == sorted((d.running for d in daemons), key=lambda runs: not runs)
