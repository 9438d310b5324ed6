"""Visits to a Gmail account: the mirror is that of Gmail over IMAP, and stays so."""

from uuid import UUID

import pytest

from posthouse.foundation.db import Database, Tx
from posthouse.mail.mailboxes.changing import move_messages, store_flags, take_out
from posthouse.mail.mailboxes.folders import create_folder, list_folders
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.mailboxes.reading import fetch, open_folder
from tests.support.gmail_server import GmailServer, Mailbox
from tests.support.house import Workspace, letter
from tests.support.keyed import KeyedLinked
from tests.support.linked_gmail import link_gmail


def mail(number: int) -> bytes:
    return letter(message_id=f"{number}@kunde.example", subject=f"Pump {number}")


@pytest.fixture
async def linked(
    house: Database, workspace: Workspace, gmail: GmailServer, box: Mailbox
) -> KeyedLinked:
    return await link_gmail(house, workspace, gmail, box)


async def test_the_first_visit(linked: KeyedLinked, box: Mailbox, gmail: GmailServer):
    """A label is a folder, All Mail the archive, and content is fetched once for all of them."""
    red = box.create_label("Customers/Red").id
    box.insert(mail(1))
    box.insert(mail(2), ["INBOX", red, "STARRED", "IMPORTANT"])
    box.insert(mail(3), [])
    box.insert(mail(4), ["SENT", "INBOX"])
    box.insert(mail(5), ["TRASH", red])
    box.insert(mail(6), ["SPAM", "UNREAD"])
    box.insert(mail(7), ["CHAT"])
    box.make_draft(mail(8))
    assert await linked.visit() == 9
    await linked.assert_in_step()
    here = await linked.here()
    assert here["Customers/Red"] == [(mail(2), Flags.SEEN | Flags.FLAGGED, ())]
    assert [raw for raw, _, _ in here["Archive"]] == [mail(3)]
    assert gmail.asked.count("messages.get") == 7
    gmail.asked.clear()
    assert await linked.visit() == 0
    assert "messages.get" not in gmail.asked


async def test_whatever_happens_there(linked: KeyedLinked, box: Mailbox):
    red = box.create_label("Red").id
    keys = [box.insert(mail(number)) for number in range(8)]
    await linked.visit()
    box.modify(keys[0], ["STARRED"], ["UNREAD"])
    box.modify(keys[1], [red], [])
    box.modify(keys[2], [red], ["INBOX"])
    box.modify(keys[3], [], ["INBOX"])
    box.trash(keys[4])
    box.modify(keys[5], ["SPAM"], ["INBOX"])
    box.delete(keys[6])
    box.insert(mail(9))
    await linked.visit()
    await linked.assert_in_step()
    box.delete_label(red)
    box.modify(keys[3], ["INBOX"], [])
    box.modify(keys[4], ["INBOX"], ["TRASH"])
    await linked.visit()
    await linked.assert_in_step()


async def test_forgotten_history_costs_no_content(
    linked: KeyedLinked, box: Mailbox, gmail: GmailServer
):
    keys = [box.insert(mail(number)) for number in range(6)]
    await linked.visit()
    box.delete(keys[0])
    box.modify(keys[1], ["STARRED"], ["UNREAD"])
    box.modify(keys[2], [], ["INBOX"])
    box.insert(mail(7))
    box.forget_history()
    gmail.asked.clear()
    await linked.visit()
    await linked.assert_in_step()
    assert gmail.asked.count("messages.get") == 1


async def test_whatever_happens_here(linked: KeyedLinked, box: Mailbox):
    """Flags, archiving, moves, deletions, a folder that is made: all of it is there then."""
    red = box.create_label("Red").id
    keys = [box.insert(mail(number)) for number in range(7)]
    both = box.insert(mail(7), ["INBOX", red])
    await linked.visit()
    async with linked.house.workspace(linked.workspace.id) as tx:
        mailbox = linked.account.mailbox_id
        made = await create_folder(tx, mailbox, "Blue/Green")
        folders = {each.name: each.id for each in await list_folders(tx, mailbox)}
        uids = dict(zip([*keys, both], await uids_of(tx, folders["INBOX"]), strict=True))
        inbox = folders["INBOX"]
        await store_flags(tx, inbox, [uids[keys[0]]], "+", Flags.SEEN | Flags.FLAGGED)
        await move_messages(tx, inbox, [uids[keys[1]]], folders["Archive"])
        await move_messages(tx, inbox, [uids[keys[2]]], folders["Red"])
        await move_messages(tx, inbox, [uids[keys[3]]], folders["Trash"])
        await move_messages(tx, inbox, [uids[keys[4]]], made)
        await move_messages(tx, inbox, [uids[keys[5]]], folders["Junk"])
        await take_out(tx, inbox, [uids[keys[6]], uids[both]])
    for _ in range(2):
        await linked.visit()
    await linked.assert_in_step()
    labels = [box.messages[key].labels for key in keys[:6]]
    blue = next(label.id for label in box.labels.values() if label.name == "Blue/Green")
    assert labels[0] == {"INBOX", "STARRED"}
    assert [each - {"UNREAD"} for each in labels[1:]] == [set(), {red}, {"TRASH"}, {blue}, {"SPAM"}]
    assert keys[6] not in box.messages
    assert box.messages[both].labels == {red}


async def uids_of(tx: Tx, folder_id: UUID) -> list[int]:
    """In the order in which they arrived."""
    opened = await open_folder(tx, folder_id, None)
    found = await fetch(tx, folder_id, list(opened.uids), ["full"])
    return [each.uid for each in sorted(found, key=lambda each: each.full or b"")]
