"""Mail that is sent by Gmail: once, and with one copy on both sides, whatever breaks."""

from datetime import timedelta

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.mail.accounts.errors import Throttled
from posthouse.mail.accounts.keyed.sending import Unclear, send_by_account
from posthouse.mail.accounts.oauth.model import Tokens
from posthouse.mail.accounts.oauth.store import put_tokens
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Filing, Flags
from tests.support.gmail_server import GmailServer, Mailbox
from tests.support.gmail_server.server import BACKEND, TOO_FAST
from tests.support.house import Workspace, letter
from tests.support.keyed import KeyedLinked
from tests.support.linked_gmail import link_gmail

RAW = letter(message_id="1@gmail.example", sender="anna@gmail.example", to="li@kunde.example")


class Sender:
    """An account, and a message of it in Sent here."""

    def __init__(self, linked: KeyedLinked) -> None:
        self.linked = linked

    async def begin(self) -> None:
        house, account = self.linked.house, self.linked.account
        house.provide(self.linked.outside())
        async with house.workspace(account.workspace_id) as tx:
            tokens = Tokens(access="good", refresh="again")
            await put_tokens(
                tx, account.id, "google-gmail", tokens, clock.now() + timedelta(days=30)
            )
            sent = await find_folder(tx, account.mailbox_id, "Sent")
            filing = Filing(
                mailbox_id=account.mailbox_id,
                folder_id=sent,
                raw=RAW,
                received_at=clock.now(),
                direction="out",
                door="composer",
                flags=Flags.SEEN,
            )
            (copy,) = await file_messages(tx, [filing])
        self.copy_id = copy.mailbox_message_id

    async def send(self) -> None:
        account = self.linked.account
        await send_by_account(
            self.linked.house,
            account.workspace_id,
            account.id,
            self.copy_id,
            RAW.replace(b"Subject:", b"Bcc: eva@elsewhere.example\r\nSubject:"),
        )

    async def assert_once(self, box: Mailbox) -> None:
        assert len(box.sent) == 1
        for _ in range(2):
            await self.linked.visit()
        assert [mail.labels for mail in box.messages.values()] == [{"SENT"}]
        assert len((await self.linked.here())["Sent"]) == 1


@pytest.fixture
async def sender(house: Database, workspace: Workspace, gmail: GmailServer, box: Mailbox) -> Sender:
    found = Sender(await link_gmail(house, workspace, gmail, box))
    await found.linked.visit()
    await found.begin()
    return found


async def test_once_on_both_sides(sender: Sender, box: Mailbox):
    await sender.send()
    assert box.sent[0][1] == ("li@kunde.example", "eva@elsewhere.example")
    await sender.send()  # nobody had written down that it has left
    await sender.assert_once(box)


async def test_an_answer_that_nobody_heard(sender: Sender, box: Mailbox, gmail: GmailServer):
    def cut(method: str) -> None:
        if method == "messages.send" and not box.sent:
            gmail.web.cut_after = 20

    gmail.fault = cut
    with pytest.raises(Unclear):
        await sender.send()
    await sender.send()
    await sender.assert_once(box)


async def test_what_stands_in_its_way(sender: Sender, box: Mailbox, gmail: GmailServer):
    """What Google has not taken is sent again; what it may have taken is asked for before."""
    faults = iter([TOO_FAST, BACKEND])
    gmail.fault = lambda method: next(faults, None) if method == "messages.send" else None
    with pytest.raises((Unclear, Throttled)):
        await sender.send()
    assert box.sent == []
    await sender.send()
    await sender.assert_once(box)
