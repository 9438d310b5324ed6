"""What the feed tells: everything once, then what happens, and nothing lost when Google forgets."""

import random

import pytest

from posthouse.mail.accounts.errors import Broken, Unreachable
from posthouse.mail.accounts.gmail.client import Client
from posthouse.mail.accounts.gmail.driver import GmailDriver
from posthouse.mail.accounts.gmail.labels import places
from posthouse.mail.accounts.keyed.model import WHOLE_ACCOUNT, FeedExpired, Gone, Item, Page
from posthouse.mail.mailboxes.model import Flags
from tests.support.gmail_server import GmailServer, Mailbox
from tests.support.gmail_server.mailbox import Nope
from tests.support.gmail_server.server import BACKEND, TOO_FAST
from tests.support.web_server import Response

RAW = b"From: li@kunde.example\r\nSubject: Pumps\r\n\r\nhello\r\n"
Shown = dict[str, dict[str, Flags]]


class Reader:
    """What somebody knows who has read the feed, and nothing else."""

    def __init__(self, driver: GmailDriver) -> None:
        self.driver = driver
        self.token: bytes | None = None
        self.shown: Shown = {}
        self.pages = 0

    async def read(self, token: bytes | None = b"") -> None:
        """To its end; None begins anew, and what is not told is not there."""
        told_again: set[tuple[str, str]] = set()
        anew = token is None
        self.token = None if anew else self.token
        more = True
        while more:
            page = await self.driver.changes(WHOLE_ACCOUNT, self.token)
            self._take(page, told_again)
            more, self.token = page.more, page.token
            self.pages += 1
        if anew:
            for key, folders in self.shown.items():
                self.shown[key] = {
                    f: flags for f, flags in folders.items() if (key, f) in told_again
                }

    def _take(self, page: Page, told: set[tuple[str, str]]) -> None:
        for change in page.changes:
            folders = self.shown.setdefault(change.key.decode(), {})
            match change:
                case Gone(folder=None):
                    folders.clear()
                case Gone(folder=folder):
                    assert folder is not None
                    folders.pop(folder.decode(), None)
                case Item(folder=folder, flags=flags):
                    known = folders.get(folder.decode(), Flags(1 << 10))
                    folders[folder.decode()] = known if flags is None else flags
                    told.add((change.key.decode(), folder.decode()))

    @property
    def known(self) -> Shown:
        return {key: folders for key, folders in self.shown.items() if folders}


def there(box: Mailbox) -> Shown:
    """The same of the mailbox itself."""
    found: Shown = {}
    for key, mail in box.messages.items():
        flags = Flags(0)
        flags |= Flags(0) if "UNREAD" in mail.labels else Flags.SEEN
        flags |= Flags.FLAGGED if "STARRED" in mail.labels else Flags(0)
        flags |= Flags.DRAFT if "DRAFT" in mail.labels else Flags(0)
        found[key] = dict.fromkeys(places(mail.labels, box.labels), flags)
    return {key: folders for key, folders in found.items() if folders}


def fill(box: Mailbox) -> dict[str, str]:
    """One of each kind."""
    north = box.create_label("Customers/North").id
    box.make_draft(RAW)
    return {
        "inbox": box.insert(RAW),
        "read": box.insert(RAW, ["INBOX", "STARRED", "IMPORTANT", "CATEGORY_UPDATES"]),
        "labelled": box.insert(RAW, ["INBOX", north, "UNREAD", "STARRED"]),
        "filed": box.insert(RAW, [north]),
        "archived": box.insert(RAW, ["UNREAD"]),
        "sent": box.insert(RAW, ["SENT"]),
        "to oneself": box.insert(RAW, ["SENT", "INBOX"]),
        "trash": box.insert(RAW, ["TRASH", north]),
        "spam": box.insert(RAW, ["SPAM", "UNREAD"]),
        "chat": box.insert(RAW, ["CHAT"]),
        "north": north,
    }


async def test_everything_where_it_shows(box: Mailbox, driver: GmailDriver):
    names = fill(box)
    folders = {each.wire.decode(): each for each in await driver.folders()}
    reader = Reader(driver)
    await reader.read(None)
    assert reader.known == there(box)
    north = names["north"]
    assert reader.known[names["labelled"]] == {
        "INBOX": Flags.FLAGGED,
        north: Flags.FLAGGED,
    }
    assert set(reader.known[names["archived"]]) == {"ARCHIVE"}
    assert set(reader.known[names["trash"]]) == {"TRASH"}
    assert names["chat"] not in reader.known
    assert folders[north].levels == ("Customers", "North")
    assert [name for name, each in folders.items() if each.is_view] == ["STARRED", "IMPORTANT"]
    assert {each.special_use for each in folders.values()} == {
        "inbox", "sent", "drafts", "archive", "trash", "junk", None,
    }  # fmt: skip
    assert await driver.counts([b"INBOX", b"TRASH", b"ARCHIVE"]) == {b"INBOX": 4, b"TRASH": 1}


async def test_everything_page_by_page(gmail: GmailServer, box: Mailbox, driver: GmailDriver):
    """1,100 messages for the units of some lists; what comes meanwhile is told behind them."""
    for number in range(1_100):
        box.insert(RAW, ["INBOX"] if number % 3 else ["INBOX", "UNREAD"])
    reader = Reader(driver)
    late: list[str] = []

    def arrive(method: str) -> None:
        if method == "messages.list" and len(late) < 3:
            late.append(box.insert(RAW))
            box.modify(late[0], [], ["UNREAD"])

    gmail.fault = arrive
    await reader.read(None)
    listing = gmail.spent
    await reader.read()
    assert reader.known == there(box)
    assert listing < 300


async def test_the_newest_first(box: Mailbox, driver: GmailDriver):
    keys = [box.insert(RAW) for _ in range(5)]
    found = await driver.newest(b"INBOX", 3)
    assert [each.key.decode() for each in found] == keys[:1:-1]
    assert await driver.newest(b"TRASH", 3) == []


async def test_what_happens_is_told(box: Mailbox, driver: GmailDriver):
    names = fill(box)
    reader = Reader(driver)
    await driver.folders()
    await reader.read(None)
    draft = next(iter(box.drafts))
    box.insert(RAW)
    box.modify(names["inbox"], ["STARRED", names["north"]], ["UNREAD"])
    box.modify(names["read"], [], ["INBOX"])
    box.trash(names["labelled"])
    box.modify(names["trash"], [], ["TRASH"])
    box.delete(names["spam"])
    box.update_draft(draft, RAW + b"more")
    before = reader.pages
    await reader.read()
    assert reader.known == there(box)
    assert reader.pages == before + 1
    token = reader.token
    await reader.read()
    assert (reader.known, reader.token) == (there(box), token)


async def test_a_long_history_page_by_page(gmail: GmailServer, box: Mailbox, driver: GmailDriver):
    keys = [box.insert(RAW) for _ in range(40)]
    reader = Reader(driver)
    await reader.read(None)
    for turn in range(30):
        for key in keys:
            box.modify(key, *((["STARRED"], ["UNREAD"]) if turn % 2 else (["UNREAD"], ["STARRED"])))
    before = reader.pages
    await reader.read()
    assert reader.known == there(box)
    assert reader.pages - before == len(box.since(0)) // 500 + 1


async def test_a_page_that_is_over_begins_again(
    gmail: GmailServer, box: Mailbox, driver: GmailDriver
):
    """Tokens of pages are Google's, and not for ever."""
    for _ in range(1_200):
        box.insert(RAW)
    reader = Reader(driver)
    first = await driver.changes(WHOLE_ACCOUNT, None)
    second = await driver.changes(WHOLE_ACCOUNT, first.token)
    spoilt = second.token.replace(b"messages-", b"other-")
    assert spoilt != second.token
    reader.token = spoilt
    await reader.read()
    assert reader.known == there(box)


async def test_forgotten_history(box: Mailbox, driver: GmailDriver):
    box.insert(RAW)
    reader = Reader(driver)
    await reader.read(None)
    box.delete(next(iter(box.messages)))
    box.insert(RAW)
    box.forget_history()
    box.insert(RAW)
    with pytest.raises(FeedExpired):
        await reader.read()
    await reader.read(None)
    assert reader.known == there(box)
    for token in (b"", b"nonsense", b'{"h": "1", "s": 700}'):
        with pytest.raises(FeedExpired):
            await driver.changes(WHOLE_ACCOUNT, token)


async def test_a_label_that_is_deleted(box: Mailbox, driver: GmailDriver):
    """History says nothing of it: mail would seem to lie nowhere."""
    names = fill(box)
    reader = Reader(driver)
    await driver.folders()
    await reader.read(None)
    box.delete_label(names["north"])
    await driver.folders()
    with pytest.raises(FeedExpired):
        await reader.read()
    await reader.read(None)
    assert reader.known == there(box)
    assert set(reader.known[names["filed"]]) == {"ARCHIVE"}
    assert not await driver.has_folder(names["north"].encode())
    assert await driver.has_folder(b"ARCHIVE")


async def test_a_label_that_is_made_meanwhile(box: Mailbox, driver: GmailDriver):
    """Its mail waits until its folder is known; what happened before does not."""
    key = box.insert(RAW)
    reader = Reader(driver)
    await driver.folders()
    await reader.read(None)
    before = box.insert(RAW)
    new = box.create_label("New").id
    box.modify(key, [new], ["INBOX"])
    behind = box.insert(RAW)
    await reader.read()
    assert set(reader.known) == {key, before}
    assert set(reader.known[key]) == {"INBOX"}
    await driver.folders()
    await reader.read()
    assert set(reader.known[key]) == {new}
    assert behind in reader.known
    assert reader.known == there(box)


async def test_a_message_google_stumbles_over(
    gmail: GmailServer, box: Mailbox, driver: GmailDriver
):
    """It says nothing about itself, and nothing about the others."""
    reader = Reader(driver)
    one = box.insert(RAW)
    await reader.read(None)
    box.modify(one, ["STARRED"], [])
    other = box.insert(RAW)
    poison = iter([Nope(400, "failedPrecondition", "Precondition check failed.")])
    gmail.fault = lambda method: next(poison, None) if method == "messages.get" else None
    await reader.read()
    assert set(reader.known[one]) == {"INBOX"}
    assert set(reader.known[other]) == {"INBOX"}


@pytest.mark.parametrize("cut", [0, 1, 60, 300, 1_000])
async def test_a_connection_that_is_cut(
    gmail: GmailServer, box: Mailbox, driver: GmailDriver, pauses: list[float], cut: int
):
    names = fill(box)
    reader = Reader(driver)
    gmail.web.cut_after = cut
    await driver.folders()
    gmail.web.cut_after = cut
    await reader.read(None)
    box.trash(names["inbox"])
    gmail.web.cut_after = cut
    await reader.read()
    assert reader.known == there(box)
    assert pauses


async def test_a_listing_without_an_inbox(
    gmail: GmailServer, box: Mailbox, driver: GmailDriver, client: Client
):
    """Folders that are left out would look deleted."""
    gmail.fault = lambda _: Response(body=b'{"labels": []}')
    with pytest.raises(Broken):
        await driver.folders()
    gmail.fault = lambda _: Response(body=b'{"labels": [')
    with pytest.raises(Broken):
        await driver.folders()
    gmail.fault = lambda _: Response(silent=True)
    with pytest.raises(Unreachable):
        await driver.folders()


async def test_random_histories(gmail: GmailServer, box: Mailbox, driver: GmailDriver):
    """Whatever happens between and during pages, and whatever breaks: the reader ends with what is
    there, and a history that was forgotten is found out.
    """
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")  # shown when the test fails
    chance = random.Random(seed)
    person = Person(box, chance)
    gmail.units_left = 1_000_000
    gmail.fault = person.interfere
    reader = Reader(driver)
    for _ in range(6):
        person.act()
    await reader.read(None)
    for _ in range(40):
        for _ in range(chance.randrange(5)):
            person.act()
        if chance.random() < 0.1:
            box.forget_history()
        if chance.random() < 0.2:
            gmail.web.cut_after = chance.randrange(1_500)
        await driver.folders()
        try:
            await reader.read()
        except FeedExpired:
            await reader.read(None)
    gmail.fault = None
    for _ in range(2):  # what was told late, and what waited for its label
        await driver.folders()
        try:
            await reader.read()
        except FeedExpired:
            await reader.read(None)
    assert reader.known == there(box)


_ACTS = ("new", "new", "modify", "modify", "trash", "delete", "make", "drop", "draft")


class Person:
    """Somebody at Gmail, who also acts while we ask."""

    def __init__(self, box: Mailbox, chance: random.Random) -> None:
        self.box = box
        self.chance = chance
        self.made = 0

    def interfere(self, method: str) -> Nope | None:
        if self.chance.random() < 0.05:
            self.act()
        return self.chance.choice([TOO_FAST, BACKEND]) if self.chance.random() < 0.03 else None

    def act(self) -> None:
        box, chance = self.box, self.chance
        labels = ["INBOX", "UNREAD", "STARRED", "IMPORTANT", *box.labels]
        some = [chance.choice(labels) for _ in range(chance.randrange(3))]
        act = chance.choice(_ACTS)
        keys = [key for key, mail in box.messages.items() if "DRAFT" not in mail.labels]
        if act == "new" or not keys:
            box.insert(RAW, some)
        elif act == "make":
            self.made += 1
            box.create_label(f"Label {self.made}")
        elif act == "drop" and box.labels:
            box.delete_label(chance.choice(list(box.labels)))
        elif act == "draft":
            box.make_draft(RAW)
        elif act == "modify":
            box.modify(chance.choice(keys), some, [chance.choice(labels)])
        elif act == "trash":
            box.trash(chance.choice(keys))
        elif act == "delete":
            box.delete(chance.choice(keys))
