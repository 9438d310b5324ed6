"""One mail in Anna's mailbox, and everybody who might come by it.

Each thing a door could let out carries a word of its own; what a person was shown is read off the
words in what the door answered.
"""

import asyncio
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import httpx
from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

from posthouse.crm.companies.actions import create_company
from posthouse.crm.companies.model import CompanyFields
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Refusal, Unauthenticated
from posthouse.foundation.events import Listener as EventListener
from posthouse.foundation.events import drain
from posthouse.mail.mailboxes.folders import create_folder, make_mailbox
from posthouse.security.access import Level, grant
from posthouse.security.members import Actor, add_member, create_workspace
from posthouse.servers.imap.commands import HANDLERS
from posthouse.servers.imap.context import Context
from posthouse.servers.imap.listener import Listener, ListenerOptions
from posthouse.servers.pop3.context import Context as Pop3Context
from posthouse.servers.pop3.listener import Listener as Pop3Listener
from tests.support.house import Workspace, deliver, letter
from tests.support.statements import program_modules

PASSWORD = "correct horse battery"
FOLDER, SENDER, SUBJECT, BODY = "Foldercanary", "Sendercanary", "Subjectcanary", "Bodycanary"


class Person(StrEnum):
    """Everybody there is to a mail."""

    OWNER = "owner"
    WRITER = "granted the mailbox to write"
    READER = "granted the mailbox in full"
    SUBJECT = "granted the mailbox up to subjects"
    METADATA = "granted who and when"
    THREAD = "granted this thread in full"
    ADMIN = "administrator"
    OTHER = "colleague"
    STRANGER = "administrator of another workspace"
    NOBODY = "not signed in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where things are, and the ways in."""

    house: Database
    actors: dict[Person, Actor]
    ids: dict[str, UUID]
    imap_port: int
    pop3_port: int
    http_client: httpx.AsyncClient

    async def imap(self, person: Person, *commands: str) -> str:
        """What an IMAP server says to `person`; `{at}` is where Anna's folders are to them."""
        actor = self.actors.get(person)
        address = actor.address if actor else "anna@acme.example"
        password = PASSWORD if actor else "a wrong password"
        at = "" if person is Person.OWNER else "Other Users/anna@acme.example/"
        reader, writer = await asyncio.open_connection("127.0.0.1", self.imap_port, limit=2**20)
        said = [await reader.readline()]
        try:
            for number, command in enumerate([f'LOGIN {address} "{password}"', *commands]):
                writer.write(f"t{number} {command.replace('{at}', at)}\r\n".encode())
                while not said[-1].startswith(f"t{number} ".encode()):
                    said.append(await asyncio.wait_for(reader.readline(), 10))
                    assert said[-1], said
        finally:
            writer.close()
        return b"".join(said).decode()

    async def pop3(self, person: Person, *commands: str) -> str:
        """What a POP3 server says to `person`, whose marks are taken back in the end."""
        actor = self.actors.get(person)
        address = actor.address if actor else "anna@acme.example"
        password = PASSWORD if actor else "a wrong password"
        reader, writer = await asyncio.open_connection("127.0.0.1", self.pop3_port, limit=2**20)
        said = [f"USER {address}", f"PASS {password}", *commands, "RSET", "QUIT"]
        writer.write("".join(f"{line}\r\n" for line in said).encode())
        try:
            return (await asyncio.wait_for(reader.read(), 10)).decode()
        finally:
            writer.close()

    async def http(self, person: Person, method: str, path: str, **arguments: Any) -> str:
        """Status and body; `{contact_id}` and the like in `path` stand for ids of the scene."""
        headers = {"X-Person": person.value}
        target = path.format_map({name: str(value) for name, value in self.ids.items()})
        answer = await self.http_client.request(method, target, headers=headers, **arguments)
        assert answer.status_code < 500, f"{method} {target}: {answer.text}"
        return f"{answer.status_code} {answer.text}"


@asynccontextmanager
async def set_scene(house: Database) -> AsyncIterator[Scene]:
    """Everybody, the mail, an IMAP server, a POP3 server and the rooms' HTTP doors."""
    actors, ids = await _people(house)
    owner = actors[Person.OWNER]
    place = Workspace(
        owner.workspace_id, "acme.example", owner.member_id, owner.address, ids["mailbox_id"]
    )
    raw = letter(
        message_id="one@kunde.example",
        subject=f"{SUBJECT} pumps",
        sender=f"{SENDER} Wei <wei@kunde.example>",
        body=f"{BODY}, please quote.\r\n",
    )
    (filed,) = await deliver(house, place, raw)
    assert filed.thread_id
    assert filed.mailbox_message_id
    ids |= {"thread_id": filed.thread_id, "message_id": filed.mailbox_message_id}
    async with house.workspace(place.id) as tx:
        await create_folder(tx, place.mailbox_id, FOLDER)
        await _give(tx, actors, ids)
    await drain(house, _listeners())
    ids |= await _customer(house, owner)
    options = ListenerOptions(name="imap", host="127.0.0.1", port=0)
    context = Context(database=house, handlers=HANDLERS, largest_message=1_000_000)
    imap = Listener(options, context)
    await imap.start()
    pop3 = Pop3Listener(
        ListenerOptions(name="pop3", host="127.0.0.1", port=0), Pop3Context(database=house)
    )
    await pop3.start()
    carrying = asyncio.create_task(house.signals.run(house.connect))
    try:
        application = httpx.ASGITransport(_application(house, actors))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=application, base_url="http://house") as client:
            yield Scene(
                house=house,
                actors=actors,
                ids=ids,
                imap_port=imap.port,
                pop3_port=pop3.port,
                http_client=client,
            )
    finally:
        await imap.stop(grace=2)
        await pop3.stop(grace=2)
        carrying.cancel()


def http_handlers() -> dict[str, HTTPRouteHandler]:
    """ "GET /contacts" → its handler, of every module of the program."""
    found = {}
    for name in program_modules():
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, HTTPRouteHandler):
                for method in value.http_methods - {"OPTIONS", "HEAD"}:
                    for path in value.paths:
                        found[f"{method} {path}"] = value
    return found


async def _people(house: Database) -> tuple[dict[Person, Actor], dict[str, UUID]]:
    ids: dict[str, UUID] = {}

    async def with_mailbox(tx: Tx, actor: Actor) -> None:
        ids[actor.address] = await make_mailbox(
            tx,
            kind="personal",
            address=actor.address,
            name=actor.name,
            owner_member_id=actor.member_id,
        )

    admin = await create_workspace(
        house, "Acme", "acme.example", "admin@acme.example", PASSWORD, then=with_mailbox
    )
    stranger = await create_workspace(
        house, "Other", "other.example", "admin@other.example", PASSWORD, then=with_mailbox
    )
    actors = {Person.ADMIN: admin, Person.STRANGER: stranger}
    for person in set(Person) - set(actors) - {Person.NOBODY}:
        name = "anna" if person is Person.OWNER else person.name.lower()
        actors[person] = await add_member(
            house, admin.workspace_id, f"{name}@acme.example", PASSWORD, then=with_mailbox
        )
    return actors, {"mailbox_id": ids["anna@acme.example"]}


async def _give(tx: Tx, actors: dict[Person, Actor], ids: dict[str, UUID]) -> None:
    owner, mailbox_id = actors[Person.OWNER], ids["mailbox_id"]
    levels = {
        Person.WRITER: Level.FULL,
        Person.READER: Level.FULL,
        Person.SUBJECT: Level.SUBJECT,
        Person.METADATA: Level.METADATA,
    }
    for person, level in levels.items():
        await grant(
            tx,
            owner,
            member_id=actors[person].member_id,
            mailbox_id=mailbox_id,
            level=level,
            may_write=person is Person.WRITER,
        )
    await grant(
        tx,
        owner,
        member_id=actors[Person.THREAD].member_id,
        mailbox_id=mailbox_id,
        thread_id=ids["thread_id"],
        level=Level.FULL,
    )


async def _customer(house: Database, owner: Actor) -> dict[str, UUID]:
    """Whom the listeners made of the sender, and a company that was then entered for the domain."""
    fields = CompanyFields(name="Kunde", domains=("kunde.example",))
    async with house.workspace(owner.workspace_id) as tx:
        company = await create_company(tx, owner.member_id, fields)
    await drain(house, _listeners())
    async with house.workspace(owner.workspace_id) as tx:
        contact_id = await tx.connection.fetchval("SELECT id FROM contacts")
    return {"contact_id": contact_id, "company_id": company.id}


def _listeners() -> list[EventListener]:
    modules = [vars(importlib.import_module(name)) for name in program_modules()]
    values = [value for module in modules for value in module.values()]
    values += [one for value in values if isinstance(value, tuple) for one in value]
    found = {one.name: one for one in values if isinstance(one, EventListener)}
    return list(found.values())


def _application(house: Database, actors: dict[Person, Actor]) -> Litestar:
    """The rooms' own handlers; how the edge finds the actor is the edge's to test."""

    async def provide_actor(request: Request[Any, Any, Any]) -> Actor:
        actor = actors.get(Person(request.headers["X-Person"]))
        if actor is None:
            raise Unauthenticated("Please sign in.")
        return actor

    async def provide_database() -> Database:
        return house

    def refuse(_request: Request[Any, Any, Any], refusal: Refusal) -> Response[str]:
        return Response(refusal.reason, status_code=400, media_type="text/plain")

    rooms = {
        key: handler
        for key, handler in http_handlers().items()
        if not (handler.fn.__module__ or "").startswith("posthouse.servers.")
    }
    return Litestar(
        route_handlers=list({id(handler): handler for handler in rooms.values()}.values()),
        dependencies={"actor": Provide(provide_actor), "database": Provide(provide_database)},
        exception_handlers={Refusal: refuse},
        openapi_config=None,
    )
