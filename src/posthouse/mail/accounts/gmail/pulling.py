"""Asking Pub/Sub for news, where this house cannot be reached from outside.

cloud.google.com/pubsub/docs/pull; the sign-in is that of a service account:
developers.google.com/identity/protocols/oauth2/service-account#httprest
"""

import asyncio
import logging
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import AccountError, SignInRefused
from posthouse.mail.accounts.gmail import notices
from posthouse.mail.accounts.gmail.failures import failure
from posthouse.mail.accounts.gmail.tokens import sign
from posthouse.mail.accounts.model import Server
from posthouse.mail.accounts.reaching import outside_of
from posthouse.mail.accounts.web import Answer, Web

PUBSUB = Server(host="pubsub.googleapis.com", port=443)
TOKENS = Server(host="oauth2.googleapis.com", port=443)
_TOKEN_URL = "https://oauth2.googleapis.com/token"
_SCOPE = "https://www.googleapis.com/auth/pubsub"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"  # RFC 7523 2.1
_MOST = 100
_LARGEST = 1 << 20
_MARGIN_SECONDS = 120.0
# After an answer without messages, and after trouble; twice as long each time.
_PAUSE, _LONGEST_PAUSE = 1.0, 300.0

log = logging.getLogger(__name__)


class Key(msgspec.Struct, frozen=True):
    """A service account's key, as the console gives it."""

    client_email: str
    private_key: str
    private_key_id: str = ""


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = 3600.0


class _Received(msgspec.Struct, frozen=True, rename="camel"):
    ack_id: str
    message: notices.PubSubMessage = msgspec.field(default_factory=notices.PubSubMessage)


class _Pulled(msgspec.Struct, frozen=True, rename="camel"):
    received_messages: list[_Received] = []


class Puller:
    """One process's; several share the messages of a subscription."""

    def __init__(
        self,
        outside: Outside,
        key: Key,
        subscription: str,
        *,
        pubsub: Server = PUBSUB,
        tokens: Server = TOKENS,
    ) -> None:
        self._pubsub = Web(outside, pubsub, connections=2)
        self._tokens = Web(outside, tokens, connections=1)
        self._key = key
        self._path = f"/v1/{subscription}"
        self._access = ("", 0.0)

    async def pull(self) -> list[notices.PubSubMessage]:
        """What is there, as soon as something is or the server is tired of waiting; acknowledged,
        for nothing in it is needed a second time. Raises AccountError.
        """
        answer = await self._ask("pull", {"maxMessages": _MOST})
        received = msgspec.json.decode(answer.content or b"{}", type=_Pulled).received_messages
        if received:
            await self._ask("acknowledge", {"ackIds": [each.ack_id for each in received]})
        return [each.message for each in received]

    async def close(self) -> None:
        """Never raises."""
        await self._pubsub.close()
        await self._tokens.close()

    async def _ask(self, verb: str, wanted: object) -> Answer:
        answer = await self._pubsub.ask(
            "POST",
            f"{self._path}:{verb}",
            headers=[
                ("Authorization", f"Bearer {await self._token()}"),
                ("Content-Type", "application/json"),
            ],
            content=msgspec.json.encode(wanted),
            most=_LARGEST,
        )
        if answer.status >= 300:
            self._access = ("", 0.0)
            raise failure(answer.status, answer.headers, answer.content)
        return answer

    async def _token(self) -> str:
        token, until = self._access
        now = clock.now().timestamp()
        if token and now < until:
            return token
        claims = {
            "iss": self._key.client_email,
            "scope": _SCOPE,
            "aud": _TOKEN_URL,
            "iat": int(now),
            "exp": int(now) + 3600,
        }
        assertion = sign(claims, _private(self._key), self._key.private_key_id)
        answer = await self._tokens.ask(
            "POST",
            "/token",
            headers=[("Content-Type", "application/x-www-form-urlencoded")],
            content=urlencode({"grant_type": _GRANT, "assertion": assertion}).encode(),
            most=_LARGEST,
        )
        if answer.status != 200:
            raise SignInRefused("Google does not take the key of the service account.")
        granted = msgspec.json.decode(answer.content, type=_Granted)
        self._access = (granted.access_token, now + granted.expires_in - _MARGIN_SECONDS)
        return granted.access_token


async def pull_news(database: Database) -> None:
    """For as long as the process lives, where the operator has set it up."""
    settings = database.service(Settings)
    if not settings.google_subscription or settings.google_service_key is None:
        return
    try:
        key = await asyncio.to_thread(read_key, settings.google_service_key)
    except (OSError, ValueError) as error:
        log.error("accounts: the key of Google's service account cannot be read: %s", error)
        return
    puller = Puller(await outside_of(database), key, settings.google_subscription)
    try:
        await keep_pulling(database, puller)
    finally:
        await puller.close()


async def keep_pulling(database: Database, puller: Puller) -> None:
    """Never returns."""
    pause = _PAUSE
    while True:
        try:
            messages = await puller.pull()
        except (AccountError, msgspec.DecodeError) as error:
            said = error.said if isinstance(error, AccountError) else ""
            log.warning("accounts: no news from Pub/Sub: %s (%s)", error, said)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            continue
        pause = _PAUSE
        notices.tell(database, messages)
        if not messages:
            await asyncio.sleep(_PAUSE)


def read_key(path: Path) -> Key:
    """Raises OSError, ValueError."""
    try:
        key = msgspec.json.decode(path.read_bytes(), type=Key)
    except msgspec.DecodeError as error:
        raise ValueError("it is no key of a service account") from error
    _private(key)
    return key


def _private(key: Key) -> rsa.RSAPrivateKey:
    found = load_pem_private_key(key.private_key.encode(), password=None)
    if not isinstance(found, rsa.RSAPrivateKey):
        raise ValueError("it is no RSA key")
    return found
