"""Every option once: its names, its help, how its value is read; and which of them each command takes."""

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, TypeVar

import typer

from skewcheck.cli.formats import Format
from skewcheck.cli.last_resort import LONGEST_S
from skewcheck.cli.redact import quoted
from skewcheck.model import Interval
from skewcheck.quantity import parse_duration, parse_signed_duration, parse_span, parse_time

SETTING, SOURCE, SAID, JUDGING = (
    "What to set up",
    "Where the token is",
    "What it doesn't say itself",
    "How it is judged",
)
ASKING, LIMITS, OUTPUT = "Whom to ask", "Limits and exit code", "Output"
"""The sections of `--help`."""

_LONGEST_NUMBER = 6

Color = Literal["auto", "always", "never"]
FailOn = Literal["warning", "critical"]
OnUnknown = Literal["ok", "warning", "critical", "unknown"]
Value = TypeVar("Value")


def command(run: Callable[..., int], names: Sequence[str]) -> Callable[..., int]:
    """Return *run* as typer takes it: with the options of those *names*, whose values it gets by name."""

    def with_options(context: typer.Context, **values: Any) -> int:
        return run(context, values)

    own = [inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)]
    for name in names:
        annotation, default = OPTIONS[name]
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        own.append(inspect.Parameter(name.partition(":")[0], kind, default=default, annotation=annotation))
    with_options.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]  # what typer looks at
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in own}
    with_options.__doc__, with_options.__name__ = run.__doc__, run.__name__
    return with_options


def _parser(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """Return *parse* with typer's own error for a wrong value: that one knows the option's name."""

    def parsed(text: str) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise typer.BadParameter(f"{quoted(text)} {error}") from None

    return parsed


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST_NUMBER:
        raise ValueError("is not a whole number")
    return int(text)


def _span(text: str) -> Interval:
    return Interval(*parse_span(text))


def _no_negative_span(text: str) -> Interval:
    span = _span(text)
    if span.low_s < 0:
        raise ValueError("is less than no time")
    return span


def _no_negative_duration(text: str) -> float:
    seconds = parse_signed_duration(text)
    if seconds < 0:
        raise ValueError("is less than no time")
    return seconds


def _option(section: str, *names: str, **settings: Any) -> Any:
    return typer.Option(*names, rich_help_panel=section, **settings)


def _switch(section: str, *names: str, **settings: Any) -> Any:
    return _option(section, *names, show_default=False, **settings)


def _number(section: str, *names: str, **settings: Any) -> Any:
    return _option(section, *names, metavar="N", parser=_parser(_whole), **settings)


def _lasting(section: str, *names: str, **settings: Any) -> Any:
    return _option(section, *names, metavar="DURATION", **{"parser": _parser(parse_duration), **settings})


DemoSkew = Annotated[
    float | None,
    _lasting(
        SETTING,
        "--skew",
        parser=_parser(parse_signed_duration),
        help="How far ahead this host's clock is to look; -200ms is behind.",
        show_default="200ms",
    ),
]
Liars = Annotated[
    int | None, _number(SETTING, "--liars", help="How many of the five servers are to lie.", show_default="1")
]
ApiAhead = Annotated[
    float | None,
    _lasting(
        SETTING,
        "--api-ahead",
        parser=_parser(parse_signed_duration),
        help="Ask an API too, whose clock is so far ahead of true time; -200ms is behind.",
    ),
]
LoginAhead = Annotated[
    float | None,
    _lasting(
        SETTING,
        "--login-ahead",
        parser=_parser(parse_signed_duration),
        help="The same of the host that issues its tokens; each is right where only the other is given.",
    ),
]
Servers = Annotated[
    list[str] | None,
    _option(
        ASKING,
        "-H",
        "--server",
        metavar="HOST[:PORT]",
        help="Ask this NTP server and no others; repeat it: three or more can outvote one that lies. "
        "IPv6 as [2001:db8::1]:123. In the environment: several, with spaces between. Else five are asked: up to two "
        "of this host's own, the rest public.",
        show_default="own and public ones",
        envvar="SKEWCHECK_SERVER",
    ),
]
Region = Annotated[
    str | None,
    _option(
        ASKING,
        "--region",
        metavar="REGION",
        help="Ask this region of Genesys Cloud: eu-west-1, eu_west_1, mypurecloud.ie or as https://api.mypurecloud.ie.",
        envvar=["SKEWCHECK_REGION", "GENESYSCLOUD_REGION"],
    ),
]
Url = Annotated[
    str | None,
    _option(
        ASKING,
        "--url",
        metavar="URL",
        help="Ask this instead: a gateway, or any other API; http or https, without credentials or a query.",
        envvar="SKEWCHECK_URL",
    ),
]
Full = Annotated[
    bool,
    _switch(
        ASKING,
        "--full",
        help="Search until the range is about one round trip wide; else until the limits are settled.",
        envvar="SKEWCHECK_FULL",
    ),
]
DateFresh = Annotated[
    bool,
    _switch(
        ASKING,
        "--date-fresh",
        help="You know that these servers write their Date anew for each reply, and don't keep it for up to a second.",
        envvar="SKEWCHECK_DATE_FRESH",
    ),
]
CaFile = Annotated[
    str | None,
    _option(
        ASKING,
        "--ca-file",
        metavar="FILE",
        help="Trust the certificate authorities in this PEM file, and not the system's.",
        envvar="SKEWCHECK_CA_FILE",
    ),
]
Samples = Annotated[
    int | None,
    _number(
        ASKING,
        "--samples",
        help="Ask each server N times (1 to 8), 2 s apart (NIST: 4 s): a narrower range, and so much more time "
        "unless -t is given.",
        show_default="1",
        envvar="SKEWCHECK_SAMPLES",
    ),
]


def _waited(text: str) -> float:
    return min(parse_duration(text), LONGEST_S)


def _timeout(default: str, since: str = "") -> Any:
    return _lasting(
        ASKING,
        "-t",
        "--timeout",
        parser=_parser(_waited),
        help=f"The whole process ends by then, with what is proven so far.{since}",
        show_default=default,
        envvar="SKEWCHECK_TIMEOUT",
    )


TokenFile = Annotated[
    str | None,
    _option(
        ASKING,
        "--token-file",
        metavar="FILE",
        help="Judge the token in this file by the same measurement; - is standard input. Nothing of it is sent.",
    ),
]
Timeout = Annotated[float | None, _timeout("3s")]
ApiTimeout = Annotated[float | None, _timeout("10s, with --full 20s")]
CheckTimeout = Annotated[float | None, _timeout("10s")]
TokenTimeout = Annotated[float | None, _timeout("3s, with an API 10s", " A person's paste is waited for.")]
Ipv4 = Annotated[bool, _switch(ASKING, "-4", "--ipv4", help="Ask over IPv4 alone.", envvar="SKEWCHECK_IPV4")]
Ipv6 = Annotated[bool, _switch(ASKING, "-6", "--ipv6", help="Ask over IPv6 alone.", envvar="SKEWCHECK_IPV6")]
WarningLimit = Annotated[
    float | None,
    _lasting(
        LIMITS,
        "-w",
        "--warning",
        help="A skew from here on is a warning.",
        show_default="100ms",
        envvar="SKEWCHECK_WARNING",
    ),
]
CriticalLimit = Annotated[
    float | None,
    _lasting(
        LIMITS,
        "-c",
        "--critical",
        help="A skew from here on is critical.",
        show_default="1s",
        envvar="SKEWCHECK_CRITICAL",
    ),
]
FailOnStatus = Annotated[
    FailOn,
    _option(
        LIMITS,
        "--fail-on",
        metavar="STATUS",
        help="From warning or from critical on, exit with other than 0.",
        envvar="SKEWCHECK_FAIL_ON",
    ),
]
OnUnknownStatus = Annotated[
    OnUnknown,
    _option(
        LIMITS,
        "--on-unknown",
        metavar="STATUS",
        help="What a measurement that can't tell counts as, in the exit code: ok, warning, critical or unknown.",
        envvar="SKEWCHECK_ON_UNKNOWN",
    ),
]
OutputFormat = Annotated[
    Format,
    _option(
        OUTPUT,
        "--format",
        metavar="FORMAT",
        help="text: a screen for people; json: one document for programs; nagios: a monitoring plugin's line; "
        "prometheus: metrics for the textfile collector; github: annotations, and a step summary; junit: XML.",
        envvar="SKEWCHECK_FORMAT",
    ),
]
Json = Annotated[bool, _switch(OUTPUT, "--json", help="Short for --format json, and wins over it.")]
OutputFile = Annotated[
    str | None,
    _option(
        OUTPUT,
        "-o",
        "--output",
        metavar="FILE",
        help="Write there and not to stdout. A file is replaced as a whole or not at all; a FIFO or a device is "
        "written to.",
    ),
]
Quiet = Annotated[
    bool, _switch(OUTPUT, "-q", "--quiet", help="Only the first line of the screen.", envvar="SKEWCHECK_QUIET")
]
Verbose = Annotated[
    int,
    _switch(
        OUTPUT,
        "-v",
        "--verbose",
        count=True,
        help="The evidence, too; -vv: each packet and reply.",
        envvar="SKEWCHECK_VERBOSE",
    ),
]
ColorWhen = Annotated[
    Color,
    _option(
        OUTPUT,
        "--color",
        metavar="WHEN",
        help="auto, always or never. auto: on a terminal, unless NO_COLOR, FORCE_COLOR or CLICOLOR say otherwise.",
        envvar="SKEWCHECK_COLOR",
    ),
]
Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TOKEN|-]",
        rich_help_panel=SOURCE,
        show_default=False,
        help="The token, or whatever holds it. Better not here: the shell's history keeps it, and all users of this "
        "host see it. With - or nothing it is read from standard input; at a terminal you are asked for it.",
    ),
]
File = Annotated[
    str | None, _option(SOURCE, "--file", metavar="FILE", help="Read it from this file, FIFO or device; - as above.")
]
Env = Annotated[str | None, _option(SOURCE, "--env", metavar="NAME", help="Read it from this environment variable.")]
ExpiresIn = Annotated[
    float | None,
    _option(
        SAID,
        "--expires-in",
        metavar="DURATION",
        parser=_parser(parse_duration),
        help="What the token response said, where the token alone is pasted.",
    ),
]
ObtainedAt = Annotated[
    float | None,
    _option(
        SAID,
        "--obtained-at",
        metavar="TIME",
        parser=_parser(parse_time),
        help="When the response came, by this host's clock: 2027-01-15T12:00:00Z, or Unix seconds.",
    ),
]
Offline = Annotated[
    bool,
    _option(
        JUDGING,
        "--offline",
        show_default=False,
        help="Ask nobody, open no socket: judge by the local clock, which nobody has verified.",
        envvar="SKEWCHECK_OFFLINE",
    ),
]
TokenSkew = Annotated[
    Interval | None,
    _option(
        JUDGING,
        "--skew",
        metavar="SKEW",
        parser=_parser(_span),
        help="What if: assume that this host's clock is so far ahead (200ms), behind (-200ms+-50ms) or either "
        "(+-50ms), and ask nobody.",
    ),
]
Verifiers = Annotated[
    list[str] | None,
    _option(
        JUDGING,
        "--verifier",
        metavar="NAME",
        help="Say whether this verifier takes the token; repeat it. `list` shows those that are known.",
        envvar="SKEWCHECK_VERIFIER",
    ),
]
Leeway = Annotated[
    float | None,
    _option(
        JUDGING,
        "--leeway",
        metavar="DURATION",
        parser=_parser(_no_negative_duration),
        help="What your verifiers allow for a wrong clock.",
        show_default="0s, or as --verifier has it",
        envvar="SKEWCHECK_LEEWAY",
    ),
]
Latency = Annotated[
    Interval | None,
    _option(
        JUDGING,
        "--latency",
        metavar="LATENCY",
        parser=_parser(_no_negative_span),
        help="How long a request takes from here until the token in it is checked: 50ms, or 100ms+-50ms.",
        show_default="as measured, or up to 250ms",
        envvar="SKEWCHECK_LATENCY",
    ),
]


def _explained(incomplete: str) -> list[str]:
    """Return what `explain` knows and begins like that, for completion."""
    from skewcheck.judge.explanations import pages

    return [name for name in pages() if name.startswith(incomplete)]


Explained = Annotated[
    str | None,
    typer.Argument(
        metavar="[ID]",
        show_default=False,
        autocompletion=_explained,
        help="The id of a finding, or a topic: 401, offset. Nothing lists all.",
    ),
]

OPTIONS: dict[str, tuple[Any, Any]] = {
    "id": (Explained, None),
    "skew:demo": (DemoSkew, None),
    "liars": (Liars, None),
    "api_ahead": (ApiAhead, None),
    "login_ahead": (LoginAhead, None),
    "words": (Words, None),
    "file": (File, None),
    "env": (Env, None),
    "expires_in": (ExpiresIn, None),
    "obtained_at": (ObtainedAt, None),
    "offline": (Offline, False),
    "skew": (TokenSkew, None),
    "verifier": (Verifiers, None),
    "leeway": (Leeway, None),
    "latency": (Latency, None),
    "server": (Servers, None),
    "region": (Region, None),
    "url": (Url, None),
    "samples": (Samples, None),
    "token_file": (TokenFile, None),
    "full": (Full, False),
    "date_fresh": (DateFresh, False),
    "ca_file": (CaFile, None),
    "timeout:clock": (Timeout, None),
    "timeout:api": (ApiTimeout, None),
    "timeout:check": (CheckTimeout, None),
    "timeout:token": (TokenTimeout, None),
    "ipv4": (Ipv4, False),
    "ipv6": (Ipv6, False),
    "warning": (WarningLimit, None),
    "critical": (CriticalLimit, None),
    "fail_on": (FailOnStatus, "warning"),
    "on_unknown": (OnUnknownStatus, "unknown"),
    "format_": (OutputFormat, "text"),
    "json": (Json, False),
    "output": (OutputFile, None),
    "quiet": (Quiet, False),
    "verbose": (Verbose, 0),
    "color": (ColorWhen, "auto"),
}
"""By name: how it is declared, and its default. What stands behind a colon tells two of one name apart."""

SHARED = (
    "warning", "critical", "fail_on", "on_unknown", "format_", "json", "output", "quiet", "verbose", "color",
)  # fmt: skip
"""What every command takes that measures: limits and output."""
FAMILY = ("ipv4", "ipv6")
API = ("region", "url")
TLS = ("date_fresh", "ca_file")
