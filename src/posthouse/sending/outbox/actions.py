"""The one door out: take a message for sending, take it back, say how far it got."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import Conflict, Invalid, NotFound, TooLarge
from posthouse.foundation.events import announce
from posthouse.foundation.ids import new_id
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import find_mailbox, folders_by_use
from posthouse.mail.mailboxes.model import Door, Filed, Filing, Flags
from posthouse.mail.mailboxes.places import places_of, places_of_message, take_out
from posthouse.mail.mailboxes.prepare import Prepared, encrypt_variant, prepare
from posthouse.protocols import mime
from posthouse.protocols.smtp.address import Address, BadAddress, parse_address
from posthouse.protocols.smtp.dsn import DsnRequest
from posthouse.security.access import mailboxes_of
from posthouse.security.members import Actor, Scope
from posthouse.security.vault import Keyring, keyring
from posthouse.security.vault.actions import save_data_keys
from posthouse.security.vault.blobs import keep_blobs
from posthouse.sending.outbox import store
from posthouse.sending.outbox.content import Outgoing, make_outgoing, pass_on
from posthouse.sending.outbox.events import MessagesQueued, SendingUndone
from posthouse.sending.outbox.model import (
    GIVE_UP_AFTER,
    MOST_RECIPIENTS,
    TOPIC,
    MessageState,
    Queued,
    RecipientState,
    State,
)
from posthouse.sending.outbox.reports import open_report, reason_in
from posthouse.sending.outbox.requests import request_of, save_requests
from posthouse.sending.outbox.shares import share_of

_LARGE = 128 * 1024
_SHOW_FAILED_FOR = timedelta(days=14)
_NOTHING: Mapping[str, UUID] = MappingProxyType({})
# The recipients of whom it is told why.
_NOT_THERE = (State.QUEUED, State.FAILED)


async def enqueue(
    tx: Tx,
    *,
    raw: bytes,
    mail_from: str,
    recipients: Sequence[str],
    submitted_by: UUID | None,
    hold_until: datetime | None = None,
    door: Door,
    id: UUID | None = None,
    dsn: DsnRequest | None = None,
    of_mailbox: UUID | None = None,
    forwarded_by: str | None = None,
    own: Mapping[str, UUID] = _NOTHING,
) -> Queued:
    """Take one message for sending, in the caller's transaction; nobody's right is asked here.

    `raw` may have Bcc fields: they stay in the one copy that is filed in the Sent folder of the
    author's mailbox, and leave with nobody. Date, Message-ID and DKIM signatures are added.
    `mail_from` is "" for the null return path; `id` is for callers that name it beforehand; `dsn`
    is what the sender asked to hear of it. `of_mailbox` is the mailbox whose rules send it: what
    becomes of it is told there, and nobody gets a copy. `forwarded_by` is the domain that sends on
    what others wrote: it leaves as it is, and `mail_from` hears what becomes of it. `own` has the
    mailboxes of the sender by address: those of linked accounts are in no directory. Raises
    Invalid for what cannot be sent.
    """
    addressees = _addressees(recipients)
    mailbox_id, filed = of_mailbox, None
    if forwarded_by is not None:
        outgoing = pass_on(raw)
    else:
        outgoing = await make_outgoing(tx, raw)
    if mailbox_id is None and forwarded_by is None and door != "report":
        mailbox_id = await _mailbox_of(tx, outgoing.author, own)
        filed = await _file_copy(tx, outgoing, mailbox_id, submitted_by, door)
    now = clock.now()
    held_until = max(hold_until or now, now)
    keys = await keyring(tx)
    message_id = id or new_id()
    key, sealed = keys.new_data_key(message_id)
    await save_data_keys(tx, [sealed])
    (body_blob_id,) = await keep_blobs(tx, [outgoing.body])
    row = store.MessageRow(
        id=message_id,
        door=door,
        submitted_by=submitted_by,
        mailbox_id=mailbox_id,
        mailbox_message_id=filed.mailbox_message_id if filed else None,
        message_id=filed.message_id if filed else None,
        mail_from=keys.encrypt("outbox_messages", "mail_from", message_id, mail_from.encode()),
        header=key.encrypt("outbox_messages", "header", message_id, outgoing.header),
        body_blob_id=body_blob_id,
        size=len(outgoing.header) + len(outgoing.body),
        smtputf8=outgoing.smtputf8,
        created_at=now,
        held_until=held_until,
        give_up_at=held_until + GIVE_UP_AFTER,
        forwarded_by=forwarded_by,
    )
    rows = [_recipient_row(keys, each) for each in addressees]
    share = share_of(outgoing.scan, mail_from, len(rows))
    await store.insert_message(
        tx,
        row,
        share,
        rows,
        sender_domain=forwarded_by or outgoing.author.rpartition("@")[2],
        tls_optional=door == "report",
    )
    if dsn is not None:
        wishes = zip(rows, addressees, strict=True)
        await save_requests(tx, keys, {r[0]: request_of(dsn, address) for r, address in wishes})
    copies = [row.mailbox_message_id] if row.mailbox_message_id else []
    announce(tx, MessagesQueued(outbox_message_ids=[message_id], mailbox_message_ids=copies))
    tx.signal(TOPIC)
    return Queued(
        id=message_id,
        held_until=held_until,
        mailbox_id=mailbox_id,
        mailbox_message_id=row.mailbox_message_id,
        thread_id=filed.thread_id if filed else None,
    )


async def undo(tx: Tx, actor: Actor, mailbox_message_id: UUID) -> UUID:
    """Take a message back that nobody has begun to deliver; its copy leaves Sent.

    Answers the outbox message's id. Raises NotFound when the actor may not send from its mailbox,
    Conflict when it is on its way.
    """
    actor.require(Scope.MAIL_SEND)
    row = await store.find_by_copy(tx, mailbox_message_id)
    if row is None or not await _is_theirs(tx, actor, row):
        raise NotFound("There is no such message on its way out.")
    outbox_message_id: UUID = row["id"]
    taken = await store.cancel_unsent(tx, outbox_message_id)
    if not taken or len(taken) < await store.count_recipients(tx, outbox_message_id):
        raise Conflict("The message is on its way and cannot be taken back.")
    await store.cancel_recipients(tx, taken, clock.now())
    await store.finish_messages(tx, [outbox_message_id], clock.now())
    await take_out(tx, await places_of(tx, [mailbox_message_id]))
    announce(
        tx,
        SendingUndone(
            outbox_message_ids=[outbox_message_id], mailbox_message_ids=[mailbox_message_id]
        ),
    )
    return outbox_message_id


async def states_of_copies(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> dict[UUID, MessageState]:
    """Copies of sent messages → how far each recipient got. Bcc recipients are among them.

    For copies the reader may read in full; others have no entry.
    """
    found = await store.find_by_messages(tx, mailbox_message_ids)
    states = {state.id: state for state in await _read_states(tx, list(found.values()))}
    return {copy: states[outbox] for copy, outbox in found.items() if outbox in states}


async def undone_among(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> set[UUID]:
    """Copies of messages that were taken back: nothing was said to anybody with them."""
    return await store.find_undone(tx, mailbox_message_ids)


async def list_outbox(tx: Tx, actor: Actor, limit: int = 100) -> list[MessageState]:
    """What waits or failed within two weeks, of mailboxes the actor sends from; newest first."""
    mailboxes = [box.id for box in await mailboxes_of(tx, actor) if box.may_send]
    ids = await store.list_unfinished(
        tx, mailboxes, failed_since=clock.now() - _SHOW_FAILED_FOR, limit=min(max(limit, 1), 200)
    )
    return await _read_states(tx, ids)


def _addressees(recipients: Iterable[str]) -> list[Address]:
    addressees: dict[str, Address] = {}
    for text in recipients:
        try:
            address = parse_address(text)
            addressees.setdefault(mime.canonical(str(address)), address)
        except BadAddress as error:
            raise Invalid(f"“{text}” is not an address: {error}.", field="to") from None
    if not addressees:
        raise Invalid("The message has no recipients.", field="to")
    if len(addressees) > MOST_RECIPIENTS:
        raise TooLarge(f"A message has at most {MOST_RECIPIENTS} recipients.", field="to")
    return list(addressees.values())


def _recipient_row(keys: Keyring, address: Address) -> tuple[UUID, bytes, str]:
    recipient_id = new_id()
    value = keys.encrypt("outbox_recipients", "address", recipient_id, str(address).encode())
    return recipient_id, value, address.ascii_domain


async def _mailbox_of(tx: Tx, author: str, own: Mapping[str, UUID]) -> UUID | None:
    try:
        workspace_id, mailbox_id = await find_mailbox(tx, author)
    except NotFound:
        return own.get(author)
    return mailbox_id if workspace_id == tx.workspace else None


async def _file_copy(
    tx: Tx, outgoing: Outgoing, mailbox_id: UUID | None, submitted_by: UUID | None, door: Door
) -> Filed | None:
    """The one copy in Sent, unless the mail client put its own there before (listeners.py)."""
    sent = await folders_by_use(tx, [mailbox_id], "sent") if mailbox_id else {}
    if mailbox_id is None or mailbox_id not in sent:
        return None
    filing = Filing(
        mailbox_id=mailbox_id,
        folder_id=sent[mailbox_id],
        raw=outgoing.copy,
        received_at=clock.now(),
        direction="out",
        door=door,
        flags=Flags.SEEN,
        submitted_by=submitted_by,
        prepared=await _prepared(outgoing.copy, await keyring(tx)),
    )
    (filed,) = await file_messages(tx, [filing])
    if door == "submission" and filed.message_id is not None:
        places = await places_of_message(tx, mailbox_id, filed.message_id)
        in_sent = [place for place in places if place.special_use == "sent"]
        own = [place for place in in_sent if place.mailbox_message_id == filed.mailbox_message_id]
        if len(in_sent) > len(own):
            await take_out(tx, own)
    return filed


async def _prepared(raw: bytes, keys: Keyring) -> Prepared | None:
    """Large messages are taken apart beside the event loop."""
    if len(raw) <= _LARGE:
        return None

    def work() -> Prepared:
        prepared = prepare(raw, keys)
        prepared.encrypted = encrypt_variant(prepared, keys, with_body=True)
        return prepared

    return await asyncio.to_thread(work)


async def _is_theirs(tx: Tx, actor: Actor, row: Row) -> bool:
    if actor.is_system:
        return True
    mailboxes = [box.id for box in await mailboxes_of(tx, actor) if box.may_send]
    return row["mailbox_id"] in mailboxes


async def _read_states(tx: Tx, ids: Sequence[UUID]) -> list[MessageState]:
    if not ids:
        return []
    keys = await keyring(tx)
    grouped: dict[UUID, list[Row]] = {}
    for row in await store.states_of(tx, ids):
        grouped.setdefault(row["outbox_message_id"], []).append(row)
    return [
        MessageState(
            id=outbox_message_id,
            mailbox_id=rows[0]["mailbox_id"],
            mailbox_message_id=rows[0]["mailbox_message_id"],
            submitted_by=rows[0]["submitted_by"],
            created_at=rows[0]["created_at"],
            held_until=rows[0]["held_until"],
            recipients=tuple(_recipient_state(keys, row) for row in rows),
        )
        for outbox_message_id, rows in grouped.items()
    ]


def _recipient_state(keys: Keyring, row: Row) -> RecipientState:
    report = open_report(keys, row["id"], row["report"])
    address = keys.decrypt("outbox_recipients", "address", row["id"], row["address"])
    state = State(row["state"])
    return RecipientState(
        id=row["id"],
        address=address.decode(),
        state=state,
        attempts=row["attempts"],
        unclear=row["unclear"],
        status=row["status"],
        reply=report.get("reply", ""),
        host=report.get("host", ""),
        reason=reason_in(report, row["status"]) if state in _NOT_THERE else None,
        last_attempt_at=row["last_attempt_at"],
        next_attempt_at=row["next_attempt_at"],
        finished_at=row["finished_at"],
    )
