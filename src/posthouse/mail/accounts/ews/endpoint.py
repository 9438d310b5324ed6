"""One HTTPS connection to Exchange Web Services, signed in as the server wants it.

No redirect is followed: a password goes where its owner said.
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import NoReturn

from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    Refused,
    SignInReason,
    SignInRefused,
    Throttled,
    Unreachable,
)
from posthouse.mail.accounts.ews.ntlm import Handshake, read_ntlm
from posthouse.mail.accounts.web import Incoming, Web

DEFAULT_PATH = "/EWS/Exchange.asmx"
# Longer than between two looks at the feeds: a connection that goes has to sign in anew. IIS lets
# go of it after two minutes.
_IDLE_SECONDS = 90.0
_LATER_SECONDS = 60.0
# EWS, how-to-maintain-affinity…: the server that knows a subscription.
_AFFINITY = "X-BackEndOverrideCookie="
# In the order in which they are tried; Basic shows the password to whoever ends TLS.
_SCHEMES = ("NTLM", "Negotiate", "Basic")
_LONGEST_REFUSAL = 256 * 1024


class Endpoint:
    """Used by one task at a time: NTLM signs in connections, not requests."""

    def __init__(self, sign_in: SignIn, outside: Outside, *, patience: float) -> None:
        """`patience`: how long a server may say nothing."""
        server = sign_in.servers.incoming
        self.host = server.host
        self._sign_in = sign_in
        self._path = server.path or DEFAULT_PATH
        self._web = Web(outside, server, connections=1, patience=patience, idle=_IDLE_SECONDS)
        self._scheme = ""
        self._cookie = ""

    @asynccontextmanager
    async def post(self, body: bytes) -> AsyncIterator[AsyncIterator[bytes]]:
        """The answer to a request, as it comes; also a fault. Raises AccountError."""
        async with self._signed_in(body) as answer:
            self._remember(answer)
            await self._require_xml(answer)
            yield answer.chunks

    async def close(self) -> None:
        """Never raises."""
        await self._web.close()

    # -- signing in

    @asynccontextmanager
    async def _signed_in(self, body: bytes) -> AsyncIterator[Incoming]:
        if self._sign_in.token is not None:
            async with self._sent(body, f"Bearer {await self._sign_in.token()}") as answer:
                if answer.status == 401:
                    raise self._refused("consent", answer)
                yield answer
            return
        if not self._scheme:
            self._scheme = await self._choose_scheme()
        basic = self._scheme == "Basic"
        async with self._sent(body, self._basic() if basic else "") as answer:
            if answer.status != 401:
                yield answer
                return
            if basic:
                raise self._refused("wrong", answer)
            await answer.read(_LONGEST_REFUSAL)
        async with self._after_handshake(body) as answer:
            yield answer

    async def _choose_scheme(self) -> str:
        """Ask without a name which ways there are."""
        async with self._sent(b"", "") as answer:
            if answer.status != 401:
                await self._require_xml(answer)
            offered = {each.partition(" ")[0].lower() for each in _challenges(answer)}
            await answer.read(_LONGEST_REFUSAL)
        for scheme in _SCHEMES:
            if scheme.lower() in offered:
                return scheme
        if "bearer" in offered:
            raise SignInRefused(f"{self.host} takes no passwords.", reason="consent")
        raise Broken(f"{self.host} says no way to sign in.")

    def _basic(self) -> str:
        """RFC 7617, in UTF-8."""
        login = self._sign_in.servers.login
        return "Basic " + b64encode(f"{login}:{self._sign_in.secret.password}".encode()).decode()

    @asynccontextmanager
    async def _after_handshake(self, body: bytes) -> AsyncIterator[Incoming]:
        """All of it over one connection, whose certificate is part of it."""
        async with self._sent(b"", "") as answer:
            connection = answer.connection
            await answer.read(_LONGEST_REFUSAL)
        tls = connection.get_extra_info("ssl_object") if connection is not None else None
        login, password = self._sign_in.servers.login, self._sign_in.secret.password
        await asyncio.to_thread(read_ntlm)
        hello = Handshake(self._scheme, login, password, self.host, tls)
        async with self._sent(b"", hello.begin()) as answer:
            stays = answer.connection is connection
            challenge = _challenge(answer, self._scheme)
            await answer.read(_LONGEST_REFUSAL)
        if not challenge:
            raise Broken(f"{self.host} begins no sign-in.")
        async with self._sent(body, hello.answer(challenge)) as answer:
            if answer.status == 401:
                # On another connection nothing is said about the password.
                if not stays or answer.connection is not connection:
                    raise Unreachable(f"{self.host} does not keep connections.")
                raise self._refused("wrong", answer)
            yield answer

    # -- one request

    def _sent(self, body: bytes, authorization: str) -> AbstractAsyncContextManager[Incoming]:
        headers = [
            ("Content-Type", "text/xml; charset=utf-8"),
            ("Accept", "text/xml"),
            ("X-AnchorMailbox", self._sign_in.address),
            ("X-PreferServerAffinity", "true"),
        ]
        if not body:
            headers.append(("Content-Length", "0"))
        if self._cookie:
            headers.append(("Cookie", self._cookie))
        if authorization:
            headers.append(("Authorization", authorization))
        return self._web.asked("POST", self._path, headers=headers, content=body)

    async def _require_xml(self, answer: Incoming) -> None:
        """A fault comes with 500, and is read by whoever knows the protocol."""
        status = answer.status
        if status in (200, 500) and "xml" in answer.headers.get("content-type", "").lower():
            return
        said = f"HTTP {status}"
        if status in (429, 503):  # EWS, ews-throttling-in-exchange, table 4
            after = answer.headers.get("retry-after", "").strip()
            seconds = float(after) if after.isdigit() and len(after) < 6 else _LATER_SECONDS
            raise Throttled(f"{self.host} wants us to come later.", seconds=seconds, said=said)
        if status == 403:  # EWS, how-to-control-access-to-ews…: switched off for this mailbox
            raise self._refused("switched_off", answer)
        if status in (200, 404, 405) or 300 <= status < 400:
            self._stop(Broken, "There are no Exchange Web Services", said)
        if status >= 500:
            self._stop(Unreachable, "Nobody is at work", said)
        self._stop(Refused, "A request is refused", said)

    def _stop(self, kind: type[AccountError], what: str, said: str) -> NoReturn:
        raise kind(f"{what} at {self.host}.", said=said)

    def _refused(self, reason: SignInReason, answer: Incoming) -> SignInRefused:
        said = f"HTTP {answer.status}"
        return SignInRefused(f"{self.host} does not let us in.", reason=reason, said=said)

    def _remember(self, answer: Incoming) -> None:
        for name, value in answer.fields:
            pair = value.partition(";")[0].strip()
            if name == "set-cookie" and pair.startswith(_AFFINITY):
                self._cookie = pair if pair.isascii() and pair.isprintable() else ""


def _challenges(answer: Incoming) -> list[str]:
    return [value.strip() for name, value in answer.fields if name == "www-authenticate"]


def _challenge(answer: Incoming, scheme: str) -> str:
    """What the server says in a scheme; "" nothing."""
    for each in _challenges(answer):
        name, _, rest = each.partition(" ")
        if name.lower() == scheme.lower() and rest:
            return rest.strip()
    return ""
