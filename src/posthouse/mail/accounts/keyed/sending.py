"""Sending by the service of an account: once, and with one copy in Sent on both sides."""

from uuid import UUID

from posthouse.foundation.db import Database
from posthouse.mail.accounts import store
from posthouse.mail.accounts.errors import AccountError, Refused, Unreachable, Unsupported
from posthouse.mail.accounts.keyed import sendings
from posthouse.mail.accounts.keyed.driver import KeyedDriver
from posthouse.mail.accounts.keyed.drivers import CONNECTS
from posthouse.mail.accounts.keyed.sendings import Begun
from posthouse.mail.accounts.oauth.tokens import tokens_of
from posthouse.mail.accounts.reaching import outside_of
from posthouse.protocols import mime

_NEW = Begun(is_again=False, key=None)


class Unclear(AccountError):
    """Nobody knows whether it has left: the connection was lost on the way."""


async def send_by_account(
    database: Database, workspace_id: UUID, account_id: UUID, copy_id: UUID | None, raw: bytes
) -> None:
    """To everybody whom To, Cc and Bcc of `raw` name; `copy_id` is the copy in Sent here. What was
    begun before is not sent twice, as far as the service can tell.

    Raises AccountError: Refused for good, Unclear when it may have left, others when it has not.
    """
    sending = _Sending(database, workspace_id, account_id, copy_id)
    driver = await sending.connect()
    try:
        await sending.send(driver, raw)
    finally:
        await driver.close()


class _Sending:
    def __init__(
        self, database: Database, workspace_id: UUID, account_id: UUID, copy_id: UUID | None
    ) -> None:
        self._database = database
        self._workspace_id = workspace_id
        self._account_id = account_id
        self._copy_id = copy_id

    async def connect(self) -> KeyedDriver:
        """Raises AccountError."""
        tokens = await tokens_of(self._database)
        async with self._database.workspace(self._workspace_id) as tx:
            account = await store.read_account(tx, self._account_id)
            secret = await store.read_secret(tx, self._account_id)
            sign_in = await tokens.sign_in(tx, account, secret)
        connect = CONNECTS.get(account.kind)
        if connect is None:
            raise Unsupported("Accounts of this kind send by SMTP.")
        return await connect(sign_in, await outside_of(self._database))

    async def send(self, driver: KeyedDriver, raw: bytes) -> None:
        """Once."""
        begun = await self._begin()
        if begun.is_again and begun.key is None and await self._is_in_sent(driver, raw):
            return
        try:
            await driver.send(raw, begun.key, self._keep_key)
        except Refused:
            if self._copy_id is not None:
                async with self._database.workspace(self._workspace_id) as tx:
                    await sendings.forget_sendings(tx, [self._copy_id])
            raise
        except Unreachable as error:
            raise Unclear(error.what, said=error.said) from None

    async def _begin(self) -> Begun:
        if self._copy_id is None:
            return _NEW
        async with self._database.workspace(self._workspace_id) as tx:
            return await sendings.begin_sending(tx, self._account_id, self._copy_id)

    async def _keep_key(self, remote_id: bytes) -> None:
        if self._copy_id is not None:
            async with self._database.workspace(self._workspace_id) as tx:
                await sendings.keep_key(tx, self._copy_id, remote_id)

    async def _is_in_sent(self, driver: KeyedDriver, raw: bytes) -> bool:
        """By its Message-ID, where the service told no key."""
        async with self._database.workspace(self._workspace_id) as tx:
            folder = await sendings.sent_folder(tx, self._account_id)
        identity = mime.message_id(mime.scan(raw))
        if folder is None or identity is None:
            return False
        return bool(await driver.have_ids(folder, [f"<{identity}>"]))
