"""What every command shares: its options, how their values are read, and what they come to."""

import os
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from skewcheck.cli.formats import Format
from skewcheck.cli.redact import holds_token, is_secret, names_no_host, names_no_url, quoted
from skewcheck.errors import UsageError
from skewcheck.model import Family, Status
from skewcheck.quantity import parse_duration, parse_signed_duration

if TYPE_CHECKING:
    from skewcheck.examine import Policy

SETTING, ASKING, LIMITS, OUTPUT = "What to set up", "Whom to ask", "Limits and exit code", "Output"
"""The sections of `--help`."""

_LONGEST_NUMBER = 6

Color = Literal["auto", "always", "never"]
FailOn = Literal["warning", "critical"]
OnUnknown = Literal["ok", "warning", "critical", "unknown"]


class View(NamedTuple):
    """How the report is to be shown, and where."""

    format: Format
    output: str | None
    """The file of `-o`; None: stdout."""
    quiet: bool
    verbose: int
    color: Color


def view(format_: Format, *, json: bool, output: str | None, quiet: bool, verbose: int, color: Color) -> View:
    """Return what the options of the section `OUTPUT` come to. Raises UsageError."""
    if output == "":
        raise UsageError("-o/--output: a file without a name can't be written", "Name it, or leave the option out.")
    return View("json" if json else format_, None if output == "-" else output, quiet, verbose, color)


def family(context: typer.Context, *, ipv4: bool, ipv6: bool) -> Family:
    """Return the address family asked for; the command line beats the environment. Raises UsageError."""
    if ipv4 and ipv6:
        ipv4, ipv6 = (typed_here(context, name) for name in ("ipv4", "ipv6"))
        if ipv4 == ipv6:
            raise UsageError("-4 and -6 exclude each other", "Give one of them, or neither: then both are tried.")
    if ipv4:
        return Family.V4
    return Family.V6 if ipv6 else Family.ANY


def policy(warning_s: float | None, critical_s: float | None, fail_on: FailOn, on_unknown: OnUnknown) -> "Policy":
    """Return where the limits are: what isn't given is as it is for everybody who asks `examine`."""
    from skewcheck.examine import Policy

    default = Policy()
    return Policy(
        default.warning_s if warning_s is None else warning_s,
        default.critical_s if critical_s is None else critical_s,
        Status(fail_on),
        Status(on_unknown),
    )


def servers(given: list[str] | None) -> tuple[str, ...]:
    """Return the servers named. Raises UsageError for what is a token: a name is sent to a resolver."""
    named = tuple(given or ())
    if any(names_no_host(name) for name in named):
        raise UsageError(
            "-H/--server: that looks like a token, not like a host; it was sent nowhere",
            "Examples: -H time.example.net, -H HOST:123 for a host that is named so. "
            "Every user of this host can read a token on a command line.",
        )
    return named


def whose_date(
    context: typer.Context, region: str | None, url: str | None, *, needed: bool = True
) -> tuple[str | None, str | None]:
    """Return the region or the URL to ask, where it is *needed*: what was typed beats the environment.

    Raises UsageError.
    """
    for option, given in (("--region", region), ("--url", url)):
        if given is not None and names_no_url(given):
            raise UsageError(
                f"{option}: there is a token or a password in that; it was sent nowhere",
                "Examples: --region eu-west-1, --url https://gateway.example.net/health. "
                "Every user of this host can read a token on a command line.",
            )
    if region is None and url is None and needed:
        from skewcheck.genesys import listing

        raise UsageError(
            "no region was given",
            "There is no default: the wrong region's clock would give the wrong verdict. Name an API by --url,\n"
            f"or one of these by --region, SKEWCHECK_REGION or GENESYSCLOUD_REGION:\n{listing()}",
        )
    if region is None or url is None:
        return region, url
    typed = [name for name in ("region", "url") if typed_here(context, name)]
    if not typed and not os.environ.get("SKEWCHECK_REGION"):
        typed = ["url"]  # GENESYSCLOUD_REGION is for all programs, SKEWCHECK_URL for this one
    if len(typed) != 1:
        raise UsageError("a region and a URL exclude each other", "Give --region or --url, whichever is to be asked.")
    return (region, None) if typed == ["region"] else (None, url)


def any_date(context: typer.Context, region: str | None, url: str | None) -> tuple[str | None, str | None]:
    """Return the region or the URL to ask, or None twice where neither is named. Raises UsageError."""
    return (None, None) if region is None and url is None else whose_date(context, region, url)


def ca_file(given: str | None) -> str | None:
    """Return the file of `--ca-file`. Raises UsageError for one without a name: it must not mean the system's.

    Also for a token in its place: what the file says of itself quotes its name.
    """
    if given == "":
        raise UsageError("--ca-file: a file without a name can't be read", "Name it, or leave the option out.")
    # A file may have any name. Path.exists() raises for a token, which is longer than any name may be.
    is_token = given is not None and (holds_token(given) or ("/" not in given and is_secret(given)))
    if given is not None and is_token and not os.path.exists(given):  # noqa: PTH110 - as said above
        raise UsageError(
            "--ca-file: that looks like a token, not like a file, and there is none of that name",
            "Give a PEM file of certificate authorities. Every user of this host can read a token on a command line.",
        )
    return given


def typed_here(context: typer.Context, name: str) -> bool:
    """Tell whether the option came from the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _duration(text: str) -> float:
    """Return an option's value in seconds; raises typer's own error, which knows the option's name."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"{quoted(text)} {error}") from None


def _signed_duration(text: str) -> float:
    try:
        return parse_signed_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"{quoted(text)} {error}") from None


def _whole_number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST_NUMBER:
        raise typer.BadParameter(f"{quoted(text)} is not a whole number")
    return int(text)


def _option(section: str, *names: str, **settings: Any) -> Any:
    return typer.Option(*names, rich_help_panel=section, **settings)


def _switch(section: str, *names: str, **settings: Any) -> Any:
    return _option(section, *names, show_default=False, **settings)


def _number(section: str, *names: str, **settings: Any) -> Any:
    return _option(section, *names, metavar="N", parser=_whole_number, **settings)


def _lasting(section: str, *names: str, **settings: Any) -> Any:
    return _option(section, *names, metavar="DURATION", **{"parser": _duration, **settings})


Skew = Annotated[
    float | None,
    _lasting(
        SETTING,
        "--skew",
        parser=_signed_duration,
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
        parser=_signed_duration,
        help="Ask an API too, whose clock is so far ahead of true time; -200ms is behind.",
    ),
]
LoginAhead = Annotated[
    float | None,
    _lasting(
        SETTING,
        "--login-ahead",
        parser=_signed_duration,
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


def _timeout(default: str, since: str = "") -> Any:
    return _lasting(
        ASKING,
        "-t",
        "--timeout",
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
    _switch(OUTPUT, "-v", "--verbose", count=True, help="Each packet or reply as well.", envvar="SKEWCHECK_VERBOSE"),
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
