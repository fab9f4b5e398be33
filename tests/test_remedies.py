"""The one command that fits this host and this illness, from host facts made by hand."""

import pytest

from skewcheck.judge.remedies import LONGEST_WHY, disable, follow_device, mend_clock, smears
from skewcheck.judge.zones import mend_zone
from skewcheck.model import ConfiguredServer, Daemon, DaemonClaim, Fake, Hardware, HostFacts, Place, Unknown, Zone

UNKNOWN = Unknown("not told")
GOOD = DaemonClaim(synchronised=True, bound_s=0.003)
LOST = DaemonClaim(synchronised=False)


def facts(
    *daemons: Daemon,
    container: str | None = None,
    wsl: int | None = None,
    docker_desktop: bool = False,
    cloud: str | None = None,
    distribution: str | None = "debian",
    fake: Fake | None = None,
) -> HostFacts:
    """Return what such a host says."""
    place = Place(container, wsl, docker_desktop, None, cloud, distribution)
    return HostFacts(UNKNOWN, daemons, place, Zone("UTC", 0), Hardware(), fake, ())


def running(name: str, claim: DaemonClaim | Unknown = UNKNOWN) -> Daemon:
    """Return a daemon that runs."""
    return Daemon(name, running=True, claim=claim)


def stopped(name: str) -> Daemon:
    """Return a daemon that is installed and doesn't run."""
    return Daemon(name, running=False, claim=UNKNOWN)


NODE = "next: kubectl debug node/NODE -it --profile=sysadmin --image=busybox -- chroot /host chronyc tracking"
ON_THE_HOST = "next: chronyc tracking || timedatectl timesync-status"
GENERIC = "next: timedatectl timesync-status || chronyc tracking"
CHRONYD = running("chronyd")


@pytest.mark.parametrize(
    ("platform", "host", "expected"),
    [
        # A process that is told another time: before all else, on every system.
        ("linux", facts(CHRONYD, fake=Fake("libfaketime", 100.0)), "do: env -u LD_PRELOAD -u FAKETIME skewcheck clock"),
        ("linux", facts(fake=Fake("libfaketime", None)), "do: env -u LD_PRELOAD -u FAKETIME skewcheck clock"),
        ("linux", facts(fake=Fake("datefudge", -9.0), container="docker"),
         "do: env -u LD_PRELOAD -u FAKETIME skewcheck clock"),
        ("linux", facts(fake=Fake("libfaketime (from /etc/ld.so.preload)", 100.0)),
         "next: env | grep LD_PRELOAD; cat /etc/ld.so.preload"),
        ("linux", facts(fake=Fake("something", 100.0)), "next: env | grep LD_PRELOAD; cat /etc/ld.so.preload"),
        ("linux", facts(CHRONYD, fake=Fake("libfaketime", 1e-5)), "do: sudo chronyc makestep"),
        # What is below a container or WSL, whatever daemon is seen from inside.
        ("linux", facts(CHRONYD, container="kubernetes"), NODE),
        ("linux", facts(container="ecs", cloud="aws"), "next: aws ssm start-session --target INSTANCE"),
        ("linux", facts(container="docker", docker_desktop=True), "do: docker desktop restart"),
        ("linux", facts(container="kubernetes", docker_desktop=True), "do: docker desktop restart"),
        ("linux", facts(container="docker", wsl=2), "do: wsl -u root hwclock -s"),
        ("linux", facts(container="docker"), ON_THE_HOST),
        ("linux", facts(stopped("chronyd"), container="podman"), ON_THE_HOST),
        ("linux", facts(container="lxc"), ON_THE_HOST),
        ("linux", facts(container="container"), ON_THE_HOST),
        ("linux", facts(wsl=2), "do: sudo hwclock -s"),
        ("linux", facts(wsl=1), "do: w32tm /resync /rediscover"),
        # Other systems.
        ("darwin", facts(), "do: sudo sntp -sS time.apple.com"),
        ("win32", facts(), "do: w32tm /resync /rediscover"),
        ("freebsd14", facts(), "next: ntpq -pn || chronyc tracking"),
        # A daemon that runs.
        ("linux", facts(CHRONYD), "do: sudo chronyc makestep"),
        ("linux", facts(running("chronyd", GOOD)), "do: sudo chronyc makestep"),
        ("linux", facts(running("chronyd", LOST)), "next: chronyc sources -v"),
        ("linux", facts(CHRONYD, distribution="alpine"), "do: chronyc makestep"),
        ("linux", facts(running("systemd-timesyncd")), "do: sudo systemctl restart systemd-timesyncd"),
        ("linux", facts(running("systemd-timesyncd", LOST)), "do: sudo systemctl restart systemd-timesyncd"),
        ("linux", facts(running("ntpd")), "do: sudo systemctl restart ntpsec || sudo systemctl restart ntp"),
        ("linux", facts(running("ntpd"), distribution="ubuntu"),
         "do: sudo systemctl restart ntpsec || sudo systemctl restart ntp"),
        ("linux", facts(running("ntpd")._replace(unit="ntp")), "do: sudo systemctl restart ntp"),
        ("linux", facts(running("ntpd"), distribution="rhel"), "do: sudo systemctl restart ntpd"),
        ("linux", facts(running("ntpd"), distribution="alpine"), "do: rc-service ntpd restart"),
        ("linux", facts(running("ntpd-rs")), "do: sudo systemctl restart ntpd-rs"),
        ("linux", facts(running("openntpd")), "do: sudo systemctl restart openntpd"),
        ("linux", facts(stopped("chronyd"), running("ntpd-rs")), "do: sudo systemctl restart ntpd-rs"),
        # One that doesn't.
        ("linux", facts(stopped("chronyd")), "do: sudo systemctl enable --now chrony"),
        ("linux", facts(stopped("chronyd"), distribution="amzn"), "do: sudo systemctl enable --now chronyd"),
        ("linux", facts(stopped("chronyd"), distribution=None), "do: sudo systemctl enable --now chronyd"),
        ("linux", facts(stopped("chronyd"), distribution="alpine"),
         "do: rc-update add chronyd && rc-service chronyd start"),
        ("linux", facts(stopped("systemd-timesyncd")), "do: sudo timedatectl set-ntp true"),
        ("linux", facts(stopped("ntpd")),
         "do: sudo systemctl enable --now ntpsec || sudo systemctl enable --now ntp"),
        # One of which nothing more can be said, or that isn't known.
        ("linux", facts(Daemon("chronyd", None, UNKNOWN)), "next: chronyc sources -v"),
        ("linux", facts(running("phc2sys")), GENERIC),
        # None at all.
        ("linux", facts(), "do: sudo apt-get install chrony"),
        ("linux", facts(distribution="ubuntu"), "do: sudo apt-get install chrony"),
        ("linux", facts(distribution="rocky"), "do: sudo yum install chrony && sudo systemctl enable --now chronyd"),
        ("linux", facts(distribution="amzn"), "do: sudo yum install chrony && sudo systemctl enable --now chronyd"),
        ("linux", facts(distribution="azurelinux"),
         "do: sudo tdnf install chrony && sudo systemctl enable --now chronyd"),
        ("linux", facts(distribution="alpine"),
         "do: apk add chrony && rc-update add chronyd && rc-service chronyd start"),
        ("linux", facts(distribution="sles"), "do: sudo zypper install chrony && sudo systemctl enable --now chronyd"),
        ("linux", facts(distribution="arch"), "do: sudo timedatectl set-ntp true"),
        ("linux", facts(distribution="nixos"), GENERIC),
        ("linux", facts(distribution=None), GENERIC),
        # A host that wasn't asked.
        ("linux", None, GENERIC),
    ],
)  # fmt: skip
def test_one_command_fits(platform: str, host: HostFacts | None, expected: str) -> None:
    """Fake, then what is below, then the system, then its daemon decide; `do` mends it here, `next` finds out."""
    step = mend_clock(platform, host)
    assert f"{step.kind}: {step.command}" == expected
    assert step.why


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("chronyd", "chronyc sources -v"),
        ("systemd-timesyncd", "timedatectl timesync-status"),
        ("ntpd", "ntpq -pn"),
        ("ntpd-rs", "ntp-ctl status"),
        ("openntpd", "sudo ntpctl -s all"),
    ],
)
def test_a_daemon_that_believes_itself_right_is_not_told_to_set_the_clock(name: str, command: str) -> None:
    """Setting the clock once more to what a wrong server says changes nothing: its servers are what to look at."""
    other = running("phc2sys" if name == "chronyd" else "chronyd", GOOD)
    step = mend_clock("linux", facts(other, running(name, GOOD)), wrong_daemon=name)
    assert (step.kind, step.command) == ("next", command)
    assert name in step.why


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        ("/etc/chrony/chrony.conf", "chronyc sources -v"),
        ("/etc/systemd/timesyncd.conf", "timedatectl timesync-status"),
        ("/etc/ntpsec/ntp.conf", "ntpq -pn"),
        ("/etc/ntp.conf", "ntpq -pn"),
        ("/etc/openntpd/ntpd.conf", "sudo ntpctl -s all"),
        ("/etc/ntpd-rs/ntp.toml", "ntp-ctl status"),
        ("/somewhere", "timedatectl timesync-status || chronyc tracking"),
    ],
)
@pytest.mark.parametrize("wsl", [None, 2])
def test_an_outvoted_server_is_named_with_its_file(origin: str, command: str, wsl: int | None) -> None:
    """Nothing is set or restarted: the clock would go back to where that server says."""
    step = mend_clock("linux", facts(CHRONYD, wsl=wsl), wrong_server=ConfiguredServer("ntp.corp", origin))
    assert (step.kind, step.command) == ("next", command)
    assert step.why == f"ntp.corp, which this host follows, is wrong: replace it in {origin}"
    long = mend_clock("linux", facts(), wrong_server=ConfiguredServer("n" * 253, origin))
    assert long.why == "a server of this host's is wrong: replace it"


def test_a_server_that_smears_is_not_called_wrong() -> None:
    """It differs from UTC for a day around a leap second, as it says that it does."""
    assert all(map(smears, ("169.254.169.123", "metadata.google.internal", "time.google.com", "Time2.Google.com.")))
    assert not any(map(smears, ("time.cloudflare.com", "nottime.google.com", "192.0.2.1")))
    server = ConfiguredServer("time.google.com", "/etc/chrony.conf")
    assert "smears leap seconds" in mend_clock("linux", facts(CHRONYD), wrong_server=server).why


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "freebsd14"])
@pytest.mark.parametrize("cloud", [None, "aws", "gce", "azure"])
@pytest.mark.parametrize("container", [None, "docker", "kubernetes", "ecs"])
@pytest.mark.parametrize("daemon", [None, "chronyd", "systemd-timesyncd", "ntpd", "ntpd-rs", "openntpd"])
def test_every_why_is_short(platform: str, cloud: str | None, container: str | None, daemon: str | None) -> None:
    """It stands on the last line, whatever comes together; and what corrects slowly isn't said to set at once."""
    daemons = () if daemon is None else (running(daemon), stopped(daemon))
    for docker_desktop, wsl, wrong in ((False, None, None), (True, None, None), (False, 1, None), (False, 2, daemon)):
        host = facts(*daemons[:1], container=container, cloud=cloud, wsl=wsl, docker_desktop=docker_desktop)
        step = mend_clock(platform, host, wrong_daemon=wrong)
        assert len(step.why) <= LONGEST_WHY, step
        assert "at once" not in step.why.replace("asks its server at once", "") or "makestep" in step.command
    if docker_desktop := container == "docker" and platform == "linux":
        step = mend_clock(platform, facts(container=container, docker_desktop=docker_desktop))
        assert "stops every container" in step.why


def test_what_ends_a_second_daemon() -> None:
    """Its own service alone: timedatectl would end whichever daemon there is."""
    assert disable(running("systemd-timesyncd"), Place()) == "sudo systemctl disable --now systemd-timesyncd"
    assert disable(running("ntpd"), Place(distribution="alpine")) == "rc-update del ntpd && rc-service ntpd stop"


@pytest.mark.parametrize(
    ("cloud", "hint"),
    [
        ("aws", "server 169.254.169.123 prefer iburst"),
        ("gce", "server metadata.google.internal iburst"),
        ("azure", "refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 stratum 2"),
    ],
)
def test_a_cloud_names_its_own_clock(cloud: str, hint: str) -> None:
    """Who is about to choose a server is told the cloud's own; who only sets the clock is not."""
    assert hint in mend_clock("linux", facts(cloud=cloud)).why
    assert hint in mend_clock("linux", facts(stopped("chronyd"), cloud=cloud)).why
    assert hint in mend_clock("linux", facts(CHRONYD, cloud=cloud), wrong_daemon="chronyd").why
    for container in ("kubernetes", "ecs"):  # there is no server to choose in there
        assert hint not in mend_clock("linux", facts(container=container, cloud=cloud)).why
    assert hint not in mend_clock("linux", facts(CHRONYD, cloud=cloud)).why


@pytest.mark.parametrize(
    ("trouble", "zone", "place", "commands"),
    [
        ("zone-missing", "Europe/Berlin", Place(distribution="debian"),
         ("sudo timedatectl set-timezone Europe/Berlin",)),
        ("zone-missing", None, Place(), ("ls /usr/share/zoneinfo",)),
        ("zone-missing", "Etc/GMT+3", Place(container="docker"),
         ("in the image: ln -sf /usr/share/zoneinfo/Etc/GMT+3 /etc/localtime",)),
        ("zone-dangling", "Europe/Berlin", Place(container="docker", distribution="debian"),
         ("in the image: apt-get install tzdata",)),
        ("zone-unreadable", None, Place(container="docker"), ("in the image: chmod a+r /etc/localtime",)),
        ("zone-not-a-zone", "$(reboot)", Place(), ("ls /usr/share/zoneinfo",)),
        ("zone-not-a-zone", "Europe/../../x", Place(), ("ls /usr/share/zoneinfo",)),
        ("zone-stale", "America/Lima", Place(distribution="alpine"),
         ("ln -sf /usr/share/zoneinfo/America/Lima /etc/localtime",)),
        ("zone-dangling", "Europe/Berlin", Place(distribution="debian"), ("sudo apt-get install tzdata",)),
        ("zone-dangling", "Europe/Berlin", Place(), ("sudo timedatectl set-timezone Europe/Berlin",)),
        ("zone-unreadable", None, Place(), ("sudo chmod a+r /etc/localtime",)),
        ("zone-tz-ignored", "Foo", Place(distribution="alpine"), ("unset TZ",)),
        ("zone-tz-ignored", "Europe/Berlin", Place(distribution="alpine"), ("apk add tzdata", "unset TZ")),
        ("zone-of-silence", None, Place(), ()),
    ],
)  # fmt: skip
def test_each_trouble_of_a_zone_has_its_own_remedy(
    trouble: str, zone: str | None, place: Place, commands: tuple[str, ...]
) -> None:
    """What stands in a command to be pasted is a zone's name, never a placeholder or foreign text."""
    assert mend_zone(trouble, zone, place) == commands


def test_only_devices_that_follow_utc_are_advised() -> None:
    """The clocks of hypervisors and hosts are, under the names that udev gives them; a network card's own is not."""
    assert follow_device("KVM virtual PTP") == "refclock PHC /dev/ptp_kvm poll 3 dpoll -2 offset 0 stratum 2"
    assert follow_device("hyperv") == "refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2"
    assert follow_device("ena-ptp-05") == "refclock PHC /dev/ptp_ena poll 3 dpoll -2 offset 0 stratum 2"
    assert follow_device("igb ptp") is None
