"""A mailbox's scripts: list, read, check, save, make active, rename, delete. Rights are asked by
who calls (`reach.py`).
"""

import asyncio
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import Conflict, Invalid, NotFound, TooLarge
from posthouse.foundation.ids import new_id
from posthouse.mail.rules import store
from posthouse.mail.rules.including import renew_active
from posthouse.mail.rules.model import (
    LARGEST_SCRIPT,
    MOST_SCRIPTS,
    TOPIC,
    Script,
    ScriptInfo,
    script_name,
)
from posthouse.protocols import sieve
from posthouse.security.vault import Keyring, keyring


async def find_problems(content: bytes) -> list[sieve.Problem]:
    """Every mistake in a script. Raises TooLarge."""
    if len(content) > LARGEST_SCRIPT:
        raise TooLarge(f"A script has at most {LARGEST_SCRIPT // 1024} KiB.", field="content")
    try:
        # Beside the event loop: a hundred regular expressions take a tenth of a second.
        await asyncio.to_thread(sieve.compile_script, content)
    except sieve.ScriptError as error:
        return error.problems
    return []


async def check_script(content: bytes) -> None:
    """Raises TooLarge, and Invalid with every mistake and its place."""
    if problems := await find_problems(content):
        raise Invalid("\n".join(map(str, problems)), field="content")


async def list_scripts(tx: Tx, mailbox_id: UUID) -> list[ScriptInfo]:
    """In the order in which they were made."""
    keys = await keyring(tx)
    return [_info(row, keys) for row in await store.list_scripts(tx, mailbox_id)]


async def read_script(tx: Tx, mailbox_id: UUID, name: str) -> Script:
    """Raises NotFound."""
    row = await _found(tx, mailbox_id, name)
    keys = await keyring(tx)
    content = keys.decrypt("mailbox_scripts", "content", row["id"], row["content"])
    return Script(info=_info(row, keys), content=content)


async def check_room(tx: Tx, mailbox_id: UUID, name: str, size: int) -> None:
    """Whether a script of that size may be saved under that name (RFC 5804 2.5).

    Raises TooLarge and Conflict.
    """
    if size > LARGEST_SCRIPT:
        raise TooLarge(f"A script has at most {LARGEST_SCRIPT // 1024} KiB.", field="content")
    known = {info.name for info in await list_scripts(tx, mailbox_id)}
    if script_name(name) not in known and len(known) >= MOST_SCRIPTS:
        raise Conflict(f"A mailbox has at most {MOST_SCRIPTS} scripts.")


async def save_script(tx: Tx, mailbox_id: UUID, name: str, content: bytes) -> None:
    """New, or in place of the one of that name; that one stays active if it was.

    The text was checked (`check_script`). Raises Invalid for a name that cannot be and for what the
    active script cannot go on with, TooLarge, Conflict beyond the quota, NotFound without the
    mailbox.
    """
    name = script_name(name)
    await _lock(tx, mailbox_id)
    await check_room(tx, mailbox_id, name, len(content))
    keys = await keyring(tx)
    name_key = _name_key(keys, name)
    known = await store.find_script(tx, mailbox_id, name_key)
    script_id: UUID = known["id"] if known else new_id()
    await store.save_script(
        tx,
        mailbox_id,
        id=script_id,
        name=keys.encrypt("mailbox_scripts", "name", script_id, name.encode()),
        name_key=name_key,
        content=keys.encrypt("mailbox_scripts", "content", script_id, content),
        size=len(content),
        revision=new_id(),
        now=clock.now(),
    )
    await renew_active(tx, mailbox_id)
    tx.signal(TOPIC)


async def activate_script(tx: Tx, mailbox_id: UUID, name: str | None) -> None:
    """Make that one the active script; none with None.

    Raises NotFound, and Invalid when a script is missing that it includes.
    """
    await _lock(tx, mailbox_id)
    row = None if name is None else await _found(tx, mailbox_id, name)
    await store.deactivate(tx, mailbox_id)
    if row is not None:
        await store.activate(tx, row["id"], new_id())
    await renew_active(tx, mailbox_id)
    tx.signal(TOPIC)


async def rename_script(tx: Tx, mailbox_id: UUID, old: str, new: str) -> None:
    """Raises NotFound, Invalid, and Conflict when there is one of the new name.

    Invalid too when the active script includes it by its old name.
    """
    await _lock(tx, mailbox_id)
    row = await _found(tx, mailbox_id, old)
    name, keys = script_name(new), await keyring(tx)
    other = await store.find_script(tx, mailbox_id, _name_key(keys, name))
    if other is not None:
        raise Conflict("There is a script of that name already.")
    encrypted = keys.encrypt("mailbox_scripts", "name", row["id"], name.encode())
    await store.rename_script(tx, row["id"], encrypted, _name_key(keys, name))
    await renew_active(tx, mailbox_id)
    tx.signal(TOPIC)


async def delete_script(tx: Tx, mailbox_id: UUID, name: str) -> None:
    """Raises NotFound, Conflict for the active one (RFC 5804 2.10), Invalid for one it includes."""
    await _lock(tx, mailbox_id)
    row = await _found(tx, mailbox_id, name)
    if row["active"]:
        raise Conflict("The active script cannot be deleted.")
    await store.delete_script(tx, row["id"])
    await renew_active(tx, mailbox_id)
    tx.signal(TOPIC)


async def _lock(tx: Tx, mailbox_id: UUID) -> None:
    if not await store.lock_mailbox(tx, mailbox_id):
        raise NotFound("There is no such mailbox.")


async def _found(tx: Tx, mailbox_id: UUID, name: str) -> Row:
    try:
        name_key = _name_key(await keyring(tx), script_name(name))
    except Invalid:
        raise NotFound("There is no such script.") from None
    row = await store.find_script(tx, mailbox_id, name_key)
    if row is None:
        raise NotFound("There is no such script.")
    return row


def _info(row: Row, keys: Keyring) -> ScriptInfo:
    def opened(column: str) -> str:
        return keys.decrypt("mailbox_scripts", column, row["id"], row[column]).decode()

    return ScriptInfo(
        id=row["id"],
        name=opened("name"),
        size=row["size"],
        active=row["active"],
        changed_at=row["changed_at"],
        failure=None if row["failure"] is None else opened("failure"),
        failed_at=row["failed_at"],
    )


def _name_key(keys: Keyring, name: str) -> bytes:
    return keys.hash("script", name.encode())
