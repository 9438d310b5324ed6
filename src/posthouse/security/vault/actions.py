"""The vault of a process: the master key, and the keyrings of workspaces it has opened."""

import base64
import binascii
import contextlib
import os
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Invalid
from posthouse.foundation.ids import new_id
from posthouse.foundation.settings import Settings
from posthouse.security.vault import store
from posthouse.security.vault.files import make_folder, sync_folder
from posthouse.security.vault.model import (
    KEY_SIZE,
    DataKey,
    Keyring,
    Sealed,
    Tampered,
    derived_key,
)

_MASTER_FILE = Path("keys") / "master.key"


class Vault:
    """Opens workspaces' keys with the master key. One per process."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != KEY_SIZE:
            raise Invalid(f"A master key has {KEY_SIZE} bytes.")
        self._master = DataKey(master_key)
        self._master_hash_key = derived_key(master_key, "house hash")
        self._keyrings: dict[UUID, Keyring] = {}

    @classmethod
    def load(cls, settings: Settings) -> "Vault":
        """The vault of this installation.

        POSTHOUSE_MASTER_KEY (base64, 32 bytes) when set, else DATA/keys/master.key, which is made
        on the first start. Raises Invalid when either is not a key.
        """
        text = settings.master_key or _read_or_make(settings.data / _MASTER_FILE)
        try:
            return cls(base64.b64decode(text, validate=True))
        except binascii.Error:
            raise Invalid("The master key is not base64.") from None

    async def check(self, database: Database) -> None:
        """Raises Invalid when the database was written with another master key.

        A data folder without its key would otherwise get a fresh one and fail mail by mail.
        """
        async with database.system() as tx:
            row = await store.any_workspace_key(tx)
        if row is None:
            return
        try:
            self._master.decrypt("workspace_keys", "wrapped", row["workspace_id"], row["wrapped"])
        except Tampered:
            raise Invalid(
                "The master key does not open this database. Put back the key it was made with: "
                f"DATA/{_MASTER_FILE}, or POSTHOUSE_MASTER_KEY."
            ) from None

    def opened(self, workspace_id: UUID) -> Keyring | None:
        """The keys of a workspace if this process has used them before: no database needed."""
        return self._keyrings.get(workspace_id)

    def seal_for_house(self, table: str, column: str, row_id: UUID, value: bytes) -> bytes:
        """Encrypt what belongs to no workspace: the operator's own secrets."""
        return self._master.encrypt(table, column, row_id, value)

    def open_for_house(self, table: str, column: str, row_id: UUID, value: bytes) -> bytes:
        """What `seal_for_house` was given. Raises Tampered."""
        return self._master.decrypt(table, column, row_id, value)

    def hash_for_house(self, purpose: str, data: bytes, size: int) -> bytes:
        """A keyed hash that belongs to no workspace, the same in every process."""
        said = purpose.encode() + b"\0" + data
        return blake2b(said, digest_size=size, key=self._master_hash_key).digest()

    async def keyring(self, tx: Tx) -> Keyring:
        """The keys of the transaction's workspace; made with the workspace's first use."""
        return await self.keyring_of(tx, tx.workspace)

    async def keyring_of(self, tx: Tx, workspace_id: UUID) -> Keyring:
        """The keys of a named workspace, for system transactions."""
        known = self._keyrings.get(workspace_id)
        if known is not None:
            return known
        wrapped = await store.read_workspace_keys(tx, workspace_id)
        if not wrapped:
            key = os.urandom(KEY_SIZE)
            sealed = self._master.encrypt("workspace_keys", "wrapped", workspace_id, key)
            await store.insert_workspace_key(tx, workspace_id, 1, sealed)
            wrapped = await store.read_workspace_keys(tx, workspace_id)
        keys = {
            generation: self._master.decrypt("workspace_keys", "wrapped", workspace_id, value)
            for generation, value in wrapped.items()
        }
        opened = Keyring(workspace_id, keys)
        # Only what has committed may be remembered: a rolled-back key would lose its data.
        tx.after_commit.append(lambda: self._keyrings.__setitem__(workspace_id, opened))
        return opened


async def keyring(tx: Tx) -> Keyring:
    """The keys of the transaction's workspace, by the vault this process was started with."""
    return await tx.database.service(Vault).keyring(tx)


async def save_data_keys(tx: Tx, keys: Sequence[Sealed]) -> None:
    """Keep new data keys beside the records they open, in the same transaction."""
    if keys:
        await store.insert_data_keys(tx, keys)


def _read_or_make(file: Path) -> str:
    try:
        if not file.exists():
            _make(file)
        return file.read_text("ascii").strip()
    except PermissionError:
        raise Invalid(f"The master key {file} cannot be read by this user.") from None


def _make(file: Path) -> None:
    """Linked into place complete: two first starts at once agree on one key.

    Durable before anything is encrypted with it: the folder that names it is synced too.
    """
    make_folder(file.parent)
    part = file.with_name(f"{file.name}.{new_id()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(base64.b64encode(os.urandom(KEY_SIZE)))
            handle.flush()
            os.fsync(handle.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(part, file)
    finally:
        part.unlink()
    sync_folder(file.parent)
