"""Providers that take mail over HTTP: one request for each recipient, on pooled connections."""

import asyncio
import ssl
from collections.abc import Callable

import httpcore

from posthouse.foundation import clock
from posthouse.foundation.guarded import (
    FAILURES,
    Guarded,
    MayReach,
    content_of,
    header_of,
    is_public,
)
from posthouse.protocols.aws import Keys, Request, Unfit, read_answer, send_email, signed
from posthouse.protocols.dns import CachingResolver
from posthouse.protocols.smtp.address import parse_address
from posthouse.protocols.smtp.envelope import Fate, Stage
from posthouse.protocols.smtp.reply import Reply
from posthouse.sending.outbox.handover import region_of
from posthouse.sending.outbox.model import Outcome, Parcel, Trouble
from posthouse.sending.outbox.sites import Provider
from posthouse.sending.outbox.verdicts import fate_by

_TIMEOUT = {"connect": 15.0, "read": 60.0, "write": 60.0, "pool": 60.0}
_SECONDS = 180.0
_MOST_CONNECTIONS = 20
_LARGEST_ANSWER = 64 * 1024
_NO_ANSWER = Reply(451, "The provider did not say whether it took the message", "4.4.2")


class Providers:
    """Of one process. `verifying` replaces the system's authorities, `port` 443, in tests."""

    def __init__(
        self,
        resolver: CachingResolver,
        *,
        verifying: ssl.SSLContext | None = None,
        port: int = 443,
        may_reach: MayReach = is_public,
    ) -> None:
        self._port = port
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verifying or ssl.create_default_context(),
            network_backend=Guarded(resolver, may_reach),
            max_connections=_MOST_CONNECTIONS,
            keepalive_expiry=60.0,
        )

    async def close(self) -> None:
        """Connections that are kept."""
        await self._pool.aclose()

    async def deliver(self, way: Provider, parcel: Parcel) -> Outcome:
        """Hand over one message for one recipient. Never raises for what others do."""
        told = _teller(way, parcel)
        try:
            request = await _request(way, parcel)
        except Unfit as unfit:
            return told(unfit.reply, fate=Fate.PERMANENT)
        try:
            async with asyncio.timeout(_SECONDS):
                answer = read_answer(*await self._asked(way, request))
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout) as error:
            reply = Reply(451, f"The provider cannot be reached ({_kind(error)})", "4.4.1")
            return told(reply, stage=Stage.CONNECT, trouble=Trouble.AWAY)
        except FAILURES:
            # It may have been taken: the request was on its way, or answered in part.
            return told(_NO_ANSWER, fate=Fate.UNCLEAR, trouble=Trouble.AWAY)
        trouble = Trouble.REFUSED if answer.of_account else None
        return told(answer.reply, trouble=trouble)

    async def _asked(self, way: Provider, request: Request) -> tuple[int, str, bytes]:
        async with self._pool.stream(
            request.method,
            _url(request, self._port),
            headers=await asyncio.to_thread(_headers, request, way),
            content=request.body,
            extensions={"timeout": _TIMEOUT},
        ) as response:
            return await _read(response)


def _teller(way: Provider, parcel: Parcel) -> Callable[..., Outcome]:
    def told(
        reply: Reply,
        *,
        fate: Fate | None = None,
        stage: Stage = Stage.BODY,
        trouble: Trouble | None = None,
    ) -> Outcome:
        return Outcome(
            parcel=parcel,
            fate=fate or fate_by(reply),
            reply=reply,
            host=way.host,
            stage=stage,
            site=way.site,
            trouble=trouble,
        )

    return told


async def _request(way: Provider, parcel: Parcel) -> Request:
    """Beside the event loop: megabytes become base64 and JSON."""
    recipient = parse_address(parcel.address)
    content, path = parcel.message.content, parcel.return_path
    return await asyncio.to_thread(send_email, way.host, content, recipient, path)


def _headers(request: Request, way: Provider) -> list[tuple[str, str]]:
    keys = Keys(access=way.sign_in.user, secret=way.sign_in.password)
    headers = signed(request, keys, region_of(way.host), "ses", clock.now())
    return [*headers, ("content-length", str(len(request.body)))]


def _url(request: Request, port: int) -> str:
    at = "" if port == 443 else f":{port}"
    return f"https://{request.host}{at}{request.path}"


async def _read(response: httpcore.Response) -> tuple[int, str, bytes]:
    body = await content_of(response, _LARGEST_ANSWER)
    return response.status, header_of(response, b"x-amzn-errortype"), body or b""


def _kind(error: Exception) -> str:
    return type(error).__name__
