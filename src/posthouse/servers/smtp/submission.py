"""Behind ports 587 and 465: members sign in and send, only as addresses that are theirs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, cast
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Invalid, Unauthenticated
from posthouse.mail.mailboxes.model import Door
from posthouse.protocols import mime
from posthouse.protocols.sasl.scram import ScramKeys
from posthouse.protocols.sasl.server import Proof
from posthouse.protocols.smtp.address import Address
from posthouse.protocols.smtp.dsn import DsnRequest
from posthouse.security.access import mailboxes_of
from posthouse.security.members import (
    Actor,
    MailProtocol,
    Scope,
    actor_by_proof,
    actor_of_key,
    note_failure,
    scram_credentials,
    sign_in_with_key,
    sign_in_with_password,
    still_signed_in,
)
from posthouse.servers.smtp.alignment import require_header, require_sender
from posthouse.servers.smtp.backend import Envelope, Session

_PROTOCOL = MailProtocol.SMTP


class Enqueue(Protocol):
    """The outbox's door (`sending/outbox`), in the caller's transaction."""

    async def __call__(
        self,
        tx: Tx,
        *,
        raw: bytes,
        mail_from: str,
        recipients: Sequence[str],
        submitted_by: UUID,
        hold_until: datetime | None,
        door: Door,
        dsn: DsnRequest | None,
        own: Mapping[str, UUID],
    ) -> object:
        """Queue one message; no hold for SMTP: mail programs have their own undo."""
        ...


class SubmissionBackend:
    """Sign-in by `security/members`, rights by `security/access`, mail to the outbox."""

    def __init__(self, database: Database, enqueue: Enqueue) -> None:
        self._database = database
        self._enqueue = enqueue

    async def check_sender(self, session: Session, address: Address | None) -> None:
        """Raises Denied for an address the member may not send as; `<>` is for receipts, which is
        seen when the message has come.
        """
        if address is None:
            return
        actor = await self._signed_in(session)
        async with self._database.workspace(actor.workspace_id) as tx:
            await _require_sign_in(tx, actor)
            require_sender(address, (await _may_send_as(tx, actor)).keys())

    async def check_recipient(self, session: Session, address: Address) -> None:
        """Any mail address will do; what cannot be delivered comes back as a report."""
        if not address.domain:
            raise Invalid("Write the whole address.")

    def knows_sender(self, session: Session, address: Address | None) -> bool:
        """Never: rights are asked for each time."""
        return False

    def knows_recipient(self, session: Session, address: Address) -> bool:
        """Whole addresses: see `check_recipient`."""
        return bool(address.domain)

    async def check_password(self, session: Session, identity: str, password: str) -> object:
        """The member."""
        actor = await sign_in_with_password(
            self._database, identity, password, source=session.peer_host, protocol=_PROTOCOL
        )
        return _noted(session, actor)

    async def check_token(self, session: Session, identity: str, token: str) -> object:
        """The member of an API key that may send (`posthouse key add --scope mail:send`)."""
        actor = await sign_in_with_key(self._database, identity, token, Scope.MAIL_SEND)
        session.key = token
        return _noted(session, actor)

    async def scram_keys(self, session: Session, identity: str) -> ScramKeys | None:
        """The keys, made up for who does not exist."""
        return await scram_credentials(self._database, identity, source=session.peer_host)

    async def scram_finished(self, session: Session, proof: Proof) -> object:
        """The member, or a failure on record."""
        source = session.peer_host
        if proof.proved:
            actor = await actor_by_proof(
                self._database,
                proof.identity,
                which=proof.which,
                source=source,
                protocol=_PROTOCOL,
            )
            return _noted(session, actor)
        await note_failure(self._database, proof.identity, source=source, protocol=_PROTOCOL)
        raise Unauthenticated("The address or the password is wrong.")

    async def accept(self, envelope: Envelope) -> None:
        """Queue it. Raises Denied when it speaks in a name that is not the member's."""
        actor = await self._signed_in(envelope.session)
        async with self._database.workspace(actor.workspace_id) as tx:
            await _require_sign_in(tx, actor)
            mine = await _may_send_as(tx, actor)
            if envelope.mail_from is not None:
                require_sender(envelope.mail_from, mine.keys())  # a right may have ended since MAIL
            require_header(envelope.raw, envelope.mail_from, mine.keys())
            await self._enqueue(
                tx,
                raw=envelope.raw,
                mail_from=str(envelope.mail_from or ""),
                recipients=[str(address) for address in envelope.recipients],
                submitted_by=actor.member_id,
                hold_until=None,
                door="submission",
                dsn=envelope.dsn,
                own=mine,
            )

    async def _signed_in(self, session: Session) -> Actor:
        """Who signed in; with a key, whom it belongs to now: it may have been revoked since."""
        if session.member is None:
            raise Unauthenticated("Sign in first.")
        if session.key is not None:
            return await actor_of_key(self._database, session.key)
        return cast(Actor, session.member)


def _noted(session: Session, actor: Actor) -> Actor:
    session.member_key = str(actor.member_id)
    return actor


async def _require_sign_in(tx: Tx, actor: Actor) -> None:
    if not await still_signed_in(tx, actor):
        raise Unauthenticated("Sign in again.")


async def _may_send_as(tx: Tx, actor: Actor) -> dict[str, UUID]:
    """Addresses and their mailboxes; the first of two is nearer to the member."""
    mine: dict[str, UUID] = {}
    for box in await mailboxes_of(tx, actor):
        for address in box.addresses if box.may_send else ():
            mine.setdefault(mime.canonical(address), box.id)
    return mine
