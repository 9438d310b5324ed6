"""Sending by Exchange: once, whatever is lost on the way, and with one copy there."""

import pytest

from posthouse.mail.accounts.errors import Refused, Unreachable
from posthouse.mail.accounts.ews.driver import EwsDriver
from tests.support.ews_server import EwsServer, cut

RAW = b"To: <a@x>\r\nBcc: <b@x>\r\nMessage-ID: <1@x>\r\nSubject: 1\r\n\r\nHello"


class Heard(list[bytes]):
    """What is told while it is being sent."""

    async def __call__(self, key: bytes) -> None:
        self.append(key)

    @property
    def last(self) -> bytes | None:
        return self[-1] if self else None


def lying(server: EwsServer) -> dict[str, int]:
    box = server.mailbox
    return {name: len(box.folder(name).items) for name in ("drafts", "sentitems")}


async def test_it_leaves_without_bcc_and_one_copy_stays(server: EwsServer, driver: EwsDriver):
    server.adds_fields = True
    heard = Heard()
    await driver.send(RAW, None, heard)
    assert len(heard) == 1
    (sent,) = server.mailbox.sent
    assert b"Bcc" not in sent
    (copy,) = server.mailbox.folder("sentitems").items.values()
    assert copy.raw.endswith(RAW)
    assert (copy.read, copy.draft) == (True, False)
    assert lying(server)["drafts"] == 0


@pytest.mark.parametrize("operation", ["FindItem", "CreateItem", "SendItem"])
@pytest.mark.parametrize("done", [True, False])
async def test_an_answer_that_nobody_heard(
    server: EwsServer, driver: EwsDriver, operation: str, done: bool
):
    heard = Heard()
    server.faults.add(operation, cut(1, done=True) if done else cut())
    with pytest.raises(Unreachable):
        await driver.send(RAW, None, heard)
    await driver.send(RAW, heard.last, heard)
    assert len(server.mailbox.sent) == 1
    assert lying(server) == {"drafts": 0, "sentitems": 1}


async def test_a_draft_that_somebody_took_away_is_made_anew(server: EwsServer, driver: EwsDriver):
    heard = Heard()
    server.faults.add("SendItem", cut())
    with pytest.raises(Unreachable):
        await driver.send(RAW, None, heard)
    drafts = server.mailbox.folder("drafts")
    server.mailbox.remove(drafts, next(iter(drafts.items)))
    await driver.send(RAW, heard.last, heard)
    assert len(server.mailbox.sent) == 1


async def test_what_is_refused_leaves_no_draft(server: EwsServer, driver: EwsDriver):
    with pytest.raises(Refused) as refused:
        await driver.send(b"Message-ID: <2@x>\r\n\r\nto nobody", None, Heard())
    assert refused.value.code == "ErrorMissingRecipients"
    assert lying(server) == {"drafts": 0, "sentitems": 0}
