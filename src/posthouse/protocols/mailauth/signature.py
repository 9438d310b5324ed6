"""One DKIM-Signature field, read and judged by itself (RFC 6376 3.5, 6.1.1)."""

import base64
import binascii
import re
from dataclasses import dataclass

from posthouse.protocols.dns import BadName, ascii_name
from posthouse.protocols.mailauth.keys import KeyKind
from posthouse.protocols.mailauth.message import Field
from posthouse.protocols.mailauth.tags import TagError, colon_list, parse_tags, without_folds

CLOCK_SKEW = 300  # seconds that another clock may be ahead or behind
MAX_CLAIM = 255  # characters of a tag that reports repeat
_REQUIRED = ("v", "a", "b", "bh", "d", "h", "s")
_SIGNATURE_VALUE = re.compile(rb"((?:\A|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*")
_DIGITS = re.compile(r"[0-9]{1,76}\Z")  # RFC 6376 3.5: l= has at most 76 digits


class BadSignature(ValueError):
    """The signature cannot be verified whatever the message says. The text is for `reason=`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The tags of a signature, decoded. `body_limit` is `l=` in octets of the canonical body."""

    field: Field
    kind: KeyKind
    relaxed_header: bool
    relaxed_body: bool
    domain: str
    selector: str
    identity: str
    names: tuple[bytes, ...]
    body_hash: bytes
    value: bytes
    body_limit: int | None = None

    def unsigned_field(self) -> bytes:
        """The field as it was when it was hashed: with an empty `b=`."""
        return without_value(self.field)

    @property
    def identity_domain(self) -> str:
        return self.identity.rpartition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a signature says of itself, cut short, even when it is too broken to verify."""

    domain: str = ""
    selector: str = ""
    identity: str = ""
    algorithm: str = ""
    value: str = ""


def without_value(field: Field) -> bytes:
    """A field with an empty `b=`, as it is hashed into its own signature (RFC 6376 3.5)."""
    name, colon, value = field.raw.partition(b":")
    return name + colon + _SIGNATURE_VALUE.sub(rb"\1", value, count=1)


def read_claim(field: Field) -> Claim:
    """Never raises."""
    try:
        tags = parse_tags(field.value.decode("utf-8", "replace"))
    except TagError:
        return Claim()
    return Claim(
        domain=tags.get("d", "")[:MAX_CLAIM].lower(),
        selector=tags.get("s", "")[:MAX_CLAIM],
        identity=tags.get("i", "")[:MAX_CLAIM],
        algorithm=tags.get("a", "")[:MAX_CLAIM].lower(),
        value=without_folds(tags.get("b", ""))[:MAX_CLAIM],
    )


def parse_signature(field: Field, now: float) -> Signature:
    """Reads the field; `now` in seconds decides on `x=`. Raises BadSignature with the reason."""
    try:
        # RFC 8616 4: domains and identities may be UTF-8
        tags = parse_tags(field.value.decode("utf-8"))
    except (TagError, UnicodeDecodeError) as error:
        raise BadSignature("syntax error") from error
    for name in _REQUIRED:
        if not tags.get(name):
            raise BadSignature(f"{name}= missing")
    if tags["v"] != "1":
        raise BadSignature("unknown version")
    if "dns/txt" not in colon_list(tags.get("q", "dns/txt")):
        raise BadSignature("unknown query method")
    _check_times(tags, now)
    names = tuple(name.encode("utf-8") for name in colon_list(tags["h"]))
    if b"from" not in names:
        raise BadSignature("From not signed")
    domain = read_name(tags["d"], "d")
    relaxed_header, relaxed_body = read_canonicalisation(tags.get("c", "simple/simple"))
    return Signature(
        field=field,
        kind=read_kind(tags["a"]),
        relaxed_header=relaxed_header,
        relaxed_body=relaxed_body,
        domain=domain,
        selector=read_name(tags["s"], "s"),
        identity=_identity(tags.get("i", "@" + domain), domain),
        names=names,
        body_hash=read_octets(tags["bh"], "bh"),
        value=read_octets(tags["b"], "b"),
        body_limit=_number(tags["l"], "l") if "l" in tags else None,
    )


def read_kind(algorithm: str) -> KeyKind:
    kind, _, digest = algorithm.lower().partition("-")
    if digest == "sha1":
        raise BadSignature("sha1 is not accepted")  # RFC 8301 3.1
    if digest != "sha256" or kind not in (KeyKind.RSA, KeyKind.ED25519):
        raise BadSignature("unknown algorithm")
    return KeyKind(kind)


def read_canonicalisation(text: str) -> tuple[bool, bool]:
    header, _, body = text.lower().partition("/")
    body = body or "simple"
    if {header, body} - {"simple", "relaxed"}:
        raise BadSignature("unknown canonicalisation")
    return header == "relaxed", body == "relaxed"


def _check_times(tags: dict[str, str], now: float) -> None:
    signed = _number(tags["t"], "t") if "t" in tags else None
    expires = _number(tags["x"], "x") if "x" in tags else None
    if expires is None:
        return
    if signed is not None and expires < signed:
        raise BadSignature("expires before it was signed")
    if expires + CLOCK_SKEW < now:
        raise BadSignature("expired")


def _identity(text: str, domain: str) -> str:
    """`i=`, whose domain must be `d=` or below it (RFC 6376 6.1.1)."""
    local, at, host = text.rpartition("@")
    name = read_name(host, "i")
    if not at or (name != domain and not name.endswith("." + domain)):
        raise BadSignature("i= is not of d=")
    return f"{local}@{name}"


def read_name(text: str, tag: str) -> str:
    try:
        return ascii_name(text)
    except BadName as error:
        raise BadSignature(f"{tag}= is no name") from error


def read_octets(text: str, tag: str) -> bytes:
    try:
        return base64.b64decode(without_folds(text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSignature(f"{tag}= is not base64") from error


def _number(text: str, tag: str) -> int:
    if not _DIGITS.match(text):
        raise BadSignature(f"{tag}= is no number")
    return int(text)
