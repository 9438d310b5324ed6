"""Junk and rules: who asks for it sees it, and nothing of it leaves the house."""

import pytest

from posthouse.foundation.errors import Denied
from posthouse.mail.rules.tests.test_rules import (
    Deliver,
    counts,
    deliver,
    failure,
    letters,
    use,
)
from posthouse.mail.rules.verdicts import spam_of, virus_of
from tests.support.house import letter

__all__ = ["deliver"]  # a fixture

ASKS = 'require ["spamtest", "fileinto", "vacation", "reject", "imap4flags"];'


@pytest.fixture
def junk() -> bytes:
    """Its sender's domain asks to reject what fails DMARC."""
    return letter(message_id="j@spoofed.example", sender="x@spoofed.example")


@pytest.mark.parametrize(
    ("script", "where"),
    [
        ("discard;", {"Junk": 1}),  # who does not ask does not see it
        (f'{ASKS} if spamtest "10" {{ discard; }}', {}),
        (f'{ASKS} if spamtest "10" {{ fileinto "Archive"; }}', {"Archive": 1}),
        (f'{ASKS} if spamtest "10" {{ keep; }}', {"INBOX": 1}),
        (f'{ASKS} if not spamtest "10" {{ discard; }}', {"Junk": 1}),
        (rf'{ASKS} setflag "\\Seen";', {"Junk": 1}),
        (f'{ASKS} redirect "b@else.example";', {"Junk": 1}),
        (f'{ASKS} vacation "Away.";', {"Junk": 1}),
        (f'{ASKS} reject "请不要发到这里。";', {"Junk": 1}),
        (f'{ASKS} fileinto "Nowhere";', {"Junk": 1}),
    ],
)
async def test_where_junk_goes(house, workspace, deliver: Deliver, junk, script, where):
    await use(house, workspace, script)
    await deliver(junk)
    assert await counts(house, workspace) == where
    assert await letters(house, workspace) == []


async def test_junk_is_refused_only_in_the_protocol(house, workspace, deliver, junk):
    await use(house, workspace, f'{ASKS} if spamtest "10" {{ reject "No junk, please."; }}')
    with pytest.raises(Denied, match="No junk, please"):
        await deliver(junk)
    await deliver()
    assert await counts(house, workspace) == {"INBOX": 1}
    assert await failure(house, workspace) is None


@pytest.mark.parametrize(
    ("verdict", "spam"),
    [
        ({}, None),
        ({"internal": True}, None),
        ({"filter": {"score": -3.0}}, 0),
        ({"filter": {"score": 0.0}}, 0),
        ({"filter": {"score": 1.0}}, 46),
        ({"filter": {"score": 40.0}}, 99),
        ({"rspamd": {"score": 3.0}}, 50),
        ({"rspamd": {"score": 3.0}, "filter": {"score": 4.0}}, 96),
        ({"rspamd": {"score": -2.0}}, 0),
    ],
)
def test_our_checks_as_the_rfc_counts_them(verdict, spam):  # RFC 5235 3.2.2
    assert spam_of(verdict, junk=False) == spam
    assert spam_of(verdict, junk=True) == 100


def test_what_clamd_said():  # RFC 5235 3.3
    assert virus_of({}) is None
    assert virus_of({"clean": True}) == 1
    assert virus_of({"virus": "Eicar"}) == 5
