"""Runs a verifier of Python's over a grid of tokens, its clock set to the moment of each; needs nothing of ours.

On stdin JSON, `{"name": NAME, "cells": [[CLAIMS, MOMENT], ...]}`; on stdout `{"version": ..., "accepts": [...]}`.
"""

import base64
import datetime as dt
import importlib.metadata
import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib import import_module

warnings.simplefilter("ignore")  # some say at import that they will be replaced
KEY = "k" * 32


class _Clock(dt.datetime):
    """What a verifier takes for `datetime`: its `now` is the moment of the cell."""

    moment_s = 0.0

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> "_Clock":
        return cls.fromtimestamp(_Clock.moment_s, tz)

    @classmethod
    def utcnow(cls) -> "_Clock":
        return cls.fromtimestamp(_Clock.moment_s, dt.timezone.utc).replace(tzinfo=None)


def _jwt(claims: str) -> str:
    header = b'{"alg":"HS256","typ":"JWT"}'
    parts = (header, claims.encode(), b"no signature")
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def _pyjwt() -> Callable[[str], object]:
    jwt = import_module("jwt")
    import_module("jwt.api_jwt").datetime = _Clock  # type: ignore[attr-defined] # its own name for it
    options = {"verify_signature": False, "verify_exp": True, "verify_nbf": True, "verify_iat": True}
    return lambda claims: jwt.decode(_jwt(claims), options=options)


def _python_jose() -> Callable[[str], object]:
    jwt, jws = import_module("jose.jwt"), import_module("jose.jws")
    jwt.datetime = _Clock  # type: ignore[attr-defined] # as above
    return lambda claims: jwt.decode(jws.sign(claims.encode(), KEY), KEY, "HS256")


def _authlib() -> Callable[[str], object]:
    jose = import_module("authlib.jose")
    return lambda claims: jose.JWTClaims(json.loads(claims), {}).validate()


def _joserfc() -> Callable[[str], object]:
    jwt = import_module("joserfc.jwt")
    return lambda claims: jwt.JWTClaimsRegistry().validate(json.loads(claims))


def _google_auth() -> Callable[[str], object]:
    jwt = import_module("google.auth.jwt")
    import_module("google.auth._helpers").utcnow = _Clock.utcnow  # type: ignore[attr-defined] # as above
    jwt.crypt.verify_signature = lambda *_, **__: True
    header = base64.urlsafe_b64encode(b'{"alg":"RS256","typ":"JWT"}').rstrip(b"=").decode()
    return lambda claims: jwt.decode(".".join([header, *_jwt(claims).split(".")[1:]]), certs="a certificate")


def _okta() -> Callable[[str], object]:
    import_module("jwt.api_jwt").datetime = _Clock  # type: ignore[attr-defined] # as above
    okta = import_module("okta_jwt_verifier")
    verifier = okta.AccessTokenVerifier("https://i.example.net", "https://a.example.net")._jwt_verifier
    whole = {"iss": "https://i.example.net", "aud": "https://a.example.net"}
    return lambda claims: verifier.verify_claims({**whole, **json.loads(claims)}, ("iss", "aud", "exp"))


VERIFIERS = {
    "pyjwt": ("PyJWT", _pyjwt),
    "pyjwt-2.5": ("PyJWT", _pyjwt),
    "python-jose": ("python-jose", _python_jose),
    "authlib": ("Authlib", _authlib),
    "joserfc": ("joserfc", _joserfc),
    "google-auth": ("google-auth", _google_auth),
    "okta-python": ("okta-jwt-verifier", _okta),
}
"""The distribution of each, and what runs it."""


def main() -> None:
    """Answer for each cell whether the verifier accepts it."""
    asked = json.load(sys.stdin)
    distribution, prepare = VERIFIERS[asked["name"]]
    verify, accepts = prepare(), []
    time.time = lambda: _Clock.moment_s
    for claims, at_s in asked["cells"]:
        _Clock.moment_s = at_s
        try:
            verify(claims)
        except Exception:  # noqa: BLE001 - whatever it raises, it doesn't accept
            accepts.append(False)
        else:
            accepts.append(True)
    json.dump({"version": importlib.metadata.version(distribution), "accepts": accepts}, sys.stdout)


if __name__ == "__main__":
    main()
