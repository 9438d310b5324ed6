"""What the SMTP edge asks of the house behind it. It refuses by `foundation.errors`."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from posthouse.foundation.errors import Busy
from posthouse.protocols.sasl.scram import ScramKeys
from posthouse.protocols.sasl.server import Proof
from posthouse.protocols.smtp.address import Address
from posthouse.protocols.smtp.dsn import DsnRequest
from posthouse.protocols.smtp.received import TlsInfo


class NotTogether(Busy):
    """This recipient needs a message of its own; senders split as for too many recipients."""


@dataclass(slots=True, kw_only=True)
class Session:
    """One connection as far as it got. `member` is whatever the backend answered at sign-in, and
    `member_key` tells that member from others.

    `key` is the API key it signed in with, if it was one. `workspace_id` is the one that the
    recipients of the message under way belong to.
    """

    id: UUID
    listener: str
    peer_host: str
    peer_port: int
    hello: str = ""
    tls: TlsInfo | None = None
    member: object | None = None
    member_key: str = ""
    workspace_id: UUID | None = None
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A whole message. `raw` begins with our Received header; `mail_from` is None for `<>`.

    `dsn` is None when nothing was said of reports; `traced` octets at the front of `raw` are ours.
    """

    id: UUID
    session: Session
    mail_from: Address | None
    recipients: tuple[Address, ...]
    raw: bytes
    received_at: datetime.datetime
    smtputf8: bool
    dsn: DsnRequest | None = None
    traced: int = 0


class Backend(Protocol):
    """Each method may raise a `foundation.errors.Refusal`; anything else becomes 451."""

    async def check_sender(self, session: Session, address: Address | None) -> None:
        """MAIL FROM. On submission: may this member send as this address?"""
        ...

    async def check_recipient(self, session: Session, address: Address) -> None:
        """RCPT TO. Raises `NotFound` for an unknown recipient (550 5.1.1)."""
        ...

    def knows_sender(self, session: Session, address: Address | None) -> bool:
        """MAIL may be answered with yes at once; otherwise `check_sender` is asked."""
        ...

    def knows_recipient(self, session: Session, address: Address) -> bool:
        """RCPT may be answered with yes at once; otherwise `check_recipient` is asked."""
        ...

    async def check_password(self, session: Session, identity: str, password: str) -> object:
        """PLAIN and LOGIN. Answers the member; raises `Unauthenticated`."""
        ...

    async def check_token(self, session: Session, identity: str, token: str) -> object:
        """OAUTHBEARER and XOAUTH2. Answers the member, who is `identity` unless that is empty."""
        ...

    async def scram_keys(self, session: Session, identity: str) -> ScramKeys | None:
        """SCRAM begins. None (or made-up keys) for an unknown identity."""
        ...

    async def scram_finished(self, session: Session, proof: Proof) -> object:
        """SCRAM ended. Answers the member when `proved`; notes the failure and raises otherwise."""
        ...

    async def accept(self, envelope: Envelope) -> Mapping[Address, Exception] | None:
        """Take responsibility. Returns after the commit: the 250 follows at once.

        With LMTP some recipients may be refused by themselves: these are answered, with why.
        """
        ...
