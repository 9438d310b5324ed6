"""Is our stand-in for Exchange understood by a client of somebody else, and what it does right?

exchangelib reads what the server says by Microsoft's schema, and signs in by a code of its own.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from exchangelib import NTLM, Account, Build, Configuration, Credentials, Message, Version
from exchangelib.errors import ErrorServerBusy, ErrorSyncFolderNotFound
from exchangelib.fields import FieldPath
from exchangelib.properties import FolderId, ItemId
from exchangelib.protocol import Protocol
from exchangelib.services import GetItem, SyncFolderItems

from tests.support.ews_server import PASSWORD, USER, EwsServer, busy, ews_server

pytestmark = pytest.mark.interop

MAIL = b"From: <b@x>\r\nTo: <a@x>\r\nMessage-ID: <1@x>\r\nSubject: Pump\r\n\r\nHello.\r\n"


@pytest.fixture
async def server(tmp_path: Path, monkeypatch) -> AsyncIterator[EwsServer]:
    async with ews_server(tmp_path) as running:
        bundle = tmp_path / "authority.pem"
        bundle.write_text(running.authority.pem)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        yield running
        await asyncio.to_thread(Protocol.clear_cache)


def account_at(server: EwsServer) -> Account:
    config = Configuration(
        service_endpoint=f"https://localhost:{server.port}/EWS/Exchange.asmx",
        credentials=Credentials(USER, PASSWORD),
        auth_type=NTLM,
        version=Version(build=Build(15, 2, 1258, 12)),
    )
    return Account("anna@contoso.example", config=config, access_type="delegate")


def sync(account: Account, folder: str, state: str | None) -> tuple[list[tuple[str, str]], str]:
    """(what happened, to which item) of each change, and where it goes on."""
    asking = SyncFolderItems(account=account)
    told = asking.call(
        folder=FolderId(id=folder),
        shape="IdOnly",
        additional_fields=None,
        sync_state=state,
        ignore=None,
        max_changes_returned=100,
        sync_scope="NormalItems",
    )
    changes = []
    for kind, what in told:
        item = what[0] if isinstance(what, tuple) else what
        changes.append((kind, item.id))
    return changes, asking.sync_state


def get(account: Account, ids: list[str]) -> list[object]:
    """With content; an exception for what cannot be had."""
    fields = ("mime_content", "is_read", "categories", "message_id")
    asked = [FieldPath(field=Message.get_field_by_fieldname(name)) for name in fields]
    told = GetItem(account=account).call(
        items=[ItemId(id=each) for each in ids], additional_fields=asked, shape="IdOnly"
    )
    return list(told)


async def test_it_reads_what_we_say(server: EwsServer):
    box, inbox = server.mailbox, server.mailbox.folder("inbox")
    items = [box.deliver(inbox, MAIL, categories=("Red",)) for _ in range(4)]
    account = await asyncio.to_thread(account_at, server)
    changes, state = await asyncio.to_thread(sync, account, inbox.id, None)
    assert changes == [("create", each.id) for each in items]

    box.change(inbox, items[0].id, read=True)
    box.change(inbox, items[1].id, flag=2)
    box.move(inbox, items[2].id, box.folder("deleteditems"))
    changes, state = await asyncio.to_thread(sync, account, inbox.id, state)
    assert changes == [
        ("read_flag_change", items[0].id),
        ("update", items[1].id),
        ("delete", items[2].id),
    ]

    found = await asyncio.to_thread(get, account, [items[0].id, items[2].id])
    assert isinstance(found[0], Message)
    assert (found[0].mime_content, found[0].is_read) == (MAIL, True)
    assert (found[0].categories, found[0].message_id) == (["Red"], "<1@x>")
    assert type(found[1]).__name__ == "ErrorItemNotFound"


async def test_it_changes_what_we_keep(server: EwsServer):
    box, inbox = server.mailbox, server.mailbox.folder("inbox")
    item = box.deliver(inbox, MAIL)
    trash = box.folder("deleteditems")
    account = await asyncio.to_thread(account_at, server)

    def change() -> None:
        message = Message(account=account, id=item.id, changekey=item.change_key)
        message.is_read = True
        message.save(update_fields=["is_read"], conflict_resolution="AlwaysOverwrite")
        account.bulk_move([(item.id, None)], to_folder=FolderId(id=trash.id))

    await asyncio.to_thread(change)
    (moved,) = trash.items.values()
    assert moved.read
    assert moved.id != item.id


async def test_it_hears_our_errors(server: EwsServer):
    account = await asyncio.to_thread(account_at, server)
    with pytest.raises(ErrorSyncFolderNotFound):
        await asyncio.to_thread(sync, account, "no such folder", None)
    server.faults.add("SyncFolderItems", busy(297_749))
    with pytest.raises(ErrorServerBusy) as raised:
        await asyncio.to_thread(sync, account, server.mailbox.folder("inbox").id, None)
    assert raised.value.back_off == 297.749
