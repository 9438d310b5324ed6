"""The log: one row per mailbox message and contact, the same however often it is written."""

from datetime import timedelta

from posthouse.crm.companies.actions import create_company
from posthouse.crm.companies.model import CompanyFields
from posthouse.crm.contacts.actions import (
    change_contact,
    create_contact,
    merge_contacts,
    read_contact,
)
from posthouse.crm.contacts.model import ContactFields
from posthouse.crm.timeline import actions as log
from posthouse.foundation.db import Database
from posthouse.mail.holds.actions import set_hold
from posthouse.security.members import Actor
from tests.support.crm import NOON, actor, colleague, contacts, file, history, mail, settle
from tests.support.erasing import erase_everything
from tests.support.house import Workspace

_COLUMNS = (
    "kind, direction, automatic, occurred_at, contact_id, company_id, member_id, mailbox_id,"
    " mailbox_message_id, message_id, thread_id, attachment_count, key_record_id"
)


async def _make(house: Database, workspace: Workspace, name: str, *addresses: str):
    async with house.workspace(workspace.id) as tx:
        return await create_contact(
            tx, workspace.member_id, ContactFields(name=name, addresses=addresses)
        )


async def _rows(house: Database, workspace: Workspace) -> list[tuple[object, ...]]:
    async with house.workspace(workspace.id) as tx:
        entries = await tx.connection.fetch(
            f"SELECT {_COLUMNS} FROM timeline_entries WHERE kind = 'mail'"
        )
        moments = await tx.connection.fetch("SELECT * FROM customer_moments")
    return sorted(map(tuple, [*entries, *moments]), key=repr)


async def test_an_entry_has_all_the_fields(house: Database, workspace: Workspace):
    li = await _make(house, workspace, "Li Wei", "li.wei@kunde.example")
    attached = (
        b"From: li.wei@kunde.example\r\nTo: anna@acme.example\r\nMessage-ID: <a@k.example>\r\n"
        b"Subject: =?gb18030?B?sai82w==?=\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nPlease see the drawing.\r\n"
        b"--b\r\nContent-Type: application/pdf\r\n"
        b'Content-Disposition: attachment; filename="pump.pdf"\r\n\r\n%PDF\r\n--b--\r\n'
    )
    at = NOON + timedelta(seconds=7, microseconds=999_999)
    (filed,) = await file(house, workspace, attached, at=at)

    (entry,) = await history(house, actor(workspace), "contact", li.id)
    assert (entry.kind, entry.direction, entry.at) == ("mail", "in", NOON + timedelta(seconds=7))
    assert (entry.subject, entry.summary) == ("报价", "Please see the drawing.")
    assert (entry.attachments, entry.attachment_count) == (("pump.pdf",), 1)
    assert (entry.member_id, entry.contact_ids) == (workspace.member_id, (li.id,))
    assert entry.thread_id == filed.thread_id
    assert entry.mailbox_message_id == filed.mailbox_message_id


async def test_a_mail_to_many_is_in_the_history_of_each(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        company = await create_company(
            tx, workspace.member_id, CompanyFields(name="Kunde", domains=("kunde.example",))
        )
    to = ", ".join(f"P{n} <p{n}@kunde.example>" for n in range(5))
    sent = mail(1, sender="anna@acme.example", to=to, extra="Cc: x@other.example")
    await file(house, workspace, sent, direction="out")

    people = await contacts(house, actor(workspace))
    assert len(people) == 6
    for person in people:
        (entry,) = await history(house, actor(workspace), "contact", person.id)
        assert entry.direction == "out"
    (entry,) = await history(house, actor(workspace), "company", company.id)
    assert len(entry.contact_ids) == 5


async def test_a_robot_at_a_companys_domain_is_in_the_companys_history_alone(
    house: Database, workspace: Workspace
):
    async with house.workspace(workspace.id) as tx:
        company = await create_company(
            tx, workspace.member_id, CompanyFields(name="Kunde", domains=("kunde.example",))
        )
    await file(
        house,
        workspace,
        mail(1, sender="no-reply@kunde.example", extra="Auto-Submitted: auto-generated"),
    )

    (entry,) = await history(house, actor(workspace), "company", company.id)
    assert (entry.contact_ids, entry.automatic) == ((), True)
    assert await contacts(house, actor(workspace)) == []


async def test_rewinding_rebuilds_it_identically(house: Database, workspace: Workspace):
    await _make(house, workspace, "Li Wei", "li.wei@kunde.example")
    await file(
        house,
        workspace,
        *(mail(n, sender=f"p{n % 3}@kunde.example", subject=f"S{n}") for n in range(9)),
    )
    await file(
        house,
        workspace,
        mail(20, sender="anna@acme.example", to="li.wei@kunde.example", subject="Re: S"),
        direction="out",
    )
    before = await _rows(house, workspace)
    assert len(before) > 10

    async with house.system() as tx:
        await tx.connection.execute("DELETE FROM timeline_entries WHERE kind = 'mail'")
        await tx.connection.execute("DELETE FROM customer_moments")
        await tx.connection.execute(
            "UPDATE event_cursors SET xid = '0', seq = 0 WHERE listener = 'crm.timeline'"
        )
    await settle(house)
    assert await _rows(house, workspace) == before

    async with house.system() as tx:
        await tx.connection.execute("UPDATE event_cursors SET xid = '0', seq = 0")
    await settle(house)
    assert await _rows(house, workspace) == before


async def test_a_late_link_brings_past_mail_in_chunks(
    house: Database, workspace: Workspace, monkeypatch
):
    monkeypatch.setattr(log, "HISTORY_CHUNK", 4)
    await file(
        house, workspace, *(mail(n, sender="wang@163.com", subject=f"S{n}") for n in range(11))
    )
    assert await contacts(house, actor(workspace)) == []

    wang = await _make(house, workspace, "王小明", "wang@163.com")
    await settle(house)
    entries = await history(house, actor(workspace), "contact", wang.id)
    assert [entry.subject for entry in entries] == [f"S{n}" for n in reversed(range(11))]


async def test_taking_an_address_away_takes_its_mail_out(house: Database, workspace: Workspace):
    wang = await _make(house, workspace, "王小明", "wang@163.com", "wang@qq.com")
    await file(house, workspace, mail(1, sender="wang@163.com"), mail(2, sender="wang@qq.com"))
    assert len(await history(house, actor(workspace), "contact", wang.id)) == 2

    async with house.workspace(workspace.id) as tx:
        await change_contact(
            tx, workspace.member_id, wang.id, wang.version, {"addresses": ("wang@163.com",)}
        )
    await settle(house)
    (left,) = await history(house, actor(workspace), "contact", wang.id)
    assert left.at == NOON
    (row,) = await contacts(house, actor(workspace))
    assert row.last_at == NOON


async def test_a_merge_moves_the_whole_history(house: Database, workspace: Workspace):
    one = await _make(house, workspace, "Wang", "wang@163.com")
    two = await _make(house, workspace, "王小明", "wang@qq.com")
    both = mail(3, sender="anna@acme.example", to="wang@163.com, wang@qq.com", subject="To both")
    await file(house, workspace, mail(1, sender="wang@163.com"), mail(2, sender="wang@qq.com"))
    await file(house, workspace, both, direction="out", at=NOON + timedelta(hours=1))

    async with house.workspace(workspace.id) as tx:
        merged = await merge_contacts(tx, workspace.member_id, one.id, one.version, two.id)
    await settle(house)
    assert set(merged.fields.addresses) == {"wang@163.com", "wang@qq.com"}
    assert len(await history(house, actor(workspace), "contact", one.id)) == 3
    assert await history(house, actor(workspace), "contact", two.id) == []
    (row,) = await contacts(house, actor(workspace))
    assert (row.events, row.owes) == (3, "they")


async def test_mail_stays_with_the_old_employer(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        old = await create_company(
            tx, workspace.member_id, CompanyFields(name="Old", domains=("old.example",))
        )
        new = await create_company(
            tx, workspace.member_id, CompanyFields(name="New", domains=("new.example",))
        )
    await file(house, workspace, mail(1, sender="wang@old.example"))
    (wang,) = await contacts(house, actor(workspace))
    async with house.workspace(workspace.id) as tx:
        now = await read_contact(tx, wang.id)
        moved = {"company_id": new.id, "addresses": ("wang@old.example", "wang@new.example")}
        await change_contact(tx, workspace.member_id, wang.id, now.version, moved)
    await file(house, workspace, mail(2, sender="wang@new.example", subject="Here now"))

    (past,) = await history(house, actor(workspace), "company", old.id)
    (present,) = await history(house, actor(workspace), "company", new.id)
    assert (past.subject, present.subject) == ("Quotation", "Here now")


async def test_entries_follow_merged_threads(house: Database, workspace: Workspace):
    li = await _make(house, workspace, "Li", "li.wei@kunde.example")
    await file(
        house,
        workspace,
        mail(2, subject="Re: Quotation", references="<1@mail.example>"),
        mail(3, subject="AW: Offer", references="<1@mail.example>"),
    )
    before = await history(house, actor(workspace), "contact", li.id)
    assert len({entry.thread_id for entry in before}) == 2

    await file(house, workspace, mail(1))
    after = await history(house, actor(workspace), "contact", li.id)
    assert len(after) == 3
    assert len({entry.thread_id for entry in after}) == 1


async def test_the_same_mail_in_two_mailboxes_stands_once(house: Database, workspace: Workspace):
    li = await _make(house, workspace, "Li", "li.wei@kunde.example")
    _bob, bobs_mailbox = await colleague(house, workspace, "bob")
    raw = mail(1, to="anna@acme.example, bob@acme.example")
    await file(house, workspace, raw)
    await file(house, workspace, raw, mailbox_id=bobs_mailbox)
    async with house.workspace(workspace.id) as tx:
        await tx.connection.execute(
            "UPDATE mailboxes SET kind = 'shared' WHERE id = $1", bobs_mailbox
        )
        await tx.connection.execute(
            "INSERT INTO grants (workspace_id, id, member_id, mailbox_id, level, source)"
            " VALUES ($1, gen_random_uuid(), $2, $3, 'full', 'share')",
            workspace.id,
            workspace.member_id,
            bobs_mailbox,
        )

    (entry,) = await history(house, actor(workspace), "contact", li.id)
    assert entry.subject == "Quotation"
    (row,) = await contacts(house, actor(workspace))
    assert row.events == 1


async def test_a_colleagues_copy_was_said_by_us(house: Database, workspace: Workspace):
    li = await _make(house, workspace, "Li", "li.wei@kunde.example")
    copy = mail(
        1, sender="bob@acme.example", to="li.wei@kunde.example", extra="Cc: anna@acme.example"
    )
    await file(house, workspace, copy, direction="in")

    (entry,) = await history(house, actor(workspace), "contact", li.id)
    assert entry.direction == "out"


async def test_erasing_a_mail_erases_its_words_here(house: Database, workspace: Workspace):
    li = await _make(house, workspace, "Li", "li.wei@kunde.example")
    await file(house, workspace, mail(1))
    async with house.workspace(workspace.id) as tx:
        await tx.connection.execute(
            "DELETE FROM data_keys WHERE record_id IN (SELECT id FROM variants)"
        )

    (entry,) = await history(house, actor(workspace), "contact", li.id)
    assert (entry.at, entry.subject, entry.summary, entry.attachments) == (NOON, None, None, ())


async def test_a_legal_hold_makes_no_difference_here(house: Database, workspace: Workspace):
    """The words go when the mail would have been erased, though it is kept."""
    li = await _make(house, workspace, "Li", "li.wei@kunde.example")
    await file(house, workspace, mail(1))
    async with house.workspace(workspace.id) as tx:
        await set_hold(tx, Actor.system(workspace.id), workspace.address, "Pump v. Valve")
    (entry,) = await history(house, actor(workspace), "contact", li.id)
    assert entry.subject is not None

    assert await erase_everything(house, workspace) == 0
    (entry,) = await history(house, actor(workspace), "contact", li.id)
    assert (entry.at, entry.subject, entry.summary, entry.attachments) == (NOON, None, None, ())


async def test_the_log_outlives_the_mail_without_its_words(house: Database, workspace: Workspace):
    one = await _make(house, workspace, "Wang", "wang@163.com")
    two = await _make(house, workspace, "王小明", "wang@qq.com")
    both = mail(3, sender="anna@acme.example", to="wang@163.com, wang@qq.com", subject="To both")
    await file(house, workspace, mail(1, sender="wang@163.com"), mail(2, sender="wang@qq.com"))
    await file(house, workspace, both, direction="out", at=NOON + timedelta(hours=1))
    before = await _rows(house, workspace)

    assert await erase_everything(house, workspace) == 3
    await settle(house)
    assert await _rows(house, workspace) == before
    entries = await history(house, actor(workspace), "contact", one.id)
    assert [(entry.direction, entry.subject) for entry in entries] == [("out", None), ("in", None)]

    # Nothing that looks at the mail again takes them away.
    async with house.system() as tx:
        await tx.connection.execute("UPDATE event_cursors SET xid = '0', seq = 0")
    await settle(house)
    assert await _rows(house, workspace) == before

    # They belong to whoever the contact turns out to be.
    async with house.workspace(workspace.id) as tx:
        await merge_contacts(tx, workspace.member_id, one.id, one.version, two.id)
    await settle(house)
    assert len(await history(house, actor(workspace), "contact", one.id)) == 3
    (row,) = await contacts(house, actor(workspace))
    assert (row.events, row.owes, row.last_at) == (3, "they", NOON + timedelta(hours=1))
