"""JSON Web Tokens (RFC 7519) as Google signs them, and wants them signed: RS256 and no other."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

T = TypeVar("T")

# Clocks differ a little.
_LEEWAY_SECONDS = 60.0
_LONGEST = 8 * 1024
_FEWEST_BITS = 2048  # RFC 7518 3.3


class NotProven(Exception):
    """Whoever said it is not who signs such tokens, or it was said to somebody else."""


class Claims(msgspec.Struct, frozen=True):
    """What a push from Pub/Sub says of itself.

    cloud.google.com/pubsub/docs/authenticate-push-subscriptions
    """

    iss: str
    aud: str
    email: str
    exp: float
    iat: float
    email_verified: bool = False


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str


class _Key(msgspec.Struct, frozen=True):
    kid: str
    kty: str
    n: str = ""
    e: str = ""


class _KeySet(msgspec.Struct, frozen=True):
    keys: list[_Key]


def key_of(token: str) -> str:
    """The id of the key that is to have signed it. Raises NotProven."""
    if len(token) > _LONGEST or token.count(".") != 2:
        raise NotProven
    header = _decoded(token.split(".")[0], _Header)
    if header.alg != "RS256":  # "none" and the house's own secrets are old tricks (RFC 8725 2.1)
        raise NotProven
    return header.kid


def verified(token: str, keys: Mapping[str, rsa.RSAPublicKey], now: float) -> Claims:
    """What was signed, by one of these keys and for now. Raises NotProven."""
    key = keys.get(key_of(token))
    signed, _, proof = token.rpartition(".")
    if key is None:
        raise NotProven
    try:
        key.verify(_octets(proof), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise NotProven from None
    claims = _decoded(signed.split(".")[1], Claims)
    if not claims.iat - _LEEWAY_SECONDS <= now <= claims.exp + _LEEWAY_SECONDS:
        raise NotProven
    return claims


def read_keys(content: bytes) -> dict[str, rsa.RSAPublicKey]:
    """Of a JSON Web Key Set (RFC 7517). Raises ValueError."""
    try:
        found = msgspec.json.decode(content, type=_KeySet)
    except msgspec.DecodeError as error:
        raise ValueError("no set of keys") from error
    keys: dict[str, rsa.RSAPublicKey] = {}
    for each in found.keys:
        if each.kty != "RSA":
            continue
        n, e = (int.from_bytes(_digits(number), "big") for number in (each.n, each.e))
        if n.bit_length() >= _FEWEST_BITS:
            keys[each.kid] = rsa.RSAPublicNumbers(e, n).public_key()
    return keys


def sign(claims: Mapping[str, Any], key: rsa.RSAPrivateKey, kid: str) -> str:
    """A token of ours."""
    header = {"alg": "RS256", "typ": "JWT", "kid": kid}
    parts = (json.dumps(each).encode() for each in (header, claims))
    signed = ".".join(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in parts)
    proof = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{base64.urlsafe_b64encode(proof).rstrip(b'=').decode()}"


def _decoded(text: str, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(_octets(text), type=type_)
    except msgspec.DecodeError:
        raise NotProven from None


def _octets(text: str) -> bytes:
    try:
        return _digits(text)
    except ValueError:
        raise NotProven from None


def _digits(text: str) -> bytes:
    """Base64url without padding (RFC 7515 2). Raises ValueError."""
    try:
        return base64.b64decode(
            text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
        )
    except binascii.Error as error:
        raise ValueError("no base64url") from error
