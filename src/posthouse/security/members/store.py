"""Members and their credentials in PostgreSQL: one typed function per statement in queries.sql."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries
from posthouse.security.members.lockout import LONGEST, Counters, Limit
from posthouse.security.members.model import ApiKey, Member, Role, Scope, Session

SQL = load_queries("posthouse.security.members")


async def insert_workspace(tx: Tx, name: str) -> None:
    """The workspace of `tx`."""
    await tx.execute(SQL["insert_workspace"], workspace_id=tx.workspace, name=name)


async def claim_house(tx: Tx, now: datetime) -> None:
    """The transaction's workspace runs the house, unless another one does."""
    await tx.execute(SQL["claim_house"], workspace_id=tx.workspace, now=now)


async def house_workspace(tx: Tx) -> UUID | None:
    """Which workspace runs the house; None while there is none."""
    found: UUID | None = await tx.value(SQL["house_workspace"])
    return found


async def find_workspaces(tx: Tx, named: str | None) -> list[UUID]:
    """By name or by a domain, oldest first; all when nothing is named."""
    return [row["id"] for row in await tx.rows(SQL["find_workspaces"], named=named)]


async def insert_domain(tx: Tx, domain: str) -> bool:
    """False when a workspace of this installation has it already."""
    made = await tx.value(SQL["insert_domain"], workspace_id=tx.workspace, domain=domain)
    return made is not None


async def find_domain(tx: Tx, domain: str) -> UUID | None:
    """The workspace of a hosted domain."""
    found: UUID | None = await tx.value(SQL["find_domain"], domain=domain)
    return found


async def list_domains(tx: Tx) -> list[str]:
    """The domains of the workspace."""
    rows = await tx.rows(SQL["list_domains"], workspace_id=tx.workspace)
    return [row["name"] for row in rows]


async def insert_dkim_key(
    tx: Tx, *, domain: str, selector: str, algorithm: str, private_key: bytes, txt: str
) -> None:
    """`private_key` is encrypted already."""
    await tx.execute(
        SQL["insert_dkim_key"],
        workspace_id=tx.workspace,
        domain=domain,
        selector=selector,
        algorithm=algorithm,
        private_key=private_key,
        txt=txt,
    )


async def list_dkim_keys(tx: Tx, domain: str) -> list[Row]:
    """domain, selector, algorithm, private_key (encrypted), txt; newest first."""
    return await tx.rows(SQL["list_dkim_keys"], workspace_id=tx.workspace, domain=domain)


async def insert_member(tx: Tx, member_id: UUID, **columns: Any) -> bool:
    """False when the address is taken, here or in another workspace."""
    made = await tx.value(
        SQL["insert_member"], workspace_id=tx.workspace, member_id=member_id, **columns
    )
    if made is None:
        return False
    signs_in = await tx.value(
        SQL["insert_sign_in_address"],
        address=columns["address"],
        workspace_id=tx.workspace,
        member_id=member_id,
    )
    return signs_in is not None


async def list_members(tx: Tx) -> list[Member]:
    """By address."""
    rows = await tx.rows(SQL["list_members"], workspace_id=tx.workspace)
    return [_member(row) for row in rows]


async def read_member(tx: Tx, member_id: UUID) -> Member | None:
    """None when the workspace has no such member."""
    row = await tx.row(SQL["read_member"], workspace_id=tx.workspace, member_id=member_id)
    return _member(row) if row else None


async def read_password(tx: Tx, member_id: UUID) -> Row | None:
    """argon2id, app_passwords_required; None when there is no such member, or he is disabled."""
    return await tx.row(SQL["read_password"], workspace_id=tx.workspace, member_id=member_id)


async def update_password(tx: Tx, member_id: UUID, **columns: Any) -> bool:
    """False when there is no such member."""
    return bool(
        await tx.execute(
            SQL["update_password"], workspace_id=tx.workspace, member_id=member_id, **columns
        )
    )


async def set_disabled(tx: Tx, member_id: UUID, disabled_at: datetime | None) -> bool:
    """False when there is no such member."""
    return bool(
        await tx.execute(
            SQL["set_disabled"],
            workspace_id=tx.workspace,
            member_id=member_id,
            disabled_at=disabled_at,
        )
    )


async def read_settings(tx: Tx, member_id: UUID) -> Row | None:
    """name, language, time_zone, preferences, signature (encrypted)."""
    return await tx.row(SQL["read_settings"], workspace_id=tx.workspace, member_id=member_id)


async def update_settings(tx: Tx, member_id: UUID, **columns: Any) -> None:
    """All columns of read_settings."""
    await tx.execute(
        SQL["update_settings"], workspace_id=tx.workspace, member_id=member_id, **columns
    )


async def find_sign_in(tx: Tx, address: str, counters: Counters, now: datetime) -> Row:
    """Always a row; `member_id` is None for an unknown address."""
    row = await tx.row(
        SQL["find_sign_in"],
        address=address,
        network=counters.network,
        pair=counters.pair,
        wide=counters.wide_keys,
        longest=LONGEST,
        now=now,
    )
    assert row is not None  # the migration wrote the one row of sign_in_secrets
    return row


async def count_failure(tx: Tx, counted: Sequence[tuple[bytes, Limit]], now: datetime) -> int:
    """Add one failure to each key; how many of them were not locked."""
    rows = await tx.rows(
        SQL["count_failure"],
        keys=[key for key, _ in counted],
        limits=[limit.failures for _, limit in counted],
        firsts=[limit.first for _, limit in counted],
        longests=[limit.longest for _, limit in counted],
        longest=LONGEST,
        now=now,
    )
    return len(rows)


async def forgive_failures(tx: Tx, pair: bytes) -> None:
    """Forget the failures of one address from one network."""
    await tx.execute(SQL["forgive_failures"], pair=pair)


async def remember_network(
    tx: Tx, workspace_id: UUID, member_id: UUID, network: bytes, now: datetime
) -> None:
    """The member came from there with the right password."""
    await tx.execute(
        SQL["remember_network"],
        workspace_id=workspace_id,
        member_id=member_id,
        network=network,
        now=now,
    )


async def sweep(tx: Tx, now: datetime) -> None:
    """Delete what no longer counts."""
    for name in ("sweep_failures", "sweep_networks", "sweep_sessions"):
        await tx.execute(SQL[name], now=now)


async def insert_session(tx: Tx, **columns: Any) -> None:
    """The columns of sessions; `now` is both its birth and its last sight."""
    await tx.execute(SQL["insert_session"], **columns)


async def find_session(tx: Tx, token_hash: bytes, now: datetime) -> Row | None:
    """The living session with this token, with its member."""
    return await tx.row(SQL["find_session"], token_hash=token_hash, now=now)


async def touch_session(tx: Tx, session_id: UUID, now: datetime, expires_at: datetime) -> None:
    """It was just used."""
    await tx.execute(SQL["touch_session"], session_id=session_id, now=now, expires_at=expires_at)


async def list_sessions(tx: Tx, member_id: UUID, now: datetime) -> list[Session]:
    """Living ones, latest first."""
    rows = await tx.rows(
        SQL["list_sessions"], workspace_id=tx.workspace, member_id=member_id, now=now
    )
    return [Session(**row) for row in rows]


async def revoke_session(tx: Tx, member_id: UUID, session_id: UUID, now: datetime) -> bool:
    """False when the member has no such session."""
    return bool(
        await tx.execute(
            SQL["revoke_session"],
            workspace_id=tx.workspace,
            member_id=member_id,
            session_id=session_id,
            now=now,
        )
    )


async def revoke_sessions(tx: Tx, member_id: UUID, kept: UUID | None, now: datetime) -> int:
    """End all sessions but `kept`; how many."""
    return await tx.execute(
        SQL["revoke_sessions"], workspace_id=tx.workspace, member_id=member_id, kept=kept, now=now
    )


async def insert_api_key(
    tx: Tx, key_id: UUID, key_hash: bytes, member_id: UUID, scopes: frozenset[Scope]
) -> None:
    """A key of a member of the workspace of `tx`."""
    await tx.execute(
        SQL["insert_api_key"],
        key_id=key_id,
        key_hash=key_hash,
        workspace_id=tx.workspace,
        member_id=member_id,
        scopes=sorted(scopes),
    )


async def find_api_key(tx: Tx, key_hash: bytes) -> Row | None:
    """The living key with this hash, with its member."""
    return await tx.row(SQL["find_api_key"], key_hash=key_hash)


async def touch_api_key(tx: Tx, key_id: UUID, now: datetime) -> None:
    """It was just used."""
    await tx.execute(SQL["touch_api_key"], key_id=key_id, now=now)


async def list_api_keys(tx: Tx, member_id: UUID) -> list[ApiKey]:
    """Living ones, oldest first."""
    rows = await tx.rows(SQL["list_api_keys"], workspace_id=tx.workspace, member_id=member_id)
    return [
        ApiKey(
            id=row["id"],
            scopes=frozenset(map(Scope, row["scopes"])),
            created_at=row["created_at"],
            last_used_at=row["last_used_at"],
        )
        for row in rows
    ]


async def revoke_api_key(tx: Tx, member_id: UUID, key_id: UUID, now: datetime) -> bool:
    """False when the member has no such key."""
    return bool(
        await tx.execute(
            SQL["revoke_api_key"],
            workspace_id=tx.workspace,
            member_id=member_id,
            key_id=key_id,
            now=now,
        )
    )


def _member(row: Row) -> Member:
    return Member(**{**row, "role": Role(row["role"])})
