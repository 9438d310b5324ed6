"""Companies: made, changed, found, deleted, brought back; a domain names one of them."""

import pytest

from posthouse.crm.companies.actions import (
    change_company,
    create_company,
    delete_company,
    read_company,
    restore_company,
)
from posthouse.crm.companies.model import Company, CompanyFields, company_domain
from posthouse.crm.history import list_changes
from posthouse.crm.timeline.notes import change_note, delete_note, write_note
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict, Denied, Invalid, NotFound
from tests.support.crm import actor, colleague, contacts, file, history, mail, settle
from tests.support.house import Workspace

_KUNDE = CompanyFields(
    name="上海客户机械有限公司",
    domains=("www.kunde.com.cn", "kunde.example"),
    website="https://kunde.example",
    industry="机械",
    region="上海",
    level="A",
    note="Pays late.",
)


async def _make(house: Database, workspace: Workspace, fields: CompanyFields = _KUNDE) -> Company:
    async with house.workspace(workspace.id) as tx:
        return await create_company(tx, workspace.member_id, fields)


async def test_what_is_written_is_read(house: Database, workspace: Workspace):
    made = await _make(house, workspace)
    assert made.fields.domains == ("kunde.com.cn", "kunde.example")
    assert (made.fields.industry, made.fields.note) == ("机械", "Pays late.")


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("Kunde.COM", "kunde.com"),
        ("https://www.kunde.co.uk/about?x=1", "kunde.co.uk"),
        ("li@mail.kunde.com.cn", "kunde.com.cn"),
        ("kunde.com:8443", "kunde.com"),
        ("münchen-pumpen.de", "xn--mnchen-pumpen-wob.de"),
    ],
)
def test_a_domain_in_any_dress(text: str, domain: str):
    assert company_domain(text) == domain


@pytest.mark.parametrize("text", ["qq.com", "li@gmail.com", "com.cn", "localhost", "", "a b.com"])
def test_these_name_no_company(text: str):
    with pytest.raises(Invalid):
        company_domain(text)


async def test_a_domain_names_one_company_until_it_is_deleted(
    house: Database, workspace: Workspace
):
    first = await _make(house, workspace)
    other = CompanyFields(name="Other", domains=("shop.kunde.example",))
    with pytest.raises(Conflict) as refusal:
        await _make(house, workspace, other)
    assert refusal.value.field == "domains"

    async with house.workspace(workspace.id) as tx:
        await delete_company(tx, workspace.member_id, first.id)
    taken = await _make(house, workspace, other)
    assert taken.fields.domains == ("kunde.example",)
    async with house.workspace(workspace.id) as tx:
        restored = await restore_company(tx, workspace.member_id, first.id)
    assert restored.fields.domains == ("kunde.com.cn",)


async def test_changes_are_kept_and_an_old_version_is_refused(
    house: Database, workspace: Workspace
):
    made = await _make(house, workspace)
    async with house.workspace(workspace.id) as tx:
        await change_company(tx, workspace.member_id, made.id, 1, {"level": "B"})
        change, _ = await list_changes(tx, made.id)
    assert [(f.name, f.before, f.after) for f in change.fields] == [("level", "A", "B")]
    with pytest.raises(Conflict):
        async with house.workspace(workspace.id) as tx:
            await change_company(tx, workspace.member_id, made.id, 1, {"level": "C"})


async def test_deleting_takes_its_history_away_and_restoring_brings_it_back(
    house: Database, workspace: Workspace
):
    made = await _make(house, workspace)
    await file(house, workspace, mail(1), mail(2, sender="no-reply@kunde.example"))
    assert len(await history(house, actor(workspace), "company", made.id)) == 2

    async with house.workspace(workspace.id) as tx:
        await delete_company(tx, workspace.member_id, made.id)
    await settle(house)
    assert await history(house, actor(workspace), "company", made.id) == []
    (li,) = await contacts(house, actor(workspace))
    assert li.company is None
    assert len(await history(house, actor(workspace), "contact", li.id)) == 1

    async with house.workspace(workspace.id) as tx:
        await restore_company(tx, workspace.member_id, made.id)
        assert (await read_company(tx, made.id)).fields == made.fields
    await settle(house)
    assert len(await history(house, actor(workspace), "company", made.id)) == 2


async def test_notes_are_their_writers_own(house: Database, workspace: Workspace):
    made = await _make(house, workspace)
    bob, _ = await colleague(house, workspace, "bob")
    async with house.workspace(workspace.id) as tx:
        note = await write_note(tx, bob.member_id, company_id=made.id, text="Call them in May.")
        version = await change_note(tx, bob.member_id, note, 1, text="Call them in June.")
        with pytest.raises(Denied):
            await delete_note(tx, workspace.member_id, note)
        with pytest.raises(Conflict):
            await change_note(tx, bob.member_id, note, version - 1, text="No.")
        with pytest.raises(Invalid):
            await write_note(tx, bob.member_id, company_id=made.id, text="  ")

    (entry,) = await history(house, actor(workspace), "company", made.id)
    assert (entry.kind, entry.summary, entry.member_name) == ("note", "Call them in June.", "Bob")
    async with house.workspace(workspace.id) as tx:
        await delete_note(tx, bob.member_id, note)
    assert await history(house, actor(workspace), "company", made.id) == []
    async with house.workspace(workspace.id) as tx:
        await delete_note(tx, bob.member_id, note, deleted=False)
        with pytest.raises(NotFound):
            await delete_note(tx, bob.member_id, made.id)
    assert len(await history(house, actor(workspace), "company", made.id)) == 1
