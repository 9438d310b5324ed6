"""The message that is being answered: may the writer see it, and what does the answer name?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import NotFound
from posthouse.mail.mailboxes.changing import store_flags
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.mailboxes.places import places_of
from posthouse.mail.mailboxes.reading import describe_messages, read_raw
from posthouse.protocols import mime
from posthouse.security.access import levels_of, mailboxes_of, reach_of
from posthouse.security.members import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A message in a mailbox that the actor may read, as far as an answer needs it."""

    mailbox_message_id: UUID
    mailbox_id: UUID
    thread_id: UUID


async def find_original(tx: Tx, actor: Actor, mailbox_message_id: UUID) -> Original:
    """Raises NotFound when there is none, or the actor may not know of it."""
    described = await describe_messages(tx, [mailbox_message_id])
    for one in described:
        pair = (one.mailbox_id, one.thread_id)
        if await levels_of(tx, await reach_of(tx, actor), [pair]):
            return Original(
                mailbox_message_id=mailbox_message_id,
                mailbox_id=one.mailbox_id,
                thread_id=one.thread_id,
            )
    raise NotFound("The message to answer is not there.", field="in_reply_to")


async def threading_ids(tx: Tx, mailbox_message_id: UUID) -> tuple[str | None, tuple[str, ...]]:
    """(In-Reply-To, References) of an answer (RFC 5322 3.6.4), without angle brackets.

    Raises NotFound.
    """
    raw = await read_raw(tx, mailbox_message_id)
    _, rest = mime.split_trace(raw)
    end = rest.find(b"\r\n\r\n")
    scan = mime.scan(rest if end < 0 else rest[: end + 4])
    parent = mime.message_id(scan)
    references = mime.references(scan)
    if not references:
        # RFC 5322 3.6.4: a single In-Reply-To stands in for missing References.
        answered = mime.in_reply_to(scan)
        references = answered if len(answered) == 1 else []
    return parent, tuple(references)


async def may_mark(tx: Tx, actor: Actor, original: Original) -> bool:
    """Whether the actor may flag the original as answered."""
    return any(
        box.id == original.mailbox_id and box.may_write for box in await mailboxes_of(tx, actor)
    )


async def mark_answered(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> None:
    """\\Answered on these, in whatever folders they are."""
    for folder_id, places in groupby(
        await places_of(tx, mailbox_message_ids), key=lambda place: place.folder_id
    ):
        await store_flags(tx, folder_id, [p.uid for p in places], "+", Flags.ANSWERED)
