"""A scene for tests of the crm floor: members, mail in both directions, listeners run through."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from posthouse.crm.contacts.listeners import LISTENERS as CONTACT_LISTENERS
from posthouse.crm.contacts.reading import contact_page
from posthouse.crm.contacts.views import ContactRow, State
from posthouse.crm.cursors import START
from posthouse.crm.matching.listeners import LISTENERS as MATCHING_LISTENERS
from posthouse.crm.timeline.listeners import LISTENERS as TIMELINE_LISTENERS
from posthouse.crm.timeline.model import Entry
from posthouse.crm.timeline.reading import Of, crm_reach, read_history
from posthouse.foundation.db import Database
from posthouse.foundation.events import drain
from posthouse.foundation.ids import new_id
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import find_folder, make_mailbox
from posthouse.mail.mailboxes.model import Direction, Filed, Filing
from posthouse.security.members import Actor, Role
from tests.support.house import Workspace, letter

LISTENERS = (*MATCHING_LISTENERS, *TIMELINE_LISTENERS, *CONTACT_LISTENERS)
NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


async def settle(house: Database) -> None:
    """Until no listener of the floor has anything left to do."""
    await drain(house, LISTENERS)


def actor(workspace: Workspace) -> Actor:
    """The workspace's first member."""
    return member_actor(workspace, workspace.member_id, workspace.address)


def member_actor(workspace: Workspace, member_id: UUID, address: str) -> Actor:
    """A member, with every scope."""
    return Actor(
        workspace_id=workspace.id, member_id=member_id, role=Role.MEMBER, name="", address=address
    )


async def colleague(house: Database, workspace: Workspace, name: str) -> tuple[Actor, UUID]:
    """Another member with a personal mailbox."""
    member_id, address = new_id(), f"{name}@{workspace.domain}"
    async with house.workspace(workspace.id) as tx:
        await tx.connection.execute(
            "INSERT INTO members (workspace_id, id, address, name, role)"
            " VALUES ($1, $2, $3, $4, 'member')",
            workspace.id,
            member_id,
            address,
            name.title(),
        )
        mailbox_id = await make_mailbox(
            tx, kind="personal", address=address, name=name.title(), owner_member_id=member_id
        )
    return member_actor(workspace, member_id, address), mailbox_id


async def file(
    house: Database,
    workspace: Workspace,
    *raws: bytes,
    mailbox_id: UUID | None = None,
    direction: Direction = "in",
    folder: str | None = None,
    at: datetime = NOON,
    flags: int = 0,
) -> list[Filed]:
    """File mails, a minute apart, and let the floor react."""
    mailbox_id = mailbox_id or workspace.mailbox_id
    async with house.workspace(workspace.id) as tx:
        name = folder or ("INBOX" if direction == "in" else "Sent")
        folder_id = await find_folder(tx, mailbox_id, name)
        filed = await file_messages(
            tx,
            [
                Filing(
                    mailbox_id=mailbox_id,
                    folder_id=folder_id,
                    raw=raw,
                    received_at=at + timedelta(minutes=number),
                    direction=direction,
                    door="smtp" if direction == "in" else "composer",
                    flags=flags,
                )
                for number, raw in enumerate(raws)
            ],
        )
    await settle(house)
    return filed


def mail(number: int, **fields: str) -> bytes:
    """A letter with a Message-ID of its own."""
    return letter(message_id=f"{number}@mail.example", **fields)


async def contacts(
    house: Database,
    who: Actor,
    query: str = "",
    *,
    address: str | None = None,
    state: State | None = None,
) -> list[ContactRow]:
    """The list of contacts as `who` sees it."""
    async with house.workspace(who.workspace_id) as tx:
        page = await contact_page(
            tx,
            await crm_reach(tx, who),
            query=query,
            address=address,
            company_id=None,
            state=state,
            cursor=None,
            limit=200,
        )
    return page.items


async def history(house: Database, who: Actor, of: Of, customer_id: UUID) -> list[Entry]:
    """A history as `who` sees it, newest first."""
    async with house.workspace(who.workspace_id) as tx:
        reach = await crm_reach(tx, who)
        entries, _ = await read_history(tx, reach, of, customer_id, before=START, limit=200)
    return entries


def subjects(entries: Iterable[Entry]) -> list[str | None]:
    """What they are about."""
    return [entry.subject for entry in entries]
