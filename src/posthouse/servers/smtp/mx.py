"""Behind port 25: recipients are looked up, messages are filed. Nobody signs in."""

import asyncio
import time

from posthouse.foundation.errors import Denied
from posthouse.mail.intake import Arrival, Intake, Recipient
from posthouse.protocols.sasl.scram import ScramKeys
from posthouse.protocols.smtp.address import Address
from posthouse.servers.smtp.backend import Envelope, Session

# A recipient is asked for at RCPT and again at the end of data, and most mail goes to few people.
_REMEMBERED_SECONDS = 5.0
_REMEMBERED_MOST = 10_000


class MxBackend:
    """Everything is decided by `mail/intake`."""

    def __init__(self, intake: Intake, hostname: str) -> None:
        self._intake = intake
        self._hostname = hostname
        self._known: dict[str, tuple[float, Recipient]] = {}

    async def check_sender(self, session: Session, address: Address | None) -> None:
        """Anybody may write to us; what to think of it is found out from the whole message."""

    async def check_recipient(self, session: Session, address: Address) -> None:
        """Raises NotFound for what is not hosted here."""
        await self._recipient(address)

    async def check_password(self, session: Session, identity: str, password: str) -> object:
        """Not offered at port 25."""
        raise Denied("Members sign in at the submission port.")

    async def scram_keys(self, session: Session, identity: str) -> ScramKeys | None:
        """Not offered at port 25."""
        return None

    async def scram_finished(self, session: Session, identity: str, *, proved: bool) -> object:
        """Not offered at port 25."""
        raise Denied("Members sign in at the submission port.")

    async def accept(self, envelope: Envelope) -> None:
        """File it in every mailbox. One transaction for each workspace that is written to."""
        by_workspace: dict[object, list[Recipient]] = {}
        for address in envelope.recipients:
            recipient = await self._recipient(address)
            by_workspace.setdefault(recipient.workspace_id, []).append(recipient)
        arrivals = [
            Arrival(
                raw=envelope.raw,
                mail_from=str(envelope.mail_from or ""),
                recipients=tuple(recipients),
                received_at=envelope.received_at,
                door="smtp",
                peer_ip=envelope.session.peer_host,
                helo=envelope.session.hello,
            )
            for recipients in by_workspace.values()
        ]
        # All of them end before any failure is told: a client that hears 4xx will come again.
        outcomes = await asyncio.gather(
            *(self._intake.accept(arrival) for arrival in arrivals), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _recipient(self, address: Address) -> Recipient:
        # RFC 5321 4.5.1: <Postmaster> without a domain is ours.
        wanted = str(address) if address.domain else f"{address.local}@{self._hostname}"
        known = self._known.get(wanted)
        now = time.monotonic()
        if known is not None and known[0] > now:
            return known[1]
        recipient = await self._intake.check_recipient(wanted)
        if len(self._known) >= _REMEMBERED_MOST:
            self._known.clear()
        self._known[wanted] = (now + _REMEMBERED_SECONDS, recipient)
        return recipient
