"""The fixtures of everything that sends, and a client at the doors."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Request, Response

from posthouse.foundation import errors
from posthouse.foundation.db import Database
from posthouse.security.members import Actor
from posthouse.sending.composer.api import router
from tests.support.doors import at_the_doors
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
    refusals = {errors.Refusal: _refused}
    async with at_the_doors(sending, lambda: signed_in[0], router, refusals=refusals) as opened:
        yield opened
