"""The HTTP door at which a service tells of news in an account. Nothing comes out of it."""

from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.status_codes import HTTP_202_ACCEPTED

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied, Invalid
from posthouse.mail.accounts.keyed.news import tell_news
from posthouse.mail.accounts.keyed.watching import ask_anew, is_meant

Db: TypeAlias = NamedDependency[Database]

_LARGEST = 256 * 1024
_LONGEST_TOKEN = 4096
# learn.microsoft.com/graph/change-notifications-lifecycle-events: it wants to be asked for anew.
_ASKED_ANEW = {"reauthorizationRequired", "subscriptionRemoved"}


class Notice(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """learn.microsoft.com/graph/api/resources/changenotification: of which this alone counts."""

    client_state: str = ""
    lifecycle_event: str = ""


class Notices(msgspec.Struct, frozen=True, kw_only=True):
    """learn.microsoft.com/graph/api/resources/changenotificationcollection"""

    value: tuple[Notice, ...]


@post(
    "/linked-accounts/{account_id:uuid}/news",
    summary="Where Microsoft Graph tells of news in an account",
    status_code=HTTP_202_ACCEPTED,
    opt={"once": False},
    security=[{}],
)
async def hear(
    request: Request[object, object, State],
    database: Db,
    account_id: FromPath[UUID],
    validation_token: Annotated[
        str, QueryParameter(name="validationToken", max_length=_LONGEST_TOKEN)
    ] = "",
) -> Response[str]:
    """From Graph alone, with the secret that it was given for this account (403). Asked with a
    `validationToken` it says just that, as plain text: so Graph sees that somebody is there.
    """
    if validation_token:
        return Response(validation_token, status_code=200, media_type="text/plain")
    body = await request.body()
    try:
        notices = msgspec.json.decode(body[: _LARGEST + 1], type=Notices).value
    except msgspec.DecodeError:
        raise Invalid("That is no notice.") from None
    secrets = {each.client_state for each in notices}
    workspace_id = None
    if len(secrets) == 1:  # an account has one subscription
        workspace_id = await is_meant(database, account_id, secrets.pop())
    if workspace_id is None:
        raise Denied("Only who was asked to may tell of news.")
    if any(each.lifecycle_event in _ASKED_ANEW for each in notices):
        async with database.workspace(workspace_id) as tx:
            await ask_anew(tx, account_id)
    tell_news(database, [account_id])
    return Response("", media_type="text/plain")


HANDLERS = [hear]
