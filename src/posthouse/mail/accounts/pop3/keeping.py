"""How long mail that is here stays at a POP3 server: for ever, for some days, or not at all."""

from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts import actions, store
from posthouse.security.members import Actor

SQL = load_queries("posthouse.mail.accounts.pop3", "keeping.sql")
_MOST_DAYS = 3650


async def set_keeping(tx: Tx, actor: Actor, account_id: UUID, days: int | None) -> None:
    """None for ever, 0 not at all; in force from the next visit on. Raises NotFound, Invalid."""
    account = await actions.read_account(tx, actor, account_id)
    if account.kind != "pop3":
        raise Invalid("Only a POP3 server keeps mail for some days; others are kept in step.")
    if days is not None and not 0 <= days <= _MOST_DAYS:
        raise Invalid(f"Say a number of days from 0 to {_MOST_DAYS}.", field="days")
    await tx.execute(SQL["set_keeping"], workspace_id=tx.workspace, id=account_id, kept_days=days)
    member_id = None if actor.is_system else actor.member_id
    await store.note_act(tx, account.mailbox_id, member_id, "keeping")


async def read_keeping(tx: Tx, account_id: UUID) -> int | None:
    """As `set_keeping` was told; for ever in the beginning."""
    days: int | None = await tx.value(SQL["read_keeping"], workspace_id=tx.workspace, id=account_id)
    return days
