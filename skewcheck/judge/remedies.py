"""What a person can do about it: one command each, as data. skewcheck itself sets nothing."""

from skewcheck.model import NextStep

_ASK_THE_DAEMON = {
    "linux": NextStep(
        "next",
        "timedatectl timesync-status || chronyc tracking",
        "shows which server this host follows and whether it does; then mend that",
    ),
    "darwin": NextStep("do", "sudo sntp -sS time.apple.com", "sets this clock once; then turn automatic time on"),
    "win32": NextStep("do", "w32tm /resync /rediscover", "sets this clock once, as an administrator"),
}
ASK_MORE = NextStep("next", "skewcheck clock", "asks five independent servers, so that none has to be trusted alone")
NAME_MORE = NextStep(
    "next", "skewcheck clock -H HOST1 -H HOST2 -H HOST3", "three servers or more can outvote one that lies"
)
SAMPLE_MORE = NextStep("next", "skewcheck clock --samples 4", "narrows the range by taking four samples of each server")
NAME_INSIDE = NextStep(
    "next", "skewcheck clock -H HOST", "with a time server that this network can reach: ask whoever runs the network"
)
MEASURE_AGAIN = NextStep("next", "skewcheck clock", "measures again, now that the clock has been set")
LOOK_AT_THE_API = NextStep(
    "next",
    "curl -sI https://api.mypurecloud.com/api/v2/date",
    "shows the API's own clock in its Date line, to the second (with your region's host)",
)


def mend_clock(platform: str) -> NextStep:
    """Return the command that mends the clock of a host of this *platform* (`sys.platform`), or finds out why."""
    return _ASK_THE_DAEMON.get(platform, _ASK_THE_DAEMON["linux"])
