"""Certificates for our listeners: the operator's, or one we make ourselves when none is given."""

import contextlib
import datetime
import ipaddress
import os
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from posthouse.foundation.errors import Invalid
from posthouse.foundation.settings import Settings

_YEARS = datetime.timedelta(days=3650)


def server_context(settings: Settings) -> ssl.SSLContext:
    """TLS 1.2 and newer for every listener. Raises Invalid when the given files are unusable.

    A certificate without `tls_key` is a file that holds both.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    show_files(context, settings)
    return context


def show_files(context: ssl.SSLContext, settings: Settings) -> None:
    """Show what the files hold now to who connects from now on. Raises Invalid."""
    certificate = certificate_file(settings)
    try:
        context.load_cert_chain(certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise Invalid(f"The certificate {certificate} cannot be used: {error}") from None


def certificate_file(settings: Settings) -> Path:
    """The operator's, or the one we make. Raises Invalid."""
    if settings.tls_certificate is None and settings.tls_key is not None:
        raise Invalid("The setting tls_key needs tls_certificate beside it.")
    own = settings.data / "tls" / "self-made.pem"
    return settings.tls_certificate or _self_made(own, settings.hostname)


def show(context: ssl.SSLContext, chain: bytes, key: bytes) -> None:
    """Show this certificate (PEM) to who connects from now on. Raises ssl.SSLError, OSError.

    The key never touches a disk: OpenSSL reads files alone, and this one is in memory.
    """
    with open(os.memfd_create("certificate"), "wb") as file:
        file.write(key + chain)
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")


def _self_made(file: Path, hostname: str) -> Path:
    """A self-signed certificate with its key, made once; two first starts agree on one."""
    if file.exists():
        return file
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(_make(hostname))
        handle.flush()
        os.fsync(handle.fileno())  # an empty file after a power cut would stop every start
    with contextlib.suppress(FileExistsError):
        os.link(part, file)
    part.unlink()
    return file


def _make(hostname: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64])])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [
        x509.DNSName(n) for n in dict.fromkeys([hostname, "localhost"])
    ]
    names += [x509.IPAddress(ipaddress.ip_address(a)) for a in ("127.0.0.1", "::1")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + _YEARS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + certificate.public_bytes(serialization.Encoding.PEM)
