"""What a command line asks for: the values of its options, checked, as a `Request`, a `View` and a `Deadline`."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import typer

from skewcheck.cli.formats import Format
from skewcheck.cli.options import Color
from skewcheck.cli.redact import holds_token, is_secret, names_no_host, names_no_url
from skewcheck.errors import UsageError
from skewcheck.model import Family, Policy, Request, Status


class View(NamedTuple):
    """How the report is to be shown, and where."""

    format: Format
    output: str | None
    """The file of `-o`; None: stdout."""
    quiet: bool
    verbose: int
    color: Color


def view(values: Mapping[str, Any]) -> View:
    """Return what the options of the output come to. Raises UsageError."""
    output = values["output"]
    if output == "":
        raise UsageError("-o/--output: a file without a name can't be written", "Name it, or leave the option out.")
    format_: Format = "json" if values["json"] else values["format_"]
    file = None if output == "-" else output
    return View(format_, file, values["quiet"], values["verbose"], values["color"])


def request(context: typer.Context, command: str, values: Mapping[str, Any], *, needs_api: bool = False) -> Request:
    """Return what the options of the limits and of whom to ask come to. Raises UsageError."""
    region, url = _whose_date(context, values.get("region"), values.get("url"), needed=needs_api)
    return Request(
        command=command,
        ask_ntp=not needs_api,
        servers=_servers(values.get("server")),
        samples=1 if values.get("samples") is None else values["samples"],
        region=region,
        url=url,
        full=values.get("full", False),
        date_fresh=values.get("date_fresh", False),
        ca_file=_ca_file(values.get("ca_file")),
        family=_family(context, values),
        policy=policy(values),
    )


def policy(values: Mapping[str, Any]) -> Policy:
    """Return where the limits are: what isn't given is as it is for everybody who asks."""
    default = Policy()
    return Policy(
        default.warning_s if values["warning"] is None else values["warning"],
        default.critical_s if values["critical"] is None else values["critical"],
        Status(values["fail_on"]),
        Status(values["on_unknown"]),
    )


def typed_here(context: typer.Context, name: str) -> bool:
    """Tell whether the option came from the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _family(context: typer.Context, values: Mapping[str, Any]) -> Family:
    """Return the address family asked for; the command line beats the environment. Raises UsageError."""
    ipv4, ipv6 = values.get("ipv4"), values.get("ipv6")
    if ipv4 and ipv6:
        ipv4, ipv6 = (typed_here(context, name) for name in ("ipv4", "ipv6"))
        if ipv4 == ipv6:
            raise UsageError("-4 and -6 exclude each other", "Give one of them, or neither: then both are tried.")
    return Family.V4 if ipv4 else Family.V6 if ipv6 else Family.ANY


def _servers(given: list[str] | None) -> tuple[str, ...]:
    """Return the servers named. Raises UsageError for what is a token: a name is sent to a resolver."""
    named = tuple(given or ())
    if any(names_no_host(name) for name in named):
        raise UsageError(
            "-H/--server: that looks like a token, not like a host; it was sent nowhere",
            "Examples: -H time.example.net, -H HOST:123 for a host that is named so. "
            "Every user of this host can read a token on a command line.",
        )
    return named


def _whose_date(
    context: typer.Context, region: str | None, url: str | None, *, needed: bool
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


def _ca_file(given: str | None) -> str | None:
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
