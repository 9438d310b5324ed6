"""A mailbox's scripts as its other scripts include them (RFC 6609): those of the mailbox alone."""

import asyncio
import unicodedata
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid
from posthouse.foundation.ids import new_id
from posthouse.mail.rules import store
from posthouse.protocols import sieve
from posthouse.security.vault import Keyring, keyring


async def compile_whole(tx: Tx, mailbox_id: UUID, keys: Keyring, content: bytes) -> sieve.Script:
    """The script with all it includes. Raises ScriptError."""
    # Beside the event loop: a hundred regular expressions take a tenth of a second.
    script = await asyncio.to_thread(sieve.compile_script, content)
    if "include" not in script.requires:
        return script
    return await _with_others(tx, mailbox_id, keys, content)


async def renew_active(tx: Tx, mailbox_id: UUID) -> None:
    """After a change to any script: the one in force still finds what it includes, and is read
    anew by every process. Raises Invalid.
    """
    row = await store.read_active(tx, mailbox_id)
    if row is None:
        return
    keys = await keyring(tx)
    content = keys.decrypt("mailbox_scripts", "content", row["id"], row["content"])
    try:
        alone = await asyncio.to_thread(sieve.compile_script, content)
    except sieve.ScriptError:  # of another version: mail stays where it is, and its owner is told
        return
    if "include" not in alone.requires:
        return
    try:
        await _with_others(tx, mailbox_id, keys, content)
    except sieve.ScriptError as error:
        raise Invalid(f"The active script could not go on: {error}", field="content") from None
    await store.activate(tx, row["id"], new_id())


async def _with_others(tx: Tx, mailbox_id: UUID, keys: Keyring, content: bytes) -> sieve.Script:
    texts: dict[str, bytes] = {}
    for row in await store.read_texts(tx, mailbox_id):
        name = keys.decrypt("mailbox_scripts", "name", row["id"], row["name"]).decode()
        texts[name] = keys.decrypt("mailbox_scripts", "content", row["id"], row["content"])

    def find(location: sieve.Location, name: str) -> bytes | None:
        # There are no global scripts: nobody but its owner says what a mailbox does.
        return texts.get(unicodedata.normalize("NFC", name)) if location == "personal" else None

    return await asyncio.to_thread(sieve.compile_script, content, find)
