"""HTTP doors of consent. No token and no code comes out of them."""

from typing import Annotated, TypeAlias
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict, Denied, Invalid, NotFound
from posthouse.mail.accounts.errors import AccountError
from posthouse.mail.accounts.model import Kind
from posthouse.mail.accounts.oauth import actions
from posthouse.mail.accounts.words import kind_of
from posthouse.security.members import Actor

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]

_PAGE = "/settings/accounts"
_LONGEST = 8192
_Told: TypeAlias = Annotated[str, QueryParameter(max_length=_LONGEST)]
# A handler's own `state` is Litestar's.
_State: TypeAlias = Annotated[str, QueryParameter(name="state", max_length=_LONGEST)]


class ConsentAsked(msgspec.Struct, frozen=True, kw_only=True):
    """An account to link by its provider's consent. `login` is the address unless it is said;
    `kind` is one of those that detection proposes for it.
    """

    provider: str
    address: str
    login: str = ""
    name: str = ""
    kind: Kind = "imap"


class ConsentPage(msgspec.Struct, frozen=True, kw_only=True):
    """Where the browser goes now."""

    url: str


@post(
    "/linked-accounts/consents",
    summary="Ask a provider for consent, to link an account",
    status_code=HTTP_200_OK,
    opt={"once": False},
)
async def ask_consent(actor: Who, database: Db, data: JSONBody[ConsentAsked]) -> ConsentPage:
    """Good once, in this session, for a quarter of an hour. 422 where the house is not registered
    at the provider, 403 with an API key.
    """
    url = await actions.ask_consent(
        database,
        actor,
        provider=data.provider,
        address=data.address,
        login=data.login,
        name=data.name,
        kind=data.kind,
    )
    return ConsentPage(url=url)


@post(
    "/linked-accounts/{account_id:uuid}/consent",
    summary="Ask for consent again",
    status_code=HTTP_200_OK,
    opt={"once": False},
)
async def ask_again(actor: Who, database: Db, account_id: FromPath[UUID]) -> ConsentPage:
    """For an account that is linked: its provider wants it anew, or it had a password so far."""
    return ConsentPage(url=await actions.ask_again(database, actor, account_id))


@get(
    "/linked-accounts/consents/return",
    summary="Where providers send members back",
    status_code=HTTP_303_SEE_OTHER,
)
async def come_back(
    actor: Who,
    database: Db,
    consent_state: _State = "",
    code: _Told = "",
    error: _Told = "",
) -> Redirect:
    """Signs in with what the consent brought, links the account, and shows the page: with `linked`
    the account, with `consent` what went wrong (a kind of error, `late` or `conflict`).
    """
    told: dict[str, str] = {}
    try:
        done = await actions.finish_consent(
            database, actor, state=consent_state, code=code, refused=error
        )
        if done.account_id is not None:
            told["linked"] = str(done.account_id)
        if done.error is not None:
            told["consent"] = done.error
    except AccountError as trouble:
        told["consent"] = kind_of(trouble)
    except Conflict:
        told["consent"] = "conflict"
    except (Denied, Invalid, NotFound):
        told["consent"] = "late"
    return Redirect(f"{_PAGE}?{urlencode(told)}", status_code=HTTP_303_SEE_OTHER)


HANDLERS = [ask_consent, ask_again, come_back]
