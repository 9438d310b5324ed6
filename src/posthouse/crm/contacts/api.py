"""HTTP doors of contacts. The edge provides `actor` and `database`."""

from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from posthouse.crm.contacts import actions, reading
from posthouse.crm.contacts.model import ContactFields
from posthouse.crm.contacts.views import (
    ContactChange,
    ContactPage,
    ContactView,
    Merge,
    NewContact,
    State,
)
from posthouse.crm.presenting import changes_view, timeline_view
from posthouse.crm.timeline.model import Kind
from posthouse.crm.timeline.notes import change_note, delete_note, write_note
from posthouse.crm.timeline.reading import crm_reach
from posthouse.crm.views import ChangePage, NewNote, NoteChange, Ref, Timeline
from posthouse.foundation.db import Database
from posthouse.security.members import Actor, Scope

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]


@get("/contacts", summary="Contacts, the latest contact first")
async def list_contacts(
    actor: Who,
    database: Db,
    q: FromQuery[str] = "",
    address: FromQuery[str | None] = None,
    company: FromQuery[UUID | None] = None,
    in_state: Annotated[State | None, QueryParameter(name="state")] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int] = 50,
) -> ContactPage:
    """`q` finds beginnings of words of names and addresses, Chinese anywhere in a name.

    Without `state`, those that are not ignored. `address`: whose it is, for the panel of a thread.
    """
    async with database.workspace(actor.workspace_id) as tx:
        reach = await crm_reach(tx, actor)
        return await reading.contact_page(
            tx,
            reach,
            query=q,
            address=address,
            company_id=company,
            state=in_state,
            cursor=cursor,
            limit=limit,
        )


@get("/contacts/lookup", summary="The contact an address belongs to")
async def look_up_contact(actor: Who, database: Db, address: FromQuery[str]) -> ContactView | None:
    """null when nobody the reader may know of has it: most senders of a day are nobody's."""
    async with database.workspace(actor.workspace_id) as tx:
        reach = await crm_reach(tx, actor)
        contact = await reading.contact_of_address(tx, reach, address)
        return None if contact is None else await reading.contact_view(tx, reach, contact)


@post("/contacts", summary="Make a contact")
async def create_contact(actor: Who, database: Db, data: JSONBody[NewContact]) -> ContactView:
    """Verified at once. 409 when an address belongs to another verified contact."""
    actor.require(Scope.CRM_WRITE)
    values = msgspec.structs.asdict(data)
    values |= {"addresses": tuple(data.addresses), "phones": tuple(data.phones)}
    async with database.workspace(actor.workspace_id) as tx:
        contact = await actions.create_contact(tx, actor.member_id, ContactFields(**values))
        return await reading.contact_view(tx, await crm_reach(tx, actor), contact)


@get("/contacts/{contact_id:uuid}", summary="A contact")
async def read_contact(actor: Who, database: Db, contact_id: FromPath[UUID]) -> ContactView:
    """With how we know its addresses, and what the reader may know of the exchange."""
    async with database.workspace(actor.workspace_id) as tx:
        reach = await crm_reach(tx, actor)
        contact = await reading.visible_contact(tx, reach, contact_id)
        return await reading.contact_view(tx, reach, contact)


@patch("/contacts/{contact_id:uuid}", summary="Change a contact")
async def change_contact(
    actor: Who, database: Db, contact_id: FromPath[UUID], data: JSONBody[ContactChange]
) -> ContactView:
    """409 when it has changed since `version` was read."""
    actor.require(Scope.CRM_WRITE)
    changes = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in msgspec.structs.asdict(data).items()
        if name != "version" and value is not msgspec.UNSET
    }
    async with database.workspace(actor.workspace_id) as tx:
        reach = await crm_reach(tx, actor)
        await reading.visible_contact(tx, reach, contact_id)
        contact = await actions.change_contact(
            tx, actor.member_id, contact_id, data.version, changes
        )
        return await reading.contact_view(tx, reach, contact)


@post("/contacts/{contact_id:uuid}/verify", status_code=200, summary="Take an unknown sender in")
async def verify_contact(actor: Who, database: Db, contact_id: FromPath[UUID]) -> ContactView:
    """The contact becomes known to the whole workspace."""
    return await _set_state(actor, database, contact_id, "verified")


@post("/contacts/{contact_id:uuid}/ignore", status_code=200, summary="Never show, never log")
async def ignore_contact(actor: Who, database: Db, contact_id: FromPath[UUID]) -> ContactView:
    """Its past mail leaves the histories too; …/verify brings it all back."""
    return await _set_state(actor, database, contact_id, "ignored")


@post("/contacts/{contact_id:uuid}/merge", status_code=200, summary="Two contacts are one")
async def merge_contacts(
    actor: Who, database: Db, contact_id: FromPath[UUID], data: JSONBody[Merge]
) -> ContactView:
    """The other contact's addresses, notes and history become this one's."""
    actor.require(Scope.CRM_WRITE)
    async with database.workspace(actor.workspace_id) as tx:
        reach = await crm_reach(tx, actor)
        await reading.visible_contact(tx, reach, contact_id)
        await reading.visible_contact(tx, reach, data.contact_id)
        contact = await actions.merge_contacts(
            tx, actor.member_id, contact_id, data.version, data.contact_id
        )
        return await reading.contact_view(tx, reach, contact)


@delete("/contacts/{contact_id:uuid}", summary="Delete a contact")
async def delete_contact(actor: Who, database: Db, contact_id: FromPath[UUID]) -> None:
    """POST …/restore brings it back."""
    actor.require(Scope.CRM_WRITE)
    async with database.workspace(actor.workspace_id) as tx:
        await reading.visible_contact(tx, await crm_reach(tx, actor), contact_id)
        await actions.delete_contact(tx, actor.member_id, contact_id)


@post("/contacts/{contact_id:uuid}/restore", status_code=200, summary="Bring a deleted one back")
async def restore_contact(actor: Who, database: Db, contact_id: FromPath[UUID]) -> ContactView:
    """With the addresses no other contact took meanwhile."""
    actor.require(Scope.CRM_WRITE)
    async with database.workspace(actor.workspace_id) as tx:
        reach = await crm_reach(tx, actor)
        await actions.restore_contact(tx, actor.member_id, contact_id)
        contact = await reading.visible_contact(tx, reach, contact_id)
        return await reading.contact_view(tx, reach, contact)


@get("/contacts/{contact_id:uuid}/timeline", summary="Everything exchanged with a contact")
async def contact_timeline(
    actor: Who,
    database: Db,
    contact_id: FromPath[UUID],
    kind: FromQuery[list[Kind] | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int] = 50,
) -> Timeline:
    """Newest first, as far as the reader may see each mail."""
    async with database.workspace(actor.workspace_id) as tx:
        reach = await crm_reach(tx, actor)
        await reading.visible_contact(tx, reach, contact_id)
        return await timeline_view(
            tx, reach, "contact", contact_id, kind=kind, cursor=cursor, limit=limit
        )


@post("/contacts/{contact_id:uuid}/notes", summary="Write a note, call or meeting")
async def write_contact_note(
    actor: Who, database: Db, contact_id: FromPath[UUID], data: JSONBody[NewNote]
) -> Ref:
    """Into the contact's history and that of its company."""
    actor.require(Scope.CRM_WRITE)
    async with database.workspace(actor.workspace_id) as tx:
        reach = await crm_reach(tx, actor)
        contact = await reading.visible_contact(tx, reach, contact_id)
        note_id = await write_note(
            tx,
            actor.member_id,
            contact_id=contact_id,
            company_id=contact.fields.company_id,
            **msgspec.structs.asdict(data),
        )
    return Ref(note_id, data.subject)


@patch("/notes/{note_id:uuid}", status_code=204, summary="Change one's own note")
async def change_own_note(
    actor: Who, database: Db, note_id: FromPath[UUID], data: JSONBody[NoteChange]
) -> None:
    """409 when it has changed since `version` was read."""
    actor.require(Scope.CRM_WRITE)
    changes = {
        name: value
        for name, value in msgspec.structs.asdict(data).items()
        if name != "version" and value is not msgspec.UNSET
    }
    async with database.workspace(actor.workspace_id) as tx:
        await change_note(tx, actor.member_id, note_id, data.version, **changes)


@delete("/notes/{note_id:uuid}", summary="Take one's own note away")
async def delete_own_note(actor: Who, database: Db, note_id: FromPath[UUID]) -> None:
    """POST …/restore brings it back."""
    actor.require(Scope.CRM_WRITE)
    async with database.workspace(actor.workspace_id) as tx:
        await delete_note(tx, actor.member_id, note_id)


@post("/notes/{note_id:uuid}/restore", status_code=204, summary="Bring one's own note back")
async def restore_own_note(actor: Who, database: Db, note_id: FromPath[UUID]) -> None:
    """As it was."""
    actor.require(Scope.CRM_WRITE)
    async with database.workspace(actor.workspace_id) as tx:
        await delete_note(tx, actor.member_id, note_id, deleted=False)


@get("/contacts/{contact_id:uuid}/changes", summary="Who changed what of a contact")
async def contact_changes(
    actor: Who,
    database: Db,
    contact_id: FromPath[UUID],
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int] = 50,
) -> ChangePage:
    """Newest first."""
    async with database.workspace(actor.workspace_id) as tx:
        await reading.visible_contact(tx, await crm_reach(tx, actor), contact_id)
        return await changes_view(tx, contact_id, cursor, limit)


async def _set_state(
    actor: Actor, database: Database, contact_id: UUID, state: State
) -> ContactView:
    actor.require(Scope.CRM_WRITE)
    async with database.workspace(actor.workspace_id) as tx:
        reach = await crm_reach(tx, actor)
        await reading.visible_contact(tx, reach, contact_id)
        contact = await actions.set_state(tx, actor.member_id, contact_id, state)
        return await reading.contact_view(tx, reach, contact)


router = Router(
    path="/",
    tags=["contacts"],
    route_handlers=[
        list_contacts,
        look_up_contact,
        create_contact,
        read_contact,
        change_contact,
        verify_contact,
        ignore_contact,
        merge_contacts,
        delete_contact,
        restore_contact,
        contact_timeline,
        write_contact_note,
        change_own_note,
        delete_own_note,
        restore_own_note,
        contact_changes,
    ],
)
