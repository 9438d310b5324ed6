"""HTTP doors of companies. The edge provides `actor` and `database`."""

from typing import TypeAlias
from uuid import UUID

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from posthouse.crm.companies import actions, store
from posthouse.crm.companies.model import FACETS, Company, CompanyFields
from posthouse.crm.companies.views import (
    CompanyChange,
    CompanyPage,
    CompanyRow,
    CompanyView,
    NewCompany,
)
from posthouse.crm.cursors import page_size, read_cursor, write_cursor
from posthouse.crm.lookup import facet, found_parameters
from posthouse.crm.names import read_names
from posthouse.crm.presenting import changes_view, timeline_view
from posthouse.crm.timeline.model import Figures, Kind
from posthouse.crm.timeline.notes import write_note
from posthouse.crm.timeline.reading import crm_reach, read_figures
from posthouse.crm.views import ChangePage, NewNote, Ref, Timeline
from posthouse.foundation.db import Database, Tx
from posthouse.security.members import Actor, Scope

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]


@get("/companies", summary="Companies, the latest contact first")
async def list_companies(
    actor: Who,
    database: Db,
    q: FromQuery[str] = "",
    industry: FromQuery[str | None] = None,
    region: FromQuery[str | None] = None,
    level: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int] = 50,
) -> CompanyPage:
    """`q` finds beginnings of words of names and domains, Chinese anywhere in a name."""
    chosen = zip(FACETS, (industry, region, level), strict=True)
    size = page_size(limit)
    async with database.workspace(actor.workspace_id) as tx:
        reach = await crm_reach(tx, actor)
        found = await found_parameters(tx, q, [facet(name, v) for name, v in chosen if v])
        places = await store.list_companies(tx, reach, found, read_cursor(cursor), size + 1)
        ids = [place.id for place in places[:size]]
        figures = await read_figures(tx, reach, "company", ids)
        contacts = await store.count_contacts(tx, reach, ids)
        companies = await actions.read_companies(tx, ids)
    return CompanyPage(
        items=[_row(c, figures[c.id], contacts.get(c.id, 0)) for c in companies],
        next_cursor=write_cursor(places[size - 1]) if len(places) > size else None,
    )


@post("/companies", summary="Make a company")
async def create_company(actor: Who, database: Db, data: JSONBody[NewCompany]) -> CompanyView:
    """409 when a domain belongs to another company."""
    actor.require(Scope.CRM_WRITE)
    values = msgspec.structs.asdict(data)
    fields = CompanyFields(**{**values, "domains": tuple(data.domains)})
    async with database.workspace(actor.workspace_id) as tx:
        company = await actions.create_company(tx, actor.member_id, fields)
        return await _view(tx, actor, company)


@get("/companies/{company_id:uuid}", summary="A company")
async def read_company(actor: Who, database: Db, company_id: FromPath[UUID]) -> CompanyView:
    """Its people: GET /contacts?company=ID."""
    async with database.workspace(actor.workspace_id) as tx:
        return await _view(tx, actor, await actions.read_company(tx, company_id))


@patch("/companies/{company_id:uuid}", summary="Change a company")
async def change_company(
    actor: Who, database: Db, company_id: FromPath[UUID], data: JSONBody[CompanyChange]
) -> CompanyView:
    """409 when it has changed since `version` was read."""
    actor.require(Scope.CRM_WRITE)
    given = msgspec.structs.asdict(data)
    changes = {
        name: tuple(value) if name == "domains" else value
        for name, value in given.items()
        if name != "version" and value is not msgspec.UNSET
    }
    async with database.workspace(actor.workspace_id) as tx:
        company = await actions.change_company(
            tx, actor.member_id, company_id, data.version, changes
        )
        return await _view(tx, actor, company)


@delete("/companies/{company_id:uuid}", summary="Delete a company")
async def delete_company(actor: Who, database: Db, company_id: FromPath[UUID]) -> None:
    """Its contacts stay. POST …/restore brings it back."""
    actor.require(Scope.CRM_WRITE)
    async with database.workspace(actor.workspace_id) as tx:
        await actions.delete_company(tx, actor.member_id, company_id)


@post("/companies/{company_id:uuid}/restore", status_code=200, summary="Bring a deleted one back")
async def restore_company(actor: Who, database: Db, company_id: FromPath[UUID]) -> CompanyView:
    """With the domains no other company took meanwhile."""
    actor.require(Scope.CRM_WRITE)
    async with database.workspace(actor.workspace_id) as tx:
        company = await actions.restore_company(tx, actor.member_id, company_id)
        return await _view(tx, actor, company)


@get("/companies/{company_id:uuid}/timeline", summary="Everything exchanged with a company")
async def company_timeline(
    actor: Who,
    database: Db,
    company_id: FromPath[UUID],
    kind: FromQuery[list[Kind] | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int] = 50,
) -> Timeline:
    """Newest first. A mail to several of its people stands once."""
    async with database.workspace(actor.workspace_id) as tx:
        reach = await crm_reach(tx, actor)
        await actions.read_company(tx, company_id)
        return await timeline_view(
            tx, reach, "company", company_id, kind=kind, cursor=cursor, limit=limit
        )


@post("/companies/{company_id:uuid}/notes", summary="Write a note, call or meeting")
async def write_company_note(
    actor: Who, database: Db, company_id: FromPath[UUID], data: JSONBody[NewNote]
) -> Ref:
    """Into the company's history."""
    actor.require(Scope.CRM_WRITE)
    async with database.workspace(actor.workspace_id) as tx:
        await actions.read_company(tx, company_id)
        note_id = await write_note(
            tx, actor.member_id, company_id=company_id, **msgspec.structs.asdict(data)
        )
    return Ref(note_id, data.subject)


@get("/companies/{company_id:uuid}/changes", summary="Who changed what of a company")
async def company_changes(
    actor: Who,
    database: Db,
    company_id: FromPath[UUID],
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int] = 50,
) -> ChangePage:
    """Newest first."""
    actor.require(Scope.CRM_READ)
    async with database.workspace(actor.workspace_id) as tx:
        await actions.read_company(tx, company_id)
        return await changes_view(tx, company_id, cursor, limit)


def _row(company: Company, figures: Figures, contacts: int) -> CompanyRow:
    return CompanyRow(
        id=company.id,
        name=company.fields.name,
        domains=list(company.fields.domains),
        industry=company.fields.industry,
        region=company.fields.region,
        level=company.fields.level,
        contacts=contacts,
        last_at=figures.last_at,
        owes=figures.owes,
    )


async def _view(tx: Tx, actor: Actor, company: Company) -> CompanyView:
    reach = await crm_reach(tx, actor)
    figures = (await read_figures(tx, reach, "company", [company.id]))[company.id]
    contacts = await store.count_contacts(tx, reach, [company.id])
    names = await read_names(tx, members=[company.fields.owner_id])
    fields = company.fields
    return CompanyView(
        id=company.id,
        version=company.version,
        name=fields.name,
        domains=list(fields.domains),
        website=fields.website,
        industry=fields.industry,
        region=fields.region,
        level=fields.level,
        note=fields.note,
        owner=names.ref(fields.owner_id),
        source=company.source,
        contacts=contacts.get(company.id, 0),
        first_at=figures.first_at,
        last_at=figures.last_at,
        received=figures.received,
        sent=figures.sent,
        owes=figures.owes,
        owes_since=figures.owes_since,
        created_at=company.created_at,
        changed_at=company.changed_at,
    )


router = Router(
    path="/",
    tags=["companies"],
    route_handlers=[
        list_companies,
        create_company,
        read_company,
        change_company,
        delete_company,
        restore_company,
        company_timeline,
        write_company_note,
        company_changes,
    ],
)
