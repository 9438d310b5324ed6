"""Accepting an arrival: verify, filter, prepare, file. Returns after the commit."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.filtering import Envelope, Filter, Judgement, Screen, Screened
from posthouse.mail.forwarding.actions import write_letters
from posthouse.mail.intake.committer import Committer, Waiting
from posthouse.mail.intake.filter import folder_for, refuse_loops, spam_field, verdict_of
from posthouse.mail.intake.model import Arrival, Recipient
from posthouse.mail.intake.onward import NOBODY, letters_onward, onward_of
from posthouse.mail.intake.route import ExtraRoute, find_recipient
from posthouse.mail.intake.ruling import apply_rules
from posthouse.mail.intake.verify import Verified, verify_arrival
from posthouse.mail.mailboxes.model import Filed, Filing
from posthouse.mail.mailboxes.prepare import LARGE, Prepared, prepare_whole
from posthouse.mail.quotas.actions import require_room
from posthouse.mail.rules import RuleBook
from posthouse.protocols.dns import Resolver
from posthouse.security.vault import Keyring, Vault

# Mail comes in runs: an address that was there a moment ago is not asked for again.
_KNOWN_SECONDS = 3.0
_MOST_KNOWN = 10_000
# The committer looks the folder up in the transaction that files.
_NO_FOLDER_YET = UUID(int=0)


class Intake:
    """The door of one process, of `processes` that share the work.

    `extra_routes` know addresses that no mailbox has.
    """

    def __init__(
        self,
        database: Database,
        resolver: Resolver,
        hostname: str,
        extra_routes: tuple[ExtraRoute, ...] = (),
        processes: int = 1,
    ) -> None:
        self._database = database
        self._resolver = resolver
        self._hostname = hostname
        self._extra_routes = extra_routes
        settings = database.service(Settings)
        self._screen = Screen(settings)
        self._trusted_sealers = frozenset(settings.trusted_sealers.lower().split())
        self._filter = Filter(database)
        self._committer = Committer(database, processes)
        self._rules = RuleBook(database)
        self._known: dict[str, tuple[float, Recipient]] = {}

    async def check_recipient(self, address: str) -> Recipient:
        """The mailbox of an address. Raises NotFound, and Full when nothing more fits into it.

        Refuse it now, never bounce it later.
        """
        until, recipient = self._known.get(address, (0.0, None))
        if recipient is None or time.monotonic() >= until:
            recipient = await find_recipient(self._database, address, self._extra_routes)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[address] = (time.monotonic() + _KNOWN_SECONDS, recipient)
        if recipient.usage is not None:
            recipient.usage.refuse_if_full(clock.now())
        return recipient

    def known_recipient(self, address: str) -> Recipient | None:
        """The mailbox of an address that was asked for a moment ago, and was not refused."""
        until, recipient = self._known.get(address, (0.0, None))
        if recipient is None or time.monotonic() >= until:
            return None
        return recipient if recipient.usage is None or recipient.usage.percent < 100 else None

    async def accept(self, arrival: Arrival) -> list[Filed]:
        """File the message for all its recipients, each in its mailbox, all or nothing.

        Raises Denied for loops and what a filter refuses, Full when a mailbox has no room for it,
        and Busy when it could not be stored (nothing was).
        """
        refuse_loops(arrival.raw)
        nearly_full = _nearly_full(arrival)
        verified = await verify_arrival(
            arrival, self._resolver, self._hostname, self._trusted_sealers
        )
        screened = await self._examine(arrival, verified)
        keys = await self._keys(arrival)
        if len(verified.raw) > LARGE:
            prepared = await asyncio.to_thread(prepare_whole, verified.raw, keys)
        else:
            prepared = prepare_whole(verified.raw, keys)
        recipients = _one_per_mailbox(arrival.recipients)
        onward = onward_of(arrival.recipients)
        mailboxes = [mailbox_id for mailbox_id, _ in recipients] + [NOBODY] * bool(onward)
        judged = await self._judge(arrival, mailboxes, prepared, verified)
        filings = _filings(arrival, recipients, prepared, verified, screened, judged)
        uses = [folder_for(verified, screened, judged.get(filing.mailbox_id)) for filing in filings]
        workspace_id = arrival.recipients[0].workspace_id
        waiting = Waiting(workspace_id, uses, filings)
        if self._rules.concerns(filing.mailbox_id for filing in filings):
            named = [recipient for _, recipient in recipients]
            waiting = await apply_rules(
                self._database, self._rules, waiting, named, arrival, self._hostname, keys
            )
        if onward:
            letters = letters_onward(arrival, onward, verified, screened, judged.get(NOBODY))
            waiting.also = (*waiting.also, partial(write_letters, letters=letters))
        if nearly_full:
            waiting.also = (*waiting.also, partial(require_room, mailbox_ids=nearly_full))
        return await self._committer.file(waiting)

    async def _examine(self, arrival: Arrival, verified: Verified) -> Screened:
        """By clamd and rspamd, if there are any. Raises Denied and Busy."""
        if arrival.peer_ip is None:
            return Screened()
        envelope = Envelope(
            peer_ip=arrival.peer_ip,
            helo=arrival.helo,
            mail_from=arrival.mail_from,
            recipients=[recipient.address for recipient in arrival.recipients],
        )
        return await self._screen.screen(verified.raw, envelope)

    async def _judge(
        self,
        arrival: Arrival,
        mailboxes: Sequence[UUID],
        prepared: Prepared,
        verified: Verified,
    ) -> dict[UUID, Judgement]:
        """Is it junk? Mail that never left the house is not asked about."""
        if arrival.peer_ip is None:
            return {}
        workspace_id = arrival.recipients[0].workspace_id
        return await self._filter.judge(workspace_id, mailboxes, prepared, verified.verdict)

    async def _keys(self, arrival: Arrival) -> Keyring:
        vault = self._database.service(Vault)
        known = vault.opened(arrival.recipients[0].workspace_id)
        if known is not None:
            return known
        async with self._database.workspace(arrival.recipients[0].workspace_id) as tx:
            return await vault.keyring(tx)


def _nearly_full(arrival: Arrival) -> list[UUID]:
    """Mailboxes for which the transaction that files looks once more. Raises LongFull."""
    nearly_full = []
    for recipient in arrival.recipients:
        if recipient.usage is not None:
            recipient.usage.refuse_what_never_fits(len(arrival.raw))
            near = recipient.usage.is_near(len(arrival.raw))
            if near and recipient.mailbox_id is not None:
                nearly_full.append(recipient.mailbox_id)
    return nearly_full


def _filings(
    arrival: Arrival,
    recipients: Sequence[tuple[UUID, Recipient]],
    prepared: Prepared,
    verified: Verified,
    screened: Screened,
    judged: Mapping[UUID, Judgement],
) -> list[Filing]:
    return [
        Filing(
            mailbox_id=mailbox_id,
            folder_id=_NO_FOLDER_YET,
            raw=verified.raw,
            received_at=arrival.received_at,
            direction="internal" if arrival.submitted_by else "in",
            door=recipient.door or arrival.door,
            source_key=arrival.source_key,
            verdict=verdict_of(verified, screened, judged.get(mailbox_id)),
            submitted_by=arrival.submitted_by,
            prepared=_traced(
                prepared,
                verified.field + spam_field(judged.get(mailbox_id)),
                arrival.mail_from,
                recipient,
            ),
        )
        for mailbox_id, recipient in recipients
    ]


def _traced(prepared: Prepared, results: bytes, mail_from: str, recipient: Recipient) -> Prepared:
    """The same message with this mailbox's own trace fields on top (RFC 5321 4.4)."""
    top = b"Return-Path: <%b>\r\nDelivered-To: %b\r\n%b" % (
        mail_from.encode("utf-8", "replace"),
        recipient.address.encode(),
        results,
    )
    return prepared.with_prefix(top + prepared.prefix)


def _one_per_mailbox(recipients: tuple[Recipient, ...]) -> list[tuple[UUID, Recipient]]:
    """A mailbox that is named twice, or by a group too, gets the message once."""
    found = {
        mailbox_id: recipient
        for recipient in reversed(recipients)
        for mailbox_id in (*recipient.others, recipient.mailbox_id)
        if mailbox_id is not None
    }
    return list(found.items())
