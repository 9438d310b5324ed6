"""What makes two copies one message: the trace prefix, the variant's digest, the identity."""

from __future__ import annotations

import re
from hashlib import sha256

from posthouse.protocols.mime.model import MAX_FIELDS, Scan
from posthouse.protocols.mime.unfold import unfold

# Fields that hosts on the way put on top; they differ from mailbox to mailbox.
TRACE_FIELDS = frozenset(
    (
        b"return-path",
        b"received",
        b"delivered-to",
        b"x-original-to",
        b"envelope-to",
        b"x-envelope-to",
        b"x-envelope-from",
        b"delivery-date",
        b"authentication-results",
        b"received-spf",
        b"arc-seal",
        b"arc-message-signature",
        b"arc-authentication-results",
        b"x-received",
        b"x-forwarded-to",
        b"x-forwarded-for",
        b"x-forwarded-encrypted",
        b"x-google-smtp-source",
        b"x-gm-message-state",
        b"x-apparently-to",
        b"x-rcpt-to",
        b"x-delivered-to",
        b"x-resolved-to",
        b"x-deliveredto",
        b"x-qq-mid-received",
        b"x-spam-status",
        b"x-spam-score",
        b"x-spam-level",
        b"x-spam-flag",
        b"x-spam-checker-version",
        b"x-posthouse-spam",
    )
)
_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+(?:\n|\Z)")
_MBOX_FROM = re.compile(rb">?From (?![ \t]*:)[^\n]*\n")
_MAX_PREFIX = 1 << 20


def split_trace(raw: bytes) -> tuple[bytes, bytes]:
    """(trace prefix, variant): prefix + variant == raw, always.

    The prefix is the leading run of trace fields, with an mbox "From " line if one is there.
    """
    end = trace_end(raw)
    return raw[:end], raw[end:]


def trace_end(raw: bytes) -> int:
    """Where the leading run of trace fields ends."""
    match = _MBOX_FROM.match(raw)
    position = match.end() if match else 0
    for _ in range(MAX_FIELDS):
        match = _FIELD.match(raw, position)
        if match is None or match[1].lower() not in TRACE_FIELDS or match.end() > _MAX_PREFIX:
            break
        position = match.end()
    return position


def variant_digest(variant: bytes) -> bytes:
    """SHA-256 of the exact bytes after the trace prefix."""
    return sha256(variant).digest()


def message_identity(scan: Scan, variant: bytes) -> bytes:
    """SHA-256 of Message-ID, From and Date; without a Message-ID, of the variant's bytes.

    A Message-ID alone is no identity: templates and broken clients reuse it.
    """
    identifier = unfold(scan.header(b"message-id") or b"")
    if not identifier.strip("<> "):
        return sha256(b"bytes\x00" + variant_digest(variant)).digest()
    sender, date = (_plain(scan.header(name)) for name in (b"from", b"date"))
    named = "\x00".join(("id", "".join(identifier.split()), sender, date))
    return sha256(named.encode("utf-8", "surrogatepass")).digest()


def _plain(value: bytes | None) -> str:
    return " ".join(unfold(value).split()) if value else ""
