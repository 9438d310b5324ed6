"""Sessions of the page: a random token in the browser, its hash here. Nothing is cached, so that
an ended session is dead in every process at once."""

import secrets
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import NotFound, Unauthenticated
from posthouse.foundation.ids import new_id
from posthouse.security.members import store
from posthouse.security.members.actions.sign_in import actor_from
from posthouse.security.members.model import Actor, Session

LIFETIME = timedelta(days=14)  # without use
_SEEN_EVERY = timedelta(minutes=1)


async def open_session(tx: Tx, actor: Actor, *, agent: str, source: str) -> str:
    """A new session; its token, 256 random bits that are kept nowhere.

    `agent` is what the member reads in the list ("Firefox, Linux"), `source` an IP address.
    """
    token = secrets.token_urlsafe(32)
    now = clock.now()
    await store.insert_session(
        tx,
        session_id=new_id(),
        token_hash=_hash(token),
        workspace_id=actor.workspace_id,
        member_id=actor.member_id,
        agent=agent[:200],
        source=source[:100],
        now=now,
        expires_at=now + LIFETIME,
    )
    return token


async def actor_of_session(database: Database, token: str) -> Actor:
    """Who is signed in with `token`. Raises Unauthenticated when unknown, ended or expired."""
    now = clock.now()
    async with database.system() as tx:
        row = await store.find_session(tx, _hash(token), now)
        if row is None:
            raise Unauthenticated("Please sign in.")
        if now - row["last_seen_at"] >= _SEEN_EVERY:
            await store.touch_session(tx, row["session_id"], now, now + LIFETIME)
    return actor_from(row, session_id=row["session_id"])


async def list_sessions(tx: Tx, actor: Actor) -> list[Session]:
    """The actor's own living sessions, latest first."""
    return await store.list_sessions(tx, actor.member_id, clock.now())


async def revoke_session(tx: Tx, actor: Actor, session_id: UUID) -> None:
    """End one of the actor's own sessions, everywhere at once. Raises NotFound."""
    if not await store.revoke_session(tx, actor.member_id, session_id, clock.now()):
        raise NotFound("There is no such session.")
    tx.signal(f"member:{actor.member_id}")


async def revoke_other_sessions(tx: Tx, actor: Actor) -> int:
    """End all of the actor's sessions but the one that asks; how many."""
    ended = await store.revoke_sessions(tx, actor.member_id, actor.session_id, clock.now())
    tx.signal(f"member:{actor.member_id}")
    return ended


def _hash(token: str) -> bytes:
    # 256 random bits cannot be guessed, so a fast hash is enough.
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
