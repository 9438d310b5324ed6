"""The door of the empty house: open until somebody with the printed code has taken it."""

from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.listing.views import Me
from posthouse.mail.setup.claiming import claim, is_taken
from posthouse.servers.http.asking import require_own_page
from posthouse.servers.http.sessions import sign_in_as


class SetupState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether there is a workspace; without one the page begins with its set-up."""

    taken: bool


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The printed code, and what the first workspace is to be."""

    code: str
    workspace: str
    domain: str
    address: str
    password: str
    name: str = ""
    language: str = "en"
    time_zone: str = "UTC"


@get("/setup", summary="Whether the house is set up", security=[{}])
async def read_state(database: Database) -> SetupState:
    """For everybody: the page has to know where to begin."""
    return SetupState(taken=await is_taken(database))


@post("/setup", summary="Set up the empty house", opt={"once": False}, security=[{}])
async def take_house(
    request: Request[Any, Any, Any], database: Database, data: Claim
) -> Response[Me]:
    """The first workspace, its domain and its administrator, who is signed in. 409 when taken."""
    require_own_page(request, database.service(Settings), cookie=False)
    actor = await claim(
        database,
        data.code,
        workspace=data.workspace,
        domain=data.domain,
        address=data.address,
        password=data.password,
        name=data.name,
        language=data.language,
        time_zone=data.time_zone,
    )
    return await sign_in_as(request, database, actor)


router = Router(path="/", tags=["setup"], route_handlers=[read_state, take_house])
