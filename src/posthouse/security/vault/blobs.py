"""Blobs: encrypted contents, shared by digest inside a workspace.

Small ones live in their row, large ones in a file named by the id. A file is written and synced
before the row that names it commits. A transaction that fails leaves a file that no row names:
nothing opens it, for its key was never kept, and `sweep_files` finds it (erasing.py).
"""

import asyncio
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar
from uuid import UUID

import zstandard

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import NotFound
from posthouse.foundation.ids import new_id
from posthouse.security.vault import store
from posthouse.security.vault.actions import keyring, save_data_keys
from posthouse.security.vault.files import make_folder, sync_folder
from posthouse.security.vault.model import DataKey, Keyring, Sealed

P = ParamSpec("P")
T = TypeVar("T")
# Above this a row makes dumps and vacuums heavy; below it a file costs two fsyncs more.
FILE_FROM = 256 * 1024
# Of 10 KB of mail 2 would keep a fiftieth less, in half as much time again and from more tables,
# which are cold when many mails are prepared side by side.
_LEVEL = 1
# Above this, hashing, packing and encrypting would hold the event loop for more than 20 ms.
_LARGE = 1 << 20
_of_thread = threading.local()


class BlobFiles:
    """The folder of large blobs: DATA/blobs/ab/<uuid>."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, blob_id: UUID, content: bytes) -> None:
        """Durable when it returns: file and folder are synced. Raises OSError when full."""
        target = self._path(blob_id)
        make_folder(target.parent)
        part = target.with_suffix(".part")
        try:
            with open(part, "wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            part.rename(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        sync_folder(target.parent)

    def read(self, blob_id: UUID) -> bytes:
        """The encrypted bytes. Raises NotFound."""
        try:
            return self._path(blob_id).read_bytes()
        except FileNotFoundError:
            raise NotFound("The content of this message is missing from the data folder.") from None

    def delete(self, blob_id: UUID) -> None:
        """Remove the file if it is there."""
        self._path(blob_id).unlink(missing_ok=True)

    def _path(self, blob_id: UUID) -> Path:
        # The last byte is random in a UUIDv7; the first ones are the time.
        return self.folder / f"{blob_id.bytes[-1]:02x}" / str(blob_id)


@dataclass(slots=True)
class EncryptedBlob:
    """One content made ready for its row: compressed, encrypted, with its key."""

    id: UUID
    digest: bytes
    size: int
    key: Sealed
    content: bytes

    @property
    def in_file(self) -> bool:
        """Whether it is too large for a row."""
        return len(self.content) > FILE_FROM


def encrypt_blob(keys: Keyring, content: bytes, digest: bytes | None = None) -> EncryptedBlob:
    """`digest` is `blob_digest` of the content, when the caller has it already."""
    blob_id = new_id()
    key, sealed = keys.new_data_key(blob_id)
    return EncryptedBlob(
        id=blob_id,
        digest=digest or blob_digest(keys, content),
        size=len(content),
        key=sealed,
        content=encrypt_content(key, blob_id, content),
    )


def blob_digest(keys: Keyring, content: bytes) -> bytes:
    """The keyed hash by which equal contents are found."""
    return keys.hash("blob", content, 32)


def encrypt_content(key: DataKey, blob_id: UUID, content: bytes) -> bytes:
    """Compressed when that helps (first byte z, else -), then encrypted."""
    packed = _compressor().compress(content)
    marked = b"z" + packed if len(packed) < len(content) else b"-" + content
    return key.encrypt("blobs", "content", blob_id, marked)


def _compressor() -> zstandard.ZstdCompressor:
    """This thread's own: making one anew costs as much as packing a small mail with it."""
    made: zstandard.ZstdCompressor | None = getattr(_of_thread, "compressor", None)
    if made is None:
        made = _of_thread.compressor = zstandard.ZstdCompressor(level=_LEVEL)
    return made


def _decompressor() -> zstandard.ZstdDecompressor:
    made: zstandard.ZstdDecompressor | None = getattr(_of_thread, "decompressor", None)
    if made is None:
        made = _of_thread.decompressor = zstandard.ZstdDecompressor()
    return made


def decrypt_content(key: DataKey, blob_id: UUID, content: bytes) -> bytes:
    """What `encrypt_content` was given. Raises Tampered."""
    marked = key.decrypt("blobs", "content", blob_id, content)
    return _decompressor().decompress(marked[1:]) if marked[:1] == b"z" else marked[1:]


async def keep_blobs(tx: Tx, contents: Sequence[bytes]) -> list[UUID]:
    """Ids of `contents`, each stored once per workspace. Raises OSError on a full disk."""
    keys = await keyring(tx)
    digests = [await _beside(content, blob_digest, keys, content) for content in contents]
    known = await store.find_blobs(tx, digests)
    fresh: dict[bytes, EncryptedBlob] = {}
    for content, digest in zip(contents, digests, strict=True):
        if digest not in known and digest not in fresh:
            fresh[digest] = await _beside(content, encrypt_blob, keys, content)
    if fresh:
        await _insert(tx, list(fresh.values()))
        known = await store.find_blobs(tx, digests)
    return [known[digest] for digest in digests]


async def write_files(tx: Tx, files: Mapping[UUID, bytes]) -> None:
    """Large contents to their files, off the event loop, before the rows commit."""
    folder = tx.database.service(BlobFiles)
    for blob_id, content in files.items():
        await asyncio.to_thread(folder.write, blob_id, content)


async def read_blobs(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """Id → content. Raises NotFound for a missing file, Tampered for a damaged one."""
    keys = await keyring(tx)
    folder = tx.database.service(BlobFiles)
    contents: dict[UUID, bytes] = {}
    for row in await store.read_blobs(tx, ids):
        blob_id, content = row["id"], row["content"]
        if content is None:
            content = await asyncio.to_thread(folder.read, blob_id)
        key = keys.open_data_key(blob_id, row["wrapped"], row["generation"])
        contents[blob_id] = await _beside(content, decrypt_content, key, blob_id, content)
    return contents


async def erase_blobs(tx: Tx, ids: Sequence[UUID]) -> None:
    """Destroy keys, rows and, once committed, files."""
    folder = tx.database.service(BlobFiles)
    await store.delete_blobs(tx, ids)
    for blob_id in ids:
        tx.after_commit.append(lambda blob_id=blob_id: folder.delete(blob_id))  # type: ignore[misc]


async def _beside(content: bytes, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do `work` in a thread when `content` is large."""
    if len(content) > _LARGE:
        return await asyncio.to_thread(work, *args, **kwargs)
    return work(*args, **kwargs)


async def _insert(tx: Tx, blobs: Sequence[EncryptedBlob]) -> None:
    await write_files(tx, {blob.id: blob.content for blob in blobs if blob.in_file})
    rows = [(b.id, b.digest, b.size, None if b.in_file else b.content) for b in blobs]
    made = await store.insert_blobs(tx, rows)
    keys: list[Sealed] = [blob.key for blob in blobs if blob.id in made]
    await save_data_keys(tx, keys)
