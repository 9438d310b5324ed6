"""Having a service tell of news, and who it is that does: a secret for each account."""

import hmac
import logging
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.settings import Settings
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts.errors import Refused
from posthouse.mail.accounts.keyed.driver import KeyedDriver
from posthouse.mail.accounts.keyed.model import Door, Watch
from posthouse.mail.accounts.model import LinkedAccount
from posthouse.security.vault import keyring

SQL = load_queries("posthouse.mail.accounts.keyed", "watching.sql")
PATH = "/api/v1/linked-accounts/{account_id}/news"

log = logging.getLogger(__name__)


async def keep_watched(database: Database, driver: KeyedDriver, account: LinkedAccount) -> bool:
    """Whether the service tells of news; asked again when it is time. Raises AccountError."""
    async with database.workspace(account.workspace_id) as tx:
        row = await tx.row(SQL["read_watch"], workspace_id=tx.workspace, account_id=account.id)
        if row is not None and row["renew_at"] > clock.now():
            return True
        keys, state = await keyring(tx), b""
        if row is not None:
            state = keys.decrypt("account_watches", "state", account.id, row["state"])
        door = _door(database, account.id, await secret_of(tx, account.id))
    try:
        found = await driver.watch(door, state)
    except Refused as error:
        # Its feeds are read now and then all the same.
        log.warning("accounts: a service does not tell of news", extra={"code": error.code})
        return False
    if found is not None:
        await _keep(database, account, found)
    return found is not None


async def secret_of(tx: Tx, account_id: UUID) -> str:
    """What a service says at the door, of this account alone."""
    return (await keyring(tx)).hash("account news", account_id.bytes, 32).hex()


async def is_meant(database: Database, account_id: UUID, secret: str) -> UUID | None:
    """The workspace of the account, if that is its secret."""
    async with database.system() as tx:
        workspace_id: UUID | None = await tx.value(SQL["workspace_of"], account_id=account_id)
    if workspace_id is None:
        return None
    async with database.workspace(workspace_id) as tx:
        wanted = await secret_of(tx, account_id)
    return workspace_id if hmac.compare_digest(wanted.encode(), secret.encode()) else None


async def ask_anew(tx: Tx, account_id: UUID) -> None:
    """The service has dropped the watch, or will unless it is asked for again."""
    await tx.execute(
        SQL["bring_forward"], workspace_id=tx.workspace, account_id=account_id, now=clock.now()
    )


async def _keep(database: Database, account: LinkedAccount, found: Watch) -> None:
    async with database.workspace(account.workspace_id) as tx:
        keys = await keyring(tx)
        await tx.execute(
            SQL["keep_watch"],
            workspace_id=tx.workspace,
            account_id=account.id,
            state=keys.encrypt("account_watches", "state", account.id, found.state),
            renew_at=found.renew_at,
        )


def _door(database: Database, account_id: UUID, secret: str) -> Door | None:
    public_url = database.service(Settings).public_url
    if public_url is None:
        return None
    url = public_url.rstrip("/") + PATH.format(account_id=account_id)
    return Door(url=url, secret=secret)
