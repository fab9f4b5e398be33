"""`skewcheck log`: what recorded requests say of their refusals. It opens no socket."""

import contextlib
import gc
import sys
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from skewcheck.cli import asked as asking
from skewcheck.cli import output, terminal
from skewcheck.cli.argv import Typed
from skewcheck.cli.deliver import View, deliver
from skewcheck.cli.help import CODES, Screen
from skewcheck.errors import UsageError

if TYPE_CHECKING:
    from skewcheck.logs import Tell

OPTIONS = (
    "files", "read_as", "token_url", "refused", "expires_in:log", "zone", "issuer_ahead", "fail_on", "on_unknown",
    "format_", "json", "output", "quiet", "verbose", "color",
)  # fmt: skip
SCREEN = Screen(
    "Find out from recorded requests why tokens were refused.",
    "[FILE]... [OPTIONS]",
    """\
Examples:
  skewcheck log app.log
  skewcheck log access.log access.log.1.gz --refused 401 --refused 403
  kubectl logs deploy/worker | skewcheck log --zone +00:00
  skewcheck log requests.ndjson --json | jq '.log.causes[] | [.id, .verdict]'""",
    CODES.format(
        ok="none was refused",
        critical="critical: every new token was refused, or a refresh storm",
        unknown="unknown: the log can't tell; or usage, I/O or internal error",
    ).replace("1  warning", "1  a cause"),
    "Exit code: 0 none refused, 1 a cause named, 2 all refused, 3 can't tell.",
)
_COLLECT_AFTER = 100_000
"""Reading makes no cycles, and to look for them every 700 objects takes a tenth of its time."""
_TELL_EVERY_S, _PATIENCE_S = 0.5, 1.0


def log(_typed: Typed, values: Mapping[str, Any]) -> int:
    """Tell from recorded requests why tokens were refused, and how long to wait.

    Give it access logs of nginx, Apache or Envoy, debug lines of urllib3 or httpx,
    what the loggers of Genesys Cloud's SDKs write, NDJSON, CSV or a HAR; .gz, too.
    Without a FILE, or for -, it reads standard input. Nothing is sent anywhere.

    It says of each cause what the log shows: a late refresh, an idle timeout, an
    issuer that is ahead, propagation, one node of several, an old token in flight,
    a refresh storm, a wrong region. No line, URL or token of it is shown or kept.
    """
    from skewcheck.examine.of_log import LogRequest, examine_log

    view = asking.view(values)
    files = tuple(values["files"] or ()) or ("-",)
    if files.count("-") > 1:
        raise UsageError("standard input can be read once", "- once, and files beside it")
    asking.keep_apart(view.output, files)
    if files == ("-",) and terminal.is_stdin():
        raise UsageError("there is no log: nothing is piped in, and no FILE is named", "skewcheck log FILE")
    request = LogRequest(
        files=files,
        read_as=values["read_as"] or "auto",
        token_urls=tuple(values["token_url"] or ()),
        refused=tuple(values["refused"] or ()) or (401,),
        expires_in_s=values["expires_in"],
        zone_s=values["zone"],
        issuer_ahead=values["issuer_ahead"],
        policy=asking.policy(values),
    )
    gc.set_threshold(_COLLECT_AFTER)
    with _progress(view) as tell:
        report = examine_log(request, tell)
    return deliver(report, view)  # reading has no deadline: a log may have any length


@contextlib.contextmanager
def _progress(view: View) -> "Iterator[Tell | None]":
    """Give what writes to the terminal how much is read, where somebody watches; at the end that line is empty."""
    if view.quiet or not terminal.rewrites(sys.stderr):
        yield None
        return
    at_s, width = time.monotonic() + _PATIENCE_S - _TELL_EVERY_S, 0

    def tell(read: int, of: int | None) -> None:
        nonlocal at_s, width
        now_s = time.monotonic()
        if now_s - at_s < _TELL_EVERY_S:
            return
        at_s = now_s
        text = f"{read >> 20:,} MiB read" + (f" of {of >> 20:,} MiB" if of else "")
        output.write_stderr(f"\r{text:{width}}", patient=False)
        width = max(width, len(text))

    try:
        yield tell
    finally:
        if width:
            output.write_stderr(f"\r{' ' * width}\r", patient=False)
