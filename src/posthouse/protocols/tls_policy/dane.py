"""Whether what a server shows is what its TLSA records say (RFC 7671, RFC 7672 3)."""

import hashlib
from collections.abc import Callable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from posthouse.protocols.dns import Tlsa

TRUST_ANCHOR, END_ENTITY = 2, 3
_CERTIFICATE, _KEY = 0, 1
_WHOLE = 0
_DIGESTS: dict[int, Callable[[bytes], bytes]] = {
    1: lambda data: hashlib.sha256(data).digest(),
    2: lambda data: hashlib.sha512(data).digest(),
}
_DIGEST_SIZES = {1: 32, 2: 64}
# Beyond this a chain is an attack on our processor.
_LONGEST_CHAIN = 10


def is_usable(record: Tlsa) -> bool:
    """Usages 0 and 1 have no meaning for SMTP (RFC 7672 3.1.3); the rest must be well formed."""
    if record.usage not in (TRUST_ANCHOR, END_ENTITY):
        return False
    if record.selector not in (_CERTIFICATE, _KEY):
        return False
    if record.matching == _WHOLE:
        return bool(record.data)
    return len(record.data) == _DIGEST_SIZES.get(record.matching)


def matches(chain: Sequence[bytes], records: Sequence[Tlsa], names: Sequence[str]) -> bool:
    """Whether one of the usable `records` vouches for a chain of DER certificates, leaf first.

    A record of a server's own key asks for no name and no date (RFC 7672 3.1.1); one of a trust
    anchor wants a valid chain up to it and one of `names` in the leaf (RFC 7672 3.1.2, 3.2.2).
    """
    try:
        certificates = [x509.load_der_x509_certificate(each) for each in chain[:_LONGEST_CHAIN]]
        leaf, *others = certificates
        if any(_fits(leaf, each) for each in records if each.usage == END_ENTITY):
            return True
        anchors = [each for each in records if each.usage == TRUST_ANCHOR]
        roots = [each for each in others if any(_fits(each, record) for record in anchors)]
        roots += [found for each in anchors if (found := _in_dns(each)) is not None]
        return bool(roots) and any(_leads_to(roots, leaf, others, name) for name in names)
    except ValueError:
        return False


def _fits(certificate: x509.Certificate, record: Tlsa) -> bool:
    if record.selector == _KEY:
        shown = certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
    else:
        shown = certificate.public_bytes(Encoding.DER)
    if record.matching == _WHOLE:
        return shown == record.data
    return _DIGESTS[record.matching](shown) == record.data


def _in_dns(record: Tlsa) -> x509.Certificate | None:
    """A trust anchor that stands in DNS itself need not be shown."""
    if record.selector != _CERTIFICATE or record.matching != _WHOLE:
        return None
    try:
        return x509.load_der_x509_certificate(record.data)
    except ValueError:
        return None


def _leads_to(
    roots: Sequence[x509.Certificate],
    leaf: x509.Certificate,
    others: Sequence[x509.Certificate],
    name: str,
) -> bool:
    """RFC 5280 6.1, with names and dates; authorities of companies omit what the web asks for."""
    authorities = ExtensionPolicy.permit_all().require_present(
        x509.BasicConstraints, Criticality.AGNOSTIC, _is_authority
    )
    servers = ExtensionPolicy.permit_all().require_present(
        x509.SubjectAlternativeName, Criticality.AGNOSTIC, None
    )
    builder = PolicyBuilder().store(Store(list(roots)))
    builder = builder.extension_policies(ca_policy=authorities, ee_policy=servers)
    try:
        builder.build_server_verifier(x509.DNSName(name)).verify(leaf, list(others))
    except VerificationError:
        return False
    return True


def _is_authority(
    policy: Policy, certificate: x509.Certificate, constraints: x509.BasicConstraints
) -> None:
    if not constraints.ca:
        raise ValueError("not an authority")
