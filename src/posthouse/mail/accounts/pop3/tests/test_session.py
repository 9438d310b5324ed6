"""Sessions with servers that have faults: what is read, what is refused, what is never done."""

import base64
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    Forbidden,
    Refused,
    SignInRefused,
    Throttled,
    Unreachable,
    Untrusted,
)
from posthouse.mail.accounts.model import Security, Server
from posthouse.mail.accounts.pop3.session import Session
from tests.support.authority import issue, make_authority
from tests.support.scripted_pop3 import PASSWORD, Mail, ScriptedPop3, sign_in

_MAILS = [
    Mail("a", b"Subject: 1\r\n\r\n.\r\n..dots\r\n"),
    Mail("b", b"Subject: 2\r\n\r\n"),
    Mail(None, b"Subject: 3\r\n\r\n" + b"x" * 70_000 + b"\r\n"),
    Mail("4", b"Subject: 4\r\n\r\nfour\r\n"),
]


@pytest.fixture
async def drop(drop: ScriptedPop3) -> ScriptedPop3:
    """With some mail."""
    drop.mails = list(_MAILS)
    return drop


async def _raws(session: Session, numbers: list[int], limit: int = 1 << 20) -> list[Any]:
    return [got.raw async for got in session.messages(numbers, limit)]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
async def test_a_session(outside: Outside, drop: ScriptedPop3, pipelining: bool, line_end: bytes):
    drop.capabilities = ("USER", "PIPELINING") if pipelining else ("USER",)
    drop.line_end = line_end
    session = await Session.open(sign_in(drop.server), outside)
    found = await session.maildrop()
    assert found.count == 4
    assert [found.size(number) for number in range(1, 5)] == [len(m.raw) for m in _MAILS]
    names = [found.name(number) for number in range(1, 5)]
    assert names[2:] == [None, None], "not told, or no name but the number"
    assert None not in names[:2]
    raws = await _raws(session, [4, 1, 3, 2])
    assert raws == [_MAILS[n].raw.replace(b"\r\n", line_end) for n in (3, 0, 2, 1)]
    headers = [got.raw async for got in session.headers([2, 3])]
    assert headers == [b"Subject: %d\r\n\r\n".replace(b"\r\n", line_end) % n for n in (2, 3)]
    assert await session.delete([1, 3]) == [1, 3]
    assert drop.mails == _MAILS
    assert await session.quit()
    assert drop.mails == [_MAILS[1], _MAILS[3]]


async def test_without_quit_nothing_is_deleted(outside: Outside, drop: ScriptedPop3):
    session = await Session.open(sign_in(drop.server), outside)
    assert await session.delete([1, 2]) == [1, 2]
    session.abort()
    assert drop.mails == _MAILS
    drop.cut_after = 60
    with pytest.raises(Unreachable):
        await _whole(outside, drop)
    assert drop.mails == _MAILS


async def test_a_session_is_cut_after_every_octet(outside: Outside, drop: ScriptedPop3):
    """Until the very end nothing is deleted; nobody waits for ever or takes a part for all."""
    drop.mails = [Mail("a", b"Subject: 1\r\n\r\n.\r\n"), Mail("b", b"Subject: 2\r\n\r\n")]
    whole = await _whole(outside, drop)
    assert len(drop.mails) == 1
    said = 0
    while True:
        drop.mails = [Mail("a", b"Subject: 1\r\n\r\n.\r\n"), Mail("b", b"Subject: 2\r\n\r\n")]
        said += 1
        drop.cut_after = said
        try:
            assert await _whole(outside, drop) == whole
        except Unreachable:
            continue
        break
    assert said > 150


async def _whole(outside: Outside, drop: ScriptedPop3) -> list[Any]:
    session = await Session.open(sign_in(drop.server), outside)
    try:
        found = await session.maildrop()
        raws = await _raws(session, list(range(1, found.count + 1)))
        marked = await session.delete([1])
        return [found.count, raws, marked, await session.quit()]
    except BaseException:
        session.abort()
        raise


@pytest.mark.parametrize(
    ("says", "error"),
    [
        ({"STAT": b"+OK many\r\n"}, Broken),
        ({"STAT": b"+OK 4000000000 1\r\n"}, Broken),
        ({"STAT": b"-ERR no\r\n"}, Broken),
        ({"STAT": b"* OK imap\r\n"}, Broken),
        ({"STAT": b"+ go\r\n"}, Broken),
        ({"STAT": b"x" * 10_000}, Broken),
        ({"UIDL": b"+OK\r\n" + b"x" * 10_000}, Broken),
        ({"RETR 2": b"+OK\r\nSubject: 2\r\n\r\n.\r\n+OK forged\r\n"}, Broken),
    ],
)
async def test_nonsense_ends_it(
    outside: Outside, drop: ScriptedPop3, says: dict[str, bytes], error: type[AccountError]
):
    drop.says = says
    session = await Session.open(sign_in(drop.server), outside)
    with pytest.raises(error):
        await _all(session)
    with pytest.raises(Unreachable):
        await session.quit()
    assert drop.mails == _MAILS


async def _all(session: Session) -> None:
    await session.maildrop()
    await _raws(session, [1, 2])


async def test_a_server_without_uidl_and_top(outside: Outside, drop: ScriptedPop3):
    drop.says = {"UIDL": b"-ERR what\r\n", "TOP": b"-ERR what\r\n"}
    session = await Session.open(sign_in(drop.server), outside)
    found = await session.maildrop()
    assert [found.name(number) for number in range(1, 5)] == [None] * 4
    headers = [got.raw async for got in session.headers([1, 2])]
    assert [(raw or b"").startswith(b"Subject: %d\r\n\r\n" % n) for n, raw in enumerate(headers, 1)]
    await session.quit()


async def test_what_is_switched_off_is_not_used(outside: Outside, drop: ScriptedPop3):
    session = await Session.open(sign_in(drop.server, "UIDL", "TOP", "CAPA"), outside)
    await session.maildrop()
    assert [got.raw async for got in session.headers([2])] == [_MAILS[1].raw]
    await session.quit()
    assert not [*drop.asked("CAPA"), *drop.asked("UIDL"), *drop.asked("TOP")]


async def test_one_message_that_is_refused_or_too_large(outside: Outside, drop: ScriptedPop3):
    drop.says = {"RETR 2": b"-ERR [SYS/TEMP] a disk is broken\r\n"}
    session = await Session.open(sign_in(drop.server), outside)
    got = [one async for one in session.messages([1, 2, 3, 4], 60_000)]
    assert [one.raw for one in got] == [_MAILS[0].raw, None, None, _MAILS[3].raw]
    assert isinstance(got[1].refused, Refused)
    assert got[1].refused.said == "[SYS/TEMP] a disk is broken"
    assert got[2].refused is None
    await session.quit()


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (b"-ERR [AUTH] authentication failed", SignInRefused, "wrong"),
        (b"-ERR Unable to log on", SignInRefused, "wrong"),
        ("-ERR 请使用授权码登录".encode("gb18030"), SignInRefused, "code"),
        (b"-ERR Please using authorized code to login: authorization code", SignInRefused, "code"),
        (
            b"-ERR [SYS/PERM] Your account is not enabled for POP access",
            SignInRefused,
            "switched_off",
        ),
        ("-ERR 您没有开通POP3服务，未开启".encode(), SignInRefused, "switched_off"),
        (b"-ERR [IN-USE] Do you have another POP session running?", Throttled, ""),
        (b"-ERR [LOGIN-DELAY] minimum time between mail checks violation", Throttled, ""),
        (b"-ERR maildrop already locked", Throttled, ""),
        (b"-ERR login frequency limited", Throttled, ""),
    ],
)
async def test_why_nobody_is_let_in(
    outside: Outside, drop: ScriptedPop3, answer: bytes, error: type[AccountError], reason: str
):
    drop.says = {"PASS": answer + b"\r\n"}
    with pytest.raises(error) as caught:
        await Session.open(sign_in(drop.server), outside)
    if isinstance(caught.value, SignInRefused):
        assert caught.value.reason == reason
    assert PASSWORD not in f"{caught.value} {caught.value.said}"


async def test_a_greeting_that_says_no(outside: Outside, drop: ScriptedPop3):
    drop.greeting = "-ERR [SYS/TEMP] too many connections"
    with pytest.raises(Throttled):
        await Session.open(sign_in(drop.server), outside)
    drop.greeting = "220 mail.example ESMTP"
    with pytest.raises(Broken):
        await Session.open(sign_in(drop.server), outside)


async def test_tls(outside: Outside, drop: ScriptedPop3, tmp_path: Path):
    authority = make_authority()
    drop.tls = issue(authority, "localhost").server_context(tmp_path)
    trusting = replace(outside, tls=ssl.create_default_context(cadata=authority.pem))
    await (await Session.open(_secured(drop, "starttls"), trusting)).quit()
    with pytest.raises(Untrusted):
        await Session.open(_secured(drop, "starttls"), outside)
    with pytest.raises(Unreachable):  # it does not speak TLS from the start
        await Session.open(_secured(drop, "tls"), trusting)
    drop.tls = None
    with pytest.raises(Unreachable, match="does not offer TLS"):
        await Session.open(_secured(drop, "starttls"), trusting)
    assert len(drop.asked("STLS")) == 2


def _secured(drop: ScriptedPop3, security: Security) -> SignIn:
    return sign_in(Server(host="localhost", port=drop.port, security=security))


async def test_our_own_network(outside: Outside, drop: ScriptedPop3):
    with pytest.raises(Forbidden):
        await Session.open(sign_in(drop.server), replace(outside, private_hosts=False))
    assert not drop.connections


async def test_a_token_in_place_of_the_password(outside: Outside, drop: ScriptedPop3):
    async def token() -> str:
        return "tok"

    way = replace(sign_in(drop.server), token=token)
    said = base64.b64encode(b"user=anna\x01auth=Bearer tok\x01\x01").decode()
    drop.says = {"AUTH XOAUTH2": b"+ \r\n", said: b"+OK\r\n"}
    await (await Session.open(way, outside)).quit()
    drop.says[said] = b"-ERR [AUTH] expired\r\n"
    with pytest.raises(SignInRefused) as caught:
        await Session.open(way, outside)
    assert caught.value.reason == "consent"
    assert not drop.asked("USER")
