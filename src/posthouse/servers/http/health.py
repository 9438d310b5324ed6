"""Whether this process lives and can work, and its figures for Prometheus."""

import asyncio
import ipaddress
from typing import Any

from litestar import MediaType, Request, Response, get

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied, Refusal
from posthouse.foundation.metrics import exposition
from posthouse.servers.http.asking import provide_actor, source_of

_PATIENCE = 3.0


@get("/healthz", media_type=MediaType.TEXT, include_in_schema=False)
async def healthz() -> str:
    """The process answers."""
    return "ok\n"


@get("/readyz", media_type=MediaType.TEXT, include_in_schema=False)
async def readyz(database: Database) -> Response[str]:
    """The database answers too."""
    try:
        async with asyncio.timeout(_PATIENCE), database.system() as tx:
            await tx.connection.execute("SELECT 1")
    except (Refusal, OSError, TimeoutError):
        return Response("the database does not answer\n", status_code=503)
    return Response("ready\n")


@get("/metrics", media_type=MediaType.TEXT, include_in_schema=False)
async def metrics(request: Request[Any, Any, Any], database: Database) -> Response[bytes]:
    """For this machine, and for administrators' keys from elsewhere."""
    if not _is_local(request):
        actor = await provide_actor(request, database)
        if not actor.is_admin:
            raise Denied("Only an administrator's key reads the metrics from elsewhere.")
    figures = await asyncio.to_thread(exposition)
    return Response(figures, media_type="text/plain; version=0.0.4; charset=utf-8")


def _is_local(request: Request[Any, Any, Any]) -> bool:
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False  # through a proxy on this machine comes the whole world
    try:
        return ipaddress.ip_address(source_of(request)).is_loopback
    except ValueError:
        return False


HANDLERS = (healthz, readyz, metrics)
