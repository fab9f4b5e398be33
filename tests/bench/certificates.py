"""A certification authority of a test's own: one good certificate, and others each wrong in one way.

Made by the `openssl` command, which every Debian with TLS has: what is checked must not be made by what checks it.
"""

import shutil
import ssl
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.tools import need

YEAR_S = 365.25 * 86400
VALID_S = (-2 * YEAR_S, 2 * YEAR_S)
"""From now: when a good certificate begins and ends."""
PAST_S, FUTURE_S = (-2 * YEAR_S, -YEAR_S), (YEAR_S, 2 * YEAR_S)

_CONFIG = """
[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = .
default_md = sha256
rand_serial = yes
unique_subject = no
policy = any
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[authority_without_key_usage]
basicConstraints = critical, CA:TRUE
subjectKeyIdentifier = hash
[authority_not_critical]
basicConstraints = CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[no_authority]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
subjectKeyIdentifier = hash
[host]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, DNS:api.test, DNS:*.apps.test, IP:127.0.0.1
[other_host]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:elsewhere.test, IP:127.0.0.9
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost
[host_without_authority_key_identifier]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
authorityKeyIdentifier = none
subjectAltName = DNS:localhost
"""


class Signed(NamedTuple):
    """A certificate and its key, as PEM files; the certificate's is followed by those between it and the root."""

    chain: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """Return what a server shows it with. Checks nothing: even weak keys are shown."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(self.chain, self.key)
        return context


class Authority:
    """Makes and signs certificates in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        name: str = "Root",
        extensions: str = "authority",
        valid_s: tuple[float, float] = (-10 * YEAR_S, 10 * YEAR_S),
    ) -> None:
        """Make a root that is valid between the two moments (seconds from now)."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config").write_text(_CONFIG, encoding="ascii")
        (folder / "index.txt").touch()
        self.root = self._key("root")
        request = self._request(self.root, name)
        self._ca("-selfsign", "-keyfile", self.root.key, "-in", request, "-out", self.root.chain,
                 *_dates(valid_s), "-extensions", extensions)  # fmt: skip

    @property
    def ca_file(self) -> Path:
        """The root's own certificate: what `--ca-file` names."""
        return self.root.chain

    def sign(
        self,
        name: str,
        valid_s: tuple[float, float] = VALID_S,
        extensions: str = "host",
        issuer: Signed | None = None,
        algorithm: Sequence[str] = ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
    ) -> Signed:
        """Return a new certificate, valid between the two moments (seconds from now)."""
        made, by = self._key(name, algorithm), issuer or self.root
        request = self._request(made, name)
        self._ca("-keyfile", by.key, "-cert", by.chain, "-in", request, "-out", made.chain,
                 *_dates(valid_s), "-extensions", extensions)  # fmt: skip
        if by is not self.root:
            made.chain.write_text(made.chain.read_text("ascii") + by.chain.read_text("ascii"), encoding="ascii")
        return made

    def tampered(self, name: str, valid_s: tuple[float, float] = VALID_S) -> Signed:
        """Return a certificate that nobody signed like this: one bit of its signature is another."""
        made = self.sign(name, valid_s)
        der = bytearray(ssl.PEM_cert_to_DER_cert(made.chain.read_text("ascii")))
        der[-1] ^= 1
        made.chain.write_text(ssl.DER_cert_to_PEM_cert(bytes(der)), encoding="ascii")
        return made

    def self_signed(self, name: str) -> Signed:
        """Return a certificate that nobody but itself vouches for."""
        made = self._key(name)
        request = self._request(made, name)
        self._ca("-selfsign", "-keyfile", made.key, "-in", request, "-out", made.chain,
                 *_dates(VALID_S), "-extensions", "host")  # fmt: skip
        return made

    def _key(self, name: str, algorithm: Sequence[str] = ("EC", "-pkeyopt", "ec_paramgen_curve:P-256")) -> Signed:
        made = Signed(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        self._openssl("genpkey", "-algorithm", *algorithm, "-out", made.key)
        return made

    def _request(self, made: Signed, name: str) -> Path:
        request = made.key.with_suffix(".csr")
        self._openssl("req", "-new", "-key", made.key, "-subj", f"/CN={name}", "-out", request)
        return request

    def _ca(self, *arguments: str | Path) -> None:
        self._openssl("ca", "-batch", "-notext", "-config", "config", *arguments)

    def _openssl(self, *arguments: str | Path) -> None:
        command = [need("openssl"), *map(str, arguments)]
        done = subprocess.run(command, cwd=self._folder, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


def _dates(valid_s: tuple[float, float]) -> list[str]:
    """Return the options of `openssl ca` for a validity from now."""
    begins, ends = (time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + after_s)) for after_s in valid_s)
    return ["-startdate", begins, "-enddate", ends]


def together(folder: Path, *files: Path) -> Path:
    """Return a file that holds what *files* hold, as bundles of CAs do."""
    bundle = folder / "bundle.pem"
    with bundle.open("wb") as into:
        for file in files:
            with file.open("rb") as out_of:
                shutil.copyfileobj(out_of, into)
    return bundle
