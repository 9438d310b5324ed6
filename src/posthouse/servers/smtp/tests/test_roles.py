"""The roles on a real database: mail comes in at the MX, members hand mail in."""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.entrance import Share
from posthouse.foundation.resolver import open_resolver
from posthouse.foundation.serving import Serve
from posthouse.foundation.settings import DEFAULT_LISTENERS, Settings
from posthouse.mail.intake import Intake
from posthouse.mail.mailboxes.folders import make_mailbox
from posthouse.protocols.dns import CachingResolver
from posthouse.security.members import (
    Actor,
    Scope,
    add_api_key,
    create_workspace,
    list_api_keys,
    revoke_api_key,
    set_password,
)
from posthouse.sending.outbox.receipts import report_delivered
from posthouse.servers.smtp import serve
from posthouse.servers.smtp.listener import Listener
from posthouse.servers.smtp.tests.town import PASSWORD
from tests.support.app_passwords import make_app_password, require_app_passwords
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace, letter, make_workspace


@asynccontextmanager
async def running(
    role: Serve, name: str, house: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[int]:
    """Run a role on a free port; gives the port."""
    listening: list[Listener] = []
    start = Listener.start

    async def start_and_tell(listener: Listener, share: Share | None) -> None:
        await start(listener, share)
        listening.append(listener)

    monkeypatch.setattr(Listener, "start", start_and_tell)
    listeners = {**DEFAULT_LISTENERS, name: "127.0.0.1:0"}
    house.provide(replace(house.service(Settings), hostname="mx.acme.example", listeners=listeners))
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(role(house, stop, ready.set))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    assert ready.is_set(), task
    yield listening[0].port
    stop.set()
    await asyncio.wait_for(task, 8)


def _mx_role(resolver: CachingResolver) -> Serve:
    return serve.mx_role(
        lambda database: Intake(database, resolver, "mx.acme.example"), report_delivered
    )


async def test_a_mail_is_filed_before_250(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    with DnsServer({}) as dns:
        resolver = open_resolver(dns.address)
        role = _mx_role(resolver)
        async with running(role, "smtp", house, monkeypatch) as port:

            def send() -> None:
                with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
                    raw = letter(message_id="1@kunde.example")
                    client.sendmail("li.wei@kunde.example", ["ANNA@acme.example"], raw)
                    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
                        client.sendmail("li.wei@kunde.example", ["no@acme.example"], raw)
                    assert refused.value.recipients["no@acme.example"][0] == 550

            await asyncio.to_thread(send)
        await resolver.close()
    async with house.workspace(workspace.id) as tx:
        count = await tx.connection.fetchval("SELECT count(*) FROM mailbox_messages")
    assert count == 1


async def test_two_workspaces_are_two_messages(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    other = await make_workspace(house, "kunde.example", "li")
    with DnsServer({}) as dns:
        resolver = open_resolver(dns.address)
        role = _mx_role(resolver)
        async with running(role, "smtp", house, monkeypatch) as port:

            def send() -> None:
                with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
                    raw = letter(message_id="1@far.example")
                    everybody = [workspace.address, other.address]
                    refused = client.sendmail("x@far.example", everybody, raw)
                    assert refused[other.address][0] == 452
                    assert client.sendmail("x@far.example", [*refused], raw) == {}

            await asyncio.to_thread(send)
        await resolver.close()
    for each in (workspace, other):
        async with house.workspace(each.id) as tx:
            assert await tx.connection.fetchval("SELECT count(*) FROM mailbox_messages") == 1


class Outbox:
    """Keeps what is enqueued."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []

    async def enqueue(self, tx: object, **values: Any) -> None:
        self.kept.append(values)


async def make_anna(house: Database) -> Actor:
    """Anna of Acme, who can sign in."""
    actor = await create_workspace(house, "Acme", "acme.example", "anna@acme.example", PASSWORD)
    async with house.workspace(actor.workspace_id) as tx:
        await make_mailbox(
            tx,
            kind="personal",
            address=actor.address,
            name="Anna",
            owner_member_id=actor.member_id,
        )
    return actor


async def test_a_member_hands_in_mail_as_herself_only(
    house: Database, monkeypatch: pytest.MonkeyPatch
):
    await make_anna(house)
    outbox = Outbox()
    role = serve.submission_role("submissions", outbox.enqueue)
    async with running(role, "submissions", house, monkeypatch) as port:
        await asyncio.to_thread(_hand_in, port)
    (kept,) = outbox.kept
    assert (kept["mail_from"], kept["recipients"]) == ("anna@acme.example", ["x@far.example"])
    assert (kept["hold_until"], kept["door"]) == (None, "submission")
    assert kept["raw"].startswith(b"Received: from ")


async def test_a_new_password_ends_what_began_with_the_old_one(
    house: Database, monkeypatch: pytest.MonkeyPatch
):
    anna = await make_anna(house)
    outbox = Outbox()
    role = serve.submission_role("submissions", outbox.enqueue)
    loop = asyncio.get_running_loop()

    def replace_password() -> None:
        changed = set_password(
            house, anna.workspace_id, anna.member_id, "quite another one", kept=None
        )
        asyncio.run_coroutine_threadsafe(changed, loop).result(10)

    async with running(role, "submissions", house, monkeypatch) as port:
        await asyncio.to_thread(_hand_in_twice, port, replace_password)
    assert outbox.kept == []


def _hand_in_twice(port: int, meanwhile: Callable[[], None]) -> None:
    own = b"From: Anna <anna@acme.example>\r\nSubject: x\r\n\r\nx\r\n"
    me, far = "anna@acme.example", "x@far.example"
    with smtplib.SMTP_SSL("127.0.0.1", port, context=_trusting(), timeout=10) as client:
        client.login(me, PASSWORD)
        assert client.mail(me)[0] == 250
        assert client.rcpt(far)[0] == 250
        meanwhile()
        assert client.data(own)[0] == 530
        assert client.mail(me)[0] == 530


async def test_an_api_key_signs_in_until_it_is_revoked(
    house: Database, monkeypatch: pytest.MonkeyPatch
):
    anna = await make_anna(house)
    async with house.workspace(anna.workspace_id) as tx:
        key = await add_api_key(tx, anna.member_id, frozenset({Scope.MAIL_SEND}))
        reader = await add_api_key(tx, anna.member_id, frozenset({Scope.MAIL_READ}))
    outbox = Outbox()
    role = serve.submission_role("submissions", outbox.enqueue)
    loop = asyncio.get_running_loop()

    async def revoke() -> None:
        async with house.workspace(anna.workspace_id) as tx:
            for each in await list_api_keys(tx, anna):
                await revoke_api_key(tx, anna, each.id)

    def sign_in(token: str, identity: str = "anna@acme.example") -> smtplib.SMTP_SSL:
        client = smtplib.SMTP_SSL("127.0.0.1", port, context=_trusting(), timeout=10)
        client.ehlo()
        client.auth(
            "XOAUTH2", lambda challenge=None: f"user={identity}\x01auth=Bearer {token}\x01\x01"
        )
        return client

    def hand_in() -> None:
        own = b"From: Anna <anna@acme.example>\r\nSubject: x\r\n\r\nx\r\n"
        for token, identity in ((reader, "anna@acme.example"), (key, "boss@acme.example")):
            with pytest.raises(smtplib.SMTPAuthenticationError):
                sign_in(token, identity)
        with sign_in(key, "Anna@Acme.example") as client:
            assert client.sendmail("anna@acme.example", ["x@far.example"], own) == {}
            asyncio.run_coroutine_threadsafe(revoke(), loop).result(10)
            assert client.mail("anna@acme.example")[0] == 530

    async with running(role, "submissions", house, monkeypatch) as port:
        await asyncio.to_thread(hand_in)
    assert [kept["submitted_by"] for kept in outbox.kept] == [anna.member_id]


async def test_an_app_password_signs_in_until_it_is_revoked(
    house: Database, monkeypatch: pytest.MonkeyPatch
):
    """RFC 4954 6: what the policy for this member wants instead is 534 5.7.9."""
    anna = await make_anna(house)
    at = (anna.workspace_id, anna.member_id)
    word, revoke = await make_app_password(house, *at)
    reader, _ = await make_app_password(house, *at, "imap")
    await require_app_passwords(house, anna.workspace_id)
    outbox = Outbox()
    role = serve.submission_role("submissions", outbox.enqueue)
    loop = asyncio.get_running_loop()

    def hand_in(port: int) -> None:
        own = b"From: Anna <anna@acme.example>\r\nSubject: x\r\n\r\nx\r\n"
        me = "anna@acme.example"
        for password, said in ((PASSWORD, b"need an app password"), (reader, b"for IMAP only")):
            with smtplib.SMTP_SSL("127.0.0.1", port, context=_trusting(), timeout=10) as client:
                with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
                    client.login(me, password)
                assert refused.value.smtp_code == 534
                assert b"5.7.9" in refused.value.smtp_error
                assert said in refused.value.smtp_error
        for mechanism in ("PLAIN", "LOGIN"):
            with smtplib.SMTP_SSL("127.0.0.1", port, context=_trusting(), timeout=10) as client:
                client.ehlo()
                client.user, client.password = me, word
                client.auth(mechanism, getattr(client, f"auth_{mechanism.lower()}"))
                assert client.sendmail(me, ["x@far.example"], own) == {}
                if mechanism == "LOGIN":
                    asyncio.run_coroutine_threadsafe(revoke(), loop).result(10)
                    assert client.mail(me)[0] == 530

    async with running(role, "submissions", house, monkeypatch) as port:
        await asyncio.to_thread(hand_in, port)
    assert [kept["submitted_by"] for kept in outbox.kept] == [anna.member_id] * 2


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _hand_in(port: int) -> None:
    own = b"From: Anna <ANNA@acme.example>\r\nSubject: x\r\n\r\nx\r\n"
    foreign = own.replace(b"ANNA", b"boss")
    me, far = "anna@acme.example", ["x@far.example"]
    with smtplib.SMTP_SSL("127.0.0.1", port, context=_trusting(), timeout=10) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(me, "wrong")
        client.login(me, PASSWORD)
        assert client.sendmail(me, far, own) == {}
        with pytest.raises(smtplib.SMTPSenderRefused):
            client.sendmail("boss@acme.example", far, own)
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail(me, far, foreign)
        assert refused.value.smtp_code == 550
