"""What people paste, in the forms of public reports; all values are made up, all times relative to a moment."""

import base64
import json
import time
import zlib
from urllib.parse import quote

from skewcheck.quantity import utc_text

OPAQUE = "Zt4Wq8Lr2Xn6Vb0Kc5Hj9Gf3Ds7Pa1-Oi_Uy4Tr8Ew2Qz6Xc0Vb5Nm9Lk3Jh7Gf1Ds4Aq8Wz2Sx6Ed0Rf5Tg9"
"""As long, and made of the same, as Genesys Cloud's."""
ISSUER = "https://login.example.org"


def b64(data: bytes) -> str:
    """Return *data* in base64url."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(algorithm: str = "RS256", **claims: object) -> str:
    """Return a JWT with a signature of the right length."""
    parts = [{"alg": algorithm, "typ": "JWT", "kid": "key-number-7"}, claims]
    size = {"RS256": 256, "ES256": 64}[algorithm]
    return ".".join([*(b64(json.dumps(part).encode()) for part in parts), b64(bytes(range(256))[:size])])


def iso(at_s: float) -> str:
    """Return a time as RFC 3339 has it, without a fraction."""
    return utc_text(at_s).partition(".")[0] + "Z"


def compact(at_s: float) -> str:
    """Return a time as AWS writes it."""
    return iso(at_s).replace("-", "").replace(":", "")


def http(at_s: float) -> str:
    """Return a time as a header has it."""
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(at_s))


def saml(now: float, ahead: float = 20) -> str:
    """Return a response with an assertion that begins so far ahead."""
    return (
        f'<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol"><Assertion IssueInstant="{iso(now + ahead)}">'
        f'<Subject><NameID>eve@example.org</NameID></Subject><Conditions NotBefore="{iso(now + ahead)}" '
        f'NotOnOrAfter="{iso(now + ahead + 300)}"/></Assertion></p:Response>'
    )


def deflated(text: str) -> str:
    """Return *text* as the redirect binding of SAML has it."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return quote(base64.b64encode(squeeze.compress(text.encode()) + squeeze.flush()), safe="")


def eks(now: float, ago: float, life: int) -> str:
    """Return what `aws eks get-token` prints: a presigned URL."""
    url = f"https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&X-Amz-Date={compact(now - ago)}"
    return "k8s-aws-v1." + b64(f"{url}&X-Amz-Expires={life}&X-Amz-SignedHeaders=host".encode())


def expired(now: float) -> str:
    """Return a JWT that expired an hour ago."""
    return jwt(iss=ISSUER, iat=now - 7200, exp=now - 3600, sub="eve@example.org")


def live(now: float) -> str:
    """Return a JWT that has 59 minutes left."""
    return jwt(iss=ISSUER, iat=now - 60, exp=now + 3540)


def serialised(token: str) -> str:
    """Return *token* as a flattened JWS."""
    header, payload, signature = token.split(".")
    return json.dumps({"payload": payload, "protected": header, "signature": signature})
