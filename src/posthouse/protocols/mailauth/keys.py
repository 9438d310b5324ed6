"""DKIM keys: made, loaded once, and their records in DNS (RFC 6376 3.6.1, RFC 8463 4)."""

import base64
import binascii
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
)

from posthouse.protocols.mailauth.tags import TagError, colon_list, parse_tags, without_folds

RSA_BITS = 2048  # RFC 8301 3.2: signers SHOULD; longer keys do not fit one string of TXT
MIN_RSA_BITS = 1024  # RFC 8301 3.2: shorter signatures are not to be considered valid
MAX_RSA_BITS = 4096  # RFC 8301 3.2; beyond it a hostile key costs us milliseconds
MAX_KEY_RECORD = 4_096  # octets; 4096 bits take about 750

PrivateKey = RSAPrivateKey | Ed25519PrivateKey
PublicKey = RSAPublicKey | Ed25519PublicKey


class KeyKind(StrEnum):
    """The `k=` of a key record; the `a=` of a signature is this with `-sha256`."""

    RSA = "rsa"
    ED25519 = "ed25519"


class BadKey(ValueError):
    """The key, or its record, cannot be used. The text is fit for `reason=`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A published key. `strict`: `i=` must name `d=` itself. `testing`: failures mean nothing."""

    kind: KeyKind
    public: PublicKey
    strict: bool = False
    testing: bool = False


def generate_key(kind: KeyKind) -> bytes:
    """A new private key as PKCS#8 DER. RSA takes about 100 ms: not for an event loop."""
    key: PrivateKey
    if kind is KeyKind.RSA:
        key = generate_private_key(public_exponent=65_537, key_size=RSA_BITS)
    else:
        key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def to_pem(der: bytes) -> bytes:
    """The private key as PEM, for people and other programs."""
    return load_private_key(der).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@lru_cache(maxsize=1024)
def load_private_key(encoded: bytes) -> PrivateKey:
    """A key from PEM or DER. Kept: loading RSA (with its checks) costs more than signing.

    Raises BadKey when it is neither RSA of at least 1024 bits nor Ed25519.
    """
    try:
        if encoded.lstrip().startswith(b"-----"):
            key = load_pem_private_key(encoded, None)
        else:
            key = load_der_private_key(encoded, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadKey("not a private key") from error
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, RSAPrivateKey) and key.key_size >= MIN_RSA_BITS:
        return key
    raise BadKey("neither Ed25519 nor RSA of at least 1024 bits")


def kind_of(key: PrivateKey) -> KeyKind:
    return KeyKind.RSA if isinstance(key, RSAPrivateKey) else KeyKind.ED25519


def dns_value(encoded: bytes) -> str:
    """The TXT value to publish for a private key, e.g. `v=DKIM1; k=rsa; p=MIIB…`."""
    key = load_private_key(encoded)
    if isinstance(key, RSAPrivateKey):
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:  # RFC 8463 4.2: the 32 octets alone, no SubjectPublicKeyInfo
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k={kind_of(key)}; p={base64.b64encode(public).decode('ascii')}"


def dns_name(domain: str, selector: str) -> str:
    """Where the key of a selector is published."""
    return f"{selector}._domainkey.{domain}"


def parse_key_record(text: bytes) -> KeyRecord:
    """Reads a TXT value. Raises BadKey with the reason when no signature can use it."""
    if len(text) > MAX_KEY_RECORD:
        raise BadKey("key record too long")
    return _parse_key_record(text)


@lru_cache(maxsize=1024)
def _parse_key_record(text: bytes) -> KeyRecord:
    try:
        tags = parse_tags(text.decode("ascii"))
    except (UnicodeDecodeError, TagError) as error:
        raise BadKey("key record has a syntax error") from error
    if tags.get("v", "DKIM1") != "DKIM1" or ("v" in tags and next(iter(tags)) != "v"):
        raise BadKey("key record is not DKIM1")
    if "sha256" not in colon_list(tags.get("h", "sha256")):
        raise BadKey("key does not allow sha256")
    if not {"*", "email"} & set(colon_list(tags.get("s", "*"))):
        raise BadKey("key is not for mail")
    flags = colon_list(tags.get("t", ""))
    kind, public = _public_key(tags)
    return KeyRecord(kind=kind, public=public, strict="s" in flags, testing="y" in flags)


def _public_key(tags: dict[str, str]) -> tuple[KeyKind, PublicKey]:
    try:
        kind = KeyKind(tags.get("k", "rsa").lower())
    except ValueError as error:
        raise BadKey("unknown kind of key") from error
    if "p" not in tags:
        raise BadKey("key record without key")
    if not tags["p"]:
        raise BadKey("key revoked")
    try:
        octets = base64.b64decode(without_folds(tags["p"]), validate=True)
        if kind is KeyKind.ED25519:
            return kind, Ed25519PublicKey.from_public_bytes(octets)
        key = load_der_public_key(octets)  # takes PKCS#1, too, which RFC 6376 itself publishes
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise BadKey("key is broken") from error
    if not isinstance(key, RSAPublicKey):
        raise BadKey("key is not RSA")
    if key.key_size < MIN_RSA_BITS:
        raise BadKey(f"key of {key.key_size} bits is too short")
    if key.key_size > MAX_RSA_BITS:
        raise BadKey(f"key of {key.key_size} bits is too long")
    return kind, key
