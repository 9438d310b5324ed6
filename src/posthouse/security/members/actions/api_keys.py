"""API keys: a member's rights, narrowed to scopes, for programs."""

import secrets
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import NotFound, Unauthenticated
from posthouse.foundation.ids import new_id
from posthouse.protocols.mime.addresses import canonical
from posthouse.security.members import store
from posthouse.security.members.actions.sign_in import actor_from
from posthouse.security.members.model import Actor, ApiKey, Scope

# So that leaked keys are found in logs and repositories by their look.
PREFIX = "posthouse_"
_USED_EVERY = timedelta(minutes=1)


async def add_api_key(tx: Tx, member_id: UUID, scopes: frozenset[Scope]) -> str:
    """A new key of a member of the workspace. It is shown once: only its hash is kept."""
    key = PREFIX + secrets.token_urlsafe(32)
    await store.insert_api_key(tx, new_id(), _hash(key), member_id, scopes)
    return key


async def actor_of_key(database: Database, key: str) -> Actor:
    """The member of `key` with its scopes. Raises Unauthenticated when it is unknown or revoked."""
    now = clock.now()
    async with database.system() as tx:
        row = await store.find_api_key(tx, _hash(key))
        if row is None:
            raise Unauthenticated("The API key is not valid.")
        if row["last_used_at"] is None or now - row["last_used_at"] >= _USED_EVERY:
            await store.touch_api_key(tx, row["key_id"], now)
    return actor_from(row, scopes=frozenset(map(Scope, row["scopes"])))


async def sign_in_with_key(database: Database, address: str, key: str, scope: Scope) -> Actor:
    """The member of `key`, who has this address (or "", when the client names none).

    Raises Unauthenticated, Denied when the key is not for `scope`. Keys cannot be guessed, so that
    nobody is locked out.
    """
    actor = await actor_of_key(database, key)
    if address and canonical(address) != actor.address:
        raise Unauthenticated("The API key is not valid.")
    actor.require(scope)
    return actor


async def list_api_keys(tx: Tx, actor: Actor) -> list[ApiKey]:
    """The actor's own living keys."""
    return await store.list_api_keys(tx, actor.member_id)


async def revoke_api_key(tx: Tx, actor: Actor, key_id: UUID) -> None:
    """The key is dead at once. Raises NotFound."""
    if not await store.revoke_api_key(tx, actor.member_id, key_id, clock.now()):
        raise NotFound("There is no such key.")


def _hash(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()
