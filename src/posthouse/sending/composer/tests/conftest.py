"""The fixtures of everything that sends, and a client at the doors."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, Response
from litestar.di import Provide

from posthouse.foundation import errors
from posthouse.foundation.db import Database
from posthouse.security.members import Actor
from posthouse.sending.composer.api import router
from tests.support.house import Workspace
from tests.support.sending import (
    dns,
    held,
    make_actor,
    other,
    peers,
    sending,
    short_folder,
    worker,
)

__all__ = ["dns", "held", "other", "peers", "sending", "short_folder", "worker"]

_STATUS = {
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Denied: 403,
    errors.Invalid: 422,
    errors.TooLarge: 413,
}


def _refused(_: Request[Any, Any, Any], refusal: errors.Refusal) -> Response[dict[str, str | None]]:
    return Response(
        {"detail": refusal.reason, "field": refusal.field}, status_code=_STATUS[type(refusal)]
    )


@pytest.fixture
def signed_in(workspace: Workspace) -> list[Actor]:
    """Who knocks: Anna, until a test puts somebody else there."""
    return [make_actor(workspace)]


@pytest.fixture
async def client(sending: Database, signed_in: list[Actor]) -> AsyncIterator[httpx.AsyncClient]:
    """In the test's own event loop, where the database is."""
    app = Litestar(
        route_handlers=[router],
        dependencies={
            "actor": Provide(lambda: signed_in[0], sync_to_thread=False),
            "database": Provide(lambda: sending, sync_to_thread=False),
        },
        exception_handlers={errors.Refusal: _refused},
    )
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://house") as opened:
        yield opened
