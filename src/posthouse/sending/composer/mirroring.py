"""Drafts in the Drafts folder: what is written in the page is seen in mail programs.

A chore, not part of saving: a window saves every few seconds. The page shows the draft itself and
leaves out its mirror (`Flags.MIRROR`). What a mail program does to the mirror stays there.
"""

import asyncio
import contextlib
import logging
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import msgspec

from posthouse.foundation import clock
from posthouse.foundation.chores import Chore
from posthouse.foundation.db import Database, Row, Tx
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.foundation.settings import Settings
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import folders_by_use
from posthouse.mail.mailboxes.model import Filing, Flags
from posthouse.security.vault import keyring
from posthouse.security.vault.model import Tampered
from posthouse.sending.composer.building import Letter, build_letter
from posthouse.sending.composer.drafts import people, take_mirror_out
from posthouse.sending.composer.originals import threading_ids
from posthouse.sending.composer.uploads import read_files
from posthouse.sending.composer.views import DraftFields, Person

SQL = load_queries("posthouse.sending.composer", "mirroring.sql")
_QUIET = timedelta(seconds=10)
_LONG_QUIET = timedelta(minutes=2)
_LARGE = 1 << 20
_BATCH = 20

log = logging.getLogger(__name__)


async def mirror_drafts(database: Database) -> int:
    """Put drafts that have changed into their writers' Drafts folders; how many."""
    before, count = clock.now() - _QUIET, 0
    async with database.system() as tx:
        rows = await tx.rows(SQL["workspaces_to_mirror"], before=before)
    for workspace_id in [row["workspace_id"] for row in rows]:
        async with database.workspace(workspace_id) as tx:
            drafts = await tx.rows(
                SQL["drafts_to_mirror"],
                workspace_id=workspace_id,
                before=before,
                long_before=clock.now() - _LONG_QUIET,
                large=_LARGE,
                limit=_BATCH,
            )
        for draft in drafts:
            count += await _mirror(database, workspace_id, draft)
    return count


CHORES = (Chore(name="composer.mirrors", do=mirror_drafts, every=5),)


async def _mirror(database: Database, workspace_id: UUID, draft: Row) -> int:
    # Made before the draft is locked: who saves it meanwhile waits for nothing.
    try:
        async with database.workspace(workspace_id) as tx:
            letter = await _letter(tx, draft)
        hostname = database.service(Settings).hostname
        raw = await asyncio.to_thread(_built, letter, hostname, draft["id"])
    except (Invalid, Tampered, msgspec.MsgspecError) as error:
        # It must not keep others from being mirrored.
        log.warning("draft %s has no mirror: %s", draft["id"], type(error).__name__)
        raw = None
    async with database.workspace(workspace_id) as tx:
        held = await tx.row(
            SQL["lock_draft"],
            workspace_id=tx.workspace,
            id=draft["id"],
            revision=draft["revision"],
        )
        if held is None:
            return 0
        await take_mirror_out(tx, held["mirror_id"])
        await tx.execute(
            SQL["note_mirror"],
            workspace_id=tx.workspace,
            id=draft["id"],
            revision=draft["revision"],
            mirror_id=await _file(tx, draft, raw) if raw else None,
        )
    return 1


async def _file(tx: Tx, draft: Row, raw: bytes) -> UUID | None:
    mailbox_id = draft["mailbox_id"]
    folder_id = (await folders_by_use(tx, [mailbox_id], "drafts")).get(mailbox_id)
    if folder_id is None:
        return None
    filing = Filing(
        mailbox_id=mailbox_id,
        folder_id=folder_id,
        raw=raw,
        received_at=draft["changed_at"],
        direction="out",
        door="composer",
        flags=Flags.DRAFT | Flags.SEEN | Flags.MIRROR,
        submitted_by=draft["member_id"],
    )
    (filed,) = await file_messages(tx, [filing])
    return filed.mailbox_message_id


async def _letter(tx: Tx, draft: Row) -> Letter:
    keys = await keyring(tx)
    value = keys.decrypt("drafts", "content", draft["id"], draft["content"])
    fields = msgspec.json.decode(value, type=DraftFields)
    sender = people([fields.sender]) if fields.sender else []
    parent: tuple[str | None, tuple[str, ...]] = (None, ())
    files = []
    try:
        if fields.in_reply_to:
            parent = await threading_ids(tx, fields.in_reply_to)
        files = await read_files(tx, draft["member_id"], draft["upload_ids"])
    except NotFound:
        log.info("draft %s is mirrored without what is not there any more", draft["id"])
    html = "\n".join(part for part in (fields.html, fields.quote_html) if part)
    return Letter(
        sender=sender[0] if sender else Person(draft["address"], draft["name"]),
        to=people(fields.to),
        cc=people(fields.cc),
        bcc=people(fields.bcc),
        subject=fields.subject,
        html=html or None,
        text=fields.text,
        files=files,
        date=draft["changed_at"],
        in_reply_to=parent[0],
        references=parent[1],
    )


def _built(letter: Letter, hostname: str, identifier: UUID) -> bytes:
    """Without recipients while one of them is half written. Raises Invalid."""
    with contextlib.suppress(Invalid):
        return build_letter(letter, hostname, identifier)
    return build_letter(replace(letter, to=(), cc=(), bcc=()), hostname, identifier)
