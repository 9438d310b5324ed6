"""App passwords: one for each of a member's mail programs, made here, shown once, revoked alone."""

from collections.abc import Collection
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Conflict, Invalid, NotFound
from posthouse.foundation.ids import new_id
from posthouse.security.members import app_password_store as store
from posthouse.security.members import generated
from posthouse.security.members.actions.app_sign_in import lookup_of
from posthouse.security.members.model import (
    Actor,
    AppPassword,
    MailProtocol,
    checked_protocols,
)
from posthouse.security.members.passwords import scram_keys
from posthouse.security.vault import keyring

# A person has fewer programs; a SCRAM proof is tried against all of them.
MOST = 50
_LONGEST_NAME = 100


async def add_app_password(
    tx: Tx, member_id: UUID, name: str, protocols: Collection[str] = ()
) -> tuple[UUID, str]:
    """A new one for `protocols`, or for all: its id, and the word, which is kept nowhere.

    Raises Invalid, NotFound, Conflict when there are too many.
    """
    name, good_for = _checked_name(name), checked_protocols(protocols)
    scram = await store.read_salt(tx, member_id)
    if scram is None:
        raise NotFound("There is no such member.")
    if scram["scram_salt"] is None:
        raise Conflict("App passwords stand beside a password of the member: set that first.")
    if scram["app_passwords"] >= MOST:
        raise Conflict(f"More than {MOST} app passwords are too many: revoke some first.")
    letters, password_id = generated.generate(), new_id()
    made = await scram_keys(letters, scram["scram_salt"], scram["scram_iterations"])
    keys = await keyring(tx)
    await store.insert(
        tx,
        password_id,
        member_id=member_id,
        name=keys.encrypt("app_passwords", "name", password_id, name.encode()),
        lookup=lookup_of(keys, member_id, letters),
        scram_stored_key=made.stored_key,
        scram_server_key=keys.encrypt(
            "app_passwords", "scram_server_key", password_id, made.server_key
        ),
        protocols=sorted(good_for),
        created_at=clock.now(),
    )
    return password_id, letters


async def list_app_passwords(tx: Tx, member_id: UUID) -> list[AppPassword]:
    """Newest first."""
    keys = await keyring(tx)
    return [
        AppPassword(
            id=row["id"],
            name=keys.decrypt("app_passwords", "name", row["id"], row["name"]).decode(),
            protocols=frozenset(map(MailProtocol, row["protocols"])),
            created_at=row["created_at"],
            last_used_at=row["last_used_at"],
            last_protocol=MailProtocol(row["last_protocol"]) if row["last_protocol"] else None,
            last_source=row["last_source"],
        )
        for row in await store.list_of(tx, member_id)
    ]


async def revoke_app_password(tx: Tx, member_id: UUID, password_id: UUID) -> None:
    """Nobody comes in with it any more, and what it has open ends. Raises NotFound."""
    if not await store.delete(tx, member_id, password_id):
        raise NotFound("There is no such app password.")
    tx.signal(f"member:{member_id}")


async def app_passwords_required(tx: Tx) -> bool:
    """Whether mail programs sign in with app passwords only."""
    return await store.read_required(tx)


async def require_app_passwords(tx: Tx, actor: Actor, required: bool) -> None:
    """Take no other password from mail programs; what is open with one ends when it asks next.

    API keys and the page's own sign-in stay as they are. Raises Denied for who is no administrator.
    """
    actor.require_admin()
    await store.write_required(tx, required)


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise Invalid(f"A name has 1 to {_LONGEST_NAME} characters.", field="name")
    return name
