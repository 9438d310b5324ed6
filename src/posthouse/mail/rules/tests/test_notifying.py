"""Notifications of mail that came, and copies of what rules send, as they are written and filed."""

import pytest

from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.rules import effects
from posthouse.mail.rules.tests.test_rules import (
    counts,
    deliver,
    failure,
    letters,
    newest,
    use,
)
from tests.support.house import letter

__all__ = ["deliver"]  # a fixture

NEEDS = 'require ["enotify", "vacation", "fcc", "mailbox", "imap4flags", "special-use"];'


async def test_a_notification_goes_to_each_and_the_mail_is_kept(house, workspace, deliver):
    script = 'notify :message "来信了" "mailto:a@else.example?cc=b@else.example,a@else.example";'
    await use(house, workspace, NEEDS + script)
    await deliver(letter(message_id="n1@kunde.example"))
    first, second = await letters(house, workspace)
    assert (first.kind, first.mail_from) == ("notify", "anna@acme.example")
    assert [first.recipient, second.recipient] == ["a@else.example", "b@else.example"]
    assert b'Auto-Submitted: auto-notified; owner-email="anna@acme.example"' in first.content
    assert first.content.startswith(b"Message-ID: <")
    assert await counts(house, workspace) == {"INBOX": 1}
    # RFC 5436 2.7: of a bounce, a notification that cannot bounce; of a notification, none.
    await deliver(mail_from="")
    assert [each.mail_from for each in await letters(house, workspace)] == ["", ""]
    await deliver(first.content)
    assert await letters(house, workspace) == []
    assert await failure(house, workspace) is None


async def test_a_mail_that_is_delivered_again_is_not_told_again(house, workspace, deliver):
    await use(house, workspace, f'{NEEDS} notify "mailto:a@else.example";')
    for _ in range(2):
        await deliver(letter(message_id="same@acme.example"), peer_ip=None, source_key=b"k" * 32)
    assert len(await letters(house, workspace)) == 1


async def test_notifications_have_a_bound(house, workspace, deliver, monkeypatch):
    monkeypatch.setattr(effects, "MOST_NOTIFICATIONS", 3)
    script = 'notify "mailto:a@else.example,b@else.example"; redirect "c@else.example";'
    await use(house, workspace, NEEDS + script)
    for _ in range(2):
        await deliver()
    kinds = [each.kind for each in await letters(house, workspace)]
    assert (kinds.count("notify"), kinds.count("redirect")) == (3, 2)
    assert "3 notifications in an hour" in str(await failure(house, workspace))


async def test_what_no_method_is_keeps_the_mail(house, workspace, deliver):
    await use(house, workspace, f'{NEEDS} discard; notify "tel:+14085551212";')
    await deliver()
    assert await counts(house, workspace) == {"INBOX": 1}
    assert "use mailto" in str(await failure(house, workspace))


@pytest.mark.parametrize(
    ("where", "folder"),
    [
        (':fcc "Told" :create', "Told"),
        (r':fcc "Told" :specialuse "\\Archive"', "Archive"),
        (':fcc "Nowhere"', "Sent"),
    ],
)
async def test_a_copy_is_filed_with_what_is_sent(house, workspace, deliver, where, folder):
    flags = r':flags ["\\Seen", "told"]'
    script = f'vacation {where} {flags} "Away."; notify {where} {flags} "mailto:a@b.example";'
    await use(house, workspace, NEEDS + script)
    await deliver(letter(message_id="v1@kunde.example", to="anna@acme.example"))
    sent = await letters(house, workspace)
    assert [each.kind for each in sent] == ["vacation", "notify"]
    assert await counts(house, workspace) == {"INBOX": 1, folder: 2}
    raw, marks, keywords = await newest(house, workspace, folder)
    assert raw == sent[1].content
    assert (marks, keywords) == (Flags.SEEN, {"told"})
    # The sender was answered already: no answer, no copy.
    await deliver(letter(message_id="v2@kunde.example", to="anna@acme.example"))
    assert await counts(house, workspace) == {"INBOX": 2, folder: 3}
