"""The time zone that this process is told, and all the ways in which it silently becomes UTC."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.host.files import Files
from skewcheck.host.zone import ZONE_FOLDERS, _edition, read_zone
from skewcheck.model import Zone

HOSTS = Path(__file__).parent / "hosts"
SUMMER_S = 1_750_000_000.0
WINTER_S = 1_800_000_000.0


def _told(ahead_s: int, abbreviation: str) -> time.struct_time:
    return time.struct_time((2027, 1, 15, 8, 0, 0, 4, 15, 0, abbreviation, ahead_s))


def _read(host: str | Path, tz: str | None = None, ahead_s: int = 0, abbreviation: str = "UTC") -> Zone:
    environ = {} if tz is None else {"TZ": tz}
    return read_zone(environ, Files(str(HOSTS / host)), WINTER_S, lambda _: _told(ahead_s, abbreviation))


def _library(tz: str) -> tuple[list[int], str | None]:
    """Return what this system's C library and we make of a `TZ`: both seasons' offsets, and the trouble."""
    if not Path(ZONE_FOLDERS[0], "Europe/Berlin").exists():
        pytest.skip("zone files are missing: sudo apt-get install tzdata")
    try:
        with pytest.MonkeyPatch.context() as only:
            only.setenv("TZ", tz)
            time.tzset()
            summer, winter = (read_zone(os.environ, Files(), when) for when in (SUMMER_S, WINTER_S))
    finally:
        time.tzset()
    return [summer.utc_offset_s, winter.utc_offset_s], winter.trouble


def test_this_host() -> None:
    """The real one: the offset is the C library's."""
    found = read_zone(os.environ, Files(), time.time())
    assert found.utc_offset_s == time.localtime().tm_gmtoff
    assert found.name


def test_a_link() -> None:
    """The usual way; /etc/timezone, which may be stale, is not asked then."""
    assert _read("zone-link", ahead_s=3600, abbreviation="CET") == Zone("Europe/Berlin", 3600)


@pytest.mark.parametrize("abbreviation", ["CET", "W. Europe Standard Time"])
def test_a_zone_that_only_the_library_knows(abbreviation: str) -> None:
    """Without /etc/localtime local time can still be another than UTC (Windows, OpenWrt): then it isn't called so."""
    assert _read("zone-none", ahead_s=3600, abbreviation=abbreviation) == Zone(abbreviation, 3600)


def test_an_old_copy() -> None:
    """A copy with a rule that is no longer the zone's: named, and both rules told."""
    found = _read("zone-stale", ahead_s=-21600, abbreviation="CST")
    assert found.name == "America/Mexico_City"
    assert found.trouble == "zone-stale"
    assert found.detail == (
        "/etc/localtime is an old copy of America/Mexico_City: its rule is CST6CDT,M4.1.0,M10.5.0, by now it is CST6"
    )


def test_a_copy_that_differs_only_in_history_is_fine() -> None:
    """Two packagers cut the same edition differently: the bytes differ, the zone doesn't."""
    files = Files(str(HOSTS / "zone-copy"))
    assert files.read_bytes("/etc/localtime") != files.read_bytes("/usr/share/zoneinfo/Europe/Berlin")
    assert _read("zone-copy", ahead_s=3600, abbreviation="CET") == Zone("Europe/Berlin", 3600)


def test_another_zone_than_etc_timezone_names_is_no_old_copy() -> None:
    """A host's file mounted into a container whose /etc/timezone says UTC: its name is not known, that is all."""
    assert _read("zone-mounted", ahead_s=3600, abbreviation="CET") == Zone("CET", 3600)


@pytest.mark.parametrize(
    ("host", "trouble", "words"),
    [
        (
            "zone-dangling",
            "zone-dangling",
            "/etc/localtime points to ../usr/share/zoneinfo/Europe/Berlin, which is not",
        ),
        ("zone-missing", "zone-missing", "/etc/timezone says Europe/Berlin, and there is no /etc/localtime"),
        ("zone-folder", "zone-not-a-zone", "/etc/localtime is no file"),
        ("zone-not-a-zone", "zone-not-a-zone", "/etc/localtime is no time zone file"),
    ],
)
def test_what_silently_means_utc(host: str, trouble: str, words: str) -> None:
    """Each by its name; and none where the C library found the zone after all, or where `TZ` is set."""
    found = _read(host)
    assert found.trouble == trouble
    assert words in found.detail
    assert found.detail.endswith(": this process takes it for UTC")
    assert _read(host, ahead_s=3600).trouble is None
    assert _read(host, tz="UTC").trouble is None
    for same in ("/etc/localtime", ":/etc/localtime"):
        assert _read(host, tz=same) == found


@pytest.mark.parametrize("host", ["zone-none", "zone-dangling-utc", "hw-kvm"])
def test_who_asks_for_utc_or_for_nothing_has_no_trouble(host: str) -> None:
    """An image without any zone means UTC and says so; a link to a file of UTC that isn't there, too."""
    assert _read(host) == Zone("UTC", 0)


def test_a_file_that_this_user_may_not_read(tmp_path: Path) -> None:
    """As with a copy that was made under a strict umask; and as below a folder that nobody may enter."""
    localtime = tmp_path / "etc/localtime"
    localtime.parent.mkdir()
    localtime.write_bytes((HOSTS / "zone-copy/etc/localtime").read_bytes())

    class _Refusing(Files):
        def read_bytes(self, path: str) -> bytes | None:
            return None if path == "/etc/localtime" else super().read_bytes(path)

    found = read_zone({}, _Refusing(str(tmp_path)), WINTER_S, lambda _: _told(0, "UTC"))
    assert found == Zone(
        "UTC", 0, "zone-unreadable", "this user may not read /etc/localtime: this process takes it for UTC"
    )


@pytest.mark.parametrize("refused", ["kept/localtime", "kept"])
def test_a_file_that_nobody_may_read(refused: str) -> None:
    """The real refusal, as the user nobody: of the file that the link leads to, and of its folder."""
    if os.geteuid() != 0:
        pytest.skip("only root can become nobody")
    with tempfile.TemporaryDirectory() as name:  # pytest's own folder lets nobody in
        host = Path(name)
        for folder in ("etc", "kept"):
            (host / folder).mkdir()
        (host / "kept/localtime").write_bytes((HOSTS / "zone-copy/etc/localtime").read_bytes())
        (host / "etc/localtime").symlink_to("../kept/localtime")
        host.chmod(0o755)
        (host / refused).chmod(0)
        program = (
            "import os, time; from skewcheck.host.files import Files; from skewcheck.host.zone import read_zone\n"
            f"os.setuid(65534); print(read_zone({{}}, Files({name!r}), 0.0, lambda _: time.gmtime(0)).trouble)"
        )
        result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "zone-unreadable", result


IGNORED = [
    "Europe/Berln", "CEST", ":/nowhere", "Europe", "europe/berlin", "Europe/Berlin ", '"Europe/Berlin"', "CET+",
    "A1B-2", "AB-3", "<+03-3", "CET-x", "zone.tab", "../../../etc/passwd", "/etc/passwd", "/dev/null",
]  # fmt: skip
FINE = [
    "", ":", "UTC", ":UTC", "Etc/UTC", "utc", "Z", "GMT", "GMT0", "Etc/GMT+0", "Europe/Berlin", ":Europe/Berlin",
    "posix/Europe/Berlin", "../zoneinfo/Europe/Berlin", "/usr/share/zoneinfo/Europe/Berlin", "CET-1CEST",
    "CET-1CEST,M3.5.0,M10.5.0/3", ":CET-1", "<+03>-3", "GMT+2", "CEST2", "CET-1:xx", "EST5EDT", "Asia/Kathmandu",
]  # fmt: skip


@pytest.mark.parametrize("tz", IGNORED)
def test_a_tz_that_silently_means_utc(tz: str) -> None:
    """We say so, and this system's own C library takes each for UTC all year."""
    assert _library(tz) == ([0, 0], "zone-tz-ignored")


@pytest.mark.parametrize("tz", FINE)
def test_a_tz_that_means_what_it_says(tz: str) -> None:
    """Nothing is said, and this system's own C library takes all but those that mean UTC for another zone."""
    offsets, trouble = _library(tz)
    assert trouble is None
    says_utc = tz.strip(":").lower().removeprefix("etc/") in {"", "utc", "z", "gmt", "gmt0", "gmt+0"}
    assert any(offsets) is not says_utc


def test_an_image_without_zone_files() -> None:
    """`TZ` of a small image needs a package; a rule spelt out and UTC don't."""
    found = _read("zone-none", tz="Europe/Berlin")
    assert found == Zone(
        "Europe/Berlin",
        0,
        "zone-tz-ignored",
        "TZ=Europe/Berlin needs time zone files, and none are installed: this process takes it for UTC",
    )
    assert _read("zone-none", tz="CET-1CEST,M3.5.0,M10.5.0/3", ahead_s=3600).trouble is None
    assert _read("zone-none", tz="Etc/UTC") == Zone("Etc/UTC", 0)


def test_zone_files_elsewhere() -> None:
    """TZDIR names another folder (glibc); and what the C library found in one that we don't know is found."""
    files = Files(str(HOSTS / "zone-link"))
    environ = {"TZ": "Berlin", "TZDIR": "/usr/share/zoneinfo/Europe"}
    assert read_zone(environ, files, WINTER_S, lambda _: _told(0, "X")).trouble is None
    assert _read("zone-link", tz="Berlin").trouble == "zone-tz-ignored"
    assert _read("zone-link", tz="Berlin", ahead_s=3600).trouble is None


def test_foreign_text_is_safe_to_show() -> None:
    """A control character in `TZ` reaches nobody's screen."""
    found = _read("zone-link", tz="\x1b[2J")
    assert found.name == "\\u001b[2J"
    assert found.detail.isprintable()


def test_a_clock_that_is_off_by_millennia() -> None:
    """The C library refuses such a time; we say UTC then."""
    assert read_zone({"TZ": "UTC"}, Files(), 1e300) == Zone("UTC", 0)


def test_every_installed_zone_has_an_edition() -> None:
    """The two marks that tell zones and editions apart are found in real files of either cut."""
    berlin = [
        (HOSTS / "zone-copy" / path).read_bytes() for path in ("etc/localtime", "usr/share/zoneinfo/Europe/Berlin")
    ]
    for content in berlin:
        assert _edition(content) == ((53 * 60 + 28).to_bytes(4, "big"), b"CET-1CEST,M3.5.0,M10.5.0/3")
    assert _edition((HOSTS / "zone-mounted/usr/share/zoneinfo/Etc/UTC").read_bytes()) == (bytes(4), b"UTC0")


def test_a_file_of_the_first_version_has_no_rule_to_compare(tmp_path: Path) -> None:
    """Such a file has no rule for all time to come: nothing is said of its age."""
    content = (HOSTS / "zone-stale/etc/localtime").read_bytes()
    for path in ("etc/localtime", "etc/timezone", "usr/share/zoneinfo/America/Mexico_City"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes((HOSTS / "zone-stale" / path).read_bytes())
    (tmp_path / "etc/localtime").write_bytes(content[:4] + b"\0" + content[5:])
    assert _read(tmp_path, ahead_s=-21600, abbreviation="CST") == Zone("CST", -21600)


@given(
    st.binary(max_size=200) | st.binary(max_size=200).map(lambda rest: b"TZif" + rest),
    st.binary(max_size=60) | st.just(b"Europe/Berlin\n"),
    st.none() | st.text(max_size=30),
    st.none() | st.text(max_size=30),
)
def test_never_raises(content: bytes, named: bytes, tz: str | None, link: str | None) -> None:
    """Whatever stands in any of the files and in `TZ`, there is an answer, and it is safe to show."""

    class _Files(Files):
        def read_bytes(self, path: str) -> bytes | None:
            return named if path == "/etc/timezone" else content

        def link(self, path: str) -> str | None:  # noqa: ARG002 - every file is this link
            return link

    found = read_zone({} if tz is None else {"TZ": tz}, _Files(), WINTER_S, lambda _: _told(0, "UTC"))
    assert (found.name or "").isprintable()
    assert found.detail.isprintable()


@given(st.text(max_size=30))
def test_never_raises_on_real_files(tz: str) -> None:
    """Nor does a `TZ` that no path can be made of."""
    assert read_zone({"TZ": tz}, Files(str(HOSTS / "zone-link")), WINTER_S, lambda _: _told(0, "")).utc_offset_s == 0
