"""Extensions that one account's server offers and does not do right: what `quirks` cannot know."""

import re
from collections.abc import Collection
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts import actions, store
from posthouse.mail.accounts.leases import TOPIC
from posthouse.security.members import Actor

SQL = load_queries("posthouse.mail.accounts.imap", "avoiding.sql")
_MOST = 50
_EXTENSION = re.compile(r"[A-Z0-9][A-Z0-9=+.:-]{0,39}")


async def avoid_extensions(
    tx: Tx, actor: Actor, account_id: UUID, extensions: Collection[str]
) -> None:
    """These and no others are let be, from the next connection on, which begins at once.

    As CAPABILITY has them (`IDLE`, `AUTH=SCRAM-SHA-256`), in any case. Raises NotFound, Invalid.
    """
    account = await actions.read_account(tx, actor, account_id)
    if account.kind != "imap":
        raise Invalid("Only IMAP has extensions.")
    names = sorted({each.upper() for each in extensions})
    if len(names) > _MOST or not all(map(_EXTENSION.fullmatch, names)):
        raise Invalid("Write extensions as CAPABILITY has them: IDLE, CONDSTORE …")
    await tx.execute(SQL["set_avoided"], workspace_id=tx.workspace, id=account_id, extensions=names)
    await store.put_off(tx, account_id, clock.now())
    member_id = None if actor.is_system else actor.member_id
    await store.note_act(tx, account.mailbox_id, member_id, "extensions")
    tx.signal(TOPIC)
    tx.signal(f"account:{account_id}")
