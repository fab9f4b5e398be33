"""Every option once: how it is written, what it says, how its value is read, and which variable it has.

`OPTIONS` is what `-h`, `--help`, completion and both readers of a command line are made of, and a page on all settings
can be.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from skewcheck.cli.deliver import FORMATS
from skewcheck.cli.last_resort import LONGEST_S
from skewcheck.errors import meant
from skewcheck.model import Interval
from skewcheck.quantity import NotReadError, parse_duration, parse_signed_duration, parse_span, parse_time

SETTING, SOURCE, SAID, JUDGING = (
    "What to set up",
    "Where the token is",
    "What it doesn't say itself",
    "How it is judged",
)
ASKING, LIMITS, OUTPUT, OTHER = "Whom to ask", "Limits and exit code", "Output", "Other options"
READING = "How it is read"
"""The sections of `--help`."""

_LONGEST_NUMBER = 6
_BARE = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?=$|±|\+|-)"
"""A number without a unit, in a skew and its margin."""
Value = TypeVar("Value")
_NAME = r"--?[A-Za-z0-9-]+"


class Option(NamedTuple):
    """One option, or the argument of a command."""

    written: str
    """Its names and what stands for its value: `-t, --timeout DURATION`."""
    section: str
    help: str
    """What it does, for `--help`."""
    brief: str = ""
    """The same on one line, for `-h`; empty: `--help` alone tells of it."""
    read: Callable[[str], Any] | None = None
    """What turns the text into the value; None: it stays a text. Raises ValueError."""
    default: str = ""
    """What counts where it isn't given, as people write it."""
    value: Any = None
    """The same as the command gets it."""
    variable: bool = True
    """Whether it has an environment variable: none has what belongs to one run."""
    more_variables: tuple[str, ...] = ()
    many: bool = False
    """It may be given several times."""
    counted: bool = False
    offers: Callable[[], Iterable[str]] | None = None
    """What the shell may offer in its place."""

    @property
    def names(self) -> list[str]:
        """Return how it is named, the long name last; an argument has none."""
        return re.findall(_NAME, self.written.partition("[")[0])

    @property
    def is_switch(self) -> bool:
        """Tell whether it takes no value."""
        return not re.search(r" [A-Z]", self.written)

    @property
    def variables(self) -> list[str]:
        """Return the environment variables that stand for it, the one that wins first."""
        if not self.variable or not self.names:
            return []
        return [f"SKEWCHECK_{self.names[-1][2:].upper().replace('-', '_')}", *self.more_variables]


# --- How a value is read ---


def _one_of(*values: str) -> dict[str, Any]:
    """Return what reads and offers one of *values*."""

    def read(text: str) -> str:
        if text in values:
            return text
        raise NotReadError(f"is not one of {', '.join(values)}", meant(text, values))

    return {"read": read, "offers": lambda: values}


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST_NUMBER:
        raise ValueError("is not a whole number")
    return int(text)


def _waited(text: str) -> float:
    return min(parse_duration(text), LONGEST_S)


def _skew(text: str) -> float:
    return _with_unit(text, parse_signed_duration, "200ms, or -200ms for behind")


def _skews(text: str) -> Interval:
    return Interval(*_with_unit(text, parse_span, "200ms, -200ms for behind, or -200ms+-50ms"))


def _with_unit(text: str, parse: Callable[[str], Value], write: str) -> Value:
    """Return what *parse* makes of a skew; of a bare 200 nobody knows whether it is one of ms or of seconds."""
    try:
        skew = parse(text)
    except NotReadError as error:
        raise NotReadError(error.what, write) from None
    if any(float(number) for number in re.findall(_BARE, text.strip())):
        both = (re.sub(_BARE, rf"\1{unit}", text.strip()) for unit in ("ms", "s"))
        raise NotReadError("has no unit", " or ".join(both))
    return skew


def _no_negative_span(text: str) -> Interval:
    span = Interval(*parse_span(text))
    if span.low_s < 0:
        raise ValueError("is less than no time")
    return span


def _status_code(text: str) -> int:
    if not re.fullmatch(r"[1-5][0-9][0-9]", text):
        raise NotReadError("is no HTTP status", "401")
    return int(text)


def _zone(text: str) -> float:
    """Return how far ahead of UTC a zone is, in seconds."""
    found = re.fullmatch(r"([+-])([01][0-9]):?([0-5][0-9])", text)
    if text in {"Z", "UTC"}:
        return 0.0
    if found is None:
        raise NotReadError("is no offset from UTC", "+02:00, or -05:00, or UTC")
    return (-1 if found[1] == "-" else 1) * (int(found[2]) * 3600.0 + int(found[3]) * 60)


def _no_negative_duration(text: str) -> float:
    seconds = parse_signed_duration(text)
    if seconds < 0:
        raise ValueError("is less than no time")
    return seconds


# --- What is offered in its place ---


def _regions() -> list[str]:
    from skewcheck.genesys import REGIONS

    return [known.code for known in REGIONS]


def _verifiers() -> list[str]:
    from skewcheck.examine import verifier_rows

    return ["list", *(known.name for known in verifier_rows())]


def _illnesses() -> list[str]:
    from skewcheck.lab.log import ILLNESSES

    return list(ILLNESSES)


def _signers() -> list[str]:
    from skewcheck.examine import signer_names

    return list(signer_names())


def _explained() -> list[str]:
    from skewcheck.judge.explanations import pages

    return list(pages())


# --- All of them ---


def _timeout(default: str, since: str = "") -> Option:
    return Option(
        "-t, --timeout DURATION", ASKING, f"The whole process ends by then, with what is proven so far.{since}",
        "end by then, with what is proven", read=_waited, default=default,
    )  # fmt: skip


OPTIONS: dict[str, Option] = {
    "id": Option(
        "[ID]", OTHER, "The id of a finding, or a topic: 401, offset, leeway. Nothing lists all.",
        "a finding's id; 401; offset; leeway; nothing: all", offers=_explained,
    ),
    "skew:demo": Option(
        "--skew SKEW", SETTING, "How far ahead this host's clock is to look; -200ms is behind. It needs a unit.",
        "how far ahead; -200ms: behind", read=_skew, default="200ms", variable=False,
    ),
    "liars": Option(
        "--liars N", SETTING, "How many of the five servers are to lie.", "how many servers lie, of five",
        read=_whole, default="1", variable=False,
    ),
    "api_ahead": Option(
        "--api-ahead SKEW", SETTING,
        "Ask an API too, whose clock is so far ahead of true time; -200ms is behind.",
        "an API, too, so far ahead", read=_skew, variable=False,
    ),
    "login_ahead": Option(
        "--login-ahead SKEW", SETTING,
        "The same of the host that issues its tokens; each is right where only the other is given.",
        "its login host, so far ahead", read=_skew, variable=False,
    ),
    "nodes": Option(
        "--nodes N", SETTING,
        "Behind the API's name stand so many (2 to 16), and the last is off; this host is right without --skew.",
        "so many behind its name, one off", read=_whole, variable=False,
    ),
    "node_behind": Option(
        "--node-behind SKEW", SETTING, "How far behind the others it is; -1.5s is ahead. It needs a unit.",
        read=_skew, default="1.5s", variable=False,
    ),
    "log:demo": Option(
        "--log CAUSE", SETTING,
        "Show the screen of log instead, on a log that is made up, with this cause: issuer-ahead, issuer-behind, "
        "propagation, one-node, late-refresh, idle, in-flight, storm, wrong-region, any-age.",
        "the screen of log, with this cause", variable=False, offers=_illnesses,
    ),
    "words": Option(
        "[TOKEN|-]", SOURCE,
        "The token, or whatever holds it. Better not here: the shell's history keeps it, and all users of this "
        "host see it. With - or nothing it is read from standard input; at a terminal you are asked for it.",
        "better piped in: the shell keeps it", many=True,
    ),
    "file": Option(
        "--file FILE", SOURCE, "Read it from this file, FIFO or device; - as above.", "read the token there",
        variable=False,
    ),
    "env": Option(
        "--env NAME", SOURCE, "Read it from this environment variable.", "read it from this variable", variable=False
    ),
    "expires_in": Option(
        "--expires-in DURATION", SAID, "What the token response said, where the token alone is pasted.",
        "as the response said", read=parse_duration, variable=False,
    ),
    "obtained_at": Option(
        "--obtained-at TIME", SAID,
        "When the response came, by this host's clock: 2027-01-15T12:00:00Z, or Unix seconds.",
        read=parse_time, variable=False,
    ),
    "files": Option(
        "[FILE]...", READING, "The logs, .gz or not, in any order; with - or nothing standard input.",
        "logs; - or nothing: standard input", many=True,
    ),
    "read_as": Option(
        "--read-as FORMAT", READING,
        "auto, ndjson, csv, har or lines: those of nginx, Apache, Envoy, urllib3, httpx, and Genesys' SDKs in text.",
        "auto ndjson csv har lines", default="auto", value="auto",
        **_one_of("auto", "ndjson", "csv", "har", "lines"),
    ),
    "token_url": Option(
        "--token-url TEXT", READING,
        "How the URLs end that give tokens; repeat it. Else /oauth/token, /oauth2/token, /token.",
        "end of URLs that give tokens", many=True,
    ),
    "refused": Option(
        "--refused CODE", READING, "The status that refuses a token; repeat it.", "status that refuses a token",
        read=_status_code, default="401", many=True,
    ),
    "expires_in:log": Option(
        "--expires-in DURATION", READING, "How long a token lives, where the log doesn't say.",
        "how long a token lives", read=parse_duration, variable=False,
    ),
    "zone": Option(
        "--zone OFFSET", READING, "The zone of times that name none: +02:00. Else that of this host, which is said.",
        "zone of times that name none", read=_zone,
    ),
    "issuer_ahead": Option(
        "--issuer-ahead SKEW", READING,
        "How far ahead of the API the issuer is, as `skewcheck api --full` measured it: 0ms+-43ms.",
        "as api --full measured it", read=_skews,
    ),
    "pick": Option(
        "--pick N", SOURCE, "Of several tokens read this one: they are numbered as the screen lists them.",
        read=_whole, variable=False,
    ),
    "at": Option(
        "--at TIME", JUDGING,
        "Judge as of then and ask nobody: 2027-01-15T12:00:00Z, or Unix seconds. It is true time; with --skew it is "
        "what a clock showed that was so far off.",
        "as of then: when it failed", read=parse_time, variable=False,
    ),
    "offline": Option(
        "--offline", JUDGING, "Ask nobody, open no socket: judge by the local clock, which nobody has verified.",
        "ask nobody; trust this clock", value=False,
    ),
    "skew": Option(
        "--skew SKEW", JUDGING,
        "What if: assume that this host's clock is so far ahead (200ms), behind (-200ms+-50ms) or either "
        "(+-50ms), and ask nobody. It needs a unit.",
        "what if it were ahead; -200ms", read=_skews, variable=False,
    ),
    "verifier": Option(
        "--verifier NAME", JUDGING,
        "Say whether this verifier takes the token; repeat it. `list` shows those that are known.",
        "would it take it? list: all", many=True, offers=_verifiers,
    ),
    "signed_for": Option(
        "--signed-for NAME", JUDGING,
        "You sign it for this one (github-app, apple, google, ...): say what it takes, and how to date it by this "
        "clock. `list` shows all.",
        offers=_signers,
    ),
    "max_life": Option(
        "--max-life DURATION", JUDGING, "The longest life that whoever checks what you sign takes, from now to exp.",
        read=parse_duration,
    ),
    "leeway": Option(
        "--leeway DURATION", JUDGING, "What your verifiers allow for a wrong clock, where --verifier doesn't have it.",
        "what your verifiers allow", read=_no_negative_duration, default="0s",
    ),
    "latency": Option(
        "--latency LATENCY", JUDGING,
        "How long a request takes from here until the token in it is checked: 50ms, or 100ms+-50ms.",
        read=_no_negative_span, default="as measured, or up to 250ms",
    ),
    "server": Option(
        "-H, --server HOST[:PORT]", ASKING,
        "Ask this NTP server and no others; repeat it: three or more can outvote one that lies. "
        "IPv6 as [2001:db8::1]:123. https://HOST: a web server's Date, in at most eight requests, through the "
        "environment's proxy. In the environment: several, with spaces between. Else five are asked: up to two of this "
        "host's own, the rest public.",
        "ask this NTP server; repeat it", default="own and public", many=True,
    ),
    "region": Option(
        "--region REGION", ASKING,
        "Ask this region of Genesys Cloud: eu-west-1, eu_west_1, mypurecloud.ie or as https://api.mypurecloud.ie; "
        "`skewcheck regions` lists all. GENESYSCLOUD_REGION stands for it, too.",
        "ask this one's API; see regions", more_variables=("GENESYSCLOUD_REGION",), offers=_regions,
    ),
    "url": Option(
        "--url URL", ASKING,
        "Ask this instead: a gateway, or any other API; http or https, without credentials or a query.",
        "ask this API instead; --issuer URL", many=True,
    ),
    "issuer": Option(
        "--issuer URL", ASKING,
        "With --url: where its tokens come from, such as an OpenID provider. Its clock is held against the API's.",
        many=True,
    ),
    "samples": Option(
        "--samples N", ASKING,
        "Ask each server N times (1 to 8), 2 s apart (NIST: 4 s): a narrower range, and so much more time "
        "unless -t is given.",
        "ask each N times", read=_whole, default="1",
    ),
    "token_file": Option(
        "--token-file FILE", ASKING,
        "Judge the token in this file by the same measurement; - is standard input. Nothing of it is sent.",
        "judge this token, too", variable=False,
    ),
    "full": Option(
        "--full", ASKING, "Search until the range is about one round trip wide; else until the limits are settled.",
        "as narrow as it gets: 6 s or more", value=False,
    ),
    "connections": Option(
        "--connections N", ASKING,
        "Reach more of the nodes behind a name: N connections to each host (2 to 64), spread over N/4 s, with one "
        "request each beside those that find its clock. Ends at a 429, a 503 or a Retry-After.",
        "N to each host: see more nodes", read=_whole,
    ),
    "date_fresh": Option(
        "--date-fresh", ASKING,
        "You know that these servers write their Date anew for each reply, and don't keep it for up to a second.",
        value=False,
    ),
    "ca_file": Option(
        "--ca-file FILE", ASKING, "Trust the certificate authorities in this PEM file, and not the system's.",
    ),
    "timeout:clock": _timeout("3s"),
    "timeout:api": _timeout("10s; --full: 20s"),
    "timeout:check": _timeout("10s"),
    "timeout:token": _timeout("3s; API: 10s", " A person's paste is waited for."),
    "ipv4": Option("-4, --ipv4", ASKING, "Ask over IPv4 alone.", "IPv4 alone; -6: IPv6 alone", value=False),
    "ipv6": Option("-6, --ipv6", ASKING, "Ask over IPv6 alone.", value=False),
    "warning": Option(
        "-w, --warning DURATION", LIMITS, "A skew from here on is a warning.", "a skew that exits 1",
        read=parse_duration, default="100ms",
    ),
    "critical": Option(
        "-c, --critical DURATION", LIMITS, "A skew from here on is critical.", "a skew that exits 2",
        read=parse_duration, default="1s",
    ),
    "fail_on": Option(
        "--fail-on STATUS", LIMITS, "From warning or from critical on, exit with other than 0.",
        "lowest that exits with non-0", default="warning", value="warning", **_one_of("warning", "critical"),
    ),
    "on_unknown": Option(
        "--on-unknown STATUS", LIMITS,
        "What a measurement that can't tell counts as, in the exit code: ok, warning, critical or unknown.",
        "what UNKNOWN counts as", default="unknown", value="unknown", **_one_of("ok", "warning", "critical", "unknown"),
    ),
    "format_": Option(
        "--format FORMAT", OUTPUT,
        "text: a screen for people; json: one document for programs; nagios: a monitoring plugin's line; "
        "prometheus: metrics for the textfile collector; github: annotations, and a step summary; junit: XML.",
        "text json nagios prometheus github junit", default="text", value="text", **_one_of(*FORMATS),
    ),
    "json": Option(
        "--json", OUTPUT, "Short for --format json, and wins over it.", "same as --format json", value=False,
        variable=False,
    ),
    "json:regions": Option("--json", OTHER, "One document for programs.", "for programs", value=False, variable=False),
    "output": Option(
        "-o, --output FILE", OUTPUT,
        "Write there and not to stdout. A file is replaced as a whole or not at all; a FIFO or a device is "
        "written to.",
        "write there", variable=False,
    ),
    "quiet": Option("-q, --quiet", OUTPUT, "Only the first line of the screen.", "first line only", value=False),
    "verbose": Option(
        "-v, --verbose", OUTPUT, "The evidence, too; -vv: each packet and reply.", "evidence; -vv: every packet",
        value=0, counted=True,
    ),
    "color": Option(
        "--color WHEN", OUTPUT,
        "auto, always or never. auto: on a terminal, unless NO_COLOR, FORCE_COLOR or CLICOLOR say otherwise.",
        default="auto", value="auto", **_one_of("auto", "always", "never"),
    ),
}  # fmt: skip
"""By name. What stands behind a colon tells two of one name apart."""

SHARED: Sequence[str] = (
    "warning", "critical", "fail_on", "on_unknown", "format_", "json", "output", "quiet", "verbose", "color",
)  # fmt: skip
"""What every command takes that measures: limits and output."""
FAMILY = ("ipv4", "ipv6")
API = ("region", "url", "issuer")
TLS = ("date_fresh", "ca_file")
