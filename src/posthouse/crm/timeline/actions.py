"""Writing the log of mail: bring the entries of mailbox messages to what they must be now."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from posthouse.crm.timeline import store
from posthouse.crm.timeline.events import HistoryPending, TimelineChanged
from posthouse.crm.timeline.model import (
    Content,
    Difference,
    Present,
    Wanted,
    difference,
    wanted_entries,
)
from posthouse.foundation.db import Tx
from posthouse.foundation.events import announce
from posthouse.foundation.ids import new_id
from posthouse.mail.mailboxes.model import Described, Role
from posthouse.mail.mailboxes.reading import describe_with_keys
from posthouse.security.vault import DataKey
from posthouse.sending.outbox.actions import undone_among

# Of a late link: more than this would hold the transaction, and so the event log, too long.
HISTORY_CHUNK = 1000
# Decrypting and encrypting this many takes about 20 ms, the most an event loop may be held.
_SLICE = 200


async def log_mail(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> None:
    """Make the log of these mailbox messages right: add, move and remove entries.

    Repeating it changes nothing. Drafts, junk and what was taken back are not logged.
    """
    ids = sorted(set(mailbox_message_ids))
    for start in range(0, len(ids), _SLICE):
        await _log_slice(tx, ids[start : start + _SLICE])


async def log_history(tx: Tx, address_ids: Sequence[UUID], before: UUID | None = None) -> None:
    """`log_mail` for all mail that names these addresses, newest first, in chunks."""
    ids = await store.mail_of_addresses(tx, address_ids, before, HISTORY_CHUNK)
    if ids:
        await log_mail(tx, ids)
    if len(ids) == HISTORY_CHUNK:
        announce(tx, HistoryPending(address_ids=list(address_ids), before=min(ids)))


async def follow_threads(tx: Tx, thread_ids: Sequence[UUID]) -> None:
    """Entries of merged threads go where their messages went."""
    await store.follow_threads(tx, thread_ids)


async def _log_slice(tx: Tx, ids: Sequence[UUID]) -> None:
    undone = await undone_among(tx, ids)
    people = await store.read_linked_people(tx, [each for each in ids if each not in undone])
    present = await store.read_mail_entries(tx, ids, undone)
    change = difference(wanted_entries(people), present)
    await _add(tx, change.added)
    if change.removed:
        await store.remove_entries(tx, [entry.id for entry in change.removed])
    if change.moved:
        await store.move_entries(tx, [(entry.id, company) for entry, company in change.moved])
    left = change.removed + [entry for entry, _ in change.moved]
    if left:
        mailboxes = await store.mailboxes_of(tx, [entry.mailbox_message_id for entry in left])
        await store.recount_moments(tx, _customers(change), sorted(set(mailboxes)))
    _tell(tx, change)


async def _add(tx: Tx, wanted: Sequence[Wanted]) -> None:
    if not wanted:
        return
    mails = await describe_with_keys(tx, list(dict.fromkeys(w.mailbox_message_id for w in wanted)))
    described = {mail.mailbox_message_id: (mail, key) for mail, key in mails}
    owners = await store.mailbox_owners(tx, {mail.mailbox_id for mail, _ in mails})
    own_domains = await store.own_domains(tx)
    rows = [
        _row(entry, *described[entry.mailbox_message_id], owners, own_domains)
        for entry in wanted
        if entry.mailbox_message_id in described
    ]
    await store.insert_entries(tx, rows)


def _row(
    wanted: Wanted,
    mail: Described,
    key: DataKey,
    owners: dict[UUID, UUID | None],
    own_domains: frozenset[str],
) -> store.EntryRow:
    entry_id = new_id()
    outgoing = mail.direction != "in" or _is_ours(mail, own_domains)
    content = Content(mail.subject, mail.summary, mail.attachment_names)
    return {
        "id": entry_id,
        "kind": "mail",
        "direction": "out" if outgoing else "in",
        "automatic": mail.automatic,
        "occurred_at": mail.received_at.replace(microsecond=0),
        "contact_id": wanted.contact_id,
        "company_id": wanted.company_id,
        "member_id": mail.submitted_by or owners.get(mail.mailbox_id),
        "mailbox_id": mail.mailbox_id,
        "mailbox_message_id": mail.mailbox_message_id,
        "message_id": mail.message_id,
        "thread_id": mail.thread_id,
        "attachment_count": min(len(mail.attachment_names), 32767),
        "key_record_id": mail.variant_id,
        "content": key.encrypt(
            "timeline_entries", "content", entry_id, msgspec.msgpack.encode(content)
        ),
    }


def _is_ours(mail: Described, own_domains: frozenset[str]) -> bool:
    """A colleague's mail that reached this mailbox as a copy was still said by us."""
    senders = [person.address for person in mail.people if person.role is Role.FROM]
    return any(address.rpartition("@")[2] in own_domains for address in senders)


def _customers(change: Difference) -> list[UUID]:
    found = {entry.contact_id for entry in change.removed}
    found.update(entry.company_id for entry in change.removed)
    for entry, company in change.moved:
        found.update((entry.contact_id, entry.company_id, company))
    return sorted(customer for customer in found if customer is not None)


def _tell(tx: Tx, change: Difference) -> None:
    touched: list[Present | Wanted] = [*change.removed, *change.added]
    touched += [entry for entry, _ in change.moved]
    companies = {entry.company_id for entry in touched}
    companies.update(company for _, company in change.moved)
    contacts = {entry.contact_id for entry in touched}
    if touched:
        announce(
            tx,
            TimelineChanged(
                contact_ids=sorted(c for c in contacts if c is not None),
                company_ids=sorted(c for c in companies if c is not None),
            ),
        )
