"""One HTTPS connection to Exchange Web Services, signed in as the server wants it.

The address connected to is the one that was looked at: a member cannot point us into our own
network. No redirect is followed: a password goes where its owner said.
"""

import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NoReturn

import httpcore

from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    Refused,
    SignInRefused,
    Throttled,
    Unreachable,
    Untrusted,
)
from posthouse.mail.accounts.ews.ntlm import Handshake
from posthouse.mail.accounts.reaching import addresses_to_reach

DEFAULT_PATH = "/EWS/Exchange.asmx"
# A connection that nobody uses is closed before IIS does it (after two minutes).
_KEPT_SECONDS = 90.0
_MOST_ADDRESSES = 4
_LATER_SECONDS = 60.0
# EWS, how-to-maintain-affinity…: whose mailbox it is about, and which server knows its stream.
_AFFINITY = "X-BackEndOverrideCookie"
# In the order in which they are tried; Basic shows the password to whoever ends TLS.
_SCHEMES = ("NTLM", "Negotiate", "Basic")


class Endpoint:
    """Used by one task at a time: NTLM signs in connections, not requests."""

    def __init__(self, sign_in: SignIn, outside: Outside, *, patience: float) -> None:
        """`patience`: how long a server may say nothing."""
        server = sign_in.servers.incoming
        self.host = server.host
        self._sign_in = sign_in
        self._url = httpcore.URL(
            scheme=b"https",
            host=server.host.encode(),
            port=server.port,
            target=(server.path or DEFAULT_PATH).encode(),
        )
        self._timeout = {"connect": 20.0, "read": patience, "write": 60.0, "pool": 60.0}
        self._scheme = ""
        self._cookie = ""
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=outside.tls,
            network_backend=_Reaching(outside),
            max_connections=1,
            keepalive_expiry=_KEPT_SECONDS,
        )

    @asynccontextmanager
    async def post(self, body: bytes) -> AsyncIterator[AsyncIterator[bytes]]:
        """The answer to a request, as it comes. Raises AccountError, within the block as well."""
        try:
            async with self._answered(body) as response:
                yield response.aiter_stream()
        except httpcore.TimeoutException:
            raise Unreachable(f"{self.host} does not answer.") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise _why(self.host, error) from None

    async def close(self) -> None:
        """Never raises."""
        try:
            await self._pool.aclose()
        except (httpcore.NetworkError, OSError):
            return

    # -- one request

    @asynccontextmanager
    async def _answered(self, body: bytes) -> AsyncIterator[httpcore.Response]:
        """With 401 answered as far as we can; any other refusal is raised."""
        if self._sign_in.token is not None:
            async with self._sent(body, f"Bearer {await self._sign_in.token()}") as response:
                if response.status == 401:
                    raise self._refused("consent", response)
                await self._check(response)
                yield response
            return
        if not self._scheme:
            self._scheme = await self._choose_scheme()
        first = self._basic() if self._scheme == "Basic" else ""
        async with self._sent(body, first) as response:
            if response.status != 401:
                await self._check(response)
                yield response
                return
            if self._scheme == "Basic":
                raise self._refused("wrong", response)
            await response.aread()
        async with self._after_handshake(body) as response:
            await self._check(response)
            yield response

    def _sent(
        self, body: bytes, authorization: str
    ) -> AbstractAsyncContextManager[httpcore.Response]:
        headers = [
            ("Host", self.host),
            ("Content-Type", "text/xml; charset=utf-8"),
            ("Accept", "text/xml"),
            ("User-Agent", "Posthouse"),
            ("Content-Length", str(len(body))),
            ("X-AnchorMailbox", self._sign_in.address),
            ("X-PreferServerAffinity", "true"),
        ]
        if self._cookie:
            headers.append(("Cookie", self._cookie))
        if authorization:
            headers.append(("Authorization", authorization))
        return self._pool.stream(
            "POST",
            self._url,
            headers=headers,
            content=body,
            extensions={"timeout": self._timeout},
        )

    async def _check(self, response: httpcore.Response) -> None:
        """A fault comes with 500, and is read by whoever knows the protocol."""
        self._remember(response)
        status = response.status
        if status in (200, 500):
            kind = _field(response, b"content-type").lower()
            if "xml" not in kind:
                await self._stop(response, Broken, "There are no Exchange Web Services")
            return
        said = f"HTTP {status}"
        if status in (429, 503):  # EWS, ews-throttling-in-exchange, table 4
            after = _field(response, b"retry-after")
            seconds = float(after) if after.isdigit() and len(after) < 6 else _LATER_SECONDS
            raise Throttled(f"{self.host} wants us to come later.", seconds=seconds, said=said)
        if status == 403:  # EWS, how-to-control-access-to-ews…: switched off for this mailbox
            raise self._refused("switched_off", response)
        if status in (404, 405) or 300 <= status < 400:
            await self._stop(response, Broken, "There are no Exchange Web Services")
        if status >= 500:
            raise Unreachable(f"{self.host} is not at work.", said=said)
        await self._stop(response, Refused, "A request is refused")

    async def _stop(
        self, response: httpcore.Response, kind: type[AccountError], what: str
    ) -> NoReturn:
        raise kind(f"{what} at {self.host}.", said=f"HTTP {response.status}")

    def _refused(self, reason: Any, response: httpcore.Response) -> SignInRefused:
        said = f"HTTP {response.status}"
        return SignInRefused(f"{self.host} does not let us in.", reason=reason, said=said)

    def _remember(self, response: httpcore.Response) -> None:
        for name, value in response.headers:
            pair = value.decode("latin-1").partition(";")[0].strip()
            if name.lower() == b"set-cookie" and pair.startswith(f"{_AFFINITY}="):
                self._cookie = pair if pair.isascii() and pair.isprintable() else ""

    # -- signing in

    def _basic(self) -> str:
        """RFC 7617, in UTF-8."""
        login = self._sign_in.servers.login
        return "Basic " + b64encode(f"{login}:{self._sign_in.secret.password}".encode()).decode()

    async def _choose_scheme(self) -> str:
        """Ask without a name which ways there are."""
        async with self._sent(b"", "") as response:
            if response.status != 401:
                await self._check(response)
            offered = {each.partition(" ")[0].lower() for each in _challenges(response)}
            await response.aread()
        for scheme in _SCHEMES:
            if scheme.lower() in offered:
                return scheme
        if "bearer" in offered:
            raise SignInRefused(f"{self.host} takes no passwords.", reason="consent")
        raise Broken(f"{self.host} says no way to sign in.")

    @asynccontextmanager
    async def _after_handshake(self, body: bytes) -> AsyncIterator[httpcore.Response]:
        hello, connection = await self._hello()
        async with self._sent(b"", hello.begin()) as response:
            challenge = _challenge(response, self._scheme)
            stays = _connection(response) is connection
            await response.aread()
        if not challenge:
            raise Broken(f"{self.host} begins no sign-in.")
        async with self._sent(body, hello.answer(challenge)) as response:
            if response.status == 401:
                # On another connection nothing is said about the password.
                if not stays or _connection(response) is not connection:
                    raise Unreachable(f"{self.host} does not keep connections.")
                raise self._refused("wrong", response)
            yield response

    async def _hello(self) -> tuple[Handshake, object]:
        """On the connection that is there now, whose certificate is part of it."""
        async with self._sent(b"", "") as response:
            connection = _connection(response)
            await response.aread()
        tls = connection.get_extra_info("ssl_object") if connection is not None else None
        login, password = self._sign_in.servers.login, self._sign_in.secret.password
        return Handshake(self._scheme, login, password, self.host, tls), connection


class _Reaching(httpcore.AsyncNetworkBackend):
    """Connects to what linked accounts may reach, and nowhere else."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises Forbidden, Unreachable."""
        failure: Exception = Unreachable(f"{host} cannot be reached.")
        for address in (await addresses_to_reach(self._outside, host))[:_MOST_ADDRESSES]:
            try:
                return await self._backend.connect_tcp(str(address), port, timeout=timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


def _connection(response: httpcore.Response) -> Any:
    return response.extensions.get("network_stream")


def _challenges(response: httpcore.Response) -> list[str]:
    return [
        value.decode("latin-1").strip()
        for name, value in response.headers
        if name.lower() == b"www-authenticate"
    ]


def _challenge(response: httpcore.Response, scheme: str) -> str:
    """What the server says in a scheme; "" nothing."""
    for each in _challenges(response):
        name, _, rest = each.partition(" ")
        if name.lower() == scheme.lower() and rest:
            return rest.strip()
    return ""


def _field(response: httpcore.Response, name: bytes) -> str:
    found = (value for key, value in response.headers if key.lower() == name)
    return next(found, b"").decode("latin-1").strip()


def _why(host: str, error: Exception) -> AccountError:
    causes = (error, error.__cause__, error.__context__)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Untrusted(
                f"{host} shows no certificate that can be trusted.", said=cause.verify_message
            )
    return Unreachable(f"{host} cannot be reached.", said=str(error))
