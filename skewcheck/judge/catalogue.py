"""The words of every finding, in one table: what line 1 and line 2 say of it, and what `skewcheck explain` says.

The order is that of importance: of findings that are equally bad the first one here leads. Code decides by ids,
statuses and facts; nothing reads what stands here.

A title is a template over the facts of a finding:

- `{name}` is a fact. One whose name ends in `_s` is a time in seconds and shown as a size (`346 ms`, `2 h`), one in
  `_at_s` a time of day, one that begins with `share` a share; text is shown as it is.
- `{off}`, `{range}`, `{bound}`, `{signed}`, `{beside}`, `{way}`, `{other_way}` and `{way_of}` are made of the facts
  `skew_s`, `low_s` and `high_s`: the size (the range where there is no estimate), the range, its larger side, both ends
  with their signs, the range where an estimate stands beside it, AHEAD or BEHIND, the opposite, and `AHEAD of` or
  `BEHIND`. `{witness}`, `{witnesses}` and `{confirming}` say whom `https` was asked, and
  `{percent_low}` and `{percent_high}` hold a share.
- `{harm}` is what a clock that is off so does to a token, as far as `jwt` tells its kind.
- `{left}` and `{ago}` are made of `left_low_s` and `left_high_s`, which are below 0 for what is past; `{ntp_range}` of
  `ntp_low_s`, `ntp_high_s`.
- `[...]` is left out where a fact in it is None, False, 0 or empty, and where the line is too long, the last one first.
- `[...|...]` has what stands in its place then.

A title has one line of 70 cells, a meaning two.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from skewcheck.model import Effect, Fact, Finding, Report
from skewcheck.quantity import (
    at_least_text,
    at_most_text,
    bound_text,
    duration_text,
    estimate_text,
    share_text,
    signed_text,
    sizes_text,
    utc_text,
)
from skewcheck.visible import visible


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


_HIDDEN = "This says nothing about the clock, good or bad."
_SKEW = "skew_s low_s high_s "
_TIME = "claim claim_at_s left_low_s left_high_s here_s by"
_UNCHECKED = (
    "[This host's clock, which nobody checked, is behind, or its issuer's is ahead: measure this one{unchecked}.]"
)
_STAMPED = " stamped as_of ours theirs unchecked"
_VOTE = "agreeing answered asked unreached https "
_EITHER = "month_first_at_s day_first_at_s messages certificate "
_MESSAGE = _EITHER + "checker claim apart_s spread_s checker_at_s leeway_taken_s allowed_s beyond_s cure_s"
_WHEN = "[It is the worst of {messages}. ][That was on {checker_at_s}. ][On {month_first_at_s} or {day_first_at_s}. ]"
_FAR = "here_at_s utc_at_s "
_AGREE = " ([{beside}; ]{agreeing} of {answered}[ servers] agree[; {unreached} not reached])"
_BEHIND = "Refreshing by exp comes too late: 401s at the end of a token's life."
_AHEAD = "What it signs looks issued in the future; what it verifies, expired."
_COUNTED = "Opaque access tokens: not affected if you count expires_in."
_LOCAL = Row(
    "This host is {off} {way_of} UTC[, at the {limit_s} limit]" + _AGREE,
    "[This host says {here_at_s}, UTC is {utc_at_s}. ]"
    "[{confirming} and {api_host} say the same: fix this host, not the API.|{harm}]"
    "[ {wide_host} may be off by itself, too, by up to {wide_s}: rerun this after the fix.]",
    _SKEW + _VOTE + _FAR + "api_host jwt wide_host wide_s limit_s",
)

REFUSED_FOR: Mapping[str, str] = {
    "future-issued": "issued in the future (iat)", "not-yet-valid": "not yet valid (nbf)",
    "expired": "expired (exp)", "too-old": "too old (iat)", "exp-too-far": "its exp is too far ahead",
    "life-too-long": "too long from iat to exp", "life-too-short": "too short from iat to exp",
    "nbf-after-exp": "nbf is after exp", "not-a-number": "a time in it is no number",
    "no-exp": "it has no exp", "no-iat": "it has no iat", "no-times": "it has no time at all",
    "takes-others": "it takes no such thing",
}  # fmt: skip
"""What a verifier refuses a token for, by the `why` of `VerifierVerdict` and each `also`."""

CATALOGUE: Mapping[str, Row] = {
    # --- The token itself ---
    "token-zone": Row(
        "Likely a local time was written as UTC: {claim} is {off_s} {off_way}",
        "A new token has the same fault: the issuer must write UTC (a Unix time knows no zone), or its clock is off by "
        "just that.",
        "claim off_s off_way how utc_offset_s",
        {"possibly": "Perhaps a local time was written as UTC: {claim} is {off_s} {off_way}"},
        "how",
    ),
    "token-unit": Row(
        "The token has {unit} in {claims}; the standard has seconds",
        "To a verifier such a time lies thousands of years ahead. The issuer must fix it; no clock can.",
        "unit claims shown",
    ),
    "token-duration": Row(
        "The token's exp is a lifetime ({lifetime_s}), not a time",
        "To a verifier it ended in 1970. The issuer must write iat plus the lifetime; no clock can.[ It says {shown}.]",
        "lifetime_s shown",
    ),
    "token-cut": Row(
        "The token is cut: nothing can be said of what is missing",
        "Whoever gets it so refuses it. Copy it whole, or give it by a file.[ {detail}]",
        "part length detail",
        {"signature": "The token is cut in its signature; its times are all there"},
        "part",
    ),
    "token-encrypted": Row(
        "The token is encrypted (JWE): its times can't be read from outside",
        "Only its recipient reads them; the response around it may say expires_in.",
        "detail",
    ),
    "token-malformed": Row(
        "The token is malformed: some verifiers refuse it",
        "[{detail} ]Only its issuer can fix that, no clock can.[ It says {shown}.]",
        "oddity detail claims shown",
        {
            "inactive": "The token's issuer calls it inactive: revoked or expired",
            "no-time": "The token has no time in {claims}: verifiers refuse it",
            "nested": "The token's payload is another token: its times can't be read",
            "payload-unreadable": "The token's payload can't be read, nor its times",
            "payload-stops": "The token's payload stops in the middle: its times can't be read",
            "payload-not-an-object": "The token's payload holds no claims, so no times",
            "detached-payload": "The token's payload is not in it (b64 is false), nor are its times",
            "algorithm-not-a-string": "The token's header names no algorithm: verifiers refuse it",
            "key-id-not-a-string": "The token's kid is not a string: PyJWT refuses it",
            "critical-header": "The token's crit: whoever doesn't know it must refuse the token",
            "duplicate-header": "A name stands more than once in the token's header",
            "duplicate-claims": "A claim stands more than once in the token: verifiers may differ",
            "not-a-number": "NaN or Infinity stands in the token: strict readers refuse it",
            "long-number": "A number in the token has too many digits: PyJWT refuses it",
            "raw-control": "A control character stands in the token: PyJWT refuses it",
            "payload-not-utf-8": "The token's payload is not UTF-8: PyJWT refuses it",
            "refused": "The token is not clean base64url: PyJWT refuses to read it",
        },
        "oddity",
    ),
    "token-lifetime": Row(
        "The token's lifetime can't be meant: {lifetime_s}",
        "A new token has the same fault. The issuer must fix it; no clock can.",
        "lifetime_s why",
        {
            "never-valid": "The token ends no later than it begins: it is never valid",
            "nbf-after-exp": "The token's nbf is not before its exp: it is never valid",
        },
        "why",
    ),
    "token-obtained-later": Row(
        "By this host's clock the token was obtained {ahead_s} from now",
        "The clock was set back since, or that time is another host's. What is left can't be known: drop the token.",
        "ahead_s obtained_at_s",
    ),
    "token-obtained-early": Row(
        "Obtained {apart_s} before it was issued[ (±{counted_s})]: one clock was off then",
        "This host's clock was at least so much behind the issuer's when the token came.",
        "apart_s counted_s obtained_at_s",
    ),
    "token-expired": Row(
        "Token expired {ago} ago[; within {leeway_s} leeway|. Not clock skew][: get a new token]",
        "[Whoever has that leeway ({within_leeway}) still takes it; all others refuse it: get a new token.|"
        "It takes a new one: no buffer and no leeway cures an old token.]",
        _TIME + " within_leeway leeway_s",
        {
            "api": "Token expired {ago} ago by the API's clock[; within {leeway_s} leeway][: get a new token]",
            "skew": "Token expired {ago} ago, assuming --skew[; within {leeway_s} leeway][: get a new token]",
            "local": "Token expired {ago} ago by this host's clock[; within {leeway_s} leeway][: get a new token]",
            "at": "Token had expired {ago} before --at[; within {leeway_s} leeway][: it took a new one]",
        },
        "by",
    ),
    "token-expired-unseen": Row(
        "Token expired {ago} ago, unnoticed by this host's clock",
        "Clients here that go by exp keep sending it: 401s[, but within {leeway_s} leeway ({within_leeway}),] until "
        "the clock is right.",
        _TIME + " within_leeway leeway_s",
    ),
    "token-life-over": Row(
        "The URL's life ended {ago} ago; EKS takes it {still_s} more",
        "EKS goes by its date alone, for 15 min; who calls the URL itself may be refused. Clients get a new one "
        "before that.",
        _TIME + " still_s",
    ),
    "token-expired-here": Row(
        "Token valid for {left}; only this host says expired[ {here_s} ago]",
        "Servers with a right clock take it. Who goes by exp here drops it early; a verifier here without leeway "
        "refuses it.",
        _TIME,
    ),
    "token-future-issued": Row(
        "Token is from the future: {claim} is {left} away[; its issuer is ahead]",
        "[Is --at the right time, in the right zone? It is held against that alone{as_of}.]"
        "[This host signs it: its clock is ahead, or was. Set that right, then sign a new one{ours}.]"
        "[A strict verifier refuses it now and takes it later. Set the issuer's clock right, then get a new token"
        "{theirs}.]" + _UNCHECKED,
        _TIME + _STAMPED,
        {
            "local": "By this host's clock the token's {claim} is still {left} away",
            "at": "Not issued yet at --at: the token's {claim} is {left} later",
            "here": "Token is from the future: {claim} is {left} away[; this host signs it]",
        },
        "stamped",
    ),
    "token-not-yet-valid": Row(
        "Token is not valid yet: its {claim} is {left} away",
        "[Is --at the right time, in the right zone? It is held against that alone{as_of}.]"
        "[This host signs it: that is meant, or its clock is ahead, or was. Verifiers refuse it until then{ours}.]"
        "[Its issuer means that, or has a clock that is ahead. Verifiers refuse it until then{theirs}.]" + _UNCHECKED,
        _TIME + _STAMPED,
        {"at": "Token was not valid yet at --at: its {claim} is {left} later"},
        "stamped",
    ),
    "token-early-here": Row(
        "Token is valid; only this host's clock puts its {claim} {here_s} ahead",
        "Servers with a right clock take it. A strict verifier on this host refuses it as issued in the future.",
        _TIME,
    ),
    "verifier-refuses": Row(
        "{verifier} refuses the token, were its clock right[: {why}]",
        "By all clocks here its times are right, and its rules refuse it: no clock, and no leeway, cures that. Sign or "
        "get it otherwise.",
        "verifier why",
        {id_: "{verifier} refuses the token: " + said for id_, said in REFUSED_FOR.items()},
        "why",
    ),
    "token-open": Row(
        "Whether the token is valid now is open[: its {claim} is within {within_s} of now]",
        "The clock is not known well enough.",
        _TIME + " within_s unchecked",
        {
            "ended": "By this host's clock, not checked, the token expired {here_s} ago",
            "begins": "By this host's clock, not checked, the token's {claim} is {here_s} away",
        },
        "unchecked",
    ),
    # --- What an error message says ---
    "message-early": Row(
        "The verifier's clock was at least {apart_s} behind the issuer's[ (±{spread_s})]",
        _WHEN + "[{leeway_taken_s} of leeway is counted in. ]"
        "[A leeway of {cure_s} takes such a token|One of the two clocks has to be set right]; no token was judged.",
        _MESSAGE,
        {
            "server": "The server's clock was at least {apart_s} behind the signer's[ (±{spread_s})]",
            "host": "A certificate's checker was at least {apart_s} behind its authority[ (±{spread_s})]",
        },
        "checker",
    ),
    "message-late": Row(
        "The signer was {apart_s} behind the server, or the request that old",
        _WHEN + "[{allowed_s} are allowed. ]Which of the two it was can't be told from it: measure the signer's clock.",
        _MESSAGE,
    ),
    "message-expired": Row(
        "Refused {apart_s} after its exp, by the verifier's own clock",
        _WHEN + "[That is {beyond_s} beyond {allowed_s} of leeway. ]The clock was ahead or the "
        "[certificate{certificate}|token] old: that can't be told.",
        _MESSAGE,
        {"host": "A certificate had ended {apart_s} before, by the clock that checked it"},
        "checker",
    ),
    "genesys-rate-limit": Row(
        "Rate limit of Genesys Cloud[: wait {wait_s}]; no clock's doing",
        "Ask less often, and reuse a token until shortly before its end: each refresh counts.",
        "wait_s",
    ),
    "genesys-credentials": Row(
        "bad.credentials: an expired, an unknown or another region's token",
        "Genesys Cloud answers all three alike.[ Asked at {host}.] See how old it was, and which login issued it.",
        "host",
    ),
    "message-no-times": Row(
        "The message names no time: by how much a clock is off can't be told",
        "[The shorter is likelier, and a guess{either}. ]Measure the clocks of who refused and who issued it.",
        "kind claim month_first_s day_first_s either",
        {
            "two-readings": "The message tells of {day_first_s} or {month_first_s}: its dates read two ways",
            "contradictory": "The message contradicts itself: nothing follows from its times",
            "expired": "A token had expired; the message doesn't say by how much",
            "too-early": "A token came too early[ by its {claim}]; the message doesn't say by how much",
            "no-expiry": "The token had no exp, and its verifier requires one: no clock's doing",
            "refused": "What was signed is refused[ for its {claim}]; by how much is not said",
            "clock-skew": "Clock skew too great; the message doesn't say by how much",
        },
        "kind",
    ),
    # --- Whose clock is off ---
    "local-ahead": _LOCAL,
    "local-behind": _LOCAL,
    "local-unconfirmed": Row(
        "This host looks {off} {way_of} UTC, unconfirmed ({agreeing} of {asked} {witnesses})",
        "Set no clock by that: first ask more servers, or narrow the range.",
        _SKEW + _VOTE + _FAR + "why limit_s",
        {
            "one-server": "This host looks {off} {way_of} UTC, unconfirmed[: by one {witness}]",
            "own-servers": "This host looks {off} {way_of} UTC, unconfirmed[: by its own servers]",
            "one-source": "This host looks {off} {way_of} UTC, unconfirmed[: too few sources of time]",
            "smear": "This host looks {off} {way_of} UTC, unconfirmed[: a leap second is smeared]",
            "limit": "This host looks {off} {way_of} UTC, unconfirmed at the {limit_s} limit[ ({beside})]",
            "rate": "This host looks {off} {way_of} UTC, unconfirmed[: time runs at another rate]",
            "api": "This host looks {off} {way_of} UTC, unconfirmed[: the API does not show it]",
        },
        "why",
    ),
    "fake-time": Row(
        "[{how}|Something] tells this process another time than the kernel's[: {ahead_s} {ahead_way}]",
        "Run it without what fakes the time: the clock of the host may be right.",
        "how ahead_s ahead_way other_rate",
        {"True": "Time runs at another rate in this process[ ({how})]: nothing is proven"},
        "other_rate",
    ),
    "api-nodes-differ": Row(
        "{reached} of {connections} {units} reach a clock {range} {way_of} the others[, {address}]",
        "[It is the worst of several{several}. ]{percent_low} to {percent_high} % of all do (95 %[; most fit either "
        "clock{vague}]): tell whoever runs {host}.[ Or a Date is old{old}.][ Plain http: not proven{plain}.]",
        "host reached connections units clocks low_s high_s least_s by several old plain vague address "
        "share_low share_high",
        {"utc": "{reached} of {connections} {units} reach a clock {range} {way_of} UTC[, {address}]"},
        "by",
    ),
    "api-ahead": Row(
        "The {clock} is {off} AHEAD of UTC[; this host is right{host_ok}]",
        "Nothing to fix here: tell whoever runs the API"
        "[. Its Date may be older, so no buffer is known to be enough{old}|, and raise your buffer].",
        _SKEW + "clock host host_ok unconfirmed max_lag_s old",
        {"True": "The {clock} looks {off} AHEAD of UTC, unconfirmed"},
        "unconfirmed",
    ),
    "api-behind": Row(
        "The {clock} is {off} BEHIND UTC[; this host is right{host_ok}]",
        "Nothing to fix here: tell whoever runs the API.[ Or its Date is old: it may keep one for {max_lag_s}.]",
        _SKEW + "clock host host_ok unconfirmed max_lag_s",
        {"True": "The {clock} looks {off} BEHIND UTC, unconfirmed"},
        "unconfirmed",
    ),
    "issuer-ahead": Row(
        "{login} is {off} AHEAD of {host}",
        "It issues the tokens: first requests can fail where the API checks iat. Nothing on this host fixes that."
        "[ Or a Date is old{old}.]",
        _SKEW + "login host old",
    ),
    "issuer-behind": Row(
        "{login} is {off} BEHIND {host}",
        "It issues the tokens: they die so much before their time. Nothing on this host fixes that"
        "[. Or a Date is old{old}|; a buffer hides it].",
        _SKEW + "login host old",
    ),
    "skew-shared": Row(
        "This host is {off} {way_of} {host}[; both are off by a part]",
        "Neither is beyond {limit_s} of UTC by itself: only together they are.",
        _SKEW + "host limit_s",
    ),
    "skew-undecided": Row(
        "Either this host is {off} {way} or {host} is {other_way}",
        "[This host is {ntp_range} from UTC, which does not settle it.|Only a third clock, NTP's, can "
        "say which one is wrong.]",
        _SKEW + "host why ntp_low_s ntp_high_s",
        {
            "one-sided": "This host is {off} BEHIND an old Date of {host}",
            "old": "{host}'s Date is {off} BEHIND this host, or old",
        },
        "why",
    ),
    "token-clocks-differ": Row(
        "This host and {other} do not agree on the token's {claim}",
        "[By this host's clock it is fine, by the other not{fine_here}.|By the other it is fine, by this host's clock "
        "not.] Which of the two is off is open.",
        _TIME + " other fine_here",
    ),
    "token-refused-there": Row(
        "By the API's clock the token's {claim} is still {left} away",
        "It is held against that clock there, which is off from UTC: the API can refuse it now, for that reason alone.",
        _TIME,
        {"exp": "By the API's clock the token expired {ago} ago"},
        "claim",
    ),
    "ntp-differs": Row(
        "This host and {host} agree; [the servers asked differ{https}|NTP seen from here differs][ ({signed})]",
        "Between these two the clock is an unlikely cause. [Those servers are off{https}|NTP is intercepted or smeared "
        "here], or both clocks are off.",
        _SKEW + "host https",
    ),
    "api-certificate": Row(
        "{host}'s certificate is not valid by its own Date[: nobody can call it]",
        "TLS fails for every client until its owner puts another one in; no clock of yours is at fault.",
        "host validity by_s not_before_at_s not_after_at_s",
        {
            "ended": "{host}'s certificate ended {by_s} ago[, by its own Date]",
            "begins": "{host}'s certificate begins in {by_s}[, by its own Date]",
        },
        "validity",
    ),
    "tls-dates": Row(
        "A certificate of {host} is not valid by this clock[: TLS fails]",
        "By its server's Date it is valid. It was asked without these dates, so nothing is proven.",
        "host validity by_s not_before_at_s not_after_at_s",
        {
            "ended": "{host}'s certificate ended {by_s} ago by this clock[: TLS fails]",
            "begins": "{host}'s certificate begins in {by_s} by this clock[: TLS fails]",
        },
        "validity",
    ),
    "smear-mixed": Row(
        "The servers split on a leap second[: {servers} smear it][, others do not]",
        "For a day around it smeared time is not UTC, by up to a second. Ask servers of one kind.",
        "servers",
    ),
    "servers-disagree": Row(
        "Not measured: the {answered} {witnesses} that answered contradict each other",
        "No majority shares a time, so who is right can't be told.",
        "answered asked unreached why agreeing against https",
        {
            "minority": "Not settled: {agreeing} of {asked} {witnesses} agree, {against} against",
            "two": "Not measured: the two {witnesses} that answered contradict each other",
            "own": "Not measured: this host's own NTP servers and others disagree",
        },
        "why",
    ),
    "ntp-unreached": Row(
        "Not measured: no usable answer from {who}[ ({counts})]",
        _HIDDEN,
        "asked reason counts server who port duration_s",
        {
            "blocked": "Not measured: no reply from {who} in {duration_s}[ (UDP {port} blocked?)]",
            "silent": "Not measured: {who} did not reply in {duration_s}[ (UDP {port} blocked?)]",
            "prohibited": "Not measured: a firewall on this host lets nothing out[ by UDP {port}]",
            "no-network": "Not measured: no network here[ (no route to {who})]",
            "no-route": "Not measured: there is no way from this host to {who}",
            "dns": "Not measured: DNS fails here[ (no address of {who})]",
            "no-such-name": "Not measured: there is no such name: {server}",
            "no-address": "Not measured: {who} had no address of that family",
            "port-closed": "Not measured: no NTP service on {who}[ (UDP port closed)]",
            "rate": "Not measured: {who} said RATE[: wait, and ask less often]",
            "unsynchronised": "Not measured: {who} said: not synchronised",
            "distance": "Not measured: {who} gave a root distance ≥ 16 s",
            "other-address": "Not measured: {who} answered from another address[ than was asked]",
        },
        "reason",
    ),
    "api-unreached": Row(
        "Not measured: {host}[: {detail}| gave no Date]",
        "[This host is {ntp_bound_s} off UTC at most.|" + _HIDDEN + "]",
        "host reason detail ntp_bound_s",
        {
            "dns": "Not measured: DNS fails for {host}",
            "no-address": "Not measured: {host} has no address of that family",
            "no-network": "Not measured: this host has no way to {host}",
            "proxy": "Not measured: no way through the proxy to {host}[: {detail}]",
            "ca-file": "Not measured: no CA certificates to trust {host} by[: {detail}]",
            "untrusted": "Not measured: certificate of {host} refused[: {detail}]",
            "rate-limited": "Not measured: {host} asks for patience[: {detail}]",
            "no-date": "Not measured: {host} sends no usable Date[: {detail}]",
            "unset": "Not measured: the Date of {host} was never set: 1970",
        },
        "reason",
    ),
    "api-inconsistent": Row(
        "Replies of {host} exclude each other by at least {spread_s}",
        "[This host is {ntp_bound_s} off UTC at most. ]One clock may stamp a token and another check it.",
        "host spread_s mix ntp_bound_s",
        {"connections": "{host} has clocks at least {spread_s} apart[, one per connection]"},
        "mix",
    ),
    "api-stale": Row(
        "[At least {least_s} ahead|Not measured]: a cache answers for {host}[, its Date {age_s} old]",
        "[This host is {ntp_bound_s} off UTC at most. ]A Date of any age shows only BEHIND. Ask a path that no "
        "cache keeps.",
        "host stale age_s x_cache via least_s ntp_bound_s",
        {"frozen": "[At least {least_s} ahead|Not measured]: the Date of {host} stands still[ while seconds pass]"},
        "stale",
    ),
    "too-coarse": Row(
        "Not settled: {signed} from {reference}[, which may be ok]",
        "The range holds a limit ({warning_s} or {critical_s}), so neither ok nor off is shown.",
        "low_s high_s reference warning_s critical_s because",
        {
            "server": "Not settled: {signed} from {reference}[: by its servers' own doubt]",
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
        "slew_ppm slew_way wander_s",
        {"to-and-fro": "The clock is being pulled to and fro[, {wander_s} in all]: the range allows for it"},
        "slew_way",
    ),
    # --- What the token costs ---
    "refresh-storm": Row(
        "[With a buffer of {buffer_s} new|New] tokens look expired on arrival ({share_high})",
        "A client that refreshes by exp refreshes again and again; the login host answers 400 `rate limit exceeded`.",
        "buffer_s share_low share_high refreshes_low refreshes_high",
    ),
    "no-buffer-helps": Row(
        "No buffer helps[: it takes {needed_s}]; half of its life is {half_s}",
        "The largest part of what is needed is {largest}[ ({largest_s})].",
        "needed_s half_s largest largest_s",
    ),
    "token-no-exp": Row(
        "The token has no exp: by itself it never expires",
        "Many verifiers refuse it for that, and no client knows when to refresh it.",
    ),
    "token-odd-time": Row(
        "The token has an odd time in {claims}: verifiers differ on it",
        "Some refuse it whatever the time is. The issuer should fix it.[ It says {shown}.]",
        "oddity claims shown",
        {
            "string": "The token has a string in {claims}[: PyJWT reads it, others refuse it]",
            "boolean": "The token has true or false in {claims}[: some take 1 or 0]",
            "negative": "The token has a time before 1970 in {claims}",
            "after-2038": "The token has a time after 2038 in {claims}: too much for 32 bits",
            "year-past-9999": "The token has a year in {claims} that date libraries can't name",
        },
        "oddity",
    ),
    # --- What this host says of its own clock ---
    "daemon-wrong": Row(
        "{daemon} claims an error of at most {bound_s}[, by {source}]: wrong",
        "[It follows {source}: that server is wrong, or smears.|Its server is wrong.] Or this machine was paused.",
        "daemon bound_s source off_by_s smears",
    ),
    "clock-zone": Row(
        "This host is off by whole time zones: local time was set as UTC?",
        "Set the clock to UTC and the time zone apart from it.",
        "zone_s utc_offset_s how",
        {
            "possibly": "The clocks are {zone_s} apart, as time zones are: local time as UTC?",
            "summer": "The clocks are an hour apart: summer time, by old tzdata or by hand?",
        },
        "how",
    ),
    "daemon-unsynchronised": Row(
        "{daemon} is not synchronised[: nobody keeps this clock right]",
        "A clock that nobody corrects drifts by seconds a day.",
        "daemon kernel_max_error_s why",
        {
            "none": "No time daemon runs here, and the kernel knows of none",
            "unseen": "No time daemon can be seen from in here, and the kernel knows of none",
        },
        "why",
    ),
    "two-daemons": Row("{daemons} run here together[: two for one clock]", "Disable all but one.", "daemons"),
    "stale-sync": Row(
        "[{daemon}|The kernel] has not corrected the clock for {age_s}",
        "It drifts by up to 10 ms for every 100 s.",
        "daemon age_s kernel_max_error_s",
    ),
    "slept": Row("This host slept for {slept_s} since its start[: a clock may be off then]", facts="slept_s"),
    "zone-files": Row(
        "The time zone of this host is broken: {detail}",
        "Local times here can be wrong, and so can tokens that are stamped from them.",
        "trouble detail zone utc_offset_s",
    ),
    "rtc-local-time": Row(
        "The battery-backed clock is kept in local time", "After a start, or a change to summer time, the clock is off."
    ),
    "rtc-off": Row(
        "The battery-backed clock is {ahead_s} {ahead_way} this one",
        "The clock is that much off after the next start.",
        "ahead_s ahead_way",
    ),
    "better-clock": Row("{device}, the clock of the machine below: no daemon follows it", facts="device line"),
    # --- Remarks ---
    "falseticker": Row(
        "{server} is off by {off_by_s} or more: [beyond {limit_s}|rejected (falseticker)]",
        "[This host follows it: replace it in {origin}.|Its vote does not count.]",
        "server off_by_s origin limit_s",
    ),
    "ntp-partly-blocked": Row(
        "Only this host's own NTP servers answer: is NTP blocked outside?", "Their error would not be seen.", "answered"
    ),
    "api-lag": Row(
        "{host} may keep a Date for {max_lag_s}[: this host may be {low_bound_s} behind it]",
        facts="host max_lag_s because known low_bound_s",
    ),
    "api-date-odd": Row(
        "{host} writes its Date as no standard does[: {shown}]",
        "It was read all the same. Strict clients fail on it: its owner should write IMF-fixdate, in GMT.",
        "host what shown",
        {
            "zone": "{host}'s Date is not in GMT[: {shown}]",
            "no-weekday": "{host}'s Date lacks its weekday[: {shown}]",
            "wrong-weekday": "{host}'s Date has a wrong weekday[: {shown}]",
        },
        "what",
    ),
    "nodes-seen": Row(
        "A node that serves 1 in 8 is missed by {connections} {units} in {percent} % of runs[, by 24 in 4 %{few}]",
        "",
        "host connections units percent few wanted short silent tried",
        {
            "time": "Only {connections} of {wanted} connections in time: misses 1 node of 8 in {percent} % of runs",
            "stopped": "{host} asked for patience at {connections}[ of {wanted}] {units}[: misses 1 node of 8 in "
            "{percent} %]",
            "silent": "{silent} of {tried} connections gave no Date: a node of 8 is missed in {percent} % of runs",
        },
        "short",
    ),
    "cut-short": Row(
        "The deadline ended it[, before a second request: -t {enough_s} is enough|; more time (-t) tells more]",
        "",
        "duration_s missing enough_s",
    ),
    "drop-old": Row(
        "Once the clock is right, drop what it signed and its kept deadlines",
        "[A deadline that was kept as a time of day comes up to {late_s} too late.]",
        "late_s",
    ),
    "skew-assumed": Row(
        "The clock was not measured: assumed {signed} from UTC (--skew)", "[{harm}{is_off}]", _SKEW + "is_off jwt"
    ),
    "demo": Row(
        "Demonstration on this machine: what was set up was measured",
        "",
        "set_up_skew_s liars set_up_api_ahead_s set_up_login_ahead_s set_up_nodes set_up_node_behind_s exit_code "
        "missed",
        {
            "no-majority": "Demonstration: so many liars leave no majority, and none was claimed",
            "too-few": "Demonstration failed: too few servers answered in time",
            "outside": "Demonstration failed: the truth lies outside of what was measured",
            "unnamed": "Demonstration failed: not each liar was rejected",
            "api-unmeasured": "Demonstration failed: a clock of the API was not measured",
            "node-unseen": "Demonstration failed: the node that is off was not reached in time",
            "cause": "Demonstration failed: the cause that was set up was not found",
        },
        "missed",
    ),
    # --- What recorded requests say ---
    "log-never-accepted": Row(
        "A host refused all of its {refused_here} requests: wrong region or audience?",
        "No clock does that. Compare where the token was issued with whom it is sent to, and what it is for.",
        "refused_here hosts all",
        {"True": "All {refused_here} requests were refused: wrong region, audience or token?"},
        "all",
    ),
    "log-storm": Row(
        "Refresh storm: the issuer says that it is asked too often ({refused_here} times)",
        "Share one token among requests and processes, and refresh once for all of them; after a refusal wait longer.",
        "refused_here most likely",
        {"True": "Refresh storm: up to {most} tokens in the lifetime of one"},
        "likely",
    ),
    "log-one-url": Row(
        "{refused_here} of {refused_all} refusals are of a URL that accepted none",
        "Others at that host were accepted: may this client ask it at all? If it is asked only with new tokens, ask it "
        "later, too.",
        "refused_here refused_all",
    ),
    "log-all-refused": Row(
        "Every new token was refused at first ({refused} of {of})[; none after {wait_s}]",
        "Which clock, or how long a token takes to be known, no pattern tells apart then. Nothing on this host fixes "
        "that.",
        "refused of share_low share_high wait_s",
    ),
    "log-checker-behind": Row(
        "Who checks the tokens is at least {behind_s} BEHIND who issues them",
        "A message quotes both times. That clock must be set right; a retry after that long hides it.",
        "behind_s refused_here",
    ),
    "log-late-refresh": Row(
        "The refresh comes too late: {refused_here} tokens were refused at their end",
        "The 401 comes before the refresh, not after[: {late_s} after the end at most]. Refresh earlier: no new token "
        "is refused.",
        "refused_here late_s low_s high_s likely",
    ),
    "log-host-behind": Row(
        "This host is {behind_s} BEHIND the API's Date, so it refreshes too late",
        "Set its clock right, or count expires_in from when the token came instead of comparing times of day.",
        "behind_s",
    ),
    "log-idle": Row(
        "{refused_here} tokens were refused after a pause of {shortest_s} or more",
        "None was after a shorter one[ (up to {ok_s})]: an idle timeout. Refresh after a pause, or use the token now "
        "and then.",
        "refused_here shortest_s ok_s likely",
    ),
    "log-node-behind": Row(
        "One API node is at least {behind_s} BEHIND the others[: it refuses new tokens]",
        "{refused} of {of} new tokens were refused at first. Tell whoever runs the API; retry a 401 once[, after "
        "{wait_s}].",
        "behind_s refused of share_low share_high wait_s",
    ),
    "log-issuer-ahead": Row(
        "{refused} of {of} new tokens refused at first: likely the issuer is ahead",
        "By {range} more than the way takes, of the API or of one of its nodes. Nothing on this host fixes "
        "it[; retry once after {wait_s}].",
        "refused of share_low share_high low_s high_s p wait_s",
    ),
    "log-lag-or-node": Row(
        "{refused} of {of} new tokens refused at first: propagation or one node's clock",
        "[Propagation, one node's clock, or an old token in flight{no_hash}: log a hash of the token.|No constant "
        "difference of two clocks explains it.]"
        "[ Retry a 401 once, after {wait_s}.| Retry a 401 once.]",
        "refused of share_low share_high wait_s no_hash",
        {"True": "{refused} of {of} new tokens refused at first, and not by an issuer ahead"},
        "no_hash",
    ),
    "log-in-flight": Row(
        "{refused_here} requests carried the old token when the new one was there",
        "Take the token when a request is sent, not when it is prepared; retry a 401 once with the new one.",
        "refused_here likely",
    ),
    "log-early-end": Row(
        "{refused_here} tokens were refused before their end, all by {range}",
        "[By the Date of both, too{by_date}. Tell whoever runs the issuer, and refresh earlier by that.|As if the "
        "issuer were that far behind the API; or expires_in says too much. Refresh earlier by that.]",
        "refused_here low_s high_s by_date",
        {"True": "The issuer is {range} BEHIND the API: its tokens die so early"},
        "by_date",
    ),
    "log-revoked": Row(
        "{refused_here} tokens were refused before their end, and no pause explains it",
        "Then they were refreshed: revoked, replaced by another client's, refused at random, or by one API node that "
        "is ahead.",
        "refused_here",
    ),
    "log-any-age": Row(
        "Tokens are refused long after they were new ({late} of {uses} uses)",
        "So it is nothing about new tokens, and no clock: look at the servers, and what the requests may do.",
        "late uses refused of",
    ),
    "log-cant-tell": Row(
        "{refused_all} of {requests} requests were refused; the log can't tell why",
        "[About {needed} refreshes with milliseconds and a hash of the token would tell; here are {refreshes}.|What is "
        "missing stands below.]",
        "refused_all requests refreshes needed refused of missing",
    ),
    "log-forbidden": Row(
        "{forbidden} new tokens got a 403 and then passed: 403s are not counted",
        "Some servers refuse a token by 403. Then --refused 403 tells why.",
        "forbidden",
    ),
    "log-unread": Row(
        "No refusal among {requests} requests, but too much was not understood",
        "[{lost} of {total} lines were not understood: refusals may stand in them.|The rest of a file can't be read: "
        "refusals may stand in it.]",
        "requests refreshes lost total",
    ),
    "log-none-refused": Row(
        "None of {requests} requests was refused[ ({refreshes} refreshes)]",
        "",
        "requests refreshes",
    ),
    # --- Nothing is wrong ---
    "not-skew": Row(
        "NOT CLOCK SKEW: this host is within {bound} of UTC and of the API",
        "A 401 right after a refresh has another cause.[ If that Date is not old, by up to {max_lag_s}.]",
        "low_s high_s host unconfirmed max_lag_s genesys",
        {"True": "NOT CLOCK SKEW (unconfirmed): within {bound} of UTC and of the API"},
        "unconfirmed",
    ),
    "token-valid": Row(
        "Token valid for {left}[; clock within {clock_bound_s} of UTC]",
        "Unlikely to be refused for its times.[ The API was not checked{api_unasked}.]",
        "claim left_low_s left_high_s clock_bound_s by api_unasked",
        {
            "api": "Token valid for {left} by the API's clock",
            "skew": "Token valid for {left}, assuming --skew",
            "local": "Token valid for {left} by this host's clock[, which was not checked]",
            "at": "Token was valid at --at, for {left} more",
        },
        "by",
    ),
    "token-other": Row(
        "Token {number}[ ({named})]: its end can't be told",
        "[The {read} is valid for {read_left_s}. ]"
        "[A new refresh token takes a new login{relogin}.|Several tokens were given; --pick N reads another one.]",
        "number named state left_low_s left_high_s early_s relogin read read_left_s",
        {
            "expired": "Token {number}[ ({named})] expired {ago} ago",
            "valid": "Token {number}[ ({named})] is valid for {left}",
            "early": "Token {number}[ ({named})] is not valid yet, for {early_s}",
        },
        "state",
    ),
    "deadline-unread": Row(
        "The token's {name} can't be read as a time or a lifetime",
        "A time needs its zone (Z: UTC), or who reads it elsewhere is hours off; a lifetime is a number of seconds.",
        "name",
    ),
    "token-then": Row(
        "What was given is of {then_at_s}: --at judges as of then",
        "The token is judged as of now.",
        "then_at_s state since_s",
        {
            "valid": "As of {then_at_s}, which stands beside it: valid",
            "expired": "As of {then_at_s}, which stands beside it: expired already",
            "early": "As of {then_at_s}, which stands beside it: not valid yet",
            "no-times": "What was given is of {then_at_s}; the token names no end",
        },
        "state",
    ),
    "token-as-of": Row(
        "Judged as of {as_of_at_s}[; today: {today}]",
        "Today it may be another matter.",
        "as_of_at_s today",
    ),
    "paste-skipped": Row("The first {size} were not looked at", "The last MiB of a long text is read.", "size"),
    "token-opaque": Row(
        "Opaque token[, expires_in {expires_in_s}][; clock within {clock_bound_s} of UTC]",
        "[It holds no times, and no clock was checked{unchecked}.|Unlikely to cause a 401.]"
        "[ The API's clock was not checked{api_unasked}.]",
        "expires_in_s clock_bound_s unchecked api_unasked",
    ),
    "clock-ok": Row(
        "Clock within {bound} of UTC ({agreeing} of {answered} {witnesses} agree[; {unreached} not reached])",
        "[Nobody confirms that: ask more servers.{unconfirmed}|Unlikely to cause a 401. The API's clock was not "
        "checked.]",
        _SKEW + _VOTE + "unconfirmed why limit_s",
        {
            "minority": "Clock within {bound} of UTC, unconfirmed ({agreeing} of {asked} {witnesses})",
            "one-server": "Clock within {bound} of UTC, unconfirmed: by one {witness} only",
            "own-servers": "Clock within {bound} of UTC, unconfirmed[: by its own servers]",
            "one-source": "Clock within {bound} of UTC, unconfirmed[: too few sources of time]",
            "smear": "Clock within {bound} of UTC, unconfirmed[: a leap second is smeared]",
            "limit": "Clock {placed} UTC[, at the {limit_s} limit]",
        },
        "why",
    ),
    "api-ok": Row(
        "Clock within {bound} of {host}[, unconfirmed{unconfirmed}][ (by its HTTP Date header)]",
        "Unlikely to cause a 401.[ UTC is not known: no other server answered{ntp_silent}.]",
        _SKEW + "host unconfirmed ntp_silent",
    ),
}
"""All findings, the most important first."""


class Words(NamedTuple):
    """What a step does."""

    label: str
    """`Fix`: run it here and it is fixed. `Next`: it finds out more, or has to be run elsewhere."""
    words: str


STEPS: Mapping[str, Words] = {
    # --- It is fixed by this ---
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
    # --- It is elsewhere that this is fixed ---
    "on-the-host": Words("Next", "on the container's host: that is whose clock this is"),
    "on-the-node": Words("Next", "run on the node: fix its clock, not the pod's"),
    "on-the-instance": Words("Next", "on the instance; on Fargate it is AWS's: open a case"),
    # --- It finds out more ---
    "explain": Words("Next", "what it breaks, and how to fix it"),
    "explain-401": Words("Next", "how to test each of these"),
    "look-at-daemon": Words("Next", "shows which server this host follows"),
    "look-at-sources": Words("Next", "shows what each of its servers answers"),
    "find-fake": Words("Next", "shows what stands between this process and the clock"),
    "check-region": Words("Next", "compares with the API's clock, too"),
    "check-issuer": Words("Next", "compares the token's issuer with its API"),
    "add-ntp": Words("Next", "adds NTP: whose clock is it?"),
    "more-connections": Words("Next", "reaches more of its nodes"),
    "full": Words("Next", "narrows the range to about one round trip"),
    "evidence": Words("Next", "evidence for the ticket"),
    "more-samples": Words("Next", "several samples of each server: a narrower range"),
    "public-servers": Words("Next", "asks several, so that none is trusted alone"),
    "other-servers": Words("Next", "asks others than those that were asked"),
    "https-beside": Words("Next", "adds web servers: nobody on the way forges their time"),
    "by-ntp": Words("Next", "asks NTP servers instead"),
    "more-servers": Words("Next", "three or more outvote one that is wrong"),
    "nearer-servers": Words("Next", "servers that are nearer, or surer of their time"),
    "https-time": Words("Next", "takes UTC from three web servers of different operators"),
    "by-https": Words("Next", "uses HTTPS, so it needs no UDP 123"),
    "instead-of-closed": Words("Next", "asks others; nothing listens for NTP there"),
    "instead-of-limited": Words("Next", "asks others; or ask again, less often, in 15 min"),
    "instead-of-unsynchronised": Words("Next", "asks others; no source of time is left there"),
    "instead-of-elsewhere": Words("Next", "asks others; a reply must come from where it was asked"),
    "instead-of-unsure": Words("Next", "asks others; the time there is too unsure"),
    "instead-of-smeared": Words("Next", "asks others; of one kind: all smear, or none does"),
    "any-family": Words("Next", "asks by IPv4 and by IPv6"),
    "by-address": Words("Next", "asks an NTP server without DNS"),
    "test-dns": Words("Next", "tests DNS: fix that first"),
    "routes": Words("Next", "shows the routes: fix that first"),
    "longer": Words("Next", "allows more time"),
    "other-path": Words("Next", "a path that no cache keeps"),
    "show-reply": Words("Next", "shows how far a request gets, and the Date"),
    "show-certificate": Words("Next", "shows the certificate and its dates"),
    "show-proxy": Words("Next", "shows the proxy; NO_PROXY goes past it"),
    "authority-file": Words("Next", "with the authority that signs here"),
    "look-at-authorities": Words("Next", "shows the file that can't be used"),
    "token-file": Words("Next", "reads it whole, from a file"),
    "real": Words("Next", "measures the real clocks"),
    "real-log": Words("Next", "reads a log of yours"),
    "measure-clock": Words("Next", "measures how far off the clock is"),
    "measure-nodes": Words("Next", "do its nodes differ?"),
    "count-forbidden": Words("Next", "counts 403s as well"),
    "measure-issuer": Words("Next", "compares issuer and API clocks now"),
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
    "late-refresh": "401s at end of life[ if the buffer is < {late_s}]",
    "early-refresh": "none: they come [{early_s} ][up to {up_to_s} ]early",
    "storm": "new tokens look expired on arrival: refreshed at once",
    "future-here": "fresh tokens can be refused (iat in the future)",
    "expired-here": "tokens look expired [{early_s} ][up to {up_to_s} ]early",
    "signed-old": "they expire [{early_s} ][up to {up_to_s} ]early",
    "signed-future": "they look issued in the future[, by up to {up_to_s}]",
    "gateway-future": "{share_high} first requests can be refused",
    "gateway-node": "first requests that reach that clock can be refused",
    "gateway-nodes": "{percent_low} to {percent_high} % of first requests can be refused",
    "gateway-nodes-expired": "tokens die [up to {up_to_s} ]early on {percent_low} to {percent_high} % of requests",
    "gateway-expired": "tokens die [{early_s} ][up to {up_to_s} ]early",
}
"""What a party sees, over the facts of the effect."""

REASONS: Mapping[str, str] = {
    "accepted": "takes it",
    **{id_: f"refuses it: {said}" for id_, said in REFUSED_FOR.items()},
    "unreadable": "can't read its payload",
    "not-measured": "open: the clock it goes by was not measured",
    "one-sided": "open: its clock is known to one side only",
    "depends-on-range": "open: it depends on where in the range its clock is",
    "rounding-unknown": "open at this very second: how it rounds is not known",
    "iat-unknown": "open: whether it refuses an iat that is ahead is not known",
    "no-exp-unknown": "open: whether it takes a token without exp is not known",
    "claim-unknown": "open: how it reads such a claim is not known",
    "opaque": "no times are in it: only the server can tell",
    "encrypted": "encrypted: its times can't be read from outside",
    "cut": "cut: whole, it may be another matter",
}
"""What a verifier says to a token, by the `why` of `VerifierVerdict`."""

BUFFER_LINES: Mapping[str, str] = {
    "clock-behind": "this host's clock behind the checker's",
    "clock-not-measured": "this host's clock: not measured",
    "date-age": "age that the API's Date may have",
    "date-age-not-measured": "age of the API's Date: not known",
    "drift": "drift of the clock meanwhile",
    "latency": "latency until it is checked",
    "leeway": "leeway of the checker",
    "exp-fraction": "fraction of exp",
    "answer-way": "way of the token response",
    "whole-seconds": "expires_in in whole seconds",
    "issuer-behind": "issuer behind checker",
    "issuer-not-measured": "issuer behind checker: not measured",
}
"""What a buffer is made of, by the `what` of `BufferLine`."""


class Suspect(NamedTuple):
    """Why a token may be refused right after it was refreshed, other than by a clock."""

    name: str
    why: str
    """On one line beside its name."""
    genesys: bool | None = None
    """True: with Genesys Cloud alone; False: with any other issuer; None: with both."""


SUSPECTS = (
    Suspect("one node", "a node of the API is off: some first requests fail"),
    Suspect("propagation", "the new token isn't known everywhere yet: skewcheck log"),
    Suspect("idle timeout", "unused for 5 min to 8 h: dead, whatever expires_in says", genesys=True),
    Suspect("wrong region", "the token is from another region: refused at once, every time", genesys=True),
    Suspect("SDK", "the JavaScript SDK returns the first 401, then refreshes", genesys=True),
    Suspect("refresh storm", 'login answers 400 "rate limit exceeded"', genesys=True),
    Suspect("audience", "the token is for another audience: refused every time", genesys=False),
    Suspect("signed early", "a request or assertion is sent long after it was signed", genesys=False),
    Suspect("used twice", "an assertion counts once: its retry is refused", genesys=False),
    Suspect("local as UTC", "local time is formatted as UTC: off by whole hours", genesys=False),
    Suspect("SDK's offset", "an SDK keeps an offset that it learnt from an old reply", genesys=False),
    Suspect("shared token", "its expiry was kept by another host, or across a suspend"),
    Suspect("old token", "a call prepared before the refresh still carries it"),
)
"""What takes least to test stands first; `explain 401` has the tests. Genesys Cloud's are from its documentation and
SDKs."""

CELLS = 70
"""Of a line of a title or a meaning: 80 columns without the 10 of the status word."""
_MEANS_LINES = 2
_EFFECT_CELLS = 56
"""Beside the names of the parties."""
_SHORTEST = 8
"""Cells that are left of a name, however long the line."""


def title(finding: Finding, cells: int = CELLS) -> str:
    """Return the title on one line of at most *cells* characters."""
    row = CATALOGUE.get(finding.id)
    if row is None:
        return shortened(visible(finding.id), cells)
    return _fitted(row.variants.get(str(finding.fact(row.by)), row.title), dict(finding.facts), cells, 1)


def answer(report: Report) -> str:
    """Return line 1 of *report*: its status and the title of the finding that leads."""
    said = report.failure.summary if report.lead is None and report.failure is not None else ""
    return f"{report.status.value.upper()} {said if report.lead is None else title(report.lead)}"


def means(finding: Finding, cells: int = CELLS) -> str:
    """Return what it means for a 401, for two lines of so many cells; empty where there is no more to say."""
    row = CATALOGUE.get(finding.id)
    return "" if row is None else _fitted(row.means, dict(finding.facts), cells, _MEANS_LINES)


def effect(seen: Effect) -> tuple[str, str]:
    """Return the party and what it sees."""
    return PARTIES[seen.party.value], _fitted(EFFECTS.get(seen.id, seen.id), dict(seen.facts), _EFFECT_CELLS, 1)


def clause(template: str, facts: Mapping[str, Fact], cells: int) -> str:
    """Return another table's *template* over *facts*, on one line of so many cells."""
    return _fitted(template, facts, cells, 1)


def rank(id_: str) -> int:
    """Return the place in the order of importance: 0 is the most important."""
    return _RANKS[id_]


_RANKS = {id_: number for number, id_ in enumerate(CATALOGUE)}


# --- Templates ---

_Facts: TypeAlias = Mapping[str, Fact]
_PART = re.compile(r"\[([^\]|]*)(?:\|([^\]]*))?\]")
_FIELD = re.compile(r"{(\w+)}")
_MISSING = "?"
"""Stands for a fact that no finder leaves out."""


def _fitted(template: str, facts: _Facts, cells: int, lines: int) -> str:
    """Return *template* filled, on so many lines of *cells*: what is optional goes first, then the middle of names."""
    parts = [(match[1], match[2] or "") if match[1] is not None else None for match in _PART.finditer(template)]
    texts = {name: _text(name, facts) for name in _FIELD.findall(template)}
    present = [part is not None and all(_present(name, facts) for name in _FIELD.findall(part[0])) for part in parts]

    def filled() -> str:
        shown = iter(present)
        chosen = _PART.sub(lambda match: match[1] if next(shown) else match[2] or "", template)
        return _FIELD.sub(lambda match: texts[match[1]], chosen).strip()

    text = filled()
    for at in reversed(range(len(parts))):
        if not _fits(text, cells, lines) and present[at]:
            present[at] = False
            text = filled()
    foreign = [name for name in texts if isinstance(facts.get(name), str)]
    while not _fits(text, cells, lines):
        longest = max(foreign, key=lambda name: _cells(texts[name]), default="")
        size = _cells(texts.get(longest, ""))
        if size <= _SHORTEST:
            return _cut(text, cells, lines)
        texts[longest] = shortened(texts[longest], max(_SHORTEST, min(size - 1, size + cells * lines - _cells(text))))
        text = filled()
    return text


def shortened(text: str, cells: int) -> str:
    """Return *text* with its middle left out, so that it takes at most *cells*: both ends of a name tell it apart."""
    if _cells(text) <= cells:
        return text
    middle = len(text) // 2
    head, tail = text[:middle], text[middle:]
    while (head or tail) and _cells(head) + 1 + _cells(tail) > cells:
        head, tail = (head[:-1], tail) if len(head) > len(tail) else (head, tail[1:])
    return f"{head}…{tail}"


def _cut(text: str, cells: int, lines: int) -> str:
    while not _fits(f"{text}…", cells, lines):
        text = text[:-1]
    return f"{text}…"


def _fits(text: str, cells: int, lines: int) -> bool:
    """Tell whether *text* takes no more than so many lines when it is broken at its spaces."""
    used, left = 1, cells
    for word in text.split(" "):
        size = _cells(word)
        if size > left or (left < cells and size + 1 > left):
            used, left = used + 1, cells
        elif left < cells:
            left -= 1
        if size > cells:
            return False
        left -= size
    return used <= lines


def _cells(text: str) -> int:
    """Return how many cells *text* takes at most: letters from Hangul on may take two."""
    return len(text) if text.isascii() else sum(1 if ord(c) < 0x1100 or 0x2000 <= ord(c) < 0x2300 else 2 for c in text)


def _present(name: str, facts: _Facts) -> bool:
    return bool(_text(name, facts)) if name in _MADE else bool(facts.get(name)) and not _nan(facts[name])


def _text(name: str, facts: _Facts) -> str:
    try:
        made = _MADE.get(name)
        return _plain(name, facts.get(name)) if made is None else made(facts)
    except (ArithmeticError, ValueError, OSError):  # a number that is none of this world
        return _MISSING


def _plain(name: str, value: Fact) -> str:
    if isinstance(value, bool):
        return ""
    if value is None or _nan(value):
        return _MISSING
    if isinstance(value, str):
        return visible(value).strip() or _MISSING
    if name.endswith("_at_s"):
        return utc_text(value).replace("T", " ").partition(".")[0] + "Z"
    if name == "expires_in_s":
        return f"{value:.0f} s" if abs(value) < _LONGEST_COUNTED_S else duration_text(value)
    if name.endswith("_s"):
        return _ROUNDED.get(name, duration_text)(value)
    if name.startswith("share"):
        return share_text(value)
    return str(value) if isinstance(value, int) and abs(value) < _LONGEST_COUNTED_S else f"{value:,.3g}"


_AT_MOST = "late_s up_to_s wide_s ntp_bound_s clock_bound_s bound_s low_bound_s max_lag_s needed_s cure_s"
_AT_LEAST = "least_s spread_s behind_s off_by_s"
_ROUNDED: Mapping[str, Callable[[float], str]] = {
    **dict.fromkeys(_AT_MOST.split(), at_most_text),
    **dict.fromkeys(_AT_LEAST.split(), at_least_text),
}
"""Bounds: what is printed holds the truth."""
_LONGEST_COUNTED_S = 10**9


def _nan(value: Fact) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _number(facts: _Facts, name: str, absent: float | None = None) -> float | None:
    value = facts.get(name)
    return absent if value is None or isinstance(value, str | bool) or _nan(value) else float(value)


def _bounds(facts: _Facts, prefix: str = "") -> tuple[float, float]:
    ends = (_number(facts, f"{prefix}low_s", -math.inf), _number(facts, f"{prefix}high_s", math.inf))
    low_s, high_s = sorted(end_s for end_s in ends if end_s is not None)
    return low_s, high_s


def _skew(facts: _Facts) -> float | None:
    skew_s = _number(facts, "skew_s")
    return None if skew_s is None or math.isinf(skew_s) else skew_s


def _off(facts: _Facts) -> str:
    skew_s = _skew(facts)
    return _range(facts) if skew_s is None else estimate_text(skew_s, _bounds(facts))


def _range(facts: _Facts) -> str:
    return _sizes(*_bounds(facts))


def _sizes(low_s: float, high_s: float) -> str:
    """Return how far from 0 a range is: one figure where both ends show the same."""
    if low_s < 0 < high_s:
        return signed_text(low_s, high_s)
    near_s, far_s = sorted((abs(low_s), abs(high_s)))
    if math.isinf(far_s):
        return f"at least {at_least_text(near_s)}"
    near, far = duration_text(near_s), duration_text(far_s)
    return near if near == far else sizes_text(near_s, far_s)


def _way_of(facts: _Facts) -> str:
    return "AHEAD of" if _ahead(facts) else "BEHIND"


def _placed(facts: _Facts) -> str:
    """Return a range with its direction where it has one."""
    low_s, high_s = _bounds(facts)
    return f"within {bound_text(low_s, high_s)} of" if low_s <= 0 <= high_s else f"{_range(facts)} {_way_of(facts)}"


def _beside(facts: _Facts) -> str:
    """Return the range, where an estimate stands beside it that doesn't say all of it."""
    if _skew(facts) is None or " to " not in (shown := _range(facts)):
        return ""
    return "" if shown == _off(facts) else shown


def _ahead(facts: _Facts) -> bool:
    low_s, high_s = _bounds(facts)
    skew_s = _skew(facts)
    if skew_s is not None:
        return skew_s > 0
    return low_s + high_s > 0 if math.isfinite(low_s) and math.isfinite(high_s) else math.isinf(high_s)


def _left(facts: _Facts, way: int) -> str:
    """Return how far in the future it is; *way* -1: how long ago it was."""
    low_s, high_s = sorted(way * end_s for end_s in _bounds(facts, "left_"))
    if math.isinf(low_s) and math.isinf(high_s):
        return _MISSING
    return _sizes(max(0.0, low_s), max(0.0, high_s))


_MADE: Mapping[str, Callable[[_Facts], str]] = {
    "off": _off,
    "range": _range,
    "bound": lambda facts: bound_text(*_bounds(facts)),
    "signed": lambda facts: signed_text(*_bounds(facts)),
    "placed": _placed,
    "beside": _beside,
    "way": lambda facts: "AHEAD" if _ahead(facts) else "BEHIND",
    "other_way": lambda facts: "BEHIND" if _ahead(facts) else "AHEAD",
    "harm": lambda facts: _COUNTED if not facts.get("jwt") else _AHEAD if _ahead(facts) else _BEHIND,
    "way_of": _way_of,
    "ago": lambda facts: _left(facts, -1),
    "left": lambda facts: _left(facts, 1),
    "confirming": lambda facts: "The servers asked" if facts.get("https") else "NTP",
    "witness": lambda facts: "server" if facts.get("https") else "NTP server",
    "witnesses": lambda facts: "servers" if facts.get("https") else "NTP servers",
    "percent_low": lambda facts: f"{math.floor(100 * (_number(facts, 'share_low') or 0)):d}",
    "percent_high": lambda facts: f"{math.ceil(100 * (_number(facts, 'share_high') or 0)):d}",
    "ntp_range": lambda facts: signed_text(*_bounds(facts, "ntp_")) if _number(facts, "ntp_low_s") is not None else "",
}
"""What is made of several facts, or of a number for its reader."""
