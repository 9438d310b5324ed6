"""A certificate authority of a test's own: chains as mail servers show them."""

import datetime
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


@dataclass(frozen=True)
class Issued:
    """A certificate, its key, and those above it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    above: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def spki(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def chain(self) -> list[bytes]:
        """As a server shows it, in DER."""
        return [self.der, *(each.public_bytes(Encoding.DER) for each in self.above)]

    def server_context(self, folder: Path) -> ssl.SSLContext:
        """A server with this certificate."""
        file = folder / f"{self.certificate.serial_number}.pem"
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        shown = [self.certificate, *self.above]
        file.write_bytes(key + b"".join(each.public_bytes(Encoding.PEM) for each in shown))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file)
        return context


def make_authority(name: str = "An authority", issuer: Issued | None = None) -> Issued:
    """One that signed itself, or that another one has made."""
    return _issue(name, issuer, authority=True, days=30)


def issue(issuer: Issued | None, name: str, *, days: float = 1) -> Issued:
    """For a server of that name; without an issuer it signs itself."""
    return _issue(name, issuer, authority=False, days=days)


def _issue(name: str, issuer: Issued | None, *, authority: bool, days: float) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if not authority:
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        builder = builder.add_extension(names, critical=False)
    signed = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    return Issued(signed, key, (issuer.certificate, *issuer.above) if issuer else ())
