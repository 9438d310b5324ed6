"""Who may tell us of news over HTTP: Pub/Sub, with a token that Google has signed for our door.

cloud.google.com/pubsub/docs/authenticate-push-subscriptions
"""

import asyncio
import re

from cryptography.hazmat.primitives.asymmetric import rsa

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import AccountError
from posthouse.mail.accounts.gmail.tokens import NotProven, key_of, read_keys, verified
from posthouse.mail.accounts.model import Server
from posthouse.mail.accounts.reaching import outside_of
from posthouse.mail.accounts.web import Web

DOOR = "/api/v1/linked-accounts/news/google"
# accounts.google.com/.well-known/openid-configuration, jwks_uri
GOOGLE_KEYS = Server(host="www.googleapis.com", port=443)
_PATH = "/oauth2/v3/certs"
_ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})
_LARGEST = 64 * 1024
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")
_SHORTEST, _LONGEST = 300.0, 86_400.0
# A key that is not known may be a new one, or made up by anybody.
_ASK_AGAIN_SECONDS = 60.0


class Pushers:
    """Believes one service account, when it speaks to this door. A test provides its own."""

    def __init__(
        self, outside: Outside, *, audience: str, account: str, server: Server = GOOGLE_KEYS
    ) -> None:
        self._web = Web(outside, server, connections=1)
        self._audience = audience
        self._account = account
        self._keys: dict[str, rsa.RSAPublicKey] = {}
        self._good_until = self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def require(self, authorization: str) -> None:
        """Raises NotProven; AccountError when Google's keys cannot be had."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise NotProven
        await self._know(key_of(token))
        claims = verified(token, self._keys, clock.now().timestamp())
        if (
            claims.iss not in _ISSUERS
            or claims.aud != self._audience
            or claims.email != self._account
            or not claims.email_verified
        ):
            raise NotProven

    async def _know(self, kid: str) -> None:
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if kid in self._keys and now < self._good_until:
                return
            if now - self._asked_at < _ASK_AGAIN_SECONDS:
                return
            self._asked_at = now
            answer = await self._web.ask("GET", _PATH, most=_LARGEST)
            if answer.status != 200:
                raise AccountError("Google does not show its keys.")
            try:
                self._keys = read_keys(answer.content)
            except ValueError:
                raise AccountError("Google's keys cannot be read.") from None
            age = _MAX_AGE.search(answer.headers.get("cache-control", ""))
            seconds = float(age[1]) if age else _SHORTEST
            self._good_until = now + min(max(seconds, _SHORTEST), _LONGEST)


async def pushers_of(database: Database) -> Pushers | None:
    """Of this process; None where nobody is to push."""
    try:
        return database.service(Pushers)
    except KeyError:
        settings = database.service(Settings)
        if not settings.google_push_account or settings.public_url is None:
            return None
        pushers = Pushers(
            await outside_of(database),
            audience=settings.public_url.rstrip("/") + DOOR,
            account=settings.google_push_account,
        )
        database.provide(pushers)
        return pushers
