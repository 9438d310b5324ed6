"""Our changes at Gmail: flags, moves, deletions, drafts, folders, mail that is sent."""

import pytest

from posthouse.mail.accounts.errors import Refused
from posthouse.mail.accounts.gmail.driver import GmailDriver
from posthouse.mail.mailboxes.model import Flags
from tests.support.gmail_server import GmailServer, Mailbox
from tests.support.keyed import Keys

RAW = (
    b"From: li@kunde.example\r\nTo: anna@gmail.example\r\nSubject: Pumps\r\n"
    b"Message-ID: <1@kunde.example>\r\nDate: Sun, 22 Nov 2026 08:00:00 +0000\r\n\r\nhello\r\n"
)
NONE = Flags(0)


def labels(box: Mailbox, key: str) -> set[str]:
    return box.messages[key].labels


async def flag(
    driver: GmailDriver, folder: str, *keys: str, add: Flags = NONE, remove: Flags = NONE
):
    await driver.store_flags(
        folder.encode(),
        [key.encode() for key in keys],
        add=add,
        remove=remove,
        add_keywords=["$Hot"],
        remove_keywords=[],
    )


async def move(driver: GmailDriver, source: str, target: str, *keys: str) -> list[str]:
    moved = await driver.move(source.encode(), [key.encode() for key in keys], target.encode())
    assert all(old == new for old, new in moved.items())
    return [key.decode() for key in moved]


@pytest.mark.parametrize("count", [2, 30])
async def test_flags(gmail: GmailServer, box: Mailbox, driver: GmailDriver, count: int):
    keys = [box.insert(RAW) for _ in range(count)]
    gone = box.insert(RAW)
    box.delete(gone)
    await flag(driver, "INBOX", *keys, gone, add=Flags.SEEN | Flags.FLAGGED | Flags.ANSWERED)
    assert all(labels(box, key) == {"INBOX", "STARRED"} for key in keys)
    await flag(driver, "INBOX", *keys, remove=Flags.SEEN | Flags.FLAGGED)
    assert all(labels(box, key) == {"INBOX", "UNREAD"} for key in keys)
    before = len(gmail.asked)
    await flag(driver, "INBOX", *keys, add=Flags.ANSWERED)
    assert len(gmail.asked) == before


async def test_drafts_take_no_labels(gmail: GmailServer, box: Mailbox, driver: GmailDriver):
    key = box.drafts[box.make_draft(RAW)]
    await flag(driver, "DRAFT", key, add=Flags.FLAGGED)
    assert labels(box, key) == {"DRAFT"}


async def test_moves(box: Mailbox, driver: GmailDriver):
    red, blue = box.create_label("Red").id, box.create_label("Blue").id
    key, gone = box.insert(RAW), box.insert(RAW)
    box.delete(gone)
    assert await move(driver, "INBOX", red, key, gone) == [key]
    assert labels(box, key) == {red, "UNREAD"}
    box.modify(key, [blue], [])
    await move(driver, red, "ARCHIVE", key)
    assert labels(box, key) == {blue, "UNREAD"}
    await move(driver, blue, "ARCHIVE", key)
    assert labels(box, key) == {"UNREAD"}
    await move(driver, "ARCHIVE", "INBOX", key)
    assert labels(box, key) == {"INBOX", "UNREAD"}
    await move(driver, "INBOX", "SPAM", key)
    assert labels(box, key) == {"SPAM", "UNREAD"}
    await move(driver, "SPAM", "TRASH", key)
    assert "TRASH" in labels(box, key)
    await move(driver, "TRASH", red, key)
    assert labels(box, key) == {red, "UNREAD"}
    sent = box.insert(RAW, ["SENT"])
    assert await move(driver, "SENT", "ARCHIVE", sent, gone) == [sent]
    assert labels(box, sent) == {"SENT"}
    with pytest.raises(Refused):
        await move(driver, red, "SENT", key)
    with pytest.raises(Refused):
        await move(driver, red, "DRAFT", key)
    assert await move(driver, blue, "INBOX", key) == []  # somebody took it from there
    assert labels(box, key) == {red, "UNREAD"}


async def test_deleting(box: Mailbox, driver: GmailDriver):
    """Out of one folder where another one shows it, else for good."""
    red = box.create_label("Red").id
    both = box.insert(RAW, ["INBOX", red])
    alone = [box.insert(RAW) for _ in range(9)]
    sent_to_oneself = box.insert(RAW, ["SENT", "INBOX"])
    archived, elsewhere = box.insert(RAW, []), box.insert(RAW, ["TRASH"])
    await driver.folders()

    async def delete(folder: str, *keys: str) -> None:
        await driver.delete(folder.encode(), [key.encode() for key in (*keys, "gone")])

    await delete(red, both)
    assert labels(box, both) == {"INBOX"}
    await delete("INBOX", both, alone[0])
    await delete("INBOX", *alone[1:], elsewhere)
    assert set(box.messages) == {sent_to_oneself, archived, elsewhere}
    await delete("SENT", sent_to_oneself)
    assert labels(box, sent_to_oneself) == {"SENT", "INBOX"}
    await delete("INBOX", sent_to_oneself)
    assert labels(box, sent_to_oneself) == {"SENT"}
    await delete("ARCHIVE", archived)
    await delete("TRASH", elsewhere)
    draft = box.drafts[box.make_draft(RAW)]
    await delete("DRAFT", draft)
    assert set(box.messages) == {sent_to_oneself}


async def test_messages_of_ours(box: Mailbox, driver: GmailDriver):
    red = box.create_label("Red").id
    own = RAW.replace(b"li@kunde.example", box.address.encode())
    key = (await driver.append(red.encode(), RAW, flags=Flags.FLAGGED)).decode()
    assert labels(box, key) == {red, "UNREAD", "STARRED"}
    assert box.messages[key].raw == RAW
    assert box.messages[key].date == 1_795_334_400_000  # of its Date
    sent = (await driver.append(b"SENT", own, flags=Flags.SEEN)).decode()
    assert labels(box, sent) == {"SENT"}
    draft = (await driver.append(b"DRAFT", own, flags=Flags.DRAFT)).decode()
    assert labels(box, draft) == {"DRAFT"}
    assert list(box.drafts.values()) == [draft]
    archived = (await driver.append(b"ARCHIVE", RAW, flags=Flags.SEEN)).decode()
    assert labels(box, archived) == set()
    wanted = ["<1@kunde.example>", "<2@kunde.example>"]
    assert await driver.have_ids(b"SENT", wanted) == {wanted[0]}
    assert await driver.have_ids(b"ARCHIVE", wanted) == {wanted[0]}
    assert await driver.have_ids(b"INBOX", wanted) == set()


async def test_sending(box: Mailbox, driver: GmailDriver):
    """Gmail files it in Sent by itself."""
    sent = Keys()
    raw = RAW.replace(b"Subject:", b"Bcc: chef@kunde.example\r\nSubject:")
    await driver.send(raw, None, sent.hear)
    (key,) = sent
    ((_, recipients),) = box.sent
    assert recipients == ("anna@gmail.example", "chef@kunde.example")
    assert [(mail.id.encode(), mail.labels) for mail in box.messages.values()] == [
        (key, {"SENT", "INBOX", "UNREAD"})
    ]
    with pytest.raises(Refused) as caught:
        await driver.send(b"Subject: to nobody\r\n\r\n", None, Keys().hear)
    assert caught.value.said == "Recipient address required"


async def test_folders(box: Mailbox, driver: GmailDriver):
    made = await driver.create_folder(["客户", "Nord/Süd"])
    assert made.levels == ("客户", "Nord-Süd")
    assert [label.name for label in box.labels.values()] == ["客户", "客户/Nord-Süd"]
    assert (await driver.create_folder(["客户", "NORD-SÜD"])).wire == made.wire
    above = next(each for each in await driver.folders() if each.levels == ("客户",))
    renamed = await driver.rename_folder(above.wire, ["Kunden"])
    assert renamed.wire == above.wire
    assert [label.name for label in box.labels.values()] == ["Kunden", "Kunden/Nord-Süd"]
    await driver.delete_folder(made.wire)
    assert [label.name for label in box.labels.values()] == ["Kunden"]
    with pytest.raises(Refused):
        await driver.rename_folder(b"INBOX", ["Post"])
    with pytest.raises(Refused):
        await driver.create_folder(["Inbox"])
