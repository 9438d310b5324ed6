"""The driver of accounts over the Gmail API, as `accounts/keyed/driver.py` asks for it."""

import asyncio
import logging
from datetime import timedelta

import msgspec

from posthouse.foundation import clock
from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.errors import Refused, SignInRefused
from posthouse.mail.accounts.gmail.batch import Call
from posthouse.mail.accounts.gmail.client import Client
from posthouse.mail.accounts.gmail.labels import FLAGS
from posthouse.mail.accounts.gmail.messages import Profile
from posthouse.mail.accounts.gmail.quota import Purse
from posthouse.mail.accounts.gmail.reading import CONNECTIONS
from posthouse.mail.accounts.gmail.writing import Writing
from posthouse.mail.accounts.keyed.model import Door, Traits, Watch
from posthouse.mail.accounts.web import Web

# "You must call watch at least once every 7 days … We recommend calling watch once per day."
_WATCH_AGAIN = timedelta(days=1)

log = logging.getLogger(__name__)


async def connect_gmail(how: SignIn, outside: Outside) -> "GmailDriver":
    """A `ConnectKeyed`: proves the sign-in with getProfile."""
    if how.token is None:
        raise SignInRefused("The Gmail API takes no passwords.", reason="consent")
    web = Web(outside, how.servers.incoming, connections=CONNECTIONS)
    client = Client(web, how.token, Purse())
    driver = GmailDriver(client, outside.google_topic)
    try:
        await web.require_reachable()
        _require_same(how, await client.get("getProfile", "/profile", Profile))
    except BaseException:
        await driver.close()
        raise
    return driver


def _require_same(how: SignIn, profile: Profile) -> None:
    """`me` is whoever consented, which may have been with another account of the same browser."""
    if profile.email_address.casefold() != how.servers.login.casefold():
        raise SignInRefused(
            "The consent is another mailbox's.",
            said=f"Google let us in as {profile.email_address}, not as {how.servers.login}.",
        )


class GmailDriver(Writing):
    """Reading, writing, and being told of news."""

    def __init__(self, client: Client, topic: str) -> None:
        super().__init__(client)
        self._topic = topic

    @property
    def traits(self) -> Traits:
        """A look at the history costs 2 units of 6,000 in a minute: it may be often."""
        return Traits(
            flags=FLAGS,
            keywords=False,
            feed_per_folder=False,
            keeps_sent=True,
            poll_seconds=15.0,
            trusted_seconds=600.0,
        )

    async def wait(self, seconds: float) -> bool:
        """News comes to the house, for all its accounts."""
        await asyncio.sleep(seconds)
        return False

    async def watch(self, door: Door | None, state: bytes) -> Watch | None:
        """users.watch: Gmail tells the topic of this house, which tells us."""
        if not self._topic:
            return None
        wanted = msgspec.json.encode({"topicName": self._topic})
        try:
            await self._client.call(
                Call(method="watch", verb="POST", path="/watch", content=wanted)
            )
        except Refused as error:
            # The topic is the operator's: mail is looked for all the same.
            log.warning("accounts: Gmail may not tell our topic of news: %s", error.said)
            return None
        return Watch(state=self._topic.encode(), renew_at=clock.now() + _WATCH_AGAIN)

    async def close(self) -> None:
        """Connections that are kept."""
        await self._client.close()
