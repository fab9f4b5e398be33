"""The options that `skewcheck token` alone has, and how their values are read."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from skewcheck.cli.redact import quoted
from skewcheck.model import Interval
from skewcheck.quantity import parse_duration, parse_signed_duration, parse_span, parse_time

SOURCE, SAID, JUDGING = "Where the token is", "What it doesn't say itself", "How it is judged"
"""Sections of `--help`."""

Value = TypeVar("Value")


def _parser(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """Return *parse* with typer's own error for a wrong value: that one knows the option's name."""

    def parsed(text: str) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise typer.BadParameter(f"{quoted(text)} {error}") from None

    return parsed


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
Skew = Annotated[
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
