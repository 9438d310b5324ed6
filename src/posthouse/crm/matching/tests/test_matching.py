"""Every mail binds to contacts and companies; new people are met in it, machines are not."""

import pytest

from posthouse.crm.companies.actions import change_company, create_company
from posthouse.crm.companies.model import CompanyFields
from posthouse.crm.contacts.actions import create_contact, delete_contact, set_state
from posthouse.crm.contacts.model import ContactFields
from posthouse.crm.links import addresses_of_contacts
from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.changing import move_messages
from posthouse.mail.mailboxes.folders import find_folder
from tests.support.crm import (
    actor,
    colleague,
    contacts,
    file,
    history,
    mail,
    settle,
    subjects,
)
from tests.support.house import Workspace


async def test_a_new_sender_becomes_an_unverified_contact(house: Database, workspace: Workspace):
    await file(house, workspace, mail(1, sender='"Li Wei" <li.wei@kunde.example>'))

    (found,) = await contacts(house, actor(workspace))
    assert (found.name, found.address, found.state) == (
        "Li Wei",
        "li.wei@kunde.example",
        "unverified",
    )
    assert found.company is None
    assert (found.owes, found.events) == ("we", 1)
    async with house.workspace(workspace.id) as tx:
        (linked,) = (await addresses_of_contacts(tx, [found.id]))[found.id]
    assert (linked.contact_evidence, linked.contact_confidence) == ("sender", 60)


async def test_someone_new_at_a_known_domain_works_there(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        company = await create_company(
            tx, workspace.member_id, CompanyFields(name="客户有限公司", domains=("kunde.cn",))
        )
    cc = "Cc: =?utf-8?B?546L5bCP5piO?= <wang@mail.kunde.cn>"
    await file(house, workspace, mail(1, sender="li@kunde.cn", extra=cc))

    found = {row.address: row for row in await contacts(house, actor(workspace))}
    assert found["wang@mail.kunde.cn"].name == "王小明"
    assert {row.company and row.company.name for row in found.values()} == {"客户有限公司"}
    async with house.workspace(workspace.id) as tx:
        row = found["li@kunde.cn"]
        (linked,) = (await addresses_of_contacts(tx, [row.id]))[row.id]
    assert (linked.contact_evidence, linked.contact_confidence) == ("domain", 80)
    assert (linked.company_evidence, linked.company_id) == ("domain", company.id)
    assert len(await history(house, actor(workspace), "company", company.id)) == 1


async def test_a_company_made_later_adopts_its_people_and_their_mail(
    house: Database, workspace: Workspace
):
    await file(house, workspace, mail(1))
    async with house.workspace(workspace.id) as tx:
        company = await create_company(
            tx, workspace.member_id, CompanyFields(name="Kunde", domains=("kunde.example",))
        )
    await settle(house)

    (found,) = await contacts(house, actor(workspace))
    assert found.company is not None
    assert found.company.id == company.id
    (entry,) = await history(house, actor(workspace), "company", company.id)
    assert entry.contact_ids == (found.id,)

    async with house.workspace(workspace.id) as tx:
        await change_company(
            tx, workspace.member_id, company.id, company.version, {"domains": ("other.example",)}
        )
    await settle(house)
    # The person still works there: a member may say otherwise.
    assert len(await history(house, actor(workspace), "company", company.id)) == 1


@pytest.mark.parametrize(
    ("sender", "extra"),
    [
        ("Newsletter <news@shop.example>", "List-Unsubscribe: <mailto:u@shop.example>"),
        ("A list <talk@list.example>", "List-Id: <talk.list.example>"),
        ("Robot <anna@robot.example>", "Auto-Submitted: auto-replied"),
        ("Bulk <anna@bulk.example>", "Precedence: bulk"),
        ("Shop <no-reply@shop.example>", ""),
        ("Mail Delivery System <MAILER-DAEMON@mx.example>", ""),
        ("Someone <someone@gmail.com>", ""),
        ("某人 <10001@qq.com>", ""),
        ("Someone <x@mailinator.com>", ""),
        ("Colleague <bob@acme.example>", ""),
        ("Colleague <bob@berlin.acme.example>", ""),
    ],
)
async def test_these_never_become_contacts(
    house: Database, workspace: Workspace, sender: str, extra: str
):
    await file(house, workspace, mail(1, sender=sender, extra=extra))
    assert await contacts(house, actor(workspace)) == []


async def test_drafts_and_junk_introduce_nobody(house: Database, workspace: Workspace):
    await file(house, workspace, mail(1), folder="Junk")
    await file(house, workspace, mail(2, sender="anna@acme.example", to="b@x.example"), flags=16)
    await file(
        house, workspace, mail(3, sender="anna@acme.example", to="c@x.example"), folder="Drafts"
    )
    assert await contacts(house, actor(workspace)) == []


async def test_what_leaves_junk_is_matched_and_what_goes_there_is_forgotten(
    house: Database, workspace: Workspace
):
    (filed,) = await file(house, workspace, mail(1), folder="Junk")
    assert await contacts(house, actor(workspace)) == []

    async def move(source: str, uid: int, target: str) -> int:
        async with house.workspace(workspace.id) as tx:
            folders = [await find_folder(tx, workspace.mailbox_id, f) for f in (source, target)]
            ((_, new_uid),) = await move_messages(tx, folders[0], [uid], folders[1])
        await settle(house)
        return new_uid

    uid = await move("Junk", filed.uid, "INBOX")
    (met,) = await contacts(house, actor(workspace))
    assert len(await history(house, actor(workspace), "contact", met.id)) == 1
    uid = await move("INBOX", uid, "Archive")
    assert len(await history(house, actor(workspace), "contact", met.id)) == 1
    await move("Archive", uid, "Junk")
    assert await history(house, actor(workspace), "contact", met.id) == []


async def test_whom_we_write_to_becomes_a_contact_even_at_freemail(
    house: Database, workspace: Workspace
):
    sent = mail(1, sender="anna@acme.example", to="张伟 <zhangwei@163.com>")
    await file(house, workspace, sent, direction="out")

    (found,) = await contacts(house, actor(workspace))
    assert (found.name, found.owes) == ("张伟", "they")


async def test_another_spelling_is_the_same_person(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        known = await create_contact(
            tx,
            workspace.member_id,
            ContactFields(name="Li Wei", addresses=("li.wei@kunde.example", "liwei@gmail.com")),
        )
    await file(
        house,
        workspace,
        mail(1, sender="li.wei+orders@kunde.example"),
        mail(2, sender="l.i.wei+x@googlemail.com", subject="Second"),
    )

    (found,) = await contacts(house, actor(workspace))
    assert found.id == known.id
    assert subjects(await history(house, actor(workspace), "contact", known.id)) == [
        "Second",
        "Quotation",
    ]


async def test_matching_twice_changes_nothing(house: Database, workspace: Workspace):
    await file(house, workspace, mail(1), mail(2, subject="Re: Quotation"))
    (before,) = await contacts(house, actor(workspace))
    async with house.system() as tx:
        await tx.connection.execute("UPDATE event_cursors SET xid = '0', seq = 0")
    await settle(house)

    assert await contacts(house, actor(workspace)) == [before]
    assert len(await history(house, actor(workspace), "contact", before.id)) == 2


async def test_ignored_and_deleted_people_are_not_met_again(house: Database, workspace: Workspace):
    await file(house, workspace, mail(1), mail(2, sender="b@x.example"))
    ignored, deleted = await contacts(house, actor(workspace))
    async with house.workspace(workspace.id) as tx:
        await set_state(tx, workspace.member_id, ignored.id, "ignored")
        await delete_contact(tx, workspace.member_id, deleted.id)
    await file(house, workspace, mail(3), mail(4, sender="b@x.example"))

    assert await contacts(house, actor(workspace)) == []
    assert await history(house, actor(workspace), "contact", ignored.id) == []


async def test_contacts_met_in_private_mail_are_not_shown_to_others(
    house: Database, workspace: Workspace
):
    bob, bobs_mailbox = await colleague(house, workspace, "bob")
    await file(
        house,
        workspace,
        mail(1, to="bob@acme.example", sender="Dr. Who <who@clinic.example>"),
        mailbox_id=bobs_mailbox,
    )

    assert await contacts(house, actor(workspace)) == []
    (found,) = await contacts(house, bob)
    async with house.workspace(workspace.id) as tx:
        await set_state(tx, bob.member_id, found.id, "verified")
    (shown,) = await contacts(house, actor(workspace))
    assert (shown.name, shown.events, shown.last_at) == ("Dr. Who", 0, None)


async def test_making_a_contact_takes_the_unverified_one_over(
    house: Database, workspace: Workspace
):
    await file(house, workspace, mail(1))
    (met,) = await contacts(house, actor(workspace))
    async with house.workspace(workspace.id) as tx:
        made = await create_contact(
            tx,
            workspace.member_id,
            ContactFields(name="李伟", addresses=("Li.Wei@Kunde.Example",)),
        )
    await settle(house)

    (found,) = await contacts(house, actor(workspace))
    assert found.id == made.id != met.id
    assert len(await history(house, actor(workspace), "contact", made.id)) == 1
