"""What a command line asks for: the values of its options, checked, as a `Request`, a `View` and a `Deadline`."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skewcheck.cli.deliver import FORMATS, Format, View
from skewcheck.errors import UsageError
from skewcheck.foreign import holds_token, is_secret, names_no_url, redacted
from skewcheck.model import Family, Policy, Request, Status
from skewcheck.secret_shapes import names_no_host
from skewcheck.visible import visible

if TYPE_CHECKING:
    from skewcheck.cli.argv import Typed

_MAX_QUOTED = 60
"""Characters of a wrong server or URL that are repeated."""
_ALL_SEE_IT = "(every user of this host can read a token on a command line)"


def format_of(arguments: Sequence[str], environment: Mapping[str, str]) -> Format:
    """Return the format asked for, as well as a command line that isn't understood can tell."""
    formats = [environment.get("SKEWCHECK_FORMAT", "")]
    for number, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == "--format":
            formats.append(value if equals else "".join(arguments[number + 1 : number + 2]))
    if "--json" in arguments:
        return "json"
    return next((name for name in FORMATS if name == formats[-1]), "text")


def view(values: Mapping[str, Any]) -> View:
    """Return what the options of the output come to. Raises UsageError."""
    output = values["output"]
    if output == "":
        raise UsageError("-o/--output: a file without a name can't be written", "-o FILE, or without it: to stdout")
    format_: Format = "json" if values["json"] else values["format_"]
    file = None if output == "-" else output
    return View(format_, file, values["quiet"], values["verbose"], values["color"])


def keep_apart(output: str | None, inputs: Iterable[str]) -> None:
    """Raise UsageError where *output* is one of the *inputs*, by whatever name: it would be replaced by the report."""
    if output is None:
        return
    from pathlib import Path  # it takes 2 ms

    for name in inputs:
        try:
            same = name != "-" and Path(output).samefile(name) and Path(name).is_file()
        except (OSError, ValueError):
            continue  # one of them isn't there
        if same:
            raise UsageError("-o/--output names what is to be read: it would be lost", "-o with another file")


def request(typed: "Typed", command: str, values: Mapping[str, Any], *, needs_api: bool = False) -> Request:
    """Return what the options of the limits and of whom to ask come to. Raises UsageError."""
    url, issuer = _one(values, "url"), _one(values, "issuer")
    region, url = _whose_date(typed, values.get("region"), url, needed=needs_api)
    return Request(
        command=command,
        ask_ntp=not needs_api,
        servers=_servers(values.get("server")),
        samples=1 if values.get("samples") is None else values["samples"],
        region=region,
        url=url,
        login_url=_issuer(typed, url, issuer),
        full=values.get("full", False),
        connections=values.get("connections"),
        date_fresh=values.get("date_fresh", False),
        ca_file=_ca_file(values.get("ca_file")),
        family=_family(typed, values),
        policy=policy(values),
    )


def policy(values: Mapping[str, Any]) -> Policy:
    """Return where the limits are: what isn't given is as it is for everybody who asks."""
    default = Policy()
    return Policy(
        default.warning_s if values.get("warning") is None else values["warning"],
        default.critical_s if values.get("critical") is None else values["critical"],
        Status(values["fail_on"]),
        Status(values["on_unknown"]),
    )


def _family(typed: "Typed", values: Mapping[str, Any]) -> Family:
    """Return the address family asked for; the command line beats the environment. Raises UsageError."""
    ipv4, ipv6 = values.get("ipv4"), values.get("ipv6")
    if ipv4 and ipv6:
        ipv4, ipv6 = (name in typed.here for name in ("ipv4", "ipv6"))
        if ipv4 == ipv6:
            raise UsageError("-4 and -6 exclude each other", "one of them, or neither: then both are tried")
    return Family.V4 if ipv4 else Family.V6 if ipv6 else Family.ANY


def _servers(given: Sequence[str] | None) -> tuple[str, ...]:
    """Return the servers named. Raises UsageError for a token, which would be sent to a resolver, and for no host."""
    named = tuple(given or ())
    for dated in (name for name in named if name.startswith("https://")):  # asked for its Date
        _check_for_a_secret("-H/--server", dated)
        if dated[8:].partition("/")[2]:
            raise UsageError("-H takes a web server without a path: it may hold a secret", "-H https://HOST")
    if any(names_no_host(name) for name in named if not name.startswith("https://")):
        raise UsageError(
            "-H/--server: that looks like a token, not like a host; it was sent nowhere",
            f"-H time.example.net; or -H HOST:123 for a host that is named so\n{_ALL_SEE_IT}",
        )
    for name in named:
        if name.startswith("https://"):
            continue
        hosts, url = name.split(","), name.partition("://")
        shown = _harmless(name)
        if len(hosts) > 1:
            each = " ".join(f"-H {host.strip()}" for host in hosts if host.strip())
            raise UsageError(f"-H takes one server{shown}", each if shown else "-H HOST -H HOST")
        if url[1]:
            host = url[2].partition("/")[0]
            host = host if shown and host else "HOST"
            raise UsageError(
                f"-H takes a host, or https:// and a host{shown}",
                f"-H {host}; or -H https://{host}, which asks for its Date",
            )
    return named


def _harmless(given: str) -> str:
    """Return `: 'what was given'`, where it may be repeated: it looks like no secret and has room for none."""
    plain = len(given) <= _MAX_QUOTED and not set(given) & set("@?#;") and redacted(given) == given
    return f": '{visible(given)}'" if plain else ""


def _whose_date(typed: "Typed", region: str | None, url: str | None, *, needed: bool) -> tuple[str | None, str | None]:
    """Return the region or the URL to ask, where it is *needed*: what was typed beats the environment.

    Raises UsageError.
    """
    for option, given in (("--region", region), ("--url", url)):
        _check_for_a_secret(option, given or "")
    if region is None and url is None and needed:
        raise UsageError(
            "no region was given: the wrong one's clock would be a wrong verdict",
            "--region eu-west-1; skewcheck regions lists all 18\n--url https://gateway.example.net/health",
        )
    if region is not None and url is not None:
        named = [name for name in ("region", "url") if name in typed.here]
        if not named and not os.environ.get("SKEWCHECK_REGION"):
            named = ["url"]  # GENESYSCLOUD_REGION is for all programs, SKEWCHECK_URL for this one
        if len(named) != 1:
            raise UsageError("a region and a URL exclude each other", "--region or --url, whichever is to be asked")
        region, url = (region, None) if named == ["region"] else (None, url)
    if url:
        _check_url("--url", url)
    return region, url


def _one(values: Mapping[str, Any], name: str) -> str | None:
    """Return the URL that was given by the option of that *name*. Raises UsageError where several were."""
    given: Sequence[str] = values.get(name) or ()
    if len(given) > 1:
        _check_for_a_secret(f"--{name}", " ".join(given))  # a variable's is taken apart at its spaces
        why = f"--{name} takes one URL, and was given {len(given)}"
        raise UsageError(why, "--url API --issuer ISSUER: who checks the tokens, and who issues them")
    return given[0] if given else None


def _issuer(typed: "Typed", url: str | None, issuer: str | None) -> str | None:
    """Return the issuer for that *url*. Raises UsageError where there is none, or it is no URL."""
    if url is None:
        if issuer is not None and "issuer" in typed.here:
            raise UsageError("--issuer goes with --url: a region has its own issuer", "--url API --issuer ISSUER")
        return None  # the environment's is for other runs
    if issuer is not None:
        _check_url("--issuer", issuer)
    return issuer


def _check_url(option: str, url: str) -> None:
    """Raise UsageError for what holds a secret, or has no scheme."""
    _check_for_a_secret(option, url)
    if "://" not in url:
        shown = _harmless(url)
        instead = visible(url) if shown else "HOST/PATH"
        raise UsageError(f"{option} needs a scheme{shown}", f"{option} https://{instead}")


def _check_for_a_secret(option: str, given: str) -> None:
    if names_no_url(given):
        instead = "--region eu-west-1, or --url https://gateway.example.net/health"
        if option == "-H/--server":
            instead = "-H https://HOST"
        raise UsageError(
            f"{option}: there is a token or a password in that; it was sent nowhere",
            f"{instead}\n{_ALL_SEE_IT}",
        )


def _ca_file(given: str | None) -> str | None:
    """Return the file of `--ca-file`. Raises UsageError for one without a name: it must not mean the system's.

    Also for a token in its place: what the file says of itself quotes its name.
    """
    if given == "":
        raise UsageError("--ca-file: a file without a name can't be read", "--ca-file FILE; or none: the system's")
    # A file may have any name. Path.exists() raises for a token, which is longer than any name may be.
    is_token = given is not None and (holds_token(given) or ("/" not in given and is_secret(given)))
    if given is not None and is_token and not os.path.exists(given):  # noqa: PTH110 - as said above
        raise UsageError(
            "--ca-file: that looks like a token, not like a file, and there is none of that name",
            f"--ca-file FILE, of certificate authorities in PEM\n{_ALL_SEE_IT}",
        )
    return given
