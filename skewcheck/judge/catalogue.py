"""The words of every finding, in one table: what line 1 and line 2 say of it, and what `skewcheck explain` says.

The order is that of importance: of findings that are equally bad the first one here leads. Code decides by ids,
statuses and facts; nothing reads what stands here.

A title is a template over the facts of a finding:

- `{name}` is a fact. One whose name ends in `_s` is a time in seconds and shown as a size (`346 ms`, `2 h`), one in
  `_at_s` a time of day, one that begins with `share` a share; text is shown as it is.
- `{off}`, `{range}`, `{bound}`, `{signed}`, `{beside}`, `{way}` and `{way_of}` are made of the facts `skew_s`, `low_s`
  and `high_s`: the size (the range where there is no estimate), the range, its larger side, both ends with their signs,
  the range where an estimate stands beside it, AHEAD or BEHIND, and `AHEAD of` or `BEHIND`.
- `{ago}` and `{left}` are made of `ago_low_s`, `ago_high_s` and `left_low_s`, `left_high_s`.
- `[...]` is left out where a fact in it is None, False, 0 or empty, and, the last one first, where the line is too long.
- `[...|...]` has what stands in its place then.

A title has one line of 70 cells, a meaning two.
"""

from collections.abc import Mapping
from typing import NamedTuple

from skewcheck.model import Effect, Finding, Report


class Row(NamedTuple):
    """What there is to say of one id."""

    title: str
    means: str = ""
    """What it means for a 401."""
    facts: str = ""
    """The names of its facts, as the finder gives them."""
    variants: Mapping[str, str] = {}
    """Other titles by the value of `by`, where the same illness shows in several ways."""
    by: str = ""
    """The fact that chooses among `variants`."""
    explain: str = ""
    """Who notices and how to mend it, for `skewcheck explain`; lines of 78 cells at most."""


_HIDDEN = "This says nothing about the clock, good or bad."
_SKEW = "skew_s low_s high_s "
_VOTE = "agreeing answered asked unreached "
_FAR = "here_at_s utc_at_s "
_BEHIND = "Refreshing by exp comes too late: 401s at the end of a token's life. Counting expires_in is not affected."
_AHEAD = "What this host signs looks issued in the future; what it verifies looks expired early. Its own refreshes come early."

CATALOGUE: Mapping[str, Row] = {
    # --- The token itself ---
    "token-zone": Row(
        "A local time was written as UTC: {claim} is {off_s} {off_way} true time",
        "A new token has the same fault: the issuer must write UTC (a Unix time knows no time zone).",
        "claim off_s off_way how utc_offset_s",
        {"possibly": "Perhaps a local time was written as UTC: {claim} is {off_s} {off_way} true time"},
        "how",
    ),
    "token-unit": Row(
        "The token's {claims} counts {unit}; the standard has seconds",
        "To a verifier such a time lies thousands of years ahead. The issuer must mend it; no clock can.",
        "claims unit shown",
    ),
    "token-cut": Row(
        "The token is cut: nothing can be said of what is missing",
        "Whoever gets it so refuses it. Copy it whole, or give it by a file.",
        "length detail",
    ),
    "token-encrypted": Row(
        "The token is encrypted (JWE): its times can't be read from outside",
        "Only its recipient reads them; the response around it may say expires_in.",
        "detail",
    ),
    "token-malformed": Row(
        "The token is malformed: {detail}",
        "Verifiers refuse it, or differ, whatever the time is. The issuer must mend it; no clock can.",
        "oddity detail",
    ),
    "token-bad-claim": Row(
        "The token's {claims} is no time",
        "Verifiers refuse it. The issuer must mend it; no clock can.",
        "claims shown",
    ),
    "token-lifetime": Row(
        "The token's lifetime can't be meant: {lifetime_s}",
        "The issuer must mend it; no clock can.",
        "lifetime_s why",
        {
            "never-valid": "The token ends before it begins: it is never valid",
            "nbf-after-exp": "The token's nbf is not before its exp: it is never valid",
        },
        "why",
    ),
    "token-obtained-later": Row(
        "By this host's clock the token was obtained {ahead_s} from now",
        "The clock was set back since, or that time is another host's. What is left can't be told: drop the token.",
        "ahead_s obtained_at_s",
    ),
    "token-expired": Row(
        "Token expired {ago} ago. Not clock skew: get a new token",
        "It takes a new one: no buffer and no leeway is the cure of an old token.",
        "claim exp_at_s ago_low_s ago_high_s by within_leeway",
        {
            "api": "Token expired {ago} ago by the API's clock: get a new token",
            "skew": "Token expired {ago} ago with the clock assumed (--skew): get a new token",
            "local": "Token expired {ago} ago by this host's clock: get a new token",
        },
        "by",
    ),
    "token-expired-unseen": Row(
        "Token expired {ago} ago, and this host's clock has not noticed",
        "Whoever on this host goes by exp keeps sending it: 401s until the clock is right, or the client refreshes earlier.",
        "claim exp_at_s ago_low_s ago_high_s here_s by",
    ),
    "token-expired-here": Row(
        "Token is valid for {left}; only this host's clock says expired {here_s} ago",
        "Servers with a right clock still take it. Whoever here goes by exp drops it early, and a verifier here refuses it.",
        "claim exp_at_s left_low_s left_high_s here_s by",
    ),
    "token-future-issued": Row(
        "Token is from the future: its {claim} is {left} away; its issuer is ahead",
        "A strict verifier refuses it now and takes it later. Set the issuer's clock right, then get a new token.",
        "claim claim_at_s left_low_s left_high_s here_s by",
    ),
    "token-not-yet-valid": Row(
        "Token is not valid yet: its {claim} is {left} away",
        "Its issuer means that, or has a clock that is ahead. Verifiers refuse it until then.",
        "claim claim_at_s left_low_s left_high_s here_s by",
    ),
    "token-early-here": Row(
        "Token is valid; only this host's clock says that its {claim} is {here_s} away",
        "Servers with a right clock take it. A strict verifier on this host refuses it as issued in the future.",
        "claim claim_at_s ago_low_s ago_high_s here_s by",
    ),
    "token-clocks-differ": Row(
        "This host's clock and the API's do not agree on the token's {claim}",
        "By the API's clock the token is fine, by this host's it is not; which of the two is off is open.",
        "claim claim_at_s here_s",
    ),
    "token-expired-open": Row(
        "Whether the token has expired is open: {when}",
        "The clock is not known well enough to tell.",
        "claim exp_at_s left_low_s left_high_s when",
    ),
    "token-early-open": Row(
        "Whether the token is valid yet is open: its {claim} is {when}",
        "The clock is not known well enough to tell.",
        "claim claim_at_s left_low_s left_high_s when",
    ),
    # --- Whose clock is off ---
    "local-ahead": Row(
        "This host is {off} AHEAD of UTC ([{beside}; ]{agreeing} of {answered} servers agree[; {unreached} not reached])",
        "[NTP and {api_host} give the same answer: fix this host, not the API.|" + _AHEAD + "]"
        "[ This host says {here_at_s}, UTC is {utc_at_s}.]",
        _SKEW + _VOTE + _FAR + "api_host",
    ),
    "local-behind": Row(
        "This host is {off} BEHIND UTC ([{beside}; ]{agreeing} of {answered} servers agree[; {unreached} not reached])",
        "[NTP and {api_host} give the same answer: fix this host, not the API.|" + _BEHIND + "]"
        "[ This host says {here_at_s}, UTC is {utc_at_s}.]",
        _SKEW + _VOTE + _FAR + "api_host",
    ),
    "local-unconfirmed": Row(
        "This host looks {off} {way_of} UTC, unconfirmed ({agreeing} of {asked} NTP servers)",
        "Set no clock by that: first ask more servers, or narrow the range.",
        _SKEW + _VOTE + _FAR + "why limit_s host",
        {
            "one-server": "This host looks {off} {way_of} UTC, unconfirmed: by one NTP server only",
            "own-servers": "This host looks {off} {way_of} UTC, unconfirmed: by its own servers only",
            "limit": "This host looks {off} {way_of} UTC, unconfirmed at the {limit_s} limit[ ({beside})]",
            "api": "This host looks {off} {way_of} UTC, unconfirmed: {host} does not show it",
        },
        "why",
    ),
    "api-ahead": Row(
        "The {clock} is {off} AHEAD of UTC[; this host is right{host_ok}][, unconfirmed{unconfirmed}]",
        "Nothing to fix here: raise your buffer, and tell whoever runs the API.",
        _SKEW + "clock host host_ok unconfirmed max_lag_s",
    ),
    "api-behind": Row(
        "The {clock} is {off} BEHIND UTC[; this host is right{host_ok}][, unconfirmed{unconfirmed}]",
        "Nothing to fix here: tell whoever runs the API.[ Or its Date is old: this server may keep one for {max_lag_s}.]",
        _SKEW + "clock host host_ok unconfirmed max_lag_s",
    ),
    "issuer-ahead": Row(
        "{login} issues tokens with a clock {off} AHEAD of {host}",
        "First requests with a new token can fail where the API checks its issue time. No clock of yours mends that."
        "[ If both Dates are fresh: one may be {max_lag_s} old.]",
        _SKEW + "login host max_lag_s share_high",
    ),
    "issuer-behind": Row(
        "{login} issues tokens with a clock {off} BEHIND {host}",
        "Tokens die that much before their time. No clock of yours mends that; a buffer hides it."
        "[ If both Dates are fresh: one may be {max_lag_s} old.]",
        _SKEW + "login host max_lag_s",
    ),
    "skew-shared": Row(
        "This host is {off} {way_of} {host}; each clock is off by a part of that",
        "Neither is beyond {limit_s} of UTC by itself: only together they are.",
        _SKEW + "host limit_s",
    ),
    "skew-undecided": Row(
        "This host is {off} {way_of} {host}; which of them is off is open",
        "[By NTP this host is {ntp_bound_s} off UTC at most, which does not settle it.|NTP would settle it.]",
        _SKEW + "host why least_s ntp_low_s ntp_high_s ntp_bound_s",
        {
            "ntp-silent": "This host is {off} {way_of} {host}; without NTP, whose fault is open",
            "one-sided": "This host is at least {least_s} BEHIND {host}; which of them is off is open",
        },
        "why",
    ),
    "ntp-differs": Row(
        "This host and {host} agree; NTP as seen from here differs ({signed})",
        "Between these two the clock is an unlikely cause. NTP is intercepted or smeared here, or both clocks are off.",
        _SKEW + "host",
    ),
    "api-certificate": Row(
        "The certificate of {host} is not valid by its own Date",
        "TLS fails for every client: nobody can call it. Its owner must renew it; no clock of yours is at fault.",
        "host validity by_s not_before_at_s not_after_at_s",
        {
            "ended": "The certificate of {host} ended {by_s} ago, by its own Date",
            "begins": "The certificate of {host} begins only in {by_s}, by its own Date",
        },
        "validity",
    ),
    "tls-dates": Row(
        "By this host's clock a certificate of {host} is not valid: TLS fails here",
        "By its server's Date it is valid. It was asked without these dates, so nothing is proven.",
        "host validity by_s not_before_at_s not_after_at_s",
        {
            "ended": "By this host's clock the certificate of {host} ended {by_s} ago",
            "begins": "By this host's clock the certificate of {host} begins only in {by_s}",
        },
        "validity",
    ),
    "smear-mixed": Row(
        "The servers split on a leap second: {servers} smear it, others do not",
        "For a day around it smeared time is not UTC, by up to a second. Ask servers of one kind.",
        "servers",
    ),
    "servers-disagree": Row(
        "Not measured: the {answered} NTP servers that answered contradict each other",
        "No majority shares a time, so who is right can't be told.",
        "answered asked unreached why",
        {
            "two": "Not measured: the two NTP servers that answered contradict each other",
            "own": "Not measured: this host's own NTP servers and others contradict each other",
        },
        "why",
    ),
    "ntp-unreached": Row(
        "Not measured: no usable answer from {who}[ ({counts})]",
        _HIDDEN,
        "asked reason counts server who port duration_s",
        {
            "blocked": "Not measured: no reply from {who} in {duration_s}[ (UDP {port} blocked?)]",
            "silent": "Not measured: {who} did not reply in {duration_s}[: down, or UDP {port} is blocked]",
            "prohibited": "Not measured: a firewall on this host prohibits NTP[ (UDP {port})]",
            "no-network": "Not measured: this host has no network (no route to {who})",
            "no-route": "Not measured: there is no way from this host to {who}",
            "dns": "Not measured: DNS fails on this host (0 of {asked} NTP servers resolved)",
            "no-such-name": "Not measured: there is no such name: {server}",
            "no-address": "Not measured: no address of that family: {who}",
            "port-closed": "Not measured: no NTP service at {who} (port {port} closed)",
            "rate": "Not measured: {who} sent RATE: asked too often",
            "unsynchronised": "Not measured: not synchronised itself: {who}",
            "distance": "Not measured: its root distance is 16 s or more: {who}",
            "other-address": "Not measured: answered from another address: {who}",
        },
        "reason",
    ),
    "api-unreached": Row(
        "Not measured: {host} was not reached[: {detail}]",
        "[NTP: this host is {ntp_bound_s} off UTC at most.|" + _HIDDEN + "]",
        "host reason detail ntp_bound_s",
        {
            "dns": "Not measured: DNS fails for {host}",
            "no-network": "Not measured: this host has no way to {host}",
            "proxy": "Not measured: the proxy did not let {host} be asked[: {detail}]",
            "untrusted": "Not measured: the certificate of {host} was refused[: {detail}]",
            "rate-limited": "Not measured: {host} asks for patience[: {detail}]",
            "no-date": "Not measured: {host} answers without a usable Date[: {detail}]",
        },
        "reason",
    ),
    "api-inconsistent": Row(
        "The replies of {host} exclude each other by at least {spread_s}",
        "[NTP: this host is {ntp_bound_s} off UTC at most. ]One clock may stamp a token and another check it.",
        "host spread_s mix ntp_bound_s",
        {"connections": "Behind {host} are clocks at least {spread_s} apart, one per connection"},
        "mix",
    ),
    "api-cached": Row(
        "Not measured: a cache answers for {host}[, its Date {age_s} old]",
        "[NTP: this host is {ntp_bound_s} off UTC at most. ]A Date of any age can show only BEHIND: ask a path that no "
        "cache keeps.",
        "host age_s x_cache via least_s ntp_bound_s",
    ),
    "api-frozen": Row(
        "Not measured: the Date of {host} stands still while seconds pass",
        "[NTP: this host is {ntp_bound_s} off UTC at most. ]A Date of any age can show only BEHIND: tell whoever runs "
        "the API.",
        "host least_s ntp_bound_s",
    ),
    "too-coarse": Row(
        "Not settled: {signed} from {reference}, which may be ok or not",
        "The range holds a limit ({warning_s} or {critical_s}), so neither ok nor off is shown.",
        "low_s high_s reference warning_s critical_s because",
        {
            "server": "Not settled: {signed} from {reference}; the server doubts its own time so far",
        },
        "because",
    ),
    "clock-stepped": Row(
        "The clock jumped {step_way} by {step_s} while it was measured",
        "It was set, or this host slept. The range covers before and after: measure again.",
        "step_s step_way",
    ),
    "clock-slewing": Row(
        "The clock is being pulled: it runs {slew_ppm} ppm {slew_way} than its hardware",
        "A time daemon is correcting it. Measure again in a few minutes.",
        "slew_ppm slew_way",
    ),
    "clock-rate": Row(
        "Time itself runs at another rate in this process ({how})",
        "No measurement here is worth anything until that ends.",
        "how",
    ),
    # --- What the token costs ---
    "refresh-storm": Row(
        "With {buffer_s} of buffer new tokens look expired on arrival ({share_high})",
        "A client that refreshes by exp refreshes again and again; the login host answers 400 `rate limit exceeded`.",
        "buffer_s share_low share_high refreshes_low refreshes_high",
    ),
    "no-buffer-helps": Row(
        "No buffer helps: {needed_s} are needed, half of the token's life is {half_s}",
        "The largest part is {largest}: mend that.",
        "needed_s half_s largest largest_s",
    ),
    "token-no-exp": Row(
        "The token has no exp: by itself it never expires",
        "Many verifiers refuse it for that, and no client knows when to refresh it.",
        "",
    ),
    "token-odd-time": Row(
        "The token's {claims} is {what}: verifiers differ on it",
        "Some refuse it whatever the time is. The issuer should mend it.",
        "claims oddity what shown",
    ),
    # --- What this host says of its own clock ---
    "daemon-wrong": Row(
        "{daemon} claims an error of at most {bound_s}, which the measurement excludes",
        "[It follows {source}: that server is wrong, or smears.|Its server is wrong.] Or this machine was paused.",
        "daemon bound_s source off_by_s smears",
    ),
    "clock-zone": Row(
        "This host is off by whole time zones: local time was set as UTC, or UTC as local",
        "Set the clock to UTC and the time zone apart from it.",
        "zone_s utc_offset_s how",
        {"possibly": "The clocks are {zone_s} apart, as time zones are: a local time taken for UTC?"},
        "how",
    ),
    "daemon-unsynchronised": Row(
        "{daemon} says that it is not synchronised: nobody keeps this clock right",
        "A clock that nobody corrects drifts by seconds a day.",
        "daemon kernel_max_error_s why",
        {
            "none": "No time daemon runs here, and the kernel knows of none",
            "unseen": "No time daemon can be seen from in here, and the kernel knows of none",
        },
        "why",
    ),
    "fake-time": Row(
        "{how} tells this process another time than the kernel's[: {ahead_s} {ahead_way}]",
        "The clock of the host may be right: only what runs like this sees it wrong.",
        "how ahead_s ahead_way",
    ),
    "two-daemons": Row(
        "{daemons} run here together: they pull one clock two ways",
        "Disable all but one.",
        "daemons",
    ),
    "stale-sync": Row(
        "[{daemon}|The kernel] has not corrected the clock for {age_s}",
        "It drifts by up to 10 ms for every 100 s.",
        "daemon age_s kernel_max_error_s",
    ),
    "slept": Row(
        "This host slept for {slept_s} since its start: a clock is often off after that",
        "",
        "slept_s",
    ),
    "zone-files": Row(
        "The time zone of this host is broken: {detail}",
        "Local times here can be wrong, and so can tokens that are stamped from them.",
        "trouble detail zone utc_offset_s",
    ),
    "rtc-local-time": Row(
        "The battery-backed clock is kept in local time",
        "After a start, or a change to summer time, the clock is off.",
        "",
    ),
    "rtc-off": Row(
        "The battery-backed clock is {ahead_s} {ahead_way} this one",
        "The clock is that much off after the next start.",
        "ahead_s ahead_way",
    ),
    "unsteady-clocksource": Row(
        "The kernel counts time by {clocksource}, which drifts or is slow to read",
        "",
        "clocksource",
    ),
    "better-clock": Row(
        "{device}, the clock of the machine below, is here and no daemon follows it",
        "",
        "device line",
    ),
    # --- Remarks ---
    "falseticker": Row(
        "{server} is off by at least {off_by_s}: rejected (falseticker)",
        "[This host follows it: replace it in {origin}.|Its vote does not count.]",
        "server off_by_s origin",
    ),
    "server-doubts": Row(
        "{server} says that its own time may be off by {distance_s}",
        "Its range is as wide as that: ask others.",
        "server distance_s",
    ),
    "ntp-partly-blocked": Row(
        "Only this host's own NTP servers answer: NTP is probably blocked on the way out",
        "Their error would not be seen.",
        "answered",
    ),
    "api-lag": Row(
        "{host} may keep a Date for {max_lag_s}[: this host may be up to {low_bound_s} behind]",
        "",
        "host max_lag_s because known low_bound_s",
    ),
    "plain-http": Row(
        "{hosts} was asked by plain http: anybody on the way can have answered",
        "",
        "hosts",
    ),
    "rate-limited": Row(
        "{host} asked for patience ({http_status}): it was asked no more",
        "",
        "host http_status requests",
    ),
    "cut-short": Row(
        "The deadline ended the measurement after {duration_s}; more time would tell more",
        "",
        "duration_s missing",
    ),
    "drop-old": Row(
        "Once the clock is right, drop what this host signed and its kept deadlines",
        "",
        "late_s",
    ),
    "skew-assumed": Row(
        "The clock was not measured: assumed {signed} from UTC (--skew)",
        "",
        _SKEW,
    ),
    "clock-unchecked": Row(
        "The clock was not checked (--offline): times are by this host's clock",
        "",
        "",
    ),
    "demo": Row(
        "[Demonstration: {missed}|Demonstration: five servers here, {liars} of them lying; all was measured as set up]",
        "",
        "set_up_skew_s liars set_up_api_ahead_s set_up_login_ahead_s exit_code missed",
    ),
    # --- Nothing is wrong ---
    "not-skew": Row(
        "NOT CLOCK SKEW: this host, UTC and the API agree to within {bound}[, unconfirmed{unconfirmed}]",
        "A 401 right after a refresh has another cause.[ If that Date is not old, by up to {max_lag_s}.]",
        "low_s high_s host unconfirmed max_lag_s genesys",
    ),
    "token-valid": Row(
        "Token valid for {left}[; clock within {clock_bound_s} of UTC]",
        "Unlikely to be refused for its times.[ The API was not checked{api_unasked}.]",
        "claim left_low_s left_high_s clock_bound_s by api_unasked",
        {"local": "Token valid for {left} by this host's clock, which was not checked"},
        "by",
    ),
    "token-opaque": Row(
        "Opaque token[, expires_in {expires_in_s}][; clock within {clock_bound_s} of UTC]",
        "Unlikely to cause a 401.[ The API's clock was not checked{api_unasked}.]",
        "expires_in_s clock_bound_s owner api_unasked",
    ),
    "clock-ok": Row(
        "Clock within {bound} of UTC ({agreeing} of {answered} NTP servers agree[; {unreached} not reached])",
        "Unlikely to cause a 401. The API's clock was not checked.",
        _SKEW + _VOTE,
    ),
    "clock-ok-unconfirmed": Row(
        "Clock within {bound} of UTC, unconfirmed ({agreeing} of {asked} NTP servers)",
        "Nobody confirms that: ask more servers.",
        _SKEW + _VOTE + "why limit_s",
        {
            "one-server": "Clock within {bound} of UTC, unconfirmed: by one NTP server only",
            "own-servers": "Clock within {bound} of UTC, unconfirmed: by this host's own servers only",
            "limit": "Clock within {bound} of UTC, unconfirmed at the {limit_s} limit",
        },
        "why",
    ),
    "api-ok": Row(
        "Clock within {bound} of {host} (by its HTTP Date header)[, unconfirmed{unconfirmed}]",
        "Unlikely to cause a 401.[ NTP was not reached: UTC is not known{ntp_silent}.]",
        _SKEW + "host unconfirmed ntp_silent",
    ),
}
"""All findings, the most important first."""


class Words(NamedTuple):
    """What a step does."""

    label: str
    """`Fix`: run it here and it is mended. `Next`: it finds out more, or has to be run elsewhere."""
    words: str


STEPS: Mapping[str, Words] = {
    # --- It is mended by this ---
    "step-clock": Words("Fix", "steps the clock now; then rerun this"),
    "restart-daemon": Words("Fix", "asks its server at once; then rerun this"),
    "start-daemon": Words("Fix", "nobody keeps this clock: starts the time daemon"),
    "install-daemon": Words("Fix", "nobody keeps this clock: sets up a time daemon"),
    "set-once": Words("Fix", "sets the clock once; then turn automatic time on"),
    "without-fake": Words("Fix", "runs it without the fake, which is not in the clock"),
    "restart-docker-desktop": Words("Fix", "stops all containers; restarts the machine below"),
    "wsl-take-over": Words("Fix", "takes over Windows' time"),
    "wsl-below": Words("Fix", "in Windows: the machine below takes over its time"),
    "windows-resync": Words("Fix", "in Windows, as an administrator"),
    "disable-daemon": Words("Fix", "leaves the clock to one daemon"),
    "mend-zone": Words("Fix", "gives this host a time zone that works"),
    "rtc-to-utc": Words("Fix", "keeps the battery-backed clock in UTC"),
    "set-rtc": Words("Fix", "sets the battery-backed clock by this one"),
    # --- It is elsewhere that this is mended ---
    "on-the-host": Words("Next", "on the container's host: that is whose clock this is"),
    "on-the-node": Words("Next", "mend the node: a pod has its node's clock"),
    "on-the-instance": Words("Next", "on the instance; on Fargate it is AWS's: open a case"),
    # --- It finds out more ---
    "explain": Words("Next", "what it breaks, and how to mend it"),
    "explain-401": Words("Next", "how to test each of these"),
    "look-at-daemon": Words("Next", "shows which server this host follows, and if it does"),
    "look-at-sources": Words("Next", "shows what each of its servers answers"),
    "find-fake": Words("Next", "shows what stands between this process and the clock"),
    "check-region": Words("Next", "compares with the API's clock, too"),
    "add-ntp": Words("Next", "adds NTP: whose clock is it?"),
    "add-token": Words("Next", "with the token that was refused; it is not sent"),
    "full": Words("Next", "narrows the range to about one round trip"),
    "evidence": Words("Next", "evidence for the ticket"),
    "more-samples": Words("Next", "several samples of each server: a narrower range"),
    "public-servers": Words("Next", "asks several, so that none is trusted alone"),
    "more-servers": Words("Next", "three or more outvote one that is wrong"),
    "nearer-servers": Words("Next", "servers that are nearer, or surer of their time"),
    "inside-servers": Words("Next", "an NTP server that this network can reach"),
    "other-servers": Words("Next", "servers inside this network, or by another way out"),
    "by-https": Words("Next", "uses HTTPS, so it needs no UDP 123"),
    "by-address": Words("Next", "asks an NTP server without DNS"),
    "test-dns": Words("Next", "tests DNS: fix that first"),
    "routes": Words("Next", "shows the routes: fix that first"),
    "rerun": Words("Next", "measures again"),
    "rerun-later": Words("Next", "in a minute: it asked for patience"),
    "longer": Words("Next", "allows more time"),
    "other-path": Words("Next", "a path that no cache keeps"),
    "https-url": Words("Next", "by https: then the name is vouched for"),
    "show-reply": Words("Next", "shows how far a request gets, and the Date"),
    "show-certificate": Words("Next", "shows the certificate and its dates"),
    "show-proxy": Words("Next", "shows the proxy; NO_PROXY goes past it"),
    "authority-file": Words("Next", "with the authority that signs here"),
    "look-at-authorities": Words("Next", "shows whether the file can be read"),
    "token-file": Words("Next", "reads it whole, from a file"),
    "new-token": Words("Next", "with a new token: would that be taken?"),
    "real": Words("Next", "measures the real clocks"),
    "measure-clock": Words("Next", "measures how far off the clock is"),
}

PARTIES = {
    "refresh-by-exp": "refresh by exp",
    "refresh-by-expires-in": "refresh by expires_in",
    "local-verify": "validate JWTs here",
    "local-sign": "sign JWTs here",
    "gateway": "the API itself",
}
"""Who compares a token's time with a clock, by the value of `Party`."""

EFFECTS: Mapping[str, str] = {
    "none": "none",
    "late-refresh": "401s at end of life if the buffer is < {late_s}",
    "early-refresh": "none: they come {early_s} early",
    "storm": "new tokens look expired on arrival: refreshed at once",
    "future-here": "fresh tokens can be refused (iat in the future)",
    "expired-here": "tokens look expired {early_s} early",
    "signed-old": "they expire {early_s} early",
    "signed-future": "they look issued in the future, by up to {early_s}",
    "gateway-future": "{share_high} of first requests can be refused",
    "gateway-expired": "tokens die {early_s} early",
}
"""What a party sees, over the facts of the effect."""

CELLS = 70
"""Of a line of a title or a meaning: 80 columns without the 10 of the status word."""


def title(finding: Finding, cells: int = CELLS) -> str:
    """Return the title on one line of at most *cells* characters."""
    raise NotImplementedError


def answer(report: Report) -> str:
    """Return line 1 of *report*: its status and the title of the finding that leads."""
    said = report.failure.summary if report.lead is None and report.failure is not None else ""
    return f"{report.status.value.upper()} {said if report.lead is None else title(report.lead)}"


def means(finding: Finding) -> str:
    """Return what it means for a 401; to be wrapped by whoever shows it. Empty where there is no more to say."""
    raise NotImplementedError


def effect(seen: Effect) -> tuple[str, str]:
    """Return the party and what it sees."""
    raise NotImplementedError


def rank(id_: str) -> int:
    """Return the place in the order of importance: 0 is the most important."""
    return _RANKS[id_]


_RANKS = {id_: number for number, id_ in enumerate(CATALOGUE)}
