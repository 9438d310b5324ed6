"""The commands on scripts (RFC 5804 2.4 to 2.12): one transaction each, over mail/rules."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Unauthenticated
from posthouse.mail.rules import actions
from posthouse.mail.rules.reach import own_mailbox
from posthouse.protocols.managesieve import responses
from posthouse.protocols.managesieve.commands import Command
from posthouse.security.members import Actor, still_signed_in


@dataclass(frozen=True, slots=True)
class Scripts:
    """Those of the signed-in member's own mailbox."""

    database: Database
    actor: Actor
    mailbox_id: UUID

    @classmethod
    async def of(cls, database: Database, actor: Actor) -> "Scripts":
        """Raises NotFound for a member without a mailbox."""
        async with database.workspace(actor.workspace_id) as tx:
            return cls(database, actor, await own_mailbox(tx, actor))

    @property
    def owner(self) -> str:
        return self.actor.address

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """Raises Unauthenticated for who is not signed in any more."""
        async with self.database.workspace(self.actor.workspace_id) as tx:
            if not await still_signed_in(tx, self.actor):
                raise Unauthenticated("Sign in again.")
            yield tx

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Tx]:
        """After it every process knows: mail that comes behind the OK meets the new rules."""
        async with self.reading() as tx:
            yield tx
        await self.database.signals.flushed()


async def _havespace(scripts: Scripts, command: Command) -> bytes:
    async with scripts.reading() as tx:
        await actions.check_room(tx, scripts.mailbox_id, command.text(0), command.number)
    return responses.ok("There is room.")


async def _putscript(scripts: Scripts, command: Command) -> bytes:
    content = command.strings[1]
    await actions.check_script(content)
    async with scripts.writing() as tx:
        await actions.save_script(tx, scripts.mailbox_id, command.text(0), content)
    return responses.ok("The script is saved.")


async def _checkscript(scripts: Scripts, command: Command) -> bytes:
    await actions.check_script(command.strings[0])
    return responses.ok("The script is right.")


async def _listscripts(scripts: Scripts, command: Command) -> bytes:
    async with scripts.reading() as tx:
        found = await actions.list_scripts(tx, scripts.mailbox_id)
    return responses.script_names((one.name, one.active) for one in found) + responses.ok()


async def _setactive(scripts: Scripts, command: Command) -> bytes:
    """2.8: an empty name means that none is active."""
    async with scripts.writing() as tx:
        await actions.activate_script(tx, scripts.mailbox_id, command.text(0) or None)
    return responses.ok("Done.")


async def _getscript(scripts: Scripts, command: Command) -> bytes:
    async with scripts.reading() as tx:
        script = await actions.read_script(tx, scripts.mailbox_id, command.text(0))
    return responses.script(script.content) + responses.ok()


async def _deletescript(scripts: Scripts, command: Command) -> bytes:
    async with scripts.writing() as tx:
        await actions.delete_script(tx, scripts.mailbox_id, command.text(0))
    return responses.ok("The script is deleted.")


async def _renamescript(scripts: Scripts, command: Command) -> bytes:
    async with scripts.writing() as tx:
        await actions.rename_script(tx, scripts.mailbox_id, command.text(0), command.text(1))
    return responses.ok("The script is renamed.")


HANDLERS: Mapping[str, Callable[[Scripts, Command], Awaitable[bytes]]] = {
    "HAVESPACE": _havespace,
    "PUTSCRIPT": _putscript,
    "CHECKSCRIPT": _checkscript,
    "LISTSCRIPTS": _listscripts,
    "SETACTIVE": _setactive,
    "GETSCRIPT": _getscript,
    "DELETESCRIPT": _deletescript,
    "RENAMESCRIPT": _renamescript,
}
# What a conflict is about (1.3).
CONFLICTS: Mapping[str, bytes] = {
    "HAVESPACE": b"QUOTA/MAXSCRIPTS",
    "PUTSCRIPT": b"QUOTA/MAXSCRIPTS",
    "DELETESCRIPT": b"ACTIVE",
    "RENAMESCRIPT": b"ALREADYEXISTS",
}
