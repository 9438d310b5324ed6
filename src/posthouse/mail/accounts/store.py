"""The statements of accounts as functions; those of the ledger are in `ledger.py`."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from posthouse.foundation import clock
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import NotFound
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts.model import (
    Act,
    Counts,
    FolderHealth,
    Health,
    LinkedAccount,
    Secret,
    Server,
    Servers,
)
from posthouse.protocols.imap import utf7
from posthouse.security.vault import Keyring, keyring

SQL = load_queries("posthouse.mail.accounts")


async def insert_account(tx: Tx, account: LinkedAccount, secret: Secret) -> None:
    """It is due at once."""
    keys = await keyring(tx)
    await tx.execute(
        SQL["insert_account"],
        workspace_id=tx.workspace,
        id=account.id,
        mailbox_id=account.mailbox_id,
        linked_by=account.linked_by,
        kind=account.kind,
        servers=_sealed(keys, account.id, "servers", asdict(account.servers)),
        secret=_sealed(keys, account.id, "secret", asdict(secret)),
        overrides=_switched_off(account.overrides),
        sends=_sends(account),
        now=clock.now(),
    )


async def hosted_as(tx: Tx, address: str, domain: str) -> tuple[bool, bool]:
    """(whether mail for the address is delivered here, whether its domain is hosted here)."""
    row = await tx.row(SQL["hosted_as"], address=address, domain=domain)
    assert row is not None
    return row["address_taken"], row["domain_hosted"]


async def read_account(tx: Tx, account_id: UUID) -> LinkedAccount:
    """Raises NotFound."""
    return account_of(tx.workspace, await _row(tx, account_id), await keyring(tx))


async def read_secret(tx: Tx, account_id: UUID) -> Secret:
    """Raises NotFound."""
    row, keys = await _row(tx, account_id), await keyring(tx)
    return Secret(**_opened(keys, account_id, "secret", row["secret"]))


async def read_row(tx: Tx, account_id: UUID) -> Row | None:
    """As `account_of` and `secret_of` want it."""
    return await tx.row(SQL["read_account"], workspace_id=tx.workspace, id=account_id)


def account_of(workspace_id: UUID, row: Row, keys: Keyring) -> LinkedAccount:
    """An account without its secret."""
    servers = _opened(keys, row["id"], "servers", row["servers"])
    outgoing = servers.pop("outgoing")
    return LinkedAccount(
        id=row["id"],
        workspace_id=workspace_id,
        mailbox_id=row["mailbox_id"],
        linked_by=row["linked_by"],
        kind=row["kind"],
        address=row["address"],
        servers=Servers(
            incoming=Server(**servers.pop("incoming")),
            outgoing=Server(**outgoing) if outgoing else None,
            **servers,
        ),
        overrides=dict.fromkeys(row["overrides"], False),
        state=row["state"],
    )


def secret_of(row: Row, keys: Keyring) -> Secret:
    """What signs in."""
    return Secret(**_opened(keys, row["id"], "secret", row["secret"]))


async def list_health(
    tx: Tx, *, member_id: UUID | None = None, account_id: UUID | None = None
) -> list[Health]:
    """Of a member's accounts, or of all; of one, or of all."""
    keys = await keyring(tx)
    rows = await tx.rows(
        SQL["list_health"], workspace_id=tx.workspace, member_id=member_id, account_id=account_id
    )
    counts: dict[UUID, list[Counts]] = {}
    for row in await _count_items(tx, [row["id"] for row in rows]):
        if row["mirrored"]:
            counts.setdefault(row["account_id"], []).append(_counts(row))
    return [_health(row, keys, counts.get(row["id"], [])) for row in rows]


async def folder_health(tx: Tx, account_id: UUID) -> list[FolderHealth]:
    """Folder by folder, with their names."""
    keys, now = await keyring(tx), clock.now()
    return [
        FolderHealth(
            name=_shown(keys, row),
            special_use=row["special_use"],
            counts=_counts(row),
            mirrored=row["mirrored"],
            complete=row["listed_down_to"] == 1,
            parked=row["parked_until"] is not None and row["parked_until"] > now,
            compared_at=row["compared_at"],
        )
        for row in await _count_items(tx, [account_id])
    ]


async def change_state(tx: Tx, account_id: UUID, state: str) -> None:
    """By a person: what went wrong before is forgotten."""
    await tx.execute(SQL["change_state"], workspace_id=tx.workspace, id=account_id, state=state)


async def change_secret(tx: Tx, account: LinkedAccount, secret: Secret) -> None:
    """With the servers and overrides of `account`."""
    keys = await keyring(tx)
    await tx.execute(
        SQL["change_secret"],
        workspace_id=tx.workspace,
        id=account.id,
        servers=_sealed(keys, account.id, "servers", asdict(account.servers)),
        secret=_sealed(keys, account.id, "secret", asdict(secret)),
        overrides=_switched_off(account.overrides),
        mailbox_id=account.mailbox_id,
        sends=_sends(account),
    )


async def put_off(tx: Tx, account_id: UUID, due_at: datetime) -> None:
    """Say when it is due; whoever has it in hand gives it back."""
    await tx.execute(SQL["put_off"], workspace_id=tx.workspace, id=account_id, due_at=due_at)


async def delete_account(tx: Tx, account_id: UUID) -> UUID:
    """With the ledger; the mailbox stays, and is answered. Raises NotFound."""
    found: UUID | None = await tx.value(
        SQL["delete_account"], workspace_id=tx.workspace, id=account_id
    )
    if found is None:
        raise NotFound("There is no such account.")
    return found


async def hide_mailbox(tx: Tx, mailbox_id: UUID) -> None:
    """Nobody sees it any more; `jobs.py` empties it."""
    await tx.execute(SQL["hide_mailbox"], workspace_id=tx.workspace, mailbox_id=mailbox_id)


async def kept_mailbox(tx: Tx, address: str, member_id: UUID) -> UUID | None:
    """The mailbox a member kept when an account of that address was unlinked."""
    found: UUID | None = await tx.value(
        SQL["kept_mailbox"], workspace_id=tx.workspace, address=address, member_id=member_id
    )
    return found


async def list_acts(tx: Tx, mailbox_id: UUID) -> list[Act]:
    """The newest hundred."""
    rows = await tx.rows(
        SQL["list_acts"], workspace_id=tx.workspace, mailbox_id=mailbox_id, limit=100
    )
    return [Act(**row) for row in rows]


async def note_act(tx: Tx, mailbox_id: UUID, member_id: UUID | None, act: str) -> None:
    """Who did what, and when; no member is the operator."""
    await tx.execute(
        SQL["insert_act"],
        workspace_id=tx.workspace,
        id=new_id(),
        mailbox_id=mailbox_id,
        member_id=member_id,
        act=act,
        now=clock.now(),
    )


async def workspaces_with_accounts(tx: Tx) -> list[UUID]:
    """Where there are any; in a system transaction."""
    return [row["workspace_id"] for row in await tx.rows(SQL["workspaces_with_accounts"])]


async def list_workspaces(tx: Tx) -> list[UUID]:
    """All of them; in a system transaction."""
    return [row["id"] for row in await tx.rows(SQL["list_workspaces"])]


async def folders_to_empty(tx: Tx) -> list[UUID]:
    """Folders with mail in mailboxes that nobody sees any more."""
    rows = await tx.rows(SQL["folders_to_empty"], workspace_id=tx.workspace)
    return [row["id"] for row in rows]


async def some_uids(tx: Tx, folder_id: UUID, limit: int) -> list[int]:
    """The lowest of a folder."""
    rows = await tx.rows(
        SQL["some_uids"], workspace_id=tx.workspace, folder_id=folder_id, limit=limit
    )
    return [row["uid"] for row in rows]


async def delete_empty_mailboxes(tx: Tx) -> None:
    """Those that nobody sees and whose mail is erased."""
    await tx.execute(SQL["delete_empty_mailboxes"], workspace_id=tx.workspace)


async def _row(tx: Tx, account_id: UUID) -> Row:
    row = await read_row(tx, account_id)
    if row is None:
        raise NotFound("There is no such account.")
    return row


async def _count_items(tx: Tx, account_ids: Sequence[UUID]) -> list[Row]:
    return await tx.rows(
        SQL["count_items"], workspace_id=tx.workspace, account_ids=list(account_ids)
    )


def _counts(row: Row) -> Counts:
    return Counts(
        there=row["remote_count"],
        waiting=max(0, row["remote_count"] - row["stored"] - row["filtered"] - row["failed"]),
        stored=row["stored"],
        filtered=row["filtered"],
        failed=row["failed"],
    )


def _health(row: Row, keys: Keyring, folders: Sequence[Counts]) -> Health:
    said = b""
    if row["error_text"] is not None:
        said = keys.decrypt("linked_accounts", "error_text", row["id"], row["error_text"])
    return Health(
        id=row["id"],
        mailbox_id=row["mailbox_id"],
        member_id=row["linked_by"],
        kind=row["kind"],
        address=row["address"],
        state=row["state"],
        error_kind=row["error_kind"],
        error_said=said.decode(),
        failures=row["failures"],
        failing_since=row["failing_since"],
        behind=row["behind"],
        linked_at=row["linked_at"],
        last_visit_at=row["last_visit_at"],
        last_new_at=row["last_new_at"],
        history_done_at=row["history_done_at"],
        counts=Counts(
            there=sum(each.there for each in folders),
            waiting=sum(each.waiting for each in folders),
            stored=sum(each.stored for each in folders),
            filtered=sum(each.filtered for each in folders),
            failed=sum(each.failed for each in folders),
        ),
    )


def _shown(keys: Keyring, row: Row) -> str:
    folder_id = row["remote_folder_id"]
    if row["label"] is not None:
        return keys.decrypt("remote_folders", "label", folder_id, row["label"]).decode()
    wire = keys.decrypt("remote_folders", "name", folder_id, row["name"])
    try:
        return utf7.decode(wire)
    except ValueError:
        return wire.decode("utf-8", "replace")


def _sends(account: LinkedAccount) -> bool:
    """Over SMTP, or by a service that does it all."""
    return account.servers.outgoing is not None or account.kind not in ("imap", "pop3")


def _switched_off(overrides: Any) -> list[str]:
    return sorted(name for name, used in overrides.items() if not used)


def _sealed(keys: Keyring, account_id: UUID, column: str, value: Any) -> bytes:
    return keys.encrypt("linked_accounts", column, account_id, msgspec.json.encode(value))


def _opened(keys: Keyring, account_id: UUID, column: str, value: bytes) -> dict[str, Any]:
    plain = keys.decrypt("linked_accounts", column, account_id, value)
    return dict(msgspec.json.decode(plain))
