"""What an authority of certificates looks for at our hostnames, over plain HTTP (RFC 8555 8.3).

It comes to port 80: to the listener `challenges`, or to a web server there that hands on this path
to the page's own listener.
"""

from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.di import Provide
from litestar.response import Redirect

from posthouse.foundation.db import Database
from posthouse.foundation.errors import NotFound
from posthouse.foundation.settings import Settings
from posthouse.security.certificates.actions import challenge_answer
from posthouse.servers.http import problems

_LONGEST_TOKEN = 128


@get("/.well-known/acme-challenge/{token:str}", include_in_schema=False)
async def answer_challenge(token: str, database: Database) -> Response[bytes]:
    """For everybody who asks, while an order is under way."""
    answer = await challenge_answer(database, token) if len(token) <= _LONGEST_TOKEN else None
    if answer is None:
        raise NotFound("There is nothing here.")
    return Response(answer.encode(), media_type="application/octet-stream")


def challenges_app(database: Database) -> Litestar:
    """All that port 80 is for: challenges, and the way to the page."""
    public = database.service(Settings).public_url

    @get(["/", "/{path:path}"], include_in_schema=False)
    async def show_the_way(request: Request[Any, Any, Any], path: str = "") -> Redirect:
        if public is None:
            raise NotFound("There is nothing here.")
        return Redirect(public.rstrip("/") + path, status_code=308)

    return Litestar(
        route_handlers=[answer_challenge, show_the_way],
        dependencies={"database": Provide(lambda: database, sync_to_thread=False)},
        exception_handlers=problems.HANDLERS,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
