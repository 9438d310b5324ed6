"""Who may read whose mail: owners, grants, levels, expiry."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Denied, Invalid, NotFound
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import parse_statement
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import find_folder, make_mailbox
from posthouse.mail.mailboxes.model import Filing
from posthouse.security import access, members
from posthouse.security.access import Level
from posthouse.security.members import Actor, Role, Scope
from tests.support.house import letter

_READABLE = parse_statement(
    "readable",
    "SELECT mm.id FROM mailbox_messages mm WHERE mm.workspace_id = :workspace_id AND "
    + access.READABLE_MACROS["readable"].replace("{}", "mm"),
)


@pytest.fixture
async def tx(house: Database):
    """A transaction in a workspace with Anna (admin), Bert and Cleo, and what they have."""
    async with house.workspace(new_id()) as tx:
        await tx.connection.execute(
            "INSERT INTO workspaces (id, name) VALUES ($1, 'Acme')", tx.workspace
        )
        yield tx


@pytest.fixture
async def anna(tx: Tx) -> Actor:
    return await _member(tx, "anna", Role.ADMIN)


@pytest.fixture
async def bert(tx: Tx) -> Actor:
    return await _member(tx, "bert", Role.MEMBER)


@pytest.fixture
async def cleo(tx: Tx) -> Actor:
    return await _member(tx, "cleo", Role.MEMBER)


async def test_a_personal_mailbox_is_its_owners_alone(tx, anna, bert):
    mailbox = await _mailbox(tx, "bert", bert)

    owned = await access.require_mailbox(tx, bert, mailbox, "send")
    assert owned.level is Level.FULL
    assert owned.may_write
    # Anna is the administrator.
    assert await access.mailboxes_of(tx, anna) == []
    with pytest.raises(NotFound):
        await access.require_mailbox(tx, anna, mailbox, "read")
    with pytest.raises(NotFound):
        await access.grant(tx, anna, member_id=anna.member_id, mailbox_id=mailbox, level=Level.FULL)


async def test_a_shared_mailbox_is_nobodys_until_an_admin_grants_it(tx, anna, bert):
    mailbox = await _mailbox(tx, "sales", None)
    assert await access.mailboxes_of(tx, anna) == []

    with pytest.raises(NotFound):
        await access.grant(tx, bert, member_id=bert.member_id, mailbox_id=mailbox, level=Level.FULL)
    await access.grant(
        tx, anna, member_id=bert.member_id, mailbox_id=mailbox, level=Level.FULL, may_write=True
    )

    (held,) = await access.mailboxes_of(tx, bert)
    assert (held.address, held.may_write, held.may_send) == ("sales@acme.example", True, False)
    with pytest.raises(Denied):
        await access.require_mailbox(tx, bert, mailbox, "send")


async def test_grants_of_several_sources_add_up_and_end_apart(tx, anna, bert):
    mailbox = await _mailbox(tx, "sales", None)
    to_bert = {"member_id": bert.member_id, "mailbox_id": mailbox}
    await access.grant(tx, anna, **to_bert, level=Level.SUBJECT, source="team")
    await access.grant(tx, anna, **to_bert, level=Level.FULL, may_send=True, source="hand-over")
    assert (await access.require_mailbox(tx, bert, mailbox, "send")).level is Level.FULL

    await access.revoke(tx, anna, **to_bert, source="hand-over")

    (held,) = await access.mailboxes_of(tx, bert)
    assert (held.level, held.may_send) == (Level.SUBJECT, False)
    with pytest.raises(Denied):
        await access.require_mailbox(tx, bert, mailbox, "read")
    await access.require_mailbox(tx, bert, mailbox, "read", level=Level.METADATA)


async def test_an_expired_grant_gives_nothing(tx, anna, bert):
    mailbox = await _mailbox(tx, "sales", None)
    message, thread = await _message(tx, mailbox, "pumps")
    soon = datetime.now(UTC) + timedelta(hours=1)
    for part in (None, thread):
        await access.grant(
            tx, anna, member_id=bert.member_id, mailbox_id=mailbox, thread_id=part,
            level=Level.FULL, expires_at=soon,
        )  # fmt: skip
    assert await _readable(tx, bert) == {message}

    await tx.connection.execute("UPDATE grants SET expires_at = now()")

    assert await access.mailboxes_of(tx, bert) == []
    assert await _readable(tx, bert) == set()
    reach = await access.reach_of(tx, bert)
    assert await access.levels_of(tx, reach, [(mailbox, thread)]) == {}


async def test_a_shared_thread_opens_my_side_of_it_only(tx, bert, cleo, anna):
    berts, cleos = await _mailbox(tx, "bert", bert), await _mailbox(tx, "cleo", cleo)
    at_bert, thread = await _message(tx, berts, "pumps")
    at_cleo, same_thread = await _message(tx, cleos, "pumps")
    elsewhere, _ = await _message(tx, berts, "valves")
    assert thread == same_thread

    await access.grant(
        tx, bert, member_id=anna.member_id, mailbox_id=berts, thread_id=thread, level=Level.FULL
    )

    assert await _readable(tx, anna) == {at_bert}
    assert await _readable(tx, bert) == {at_bert, elsewhere}
    assert await _readable(tx, cleo) == {at_cleo}


async def test_a_level_shows_no_more_than_it_says(tx, anna, bert):
    mailbox = await _mailbox(tx, "sales", None)
    message, thread = await _message(tx, mailbox, "pumps")
    other, _ = await _message(tx, mailbox, "valves")
    to_bert = {"member_id": bert.member_id, "mailbox_id": mailbox}
    await access.grant(tx, anna, **to_bert, level=Level.METADATA)
    await access.grant(tx, anna, **to_bert, thread_id=thread, level=Level.SUBJECT)

    assert await _readable(tx, bert, Level.METADATA) == {message, other}
    assert await _readable(tx, bert, Level.SUBJECT) == {message}
    assert await _readable(tx, bert) == set()
    reach = await access.reach_of(tx, bert)
    elsewhere = new_id()
    assert await access.levels_of(
        tx, reach, [(mailbox, thread), (mailbox, elsewhere), (elsewhere, thread)]
    ) == {(mailbox, thread): Level.SUBJECT, (mailbox, elsewhere): Level.METADATA}


async def test_readers_of_a_shared_mailbox_share_threads_as_far_as_they_read(tx, anna, bert, cleo):
    mailbox, thread = await _mailbox(tx, "sales", None), new_id()
    to_cleo = {"member_id": cleo.member_id, "mailbox_id": mailbox, "level": Level.FULL}
    await access.grant(tx, anna, member_id=bert.member_id, mailbox_id=mailbox, level=Level.FULL)

    await access.grant(tx, bert, **to_cleo, thread_id=thread, source="mention")
    with pytest.raises(Denied):
        await access.grant(tx, bert, **to_cleo, thread_id=thread, may_write=True)
    with pytest.raises(Denied):
        await access.grant(tx, bert, **to_cleo)


async def test_merged_threads_keep_their_readers(tx, anna, bert, cleo):
    mailbox = await _mailbox(tx, "sales", None)
    late, parent = new_id(), new_id()
    for member in (bert, cleo):
        await access.grant(
            tx, anna, member_id=member.member_id, mailbox_id=mailbox, thread_id=late,
            level=Level.FULL,
        )  # fmt: skip
    await access.grant(
        tx, anna, member_id=bert.member_id, mailbox_id=mailbox, thread_id=parent, level=Level.FULL
    )

    await access.follow_threads(tx, [late], parent)

    grants = await access.list_grants(tx, anna, mailbox)
    assert {(g.member_id, g.thread_id) for g in grants} == {
        (bert.member_id, parent),
        (cleo.member_id, parent),
    }


async def test_a_key_reads_and_writes_what_its_scopes_say(tx, bert):
    mailbox = await _mailbox(tx, "bert", bert)
    sends = replace(bert, scopes=frozenset({Scope.MAIL_SEND}))
    reads = replace(bert, scopes=frozenset({Scope.MAIL_READ}))

    assert (await access.require_mailbox(tx, sends, mailbox, "send")).level is None
    with pytest.raises(Denied):
        await access.reach_of(tx, sends)
    with pytest.raises(Denied):
        await access.require_mailbox(tx, sends, mailbox, "read")
    for right in ("write", "send"):
        with pytest.raises(Denied):
            await access.require_mailbox(tx, reads, mailbox, right)
    with pytest.raises(Denied):
        await access.mailboxes_of(tx, replace(bert, scopes=frozenset({Scope.CRM_READ})))


async def test_a_disabled_member_has_no_mailbox_any_more(tx, anna, bert):
    await _mailbox(tx, "bert", bert)
    await members.disable_member(tx, anna, bert.member_id)
    assert await access.mailboxes_of(tx, bert) == []


async def test_grants_that_make_no_sense_are_refused(tx, anna, bert):
    mailbox = await _mailbox(tx, "sales", None)
    to_bert = {"member_id": bert.member_id, "mailbox_id": mailbox}
    with pytest.raises(Invalid):
        await access.grant(tx, anna, **to_bert, level=Level.FULL, expires_at=clock.now())
    with pytest.raises(Invalid):
        await access.grant(tx, anna, **to_bert, level=Level.SUBJECT, may_write=True)
    with pytest.raises(NotFound):
        await access.revoke(tx, anna, **to_bert)


async def test_the_program_itself_reads_everything_of_its_workspace(tx, bert):
    message, _ = await _message(tx, await _mailbox(tx, "bert", bert), "pumps")
    assert await _readable(tx, Actor.system(tx.workspace)) == {message}


async def _member(tx: Tx, name: str, role: Role) -> Actor:
    member_id, address = new_id(), f"{name}@acme.example"
    await tx.connection.execute(
        "INSERT INTO members (workspace_id, id, address, name, role) VALUES ($1, $2, $3, $4, $5)",
        tx.workspace, member_id, address, name, role,
    )  # fmt: skip
    return Actor(
        workspace_id=tx.workspace, member_id=member_id, role=role, name=name, address=address
    )


async def _mailbox(tx: Tx, name: str, owner: Actor | None) -> UUID:
    return await make_mailbox(
        tx,
        kind="personal" if owner else "shared",
        address=f"{name}@acme.example",
        name=name,
        owner_member_id=owner.member_id if owner else None,
    )


async def _message(tx: Tx, mailbox_id: UUID, topic: str) -> tuple[UUID, UUID]:
    """The mailbox message and the thread of the letter about `topic`, as this mailbox holds it."""
    filing = Filing(
        mailbox_id=mailbox_id,
        folder_id=await find_folder(tx, mailbox_id, "INBOX"),
        raw=letter(message_id=f"{topic}@kunde.example", subject=topic),
        received_at=datetime.now(UTC),
        direction="in",
        door="smtp",
    )
    (filed,) = await file_messages(tx, [filing])
    assert filed.mailbox_message_id
    assert filed.thread_id
    return filed.mailbox_message_id, filed.thread_id


async def _readable(tx: Tx, actor: Actor, level: Level = Level.FULL) -> set[UUID]:
    reach = await access.reach_of(tx, actor)
    rows = await tx.rows(_READABLE, workspace_id=tx.workspace, **reach.parameters(level))
    return {row["id"] for row in rows}
