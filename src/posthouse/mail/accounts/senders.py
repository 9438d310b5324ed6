"""How mail of a linked account leaves: by the account's own server, in the account's own name."""

from dataclasses import dataclass, field
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts import store
from posthouse.mail.accounts.keyed.drivers import CONNECTS
from posthouse.mail.accounts.model import Server
from posthouse.mail.accounts.oauth.store import read_tokens
from posthouse.security.vault import keyring

SQL = load_queries("posthouse.mail.accounts", "senders.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The server that sends for an account, and what signs in there: with `by_consent` an access
    token, else the password. With `by_service` the service itself sends, not over SMTP.
    """

    account_id: UUID
    server: Server
    login: str
    password: str = field(repr=False)
    by_consent: bool = False
    by_service: bool = False


async def sender_of(tx: Tx, mailbox_id: UUID) -> Sender | None:
    """Of the account that is mirrored into the mailbox; None without one, or without a server."""
    account_id = await tx.value(
        SQL["account_of_mailbox"], workspace_id=tx.workspace, mailbox_id=mailbox_id
    )
    row = await store.read_row(tx, account_id) if account_id else None
    if row is None:
        return None
    keys = await keyring(tx)
    servers = store.account_of(tx.workspace, row, keys).servers
    secret = store.secret_of(row, keys)
    by_service = row["kind"] in CONNECTS
    server = servers.incoming if by_service else servers.outgoing
    if server is None:
        return None
    return Sender(
        account_id=account_id,
        server=server,
        by_service=by_service,
        login=servers.outgoing_login or servers.login,
        password=secret.outgoing_password or secret.password,
        by_consent=await read_tokens(tx, account_id) is not None,
    )
