"""Opening threads and messages: who may see which copy, and everything known about it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from posthouse.foundation.batching import batches
from posthouse.foundation.db import Database, Row, Tx
from posthouse.foundation.errors import NotFound
from posthouse.mail.listing import store
from posthouse.mail.listing.badge import authentication
from posthouse.mail.listing.beside import Beside, Customer, Dispatch
from posthouse.mail.listing.message import Body, File, read_attachment, read_body, read_inline
from posthouse.mail.listing.suspicion import junk_reasons
from posthouse.mail.listing.threads import OWES
from posthouse.mail.listing.views import MessageView, PersonView, ThreadView
from posthouse.mail.mailboxes.model import Described, Flags, Role
from posthouse.mail.mailboxes.prepare import address_row
from posthouse.mail.mailboxes.reading import describe_messages, read_raw, read_raws
from posthouse.protocols import mime
from posthouse.security.access import Level, Reach, levels_of, reach_of
from posthouse.security.members import Actor
from posthouse.security.vault import Keyring, keyring

_MOST_MESSAGES = 100
# Bodies are decrypted and turned into pages so many bytes at a time.
_SLICE_BYTES = 8 << 20
_SMALL = 16 << 10


@dataclass(slots=True)
class _Copy:
    """One message to be shown: its row, what its reader may see, and what it says."""

    row: Row
    level: Level
    verdict: Mapping[str, Any] | None
    described: Described | None = None
    body: Body | None = None


async def thread_view(
    database: Database,
    actor: Actor,
    beside: Beside,
    thread_id: UUID,
    *,
    mailbox_id: UUID | None = None,
) -> ThreadView:
    """A thread as the reader may see it: as one mailbox holds it, or all that are in reach.

    The newest hundred messages. What lies in Trash or Junk is left out unless nothing else is
    there. Raises NotFound.
    """
    async with database.workspace(actor.workspace_id) as tx:
        reach = await reach_of(tx, actor)
        rows = await store.thread_copies(tx, reach, thread_id=thread_id, mailbox_id=mailbox_id)
        if not rows:
            merged = await store.merged_into(tx, thread_id)
            if merged is not None:
                rows = await store.thread_copies(tx, reach, thread_id=merged, mailbox_id=mailbox_id)
        if not rows:
            raise NotFound("There is no such thread.")
        copies = await _copies(tx, reach, _one_each(rows)[-_MOST_MESSAGES:])
    messages, customers = await _views(database, actor, beside, copies, show_remote=False)
    known = _customer_of(messages, customers)
    newest = next((c.row for c in reversed(copies) if _is_turn(c.row)), None)
    return ThreadView(
        id=copies[0].row["thread_id"],
        subject=messages[-1].subject,
        level=max((copy.level for copy in copies), key=lambda level: level.rank).value,
        messages=messages,
        contact_id=known.contact_id if known else None,
        company=known.company if known else None,
        owes=OWES.get(newest["direction"]) if newest is not None else None,
    )


async def message_view(
    database: Database, actor: Actor, beside: Beside, message_id: UUID, *, show_remote: bool
) -> MessageView:
    """One message. `show_remote`: remote images get addresses of our proxy. Raises NotFound."""
    async with database.workspace(actor.workspace_id) as tx:
        reach = await reach_of(tx, actor)
        rows = await store.thread_copies(tx, reach, mailbox_message_id=message_id)
        if not rows:
            raise NotFound("There is no such message.")
        copies = await _copies(tx, reach, rows)
    views, _ = await _views(database, actor, beside, copies, show_remote=show_remote)
    return views[0]


async def raw_message(database: Database, actor: Actor, message_id: UUID) -> bytes:
    """The very bytes that came, for who may see the whole message. Raises NotFound."""
    async with database.workspace(actor.workspace_id) as tx:
        await require_readable(tx, actor, message_id)
        return await read_raw(tx, message_id)


async def require_readable(tx: Tx, actor: Actor, message_id: UUID) -> None:
    """Raises NotFound unless the actor may see the whole message."""
    if await store.find_readable(tx, await reach_of(tx, actor), message_id) is None:
        raise NotFound("There is no such message.")


async def attachment_file(database: Database, actor: Actor, message_id: UUID, number: int) -> File:
    """One attachment, decoded. Raises NotFound."""
    raw = await raw_message(database, actor, message_id)
    return await asyncio.to_thread(read_attachment, raw, number)


async def inline_file(database: Database, actor: Actor, message_id: UUID, content_id: str) -> File:
    """One inline image, decoded. Raises NotFound."""
    raw = await raw_message(database, actor, message_id)
    return await asyncio.to_thread(read_inline, raw, content_id)


def remote_token(keys: Keyring, message_id: UUID, url: str) -> bytes:
    """Proves that a remote image stands in a message: the proxy fetches nothing else."""
    return keys.hash("remote-image", message_id.bytes + url.encode("utf-8", "replace"))


def _one_each(rows: Sequence[Row]) -> list[Row]:
    """Of several copies of a message one: in sight, the own mailbox's, what went out, the first."""
    rows = [row for row in rows if not row["put_away"]] or list(rows)
    best: dict[UUID, Row] = {}
    for row in sorted(
        rows, key=lambda row: (not row["own"], row["direction"] != "out", row["received_at"])
    ):
        best.setdefault(row["message_id"], row)
    return sorted(best.values(), key=lambda row: (row["received_at"], row["id"]))


async def _copies(tx: Tx, reach: Reach, rows: Sequence[Row]) -> list[_Copy]:
    keys = await keyring(tx)
    levels = await levels_of(tx, reach, [(r["mailbox_id"], r["thread_id"]) for r in rows])
    copies = [
        _Copy(row, levels[row["mailbox_id"], row["thread_id"]], _verdict(keys, row)) for row in rows
    ]
    described = await describe_messages(tx, [copy.row["id"] for copy in copies])
    by_id = {one.mailbox_message_id: one for one in described}
    for copy in copies:
        copy.described = by_id.get(copy.row["id"])
    return [copy for copy in copies if copy.described is not None]


def _verdict(keys: Keyring, row: Row) -> Mapping[str, Any] | None:
    if row["verdict"] is None:
        return None
    plain = keys.decrypt("mailbox_messages", "verdict", row["id"], row["verdict"])
    verdict: dict[str, Any] = msgspec.json.decode(plain)
    return verdict


async def _views(
    database: Database,
    actor: Actor,
    beside: Beside,
    copies: Sequence[_Copy],
    *,
    show_remote: bool,
) -> tuple[list[MessageView], dict[str, Customer]]:
    whole = [copy for copy in copies if copy.level is Level.FULL]
    for part in batches(
        whole, most=len(whole), most_octets=_SLICE_BYTES, size=lambda copy: copy.row["size"]
    ):
        await _read_bodies(database, actor, part, show_remote=show_remote)
    async with database.workspace(actor.workspace_id) as tx:
        keys = await keyring(tx)
        addresses = {a for copy in copies for a in _addresses(copy)}
        ids = {address_row(keys, address).id: address for address in addresses}
        customers = {ids[i]: c for i, c in (await beside.customers(tx, list(ids))).items()}
        sent = [copy.row["id"] for copy in whole if copy.row["direction"] == "out"]
        dispatches = await beside.dispatches(tx, sent) if sent else {}
    return [_view(copy, customers, dispatches.get(copy.row["id"])) for copy in copies], customers


async def _read_bodies(
    database: Database, actor: Actor, copies: Sequence[_Copy], *, show_remote: bool
) -> None:
    async with database.workspace(actor.workspace_id) as tx:
        keys = await keyring(tx)
        raws = await read_raws(tx, [copy.row["id"] for copy in copies])

    def read() -> None:
        for copy in copies:
            copy_id = copy.row["id"]
            sign = (lambda url, i=copy_id: remote_token(keys, i, url)) if show_remote else None
            copy.body = read_body(raws[copy_id], copy_id, sign_remote=sign)

    if sum(copy.row["size"] for copy in copies) <= _SMALL:
        read()
    else:
        await asyncio.to_thread(read)


def _addresses(copy: _Copy) -> set[str]:
    if copy.body is not None:
        return {mime.canonical(p.address) for people in copy.body.people.values() for p in people}
    assert copy.described is not None
    return {person.address for person in copy.described.people}


def _view(copy: _Copy, customers: Mapping[str, Customer], dispatch: Dispatch | None) -> MessageView:
    row, described, body, level = copy.row, copy.described, copy.body, copy.level
    assert described is not None
    people = _people(copy, customers)
    sender = (people["from"] or people["sender"] or [PersonView(name="", address="")])[0]
    flags = Flags(row["flags"])
    outgoing = row["direction"] == "out"
    return MessageView(
        id=row["id"],
        thread_id=row["thread_id"],
        mailbox_id=row["mailbox_id"],
        folder_ids=list(dict.fromkeys(row["folder_ids"])),
        level=level.value,
        from_=sender,
        to=people["to"],
        cc=people["cc"],
        bcc=people["bcc"],
        reply_to=people["reply-to"],
        subject=described.subject if level.shows(Level.SUBJECT) else "",
        summary=described.summary if level.shows(Level.FULL) else "",
        at=row["received_at"],
        outgoing=outgoing,
        automatic=row["is_automatic"],
        unread=Flags.SEEN not in flags,
        flagged=Flags.FLAGGED in flags,
        answered=Flags.ANSWERED in flags,
        draft=Flags.DRAFT in flags,
        html=body.html if body else None,
        text=body.text if body else None,
        remote_images=body.remote_images if body else 0,
        attachments=body.attachments if body else [],
        authentication=None if outgoing else authentication(copy.verdict, sender.address),
        junk_reasons=junk_reasons(copy.verdict, in_full=level.shows(Level.FULL)),
        delivery=dispatch.delivery if dispatch else None,
        recipients=dispatch.recipients if dispatch else [],
        send_at=dispatch.send_at if dispatch else None,
        undo_until=dispatch.undo_until if dispatch else None,
    )


_ROLE_NAMES = {
    Role.FROM: "from",
    Role.SENDER: "sender",
    Role.REPLY_TO: "reply-to",
    Role.TO: "to",
    Role.CC: "cc",
}


def _people(copy: _Copy, customers: Mapping[str, Customer]) -> dict[str, list[PersonView]]:
    """Names and addresses by field. Who sees less than everything sees no Bcc."""

    def person(name: str, address: str) -> PersonView:
        customer = customers.get(mime.canonical(address))
        contact_id = customer.contact_id if customer else None
        return PersonView(name=name, address=address, contact_id=contact_id)

    if copy.body is not None:
        return {
            field: [person(p.name, p.address) for p in people]
            for field, people in copy.body.people.items()
        }
    assert copy.described is not None
    shown: dict[str, list[PersonView]] = {name: [] for name in (*_ROLE_NAMES.values(), "bcc")}
    for one in copy.described.people:
        if one.role in _ROLE_NAMES:
            shown[_ROLE_NAMES[one.role]].append(person(one.name, one.address))
    return shown


def _is_turn(row: Row) -> bool:
    return not row["is_automatic"] and not Flags(row["flags"]) & Flags.DRAFT


def _customer_of(
    messages: Sequence[MessageView], customers: Mapping[str, Customer]
) -> Customer | None:
    """Whose thread it is: the customer who wrote last, else whom we wrote to."""
    for message in reversed(messages):
        for person in [message.from_, *message.to, *message.cc]:
            customer = customers.get(mime.canonical(person.address))
            if customer is not None and (customer.contact_id or customer.company):
                return customer
    return None
