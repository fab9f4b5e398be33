"""The one command that fits this host and this illness, from host facts made by hand."""

import pytest

from skewcheck.judge.remedies import follow_device, mend_clock, mend_zone
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
        ("linux", facts(running("ntpd")), "do: sudo systemctl restart ntpsec"),
        ("linux", facts(running("ntpd"), distribution="ubuntu"), "do: sudo systemctl restart ntp"),
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
        ("linux", facts(stopped("ntpd")), "do: sudo systemctl enable --now ntpsec"),
        # One of which nothing more can be said, or that isn't known.
        ("linux", facts(Daemon("chronyd", None, UNKNOWN)), "next: chronyc sources -v"),
        ("linux", facts(running("phc2sys")), GENERIC),
        # None at all.
        ("linux", facts(), "do: sudo apt-get install chrony"),
        ("linux", facts(distribution="ubuntu"), "do: sudo apt-get install chrony"),
        ("linux", facts(distribution="rocky"), "do: sudo yum install chrony && sudo systemctl enable --now chronyd"),
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
    step = mend_clock("linux", facts(running(name, GOOD)), wrong_daemon=name)
    assert (step.kind, step.command) == ("next", command)


@pytest.mark.parametrize(
    ("cloud", "hint"),
    [
        ("aws", "server 169.254.169.123 prefer iburst"),
        ("gce", "server metadata.google.internal iburst"),
        ("azure", "refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2"),
    ],
)
def test_a_cloud_names_its_own_clock(cloud: str, hint: str) -> None:
    """Who is about to choose a server is told the cloud's own; who only sets the clock is not."""
    assert hint in mend_clock("linux", facts(cloud=cloud)).why
    assert hint in mend_clock("linux", facts(stopped("chronyd"), cloud=cloud)).why
    assert hint in mend_clock("linux", facts(container="kubernetes", cloud=cloud)).why
    assert hint in mend_clock("linux", facts(CHRONYD, cloud=cloud), wrong_daemon="chronyd").why
    assert hint not in mend_clock("linux", facts(CHRONYD, cloud=cloud)).why


@pytest.mark.parametrize(
    ("trouble", "zone", "place", "commands"),
    [
        ("zone-missing", "Europe/Berlin", Place(distribution="debian"),
         ("sudo timedatectl set-timezone Europe/Berlin",)),
        ("zone-missing", None, Place(), ("ls /usr/share/zoneinfo",)),
        ("zone-missing", "Etc/GMT+3", Place(container="docker"),
         ("mend it in the image that this container is started from",)),
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
    """What stands in a command to be pasted is a zone's name or a placeholder, never foreign text."""
    assert mend_zone(trouble, zone, place) == commands


def test_only_devices_that_follow_utc_are_advised() -> None:
    """The clocks of hypervisors and hosts are, under the names that udev gives them; a network card's own is not."""
    assert follow_device("KVM virtual PTP") == "refclock PHC /dev/ptp_kvm poll 3 dpoll -2 offset 0 stratum 2"
    assert follow_device("hyperv") == "refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2"
    assert follow_device("ena-ptp-05") == "refclock PHC /dev/ptp_ena poll 3 dpoll -2 offset 0 stratum 2"
    assert follow_device("igb ptp") is None


def test_the_remedy_is_that_of_the_daemon_that_is_wrong() -> None:
    """Two run: the one that was contradicted is looked at, not the first."""
    host = facts(running("systemd-timesyncd", GOOD), running("chronyd", GOOD))
    assert mend_clock("linux", host, wrong_daemon="chronyd").command == "chronyc sources -v"


def test_a_daemon_that_follows_a_wrong_server_is_not_told_to_set_the_clock() -> None:
    """Restarted, it would set the clock wrong again: the server is named, and the file that names it."""
    wrong = ConfiguredServer("ntp.corp", "/etc/systemd/timesyncd.conf")
    step = mend_clock("linux", facts(running("systemd-timesyncd", GOOD)), wrong_server=wrong)
    assert (step.kind, step.command) == ("next", "timedatectl timesync-status")
    assert step.why == (
        "ntp.corp, which this host is set up to follow, is wrong: replace it in /etc/systemd/timesyncd.conf"
    )
