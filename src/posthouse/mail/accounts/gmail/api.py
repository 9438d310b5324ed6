"""The HTTP door at which Pub/Sub tells of news in Gmail accounts. Nothing comes out of it."""

from typing import TypeAlias

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.status_codes import HTTP_204_NO_CONTENT

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy, Invalid, NotFound, Unauthenticated
from posthouse.mail.accounts.errors import AccountError
from posthouse.mail.accounts.gmail import notices
from posthouse.mail.accounts.gmail.pushing import pushers_of
from posthouse.mail.accounts.gmail.tokens import NotProven

Db: TypeAlias = NamedDependency[Database]

_LARGEST = 64 * 1024


@post(
    "/linked-accounts/news/google",
    summary="Where Google tells of news in Gmail accounts",
    status_code=HTTP_204_NO_CONTENT,
    opt={"once": False},
    include_in_schema=False,  # nobody else has any use for it
)
async def hear_google(request: Request[object, object, State], database: Db) -> None:
    """From Cloud Pub/Sub alone, with a token that Google has signed for this address (401). 404
    where the operator has not set it up.
    """
    pushers = await pushers_of(database)
    if pushers is None:
        raise NotFound("There is nothing here.")
    try:
        await pushers.require(request.headers.get("authorization", ""))
    except NotProven:
        raise Unauthenticated("Only Google's Pub/Sub may say that.") from None
    except AccountError:
        raise Busy("Google's keys cannot be had at the moment.") from None
    body = await request.body()
    if len(body) > _LARGEST:
        raise Invalid("That is no notice.")
    try:
        envelope = msgspec.json.decode(body, type=notices.Envelope)
    except msgspec.DecodeError:
        raise Invalid("That is no notice.") from None
    notices.tell(database, [envelope.message])


HANDLERS = [hear_google]
