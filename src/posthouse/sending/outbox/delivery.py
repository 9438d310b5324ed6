"""One attempt for some recipients of one domain: into mailboxes here, or over SMTP."""

import asyncio
import logging
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy, Denied, Full, LongFull, NotFound, Refusal
from posthouse.foundation.settings import Settings
from posthouse.mail.intake import Arrival, Intake, Recipient
from posthouse.protocols.dns import CachingResolver
from posthouse.protocols.smtp.address import BadAddress, parse_address
from posthouse.protocols.smtp.envelope import Fate, RecipientFate, Stage, fate_of
from posthouse.protocols.smtp.reply import Reply
from posthouse.sending.outbox.accounts import account_way
from posthouse.sending.outbox.model import Leased, Message, Outcome, Parcel, Trouble
from posthouse.sending.outbox.pool import ConnectionPool, DeliveryResult
from posthouse.sending.outbox.providers import Providers
from posthouse.sending.outbox.services import by_service
from posthouse.sending.outbox.sites import (
    Hosted,
    Nowhere,
    Provider,
    Remote,
    Service,
    Way,
    find_way,
)
from posthouse.sending.outbox.tls_rules import TlsRules
from posthouse.sending.outbox.transactions import Transaction, transactions
from posthouse.sending.outbox.verdicts import fate_by, verdict_of

# Trouble before MAIL says nothing about the recipient: another host may do better.
_SITE_STAGES = (Stage.CONNECT, Stage.HELLO, Stage.TLS, Stage.AUTH)
# A host that has refused a password is not asked again at its other addresses: it counts.
_UNANSWERED = (Stage.CONNECT, Stage.HELLO, Stage.TLS)
_TROUBLES = {
    Stage.CONNECT: Trouble.AWAY,
    Stage.HELLO: Trouble.AWAY,
    Stage.TLS: Trouble.TLS,
    Stage.AUTH: Trouble.SIGN_IN,
}
# Hosts that are asked to take one message before it waits.
_MOST_ANSWERS = 2
_OTHER_DOORS = "The message could not be stored at the moment"
_FILED = Reply(250, "Filed", "2.0.0")

log = logging.getLogger(__name__)


class Courier:
    """Delivers for one process, over its pool of connections and its intake."""

    def __init__(
        self,
        database: Database,
        intake: Intake,
        pool: ConnectionPool,
        rules: TlsRules | None = None,
        providers: Providers | None = None,
    ) -> None:
        self._database = database
        self._rules = rules
        self._intake = intake
        self._pool = pool
        self._providers = providers or Providers(database.service(CachingResolver))
        self._hostname = database.service(Settings).hostname

    async def close(self) -> None:
        """Connections that are kept."""
        self._pool.close()
        await self._providers.close()

    async def find_way(self, leased: Leased) -> Way:
        """Where mail for that domain goes, of that sender."""
        if leased.elsewhere is not None:
            return await account_way(self._database, leased.workspace_id, leased.elsewhere)
        rules = None if leased.tls_optional else self._rules
        return await find_way(self._database, leased.domain, rules, leased.relay_id)

    async def deliver(self, way: Way, parcels: Sequence[Parcel]) -> list[Outcome]:
        """Try all parcels, which go one way, once. Never raises for what others do."""
        match way:
            case Hosted(workspace_id):
                return await self._into_mailboxes(workspace_id, parcels)
            case Remote():
                return await self._over_smtp(way, parcels)
            case Provider():
                tries = (self._providers.deliver(way, parcel) for parcel in parcels)
                return list(await asyncio.gather(*tries))
            case Service():
                groups = transactions(parcels, whole=True)
                sent = (by_service(self._database, way, group) for group, _ in groups)
                return [each for some in await asyncio.gather(*sent) for each in some]
            case Nowhere(reply, is_relay):
                trouble = Trouble.AWAY if is_relay else None
                return [
                    Outcome(parcel=p, fate=fate_of(reply), reply=reply, trouble=trouble)
                    for p in parcels
                ]

    # -- hosted here

    async def _into_mailboxes(self, workspace_id: UUID, parcels: Sequence[Parcel]) -> list[Outcome]:
        by_message: dict[UUID, list[Parcel]] = {}
        for parcel in parcels:
            by_message.setdefault(parcel.message.id, []).append(parcel)
        outcomes = await asyncio.gather(
            *(self._file(workspace_id, group) for group in by_message.values())
        )
        return [outcome for group in outcomes for outcome in group]

    async def _file(self, workspace_id: UUID, parcels: Sequence[Parcel]) -> list[Outcome]:
        """One message into the mailboxes of its recipients; an unknown one is refused alone."""
        recipients: list[tuple[Parcel, Recipient]] = []
        outcomes: list[Outcome] = []
        for parcel in parcels:
            try:
                found = await self._intake.check_recipient(parcel.address)
            except Refusal as error:
                outcomes.append(self._local(parcel, _reply_to(error)))
            else:
                recipients.append((parcel, found))
        if recipients:
            message = recipients[0][0].message
            known = tuple(recipient for _, recipient in recipients)
            reply = await self._accept(workspace_id, message, known, parcels[0])
            outcomes += [self._local(parcel, reply) for parcel, _ in recipients]
        return outcomes

    async def _accept(
        self,
        workspace_id: UUID,
        message: Message,
        recipients: tuple[Recipient, ...],
        parcel: Parcel,
    ) -> Reply:
        inside = workspace_id == parcel.leased.workspace_id
        arrival = Arrival(
            raw=message.content,
            mail_from=message.mail_from,
            recipients=recipients,
            received_at=clock.now(),
            door="hosted",
            submitted_by=message.submitted_by if inside else None,
            # A kill between filing and recording brings the message here again; it is filed once.
            source_key=sha256(b"outbox" + message.id.bytes).digest(),
        )
        try:
            await self._intake.accept(arrival)
        except Refusal as error:
            return _reply_to(error)
        except Exception:
            log.exception("outbox: a hosted delivery broke")
            return Reply(451, _OTHER_DOORS, "4.3.0")
        return _FILED

    def _local(self, parcel: Parcel, reply: Reply) -> Outcome:
        return Outcome(
            parcel=parcel, fate=fate_of(reply), reply=reply, host=self._hostname, once=True
        )

    # -- over SMTP

    async def _over_smtp(self, way: Remote, parcels: Sequence[Parcel]) -> list[Outcome]:
        done: list[Outcome] = []
        usable: list[Parcel] = []
        for parcel in parcels:
            try:
                parse_address(parcel.address)
            except BadAddress as error:
                reply = Reply(553, f"The address cannot be used: {error}", "5.1.3")
                done.append(Outcome(parcel=parcel, fate=Fate.PERMANENT, reply=reply))
            else:
                usable.append(parcel)
        return done + await self._host_by_host(way, transactions(usable, whole=way.whole))

    async def _host_by_host(self, way: Remote, left: list[Transaction]) -> list[Outcome]:
        """RFC 5321 5.1: the next host after one that is not there, or that answers 4xx."""
        done: list[Outcome] = []
        waiting: dict[UUID, list[Outcome]] = {}
        answered: set[str] = set()
        for target in way.targets:
            if not left or len(answered) >= _MOST_ANSWERS:
                break
            if target.host in answered:
                continue
            results = await self._pool.deliver(target, [envelope for _, envelope in left])
            again: list[Transaction] = []
            for (parcels, envelope), result in zip(left, results, strict=True):
                outcomes = [
                    _outcome(way, parcel, result, fate)
                    for parcel, fate in zip(parcels, result.fates, strict=True)
                ]
                if all(map(_may_do_better, outcomes)):
                    waiting[parcels[0].leased.recipient_id] = outcomes
                    again.append((parcels, envelope))
                else:
                    done += outcomes
            if any(result.fates[0].stage not in _UNANSWERED for result in results):
                answered.add(target.host)
            left = again
        for parcels, _ in left:
            done += waiting[parcels[0].leased.recipient_id]
        return done


def _may_do_better(outcome: Outcome) -> bool:
    """Whether the next host is to be asked. What is unclear may have been taken already."""
    if outcome.stage in _SITE_STAGES:
        return True
    return outcome.fate is Fate.TEMPORARY and verdict_of(outcome.reply) is None


def _outcome(way: Remote, parcel: Parcel, result: DeliveryResult, fate: RecipientFate) -> Outcome:
    refused = fate.fate is Fate.PERMANENT
    if refused and fate.stage is Stage.AUTH:
        decided = Fate.TEMPORARY  # a wrong password of ours is no fault of the recipient
    else:
        decided = fate_by(fate.reply) if refused else fate.fate
    return Outcome(
        parcel=parcel,
        fate=decided,
        reply=fate.reply,
        host=result.host,
        reports=fate.reports,
        stage=fate.stage,
        site=way.site,
        trouble=_TROUBLES.get(fate.stage) if way.is_relay else None,
    )


def _reply_to(error: Refusal) -> Reply:
    if isinstance(error, NotFound):
        return Reply(550, error.reason, "5.1.1")
    if isinstance(error, Denied):
        return Reply(554, error.reason, "5.7.1")
    if isinstance(error, LongFull):
        return Reply(552, error.reason, "5.2.2")
    if isinstance(error, Full):
        return Reply(452, error.reason, "4.2.2")
    if isinstance(error, Busy):
        return Reply(451, error.reason, "4.3.0")
    return Reply(554, error.reason, "5.6.0")
