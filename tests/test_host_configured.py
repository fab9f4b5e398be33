"""The servers that a host is set up for: read from real default files of each daemon, and from hostile ones."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.host.daemons import MAX_SERVERS, read_configured
from skewcheck.host.files import Files
from skewcheck.measure.servers import parse_server
from skewcheck.model import ConfiguredServer

HOSTS = Path(__file__).parent / "hosts"

EXPECTED = {
    "debian-chrony": [
        ("2.debian.pool.ntp.org", "/etc/chrony/chrony.conf"),
        ("192.0.2.53", "/run/chrony-dhcp/eth0.sources"),
    ],
    "debian-timesyncd": [],
    "timesyncd-dropins": [
        ("192.0.2.1", "/etc/systemd/timesyncd.conf.d/50-site.conf"),
        ("ntp1.example", "/etc/systemd/timesyncd.conf.d/50-site.conf"),
        ("ntp2.example", "/etc/systemd/timesyncd.conf.d/50-site.conf"),
        ("2001:db8::123", "/usr/local/lib/systemd/timesyncd.conf.d/60-v6.conf"),
    ],
    "ubuntu": [
        ("ntp.ubuntu.com", "/etc/chrony/chrony.conf"),
        ("0.ubuntu.pool.ntp.org", "/etc/chrony/chrony.conf"),
        ("1.ubuntu.pool.ntp.org", "/etc/chrony/chrony.conf"),
        ("2.ubuntu.pool.ntp.org", "/etc/chrony/chrony.conf"),
    ],
    "rhel": [("2.rhel.pool.ntp.org", "/etc/chrony.conf")],
    "alpine": [("pool.ntp.org", "/etc/chrony/chrony.conf")],
    "amazon-linux": [
        ("time.aws.com", "/run/chrony.d/amazon-pool.sources"),
        ("169.254.169.123", "/run/chrony.d/link-local.sources"),
    ],
    "openntpd": [
        ("0.debian.pool.ntp.org", "/etc/openntpd/ntpd.conf"),
        ("1.debian.pool.ntp.org", "/etc/openntpd/ntpd.conf"),
        ("2.debian.pool.ntp.org", "/etc/openntpd/ntpd.conf"),
        ("3.debian.pool.ntp.org", "/etc/openntpd/ntpd.conf"),
    ],
    "ntpsec": [
        ("0.debian.pool.ntp.org", "/etc/ntpsec/ntp.conf"),
        ("1.debian.pool.ntp.org", "/etc/ntpsec/ntp.conf"),
        ("2.debian.pool.ntp.org", "/etc/ntpsec/ntp.conf"),
        ("3.debian.pool.ntp.org", "/etc/ntpsec/ntp.conf"),
    ],
    "ntp-classic": [
        ("0.rhel.pool.ntp.org", "/etc/ntp.conf"),
        ("1.rhel.pool.ntp.org", "/etc/ntp.conf"),
        ("2.rhel.pool.ntp.org", "/etc/ntp.conf"),
        ("3.rhel.pool.ntp.org", "/etc/ntp.conf"),
        ("ntp-b.example", "/etc/ntp.conf"),
    ],
    "ntpd-rs": [
        ("ntpd-rs.pool.ntp.org", "/etc/ntpd-rs/ntp.toml"),
        ("nts.example", "/etc/ntpd-rs/ntp.toml"),
        ("[2001:db8::7]:1123", "/etc/ntpd-rs/ntp.toml"),
    ],
}


def _files(root: Path, **written: str) -> Files:
    """Write files below *root*; `__` in a name is a slash."""
    for name, text in written.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Files(str(root))


def _hosts(files: Files, *running: str) -> list[str]:
    return [server.host for server in read_configured(files, running)]


@pytest.mark.parametrize("name", EXPECTED)
def test_each_daemon_s_files_name_its_servers(name: str) -> None:
    """Configurations as distributions ship them give the servers that the daemon would ask, and the file's name."""
    found = read_configured(Files(str(HOSTS / name)))
    assert found == tuple(ConfiguredServer(*expected) for expected in EXPECTED[name])
    for server in found:
        assert parse_server(server.host).given == server.host


def test_only_the_running_daemon_counts(tmp_path: Path) -> None:
    """What a daemon left behind that doesn't run is nobody's configuration, unless none is known to run."""
    files = _files(tmp_path, **{"etc__chrony.conf": "server a.example", "etc__ntp.conf": "server b.example"})
    assert _hosts(files, "ntpd") == ["b.example"]
    assert _hosts(files, "chronyd") == ["a.example"]
    assert _hosts(files, "systemd-timesyncd") == []
    assert _hosts(files) == ["a.example", "b.example"]


def test_chrony_s_syntax(tmp_path: Path) -> None:
    """Directives have no case; four characters begin a comment; a port is kept; what is included is read once."""
    main = """
        Server one.example PORT 1123 iburst
        ! server no1.example
        ; server no2.example
        # server no3.example
        % server no4.example
        peer 2001:db8::1 port 1123
        POOL One.Example. iburst
        server
        refclock PHC /dev/ptp0
        include /etc/chrony.conf
        include /etc/chrony.d/*.conf
        include /etc/exact
        include relative.conf
        include /etc/nowhere/*.conf
        confdir /etc/first /etc/second
        sourcedir /etc/sources
    """
    files = _files(
        tmp_path,
        **{
            "etc__chrony.conf": main,
            "etc__chrony.d__a.conf": "server a.example",
            "etc__chrony.d__b.txt": "server b.example",
            "etc__exact": "server exact.example port 0",
            "etc__second__1.conf": "server hidden.example",
            "etc__first__1.conf": "server first.example",
            "etc__second__2.conf": "server second.example",
            "etc__sources__x.sources": "pool x.example\ninclude /etc/unread",
            "etc__sources__y.conf": "server y.example",
            "etc__unread": "server unread.example",
        },
    )
    assert _hosts(files, "chronyd") == [
        "one.example:1123",
        "[2001:db8::1]:1123",
        "One.Example.",
        "a.example",
        "exact.example",
        "first.example",
        "second.example",
        "x.example",
    ]


def test_timesyncd_falls_back_only_without_servers(tmp_path: Path) -> None:
    """`FallbackNTP=` counts where no `NTP=` is left; a drop-in that links to nowhere hides those of its name."""
    files = _files(
        tmp_path,
        **{
            "usr__lib__systemd__timesyncd.conf": "[Time]\nNTP=main.example\nFallbackNTP=one.example two.example",
            "usr__lib__systemd__timesyncd.conf.d__a.conf": "[Time]\nFallbackNTP=\nFallbackNTP=three.example",
            "usr__lib__systemd__timesyncd.conf.d__b.conf": "[Time]\nNTP=masked.example",
        },
    )
    masks = tmp_path / "etc/systemd/timesyncd.conf.d"
    masks.mkdir(parents=True)
    (masks / "b.conf").symlink_to(os.devnull)
    assert _hosts(files) == ["main.example"]
    (masks / "c.conf").write_text("[Time]\nNTP=")
    assert _hosts(files) == ["three.example"]


def test_ntp_conf_s_syntax(tmp_path: Path) -> None:
    """A lease's copy goes before the file; options, comments, ports of key exchanges and included folders are known."""
    files = _files(
        tmp_path,
        **{
            "run__ntpsec__ntp.conf.dhcp": 'server -6 a.example iburst\nserver b.example:4460 \nincludefile "/etc/more"',
            "etc__ntpsec__ntp.conf": "server unread.example",
            "etc__more__1.conf": "pool c.example#d.example",
            "etc__ntpsec__ntp.d__x.conf": "peer e.example",
        },
    )
    assert _hosts(files) == ["a.example", "b.example", "c.example", "e.example"]


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost.localdomain",
        "ntp.localhost.",
        "ip6-localhost",
        "127.0.0.1",
        "127.127.20.0",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0.0.0.1",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "0:0:0:0:0:0:0:1",
    ],
)
def test_this_host_is_never_listed(host: str, tmp_path: Path) -> None:
    """Loopback, in whatever spelling, and a reference clock's address say nothing about this host's clock."""
    assert _hosts(_files(tmp_path, **{"etc__chrony.conf": f"server {host}\nserver 192.0.2.1"})) == ["192.0.2.1"]


@pytest.mark.parametrize(
    "host",
    [
        "-x.example",
        "a..example",
        "%%NTP%%",
        "${NTP}",
        "a/b",
        "é.example",
        "x" * 64,
        "a." * 127 + "a",
        "fe80::1%/b",
        "1::2::3",
        "a:b:c",
    ],
)
def test_what_is_no_name_is_not_listed(host: str, tmp_path: Path) -> None:
    """What stands in a file and can't be a name is never looked up: it may be a template's placeholder or a secret."""
    files = _files(tmp_path, **{"etc__chrony.conf": f"server {host}\nserver fe80::1%eth0"})
    assert _hosts(files) == ["fe80::1%eth0"]


def test_lists_are_bounded(tmp_path: Path) -> None:
    """However many servers and files there are, few are kept and few are read."""
    many = "".join(f"server s{number}.example\n" for number in range(1000))
    assert len(_hosts(_files(tmp_path / "a", **{"etc__chrony.conf": many}))) == MAX_SERVERS
    chain = {f"etc__{number}": f"include /etc/{number + 1}\ninclude /etc/0\n" for number in range(200)}
    chain["etc__150"] = "server far.example"
    chain["etc__chrony.conf"] = "include /etc/0\nconfdir " + "/ " * 30000
    assert _hosts(_files(tmp_path / "b", **chain)) == []


LINES = st.lists(
    st.sampled_from(
        [
            "server",
            "pool",
            "include",
            "confdir",
            "sourcedir",
            "includefile",
            "[Time]",
            "NTP=",
            "[[source]]",
            "address =",
            "mode =",
        ]
    ).flatmap(
        lambda word: st.tuples(
            st.just(word), st.text(max_size=20) | st.sampled_from(["/etc/x*", "/", "/etc", '"pool"', "'", "\0/"])
        )
    )
)
PATHS = ["chrony.conf", "ntp.conf", "ntpd.conf", "ntpd-rs/ntp.toml", "systemd/timesyncd.conf"]


@given(st.binary(max_size=400) | LINES.map(lambda lines: "\n".join(map(" ".join, lines)).encode("utf-8", "replace")))
def test_hostile_files_do_no_harm(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever the bytes, reading ends, raises nothing, and gives names that are safe to show and to look up."""
    root = tmp_path_factory.mktemp("hostile")
    for path in PATHS:
        (root / "etc" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "etc" / path).write_bytes(content)
    found = read_configured(Files(str(root)))
    assert len(found) <= MAX_SERVERS
    for server in found:
        assert server.host.isascii()
        assert server.host.isprintable()
        assert parse_server(server.host)
        assert server.origin.isprintable()


def test_a_host_without_files_names_none(tmp_path: Path) -> None:
    """A container with nothing in it is no error."""
    assert read_configured(Files(str(tmp_path))) == ()
