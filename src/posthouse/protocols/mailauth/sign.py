"""Signing mail with DKIM (RFC 6376, RFC 8463): relaxed/relaxed, all keys of a domain in one go."""

import base64
import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from posthouse.protocols.dns import ascii_name
from posthouse.protocols.mailauth.canonical import relaxed_body, relaxed_field
from posthouse.protocols.mailauth.keys import PrivateKey, kind_of, load_private_key
from posthouse.protocols.mailauth.message import Field, split_crlf

# Named once more than they occur, so that nobody can add another one (RFC 6376 5.4.2, 8.15).
OVERSIGNED = (
    b"from",
    b"to",
    b"cc",
    b"subject",
    b"date",
    b"reply-to",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
)
# Signed where they occur; lists and forwarders may add their own (RFC 6376 5.4.1, RFC 8058 4).
SIGNED = (
    b"sender",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"list-id",
    b"list-help",
    b"list-post",
    b"list-owner",
    b"list-archive",
    b"list-subscribe",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"auto-submitted",
    b"feedback-id",
)
_SIGNABLE = frozenset(OVERSIGNED + SIGNED)
_LINE = 76  # RFC 5322 2.1.1 asks for 78 at most


class Unsignable(ValueError):
    """The message would not reach anybody as it is, so that its signature would break."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key (PEM or DER) and where its public half is published."""

    domain: str
    selector: str
    encoded: bytes = field(repr=False)


class Signer:
    """Signs for one domain with one key or several (RSA and Ed25519: RFC 8463 3).

    Hold on to it: keys are loaded here. Safe to call from any thread. Raises BadKey or BadName.
    """

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        self._keys = [_ReadyKey(key) for key in keys]

    def sign(self, message: bytes, *, now: float | None = None) -> bytes:
        """The DKIM-Signature fields, CRLF included, to be put before `message`.

        `message` is complete, with CRLF throughout. Raises Unsignable on bare CR or LF, and
        without exactly one From.
        """
        if not message.count(b"\r\n") == message.count(b"\n") == message.count(b"\r"):
            raise Unsignable("a bare CR or LF in the message")
        split = split_crlf(message)
        by_name = _by_name(split.fields)
        if len(by_name.get(b"from", ())) != 1:
            raise Unsignable("not exactly one From")
        names, hashed = _chosen(by_name)
        body_hash = hashlib.sha256()
        for piece in relaxed_body(split.body):
            body_hash.update(piece)
        seconds = int(time.time() if now is None else now)
        tail = _common_tags(names, body_hash.digest(), seconds)
        return b"".join(key.signature(hashed, tail) for key in self._keys)


class _ReadyKey:
    """A loaded key and the tags that never change."""

    def __init__(self, key: SigningKey) -> None:
        self._private: PrivateKey = load_private_key(key.encoded)
        domain, selector = ascii_name(key.domain), ascii_name(key.selector)
        self._head = (
            f"DKIM-Signature: v=1; a={kind_of(self._private)}-sha256; c=relaxed/relaxed;\r\n"
            f"\td={domain}; s={selector};\r\n"
        ).encode("ascii")

    def signature(self, hashed: bytes, tail: bytes) -> bytes:
        unsigned = self._head + tail
        # RFC 6376 3.7: the field itself comes last, with b= empty and without its CRLF.
        data = hashed + relaxed_field(unsigned).removesuffix(b"\r\n")
        digest = hashlib.sha256(data).digest()
        return unsigned + folded(base64.b64encode(sign_digest(self._private, digest))) + b"\r\n"


def sign_digest(key: PrivateKey, digest: bytes) -> bytes:
    """The signature of what has this SHA-256."""
    if isinstance(key, RSAPrivateKey):
        return key.sign(digest, PKCS1v15(), Prehashed(SHA256()))
    return key.sign(digest)  # RFC 8463 3: Ed25519 signs the digest


def algorithm_of(key: SigningKey) -> str:
    """The `a=` of what this key signs. Raises BadKey."""
    return f"{kind_of(load_private_key(key.encoded))}-sha256"


def _by_name(fields: Sequence[Field]) -> dict[bytes, list[Field]]:
    by_name: dict[bytes, list[Field]] = {}
    for each in fields:
        if each.name in _SIGNABLE:
            by_name.setdefault(each.name, []).append(each)
    return by_name


def _chosen(by_name: dict[bytes, list[Field]]) -> tuple[list[bytes], bytes]:
    """The names for `h=`, and the fields they stand for: of equal names the last one first."""
    names: list[bytes] = []
    hashed: list[bytes] = []
    for name in OVERSIGNED + SIGNED:
        present = by_name.get(name, [])
        hashed += [relaxed_field(each.raw) for each in reversed(present)]
        names += [name] * (len(present) + (name in OVERSIGNED))
    return names, b"".join(hashed)


def _common_tags(names: list[bytes], body_hash: bytes, seconds: int) -> bytes:
    lines = [b"\tt=%d;" % seconds, *folded_names(names)]
    lines += [b"\tbh=" + base64.b64encode(body_hash) + b";", b"\tb="]
    return b"\r\n".join(lines)


def folded_names(names: list[bytes]) -> Iterator[bytes]:
    """`h=` in lines."""
    line = b"\th="
    for position, name in enumerate(names):
        item = name + (b":" if position < len(names) - 1 else b";")
        if len(line) + len(item) > _LINE:
            yield line
            line = b"\t "
        line += item
    yield line


def folded(text: bytes) -> bytes:
    """Base64 in lines, as it stands behind `b=`."""
    width = _LINE - 4
    return b"\r\n\t".join(text[at : at + width] for at in range(0, len(text), width))
