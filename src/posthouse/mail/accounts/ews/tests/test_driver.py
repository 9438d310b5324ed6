"""Folders, items, flags, moving and sending, as Exchange answers them."""

from datetime import UTC, datetime

import pytest

from posthouse.mail.accounts.errors import Broken, Refused, Throttled, Unreachable
from posthouse.mail.accounts.ews.driver import EwsDriver
from posthouse.mail.accounts.keyed.model import Change, FeedExpired, Gone, Item
from posthouse.mail.mailboxes.model import Flags
from tests.support.ews_server import EwsServer, StoredFolder, busy, code, cut

NONE = Flags(0)


def mail(number: int, size: int = 10) -> bytes:
    return f"Message-ID: <{number}@x>\r\nSubject: {number}\r\n\r\n{'x' * size}".encode()


async def everything(
    driver: EwsDriver, folder: StoredFolder, token: bytes | None = None
) -> tuple[list[Change], bytes]:
    """All pages."""
    changes: list[Change] = []
    while True:
        page = await driver.changes(folder.id.encode(), token)
        changes += page.changes
        token = page.token
        if not page.more:
            return changes, token


# -- folders


async def test_folders_with_mail_and_no_others(server: EwsServer, driver: EwsDriver):
    box = server.mailbox
    inbox = box.folder("inbox")
    below = box.make_folder("客户", inbox.id)
    box.make_folder("Archive")
    box.make_folder("Secret", hidden=True)
    box.make_folder("Leaving", box.distinguished["outbox"])
    box.make_folder("Made by a phone", below.id, kind="")
    listed = {each.levels: each for each in await driver.folders()}
    assert {levels: each.special_use for levels, each in listed.items()} == {
        ("INBOX",): "inbox",
        ("INBOX", "客户"): None,
        ("INBOX", "客户", "Made by a phone"): None,
        ("Sent Items",): "sent",
        ("Drafts",): "drafts",
        ("Deleted Items",): "trash",
        ("Junk Email",): "junk",
        ("Archive",): "archive",
    }
    assert listed[("INBOX", "客户")].wire == below.id.encode()
    assert all(each.by_key for each in listed.values())


async def test_many_folders_come_page_by_page(server: EwsServer, driver: EwsDriver):
    for number in range(1_100):
        server.mailbox.make_folder(f"F{number}")
    assert len(await driver.folders()) == 1_105
    assert server.asked.count("FindFolder") == 3


async def test_a_list_that_changes_meanwhile_is_none(server: EwsServer, driver: EwsDriver):
    for number in range(600):
        server.mailbox.make_folder(f"F{number}")

    def drop(name: str) -> None:
        if name == "FindFolder" and server.asked.count("FindFolder") == 2:
            server.mailbox.drop_folder(server.mailbox.folder("F1").id)

    server.faults.before = drop
    with pytest.raises(Broken):
        await driver.folders()


async def test_a_mailbox_without_junk_email(server: EwsServer, driver: EwsDriver):
    server.mailbox.drop_folder(server.mailbox.distinguished.pop("junkemail"))
    assert "junk" not in {each.special_use for each in await driver.folders()}


async def test_folders_are_made_renamed_moved_and_deleted(server: EwsServer, driver: EwsDriver):
    made = await driver.create_folder(["Customers", "A & B", "<2026>"])
    assert made.levels in {each.levels for each in await driver.folders()}
    assert await driver.create_folder(["Customers", "A & B", "<2026>"]) == made
    renamed = await driver.rename_folder(made.wire, ["Customers", "2026"])
    assert renamed.wire == made.wire
    assert renamed.levels in {each.levels for each in await driver.folders()}
    assert await driver.has_folder(made.wire)
    await driver.delete_folder(made.wire)
    assert not await driver.has_folder(made.wire)
    await driver.delete_folder(made.wire)


async def test_a_folder_with_mail_is_never_destroyed(server: EwsServer, driver: EwsDriver):
    folder = server.mailbox.make_folder("Full")
    server.mailbox.deliver(folder, mail(1))
    await driver.delete_folder(folder.id.encode())
    assert folder.parent == server.mailbox.distinguished["deleteditems"]
    assert len(folder.items) == 1


# -- reading


async def test_everything_and_then_what_happens(server: EwsServer, driver: EwsDriver):
    box, inbox = server.mailbox, server.mailbox.folder("inbox")
    first = box.deliver(inbox, mail(1), read=True, flag=2, categories=("Red", "Blue category"))
    others = [box.deliver(inbox, mail(n)) for n in range(2, 5)]
    changes, token = await everything(driver, inbox)
    found = {each.key.decode(): each for each in changes if isinstance(each, Item)}
    assert list(found) == [first.id, *(each.id for each in others)]
    told = found[first.id]
    assert told.flags == Flags.SEEN | Flags.FLAGGED
    assert told.keywords == ("Red", "Blue category")
    assert told.arrived == first.received
    assert told.size > 0
    assert told.mark == b""

    box.change(inbox, first.id, read=False)
    box.change(inbox, others[0].id, verb=102)
    moved = box.move(inbox, others[1].id, box.folder("deleteditems"))
    box.remove(inbox, others[2].id)
    changes, token = await everything(driver, inbox, token)
    assert {each.key.decode(): each for each in changes} == {
        first.id: Item(
            key=first.id.encode(),
            folder=inbox.id.encode(),
            flags=Flags.FLAGGED,
            keywords=("Red", "Blue category"),
            size=told.size,
            arrived=first.received,
        ),
        others[0].id: changes[1],
        others[1].id: Gone(key=others[1].id.encode(), folder=inbox.id.encode()),
        others[2].id: Gone(key=others[2].id.encode(), folder=inbox.id.encode()),
    }
    assert isinstance(changes[1], Item)
    assert changes[1].flags == Flags.ANSWERED
    changes, _ = await everything(driver, box.folder("deleteditems"))
    assert [each.key.decode() for each in changes] == [moved.id]
    assert (await driver.changes(inbox.id.encode(), token)).changes == ()


async def test_pages_hold_no_more_than_exchange_gives(server: EwsServer, driver: EwsDriver):
    inbox = server.mailbox.folder("inbox")
    for number in range(700):
        server.mailbox.deliver(inbox, mail(number))
    page = await driver.changes(inbox.id.encode(), None)
    assert len(page.changes) == 256
    assert page.more
    changes, _ = await everything(driver, inbox, page.token)
    assert len({each.key for each in (*page.changes, *changes)}) == 700


async def test_a_read_flag_of_what_is_gone_tells_nothing(server: EwsServer, driver: EwsDriver):
    box, inbox = server.mailbox, server.mailbox.folder("inbox")
    item = box.deliver(inbox, mail(1))
    _, token = await everything(driver, inbox)
    box.change(inbox, item.id, read=True)

    def remove(name: str) -> None:
        if name == "GetItem":
            box.remove(inbox, item.id)

    server.faults.before = remove
    page = await driver.changes(inbox.id.encode(), token)
    assert page.changes == ()
    changes, _ = await everything(driver, inbox, page.token)
    assert changes == [Gone(key=item.id.encode(), folder=inbox.id.encode())]


async def test_a_lost_sync_state(server: EwsServer, driver: EwsDriver):
    inbox = server.mailbox.folder("inbox")
    _, token = await everything(driver, inbox)
    server.mailbox.forget_sync_states()
    with pytest.raises(FeedExpired):
        await driver.changes(inbox.id.encode(), token)
    with pytest.raises(FeedExpired):
        await driver.changes(inbox.id.encode(), b"nonsense")


async def test_a_feed_of_a_folder_that_is_gone(server: EwsServer, driver: EwsDriver):
    with pytest.raises(Refused):
        await driver.changes(b"no such folder", None)


async def test_a_draft_that_is_edited_has_another_mark(server: EwsServer, driver: EwsDriver):
    box, drafts = server.mailbox, server.mailbox.folder("drafts")
    item = box.deliver(drafts, mail(1), draft=True)
    (before,), token = await everything(driver, drafts)
    box.change(drafts, item.id, raw=mail(2))
    (after,), _ = await everything(driver, drafts, token)
    assert isinstance(before, Item)
    assert isinstance(after, Item)
    assert before.flags == Flags.DRAFT
    assert before.mark != after.mark != b""


async def test_appointments_and_contacts_are_no_mail(server: EwsServer, driver: EwsDriver):
    """Deleted Items holds anything; what it counts is then not what we can bring."""
    box, trash = server.mailbox, server.mailbox.folder("deleteditems")
    kept = box.deliver(trash, mail(1), kind="MeetingRequest")
    box.deliver(trash, b"BEGIN:VCALENDAR", kind="CalendarItem")
    box.deliver(trash, b"BEGIN:VCARD", kind="Contact")
    inbox = box.folder("inbox")
    both = [trash.id.encode(), inbox.id.encode()]
    assert await driver.counts(both) == {both[0]: 3, both[1]: 0}
    changes, _ = await everything(driver, trash)
    assert [each.key.decode() for each in changes] == [kept.id]
    assert await driver.counts(both) == {both[1]: 0}


async def test_counts_leave_out_what_is_not_there(server: EwsServer, driver: EwsDriver):
    inbox = server.mailbox.folder("inbox")
    assert await driver.counts([inbox.id.encode(), b"gone"]) == {inbox.id.encode(): 0}


async def test_the_newest_first(server: EwsServer, driver: EwsDriver):
    box, inbox = server.mailbox, server.mailbox.folder("inbox")
    items = [box.deliver(inbox, mail(n)) for n in range(30)]
    newest = await driver.newest(inbox.id.encode(), 20)
    assert [each.key.decode() for each in newest] == [each.id for each in reversed(items[10:])]


async def test_content_octet_by_octet(server: EwsServer, driver: EwsDriver):
    box, inbox = server.mailbox, server.mailbox.folder("inbox")
    raws = [mail(1), b"Subject: \xff\xfe\r\n\r\n\x00\x01\n.\r\n\r", mail(3, 3_000_000)]
    raws += [mail(n) for n in range(4, 30)]
    items = [box.deliver(inbox, raw) for raw in raws]
    asked = [(inbox.id.encode(), each.id.encode()) for each in items]
    found = {each.key: each.raw async for each in driver.contents(asked)}
    assert [found[key] for _, key in asked] == raws
    assert not any(each.read for each in inbox.items.values())
    assert server.asked.count("GetItem") == 3


async def test_what_cannot_be_given_is_left_out(server: EwsServer, driver: EwsDriver):
    box, inbox = server.mailbox, server.mailbox.folder("inbox")
    items = [box.deliver(inbox, mail(n)) for n in range(4)]
    server.faults.items[items[1].id] = "ErrorMimeContentConversionFailed"
    box.remove(inbox, items[2].id)
    asked = [(inbox.id.encode(), each.id.encode()) for each in items]
    found = [each.key.decode() async for each in driver.contents(asked)]
    assert found == [items[0].id, items[3].id]


async def test_trouble_with_all_items_is_the_servers(server: EwsServer, driver: EwsDriver):
    """Of one item it says that it is damaged."""
    box, inbox = server.mailbox, server.mailbox.folder("inbox")
    items = [box.deliver(inbox, mail(n)) for n in range(3)]
    server.faults.items.update((each.id, "ErrorInternalServerError") for each in items)
    asked = [(inbox.id.encode(), each.id.encode()) for each in items]
    with pytest.raises(Unreachable):
        await anext(driver.contents(asked))
    assert [each async for each in driver.contents(asked[:1])] == []
    del server.faults.items[items[0].id]
    assert [each.raw async for each in driver.contents(asked)] == [mail(0)]


async def test_a_busy_server_among_the_items(server: EwsServer, driver: EwsDriver):
    box, inbox = server.mailbox, server.mailbox.folder("inbox")
    items = [box.deliver(inbox, mail(n)) for n in range(3)]
    server.faults.items[items[2].id] = "ErrorServerBusy"
    told = driver.contents([(inbox.id.encode(), each.id.encode()) for each in items])
    assert [(await anext(told)).raw for _ in range(2)] == [mail(0), mail(1)]
    with pytest.raises(Throttled):
        await anext(told)


@pytest.mark.parametrize("octets", [1, 200, 900, 2_000])
async def test_a_cut_in_an_answer(server: EwsServer, driver: EwsDriver, octets: int):
    inbox = server.mailbox.folder("inbox")
    for number in range(20):
        server.mailbox.deliver(inbox, mail(number))
    server.faults.add("SyncFolderItems", cut(octets, done=True))
    with pytest.raises(Unreachable):
        await driver.changes(inbox.id.encode(), None)
    assert len((await driver.changes(inbox.id.encode(), None)).changes) == 20


# -- throttling


async def test_a_little_patience_is_had_here(server: EwsServer, driver: EwsDriver):
    server.faults.add("FindFolder", busy(5), times=2)
    assert await driver.folders()


async def test_more_ends_the_visit(server: EwsServer, driver: EwsDriver):
    server.faults.add("FindFolder", busy(297_749))
    with pytest.raises(Throttled) as throttled:
        await driver.folders()
    assert throttled.value.seconds == pytest.approx(297.749)
    server.faults.add("FindFolder", code("ErrorExceededConnectionCount"))
    with pytest.raises(Throttled):
        await driver.folders()


# -- writing


async def test_flags_and_words(server: EwsServer, driver: EwsDriver):
    box, inbox = server.mailbox, server.mailbox.folder("inbox")
    raw = b"Disposition-Notification-To: <boss@x>\r\n" + mail(1)
    item = box.deliver(inbox, raw, categories=("Blue category", "old"))
    keys, folder = [item.id.encode(), b"gone"], inbox.id.encode()
    await driver.store_flags(
        folder,
        keys,
        add=Flags.SEEN | Flags.FLAGGED | Flags.ANSWERED,
        remove=NONE,
        add_keywords=["hot"],
        remove_keywords=["OLD"],
    )
    now = inbox.items[item.id]
    assert (now.read, now.flag, now.verb) == (True, 2, 102)
    assert now.categories == ("Blue category", "hot")
    assert box.receipts == 0  # nobody is told that we read it
    await driver.store_flags(
        folder,
        keys,
        add=NONE,
        remove=Flags.SEEN | Flags.FLAGGED | Flags.ANSWERED,
        add_keywords=[],
        remove_keywords=["hot", "Blue category"],
    )
    now = inbox.items[item.id]
    assert (now.read, now.flag, now.verb, now.categories) == (False, 0, 0, ())


async def test_words_of_somebody_else_are_not_overwritten(server: EwsServer, driver: EwsDriver):
    box, inbox = server.mailbox, server.mailbox.folder("inbox")
    items = [box.deliver(inbox, mail(n)) for n in range(3)]
    theirs = iter(["first", "second"])

    def change(name: str) -> None:
        if name == "UpdateItem" and (word := next(theirs, None)) is not None:
            now = inbox.items[items[1].id].categories
            box.change(inbox, items[1].id, categories=(*now, word))

    server.faults.before = change
    await driver.store_flags(
        inbox.id.encode(),
        [each.id.encode() for each in items],
        add=NONE,
        remove=NONE,
        add_keywords=["ours"],
        remove_keywords=[],
    )
    assert [inbox.items[each.id].categories for each in items] == [
        ("ours",),
        ("first", "second", "ours"),
        ("ours",),
    ]


async def test_moving_tells_the_new_ids(server: EwsServer, driver: EwsDriver):
    box, inbox = server.mailbox, server.mailbox.folder("inbox")
    target = box.make_folder("Customers")
    items = [box.deliver(inbox, mail(n)) for n in range(120)]
    keys = [each.id.encode() for each in items]
    moved = await driver.move(inbox.id.encode(), [*keys, b"gone"], target.id.encode())
    assert list(moved) == keys
    assert [target.items[moved[key].decode()].raw for key in keys] == [e.raw for e in items]
    assert inbox.items == {}


async def test_deleting_leaves_it_to_be_recovered(server: EwsServer, driver: EwsDriver):
    box, inbox = server.mailbox, server.mailbox.folder("inbox")
    item = box.deliver(inbox, mail(1))
    await driver.delete(inbox.id.encode(), [item.id.encode(), b"gone"])
    assert inbox.items == {}
    assert box.dumpster == [item]
    assert box.folder("deleteditems").items == {}


async def test_a_message_of_ours_is_no_draft(server: EwsServer, driver: EwsDriver):
    box, sent = server.mailbox, server.mailbox.folder("sentitems")
    then = datetime(2020, 2, 29, 12, 30, tzinfo=UTC)
    key = await driver.append(
        sent.id.encode(), mail(1), flags=Flags.SEEN | Flags.FLAGGED, keywords=["hot"], arrived=then
    )
    item = sent.items[key.decode()]
    assert (item.raw, item.read, item.draft, item.flag) == (mail(1), True, False, 2)
    assert (item.categories, item.received) == (("hot",), then)
    drafts = box.folder("drafts")
    key = await driver.append(drafts.id.encode(), mail(2), flags=Flags.DRAFT)
    assert drafts.items[key.decode()].draft
    assert not drafts.items[key.decode()].read
    assert box.sent == []


async def test_message_ids_are_looked_up_there(server: EwsServer, driver: EwsDriver):
    box, sent = server.mailbox, server.mailbox.folder("sentitems")
    for number in range(30):
        box.deliver(sent, mail(number))
    asked = [f"<{number}@x>" for number in range(25, 50)]
    found = await driver.have_ids(sent.id.encode(), asked)
    assert found == {f"<{number}@x>" for number in range(25, 30)}
