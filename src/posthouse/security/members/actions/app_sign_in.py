"""The part of signing in that knows app passwords: finding one by its word, or by SCRAM."""

from datetime import timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Row, Tx
from posthouse.protocols.sasl.scram import ScramKeys
from posthouse.security.members import app_password_store as store
from posthouse.security.members.generated import letters_of
from posthouse.security.members.model import MailProtocol, WrongDoor
from posthouse.security.vault import Keyring, Vault

_USED_EVERY = timedelta(minutes=1)
_MAIL_PROTOCOLS: frozenset[str] = frozenset(MailProtocol)
_NEEDED = "Mail programs need an app password here. Make one in the page: Settings, Mail programs."
_NOBODY = UUID(int=0)


def lookup_of(keys: Keyring, member_id: UUID, letters: str) -> bytes:
    """Under which an app password is found. It is random: no slow hash makes it safer."""
    return keys.hash("app password", member_id.bytes + letters.encode(), 32)


async def find_by_word(
    tx: Tx, database: Database, found: Row, password: str, protocol: str
) -> Row | None:
    """The app password that `password` is, of the member in `found`; None also at the page's door.

    Who does not exist is looked for as well.
    """
    letters = letters_of(password)
    if letters is None or protocol not in _MAIL_PROTOCOLS:
        return None
    if found["member_id"] is None:
        return await store.find_by_word(tx, _NOBODY, _NOBODY, b"")
    keys = await database.service(Vault).keyring_of(tx, found["workspace_id"])
    lookup = lookup_of(keys, found["member_id"], letters)
    return await store.find_by_word(tx, found["workspace_id"], found["member_id"], lookup)


async def find_by_id(tx: Tx, found: Row, password_id: str) -> Row | None:
    """The one that SCRAM has proved; None when it was revoked meanwhile."""
    return await store.find_by_id(tx, found["workspace_id"], found["member_id"], UUID(password_id))


async def scram_keys_of(tx: Tx, keys: Keyring, found: Row) -> tuple[ScramKeys, ...]:
    """Of all app passwords of the member in `found`; `which` is an id, for `find_by_id`."""
    rows = await store.list_scram_keys(tx, found["workspace_id"], found["member_id"])
    return tuple(
        ScramKeys(
            salt=found["scram_salt"],
            iterations=found["scram_iterations"],
            stored_key=row["scram_stored_key"],
            server_key=keys.decrypt(
                "app_passwords", "scram_server_key", row["id"], row["scram_server_key"]
            ),
            which=str(row["id"]),
        )
        for row in rows
    )


async def use(tx: Tx, found: Row, kept: Row, *, protocol: str, source: str) -> bool:
    """Note the use; True when it was written down, which is not each time.

    Raises WrongDoor when the app password is not for `protocol`.
    """
    if protocol not in kept["protocols"]:
        good_for = ", ".join(name.upper() for name in kept["protocols"])
        raise WrongDoor(f"This app password is for {good_for} only.")
    now = clock.now()
    last = kept["last_used_at"]
    same_way = (kept["last_protocol"], kept["last_source"]) == (protocol, source)
    if same_way and last is not None and now - last < _USED_EVERY:
        return False
    await store.touch(
        tx, found["workspace_id"], kept["id"], now=now, protocol=protocol, source=source
    )
    return True


def require_own_password(found: Row, protocol: str) -> None:
    """Raises WrongDoor where mail programs need an app password, and this was the member's own."""
    if found["app_passwords_required"] and protocol in _MAIL_PROTOCOLS:
        raise WrongDoor(_NEEDED)
