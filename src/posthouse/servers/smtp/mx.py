"""Behind port 25: recipients are looked up, messages are filed. Nobody signs in."""

from posthouse.foundation.errors import Denied
from posthouse.mail.intake import Arrival, Intake, Recipient
from posthouse.protocols.sasl.scram import ScramKeys
from posthouse.protocols.smtp.address import Address
from posthouse.servers.smtp.backend import Envelope, NotTogether, Session


class MxBackend:
    """Everything is decided by `mail/intake`."""

    def __init__(self, intake: Intake, hostname: str) -> None:
        self._intake = intake
        self._hostname = hostname

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
        recipient = await self._recipient(address)
        if session.workspace_id not in (None, recipient.workspace_id):
            raise NotTogether("Send it to this recipient by itself.")
        session.workspace_id = recipient.workspace_id

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
        """File it in every mailbox, all or nothing."""
        recipients = [await self._recipient(address) for address in envelope.recipients]
        await self._intake.accept(
            Arrival(
                raw=envelope.raw,
                mail_from=str(envelope.mail_from or ""),
                recipients=tuple(recipients),
                received_at=envelope.received_at,
                door="smtp",
                peer_ip=envelope.session.peer_host,
                helo=envelope.session.hello,
            )
        )

    async def _recipient(self, address: Address) -> Recipient:
        return await self._intake.check_recipient(self._whole(address))

    def _whole(self, address: Address) -> str:
        # RFC 5321 4.5.1: <Postmaster> without a domain is ours.
        return str(address) if address.domain else f"{address.local}@{self._hostname}"
