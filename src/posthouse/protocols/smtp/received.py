"""The trace header that every receiving server writes (RFC 5321 4.4, RFC 3848, RFC 6531 4.3)."""

import datetime
import re
from dataclasses import dataclass
from email.utils import format_datetime
from functools import lru_cache

from posthouse.protocols.smtp.address import address_literal, is_domain

_UNSAFE = re.compile(r"[^A-Za-z0-9._:\-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsInfo:
    """What was negotiated: `TLSv1.3`, `TLS_AES_256_GCM_SHA384`, 256."""

    version: str
    cipher: str
    bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One acceptance of a message, all that its Received header says."""

    by: str
    peer_host: str
    hello: str
    extended: bool
    tls: TlsInfo | None
    authenticated: bool
    lmtp: bool
    smtputf8: bool
    identifier: str
    recipients: tuple[str, ...]
    received_at: datetime.datetime


def received_header(hop: Hop) -> bytes:
    """The header with its CRLF. `for` names a single recipient only: several are private."""
    clauses = [f"Received: from {_from_clause(hop)}", f"by {hop.by} with {protocol_name(hop)}"]
    if hop.tls is not None:
        clauses.append(f"(using {hop.tls.version} with cipher {hop.tls.cipher} ({hop.tls.bits}))")
    clauses.append(f"id {hop.identifier}")
    if len(hop.recipients) == 1 and (hop.smtputf8 or hop.recipients[0].isascii()):
        clauses.append(f"for <{hop.recipients[0]}>")
    head = "\r\n\t".join(clauses)
    return f"{head};\r\n\t{_written(hop.received_at.replace(microsecond=0))}\r\n".encode()


@lru_cache(maxsize=8)
def _written(second: datetime.datetime) -> str:
    return format_datetime(second)


def protocol_name(hop: Hop) -> str:
    """The registered name of what was spoken (RFC 3848; RFC 6531 4.3 for UTF8SMTP)."""
    if hop.lmtp:
        name = "UTF8LMTP" if hop.smtputf8 else "LMTP"
    elif hop.smtputf8:
        name = "UTF8SMTP"
    elif hop.extended:
        name = "ESMTP"
    else:
        return "SMTP"
    return name + ("S" if hop.tls else "") + ("A" if hop.authenticated else "")


def _from_clause(hop: Hop) -> str:
    # A client of a socket file has no address.
    literal = address_literal(hop.peer_host) if hop.peer_host else "local"
    if hop.hello.isascii() and is_domain(hop.hello):
        return f"{hop.hello} ({literal})"
    # What is not a name is shown, made harmless, as a comment only.
    return f"{literal} (helo={_UNSAFE.sub('?', hop.hello)[:80]})"
