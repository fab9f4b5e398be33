"""PyJWT's own verdict on a token's times, were its clock at another moment: run, not modelled."""

from typing import Literal, NamedTuple, final

from skewcheck.tokens.secret import Secret

_CHECKS: tuple[Literal["iat", "nbf", "exp"], ...] = ("iat", "nbf", "exp")
"""In the order in which PyJWT makes them."""


class Verdict(NamedTuple):
    """Whether PyJWT takes a token, and if not, why."""

    accepted: bool
    refusal: str | None
    """`expired`, `not-yet-valid-iat`, `not-yet-valid-nbf`, `unusable`; None where it takes it."""
    detail: str


@final
class _At(float):
    """A leeway that puts PyJWT's clock at a moment of our choice.

    PyJWT reads its own clock and asks whether `iat > now + leeway` and `exp <= now - leeway`. A leeway that is the
    difference of two clocks would do, but for the time that passes between two readings: at the very second of an
    expiry that decides. So both sums answer with the moment that is meant, whatever `now` is.
    """

    _at_s: float
    _leeway_s: float

    def __new__(cls, at_s: float, leeway_s: float) -> "_At":
        made = super().__new__(cls, leeway_s)
        made._at_s, made._leeway_s = at_s, leeway_s
        return made

    def __radd__(self, now_s: float) -> float:
        return self._at_s + self._leeway_s

    def __rsub__(self, now_s: float) -> float:
        return self._at_s - self._leeway_s


def pyjwt_verdict(secret: Secret, at_s: float, leeway_s: float = 0.0) -> Verdict:
    """Return what PyJWT says to the token when its clock is at *at_s*; its signature is not verified, its times are."""
    import jwt

    for name in _CHECKS:
        try:
            jwt.decode(
                secret.reveal(),
                options={
                    "verify_signature": False,
                    "verify_iat": name == "iat",
                    "verify_nbf": name == "nbf",
                    "verify_exp": name == "exp",
                },
                leeway=_At(at_s, leeway_s),
            )
        except jwt.ExpiredSignatureError:
            return Verdict(accepted=False, refusal="expired", detail="PyJWT raises ExpiredSignatureError.")
        except jwt.ImmatureSignatureError:
            detail = f"PyJWT raises ImmatureSignatureError for `{name}`."
            return Verdict(accepted=False, refusal=f"not-yet-valid-{name}", detail=detail)
        except Exception as error:  # noqa: BLE001 - a hostile token may make it raise anything; its text may hold claims
            detail = f"PyJWT can't read it as it was pasted ({type(error).__name__})."
            return Verdict(accepted=False, refusal="unusable", detail=detail)
    return Verdict(accepted=True, refusal=None, detail="PyJWT takes it.")
