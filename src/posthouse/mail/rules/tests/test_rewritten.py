"""Mail that a script rewrites (RFC 5703 5, 6), as it is filed and answered."""

from posthouse.mail.rules.tests.test_rules import counts, deliver, letters, newest, use
from tests.support.house import letter

__all__ = ["deliver"]  # a fixture


async def test_what_a_script_makes_is_filed(house, workspace, deliver):
    script = 'require ["replace", "enclose", "fileinto", "copy"]; redirect :copy "b@else.example";'
    script += ' replace :subject "干净" "Nothing left."; fileinto "Archive";'
    script += ' enclose :subject "Inside" "Look."; keep;'
    await use(house, workspace, script)
    await deliver(letter(message_id="w1@kunde.example", subject="Original"))
    assert await counts(house, workspace) == {"INBOX": 1, "Archive": 1}
    replaced, _, _ = await newest(house, workspace, "Archive")
    enclosed, _, _ = await newest(house, workspace, "INBOX")
    assert replaced.startswith(b"Return-Path: <li.wei@kunde.example>\r\nDelivered-To: ")
    assert b"\r\nOriginal-Subject: Original\r\n" in replaced
    assert replaced.endswith(b"Nothing left.\r\n")
    assert b"\r\nSubject: Inside\r\n" in enclosed
    assert b"Content-Type: message/rfc822" in enclosed
    assert b"\r\nFrom: anna@acme.example\r\n" in enclosed
    (sent,) = await letters(house, workspace)  # before anything was replaced
    assert b"\r\nSubject: Original\r\n" in sent.content


async def test_who_is_answered_goes_by_what_came(house, workspace, deliver):
    script = 'require ["replace", "enclose", "vacation", "enotify"]; replace :subject "New" "x";'
    script += ' enclose "y"; vacation "Away."; notify "mailto:c@else.example";'
    await use(house, workspace, script)
    await deliver(letter(message_id="w2@kunde.example", to="anna@acme.example", subject="Offer"))
    answer, notification = await letters(house, workspace)
    assert answer.recipient == "li.wei@kunde.example"
    assert b"\r\nSubject: Auto: Offer\r\n" in answer.content
    assert b"\r\nSubject: Offer\r\n" in notification.content
    machine = letter(message_id="w3@kunde.example", to="anna@acme.example")
    await deliver(b"Auto-Submitted: auto-generated\r\n" + machine)
    assert await letters(house, workspace) == []
