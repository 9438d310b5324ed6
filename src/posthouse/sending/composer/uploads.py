"""Files on their way into a message: sent up once, named by id, encrypted like all content."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.chores import Chore
from posthouse.foundation.db import Database, Row, Tx
from posthouse.foundation.errors import Invalid, NotFound, TooLarge
from posthouse.foundation.ids import new_id
from posthouse.foundation.settings import Settings
from posthouse.protocols import mime
from posthouse.security.members import Actor, Scope
from posthouse.security.vault import Keyring, keyring
from posthouse.security.vault.blobs import keep_blobs, read_blobs
from posthouse.security.vault.erasing import let_go
from posthouse.sending.composer import store
from posthouse.sending.composer.views import Upload

_KEPT_FOR = timedelta(days=30)
_MOST_WAITING = 2 << 30
_LONGEST_TYPE = 127
_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    """A file with its content."""

    id: UUID
    name: str
    mime_type: str
    data: bytes


def most_octets(settings: Settings) -> int:
    """What one file may have: base64 makes 4 of 3, and the message around it needs room."""
    return settings.max_message_size * 3 // 4 - 64 * 1024


async def keep_upload(tx: Tx, actor: Actor, *, name: str, mime_type: str, data: bytes) -> Upload:
    """Keep a file. Raises TooLarge, Invalid."""
    actor.require(Scope.MAIL_SEND)
    if len(data) > most_octets(tx.database.service(Settings)):
        raise TooLarge("The file is too large for a message.", field="file")
    name = mime.safe_name(name)
    if not name:
        raise Invalid("The file needs a name.", field="name")
    if await store.sum_uploads(tx, actor.member_id) + len(data) > _MOST_WAITING:
        raise TooLarge("Too many files wait to be sent.", field="file")
    mime_type = mime_type.partition(";")[0].strip().lower()[:_LONGEST_TYPE]
    upload_id = new_id()
    keys = await keyring(tx)
    (blob,) = await keep_blobs(tx, [data])
    await store.insert_upload(
        tx,
        upload_id,
        actor.member_id,
        name=keys.encrypt("uploads", "name", upload_id, name.encode("utf-8", "replace")),
        mime_type=keys.encrypt("uploads", "mime_type", upload_id, mime_type.encode()),
        size=len(data),
        blob=blob,
    )
    return Upload(id=upload_id, name=name, type=mime_type, size=len(data))


async def describe_uploads(tx: Tx, member_id: UUID, ids: Sequence[UUID]) -> list[Upload]:
    """Those of `ids` that are the member's, in this order."""
    keys = await keyring(tx)
    rows = {row["id"]: row for row in await store.read_uploads(tx, member_id, ids)}
    return [_upload(keys, rows[each]) for each in ids if each in rows]


async def read_files(tx: Tx, member_id: UUID, ids: Sequence[UUID]) -> list[UploadedFile]:
    """The contents, in this order. Raises NotFound when one is not the member's."""
    if not ids:
        return []
    keys = await keyring(tx)
    rows = {row["id"]: row for row in await store.read_uploads(tx, member_id, ids)}
    if len(rows) < len(set(ids)):
        raise NotFound("An attachment is not there any more.", field="attachments")
    contents = await read_blobs(tx, [row["blob_id"] for row in rows.values()])
    files: list[UploadedFile] = []
    for each in ids:
        upload = _upload(keys, rows[each])
        data = contents[rows[each]["blob_id"]]
        files.append(UploadedFile(id=each, name=upload.name, mime_type=upload.type, data=data))
    return files


async def forget_uploads(database: Database) -> int:
    """Files of a month ago that no draft names are gone; how many."""
    before, count = clock.now() - _KEPT_FOR, 0
    async with database.system() as tx:
        workspaces = await store.workspaces_with_old_uploads(tx, before)
    for workspace_id in workspaces:
        forgotten = _BATCH
        while forgotten == _BATCH:
            async with database.workspace(workspace_id) as tx:
                blobs = await store.forget_uploads(tx, before, _BATCH)
                await let_go(tx, blobs)
            forgotten = len(blobs)
            count += forgotten
    return count


CHORES = (Chore(name="composer.uploads", do=forget_uploads, every=3600),)


def _upload(keys: Keyring, row: Row) -> Upload:
    return Upload(
        id=row["id"],
        name=keys.decrypt("uploads", "name", row["id"], row["name"]).decode(),
        type=keys.decrypt("uploads", "mime_type", row["id"], row["mime_type"]).decode(),
        size=row["size"],
    )
