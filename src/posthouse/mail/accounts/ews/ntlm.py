"""NTLM over HTTP ([MS-NTHT]), bound to the TLS it goes through.

Exchange signs in by Windows' own ways unless somebody has switched on Basic, and since Exchange
2019 CU14 it refuses whoever does not say which certificate he saw (Extended Protection). The
messages themselves are pyspnego's.
"""

import binascii
import importlib
import ssl
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from posthouse.mail.accounts.errors import Broken

if TYPE_CHECKING:
    from spnego.channel_bindings import GssChannelBindings


def read_ntlm() -> None:
    """Reading pyspnego takes a quarter of a second: in a thread, when it is first needed."""
    importlib.import_module("spnego")


class Handshake:
    """One sign-in on one connection: NEGOTIATE, their CHALLENGE, AUTHENTICATE."""

    def __init__(self, scheme: str, login: str, password: str, host: str, tls: object) -> None:
        """`scheme` is NTLM, or Negotiate with NTLM inside (RFC 4559, RFC 4178)."""
        import spnego

        self._scheme = scheme
        self._errors = (spnego.exceptions.SpnegoError, ValueError, binascii.Error)
        self._context = spnego.client(
            login,
            password,
            hostname=host,
            service="HTTP",
            protocol=scheme.lower(),
            channel_bindings=_bindings(tls),
            # Never the tickets or the secrets of whom this process runs as.
            options=spnego.NegotiateOptions.use_ntlm
            if scheme == "NTLM"
            else spnego.NegotiateOptions.use_negotiate,
        )

    def begin(self) -> str:
        """What the field Authorization says first."""
        return self._said(self._context.step())

    def answer(self, challenge: str) -> str:
        """What it says to a challenge. Raises Broken."""
        try:
            return self._said(self._context.step(b64decode(challenge, validate=True)))
        except self._errors as error:
            raise Broken("The server's challenge makes no sense.") from error

    def _said(self, token: bytes | None) -> str:
        return f"{self._scheme} {b64encode(token or b'').decode()}"


def _bindings(tls: object) -> "GssChannelBindings | None":
    """tls-server-end-point (RFC 5929 4.1): the hash of the certificate we were shown."""
    from spnego.channel_bindings import GssChannelBindings

    shown = tls.getpeercert(binary_form=True) if isinstance(tls, ssl.SSLObject) else None
    if not shown:
        return None
    try:
        used = x509.load_der_x509_certificate(shown).signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        used = None
    if used is None or isinstance(used, hashes.MD5 | hashes.SHA1):
        used = hashes.SHA256()
    digest = hashes.Hash(used)
    digest.update(shown)
    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest.finalize())
