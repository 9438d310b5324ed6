"""Folders as sessions see them: flags, copies, moves, expunges, and reading back."""

from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.changing import (
    copy_messages,
    delete_folder,
    expunge,
    move_messages,
    store_flags,
)
from posthouse.mail.mailboxes.folders import (
    create_folder,
    find_folder,
    list_folders,
    rename_folder,
)
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.mailboxes.reading import (
    WANT_FULL,
    WANT_STRUCTURE,
    changes_since,
    describe_messages,
    fetch,
    open_folder,
    read_raw,
)
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
