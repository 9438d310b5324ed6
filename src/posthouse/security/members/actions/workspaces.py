"""Workspaces, their domains and their members."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Conflict, NotFound
from posthouse.foundation.events import announce
from posthouse.foundation.ids import new_id
from posthouse.protocols.mailauth.keys import KeyKind, dns_value, generate_key
from posthouse.security.members import app_password_store, store
from posthouse.security.members.events import MemberAdded, MemberDisabled
from posthouse.security.members.model import (
    Actor,
    Member,
    Role,
    SigningKey,
    checked_language,
    checked_time_zone,
    dkim_row_id,
    normal_address,
    normal_domain,
)
from posthouse.security.members.passwords import Credentials, hash_password
from posthouse.security.vault import Keyring, keyring

# What else must happen in the transaction that makes a member: the mail room gives a mailbox.
Then = Callable[[Tx, Actor], Awaitable[object]]


async def create_workspace(
    database: Database,
    name: str,
    domain: str,
    admin_address: str,
    password: str,
    *,
    admin_name: str = "",
    language: str = "en",
    time_zone: str = "UTC",
    then: Then | None = None,
) -> Actor:
    """A workspace with its domain (and DKIM keys) and its first administrator, who is answered.

    The first workspace runs the house. `then` runs in the same transaction. Raises Conflict when
    domain or address are taken, Invalid.
    """
    domain, address = normal_domain(domain), normal_address(admin_address)
    keys, credentials = await asyncio.gather(_make_dkim_keys(), hash_password(password))
    async with database.workspace(new_id()) as tx:
        await store.insert_workspace(tx, name.strip() or domain)
        await store.claim_house(tx, clock.now())
        await _insert_domain(tx, domain, keys)
        actor = await _insert_member(
            tx, address, admin_name, Role.ADMIN, language, time_zone, credentials
        )
        if then is not None:
            await then(tx, actor)
    return actor


async def add_member(
    database: Database,
    workspace_id: UUID,
    address: str,
    password: str,
    *,
    name: str = "",
    role: Role = Role.MEMBER,
    language: str = "en",
    time_zone: str = "UTC",
    then: Then | None = None,
) -> Actor:
    """A member who can sign in at once. `then` runs in the same transaction.

    The address is of a domain of the workspace. Raises Conflict when it is taken, NotFound when
    the workspace has no such domain, Invalid.
    """
    address = normal_address(address)
    credentials = await hash_password(password)
    async with database.workspace(workspace_id) as tx:
        domain = address.rpartition("@")[2]
        if domain not in await store.list_domains(tx):
            raise NotFound(f"The workspace has no domain {domain}.", field="address")
        actor = await _insert_member(tx, address, name, role, language, time_zone, credentials)
        if then is not None:
            await then(tx, actor)
    return actor


async def add_domain(database: Database, workspace_id: UUID, domain: str) -> list[SigningKey]:
    """Host `domain`; its RSA and Ed25519 keys. Raises Conflict when it is hosted already."""
    domain = normal_domain(domain)
    keys = await _make_dkim_keys()
    async with database.workspace(workspace_id) as tx:
        await _insert_domain(tx, domain, keys)
        return await signing_keys(tx, domain)


async def find_workspace(database: Database, named: str | None = None) -> UUID:
    """The workspace with this name or domain; the only one when nothing is named.

    For the operator's commands. Raises NotFound, Conflict when there are several.
    """
    async with database.system() as tx:
        found = await store.find_workspaces(tx, named)
    if not found:
        raise NotFound("There is no such workspace." if named else "There is no workspace yet.")
    if len(found) > 1:
        raise Conflict("There are several workspaces: name one, or a domain of it.")
    return found[0]


async def workspace_of_domain(database: Database, domain: str) -> UUID:
    """The workspace that hosts a domain. Raises NotFound, Invalid."""
    name = normal_domain(domain)
    async with database.system() as tx:
        found = await store.find_domain(tx, name)
    if found is None:
        raise NotFound(f"No workspace hosts {name}.", field="domain")
    return found


async def hosted_domains(tx: Tx) -> list[str]:
    """The domains of the workspace, by name."""
    return await store.list_domains(tx)


async def signing_keys(tx: Tx, domain: str) -> list[SigningKey]:
    """The DKIM keys of a domain of the workspace, newest first; none when it is not hosted here."""
    keys = await keyring(tx)
    return [
        SigningKey(
            domain=row["domain"],
            selector=row["selector"],
            algorithm=row["algorithm"],
            txt=row["txt"],
            private_key=keys.decrypt(
                "dkim_keys",
                "private_key",
                dkim_row_id(row["domain"], row["selector"]),
                row["private_key"],
            ),
        )
        for row in await store.list_dkim_keys(tx, domain)
    ]


async def set_password(
    database: Database, workspace_id: UUID, member_id: UUID, password: str, *, kept: UUID | None
) -> None:
    """A new password ends every session but `kept`; API keys and app passwords stay.

    The salt of SCRAM stays, too: the keys of app passwords were made with it. Raises NotFound,
    Invalid.
    """
    async with database.workspace(workspace_id) as tx:
        scram = await app_password_store.read_salt(tx, member_id)
    if scram is None:
        raise NotFound("There is no such member.")
    credentials = await hash_password(
        password, salt=scram["scram_salt"], iterations=scram["scram_iterations"] or 0
    )
    async with database.workspace(workspace_id) as tx:
        columns = _credential_columns(await keyring(tx), member_id, credentials)
        if not await store.update_password(tx, member_id, **columns):
            raise NotFound("There is no such member.")
        await store.revoke_sessions(tx, member_id, kept, clock.now())
        tx.signal(f"member:{member_id}")


async def disable_member(tx: Tx, actor: Actor, member_id: UUID) -> None:
    """Nobody signs in as this member any more; what is signed in ends at once."""
    actor.require_admin()
    if member_id == actor.member_id:
        raise Conflict("You cannot disable yourself.")
    if not await store.set_disabled(tx, member_id, clock.now()):
        raise NotFound("There is no such member.")
    await store.revoke_sessions(tx, member_id, None, clock.now())
    announce(tx, MemberDisabled(member_id=member_id))
    tx.signal(f"member:{member_id}")


async def enable_member(tx: Tx, actor: Actor, member_id: UUID) -> None:
    """Let the member sign in again."""
    actor.require_admin()
    if not await store.set_disabled(tx, member_id, None):
        raise NotFound("There is no such member.")


async def list_members(tx: Tx) -> list[Member]:
    """The staff directory, open to all members."""
    return await store.list_members(tx)


async def read_member(tx: Tx, member_id: UUID) -> Member:
    """Raises NotFound."""
    member = await store.read_member(tx, member_id)
    if member is None:
        raise NotFound("There is no such member.")
    return member


async def _insert_member(
    tx: Tx,
    address: str,
    name: str,
    role: Role,
    language: str,
    time_zone: str,
    credentials: Credentials,
) -> Actor:
    member_id = new_id()
    made = await store.insert_member(
        tx,
        member_id,
        address=address,
        name=name.strip() or address.partition("@")[0],
        role=role,
        language=checked_language(language),
        time_zone=checked_time_zone(time_zone),
        **_credential_columns(await keyring(tx), member_id, credentials),
    )
    if not made:
        raise Conflict(f"{address} is a member already.", field="address")
    announce(tx, MemberAdded(member_id=member_id))
    return Actor(
        workspace_id=tx.workspace,
        member_id=member_id,
        role=role,
        name=name.strip() or address.partition("@")[0],
        address=address,
    )


def _credential_columns(keys: Keyring, member_id: UUID, credentials: Credentials) -> dict[str, Any]:
    server_key = credentials.scram.server_key
    return {
        "argon2id": credentials.argon2id,
        "scram_salt": credentials.scram.salt,
        "scram_iterations": credentials.scram.iterations,
        "scram_stored_key": credentials.scram.stored_key,
        "scram_server_key": keys.encrypt("members", "scram_server_key", member_id, server_key),
    }


async def _make_dkim_keys() -> list[tuple[KeyKind, bytes]]:
    return [(kind, await asyncio.to_thread(generate_key, kind)) for kind in KeyKind]


async def _insert_domain(tx: Tx, domain: str, keys: list[tuple[KeyKind, bytes]]) -> None:
    if not await store.insert_domain(tx, domain):
        raise Conflict(f"{domain} is hosted here already.", field="domain")
    ring = await keyring(tx)
    for kind, private_key in keys:
        selector = f"{kind}-{clock.now():%Y%m}"
        await store.insert_dkim_key(
            tx,
            domain=domain,
            selector=selector,
            algorithm=f"{kind}-sha256",
            private_key=ring.encrypt(
                "dkim_keys", "private_key", dkim_row_id(domain, selector), private_key
            ),
            txt=dns_value(private_key),
        )
