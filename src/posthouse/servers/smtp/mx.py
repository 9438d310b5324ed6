"""Behind port 25: recipients are looked up, messages are filed. Nobody signs in."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied
from posthouse.mail.intake import Arrival, Intake, Recipient
from posthouse.mail.mailboxes.model import Filed
from posthouse.protocols.mailauth.message import header_end
from posthouse.protocols.sasl.scram import ScramKeys
from posthouse.protocols.sasl.server import Proof
from posthouse.protocols.smtp.address import Address
from posthouse.protocols.smtp.dsn import DsnRequest
from posthouse.servers.smtp.backend import Envelope, NotTogether, Session

logger = logging.getLogger(__name__)


class ReportDelivered(Protocol):
    """The outbox's reports of success (`sending/outbox/receipts.py`)."""

    async def __call__(
        self,
        database: Database,
        *,
        workspace_id: UUID,
        mail_from: str,
        dsn: DsnRequest,
        filed: Mapping[Address, UUID],
        header: bytes,
        received_at: datetime,
    ) -> None:
        """For who asked with NOTIFY=SUCCESS."""
        ...


class MxBackend:
    """Everything is decided by `mail/intake`."""

    def __init__(
        self, database: Database, intake: Intake, hostname: str, report: ReportDelivered
    ) -> None:
        self._database = database
        self._intake = intake
        self._hostname = hostname
        self._report = report

    async def check_sender(self, session: Session, address: Address | None) -> None:
        """Anybody may write to us; what to think of it is found out from the whole message."""
        session.workspace_id = None

    def knows_sender(self, session: Session, address: Address | None) -> bool:
        """Always: see `check_sender`."""
        session.workspace_id = None
        return True

    def knows_recipient(self, session: Session, address: Address) -> bool:
        """One that was asked for a moment ago."""
        recipient = self._intake.known_recipient(self._whole(address))
        if recipient is None or session.workspace_id not in (None, recipient.workspace_id):
            return False
        session.workspace_id = recipient.workspace_id
        return True

    async def check_recipient(self, session: Session, address: Address) -> None:
        """Raises NotFound for what is not hosted here, NotTogether for a second workspace.

        A message is filed in one transaction, and that has one workspace: were one of two filed
        and the other not, no answer would keep the sender from doubling one or losing the other.
        """
        recipient = await self.recipient(address)
        if session.workspace_id not in (None, recipient.workspace_id):
            raise NotTogether("Send it to this recipient by itself.")
        session.workspace_id = recipient.workspace_id

    async def check_password(self, session: Session, identity: str, password: str) -> object:
        """Not offered at port 25."""
        raise Denied("Members sign in at the submission port.")

    async def check_token(self, session: Session, identity: str, token: str) -> object:
        """Not offered at port 25."""
        raise Denied("Members sign in at the submission port.")

    async def scram_keys(self, session: Session, identity: str) -> ScramKeys | None:
        """Not offered at port 25."""
        return None

    async def scram_finished(self, session: Session, proof: Proof) -> object:
        """Not offered at port 25."""
        raise Denied("Members sign in at the submission port.")

    async def accept(self, envelope: Envelope) -> Mapping[Address, Exception] | None:
        """File it in every mailbox, all or nothing."""
        found = {address: await self.recipient(address) for address in envelope.recipients}
        await self.file(envelope, found, envelope.session.peer_host, envelope.session.hello)
        return None

    async def file(
        self, envelope: Envelope, found: Mapping[Address, Recipient], peer_ip: str, helo: str
    ) -> None:
        """For recipients of one workspace; `peer_ip` said `helo`, and SPF is about these."""
        filed = await self._intake.accept(
            Arrival(
                raw=envelope.raw,
                mail_from=str(envelope.mail_from or ""),
                recipients=tuple(found.values()),
                received_at=envelope.received_at,
                door="smtp",
                peer_ip=peer_ip,
                helo=helo,
            )
        )
        if envelope.dsn is not None and envelope.mail_from is not None:
            await self._report_delivered(envelope, envelope.dsn, found, filed)

    async def _report_delivered(
        self,
        envelope: Envelope,
        dsn: DsnRequest,
        found: Mapping[Address, Recipient],
        filed: Sequence[Filed],
    ) -> None:
        """Before the 250: a sender who never hears that comes again, and then is told."""
        copies = {each.mailbox_id: each.mailbox_message_id for each in filed}
        kept = {address: each.mailbox_id for address, each in found.items() if each.mailbox_id}
        by_address = {address: copies.get(mailbox_id) for address, mailbox_id in kept.items()}
        try:
            await self._report(
                self._database,
                workspace_id=next(iter(found.values())).workspace_id,
                mail_from=str(envelope.mail_from),
                dsn=dsn,
                filed={address: copy for address, copy in by_address.items() if copy},
                header=envelope.raw[: header_end(envelope.raw)],
                received_at=envelope.received_at,
            )
        except Exception:
            # The mail is there: to refuse it now would bring it twice.
            logger.exception("a report of delivery could not be queued")

    async def recipient(self, address: Address) -> Recipient:
        """Whose mailbox it is. Raises NotFound."""
        return await self._intake.check_recipient(self._whole(address))

    def _whole(self, address: Address) -> str:
        # RFC 5321 4.5.1: <Postmaster> without a domain is ours.
        return str(address) if address.domain else f"{address.local}@{self._hostname}"
