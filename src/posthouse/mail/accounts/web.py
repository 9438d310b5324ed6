"""HTTP to one server elsewhere: guarded, bounded, over a few connections that end when unused."""

import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpcore

from posthouse.foundation.guarded import Guarded
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import Broken, Unreachable, Untrusted
from posthouse.mail.accounts.model import Server
from posthouse.mail.accounts.reaching import addresses_to_reach
from posthouse.protocols.dns import IPAddress

Pairs = Sequence[tuple[str, str]]

_PATIENCE = 60.0
_IDLE_SECONDS = 20.0
_USUAL_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """An answer whose content is still on its way.

    `fields` are all of its header: some names come several times. `connection` is over which it
    came, with its TLS (`get_extra_info("ssl_object")`).
    """

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]
    fields: Pairs
    connection: httpcore.AsyncNetworkStream | None

    async def read(self, most: int) -> Answer:
        """All of it. Raises Broken when there is more than `most`."""
        content = bytearray()
        async for chunk in self.chunks:
            content += chunk
            if len(content) > most:
                raise Broken("The server answers with more than anybody asked for.")
        return Answer(status=self.status, headers=self.headers, content=bytes(content))


class Web:
    """Requests to one server. Every call raises Unreachable, Untrusted, Forbidden, Broken."""

    def __init__(
        self,
        outside: Outside,
        server: Server,
        *,
        connections: int,
        patience: float = _PATIENCE,
        idle: float = _IDLE_SECONDS,
    ) -> None:
        """`patience`: how long it may say nothing; after `idle` seconds a connection goes."""
        self._server = server
        self._outside = outside
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=outside.tls,
            network_backend=_Reaching(outside),
            max_connections=connections,
            keepalive_expiry=idle,
        )
        self._timeout = {"connect": 15.0, "read": patience, "write": 60.0, "pool": 120.0}

    async def require_reachable(self) -> None:
        """Whether its name leads where accounts may go. Raises Unreachable, Forbidden."""
        await addresses_to_reach(self._outside, self._server.host)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Pairs = (),
        headers: Pairs = (),
        content: bytes | Sequence[bytes] = b"",
        most: int,
    ) -> Answer:
        """One request, and its answer of at most `most` octets."""
        async with self.asked(
            method, path, query=query, headers=headers, content=content
        ) as incoming:
            return await incoming.read(most)

    @contextlib.asynccontextmanager
    async def asked(
        self,
        method: str,
        path: str,
        *,
        query: Pairs = (),
        headers: Pairs = (),
        content: bytes | Sequence[bytes] = b"",
    ) -> AsyncIterator[Incoming]:
        """One request; the answer is read while this is open. Content in pieces is not joined."""
        pieces = [content] if isinstance(content, bytes) else content
        length = sum(map(len, pieces))
        named = [*headers, ("Content-Length", str(length))] if length else list(headers)
        with self._failures():
            async with self._pool.stream(
                method,
                self._url(path, query),
                headers=[("Host", self._host()), ("User-Agent", "Posthouse"), *named],
                content=_sent(pieces) if length else None,
                extensions={"timeout": self._timeout},
            ) as response:
                fields = [
                    (name.decode("latin-1").lower(), value.decode("latin-1"))
                    for name, value in response.headers
                ]
                yield Incoming(
                    status=response.status,
                    headers=dict(fields),
                    chunks=response.aiter_stream(),
                    fields=fields,
                    connection=response.extensions.get("network_stream"),
                )

    async def close(self) -> None:
        """Connections that are kept. Never raises."""
        with contextlib.suppress(Exception):
            await self._pool.aclose()

    def _url(self, path: str, query: Pairs) -> httpcore.URL:
        target = f"{path}?{urlencode(query)}" if query else path
        return httpcore.URL(
            scheme=self._scheme, host=self._server.host, port=self._server.port, target=target
        )

    @property
    def _scheme(self) -> str:
        return "http" if self._server.security == "plain" else "https"

    def _host(self) -> str:
        usual = self._server.port == _USUAL_PORTS[self._scheme]
        return self._server.host if usual else f"{self._server.host}:{self._server.port}"

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        host = self._server.host
        try:
            yield
        except httpcore.ConnectError as error:
            if isinstance(error.__cause__ or error.__context__, ssl.SSLCertVerificationError):
                raise Untrusted(f"{host} shows no certificate that can be trusted.") from None
            raise Unreachable(f"{host} cannot be reached.") from None
        except ssl.SSLCertVerificationError:
            raise Untrusted(f"{host} shows no certificate that can be trusted.") from None
        except (httpcore.NetworkError, httpcore.TimeoutException, ssl.SSLError, OSError):
            raise Unreachable(f"{host} does not answer.") from None
        except httpcore.RemoteProtocolError:  # cut off in between, too
            raise Unreachable(f"{host} ended the connection.") from None
        except httpcore.ProtocolError as error:
            raise Broken(f"{host} does not speak HTTP.") from error


class _Reaching(Guarded):
    """Connects to what linked accounts may reach."""

    def __init__(self, outside: Outside) -> None:
        super().__init__(outside.resolver, lambda address, port: True)
        self._outside = outside

    async def addresses_of(self, host: str, port: int) -> list[IPAddress]:
        """Raises Forbidden, Unreachable."""
        return await addresses_to_reach(self._outside, host)


async def _sent(pieces: Sequence[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
