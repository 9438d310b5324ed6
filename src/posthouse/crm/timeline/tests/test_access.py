"""Histories show a reader what he may see of each mail, and nothing of the rest."""

from datetime import timedelta
from uuid import UUID

import pytest

from posthouse.crm.contacts.actions import create_contact
from posthouse.crm.contacts.model import Contact, ContactFields
from posthouse.crm.cursors import START, Place
from posthouse.crm.timeline.model import Level
from posthouse.crm.timeline.reading import crm_reach, read_figures, read_history, read_weeks
from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied
from posthouse.security.members import Actor, Scope
from tests.support.crm import NOON, actor, colleague, contacts, file, history, mail
from tests.support.house import Workspace


@pytest.fixture
async def li(house: Database, workspace: Workspace) -> Contact:
    async with house.workspace(workspace.id) as tx:
        return await create_contact(
            tx,
            workspace.member_id,
            ContactFields(name="Li Wei", addresses=("li.wei@kunde.example",)),
        )


async def _grant(
    house: Database,
    who: Actor,
    mailbox_id: UUID,
    level: str,
    *,
    thread_id: UUID | None = None,
    expired: bool = False,
) -> None:
    async with house.workspace(who.workspace_id) as tx:
        await tx.connection.execute(
            "INSERT INTO grants (workspace_id, id, member_id, mailbox_id, thread_id, level, source,"
            " expires_at) VALUES ($1, gen_random_uuid(), $2, $3, $4, $5, 'test',"
            " CASE WHEN $6::boolean THEN now() - interval '1 second' END)",
            who.workspace_id,
            who.member_id,
            mailbox_id,
            thread_id,
            level,
            expired,
        )


async def test_a_colleagues_private_mail_is_not_there(
    house: Database, workspace: Workspace, li: Contact
):
    bob, _ = await colleague(house, workspace, "bob")
    await file(house, workspace, mail(1))

    assert len(await history(house, actor(workspace), "contact", li.id)) == 1
    assert await history(house, bob, "contact", li.id) == []
    (row,) = await contacts(house, bob)
    assert (row.events, row.last_at, row.owes) == (0, None, None)


@pytest.mark.parametrize(
    ("level", "subject", "summary"),
    [
        ("metadata", None, None),
        ("subject", "Quotation", None),
        ("full", "Quotation", "please quote 20 pumps."),
    ],
)
async def test_a_level_shows_no_more_than_itself(
    house: Database,
    workspace: Workspace,
    li: Contact,
    level: str,
    subject: str | None,
    summary: str | None,
):
    bob, _ = await colleague(house, workspace, "bob")
    await file(house, workspace, mail(1))
    await _grant(house, bob, workspace.mailbox_id, level)

    (entry,) = await history(house, bob, "contact", li.id)
    assert (entry.level.word, entry.direction, entry.at) == (level, "in", NOON)
    assert (entry.subject, entry.summary) == (subject, summary)
    assert (entry.thread_id is None) == (entry.mailbox_message_id is None) == (level != "full")


async def test_a_shared_thread_is_seen_alone(house: Database, workspace: Workspace, li: Contact):
    bob, _ = await colleague(house, workspace, "bob")
    shared, _other = await file(house, workspace, mail(1), mail(2, subject="Secret"))
    await _grant(house, bob, workspace.mailbox_id, "full", thread_id=shared.thread_id)

    (entry,) = await history(house, bob, "contact", li.id)
    assert entry.subject == "Quotation"
    (row,) = await contacts(house, bob)
    assert row.events == 1


async def test_an_expired_grant_shows_nothing(house: Database, workspace: Workspace, li: Contact):
    bob, _ = await colleague(house, workspace, "bob")
    await file(house, workspace, mail(1))
    await _grant(house, bob, workspace.mailbox_id, "full", expired=True)
    assert await history(house, bob, "contact", li.id) == []


async def test_the_copy_that_may_be_seen_furthest_is_shown(
    house: Database, workspace: Workspace, li: Contact
):
    bob, bobs_mailbox = await colleague(house, workspace, "bob")
    await _grant(house, bob, workspace.mailbox_id, "metadata")
    raw = mail(1, to="anna@acme.example, bob@acme.example")
    await file(house, workspace, raw, mailbox_id=bobs_mailbox)
    await file(house, workspace, raw, at=NOON + timedelta(seconds=5))

    (entry,) = await history(house, bob, "contact", li.id)
    assert (entry.level, entry.subject) == (Level.FULL, "Quotation")


async def test_bcc_is_known_to_readers_of_its_own_copy(
    house: Database, workspace: Workspace, li: Contact
):
    bob, bobs_mailbox = await colleague(house, workspace, "bob")
    headers = {"sender": "anna@acme.example", "to": "bob@acme.example"}
    await file(
        house, workspace, mail(1, extra="Bcc: li.wei@kunde.example", **headers), direction="out"
    )
    await file(house, workspace, mail(1, **headers), mailbox_id=bobs_mailbox)

    assert len(await history(house, actor(workspace), "contact", li.id)) == 1
    assert await history(house, bob, "contact", li.id) == []


async def test_a_key_without_mail_scope_sees_no_mail(
    house: Database, workspace: Workspace, li: Contact
):
    await file(house, workspace, mail(1))
    anna = actor(workspace)
    key = Actor(
        workspace_id=anna.workspace_id,
        member_id=anna.member_id,
        role=anna.role,
        name="",
        address="",
        scopes=frozenset({Scope.CRM_READ}),
    )
    assert await history(house, key, "contact", li.id) == []
    blind = Actor(
        workspace_id=anna.workspace_id,
        member_id=anna.member_id,
        role=anna.role,
        name="",
        address="",
        scopes=frozenset({Scope.MAIL_READ}),
    )
    with pytest.raises(Denied):
        await history(house, blind, "contact", li.id)


async def test_pages_give_every_entry_once(house: Database, workspace: Workspace, li: Contact):
    # The same second, so that only the id tells them apart.
    for number in range(7):
        await file(house, workspace, mail(number, subject=f"S{number}"))
    seen: list[str | None] = []
    async with house.workspace(workspace.id) as tx:
        reach = await crm_reach(tx, actor(workspace))
        place: Place | None = START
        while place is not None:
            entries, place = await read_history(tx, reach, "contact", li.id, before=place, limit=3)
            seen += [entry.subject for entry in entries]
    assert sorted(filter(None, seen)) == [f"S{n}" for n in range(7)]


async def test_figures_and_weeks(house: Database, workspace: Workspace, li: Contact):
    clock.hold(lambda: NOON)
    try:
        await file(house, workspace, mail(1), at=NOON - timedelta(weeks=2))
        await file(house, workspace, mail(2), at=NOON - timedelta(weeks=60))
        await file(
            house,
            workspace,
            mail(3, extra="Auto-Submitted: auto-replied"),
            at=NOON,
        )
        await file(
            house,
            workspace,
            mail(4, sender="anna@acme.example", to="li.wei@kunde.example"),
            direction="out",
            at=NOON - timedelta(days=1),
        )
        async with house.workspace(workspace.id) as tx:
            reach = await crm_reach(tx, actor(workspace))
            figures = (await read_figures(tx, reach, "contact", [li.id]))[li.id]
            weeks = await read_weeks(tx, reach, "contact", li.id)
    finally:
        clock.hold(None)
    assert (figures.received, figures.sent, figures.events) == (3, 1, 4)
    # The machine's answer is no answer.
    assert (figures.owes, figures.owes_since) == ("they", NOON - timedelta(days=1))
    assert len(weeks) == 53
    assert [(w.received, w.sent) for w in weeks[-3:]] == [(1, 0), (0, 0), (1, 1)]
