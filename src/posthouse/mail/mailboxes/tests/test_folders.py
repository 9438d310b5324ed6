"""Folders as sessions see them: flags, copies, moves, expunges, and reading back."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.mailboxes import reading
from posthouse.mail.mailboxes.changing import (
    copy_messages,
    delete_folder,
    expunge,
    move_messages,
    store_flags,
)
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import (
    create_folder,
    find_folder,
    keyword_numbers,
    list_folders,
    make_mailbox,
    read_folder,
    rename_folder,
)
from posthouse.mail.mailboxes.model import Filing, Flags
from posthouse.mail.mailboxes.reading import (
    SQL,
    WANT_FULL,
    WANT_STRUCTURE,
    changes_since,
    describe_messages,
    fetch,
    open_folder,
    read_raw,
)
from posthouse.security.vault import keyring
from tests.support.house import Workspace, deliver, letter


async def test_what_came_is_given_back_byte_for_byte(house: Database, workspace: Workspace):
    raws = [
        letter(message_id="1@k.example", extra="Bcc: hidden@k.example\r\nX-After: yes"),
        letter(message_id="2@k.example").replace(b"\r\n", b"\n"),
        b"no header at all",
        b"",
        letter(message_id="3@k.example", body="x" * 600_000),
    ]
    filed = await deliver(house, workspace, *raws)
    async with house.workspace(workspace.id) as tx:
        for raw, one in zip(raws, filed, strict=True):
            assert one.mailbox_message_id is not None
            assert await read_raw(tx, one.mailbox_message_id) == raw
        folder_id = await find_folder(tx, workspace.mailbox_id, "inbox")
        fetched = await fetch(tx, folder_id, [1, 2, 3, 4, 5], [WANT_FULL])
    assert fetched[0].full == raws[0]
    assert fetched[1].full == letter(message_id="2@k.example")
    assert [f.size for f in fetched] == [len(f.full) for f in fetched]


async def test_structures_come_ready(house: Database, workspace: Workspace):
    await deliver(house, workspace, letter(message_id="1@k.example"))
    async with house.workspace(workspace.id) as tx:
        folder_id = await find_folder(tx, workspace.mailbox_id, "INBOX")
        (one,) = await fetch(tx, folder_id, [1], [WANT_STRUCTURE])
    assert b'"Quotation"' in one.envelope
    assert one.body_structure.lower().startswith(b'("text" "plain"')


async def test_flags_and_their_modseqs(house: Database, workspace: Workspace):
    await deliver(house, workspace, *(letter(message_id=f"{n}@k.example") for n in range(3)))
    async with house.workspace(workspace.id) as tx:
        folder_id = await find_folder(tx, workspace.mailbox_id, "INBOX")
        before = await open_folder(tx, folder_id, None)
        result = await store_flags(tx, folder_id, [1, 2], "+", Flags.SEEN, ["$Important"])
        again = await store_flags(tx, folder_id, [2], "+", Flags.SEEN)
        late = await store_flags(
            tx, folder_id, [1, 3], "=", Flags.FLAGGED, unchanged_since=before.modseqs[0]
        )
        changes = await changes_since(tx, folder_id, before.folder.highest_modseq, None)
    assert [(row.uid, row.flags, row.keywords) for row in result.stored] == [
        (1, 1, ("$Important",)),
        (2, 1, ("$Important",)),
    ]
    assert again.stored[0].modseq == result.stored[1].modseq
    assert late.modified == [1]
    assert [row.uid for row in late.stored] == [3]
    assert [row.uid for row in changes.changed] == [1, 2, 3]


async def test_seen_in_a_shared_mailbox_is_the_members_own(house: Database, workspace: Workspace):
    await deliver(house, workspace, letter(message_id="1@k.example"))
    async with house.workspace(workspace.id) as tx:
        await tx.connection.execute("UPDATE mailboxes SET kind = 'shared'")
        folder_id = await find_folder(tx, workspace.mailbox_id, "INBOX")
        await store_flags(
            tx, folder_id, [1], "+", Flags.SEEN | Flags.FLAGGED, member_id=workspace.member_id
        )
        own = await open_folder(tx, folder_id, workspace.member_id)
        common = await open_folder(tx, folder_id, None)
        (inbox,) = [
            f
            for f in await list_folders(tx, workspace.mailbox_id, workspace.member_id)
            if f.name == "INBOX"
        ]
    assert list(own.flags) == [Flags.SEEN | Flags.FLAGGED]
    assert list(common.flags) == [Flags.FLAGGED]
    assert inbox.unseen_count == 0


async def test_copy_move_and_expunge(house: Database, workspace: Workspace):
    await deliver(house, workspace, *(letter(message_id=f"{n}@k.example") for n in range(4)))
    async with house.workspace(workspace.id) as tx:
        inbox = await find_folder(tx, workspace.mailbox_id, "INBOX")
        project = await create_folder(tx, workspace.mailbox_id, "客户/北方机械")
        start = (await open_folder(tx, inbox, None)).folder.highest_modseq
        assert await copy_messages(tx, inbox, [1, 2], project) == [(1, 1), (2, 2)]
        assert await move_messages(tx, inbox, [3], project) == [(3, 3)]
        await store_flags(tx, inbox, [2, 4], "+", Flags.DELETED)
        assert await expunge(tx, inbox, [4]) == [4]
        changes = await changes_since(tx, inbox, start, None)
        counts = {f.name: f.message_count for f in await list_folders(tx, workspace.mailbox_id)}
    assert changes.expunged == [3, 4]
    assert [row.uid for row in changes.changed] == [2]
    assert (counts["INBOX"], counts["客户"], counts["客户/北方机械"]) == (2, 0, 3)


async def test_renaming_takes_what_is_below(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        top = await create_folder(tx, workspace.mailbox_id, "A/B/C")
        parent = await find_folder(tx, workspace.mailbox_id, "A")
        await rename_folder(tx, parent, "Kunden")
        names = [f.name for f in await list_folders(tx, workspace.mailbox_id)][6:]
        await delete_folder(tx, top)
    assert names == ["Kunden", "Kunden/B", "Kunden/B/C"]


async def test_an_answer_by_a_machine_is_told_apart(house: Database, workspace: Workspace):
    raw = letter(message_id="2@k.example", subject="自动回复:报价单")
    (filed,) = await deliver(house, workspace, raw)
    async with house.workspace(workspace.id) as tx:
        assert filed.mailbox_message_id is not None
        (one,) = await describe_messages(tx, [filed.mailbox_message_id])
    assert one.automatic


async def test_a_message_described(house: Database, workspace: Workspace):
    raw = letter(message_id="1@k.example", extra="Cc: b@k.example\r\nBcc: c@k.example")
    (filed,) = await deliver(house, workspace, raw)
    async with house.workspace(workspace.id) as tx:
        assert filed.mailbox_message_id is not None
        (one,) = await describe_messages(tx, [filed.mailbox_message_id])
    assert (one.subject, one.automatic) == ("Quotation", False)
    assert [(p.role.name, p.address) for p in one.people] == [
        ("FROM", "li.wei@kunde.example"),
        ("TO", "anna@acme.example"),
        ("CC", "b@k.example"),
        ("BCC", "c@k.example"),
    ]
    assert "20 pumps" in one.summary


async def test_a_folder_made_again_at_once_differs(house: Database, workspace: Workspace):
    validities: list[int] = []
    async with house.workspace(workspace.id) as tx:
        for _ in range(3):
            folder_id = await create_folder(tx, workspace.mailbox_id, "Again")
            validities.append((await read_folder(tx, folder_id)).uid_validity)
            await delete_folder(tx, folder_id)
    assert validities == sorted(set(validities))


async def test_two_sessions_make_keywords_at_once(house: Database, workspace: Workspace):
    async def mark(name: str) -> dict[str, int]:
        async with house.workspace(workspace.id) as tx:
            made = await keyword_numbers(tx, workspace.mailbox_id, [name, "$Both"])
            await asyncio.sleep(0.1)
            return made

    made = await asyncio.gather(*(mark(f"$Word{number}") for number in range(4)))
    numbers = {each[f"$word{number}"] for number, each in enumerate(made)}
    assert len(numbers | {each["$both"] for each in made}) == 5


async def test_a_change_does_not_read_the_whole_folder(house: Database, workspace: Workspace):
    (filed,) = await deliver(house, workspace, letter(message_id="1@k.example"))
    async with house.workspace(workspace.id) as tx:
        await tx.connection.execute(
            "INSERT INTO folder_messages SELECT workspace_id, folder_id, uid + n,"
            " mailbox_message_id, thread_id, received_at, flags, keywords, modseq + n"
            " FROM folder_messages, generate_series(1, 20000) n WHERE folder_id = $1",
            filed.folder_id,
        )
    owner = await house.connect()
    await owner.execute("ANALYZE folder_messages")
    await owner.close()
    async with house.workspace(workspace.id) as tx:
        statement = SQL["changed_since"]
        values = {
            "workspace_id": workspace.id,
            "folder_id": filed.folder_id,
            "member_id": None,
            "modseq": 20_000,
            "claims": True,
        }
        plan = await tx.connection.fetch(
            f"EXPLAIN (ANALYZE, FORMAT TEXT) {statement.text}", *statement.arguments(values)
        )
    text = "\n".join(row[0] for row in plan)
    assert "folder_messages_by_modseq" in text, text
    # A small table may be read as a whole.
    assert all(int(n) < 100 for n in re.findall(r"Rows Removed by Filter: (\d+)", text)), text


async def test_another_mailbox_gets_flags_and_keywords(house: Database, workspace: Workspace):
    (filed,) = await deliver(house, workspace, letter(message_id="1@k.example"))
    async with house.workspace(workspace.id) as tx:
        shared = await make_mailbox(
            tx, kind="shared", address="sales@acme.example", name="Sales", owner_member_id=None
        )
        target = await find_folder(tx, shared, "INBOX")
        await store_flags(tx, filed.folder_id, [1], "+", Flags.FLAGGED, ["$Forwarded"])
        assert await copy_messages(tx, filed.folder_id, [1], target) == [(1, 1)]
        opened = await open_folder(tx, target, None)
    assert list(opened.flags) == [Flags.FLAGGED]
    assert opened.keywords == {1: ("$Forwarded",)}


async def test_another_mailbox_knows_what_was_found_out(house: Database, workspace: Workspace):
    verdict = {"dmarc": {"result": "fail", "domain": "kunde.example"}}
    async with house.workspace(workspace.id) as tx:
        shared = await make_mailbox(
            tx, kind="shared", address="sales@acme.example", name="Sales", owner_member_id=None
        )
        inbox = await find_folder(tx, workspace.mailbox_id, "INBOX")
        filing = Filing(
            mailbox_id=workspace.mailbox_id,
            folder_id=inbox,
            raw=letter(message_id="1@k.example"),
            received_at=datetime.now(UTC),
            direction="in",
            door="smtp",
            verdict=verdict,
        )
        sent = replace(filing, direction="out", verdict=None, submitted_by=workspace.member_id)
        await file_messages(tx, [filing, sent])
        await copy_messages(tx, inbox, [1, 2], await find_folder(tx, shared, "INBOX"))
        rows = await tx.connection.fetch(
            "SELECT id, direction, verdict, submitted_by FROM mailbox_messages"
            " WHERE mailbox_id = $1 ORDER BY id",
            shared,
        )
        keys = await keyring(tx)
    came, went = rows
    assert (came["direction"], came["submitted_by"]) == ("in", None)
    plain = keys.decrypt("mailbox_messages", "verdict", came["id"], came["verdict"])
    assert json.loads(plain) == verdict
    assert (went["direction"], went["submitted_by"]) == ("out", workspace.member_id)
    assert went["verdict"] is None


async def test_a_folder_is_opened_slice_by_slice(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reading, "_SLICE", 3)
    filed = await deliver(
        house, workspace, *(letter(message_id=f"{n}@k.example") for n in range(7))
    )
    async with house.workspace(workspace.id) as tx:
        folder_id = filed[0].folder_id
        await store_flags(tx, folder_id, [1, 2, 7], "+", Flags.SEEN)
        await store_flags(tx, folder_id, [5], "+", 0, ["$Later"])
        opened = await open_folder(tx, folder_id, None)
    assert list(opened.uids) == [1, 2, 3, 4, 5, 6, 7]
    assert list(opened.flags) == [1, 1, 0, 0, 0, 0, 1]
    assert opened.keywords == {5: ("$Later",)}
    assert opened.first_unseen == 3
