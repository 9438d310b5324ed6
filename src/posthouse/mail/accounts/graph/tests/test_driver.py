"""What Graph answers, and what the driver makes of it."""

import ssl
from collections.abc import AsyncIterator

import pytest

from posthouse.foundation.resolver import open_resolver
from posthouse.mail.accounts.checking import check
from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.errors import (
    Broken,
    Refused,
    SignInRefused,
    Throttled,
    Unreachable,
    Unsupported,
)
from posthouse.mail.accounts.graph import GraphDriver, connect_graph
from posthouse.mail.accounts.keyed.model import FeedExpired, Gone, Item
from posthouse.mail.accounts.model import Secret, Server, Servers
from posthouse.mail.mailboxes.model import Flags
from tests.support.graph_server import GraphMailbox, GraphServer, graph_server
from tests.support.house import letter


@pytest.fixture
async def server() -> AsyncIterator[GraphServer]:
    async with graph_server() as running:
        yield running


@pytest.fixture
def box(server: GraphServer) -> GraphMailbox:
    return server.box


@pytest.fixture
def outside() -> Outside:
    return Outside(
        resolver=open_resolver("127.0.0.1:9"),
        tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        private_hosts=True,
    )


@pytest.fixture
def sign_in(server: GraphServer) -> SignIn:
    api = Server(host="127.0.0.1", port=server.port, security="plain")

    async def token() -> str:
        return server.token

    return SignIn(
        kind="graph",
        address="anna@contoso.example",
        servers=Servers(incoming=api, outgoing=api, login="anna@contoso.example"),
        secret=Secret(password=""),
        token=token,
    )


@pytest.fixture
async def driver(sign_in: SignIn, outside: Outside) -> AsyncIterator[GraphDriver]:
    driver = await connect_graph(sign_in, outside)
    yield driver
    await driver.close()


def mail(number: int) -> bytes:
    return letter(message_id=f"{number}'@k.example", subject=f"Pump {number}")


async def test_folders_of_all_levels_and_kinds(box: GraphMailbox, driver: GraphDriver):
    for number in range(103):
        box.make_folder(f"{number:03}")
    deep = box.make_folder("Deep", box.named("102"))
    box.make_folder("Inside", box.find("inbox"))
    box.make_folder("Unread").kind = "mailSearchFolder"
    found = {each.name: each for each in await driver.folders()}
    assert len(found) == 103 + 6 + 2 + 1
    assert found["102/Deep"].wire == deep.id.encode()
    assert found["INBOX/Inside"].special_use is None
    assert {each.special_use for each in found.values()} == {
        None, "inbox", "sent", "drafts", "trash", "junk", "archive",
    }  # fmt: skip
    assert [each.name for each in found.values() if each.is_view] == ["Unread"]
    assert "Outbox" not in found


async def test_folders_are_made_renamed_and_deleted(box: GraphMailbox, driver: GraphDriver):
    made = await driver.create_folder(["Customers", "North"])
    assert made.wire.decode() == box.named("Customers/North")
    assert await driver.create_folder(["customers", "North"]) == made
    assert (await driver.create_folder(["INBOX", "New"])).wire.decode() == box.named("Inbox/New")
    moved = await driver.rename_folder(made.wire, ["South", "Nord"])
    assert (moved.wire, moved.name) == (made.wire, "South/Nord")
    assert made.wire.decode() == box.named("South/Nord")
    assert await driver.has_folder(made.wire)
    await driver.delete_folder(made.wire)
    assert not await driver.has_folder(made.wire)


async def test_a_feed_tells_everything_and_then_what_changed(
    server: GraphServer, box: GraphMailbox, driver: GraphDriver
):
    inbox = box.find("inbox").encode()
    one, two, three = (box.deliver(mail(number)) for number in range(3))
    server.page = 2
    page = await driver.changes(inbox, None)
    assert [each.key for each in page.changes] == [three.id.encode(), two.id.encode()]
    assert page.more
    (item,) = page.changes[1:]
    assert item == Item(
        key=two.id.encode(),
        folder=inbox,
        flags=Flags(0),
        size=len(two.raw),
        arrived=two.received,
    )
    page = await driver.changes(inbox, page.token)
    assert not page.more
    one.verb, one.flagged, one.categories = 103, True, ["Hot"]
    box.touch(one)
    box.move(two.id, "archive")
    box.purge(three.id)
    told = await driver.changes(inbox, page.token)
    changes = list(told.changes)
    if told.more:
        changes += (await driver.changes(inbox, told.token)).changes
    found = {each.key: each for each in changes}
    assert found[two.id.encode()] == Gone(key=two.id.encode(), folder=inbox)
    assert found[three.id.encode()] == Gone(key=three.id.encode(), folder=inbox)
    changed = found[one.id.encode()]
    assert isinstance(changed, Item)
    assert (changed.flags, changed.keywords) == (Flags.FLAGGED | Flags.ANSWERED, ("Hot",))
    box.forget_tokens()
    with pytest.raises(FeedExpired):
        await driver.changes(inbox, page.token)


async def test_content_ids_and_counts(box: GraphMailbox, driver: GraphDriver):
    inbox = box.find("inbox").encode()
    messages = [box.deliver(mail(number)) for number in range(7)]
    keys = [(inbox, each.id.encode()) for each in messages]
    box.purge(messages[3].id)
    contents = {each.key: each.raw async for each in driver.contents(keys)}
    assert contents == {each.id.encode(): each.raw for each in messages if each != messages[3]}
    asked = ["<2'@k.example>", "<3'@k.example>", "<x@k.example>"]
    assert await driver.have_ids(inbox, asked) == {"<2'@k.example>"}
    archive = box.find("archive").encode()
    assert await driver.counts([inbox, archive, b"nowhere"]) == {inbox: 6, archive: 0}


async def test_changes_of_many_pass_over_what_is_gone(
    server: GraphServer, box: GraphMailbox, driver: GraphDriver
):
    inbox, archive = box.find("inbox").encode(), box.find("archive").encode()
    messages = [box.deliver(mail(number)) for number in range(45)]
    keys = [each.id.encode() for each in messages]
    messages[0].categories = ["Red category"]
    box.purge(messages[7].id)
    server.pause, server.throttled = 0, 3
    await driver.store_flags(
        inbox,
        keys,
        add=Flags.SEEN | Flags.ANSWERED,
        remove=Flags.FLAGGED,
        add_keywords=["Hot"],
        remove_keywords=["cold"],
    )
    here = [each for each in messages if each.id in box.messages]
    assert {(each.is_read, each.verb) for each in here} == {(True, 102)}
    assert messages[0].categories == ["Red category", "Hot"]
    moved = await driver.move(inbox, keys, archive)
    assert moved == {key: key for key in keys if key != keys[7]}
    await driver.delete(archive, keys)
    assert not box.messages
    assert not await driver.move(inbox, keys[:2], archive)


async def test_only_drafts_are_made(box: GraphMailbox, driver: GraphDriver):
    drafts = box.find("drafts").encode()
    key = await driver.append(drafts, mail(1), flags=Flags.DRAFT | Flags.FLAGGED)
    message = box.messages[key.decode()]
    assert (message.raw, message.is_draft) == (mail(1), True)
    assert (message.is_read, message.flagged) == (False, True)
    with pytest.raises(Unsupported):
        await driver.append(drafts, mail(2), flags=Flags.SEEN)
    with pytest.raises(Unsupported, match="3 MB"):
        await driver.append(drafts, b"x" * (3 << 20) + b"x", flags=Flags.DRAFT)


async def test_what_refuses_us(
    server: GraphServer, box: GraphMailbox, driver: GraphDriver, sign_in: SignIn, outside: Outside
):
    server.throttled, server.pause = 1, 99
    with pytest.raises(Throttled) as told:
        await driver.folders()
    assert told.value.seconds == 99
    server.unheard = "/inbox"
    with pytest.raises(Unreachable):
        await connect_graph(sign_in, outside)
    server.misleads = "https://graph.evil.example"
    with pytest.raises(Broken):
        await driver.changes(box.find("inbox").encode(), None)
    with pytest.raises(Refused):
        await driver.changes(b"nowhere", None)
    server.token = "another"
    server.accepts = lambda token: False
    with pytest.raises(SignInRefused) as refused:
        await connect_graph(sign_in, outside)
    assert refused.value.reason == "consent"


async def test_it_is_tried_before_it_is_kept(box: GraphMailbox, sign_in: SignIn, outside: Outside):
    box.deliver(mail(1))
    checked = await check(connect_graph, sign_in, outside)
    assert checked.ok
    assert (checked.messages, checked.folders[0]) == (1, "INBOX")
