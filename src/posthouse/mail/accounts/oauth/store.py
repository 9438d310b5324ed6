"""The statements of consent as functions."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts.oauth.model import Kept, Request, Tokens
from posthouse.security.vault import Keyring, keyring

SQL = load_queries("posthouse.mail.accounts.oauth")
_GOOD_FOR = timedelta(minutes=15)


async def insert_consent(
    tx: Tx, member_id: UUID, session_id: UUID, state: str, request: Request
) -> None:
    """What is asked for, until the member comes back with `state`."""
    keys, consent_id, now = await keyring(tx), new_id(), clock.now()
    await tx.execute(
        SQL["insert_consent"],
        workspace_id=tx.workspace,
        id=consent_id,
        member_id=member_id,
        session_id=session_id,
        state_key=_state_key(keys, state),
        request=keys.encrypt("account_consents", "request", consent_id, _packed(request)),
        now=now,
        expires_at=now + _GOOD_FOR,
    )


async def take_consent(tx: Tx, member_id: UUID, session_id: UUID, state: str) -> Request | None:
    """What was asked for in this very session; None the second time, and when it is too late."""
    keys = await keyring(tx)
    row = await tx.row(
        SQL["take_consent"],
        workspace_id=tx.workspace,
        state_key=_state_key(keys, state),
        session_id=session_id,
        member_id=member_id,
        now=clock.now(),
    )
    if row is None:
        return None
    packed = keys.decrypt("account_consents", "request", row["id"], row["request"])
    return msgspec.json.decode(packed, type=Request)


async def put_tokens(
    tx: Tx, account_id: UUID, service: str, tokens: Tokens, expires_at: datetime
) -> None:
    """Of a consent; those before are void."""
    keys = await keyring(tx)
    await tx.execute(
        SQL["put_tokens"],
        workspace_id=tx.workspace,
        account_id=account_id,
        service=service,
        tokens=_sealed(keys, account_id, tokens),
        now=clock.now(),
        expires_at=expires_at,
    )


async def drop_tokens(tx: Tx, account_id: UUID) -> None:
    """It signs in with a password from now on."""
    await tx.execute(SQL["drop_tokens"], workspace_id=tx.workspace, account_id=account_id)


async def read_tokens(tx: Tx, account_id: UUID) -> Kept | None:
    """None of an account that signs in with a password."""
    row = await tx.row(SQL["read_tokens"], workspace_id=tx.workspace, account_id=account_id)
    if row is None:
        return None
    keys = await keyring(tx)
    packed = keys.decrypt("account_tokens", "tokens", account_id, row["tokens"])
    return Kept(
        service=row["service"],
        tokens=msgspec.json.decode(packed, type=Tokens),
        version=row["version"],
        obtained_at=row["obtained_at"],
        expires_at=row["expires_at"],
    )


async def claim_refresh(
    tx: Tx, account_id: UUID, version: int, holder: UUID, until: datetime
) -> bool:
    """Whether it is ours to ask for new tokens."""
    claimed = await tx.value(
        SQL["claim_refresh"],
        workspace_id=tx.workspace,
        account_id=account_id,
        version=version,
        holder=holder,
        until=until,
        now=clock.now(),
    )
    return bool(claimed)


async def end_refresh(tx: Tx, account_id: UUID, holder: UUID) -> None:
    """It brought nothing."""
    await tx.execute(
        SQL["end_refresh"], workspace_id=tx.workspace, account_id=account_id, holder=holder
    )


async def keep_refreshed(
    tx: Tx, account_id: UUID, version: int, tokens: Tokens, expires_at: datetime
) -> bool:
    """False when newer tokens than those of `version` are there already: they stay."""
    keys = await keyring(tx)
    kept = await tx.value(
        SQL["keep_refreshed"],
        workspace_id=tx.workspace,
        account_id=account_id,
        version=version,
        tokens=_sealed(keys, account_id, tokens),
        now=clock.now(),
        expires_at=expires_at,
    )
    return bool(kept)


async def distrust(tx: Tx, account_id: UUID, *, older_than: datetime) -> bool:
    """Whether there was an access token of before then; it is over now."""
    found = await tx.value(
        SQL["distrust"],
        workspace_id=tx.workspace,
        account_id=account_id,
        now=clock.now(),
        before=older_than,
    )
    return bool(found)


def _state_key(keys: Keyring, state: str) -> bytes:
    return keys.hash("account consent", state.encode("utf-8", "replace"))


def _sealed(keys: Keyring, account_id: UUID, tokens: Tokens) -> bytes:
    return keys.encrypt("account_tokens", "tokens", account_id, _packed(tokens))


def _packed(value: Any) -> bytes:
    return msgspec.json.encode(asdict(value))
