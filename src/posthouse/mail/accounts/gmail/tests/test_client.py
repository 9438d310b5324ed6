"""Requests that are signed in, paced, and tried again only when that helps."""

import asyncio
from collections.abc import Callable

import pytest

from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    Refused,
    SignInRefused,
    Throttled,
    Unreachable,
)
from posthouse.mail.accounts.gmail.batch import answers_of
from posthouse.mail.accounts.gmail.client import Client
from posthouse.mail.accounts.gmail.driver import GmailDriver
from posthouse.mail.accounts.gmail.failures import failure
from posthouse.mail.accounts.gmail.messages import Profile
from posthouse.mail.accounts.gmail.quota import Purse
from posthouse.mail.accounts.web import Answer, Web
from tests.support.gmail_server import GmailServer, Mailbox
from tests.support.gmail_server.mailbox import Nope
from tests.support.gmail_server.server import BACKEND, TOO_FAST, TOO_MANY
from tests.support.keyed import Keys
from tests.support.web_server import Response

RAW = b"From: li@kunde.example\r\nTo: anna@gmail.example\r\nSubject: Pumps\r\n\r\nhello\r\n"


def times(count: int, what: Nope | Response) -> Callable[[str], Nope | Response | None]:
    """Only the first calls go wrong."""
    left = [what] * count
    return lambda _: left.pop() if left else None


async def profile(client: Client) -> Profile:
    return await client.get("getProfile", "/profile", Profile)


@pytest.mark.parametrize("trouble", [TOO_FAST, TOO_MANY, BACKEND, Response(silent=True)])
async def test_what_passes_is_waited_for(
    gmail: GmailServer, box: Mailbox, client: Client, pauses: list[float], trouble: Nope
):
    gmail.fault = times(3, trouble)
    assert (await profile(client)).email_address == box.address
    assert [round(each, 1) // 0.5 * 0.5 for each in pauses] == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(
    ("trouble", "kind"), [(TOO_FAST, Throttled), (BACKEND, Unreachable)], ids=["quota", "backend"]
)
async def test_patience_ends(
    gmail: GmailServer,
    box: Mailbox,
    client: Client,
    pauses: list[float],
    trouble: Nope,
    kind: type[AccountError],
):
    gmail.fault = lambda _: trouble
    with pytest.raises(kind) as caught:
        await profile(client)
    assert sum(pauses) < 11
    assert caught.value.said in ("User Rate Limit Exceeded", "Backend Error")
    if isinstance(caught.value, Throttled):
        assert caught.value.seconds == 60


async def test_the_pause_google_asks_for(gmail: GmailServer, box: Mailbox, client: Client):
    gmail.fault = lambda _: Response(status=429, headers=(("Retry-After", "120"),))
    with pytest.raises(Throttled) as caught:
        await profile(client)
    assert caught.value.seconds == 120
    assert len(gmail.asked) == 1  # longer than our patience: not asked again


async def test_a_token_that_is_over_is_replaced_once(
    gmail: GmailServer, box: Mailbox, outside: Outside
):
    given = iter(["old", "good", "never"])

    async def token() -> str:
        return next(given)

    client = Client(Web(outside, gmail.server, connections=1), token, Purse())
    assert (await profile(client)).email_address == box.address
    gmail.tokens.clear()
    with pytest.raises(SignInRefused) as caught:
        await profile(client)
    assert (caught.value.reason, caught.value.said) == ("consent", "Invalid Credentials")
    await client.close()


@pytest.mark.parametrize(
    ("status", "reason", "message", "kind", "detail"),
    [
        (403, "insufficientPermissions", "", SignInRefused, "consent"),
        (403, "domainPolicy", "", SignInRefused, "switched_off"),
        (400, "failedPrecondition", "Mail service not enabled", SignInRefused, "switched_off"),
        (403, "accessNotConfigured", "", Refused, ""),
        (403, "dailyLimitExceeded", "", Throttled, ""),
        (404, "notFound", "", Refused, "NONEXISTENT"),
        (409, "aborted", "", Refused, "ALREADYEXISTS"),
        (400, "invalidArgument", "", Refused, ""),
    ],
)
def test_what_errors_mean(
    status: int, reason: str, message: str, kind: type[AccountError], detail: str
):
    body = b'{"error": {"message": "%s", "errors": [{"reason": "%s"}]}}'
    found = failure(status, {}, body % (message.encode(), reason.encode()))
    assert type(found) is kind
    assert getattr(found, "reason", getattr(found, "code", "")) == detail


def test_a_proxy_answers_in_html():
    assert isinstance(failure(502, {}, b"<html>\xff"), Unreachable)
    assert isinstance(failure(301, {}, b""), Broken)


async def test_mail_is_not_sent_twice(
    gmail: GmailServer, box: Mailbox, driver: GmailDriver, pauses: list[float]
):
    """What may have been taken is not repeated; what certainly was not, is."""
    gmail.web.cut_after = 30
    with pytest.raises(Unreachable):
        await driver.send(RAW, None, Keys().hear)
    assert len(box.sent) == 1
    gmail.fault = times(1, TOO_MANY)
    await driver.send(RAW, None, Keys().hear)
    assert len(box.sent) == 2
    assert len(pauses) == 1


async def test_parts_of_a_batch_that_fail_are_asked_again(
    gmail: GmailServer, box: Mailbox, driver: GmailDriver
):
    keys = [box.insert(RAW).encode() for _ in range(120)]
    box.delete(keys[3].decode())
    calls = iter(range(10_000))
    gmail.fault = lambda _: TOO_MANY if next(calls) % 7 == 0 else None
    found = await driver.states([*keys, b"nothing"])
    assert [key for key in keys if found[key] is not None] == [*keys[:3], *keys[4:]]
    assert found[keys[3]] is None
    assert found[b"nothing"] is None
    assert max(gmail.batches) == 50


def test_a_batch_that_is_not_answered_in_full():
    kind = {"content-type": 'multipart/mixed; boundary="b"'}
    part = b"--b\r\nContent-ID: <response-item%d>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}\r\n"
    whole = part % 1 + part % 0 + b"--b--"
    assert len(answers_of(Answer(status=200, headers=kind, content=whole), 2)) == 2
    for content in (part % 0 + b"--b--", b"", part % 0 + part % 7, b"--b\r\n\r\nno\r\n--b--"):
        with pytest.raises(Broken):
            answers_of(Answer(status=200, headers=kind, content=content), 2)


async def test_units_of_a_minute(monkeypatch: pytest.MonkeyPatch):
    """At once as far as they go; then as they come back, in the order in which they were wanted."""
    now, waited = 0.0, []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "time", lambda: now)

    async def sleep(seconds: float) -> None:
        nonlocal now
        waited.append(seconds)
        now += seconds

    monkeypatch.setattr(asyncio, "sleep", sleep)
    purse = Purse(100)
    for units in (60, 40):
        await purse.spend(units)
    now = 10.0
    await purse.spend(50)
    assert waited == [50.0]
    await purse.spend(500)  # more than there ever are: alone
    assert waited == [50.0, 60.0]


async def test_content_that_is_cut_comes_all_the_same(
    gmail: GmailServer, box: Mailbox, driver: GmailDriver
):
    key = box.insert(RAW + b"x" * 200_000).encode()
    for cut in (0, 10, 400, 100_000, 260_000):
        gmail.web.cut_after = cut
        (found,) = [each async for each in driver.contents([(b"INBOX", key)])]
        assert found.raw == box.messages[key.decode()].raw


async def test_few_requests_at_once(gmail: GmailServer, box: Mailbox, driver: GmailDriver):
    keys = [box.insert(RAW).encode() for _ in range(40)]
    gmail.slow = 0.001
    wanted = [(b"INBOX", key) for key in (*keys, b"gone")]
    found = [each.key async for each in driver.contents(wanted)]
    assert sorted(found) == sorted(keys)
    assert 1 < gmail.together <= 5
