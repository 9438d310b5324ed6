"""HTTP doors of the house's certificate, for the administrators who run the house."""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec
from litestar import Router, get, post, put
from litestar.di import NamedDependency

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid
from posthouse.foundation.settings import Settings
from posthouse.security.certificates import actions
from posthouse.security.certificates.actions import Standing
from posthouse.security.certificates.model import AUTHORITIES
from posthouse.security.members import Actor, require_house_admin

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]


class WishView(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. `problem` says why the last attempt failed, `detail` in the authority's
    words; then `due_at` is the next attempt, else the renewal.
    """

    authority: str
    names: list[str]
    due_at: datetime
    tried_at: datetime | None
    failures: int
    problem: (
        Literal["dns", "connection", "answer", "caa", "name", "limit", "account", "authority"]
        | None
    )
    detail: str | None


class CertificateView(msgspec.Struct, frozen=True, kw_only=True):
    """What mail programs and other servers are shown now, and what is wanted.

    `source`: a file of the operator's, issued by an authority, or made by ourselves.
    """

    hostname: str
    source: Literal["given", "issued", "self-made"]
    names: list[str]
    issuer: str
    not_after: datetime
    self_signed: bool
    covers_hostname: bool
    wish: WishView | None


class CertificateWish(msgspec.Struct, frozen=True, kw_only=True):
    """`agreed`: to the authority's terms of service (RFC 8555 7.3), which the asker has read."""

    authority: Literal["letsencrypt", "letsencrypt-staging"]
    agreed: bool


@get("/certificate", summary="The certificate of SMTP, IMAP, POP3 and ManageSieve")
async def read_certificate(actor: Who, database: Db) -> CertificateView:
    """As new connections are shown it."""
    await require_house_admin(database, actor)
    return await _view(database)


@put("/certificate", summary="Ask an authority for a certificate")
async def ask_for_certificate(actor: Who, database: Db, data: CertificateWish) -> CertificateView:
    """For the hostname of this machine; it is obtained within a minute, and renewed by itself.

    Other authorities and names: the operator's command `posthouse certificate get`.
    """
    await require_house_admin(database, actor)
    if not data.agreed:
        raise Invalid("The authority's terms have to be agreed to.", field="agreed")
    await actions.ask_for(database, data.authority)
    return await _view(database)


@post("/certificate/attempts", status_code=202, summary="Try again now")
async def try_again(actor: Who, database: Db) -> CertificateView:
    """Without waiting for the next attempt or renewal."""
    await require_house_admin(database, actor)
    await actions.renew_now(database)
    return await _view(database)


router = Router(
    path="/",
    tags=["certificate"],
    route_handlers=[read_certificate, ask_for_certificate, try_again],
)


async def _view(database: Database) -> CertificateView:
    return certificate_view(
        await actions.read_standing(database), database.service(Settings).hostname
    )


def certificate_view(standing: Standing, hostname: str) -> CertificateView:
    """As the API and the command line tell it."""
    wish, shown = standing.wish, standing.shown
    named = {directory: name for name, directory in AUTHORITIES.items()}
    return msgspec.convert(
        {
            "hostname": hostname,
            "source": standing.source,
            "names": shown.names,
            "issuer": shown.issuer,
            "not_after": shown.not_after,
            "self_signed": shown.self_signed,
            "covers_hostname": standing.covers_hostname,
            "wish": wish
            and {
                "authority": named.get(wish.directory, wish.directory),
                "names": wish.names,
                "due_at": wish.due_at,
                "tried_at": wish.tried_at,
                "failures": wish.failures,
                "problem": wish.problem,
                "detail": wish.detail,
            },
        },
        CertificateView,
    )
