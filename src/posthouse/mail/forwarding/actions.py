"""Writing down what goes on, in the transaction that takes the mail; handing it to the outbox."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import msgspec

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.events import announce
from posthouse.mail.forwarding import store
from posthouse.mail.forwarding.events import MailSentOn
from posthouse.mail.forwarding.model import Onward
from posthouse.security.vault import keyring

_LARGE = 128 * 1024
_CONTENT = "forward_letters", "content"
_ENVELOPE = "forward_letters", "envelope"


class _Envelope(msgspec.Struct, frozen=True):
    mail_from: str
    recipients: tuple[str, ...]


async def write_letters(tx: Tx, letters: Sequence[Onward]) -> None:
    """They leave when the transaction commits."""
    keys, now = await keyring(tx), clock.now()
    written: list[UUID] = []
    for letter in letters:
        said = msgspec.json.encode(_Envelope(letter.mail_from, letter.recipients))
        if len(letter.content) > _LARGE:
            content = await asyncio.to_thread(keys.encrypt, *_CONTENT, letter.id, letter.content)
        else:
            content = keys.encrypt(*_CONTENT, letter.id, letter.content)
        fresh = await store.insert_letter(
            tx,
            id=letter.id,
            forwarded_by=letter.forwarded_by,
            envelope=keys.encrypt(*_ENVELOPE, letter.id, said),
            content=content,
            now=now,
        )
        if fresh:
            written.append(letter.id)
    if written:
        announce(tx, MailSentOn(letter_ids=written))


async def take_letters(tx: Tx, ids: Sequence[UUID]) -> list[Onward]:
    """For who sends them: read, and gone when the transaction commits."""
    keys = await keyring(tx)
    letters: list[Onward] = []
    for row in await store.take_letters(tx, ids):
        sealed = keys.decrypt(*_ENVELOPE, row["id"], row["envelope"])
        envelope = msgspec.json.decode(sealed, type=_Envelope)
        letters.append(
            Onward(
                id=row["id"],
                forwarded_by=row["forwarded_by"],
                mail_from=envelope.mail_from,
                recipients=envelope.recipients,
                content=keys.decrypt(*_CONTENT, row["id"], row["content"]),
            )
        )
    return letters
