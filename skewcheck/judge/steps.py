"""What to run next: commands as data, chosen from what was asked, what answered and where this runs.

A step is never the command that just ran, never asks again who was asked, and never goes a way that is known to be
shut. skewcheck itself sets nothing. What a step does is said by `judge.catalogue.STEPS`.
"""

import re
from collections.abc import Callable, Sequence
from shlex import quote
from typing import NamedTuple

from skewcheck.foreign import is_secret
from skewcheck.genesys import REGIONS
from skewcheck.judge.attribution import confirmed_by_api
from skewcheck.judge.case import Case
from skewcheck.judge.host import contradicted_daemon, misleads, superfluous_daemons
from skewcheck.judge.nodes import WORTH_CONNECTIONS
from skewcheck.model import (
    Daemon,
    DaemonClaim,
    Ended,
    Family,
    Finding,
    HostFacts,
    NoReading,
    Place,
    Security,
    ServerStatus,
    Step,
)

MOST = 2
"""Steps that are shown: who has to choose among more reads none."""
WORTH_SAMPLES = 4
"""So many samples are advised: of random delays on a path, the shortest of four is near the shortest of many."""
_EXPLAIN_401 = Step("explain-401", "skewcheck explain 401")
_FIND_FAKE = Step("find-fake", "env | grep LD_PRELOAD; cat /etc/ld.so.preload")
ALLOW_S = 30
"""Of time, where the deadline came first."""
_OTHERS = ("-H HOST1", "-H HOST2", "-H HOST3")
_OWN_AUTHORITY = ("certificate-unknown-ca", "certificate-self-signed")
_WEB = ("-H https://HOST1", "-H https://HOST2", "-H https://HOST3")


def steps(case: Case, findings: Sequence[Finding]) -> tuple[Step, ...]:
    """Return what to run, the most useful first. *findings* are in order."""
    if not findings:
        return ()
    lead, *others = findings
    if lead.id == "token-open":  # for want of a clock, where no server answered
        lead = next((finding for finding in others if finding.id == "ntp-unreached"), lead)
    chosen = _of_a_fake(case) or _BY_LEAD.get(lead.id, _explained)(case, lead)
    chosen += [step for finding in others for step in _BY_REMARK.get(finding.id, _nothing)(case, finding)]
    useful = {step.command: step for step in reversed(chosen) if step.command != _command(case, case.request.command)}
    return tuple(reversed(useful.values()))[:MOST]


_Steps = Callable[[Case, Finding], list[Step]]


def _nothing(_: Case, __: Finding) -> list[Step]:
    return []


def _explained(_: Case, finding: Finding) -> list[Step]:
    return [Step("explain", f"skewcheck explain {finding.id}")]


# --- skewcheck's own commands, with the options that were given ---


def _command(
    case: Case,
    name: str,
    *more: str,
    servers: bool = True,
    target: str | None = None,
    ca_file: bool = True,
    family: bool = True,
) -> str:
    """Return the command *name* with what was asked for; *target*: whom instead of the API that was asked."""
    request = case.request
    words = ["skewcheck", name]
    if name != "api" and servers:
        words += [f"-H {quote(server)}" for server in request.servers]
    if name != "clock":
        words += [target] if target is not None else _target(case)
    if name != "clock" or any("https://" in word for word in (*words, *more)):
        if request.ca_file is not None and ca_file:
            words.append(f"--ca-file {quote(request.ca_file)}")
        if request.date_fresh:
            words.append("--date-fresh")
    if family:
        words += {Family.V4: ["-4"], Family.V6: ["-6"]}.get(request.family, [])
    return " ".join([*words, *more])


def _target(case: Case) -> list[str]:
    request = case.request
    if request.url is not None:
        issuer = [] if request.login_url is None else [f"--issuer {quote(request.login_url)}"]
        return [f"--url {quote(request.url)}", *issuer]
    code = request.region if case.api is None else case.api.survey.region
    return [] if code is None else [f"--region {quote(code)}"]


def _region_of_issuer(case: Case) -> str | None:
    """Return the option for the region of the token's host or issuer, or for another issuer; None: nobody fits.

    REGION where nothing names one.
    """
    issuer, host = (None, None) if case.token is None else (case.token.issuer, case.token.host)
    hosts = [host or "", (issuer or "").partition("://")[2].partition("/")[0]]
    domains = {name.partition(":")[0].partition(".")[2] for name in hosts}
    code = next((region.code for region in REGIONS if region.domain in domains), None)
    if code is not None or issuer is None:
        return f"--region {code or 'REGION'}"
    named = _named_issuer(case)
    return None if named is None else f"--url URL --issuer {quote(named)}"


_ISSUER = re.compile(r"https?://[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?(/[A-Za-z0-9._~-]{1,40}){0,6}/?", re.ASCII)
"""What may be asked for a Date, and is neither long nor odd; who stands in `iss` is no more than a claim."""


def _named_issuer(case: Case) -> str | None:
    """Return the URL that the token says it is from: to be suggested, never asked unbidden."""
    issuer = None if case.token is None else case.token.issuer
    return issuer if issuer is not None and _ISSUER.fullmatch(issuer) and not is_secret(issuer) else None


def _compare_with_api(case: Case, _: object = None) -> list[Step]:
    """Return how to ask the API, too, where it wasn't; or the issuer that the token names, beside its API."""
    url, issuer = case.request.url, _named_issuer(case)
    if url is not None and case.request.login_url is None and issuer is not None:
        return [Step("check-issuer", _command(case, "check", target=f"--url {quote(url)} --issuer {quote(issuer)}"))]
    region = _region_of_issuer(case)
    if case.request.asks_api or region is None:
        return []
    return [Step("check-region", _command(case, "check", target=region))]


def _by_https(case: Case) -> list[Step]:
    """Return how to ask the API instead, where that is another way than the one that is shut."""
    if case.request.asks_api or case.asked_web:
        return []
    return [Step("by-https", _command(case, "check", target=_region_of_issuer(case) or "--url URL", servers=False))]


def _by_web_servers(case: Case) -> list[Step]:
    """Return how to take UTC from the `Date`s of web servers, where that wasn't tried."""
    return [] if case.asked_web else [Step("https-time", _clocks_again(case, *_WEB))]


def _beside_web_servers(case: Case, _: object = None) -> list[Step]:
    """Return how to hold those who were asked against what nobody on the way can forge, where that wasn't done."""
    return _other_servers(case) if case.asked_web else [Step("https-beside", _command(case, "check", *_WEB))]


def _add_ntp(case: Case, _: object = None) -> list[Step]:
    """Return how to ask NTP, too, where it wasn't."""
    return [] if case.request.ask_ntp else [Step("add-ntp", _command(case, "check"))]


def _evidence(case: Case, finding: Finding) -> list[Step]:
    """Return what to hand to whoever runs the API."""
    if case.request.command == "api" and case.request.full:
        return _explained(case, finding)
    more = f" --connections {WORTH_CONNECTIONS}" if finding.id == "api-nodes-differ" else ""
    return [Step("evidence", _command(case, "api", f"--full -v{more}"))]


def _more_connections(case: Case, _: object = None) -> list[Step]:
    """Return how to reach more of the nodes, where few were."""
    seen = [len(reading.nodes.replies) for _, reading in case.readings if reading.nodes is not None]
    if not seen or max(seen) >= WORTH_CONNECTIONS or case.request.connections:
        return []
    return [Step("more-connections", _command(case, case.request.command, f"--connections {WORTH_CONNECTIONS}"))]


def _full(case: Case, _: object = None) -> list[Step]:
    refused = any(reading.ended is Ended.TOLD_TO_STOP for _, reading in case.readings)
    if case.request.full or case.api is None or refused:
        return []
    return [Step("full", _command(case, "api", "--full"))]


def _other_servers(case: Case, _: object = None, kind: str | None = None) -> list[Step]:
    """Return how to ask somebody else than those who were asked; *kind*: because of what they said, and not to vote."""
    named = case.request.servers
    asked = len(named) if case.ntp is None else case.ntp.survey.consensus.asked
    if not named:
        kind = kind or ("more-servers" if asked < len(_OTHERS) else "other-servers")
        return [Step(kind, _clocks_again(case, *_OTHERS))]
    if not all(server.startswith("https://") for server in named):
        return [Step(kind or ("public-servers" if len(named) == 1 else "other-servers"), _clocks_again(case))]
    if len(named) == 1:
        return [Step("https-time", _clocks_again(case, *_WEB))]
    return [Step("by-ntp", _clocks_again(case))]


def _clocks_again(case: Case, *servers: str) -> str:
    """Return the command that asks those *servers* instead, and the API again where it was asked."""
    name = "check" if case.request.asks_api or case.request.command != "clock" else "clock"
    return _command(case, name, *servers, servers=False)


def _narrower(case: Case, _: object = None) -> list[Step]:
    """Return what narrows the range by NTP: more samples against long ways, other servers against modest promises."""
    if case.ntp is None or case.ntp.survey.by_web:
        return []
    readings = case.readings_of_ntp
    long_ways = sum(reading.delay_s / 2 > reading.exchanges[0].root_distance_s for reading in readings)
    if case.request.samples < WORTH_SAMPLES and 2 * long_ways >= len(readings):
        return [Step("more-samples", _command(case, "clock", f"--samples {WORTH_SAMPLES}"))]
    return [Step("nearer-servers", _command(case, "clock", *_OTHERS, servers=False))]


# --- By what leads ---


def _local(case: Case, finding: Finding) -> list[Step]:
    return [fix_clock(case), *_explained(case, finding)]


def _unconfirmed(case: Case, finding: Finding) -> list[Step]:
    why = finding.fact("why")
    if why == "limit":
        return _narrower(case)
    if case.outside_is_silent:  # by whatever name that comes: other servers are behind the same wall
        return _compare_with_api(case) or _explained(case, finding)
    return _other_servers(case, kind="instead-of-smeared" if why == "smear" else None)


def _undecided(case: Case, finding: Finding) -> list[Step]:
    if not case.request.ask_ntp:
        return _add_ntp(case)
    if case.ntp is not None and not case.ntp.survey.consensus.answered:
        return [*_by_web_servers(case), *_what_the_daemon_believes(case), *_explained(case, finding)]
    return _narrower(case) if case.voted else _other_servers(case)


def _by_silence(case: Case, finding: Finding) -> list[Step]:
    """Return what to do where no NTP server answered, by why."""
    reason = finding.fact("reason")
    votes = () if case.ntp is None else case.ntp.survey.consensus.votes
    if any(isinstance(v.outcome, NoReading) and v.outcome.reason in _OWN_AUTHORITY for v in votes):
        return [Step("authority-file", _command(case, case.request.command, "--ca-file FILE", ca_file=False))]
    if reason in ("blocked", "silent", "prohibited"):
        return [*_by_web_servers(case), *_by_https(case), *_what_the_daemon_believes(case)] or _explained(case, finding)
    if reason in ("no-network", "no-route"):
        return [_routes(case)]
    if reason in ("dns", "no-such-name"):
        instead = [Step("by-address", "skewcheck clock -H IP-ADDRESS")] if reason == "dns" else _other_servers(case)
        server = str(finding.fact("server") or "HOST")
        name = server.removeprefix("https://").partition(":")[0] if server.startswith("https://") else server
        return [Step("test-dns", f"getent hosts {quote(name)}"), *instead]
    if reason == "no-address" and case.request.family is not Family.ANY:
        return [Step("any-family", _command(case, case.request.command, family=False))]
    return _other_servers(case, kind=_UNUSABLE.get(str(reason)))


_UNUSABLE = {
    "port-closed": "instead-of-closed",
    "rate": "instead-of-limited",
    "unsynchronised": "instead-of-unsynchronised",
    "distance": "instead-of-unsure",
    "other-address": "instead-of-elsewhere",
}
"""Why others are asked instead, by why those who were asked are of no use."""


def _routes(case: Case) -> Step:
    if case.platform != "linux":
        return Step("routes", "netstat -rn")
    return Step("routes", "ip -6 route" if case.request.family is Family.V6 else "ip route")


def _what_the_daemon_believes(case: Case) -> list[Step]:
    host = case.host
    running = [] if host is None else [daemon for daemon in host.daemons if daemon.running and daemon.name in _TOOLS]
    if host is None or not running or host.place.container is not None:
        return []
    name = running[0].name
    return [Step("look-at-daemon", "chronyc tracking" if name == "chronyd" else _TOOLS[name].look)]


def _by_no_reply(case: Case, finding: Finding) -> list[Step]:
    """Return what shows, or mends, why a host of the API gave nothing."""
    reason = finding.fact("reason")
    host = str(finding.fact("host") or "HOST")
    outcome = next((h.outcome for h in case.api.survey.hosts if h.host == host), None) if case.api else None
    why = outcome.reason if isinstance(outcome, NoReading) else ""
    if reason == "no-address" and case.request.family is not Family.ANY:
        return [Step("any-family", _command(case, case.request.command, family=False))]
    if reason in ("dns", "no-address"):
        name = host.rpartition(":")[0] if host.count(":") == 1 else host
        return [Step("test-dns", f"getent hosts {quote(name)}")]
    if reason == "proxy":
        return [Step("show-proxy", "env | grep -io '^[a-z]*_proxy'")]
    if reason == "ca-file" and case.request.ca_file is None:
        return [Step("look-at-authorities", "env | grep SSL_CERT")]
    if reason in ("ca-file", "untrusted") and why != "certificate-wrong-name":
        return [Step("authority-file", _command(case, case.request.command, "--ca-file FILE", ca_file=False))]
    if reason == "no-network":
        return [_routes(case)]
    if reason == "rate-limited":
        return []
    if why in ("stalled", "endless-continue", "no-answer", "connect-timeout"):
        return [_longer(case)]
    return [Step("show-reply", f"curl -sSIv {quote(case.request.url or f'https://{host}/')}")]


def _longer(case: Case) -> Step:
    """Return how to allow for a second request, or for three times what it took."""
    assert case.api is not None
    enough_s = case.enough_s or max(ALLOW_S, 3 * round(case.api.survey.local.duration_s))
    return Step("longer", _command(case, case.request.command, f"-t {enough_s}s"))


def _other_path(case: Case, finding: Finding) -> list[Step]:
    host = str(finding.fact("host"))
    name = "check" if case.request.ask_ntp else "api"
    scheme = next((reading.url.partition(":")[0] for at, reading in case.readings if at.host == host), "https")
    return [Step("other-path", _command(case, name, target=f"--url {scheme}://{host}/PATH"))]


def _certificate(case: Case, _: object = None) -> list[Step]:
    ignored = (reading.url for _, reading in case.readings if reading.security is Security.DATES_IGNORED)
    return [Step("show-certificate", f"curl -skvI {quote(next(ignored, 'URL'))}")]


def _too_coarse(case: Case, finding: Finding) -> list[Step]:
    if finding.fact("reference") == "UTC":
        doubting = finding.fact("because") == "server"
        return _other_servers(case, kind="nearer-servers") if doubting else _narrower(case)
    if any(reading.ended is Ended.DEADLINE for _, reading in case.readings):
        return [_longer(case)]
    return _full(case) or _explained(case, finding)


def _token_here(case: Case, finding: Finding) -> list[Step]:
    """Return what to do about this host's clock, where only that finds a token bad."""
    if case.request.asks_nobody:
        return _measure(case)
    if not case.voted and not confirmed_by_api(case):  # nobody sets a clock by what nobody confirms
        return _other_servers(case) if case.request.ask_ntp else _add_ntp(case)
    return _local(case, finding)


def _measure(case: Case, _: object = None) -> list[Step]:
    return [Step("measure-clock", "skewcheck clock")] if case.request.asks_nobody else []


def _token_fine(case: Case, _: Finding) -> list[Step]:
    return _measure(case) or _compare_with_api(case) or [_EXPLAIN_401]


def _begin_ahead(case: Case, finding: Finding) -> list[Step]:
    return (_measure(case) if finding.fact("unchecked") else []) or _explained(case, finding)


def _of_a_message(case: Case, finding: Finding) -> list[Step]:
    """Return how to measure the clock on the host that the message is of: this one may be another."""
    return [*_measure(case), *_explained(case, finding)]


def _token_cut(case: Case, _: object = None) -> list[Step]:
    name, option = ("check", "--token-file FILE") if case.request.command == "check" else ("token", "--file FILE")
    return [Step("token-file", _command(case, name, option))]


_BY_LEAD: dict[str, _Steps] = {
    "local-ahead": _local,
    "local-behind": _local,
    "local-unconfirmed": _unconfirmed,
    "api-nodes-differ": lambda case, finding: [*_more_connections(case), *_evidence(case, finding)],
    "api-ahead": _evidence,
    "api-behind": _evidence,
    "issuer-ahead": _evidence,
    "issuer-behind": _evidence,
    "skew-shared": _undecided,
    "skew-undecided": _undecided,
    "ntp-differs": _beside_web_servers,
    "api-certificate": _certificate,
    "tls-dates": _undecided,
    "smear-mixed": lambda case, _: _other_servers(case, kind="instead-of-smeared"),
    "servers-disagree": _other_servers,
    "ntp-unreached": _by_silence,
    "api-unreached": _by_no_reply,
    "api-inconsistent": _evidence,
    "api-stale": _other_path,
    "too-coarse": _too_coarse,
    "clock-stepped": lambda case, finding: _what_the_daemon_believes(case) or _explained(case, finding),
    "fake-time": lambda _, __: [_FIND_FAKE],
    "token-cut": _token_cut,
    "token-expired": lambda case, _: _measure(case) if case.request.at_s is None else [],
    "token-expired-unseen": _token_here,
    "token-future-issued": _begin_ahead,
    "token-not-yet-valid": _begin_ahead,
    "token-expired-here": _token_here,
    "token-early-here": _token_here,
    "token-clocks-differ": _undecided,
    "token-open": lambda case, _: _measure(case) or _narrower(case),
    "token-obtained-later": _nothing,
    "message-early": _of_a_message,
    "message-late": _of_a_message,
    "message-expired": _of_a_message,
    "message-no-times": _of_a_message,
    "genesys-credentials": lambda case, _: [*_compare_with_api(case), _EXPLAIN_401],
    "skew-assumed": _measure,
    "not-skew": lambda case, _: [_EXPLAIN_401, *_more_connections(case)],
    "token-valid": _token_fine,
    "token-opaque": _token_fine,
    "clock-ok": lambda case, found: _unconfirmed(case, found) if found.fact("why") else _compare_with_api(case),
    "api-ok": lambda case, _: [*([] if case.enough_s is None else [_longer(case)]), *_add_ntp(case), *_full(case)],
}
"""What to run, by the finding that answers; `skewcheck explain ID` where none stands here."""


def _two_daemons(case: Case, _: Finding) -> list[Step]:
    """Return what ends one of them for good; timedatectl would end the others with it."""
    if case.host is None:
        return []
    family = family_of(case.host.place)
    openrc, systemd = "rc-update del {0} && rc-service {0} stop", "sudo systemctl disable --now {}"
    ended = superfluous_daemons(case.host)[:1]
    return [Step("disable-daemon", _for_units(daemon, family, openrc, systemd)) for daemon in ended]


def _zone(case: Case, _: Finding) -> list[Step]:
    host = case.host
    if host is None or host.zone.trouble is None:
        return []
    return [Step("mend-zone", mend_zone(host.zone.trouble, host.zone.name, host.place))]


def _when_right(kind: str, command: str) -> _Steps:
    """Return a step that hands this host's time on, which is for a clock that is right."""

    def step(case: Case, _: object) -> list[Step]:
        ntp = case.ntp
        right = ntp is not None and ntp.judgement.proven and ntp.judgement.least is ntp.judgement.most
        return [Step(kind, command)] if right and not case.is_off else []

    return step


_BY_REMARK: dict[str, _Steps] = {
    "two-daemons": _two_daemons,
    "zone-files": _zone,
    "rtc-local-time": _when_right("rtc-to-utc", "sudo timedatectl set-local-rtc 0"),
    "rtc-off": _when_right("set-rtc", "sudo hwclock --systohc"),
}


# --- A clock that is off ---


_PRELOADED = ("libfaketime", "datefudge")
"""Fakes that come by LD_PRELOAD, and are gone without it."""


def _of_a_fake(case: Case) -> list[Step]:
    """Return how to run this without what fakes its time, where something does and the clock is found off."""
    fake = None if case.host is None else case.host.fake
    if fake is None or not misleads(fake) or not (case.is_off or case.at_another_rate):
        return []
    if fake.how in _PRELOADED:
        return [Step("without-fake", f"env -u LD_PRELOAD -u FAKETIME {_command(case, case.request.command)}")]
    return [_FIND_FAKE]


def fix_clock(case: Case) -> Step:
    """Return the one command that mends this host's clock where it can be mended, or finds out why it is off."""
    host = case.host
    if host is None or case.platform != "linux":
        return _ELSEWHERE.get(case.platform, Step("look-at-daemon", "ntpq -pn || chronyc tracking"))
    contradicted = contradicted_daemon(case)
    wrong_server = _own_falseticker(case)
    wrong = contradicted is not None or wrong_server is not None
    below = None if wrong and host.place.container is None else _fix_below(host.place)
    if below is not None:  # a container's own daemons and settings move no clock
        return below
    if not wrong:
        return _fix_daemon(host)
    of_file = next((daemon for part, daemon in _FILES if part in (wrong_server or "")), "")
    tool = _TOOLS.get(of_file if contradicted is None else contradicted.name)
    look = _GENERIC.command if tool is None else tool.look
    return Step("look-at-sources", look.removeprefix("sudo ") if family_of(host.place) == "alpine" else look)


def _own_falseticker(case: Case) -> str | None:
    """Return the file that names a server which this host follows and the majority outvoted."""
    if case.ntp is None or case.host is None:
        return None
    votes = case.ntp.survey.consensus.votes
    wrong = {vote.outcome.server for vote in votes if vote.status is ServerStatus.FALSETICKER}
    return next((own.origin for own in case.host.configured if own.host in wrong), None)


_ELSEWHERE = {
    "linux": Step("look-at-daemon", "timedatectl timesync-status || chronyc tracking"),
    "darwin": Step("set-once", "sudo sntp -sS time.apple.com"),
    "win32": Step("windows-resync", "w32tm /resync /rediscover"),
}
_GENERIC = _ELSEWHERE["linux"]


def _fix_below(place: Place) -> Step | None:
    """Return what mends the clock that this process only borrows; None where it is this system's own."""
    if place.container == "kubernetes" and not place.docker_desktop and place.wsl is None:
        chroot = "--profile=sysadmin --image=busybox -- chroot /host chronyc tracking"
        return Step("on-the-node", f"kubectl debug node/NODE -it {chroot}")
    if place.container == "ecs":
        return Step("on-the-instance", "aws ssm start-session --target INSTANCE")
    if place.docker_desktop:
        return Step("restart-docker-desktop", "docker desktop restart")
    if place.wsl == 1:
        return Step("windows-resync", "w32tm /resync /rediscover")
    if place.wsl is not None:
        inside = place.container is None
        return Step("wsl-take-over", "sudo hwclock -s") if inside else Step("wsl-below", "wsl -u root hwclock -s")
    if place.container is not None:
        return Step("on-the-host", "chronyc tracking || timedatectl timesync-status")
    return None


class _Tool(NamedTuple):
    """How one daemon is handled."""

    units: tuple[tuple[str, str], ...]
    """(family of distributions, service name); those whose family fits, else those of the empty one."""
    set_now: str | None
    """Sets the clock at once; None: a restart does."""
    look: str
    """Shows whom it follows."""


_TOOLS = {
    "chronyd": _Tool(
        (("debian", "chrony"), ("ubuntu", "chrony"), ("", "chronyd")), "chronyc makestep", "chronyc sources -v"
    ),
    "systemd-timesyncd": _Tool((("", "systemd-timesyncd"),), None, "timedatectl timesync-status"),
    # Debian's ntp package is ntpsec since 12, Ubuntu's since 24.04; before, it is the classic one.
    "ntpd": _Tool(
        (("debian", "ntpsec"), ("debian", "ntp"), ("ubuntu", "ntpsec"), ("ubuntu", "ntp"), ("", "ntpd")),
        None,
        "ntpq -pn",
    ),
    "ntpd-rs": _Tool((("", "ntpd-rs"),), None, "ntp-ctl status"),
    "openntpd": _Tool((("", "openntpd"),), None, "sudo ntpctl -s all"),
}
_FAMILIES = {
    "debian": "debian", "raspbian": "debian", "kali": "debian", "devuan": "debian",
    "ubuntu": "ubuntu", "linuxmint": "ubuntu", "pop": "ubuntu",
    "rhel": "rhel", "fedora": "rhel", "centos": "rhel", "rocky": "rhel", "almalinux": "rhel", "ol": "rhel",
    "amzn": "rhel",
    "azurelinux": "azure", "mariner": "azure",
    "alpine": "alpine",
    "arch": "arch",
    "sles": "suse", "opensuse-leap": "suse", "opensuse-tumbleweed": "suse",
}  # fmt: skip
_INSTALL = {
    "debian": "apt-get install",
    "ubuntu": "apt-get install",
    "rhel": "yum install",  # on all of them: the only one before RHEL 8 and on Amazon Linux 2, a name of dnf since
    "azure": "tdnf install",
    "alpine": "apk add",
    "suse": "zypper install",
}
_INSTALLING = {
    **{family: f"sudo {how} chrony && sudo systemctl enable --now chronyd" for family, how in _INSTALL.items()},
    **dict.fromkeys(("debian", "ubuntu"), "sudo apt-get install chrony"),  # their package starts it, too
    "alpine": "apk add chrony && rc-update add chronyd && rc-service chronyd start",
    "arch": "sudo timedatectl set-ntp true",  # timesyncd is a part of its systemd
}
_FILES = (
    # (what is in the path of a daemon's configuration, the daemon)
    ("chrony", "chronyd"), ("timesync", "systemd-timesyncd"), ("ntpd-rs", "ntpd-rs"), ("/ntpd.conf", "openntpd"),
    ("ntp", "ntpd"),
)  # fmt: skip


def family_of(place: Place) -> str:
    """Return whose commands a distribution understands: its family's; empty for one that isn't known."""
    return _FAMILIES.get(place.distribution or "", "")


def _fix_daemon(host: HostFacts) -> Step:
    family = family_of(host.place)
    known = [daemon for daemon in host.daemons if daemon.name in _TOOLS]
    running = next((daemon for daemon in known if daemon.running), None)
    if running is not None:
        return _fix_running(running, family)
    unseen = next((daemon for daemon in known if daemon.running is None), None)
    if unseen is not None:
        return Step("look-at-daemon", _TOOLS[unseen.name].look)
    if known:
        openrc, systemd = "rc-update add {0} && rc-service {0} start", "sudo systemctl enable --now {}"
        timesyncd = known[0].name == "systemd-timesyncd"
        start = "sudo timedatectl set-ntp true" if timesyncd else _for_units(known[0], family, openrc, systemd)
        return Step("start-daemon", start)
    if host.daemons or family not in _INSTALLING:
        return _GENERIC
    return Step("install-daemon", _INSTALLING[family])


def _fix_running(daemon: Daemon, family: str) -> Step:
    tool = _TOOLS[daemon.name]
    if tool.set_now is None:
        return Step("restart-daemon", _for_units(daemon, family, "rc-service {} restart", "sudo systemctl restart {}"))
    if isinstance(daemon.claim, DaemonClaim) and not daemon.claim.synchronised:
        return Step("look-at-sources", tool.look)
    return Step("step-clock", tool.set_now if family == "alpine" else f"sudo {tool.set_now}")


def _for_units(daemon: Daemon, family: str, openrc: str, systemd: str) -> str:
    """Return the command for *daemon*'s service: the one that was seen, else each that it can be, in turn."""
    command = openrc if family == "alpine" else systemd
    if daemon.unit is not None:
        return command.format(daemon.unit)
    units = _TOOLS[daemon.name].units if daemon.name in _TOOLS else (("", daemon.name),)
    named = [unit for fitting, unit in units if fitting == family] or [unit for fitting, unit in units if not fitting]
    return " || ".join(command.format(unit) for unit in dict.fromkeys(named))


# --- A time zone in trouble ---

_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*", re.ASCII)


def mend_zone(trouble: str, zone: str | None, place: Place) -> str:
    """Return what mends a time zone's *trouble* (`model.Zone.trouble`), for who may: in an image that is root."""
    name = zone if zone is not None and _ZONE_NAME.fullmatch(zone) else None
    family = family_of(place)
    bare = place.container is not None or place.distribution == "alpine"  # no systemd, and no sudo
    sudo = "" if bare else "sudo "
    installing = f"{sudo}{_INSTALL[family]} tzdata" if family in _INSTALL and family != "suse" else None
    if trouble == "zone-tz-ignored":
        missing = name is not None and "/" in name and installing is not None
        return installing or "" if missing else "unset TZ"  # misspelt, or no files of zones here
    if trouble == "zone-dangling" and installing is not None:  # the zone is named, and its file isn't there
        return installing
    if trouble == "zone-unreadable":
        return f"{sudo}chmod a+r /etc/localtime"
    if name is None:
        return "ls /usr/share/zoneinfo"
    return f"ln -sf /usr/share/zoneinfo/{name} /etc/localtime" if bare else f"sudo timedatectl set-timezone {name}"
