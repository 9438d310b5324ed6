"""Behind LMTP: a server in front took the mail, and each recipient is answered for himself."""

from collections.abc import Mapping
from uuid import UUID

from posthouse.foundation.db import Database
from posthouse.foundation.sources import Network
from posthouse.mail.intake import Intake, Recipient
from posthouse.protocols.smtp.address import Address
from posthouse.servers.smtp.backend import Envelope, Session
from posthouse.servers.smtp.front import client_of
from posthouse.servers.smtp.mx import MxBackend, ReportDelivered

# For SPF, of mail that was written on the machine in front: nobody allows this address.
_INSIDE = "127.0.0.1"


class LmtpBackend(MxBackend):
    """As behind port 25, except that SPF is about the client of the server in front."""

    def __init__(
        self,
        database: Database,
        intake: Intake,
        hostname: str,
        report: ReportDelivered,
        own: tuple[Network, ...],
    ) -> None:
        """`own` are the servers in front."""
        super().__init__(database, intake, hostname, report)
        self._own = own

    def knows_recipient(self, session: Session, address: Address) -> bool:
        """See `check_recipient`."""
        return False

    async def check_recipient(self, session: Session, address: Address) -> None:
        """Raises NotFound for what is not hosted here. Several workspaces may come together."""
        await self.recipient(address)

    async def accept(self, envelope: Envelope) -> Mapping[Address, Exception] | None:
        """File it, workspace by workspace; one that cannot take it keeps no other from it."""
        refused: dict[Address, Exception] = {}
        groups: dict[UUID, dict[Address, Recipient]] = {}
        for address in envelope.recipients:
            try:
                found = await self.recipient(address)
            except Exception as error:
                refused[address] = error
            else:
                groups.setdefault(found.workspace_id, {})[address] = found
        content = envelope.raw[envelope.traced :]
        peer_ip, helo = client_of(content, self._own) or (_INSIDE, envelope.session.hello)
        for group in groups.values():
            try:
                await self.file(envelope, group, peer_ip, helo)
            except Exception as error:
                refused |= dict.fromkeys(group, error)
        return refused
