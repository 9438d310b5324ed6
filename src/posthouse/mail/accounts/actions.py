"""Linking a mailbox elsewhere, asking how it stands, pausing and unlinking it.

An account is its member's own: nobody else sees its mail, its name or its server's words. An
administrator sees that it is there and how it stands.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Conflict, Invalid, NotFound
from posthouse.foundation.ids import new_id
from posthouse.mail.accounts import ledger, store
from posthouse.mail.accounts.leases import TOPIC
from posthouse.mail.accounts.model import (
    Act,
    FolderHealth,
    Health,
    Kind,
    LinkedAccount,
    Secret,
    Servers,
)
from posthouse.mail.accounts.oauth.store import drop_tokens
from posthouse.mail.mailboxes.folders import make_mailbox
from posthouse.security.members import Actor, Scope, normal_address

_MOST_ACCOUNTS = 20  # of one member
_PATH = re.compile(r"/[!-~]{0,500}")  # of a URL, as it is sent


async def link_account(
    tx: Tx,
    actor: Actor,
    *,
    address: str,
    servers: Servers,
    secret: Secret | None,
    kind: Kind = "imap",
    name: str = "",
    overrides: Mapping[str, bool] | None = None,
) -> LinkedAccount:
    """Mirror a mailbox elsewhere into a mailbox of its own; the first visit begins at once.

    Nothing is tried here: ask `checking.check` before. Who links an address again whose mail was
    kept goes on with it. Without a secret it signs in by consent (`oauth`). Raises Invalid,
    Conflict, Denied.
    """
    actor.require(Scope.SETTINGS)
    wanted = normal_address(address)
    check_form(servers, secret)
    await require_elsewhere(tx, wanted)
    if len(await store.list_health(tx, member_id=actor.member_id)) >= _MOST_ACCOUNTS:
        raise Invalid(f"A member has at most {_MOST_ACCOUNTS} linked accounts.")
    mailbox_id = await store.kept_mailbox(tx, wanted, actor.member_id)
    if mailbox_id is None:
        mailbox_id = await make_mailbox(
            tx,
            kind="personal",
            address=wanted,
            name=name or wanted,
            owner_member_id=actor.member_id,
            elsewhere=True,
        )
    account = LinkedAccount(
        id=new_id(),
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        linked_by=actor.member_id,
        kind=kind,
        address=wanted,
        servers=servers,
        overrides=dict(overrides or {}),
    )
    await store.insert_account(tx, account, secret or Secret(password=""))
    await store.note_act(tx, mailbox_id, actor.member_id, "linked")
    _wake(tx, account)
    tx.signal(f"member:{actor.member_id}")
    return account


async def require_elsewhere(tx: Tx, address: str) -> None:
    """Whether there is something to link at all. Raises Conflict, Invalid."""
    taken, hosted = await store.hosted_as(tx, address, address.rpartition("@")[2])
    if taken:
        raise Conflict(f"Mail for {address} is delivered here: there is nothing to link.")
    if hosted:
        raise Invalid("Mail of this domain is delivered here.", field="address")


def check_form(servers: Servers, secret: Secret | None) -> None:
    """Whether they could be right at all; no secret is a consent. Raises Invalid."""
    for field, server in (("incoming", servers.incoming), ("outgoing", servers.outgoing)):
        if server is None:
            continue
        if not server.host.strip() or len(server.host) > 255 or not server.host.isprintable():
            raise Invalid("A server needs the name of its host.", field=field)
        if not 0 < server.port < 65536:
            raise Invalid("A port is a number from 1 to 65535.", field=field)
        if server.path and not _PATH.fullmatch(server.path):
            raise Invalid("A path begins with a slash and has no spaces.", field=field)
    password = "-" if secret is None else secret.password
    for field, text in (("login", servers.login), ("password", password)):
        if not text or len(text) > 1000 or any(ord(letter) < 32 for letter in text):
            raise Invalid("The name and the password that sign in there are needed.", field=field)


async def list_accounts(tx: Tx, actor: Actor) -> list[Health]:
    """The actor's own, by address; the operator's command sees all."""
    actor.require(Scope.SETTINGS)
    return await store.list_health(tx, member_id=None if actor.is_system else actor.member_id)


async def all_accounts(tx: Tx, actor: Actor) -> list[Health]:
    """Of every member, for administrators: how they stand, without the servers' words."""
    actor.require_admin()
    return [replace(each, error_said="") for each in await store.list_health(tx)]


async def account_health(
    tx: Tx, actor: Actor, account_id: UUID
) -> tuple[Health, list[FolderHealth], list[Act]]:
    """One account folder by folder, with who did what to it. Raises NotFound."""
    account = await _own(tx, actor, account_id)
    (health,) = await store.list_health(tx, account_id=account_id)
    acts = await store.list_acts(tx, account.mailbox_id)
    return health, await store.folder_health(tx, account_id), acts


async def read_account(tx: Tx, actor: Actor, account_id: UUID) -> LinkedAccount:
    """Without its secret. Raises NotFound."""
    return await _own(tx, actor, account_id)


async def pause_account(tx: Tx, actor: Actor, account_id: UUID) -> None:
    """No visits until it is resumed. Raises NotFound."""
    account = await _own(tx, actor, account_id)
    await store.change_state(tx, account_id, "paused")
    await _let_go(tx, actor, account, "paused")


async def resume_account(tx: Tx, actor: Actor, account_id: UUID) -> None:
    """Visited at once, whatever went wrong before; what has failed is tried once more.

    Raises NotFound.
    """
    account = await _own(tx, actor, account_id)
    await store.change_state(tx, account_id, "active")
    await ledger.retry_failed(tx, account_id)
    await _let_go(tx, actor, account, "resumed")


async def change_secret(
    tx: Tx,
    actor: Actor,
    account_id: UUID,
    secret: Secret,
    *,
    servers: Servers | None = None,
    overrides: Mapping[str, bool] | None = None,
) -> None:
    """A new password, other servers; visited at once. Raises NotFound, Invalid."""
    account = await _own(tx, actor, account_id)
    changed = replace(
        account,
        servers=servers or account.servers,
        overrides=account.overrides if overrides is None else dict(overrides),
    )
    check_form(changed.servers, secret)
    await store.change_secret(tx, changed, secret)
    await drop_tokens(tx, account_id)
    await store.change_state(tx, account_id, "active")
    await _let_go(tx, actor, account, "secret")


async def renew_consent(tx: Tx, actor: Actor, account_id: UUID) -> LinkedAccount:
    """Its member consented (anew): visited at once. Raises NotFound."""
    account = await _own(tx, actor, account_id)
    await store.change_state(tx, account_id, "active")
    await _let_go(tx, actor, account, "consent")
    return account


async def unlink_account(tx: Tx, actor: Actor, account_id: UUID, *, keep_mail: bool) -> None:
    """Forget the account with its secret and ledger; nothing changes at its server.

    What was brought stays readable with `keep_mail`; else nobody sees it from now on, and it is
    erased as deleted mail is. Raises NotFound.
    """
    account = await _own(tx, actor, account_id)
    await _let_go(tx, actor, account, "unlinked, mail kept" if keep_mail else "unlinked")
    await store.delete_account(tx, account_id)
    if not keep_mail:
        await store.hide_mailbox(tx, account.mailbox_id)
    tx.signal(f"member:{account.linked_by}")


async def _own(tx: Tx, actor: Actor, account_id: UUID) -> LinkedAccount:
    actor.require(Scope.SETTINGS)
    account = await store.read_account(tx, account_id)
    if not actor.is_system and account.linked_by != actor.member_id:
        raise NotFound("There is no such account.")
    return account


async def _let_go(tx: Tx, actor: Actor, account: LinkedAccount, act: str) -> None:
    """Whoever has it in hand stops; the next visit reads it anew."""
    await store.put_off(tx, account.id, clock.now())
    member_id = None if actor.is_system else actor.member_id
    await store.note_act(tx, account.mailbox_id, member_id, act)
    _wake(tx, account)


def _wake(tx: Tx, account: LinkedAccount) -> None:
    tx.signal(TOPIC)
    tx.signal(f"account:{account.id}")
