"""Arbitrary tokens for hypothesis, well formed, that need not make sense."""

import math

from hypothesis import strategies as st
from reports import FOREIGN, IDS, SENTENCES, SKEWS, TIMES, intervals

from skewcheck.judge.catalogue import BUFFER_LINES, REASONS, REFUSED_FOR
from skewcheck.judge.verifiers import VERIFIERS, signers
from skewcheck.messages import Quoted
from skewcheck.model import (
    BufferLine,
    ClaimState,
    Harm,
    Interval,
    Level,
    Moment,
    Oddity,
    Party,
    Recommended,
    Risk,
    Signing,
    TimeClaim,
    Token,
    TokenKind,
    TokenPart,
    VerifierVerdict,
)
from skewcheck.model.token import Listed

ODD = st.lists(st.sampled_from(["milliseconds", "string", "duplicate", "negative"]), max_size=2).map(tuple)
UNIX = TIMES | st.floats(-1e300, 1e300)


def claims(name: str) -> st.SearchStrategy[TimeClaim]:
    """Return what a claim of that name may be."""
    return st.builds(TimeClaim, st.just(name), st.sampled_from(ClaimState), st.none() | UNIX, FOREIGN, ODD)


NUMBERS = st.none() | UNIX
MESSAGES = st.builds(
    Quoted,
    IDS,
    st.sampled_from(["verifier", "server", "host"]),
    st.sampled_from(["issuer", "signer", "authority"]),
    st.sampled_from([None, "iat", "exp"]),
    NUMBERS,
    NUMBERS,
    st.floats(0, 1),
    st.floats(0, 3600),
    *[NUMBERS] * 5,
)
LISTED = st.builds(Listed, st.sampled_from(["", "access_token"]), st.sampled_from(TokenKind), NUMBERS, NUMBERS)


@st.composite
def tokens(draw: st.DrawFn) -> Token:
    """Return a token that is well formed but need not make sense."""
    return Token(
        kind=draw(st.sampled_from(TokenKind)),
        found_in=draw(SENTENCES),
        length=draw(st.integers(0, 1 << 20)),
        fingerprint="0123abcd",
        iat=draw(claims("iat")),
        nbf=draw(claims("nbf")),
        exp=draw(claims("exp")),
        algorithm=draw(st.none() | FOREIGN),
        type=draw(st.none() | FOREIGN),
        key_id=draw(st.none() | FOREIGN),
        encryption=draw(st.none() | FOREIGN),
        issuer=draw(st.none() | FOREIGN),
        expires_in_s=draw(st.none() | st.floats(0, 1e9)),
        obtained_at_s=draw(st.none() | TIMES),
        others=draw(st.integers(0, 1000)),
        detail=draw(st.none() | SENTENCES),
        oddities=tuple(draw(st.lists(st.builds(Oddity, IDS, SENTENCES), max_size=2))),
        deadline_s=draw(st.none() | UNIX),
        host=draw(st.none() | FOREIGN),
        written_at_s=draw(st.none() | TIMES),
        message=draw(st.none() | MESSAGES),
        listed=tuple(draw(st.lists(LISTED, max_size=3))),
        skipped=draw(st.integers(0, 1 << 40)),
    )


SPANS = intervals().map(lambda drawn: drawn[1]) | st.just(Interval(-math.inf, math.inf))
SHARES = st.none() | st.floats(0, 1)
RISKS = st.builds(
    Risk,
    st.sampled_from(Party),
    st.sampled_from(Harm),
    st.sampled_from(Level),
    SHARES,
    SHARES,
    st.none() | SPANS,
    st.sampled_from([None, "ntp", "api", "login", "login-api", "skew", "local"]),
)
LINES = st.builds(BufferLine, st.sampled_from(sorted(BUFFER_LINES)), st.floats(-1e9, 1e9) | st.just(math.inf))
ADVICE = st.builds(
    Recommended,
    st.none() | st.integers(0, 10**9),
    st.floats(0, 1e9) | st.just(math.inf),
    st.none() | st.integers(0, 10**9),
    st.none() | st.floats(0, 1e9) | st.just(math.inf),
    st.lists(LINES, max_size=4).map(tuple),
)
VERDICTS = st.builds(
    VerifierVerdict,
    IDS,
    FOREIGN,
    st.floats(-1e3, 1e9),
    st.none() | st.booleans(),
    st.none() | st.booleans(),
    st.sampled_from(sorted(REASONS)),
    FOREIGN,
    FOREIGN,
    st.just("") | SENTENCES,
    st.lists(st.sampled_from(sorted(REFUSED_FOR)), max_size=2).map(tuple),
    st.sampled_from(["", *(row.option for row in VERIFIERS)]),
)
COUNTS = st.none() | st.integers(-(10**9), 10**9)
SIGNINGS = st.builds(
    Signing,
    st.sampled_from(["any", *signers()]),
    st.just("GitHub"),
    st.just("its documents"),
    st.none() | st.floats(0, 1e9),
    st.sampled_from(["now", "iat", "age"]),
    st.none() | st.integers(0, 10**9),
    st.integers(0, 3600),
    st.none() | st.integers(0, 10**9),
    COUNTS,
    st.none() | SKEWS,
)


@st.composite
def parts(draw: st.DrawFn) -> TokenPart:
    """Return a token's part that is well formed but need not make sense."""
    names = draw(st.lists(st.sampled_from(["iat", "nbf", "exp", "expires_in", "deadline"]), unique=True))
    return TokenPart(
        draw(tokens()),
        draw(st.sampled_from(["ntp", "api", "skew", "at", "local"])),
        draw(TIMES),
        draw(st.none() | SPANS),
        tuple(draw(st.builds(Moment, st.just(name), UNIX, UNIX | SKEWS, st.none() | SPANS)) for name in names),
        draw(SPANS),
        draw(st.booleans()),
        draw(st.floats(0, 1e6)),
        tuple(draw(st.lists(RISKS, max_size=4))),
        draw(st.none() | ADVICE),
        tuple(draw(st.lists(VERDICTS, max_size=2))),
        signing=tuple(draw(st.lists(SIGNINGS, max_size=1))),
    )
