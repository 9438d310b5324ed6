"""Filing: what is shared, what is made again, what threads it makes."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import find_folder, list_folders
from posthouse.mail.mailboxes.model import Filed, Filing
from posthouse.mail.mailboxes.prepare import address_row
from posthouse.security.vault import keyring
from tests.support.house import Workspace, deliver, letter


async def _count(house: Database, workspace: Workspace, table: str) -> int:
    async with house.workspace(workspace.id) as tx:
        return int(await tx.connection.fetchval(f"SELECT count(*) FROM {table}"))


async def _thread_of(house: Database, workspace: Workspace, filed: Filed) -> object:
    async with house.workspace(workspace.id) as tx:
        return await tx.connection.fetchval(
            "SELECT thread_id FROM folder_messages WHERE mailbox_message_id = $1",
            filed.mailbox_message_id,
        )


async def test_the_same_content_is_kept_once(house: Database, workspace: Workspace):
    raw = letter(message_id="1@kunde.example")
    other_way = b"Received: from elsewhere by mx; Sun, 22 Nov 2026 09:00:00 +0000\r\n" + raw
    first, second, third = await deliver(house, workspace, raw, raw, other_way)

    assert [first.uid, second.uid, third.uid] == [1, 2, 3]
    assert first.thread_id == third.thread_id
    assert await _count(house, workspace, "variants") == 1
    assert await _count(house, workspace, "blobs") == 1
    assert await _count(house, workspace, "mailbox_messages") == 3


async def test_a_footer_makes_a_variant_of_the_same_message(house: Database, workspace: Workspace):
    raw = letter(message_id="1@kunde.example")
    first, second = await deliver(house, workspace, raw, raw + b"-- \r\nlist footer\r\n")

    assert first.message_id == second.message_id
    assert await _count(house, workspace, "variants") == 2
    assert await _count(house, workspace, "messages") == 1


async def test_a_reply_joins_its_parent_and_a_fresh_subject_does_not(
    house: Database, workspace: Workspace
):
    (parent,) = await deliver(house, workspace, letter(message_id="1@k.example"))
    reply, hijacked = await deliver(
        house,
        workspace,
        letter(message_id="2@k.example", subject="回复：Quotation", references="<1@k.example>"),
        letter(message_id="3@k.example", subject="Trade fair", references="<1@k.example>"),
    )

    assert reply.thread_id == parent.thread_id
    assert hijacked.thread_id != parent.thread_id


async def test_a_late_parent_joins_two_threads(house: Database, workspace: Workspace):
    one, two = await deliver(
        house,
        workspace,
        letter(message_id="2@k.example", subject="Re: Quotation", references="<1@k.example>"),
        letter(message_id="3@k.example", subject="AW: Offer", references="<1@k.example>"),
    )
    assert one.thread_id != two.thread_id

    (parent,) = await deliver(house, workspace, letter(message_id="1@k.example"))

    threads = [await _thread_of(house, workspace, filed) for filed in (one, two, parent)]
    assert len(set(threads)) == 1


async def test_an_import_repeats_nothing(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        folder_id = await find_folder(tx, workspace.mailbox_id, "INBOX")
    filing = Filing(
        mailbox_id=workspace.mailbox_id,
        folder_id=folder_id,
        raw=letter(message_id="1@k.example"),
        received_at=datetime.now(UTC),
        direction="in",
        door="import",
        source_key=b"mbox 0 digest",
    )
    other = replace(filing, source_key=b"mbox 1 digest")
    async with house.workspace(workspace.id) as tx:
        assert [f.repeated for f in await file_messages(tx, [filing, filing, other])] == [
            False,
            True,
            False,
        ]
    async with house.workspace(workspace.id) as tx:
        assert all(f.repeated for f in await file_messages(tx, [filing, other]))
    assert await _count(house, workspace, "folder_messages") == 2


async def test_racing_writers_of_the_same_mail_both_succeed(house: Database, workspace: Workspace):
    raws = [letter(message_id=f"{n}@k.example") for n in range(20)]
    results = await asyncio.gather(*(deliver(house, workspace, *raws) for _ in range(6)))

    uids = sorted(filed.uid for batch in results for filed in batch)
    assert uids == list(range(1, 121))
    assert await _count(house, workspace, "variants") == 20
    assert await _count(house, workspace, "messages") == 20


async def test_counts_and_hidden_copies(house: Database, workspace: Workspace):
    raw = letter(message_id="1@k.example", extra="Bcc: secret@partner.example")
    await deliver(house, workspace, raw, letter(message_id="1@k.example"))

    assert await _count(house, workspace, "variants") == 1
    assert await _count(house, workspace, "mailbox_message_people") == 1
    async with house.workspace(workspace.id) as tx:
        inbox = (await list_folders(tx, workspace.mailbox_id))[0]
    assert (inbox.name, inbox.message_count, inbox.unseen_count) == ("INBOX", 2, 2)


async def test_batches_that_wait_for_each_other_are_both_filed(
    house: Database, workspace: Workspace
):
    raws = [letter(message_id=f"{n}@k.example", sender=f"p{n}@k.example") for n in range(40)]
    async with house.workspace(workspace.id) as tx:
        keys = await keyring(tx)
    first, last = (address_row(keys, f"p{n}@k.example").id for n in (0, 39))
    insert = "INSERT INTO addresses (workspace_id, id, address, domain_key) VALUES ($1, $2, $3, $3)"
    async with house.workspace(workspace.id) as tx:
        await tx.connection.execute(insert, workspace.id, last, b"")
        filing = asyncio.create_task(deliver(house, workspace, *raws))
        await asyncio.sleep(0.5)  # it has written the first address and waits for the last
        await tx.connection.execute(insert + " ON CONFLICT DO NOTHING", workspace.id, first, b"")
    assert len(await filing) == 40


async def test_large_messages_are_taken_apart_beside_the_loop(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    beside: list[str] = []
    to_thread = asyncio.to_thread

    async def noted(work: Callable[..., object], *arguments: object) -> object:
        beside.append(work.__name__)
        return await to_thread(work, *arguments)

    monkeypatch.setattr(asyncio, "to_thread", noted)
    await deliver(house, workspace, letter(message_id="1@k.example", body="x" * 1_000_000))
    assert beside.count("prepare_whole") == 1
