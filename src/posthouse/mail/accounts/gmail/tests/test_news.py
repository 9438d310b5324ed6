"""News from Pub/Sub: by its push, which only Google can prove, and by asking for it."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from litestar import Router

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid
from posthouse.foundation.settings import load_settings
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import AccountError
from posthouse.mail.accounts.gmail.api import HANDLERS
from posthouse.mail.accounts.gmail.client import Client
from posthouse.mail.accounts.gmail.driver import GmailDriver
from posthouse.mail.accounts.gmail.pulling import Puller, keep_pulling, read_key
from posthouse.mail.accounts.gmail.pushing import Pushers
from posthouse.mail.accounts.keyed.news import topic_of
from posthouse.mail.accounts.reaching import google_topic_of
from tests.support.doors import at_the_doors
from tests.support.gmail_server import GmailServer, Mailbox
from tests.support.gmail_server.pubsub import PUSHER, SUBSCRIPTION, TOPIC, Signer
from tests.support.house import Workspace
from tests.support.sending import make_actor

ROUTER = Router(path="/", route_handlers=HANDLERS)
DOOR = "https://mail.acme.example/api/v1/linked-accounts/news/google"
RAW = b"From: li@kunde.example\r\nSubject: Pumps\r\n\r\nhello\r\n"
_ADDRESS = "anna@gmail.example"


@dataclass
class Knocking:
    """Whoever stands before the door, and whether an account was woken."""

    client: httpx.AsyncClient
    gmail: GmailServer
    woken: asyncio.Event

    async def knock(self, token: str, address: str = _ADDRESS) -> int:
        notice = json.dumps({"emailAddress": address, "historyId": 12}).encode()
        return await self.push(f"Bearer {token}", self.gmail.pubsub.envelope(notice))

    async def push(self, authorization: str, body: bytes) -> int:
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        answer = await self.client.post(
            "/linked-accounts/news/google", content=body, headers=headers
        )
        if answer.status_code == 204:
            assert answer.content == b""
        return answer.status_code


@pytest.fixture
async def door(
    house: Database, workspace: Workspace, gmail: GmailServer, outside: Outside
) -> AsyncIterator[Knocking]:
    house.provide(Pushers(outside, audience=DOOR, account=PUSHER, server=gmail.server))
    with house.signals.subscribe(topic_of("gmail", _ADDRESS)) as woken:
        async with at_the_doors(house, lambda: make_actor(workspace), ROUTER) as client:
            yield Knocking(client, gmail, woken)


async def test_google_wakes_the_account(door: Knocking, client: Client, box: Mailbox):
    """All the way: watch, a mail, the topic, the push, our door."""
    door.gmail.pubsub.audience = DOOR
    door.gmail.pubsub.push = door.push
    driver = GmailDriver(client, TOPIC)
    watch = await driver.watch(None, b"")
    assert watch is not None
    key = box.insert(RAW)
    door.gmail.notify(box)
    await asyncio.wait_for(door.woken.wait(), 10)
    door.woken.clear()
    await driver.delete(b"INBOX", [key.encode()])
    await asyncio.wait_for(door.woken.wait(), 10)


async def test_the_topic_of_somebody_else(gmail: GmailServer, box: Mailbox, client: Client):
    assert await GmailDriver(client, "projects/x/topics/y").watch(None, b"") is None
    assert await GmailDriver(client, "").watch(None, b"") is None
    assert "watch" in gmail.asked


async def test_what_google_has_not_said_so(door: Knocking):
    """To another house, by another account, unverified, by somebody else; too old, too early."""
    others: list[dict[str, object]] = [
        {"aud": "https://mail.other.example/api/v1/linked-accounts/news/google"},
        {"email": "pusher@other.iam.gserviceaccount.com"},
        {"email_verified": False},
        {"iss": "https://accounts.example.com"},
        {"iat": 1, "exp": 3_601},
        {"iat": 4_000_000_000, "exp": 4_000_003_600},
        {"exp": "never"},
    ]
    for claims in others:
        assert await door.knock(door.gmail.pubsub.signer.token(DOOR, **claims)) == 401, claims
    assert not door.woken.is_set()
    assert await door.knock(door.gmail.pubsub.signer.token(DOOR)) == 204
    assert door.woken.is_set()


async def test_who_is_not_google(door: Knocking):
    """Another key under the same name; no key at all; a key nobody knows, over and over."""
    good = door.gmail.pubsub.signer.token(DOOR)
    head, claims, proof = good.split(".")
    forged = Signer("forged").token(DOOR).split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"key-1"}').rstrip(b"=").decode()
    tokens = [
        f"{head}.{claims}.{forged[2]}",
        f"{none}.{claims}.",
        f"{none}.{claims}.{proof}",
        f"{head}.{forged[1]}.{proof}x",
        ".".join(forged),
        "a.b.c",
        "%.%.%",
        "x" * 9_000,
        "",
    ]
    for token in tokens:
        assert await door.knock(token) == 401, token
    assert await door.push("Basic YTpi", b"{}") == 401
    assert not door.woken.is_set()
    assert door.gmail.pubsub.keys_asked == 1
    assert await door.knock(good) == 204


async def test_what_is_no_notice(door: Knocking):
    good = f"Bearer {door.gmail.pubsub.signer.token(DOOR)}"
    for body in (b"", b"[]", b'{"message": 1}', b"x" * 70_000):
        assert await door.push(good, body) == 422
    for data in ("", "%%%", "eyJhIjoxfQ=="):  # acknowledged, or it would come again for ever
        assert await door.push(good, json.dumps({"message": {"data": data}}).encode()) == 204
    assert not door.woken.is_set()


async def test_nobody_is_to_push(house: Database, workspace: Workspace):
    async with at_the_doors(house, lambda: make_actor(workspace), ROUTER) as client:
        assert (await client.post("/linked-accounts/news/google")).status_code == 404


async def test_asking_for_news(
    house: Database, gmail: GmailServer, box: Mailbox, outside: Outside, tmp_path
):
    (tmp_path / "key.json").write_text(json.dumps(gmail.pubsub.service_key()))
    puller = Puller(
        outside,
        read_key(tmp_path / "key.json"),
        SUBSCRIPTION,
        pubsub=gmail.server,
        tokens=gmail.server,
    )
    gmail.watched[box.address] = TOPIC
    gmail.notify(box)
    gmail.pubsub.publish(TOPIC, b"nonsense")
    with house.signals.subscribe(topic_of("gmail", box.address)) as woken:
        task = asyncio.create_task(keep_pulling(house, puller))
        await asyncio.wait_for(woken.wait(), 10)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert gmail.pubsub.waiting == {}
    gmail.pubsub.tokens = {"another"}  # taken back: asked for anew
    with pytest.raises(AccountError):
        await puller.pull()
    assert await puller.pull() == []
    await puller.close()


@pytest.mark.parametrize("content", ["", "{}", '{"client_email": "a", "private_key": "b"}'])
def test_a_key_that_is_none(tmp_path, content: str):
    (tmp_path / "key.json").write_text(content)
    with pytest.raises(ValueError, match=r"no key|deserialize|PEM"):
        read_key(tmp_path / "key.json")


@pytest.mark.parametrize(
    ("more", "topic"),
    [
        ({}, ""),
        ({"GOOGLE_PUSH_ACCOUNT": PUSHER}, ""),
        ({"GOOGLE_PUSH_ACCOUNT": PUSHER, "PUBLIC_URL": "https://mail.acme.example"}, TOPIC),
        ({"GOOGLE_SUBSCRIPTION": SUBSCRIPTION}, ""),
        ({"GOOGLE_SUBSCRIPTION": SUBSCRIPTION, "GOOGLE_SERVICE_KEY": "key.json"}, TOPIC),
    ],
)
def test_gmail_tells_a_topic_that_somebody_listens_to(tmp_path, more: dict[str, str], topic: str):
    set_so = {f"POSTHOUSE_{name}": value for name, value in {"GOOGLE_TOPIC": TOPIC, **more}.items()}
    assert google_topic_of(load_settings(data=tmp_path, environ=set_so)) == topic


@pytest.mark.parametrize("name", ["GOOGLE_TOPIC", "GOOGLE_SUBSCRIPTION"])
def test_names_that_are_none(tmp_path, name: str):
    for value in ("gmail", "projects/a/topics/", "projects/a/b/topics/c", "projects/../topics/x y"):
        with pytest.raises(Invalid, match="PROJECT"):
            load_settings(data=tmp_path, environ={f"POSTHOUSE_{name}": value})
