"""From the page to Google and back: an account by consent, in step by what Pub/Sub tells of."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.accounts.gmail.pushing import DOOR, Pushers
from tests.support.consented import Consented, consented, until
from tests.support.gmail_server import GmailServer, Mailbox
from tests.support.gmail_server.pubsub import PUSHER, TOPIC
from tests.support.house import Workspace, letter

from .conftest import ADDRESS

ASKED = {"provider": "gmail", "address": ADDRESS, "kind": "gmail"}


@dataclass
class Scene:
    """A member who links her account, and Gmail, which pushes to us."""

    member: Consented
    gmail: GmailServer

    async def link(self) -> str:
        return await self.member.link(ASKED)


@pytest.fixture
async def scene(
    house: Database,
    workspace: Workspace,
    gmail: GmailServer,
    box: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Scene]:
    async with consented(
        house, workspace, "google-gmail", gmail.server, monkeypatch, google_topic=TOPIC
    ) as member:
        gmail.tokens = member.sign_in.live
        pushers = Pushers(
            member.outside, audience=f"http://house{DOOR}", account=PUSHER, server=gmail.server
        )
        house.provide(pushers)

        async def push(authorization: str, body: bytes) -> int:
            headers = {"Authorization": authorization}
            answer = await member.outsider.post(DOOR, content=body, headers=headers)
            return answer.status_code

        gmail.pubsub.audience, gmail.pubsub.push = f"http://house{DOOR}", push
        yield Scene(member, gmail)


async def test_what_google_tells_of_is_here_at_once(scene: Scene, box: Mailbox):
    box.insert(letter(message_id="1@k.example"))
    account_id = await scene.link()
    (account,) = (await scene.member.client.get("/linked-accounts")).json()["items"]
    assert account["kind"] == "gmail"
    detail = (await scene.member.client.get(f"/linked-accounts/{account_id}")).json()
    assert (detail["by_consent"], detail["provider"]["key"]) == (True, "gmail")
    async with scene.member.keeping():
        await scene.member.until_here(account_id, 1)
        await until(lambda: bool(scene.gmail.watched))
        box.insert(letter(message_id="2@k.example"))
        scene.gmail.notify(box)
        await scene.member.until_here(account_id, 2)


async def test_the_consent_of_another_mailbox_links_nothing(scene: Scene, gmail: GmailServer):
    """The browser was signed in as somebody else: `me` would be his mailbox."""
    gmail.mailbox("eva@gmail.example")
    gmail.tokens = Somebody("eva@gmail.example")
    with pytest.raises(AssertionError, match="wrong"):
        await scene.link()
    assert (await scene.member.client.get("/linked-accounts")).json()["items"] == []


class Somebody(dict[str, str]):
    """Whatever token is shown is his."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    def __contains__(self, token: object) -> bool:
        return True

    def __missing__(self, token: str) -> str:
        return self._address
