"""What a person can do about it: one command each, as data. skewcheck itself sets nothing."""

from collections.abc import Sequence

from skewcheck.model import NextStep

_MENDING = {
    "linux": NextStep(
        "next",
        "timedatectl timesync-status || chronyc tracking",
        "shows which server this host follows, and whether it does; then mend that",
    ),
    "darwin": NextStep("do", "sudo sntp -sS time.apple.com", "sets this clock once; then turn automatic time on"),
    "win32": NextStep("do", "w32tm /resync /rediscover", "sets this clock once, as an administrator"),
}
LOOK_AT_THE_API = NextStep(
    "next",
    "curl -sI https://api.mypurecloud.com/api/v2/date",
    "shows the API's own clock in its Date line, to the second (take your region's host)",
)
ASK_PUBLIC = NextStep("next", "skewcheck clock", "asks five independent servers, so that none is trusted alone")
ASK_OTHERS = NextStep(
    "next",
    "skewcheck clock -H HOST1 -H HOST2 -H HOST3",
    "with servers of your own: three or more outvote one that lies",
)
ASK_NEARER = NextStep(
    "next", "skewcheck clock -H HOST1 -H HOST2 -H HOST3", "with servers that are nearer: these promise too little"
)
ASK_INSIDE = NextStep(
    "next", "skewcheck clock -H HOST", "with a time server that this network can reach: ask whoever runs the network"
)


def mend_clock(platform: str) -> NextStep:
    """Return the command that mends the clock of a host of this *platform* (`sys.platform`), or finds out why."""
    return _MENDING.get(platform, _MENDING["linux"])


def again(asked: Sequence[str]) -> NextStep:
    """Return how to ask the same servers again; *asked*: the arguments that named them."""
    return NextStep("next", " ".join(["skewcheck clock", *asked]), "measures again, now that the clock has been set")


def more_samples(asked: Sequence[str], samples: int) -> NextStep:
    """Return how to take *samples* of the same servers."""
    command = " ".join(["skewcheck clock", f"--samples {samples}", *asked])
    return NextStep("next", command, f"narrows the range: {samples} samples of each server, where one went a long way")
