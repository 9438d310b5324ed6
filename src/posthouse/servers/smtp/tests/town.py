"""A small town in memory: a backend that keeps what it accepts, and a certificate made for it."""

import asyncio
import datetime
import ipaddress
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from posthouse.foundation.errors import Denied, NotFound, Unauthenticated
from posthouse.protocols.sasl.scram import ScramKeys, derive_keys
from posthouse.protocols.sasl.server import Proof
from posthouse.protocols.smtp.address import Address
from posthouse.servers.smtp.backend import Envelope, Session

PASSWORD = "correct horse"
TOKEN = "posthouse_abc-DEF_123"
ANNA = "anna@example.org"
KEYS = derive_keys(PASSWORD, iterations=4096)


@dataclass
class Town:
    """Anna and Bert live here; members are their addresses."""

    kept: list[Envelope] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    on_accept: BaseException | None = None
    gate: asyncio.Event | None = None
    knows_all: bool = False
    member_key: str = ""

    async def check_sender(self, session: Session, address: Address | None) -> None:
        if session.member is not None and str(address) != session.member:
            raise Denied("That address is not yours.")

    async def check_recipient(self, session: Session, address: Address) -> None:
        if session.member is None and str(address).lower() not in (ANNA, "bert@example.org"):
            raise NotFound("No such mailbox here.")

    def knows_sender(self, session: Session, address: Address | None) -> bool:
        return self.knows_all

    def knows_recipient(self, session: Session, address: Address) -> bool:
        return self.knows_all

    async def check_password(self, session: Session, identity: str, password: str) -> object:
        if (identity, password) != (ANNA, PASSWORD):
            self.failures.append(identity)
            raise Unauthenticated("wrong")
        session.member_key = self.member_key
        return identity

    async def check_token(self, session: Session, identity: str, token: str) -> object:
        if token != TOKEN or identity not in ("", ANNA):
            raise Unauthenticated("no such key")
        return ANNA

    async def scram_keys(self, session: Session, identity: str) -> ScramKeys | None:
        return KEYS if identity == ANNA else None

    async def scram_finished(self, session: Session, proof: Proof) -> object:
        if not proof.proved:
            self.failures.append(proof.identity)
            raise Unauthenticated("wrong")
        return proof.identity

    async def accept(self, envelope: Envelope) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.on_accept is not None:
            raise self.on_accept
        self.kept.append(envelope)

    @property
    def contents(self) -> list[bytes]:
        """What was kept, without our Received header."""
        return [without_received(envelope.raw) for envelope in self.kept]


def without_received(raw: bytes) -> bytes:
    """Take off the first header field."""
    lines = raw.split(b"\r\n")
    assert lines[0].startswith(b"Received: from ")
    count = 1
    while lines[count].startswith(b"\t"):
        count += 1
    return b"\r\n".join(lines[count:])


def make_certificate(folder: Path, name: str = "mx.example.org") -> tuple[Path, Path]:
    """A certificate that signed itself, for `name` and 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


def server_context(folder: Path) -> ssl.SSLContext:
    """For a listener."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*make_certificate(folder))
    return context
