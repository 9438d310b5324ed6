"""A mail on its way out, what is said for it, and what became of each recipient."""

import enum
from dataclasses import dataclass

from posthouse.protocols.smtp.address import Address
from posthouse.protocols.smtp.capabilities import Capabilities
from posthouse.protocols.smtp.dsn import DsnRequest, ascii_original, notify_words
from posthouse.protocols.smtp.reply import Reply

NEEDS_SMTPUTF8 = Reply(550, "The next server does not offer SMTPUTF8", "5.6.7")
TOO_LARGE = Reply(552, "The next server does not take messages of this size", "5.3.4")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingEnvelope:
    """One message for one or more recipients of one host. `mail_from` is None for `<>`.

    `content` is not stuffed; `wire` is `stuff(content)` where that was done beforehand, off the
    event loop. `smtputf8` says that the headers need it, whatever the addresses.
    """

    mail_from: Address | None
    recipients: tuple[Address, ...]
    content: bytes
    smtputf8: bool = False
    wire: bytes | None = None
    dsn: DsnRequest | None = None


class Fate(enum.Enum):
    """What became of a recipient."""

    DELIVERED = "delivered"
    TEMPORARY = "temporary"  # may succeed later
    PERMANENT = "permanent"  # will not
    UNCLEAR = "unclear"  # lost between the final dot and its reply; counts as temporary


class Stage(enum.Enum):
    """Which reply decided."""

    CONNECT = "connect"
    HELLO = "hello"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientFate:
    """The result for one recipient. `reply` is the server's, or ours when it said nothing.

    `reports`: the server was told what the sender wants to hear, and answers for it from here on.
    """

    address: Address
    fate: Fate
    stage: Stage
    reply: Reply
    reports: bool = False


def fate_of(reply: Reply) -> Fate:
    """By the first digit."""
    if reply.positive:
        return Fate.DELIVERED
    return Fate.TEMPORARY if reply.temporary else Fate.PERMANENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The commands for one envelope on one server, and the recipients that it cannot take."""

    mail: bytes
    recipients: tuple[Address, ...]
    rcpts: tuple[bytes, ...]
    refused: tuple[RecipientFate, ...]
    reports: bool = False


def plan(envelope: OutgoingEnvelope, offered: Capabilities) -> Plan:
    """Decide what to say. With nobody left in `recipients`, nothing is to be said."""
    sender = envelope.mail_from
    smtputf8 = envelope.smtputf8 or (sender is not None and sender.needs_smtputf8)
    size = len(envelope.content)
    if smtputf8 and not offered.smtputf8:
        return _refused(envelope, NEEDS_SMTPUTF8)
    if offered.size and size > offered.size:
        return _refused(envelope, TOO_LARGE)
    able: list[Address] = []
    unable: list[Address] = []
    for address in envelope.recipients:
        impossible = address.needs_smtputf8 and not offered.smtputf8
        (unable if impossible else able).append(address)
    smtputf8 = smtputf8 or any(address.needs_smtputf8 for address in able)
    words = [f"MAIL FROM:<{sender.wire(smtputf8=smtputf8) if sender else ''}>"]
    if offered.size is not None:
        words.append(f"SIZE={size}")
    if offered.eight_bit and not envelope.content.isascii():
        words.append("BODY=8BITMIME")
    if smtputf8:
        words.append("SMTPUTF8")
    dsn = envelope.dsn if offered.dsn else None
    if dsn is not None:
        words += [f"RET={dsn.ret}"] if dsn.ret else []
        words += [f"ENVID={dsn.envid}"] if dsn.envid else []
    return Plan(
        mail=_line(" ".join(words)),
        recipients=tuple(able),
        rcpts=tuple(_rcpt(address, dsn, smtputf8=smtputf8) for address in able),
        refused=_fates(unable, NEEDS_SMTPUTF8),
        reports=dsn is not None,
    )


def _rcpt(address: Address, dsn: DsnRequest | None, *, smtputf8: bool) -> bytes:
    """RCPT, with what was asked for passed on as it came (RFC 3461 5.2.1)."""
    words = [f"RCPT TO:<{address.wire(smtputf8=smtputf8)}>"]
    request = dsn.recipients.get(address) if dsn is not None else None
    if request is not None:
        words += [f"NOTIFY={notify_words(request.notify)}"] if request.notify is not None else []
        original = request.original if smtputf8 else ascii_original(request.original)
        words += [f"ORCPT={original}"] if original else []
    return _line(" ".join(words))


def _refused(envelope: OutgoingEnvelope, reply: Reply) -> Plan:
    return Plan(mail=b"", recipients=(), rcpts=(), refused=_fates(envelope.recipients, reply))


def _fates(
    addresses: list[Address] | tuple[Address, ...], reply: Reply
) -> tuple[RecipientFate, ...]:
    fate = fate_of(reply)
    return tuple(
        RecipientFate(address=address, fate=fate, stage=Stage.MAIL, reply=reply)
        for address in addresses
    )


def _line(text: str) -> bytes:
    return text.encode() + b"\r\n"
