"""What to run next: the command that fits this host, what was asked and what answered."""

import itertools
import shlex

import pytest
from token_cases import OFFLINE, by_ntp, judged, jwt

from skewcheck.judge.case import Case, Who
from skewcheck.judge.catalogue import CATALOGUE, STEPS
from skewcheck.judge.severity import judge
from skewcheck.judge.steps import MOST, fix_clock, mend_zone, steps
from skewcheck.model import (
    Basis,
    ConfiguredServer,
    Consensus,
    Daemon,
    DaemonClaim,
    Fake,
    Family,
    Finding,
    Hardware,
    HostFacts,
    Interval,
    LocalRun,
    NoReading,
    NtpPart,
    Place,
    Reading,
    Request,
    ServerList,
    ServerStatus,
    Status,
    Survey,
    Thresholds,
    Unknown,
    Vote,
    Zone,
)

LIMITS = Thresholds(0.1, 1.0)

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


def case(
    host: HostFacts | None = None,
    *votes: Vote,
    request: Request = Request("clock"),  # noqa: B008 - immutable
    interval: Interval | None = Interval(-0.21, -0.2),  # noqa: B008 - immutable
    own: tuple[str, ...] = (),
    platform: str = "linux",
) -> Case:
    """Return what is known where NTP gives that range; a clock that is 200 ms behind where none is given."""
    basis, middle_s = (Basis.NONE, None) if interval is None else (Basis.MAJORITY, interval.middle_s)
    survey = Survey(
        Consensus(basis, interval, middle_s, votes), ServerList.NAMED, LocalRun(0.0, 0.1, 0.0, 0.0, 0.0), False, own=own
    )
    judgement = judge(middle_s, interval, basis, LIMITS, witness=interval)
    return Case(request, LIMITS, platform, host, NtpPart(survey, judgement), who=Who.BY_NTP_ALONE)


def running(name: str, claim: DaemonClaim | Unknown = UNKNOWN) -> Daemon:
    """Return a daemon that runs."""
    return Daemon(name, running=True, claim=claim)


def stopped(name: str) -> Daemon:
    """Return a daemon that is installed and doesn't run."""
    return Daemon(name, running=False, claim=UNKNOWN)


NODE = "kubectl debug node/NODE -it --profile=sysadmin --image=busybox -- chroot /host chronyc tracking"
ON_THE_HOST = "chronyc tracking || timedatectl timesync-status"
GENERIC = "timedatectl timesync-status || chronyc tracking"
CHRONYD = running("chronyd")


@pytest.mark.parametrize(
    ("platform", "host", "expected"),
    [
        ("linux", facts(CHRONYD, fake=Fake("libfaketime", 1e-5)), "sudo chronyc makestep"),
        # What is below a container or WSL, whatever daemon is seen from inside.
        ("linux", facts(CHRONYD, container="kubernetes"), NODE),
        ("linux", facts(container="ecs", cloud="aws"), "aws ssm start-session --target INSTANCE"),
        ("linux", facts(container="docker", docker_desktop=True), "docker desktop restart"),
        ("linux", facts(container="kubernetes", docker_desktop=True), "docker desktop restart"),
        ("linux", facts(container="docker", wsl=2), "wsl -u root hwclock -s"),
        ("linux", facts(container="docker"), ON_THE_HOST),
        ("linux", facts(stopped("chronyd"), container="podman"), ON_THE_HOST),
        ("linux", facts(container="lxc"), ON_THE_HOST),
        ("linux", facts(container="container"), ON_THE_HOST),
        ("linux", facts(wsl=2), "sudo hwclock -s"),
        ("linux", facts(wsl=1), "w32tm /resync /rediscover"),
        # Other systems.
        ("darwin", facts(), "sudo sntp -sS time.apple.com"),
        ("win32", facts(), "w32tm /resync /rediscover"),
        ("freebsd14", facts(), "ntpq -pn || chronyc tracking"),
        # A daemon that runs.
        ("linux", facts(CHRONYD), "sudo chronyc makestep"),
        ("linux", facts(running("chronyd", GOOD)), "chronyc sources -v"),
        ("linux", facts(running("chronyd", LOST)), "chronyc sources -v"),
        ("linux", facts(CHRONYD, distribution="alpine"), "chronyc makestep"),
        ("linux", facts(running("systemd-timesyncd")), "sudo systemctl restart systemd-timesyncd"),
        ("linux", facts(running("systemd-timesyncd", LOST)), "sudo systemctl restart systemd-timesyncd"),
        ("linux", facts(running("ntpd")), "sudo systemctl restart ntpsec || sudo systemctl restart ntp"),
        ("linux", facts(running("ntpd"), distribution="ubuntu"),
         "sudo systemctl restart ntpsec || sudo systemctl restart ntp"),
        ("linux", facts(running("ntpd")._replace(unit="ntp")), "sudo systemctl restart ntp"),
        ("linux", facts(running("ntpd"), distribution="rhel"), "sudo systemctl restart ntpd"),
        ("linux", facts(running("ntpd"), distribution="alpine"), "rc-service ntpd restart"),
        ("linux", facts(running("ntpd-rs")), "sudo systemctl restart ntpd-rs"),
        ("linux", facts(running("openntpd")), "sudo systemctl restart openntpd"),
        ("linux", facts(stopped("chronyd"), running("ntpd-rs")), "sudo systemctl restart ntpd-rs"),
        # One that doesn't.
        ("linux", facts(stopped("chronyd")), "sudo systemctl enable --now chrony"),
        ("linux", facts(stopped("chronyd"), distribution="amzn"), "sudo systemctl enable --now chronyd"),
        ("linux", facts(stopped("chronyd"), distribution=None), "sudo systemctl enable --now chronyd"),
        ("linux", facts(stopped("chronyd"), distribution="alpine"),
         "rc-update add chronyd && rc-service chronyd start"),
        ("linux", facts(stopped("systemd-timesyncd")), "sudo timedatectl set-ntp true"),
        ("linux", facts(stopped("ntpd")),
         "sudo systemctl enable --now ntpsec || sudo systemctl enable --now ntp"),
        # One of which nothing more can be said, or that isn't known.
        ("linux", facts(Daemon("chronyd", None, UNKNOWN)), "chronyc sources -v"),
        ("linux", facts(running("phc2sys")), GENERIC),
        # None at all.
        ("linux", facts(), "sudo apt-get install chrony"),
        ("linux", facts(distribution="ubuntu"), "sudo apt-get install chrony"),
        ("linux", facts(distribution="rocky"), "sudo yum install chrony && sudo systemctl enable --now chronyd"),
        ("linux", facts(distribution="amzn"), "sudo yum install chrony && sudo systemctl enable --now chronyd"),
        ("linux", facts(distribution="azurelinux"),
         "sudo tdnf install chrony && sudo systemctl enable --now chronyd"),
        ("linux", facts(distribution="alpine"),
         "apk add chrony && rc-update add chronyd && rc-service chronyd start"),
        ("linux", facts(distribution="sles"), "sudo zypper install chrony && sudo systemctl enable --now chronyd"),
        ("linux", facts(distribution="arch"), "sudo timedatectl set-ntp true"),
        ("linux", facts(distribution="nixos"), GENERIC),
        ("linux", facts(distribution=None), GENERIC),
        # A host that wasn't asked.
        ("linux", None, GENERIC),
    ],
)  # fmt: skip
def test_one_command_fits(platform: str, host: HostFacts | None, expected: str) -> None:
    """What is below this system, then the system, then its daemon decide; what it does is in the table of words."""
    step = fix_clock(case(host, platform=platform))
    assert step.command == expected
    assert STEPS[step.kind].words


@pytest.mark.parametrize(
    ("fake", "command"),
    [
        (Fake("libfaketime", 100.0), "env -u LD_PRELOAD -u FAKETIME skewcheck clock -H ntp.example"),
        (Fake("datefudge", -9.0), "env -u LD_PRELOAD -u FAKETIME skewcheck clock -H ntp.example"),
        (Fake("libfaketime", None), "env -u LD_PRELOAD -u FAKETIME skewcheck clock -H ntp.example"),
        (Fake("libfaketime (from /etc/ld.so.preload)", 100.0), "env | grep LD_PRELOAD; cat /etc/ld.so.preload"),
        (Fake("something", 100.0), "env | grep LD_PRELOAD; cat /etc/ld.so.preload"),
    ],
)
def test_a_fake_comes_first(fake: Fake, command: str) -> None:
    """A process that sees another time is run without what shows it that, whatever leads; a right clock is left."""
    asked = Request("clock", servers=("ntp.example",))
    found = (Finding("local-ahead", Status.CRITICAL),)
    first, *_ = steps(case(facts(CHRONYD, fake=fake, container="docker"), request=asked), found)
    assert first.command == command
    fine = case(facts(CHRONYD, fake=fake), interval=Interval(-0.01, 0.01), request=asked)
    assert command not in [step.command for step in steps(fine, (Finding("clock-ok", Status.OK),))]


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
    other = running("phc2sys" if name == "chronyd" else "chronyd")
    step = fix_clock(case(facts(other, running(name, GOOD))))
    assert (step.kind, step.command) == ("look-at-sources", command)


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
def test_an_outvoted_server_of_this_host_is_looked_at(origin: str, command: str, wsl: int | None) -> None:
    """Nothing is set or restarted: the clock would go back to where that server says."""
    host = facts(CHRONYD, wsl=wsl)._replace(configured=(ConfiguredServer("ntp.corp", origin),))
    wrong = Vote(Reading("ntp.corp", "192.0.2.1", 3.0, Interval(2.9, 3.1), 0.01, ()), ServerStatus.FALSETICKER, 2.9)
    step = fix_clock(case(host, wrong))
    assert (step.kind, step.command) == ("look-at-sources", command)


@pytest.mark.parametrize("trouble", ["zone-missing", "zone-stale"])
def test_remarks_bring_their_own_step_where_there_is_room(trouble: str) -> None:
    """Two daemons, a zone and the battery-backed clock are mended beside what leads; no wrong clock is handed on."""
    host = facts(CHRONYD, running("systemd-timesyncd"))._replace(zone=Zone("Europe/Berlin", 7200, trouble, "x"))
    fine, off = Interval(-0.01, 0.01), Interval(-5.1, -5.0)

    def chosen(interval: Interval, *ids: str) -> list[str]:
        asked = Request("check", region="eu-west-1")
        return [step.command for step in steps(case(host, interval=interval, request=asked), _found(*ids))]

    assert chosen(fine, "clock-ok", "two-daemons") == ["sudo systemctl disable --now systemd-timesyncd"]
    assert chosen(fine, "clock-ok", "zone-files") == ["sudo timedatectl set-timezone Europe/Berlin"]
    assert chosen(fine, "clock-ok", "rtc-off") == ["sudo hwclock --systohc"]
    assert "sudo hwclock --systohc" not in chosen(off, "clock-slewing", "rtc-off")


def _found(*ids: str) -> tuple[Finding, ...]:
    return tuple(Finding(id_, Status.OK) for id_ in ids)


def test_what_ends_a_second_daemon() -> None:
    """Its own service alone: timedatectl would end whichever daemon there is."""
    ntpd = facts(running("chronyd", GOOD), running("ntpd"), distribution="alpine")
    (_, step) = steps(case(ntpd, interval=Interval(-0.01, 0.01)), _found("clock-ok", "two-daemons"))
    assert step.command == "rc-update del ntpd && rc-service ntpd stop"


@pytest.mark.parametrize(
    ("trouble", "zone", "place", "command"),
    [
        ("zone-missing", "Europe/Berlin", Place(distribution="debian"),
         "sudo timedatectl set-timezone Europe/Berlin"),
        ("zone-missing", None, Place(), "ls /usr/share/zoneinfo"),
        ("zone-missing", "Etc/GMT+3", Place(container="docker"),
         "ln -sf /usr/share/zoneinfo/Etc/GMT+3 /etc/localtime"),
        ("zone-dangling", "Europe/Berlin", Place(container="docker", distribution="debian"),
         "apt-get install tzdata"),
        ("zone-unreadable", None, Place(container="docker"), "chmod a+r /etc/localtime"),
        ("zone-not-a-zone", "$(reboot)", Place(), "ls /usr/share/zoneinfo"),
        ("zone-not-a-zone", "Europe/../../x", Place(), "ls /usr/share/zoneinfo"),
        ("zone-stale", "America/Lima", Place(distribution="alpine"),
         "ln -sf /usr/share/zoneinfo/America/Lima /etc/localtime"),
        ("zone-dangling", "Europe/Berlin", Place(distribution="debian"), "sudo apt-get install tzdata"),
        ("zone-dangling", "Europe/Berlin", Place(), "sudo timedatectl set-timezone Europe/Berlin"),
        ("zone-unreadable", None, Place(), "sudo chmod a+r /etc/localtime"),
        ("zone-tz-ignored", "Foo", Place(distribution="alpine"), "unset TZ"),
        ("zone-tz-ignored", "Europe/Berlin", Place(distribution="alpine"), "apk add tzdata"),
    ],
)  # fmt: skip
def test_each_trouble_of_a_zone_has_its_own_remedy(trouble: str, zone: str | None, place: Place, command: str) -> None:
    """What stands in a command to be pasted is a zone's name, never a placeholder or foreign text."""
    assert mend_zone(trouble, zone, place) == command


# --- The rules that every step keeps ---

SILENT = tuple(
    Vote(NoReading(f"ntp{n}.example", None, "no-reply", "no reply", rejected=False), ServerStatus.NO_ANSWER)
    for n in range(3)
)
REQUESTS = (
    Request("clock"),
    Request("clock", servers=("ntp.example", "[2001:db8::7]:123"), family=Family.V6),
    Request("check"),
    Request("check", region="eu-west-1", servers=("ntp.example",)),
    Request("check", url="https://gateway.example.net/a b", ca_file="/etc/my ca.pem", date_fresh=True),
    Request("api", ask_ntp=False, region="eu-west-1"),
    Request("api", ask_ntp=False, region="eu-west-1", full=True),
    Request("token", region="eu-west-1"),
    Request("token", offline=True),
)


WITHOUT_NTP = {
    "blocked": "skewcheck clock -H https://HOST1 -H https://HOST2 -H https://HOST3",
    "prohibited": "skewcheck clock -H https://HOST1 -H https://HOST2 -H https://HOST3",
    "no-network": "ip route",
    "no-route": "ip route",
    "no-such-name": "getent hosts ntp.example",
    "port-closed": "instead-of-closed",
    "rate": "instead-of-limited",
    "unsynchronised": "instead-of-unsynchronised",
    "distance": "instead-of-unsure",
    "no-address": "any-family",
    "other-address": "instead-of-elsewhere",
}


@pytest.mark.parametrize(("reason", "expected"), WITHOUT_NTP.items())
def test_each_reason_has_its_own_way_out(reason: str, expected: str) -> None:
    """No two reasons for which NTP gave nothing end in the same step, but for those that are one."""
    asked = Request("clock", servers=("ntp.example",), family=Family.V4 if reason == "no-address" else Family.ANY)
    facts_ = (("reason", reason), ("server", "ntp.example"))
    first, *_ = steps(case(request=asked, interval=None), (Finding("ntp-unreached", Status.UNKNOWN, facts_),))
    assert expected in (first.command, first.kind)


@pytest.mark.parametrize("request_", REQUESTS, ids=range(len(REQUESTS)))
@pytest.mark.parametrize(
    "interval", [Interval(-0.21, -0.2), Interval(-0.01, 0.01), None], ids=["off", "fine", "silent"]
)
def test_every_step_keeps_the_rules(request_: Request, interval: Interval | None) -> None:
    """At most two; none is what just ran; each is one that a shell takes; what was asked for is carried over."""
    for id_, reason in itertools.product(CATALOGUE, (None, "dns", "server", *WITHOUT_NTP)):
        facts_ = (("reason", reason), ("why", reason), ("server", "ntp.example"), ("host", "api.example"))
        of = case(facts(CHRONYD), *(SILENT if interval is None else ()), request=request_, interval=interval)
        chosen = steps(of, (Finding(id_, Status.WARNING, facts_),))
        assert len(chosen) <= MOST
        assert len({step.command for step in chosen}) == len(chosen)
        for step in chosen:
            words = shlex.split(step.command)
            assert step.kind in STEPS
            assert words[:2] != ["skewcheck", request_.command] or len(words) > 2
            if words[0] == "skewcheck" and words[1] in ("clock", "check", "api", "token"):
                _check_options(step.kind, words, request_)


def _check_options(kind: str, words: list[str], request: Request) -> None:
    others = kind.startswith("instead-of-") or kind in (
        "public-servers",
        "more-servers",
        "other-servers",
        "by-ntp",
        "nearer-servers",
        "by-address",
        "by-https",
        "https-time",
        "measure-clock",
    )
    if words[1] != "api" and not others:
        assert all(server in words for server in request.servers)
    if request.url is not None and words[1] != "clock" and kind != "other-path":
        assert words[words.index("--url") + 1] == request.url
    if request.ca_file is not None and words[1] != "clock" and kind != "authority-file":
        assert words[words.index("--ca-file") + 1] == request.ca_file
    if request.family is Family.V6 and not others and kind != "any-family":
        assert "-6" in words


def test_a_clock_that_was_assumed_is_to_be_measured() -> None:
    """`--skew` says what would be: what is, `clock` tells."""
    of = case(facts(CHRONYD), request=Request("token", skew=Interval(-0.25, -0.15)), interval=None)
    chosen = steps(of, (Finding("skew-assumed", Status.WARNING),))
    assert [(step.kind, step.command) for step in chosen] == [("measure-clock", "skewcheck clock")]


def test_what_this_clock_alone_calls_expired() -> None:
    """It is measured next; by true time, and as of another time, nothing is left to measure."""
    expired = _found("token-expired")
    for asked, commands in (
        (Request("token", ask_ntp=False, offline=True), ["skewcheck clock"]),
        (Request("token", ask_ntp=False, at_s=1.8e9), []),
        (Request("token"), []),
    ):
        assert [step.command for step in steps(case(facts(), request=asked), expired)] == commands


def test_a_token_that_is_open_for_want_of_a_clock_gets_the_steps_of_that() -> None:
    """Where DNS is dead no more samples: DNS is tested, as without a token."""
    silent = Finding("ntp-unreached", Status.UNKNOWN, (("reason", "dns"), ("server", "ntp0.example")))
    of = case(facts(CHRONYD), *SILENT, interval=None)
    assert steps(of, (Finding("token-open", Status.UNKNOWN), silent)) == steps(of, (silent,))


def test_a_way_that_is_shut_is_not_advised() -> None:
    """Where UDP 123 is blocked no NTP server by address, where DNS is dead none by name, without a network neither."""
    found = {
        reason: [
            step.command
            for step in steps(
                case(facts(CHRONYD), *SILENT, interval=None), (Finding("ntp-unreached", Status.UNKNOWN, facts_),)
            )
        ]
        for reason in ("blocked", "prohibited", "dns", "no-network")
        for facts_ in [(("reason", reason), ("server", "ntp0.example"))]
    }
    web = "skewcheck clock -H https://HOST1 -H https://HOST2 -H https://HOST3"
    assert found["blocked"] == [web, "skewcheck check --region REGION"] == found["prohibited"]
    assert found["dns"] == ["getent hosts ntp0.example", "skewcheck clock -H IP-ADDRESS"]
    assert found["no-network"] == ["ip route"]


WEB = ("https://a.example", "https://b.example", "https://c.example")
NTP = ("a.example", "b.example")
OTHERS, WEB_SERVERS = "-H HOST1 -H HOST2 -H HOST3", "-H https://HOST1 -H https://HOST2 -H https://HOST3"


@pytest.mark.parametrize(
    ("servers", "answered", "kind", "options"),
    [
        ((), 1, "more-servers", f" {OTHERS}"),
        ((), 4, "other-servers", f" {OTHERS}"),
        (NTP[:1], 1, "public-servers", ""),
        (NTP, 2, "other-servers", ""),
        (WEB[:1], 1, "https-time", f" {WEB_SERVERS}"),
        (WEB, 3, "by-ntp", ""),
        ((*NTP, WEB[0]), 3, "other-servers", ""),
    ],
)
def test_others_are_asked_by_how_many_were(servers: tuple[str, ...], answered: int, kind: str, options: str) -> None:
    """Whoever asked several is not told to ask several; whoever asked web servers gets more of them, or NTP's."""
    replies = [Reading(f"{n}.example", "192.0.2.1", 0, Interval(0, 1), 0.01, ()) for n in range(answered)]
    votes = [Vote(reply, ServerStatus.UNJUDGED) for reply in replies]
    of = case(facts(), *votes, request=Request("clock", servers=servers), interval=None)
    (step,) = steps(of, _found("servers-disagree"))
    assert (step.kind, step.command) == (kind, f"skewcheck clock{options}")


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (Finding("too-coarse", Status.UNKNOWN, (("reference", "UTC"), ("because", "server"))), "nearer-servers"),
        (Finding("smear-mixed", Status.UNKNOWN), "instead-of-smeared"),
        (Finding("local-unconfirmed", Status.WARNING, (("why", "smear"),)), "instead-of-smeared"),
    ],
)
def test_others_are_asked_for_what_those_who_were_said_of_themselves(found: Finding, kind: str) -> None:
    """Doubt of its own, or a smear, is the reason: that several were asked helps nobody then."""
    (step,) = steps(case(facts(), request=Request("clock", servers=NTP)), [found])
    assert (step.kind, step.command) == (kind, "skewcheck clock")


def test_ntp_against_this_host_and_the_api_is_held_against_what_nobody_forges() -> None:
    """The servers that were named stay beside web servers; where web servers were among them others are asked."""
    found = _found("ntp-differs")
    (step,) = steps(case(facts(), request=Request("check", servers=NTP, region="eu-west-1")), found)
    named = "-H a.example -H b.example"
    assert (step.kind, step.command) == (
        "https-beside", f"skewcheck check {named} --region eu-west-1 {WEB_SERVERS}"
    )  # fmt: skip
    (step,) = steps(case(facts(), request=Request("check", servers=WEB, region="eu-west-1")), found)
    assert (step.kind, step.command) == ("by-ntp", "skewcheck check --region eu-west-1")


def test_a_firewall_that_stops_https_is_not_passed_by_https() -> None:
    """Where web servers are out of reach for it, neither others of them nor the API are advised."""
    shut = Finding("ntp-unreached", Status.UNKNOWN, (("reason", "prohibited"),))
    (step,) = steps(case(facts(), request=Request("clock", servers=WEB), interval=None), [shut])
    assert step.kind == "explain"


def test_a_web_server_is_looked_up_by_its_name() -> None:
    """The resolver knows no URL: neither its scheme nor its port stands in the command to paste."""
    finding = Finding("ntp-unreached", Status.UNKNOWN, (("reason", "dns"), ("server", "https://a.example:8443")))
    first, _ = steps(case(request=Request("clock", servers=("https://a.example:8443",))), [finding])
    assert first.command == "getent hosts a.example"


@pytest.mark.parametrize(
    ("issuer", "region"),
    [
        ("https://login.mypurecloud.ie", "eu-west-1"),
        ("https://login.euw2.pure.cloud/", "eu-west-2"),
        (None, "REGION"),
    ],
)
def test_a_region_that_the_issuer_names_is_filled_in(issuer: str | None, region: str) -> None:
    """A token leads to the API of its own region."""
    fine = case(facts(CHRONYD), interval=Interval(-0.01, 0.01), request=Request("token"))
    (step,) = steps(fine._replace(token=jwt()._replace(issuer=issuer)), _found("token-valid"))
    assert step.command == f"skewcheck check --region {region}"


@pytest.mark.parametrize(
    ("issuer", "suggested"),
    [
        ("https://login.example.net/realms/a", "--url URL --issuer https://login.example.net/realms/a"),
        ("https://user:pass@login.example.net/", None),
        ("https://login.example.net/?token=x", None),
        ("my issuer", None),
        ("https://login.example.net/$(reboot)", None),
        (None, "--region REGION"),
    ],
)
def test_an_issuer_that_a_token_names_is_suggested_with_its_api(issuer: str | None, suggested: str | None) -> None:
    """What stands in `iss` is a claim: shown where it is a plain URL, to be asked by whoever runs it."""
    fine = case(interval=Interval(-0.01, 0.01), request=Request("token"))
    (step,) = steps(fine._replace(token=jwt()._replace(issuer=issuer)), _found("token-valid"))
    assert step.command == (f"skewcheck check {suggested}" if suggested else "skewcheck explain 401")
    beside = case(interval=Interval(-0.01, 0.01), request=Request("token", url="http://u"))
    (step,) = steps(beside._replace(token=jwt()._replace(issuer=issuer)), _found("token-valid"))
    named = step.command == "skewcheck check --url http://u --issuer https://login.example.net/realms/a"
    assert named is ("realms" in (suggested or ""))


def test_a_foreign_issuer_leads_to_no_region() -> None:
    """No region of Genesys Cloud has its clock; the host that the token was sent to may still name one."""
    fine = case(facts(CHRONYD), interval=Interval(-0.01, 0.01), request=Request("token"))
    token = jwt()._replace(issuer="my issuer")
    (step,) = steps(fine._replace(token=token), _found("token-valid"))
    assert step.command == "skewcheck explain 401"
    (step,) = steps(fine._replace(token=token._replace(host="api.mypurecloud.ie")), _found("token-valid"))
    assert step.command == "skewcheck check --region eu-west-1"


def test_a_begin_ahead_that_nobody_checked_leads_to_measuring_this_clock() -> None:
    """Offline, this host's clock may be the wrong one: that is measured first; elsewhere the finding is explained."""
    for case, command in [(OFFLINE, "skewcheck clock"), (by_ntp(0.0), "skewcheck explain token-future-issued")]:
        assert steps(case, judged(jwt(40.0), case).findings)[0].command == command
