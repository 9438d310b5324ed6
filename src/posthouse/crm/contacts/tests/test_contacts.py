"""Contacts: made, changed, found, merged, deleted, brought back, each with its history."""

import asyncio

import pytest

from posthouse.crm.contacts.actions import (
    change_contact,
    create_contact,
    delete_contact,
    merge_contacts,
    read_contact,
    restore_contact,
)
from posthouse.crm.contacts.model import Contact, ContactFields
from posthouse.crm.history import list_changes
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict, Invalid, NotFound
from posthouse.foundation.ids import new_id
from tests.support.crm import actor, contacts, settle
from tests.support.house import Workspace, make_workspace

_LI = ContactFields(
    name="李伟 Li Wei",
    addresses=("Li.Wei@Kunde.Example", "li@163.com"),
    title="采购经理",
    phones=("+86 138 0000 0000",),
    language="zh-CN",
    note="Prefers calls before ten.",
)


async def _make(house: Database, workspace: Workspace, fields: ContactFields = _LI) -> Contact:
    async with house.workspace(workspace.id) as tx:
        return await create_contact(tx, workspace.member_id, fields)


async def test_what_is_written_is_read(house: Database, workspace: Workspace):
    made = await _make(house, workspace)
    assert made.fields.addresses == ("li.wei@kunde.example", "li@163.com")
    assert (made.fields.title, made.fields.phones) == ("采购经理", ("+86 138 0000 0000",))
    assert (made.version, made.state, made.source) == (1, "verified", "manual")


async def test_nothing_of_it_can_be_read_in_the_tables(house: Database, workspace: Workspace):
    await _make(house, workspace)
    async with house.system() as tx:
        tables = await tx.connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'r'"
        )
        for table in tables:
            if table["relname"] == "schema_migrations":
                continue
            found = await tx.connection.fetch(f'SELECT t::text AS row FROM "{table["relname"]}" t')
            dump = "\n".join(row["row"] for row in found)
            for word in ("李伟", "li.wei", "kunde", "163.com", "采购经理", "138 0000", "Prefers"):
                assert word not in dump, table["relname"]
                assert word.encode().hex() not in dump, table["relname"]


@pytest.mark.parametrize(
    "query", ["li", "wei l", "李", "李伟", "li.wei@kun", "KUNDE", "163", "李伟 kunde"]
)
async def test_it_is_found_by_what_is_typed(house: Database, workspace: Workspace, query: str):
    made = await _make(house, workspace)
    await _make(house, workspace, ContactFields(name="王小明", addresses=("w@other.example",)))
    assert [row.id for row in await contacts(house, actor(workspace), query)] == [made.id]


async def test_a_changed_name_is_found_and_the_old_one_is_not(
    house: Database, workspace: Workspace
):
    made = await _make(house, workspace)
    async with house.workspace(workspace.id) as tx:
        changed = await change_contact(
            tx, workspace.member_id, made.id, 1, {"name": "Zoë", "title": ""}
        )
    assert changed.version == 2
    assert [row.name for row in await contacts(house, actor(workspace), "zoe")] == ["Zoë"]
    assert await contacts(house, actor(workspace), "李伟") == []
    async with house.workspace(workspace.id) as tx:
        change, created = await list_changes(tx, made.id)
    assert (change.action, change.member_name) == ("changed", "Anna")
    assert [(f.name, f.before, f.after) for f in change.fields] == [
        ("name", "李伟 Li Wei", "Zoë"),
        ("title", "采购经理", None),
    ]
    assert created.action == "created"


async def test_the_second_of_two_who_change_it_is_told(house: Database, workspace: Workspace):
    made = await _make(house, workspace)
    async with house.workspace(workspace.id) as tx:
        await change_contact(tx, workspace.member_id, made.id, 1, {"title": "CEO"})
    with pytest.raises(Conflict):
        async with house.workspace(workspace.id) as tx:
            await change_contact(tx, workspace.member_id, made.id, 1, {"title": "CFO"})


async def test_an_address_belongs_to_one_contact(house: Database, workspace: Workspace):
    await _make(house, workspace)
    with pytest.raises(Conflict) as refusal:
        await _make(house, workspace, ContactFields(name="B", addresses=("LI@163.com",)))
    assert refusal.value.field == "addresses"


async def test_two_members_at_once_make_one_owner_of_an_address(
    house: Database, workspace: Workspace
):
    fields = ContactFields(name="B", addresses=("b@x.example",))
    results = await asyncio.gather(
        *(_make(house, workspace, fields) for _ in range(4)), return_exceptions=True
    )
    (made,) = [one for one in results if isinstance(one, Contact)]
    assert sum(isinstance(one, Conflict) for one in results) == 3
    (row,) = await contacts(house, actor(workspace))
    assert (row.id, row.address) == (made.id, "b@x.example")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (ContactFields(name="  "), "name"),
        (ContactFields(name="x" * 201), "name"),
        (ContactFields(name="A", addresses=("not an address",)), "addresses"),
        (ContactFields(name="A", language="klingon!"), "language"),
        (ContactFields(name="A", company_id=new_id()), "company_id"),
        (ContactFields(name="A", owner_id=new_id()), "owner_id"),
    ],
)
async def test_what_breaks_a_rule_is_refused(
    house: Database, workspace: Workspace, fields: ContactFields, field: str
):
    with pytest.raises(Invalid) as refusal:
        await _make(house, workspace, fields)
    assert refusal.value.field == field


async def test_deleted_and_brought_back(house: Database, workspace: Workspace):
    made = await _make(house, workspace)
    async with house.workspace(workspace.id) as tx:
        await delete_contact(tx, workspace.member_id, made.id)
        with pytest.raises(NotFound):
            await read_contact(tx, made.id)
    assert await contacts(house, actor(workspace)) == []
    async with house.workspace(workspace.id) as tx:
        restored = await restore_contact(tx, workspace.member_id, made.id)
        with pytest.raises(NotFound):
            await restore_contact(tx, workspace.member_id, made.id)
        actions = [change.action for change in await list_changes(tx, made.id)]
    assert restored.fields == made.fields
    assert actions == ["restored", "deleted", "created"]


async def test_merging_fills_what_is_missing(house: Database, workspace: Workspace):
    made = await _make(house, workspace)
    bare = await _make(
        house,
        workspace,
        ContactFields(name="Wei", addresses=("wei@qq.com",), title="CEO", phones=("1",)),
    )
    async with house.workspace(workspace.id) as tx:
        merged = await merge_contacts(tx, workspace.member_id, bare.id, 1, made.id)
    await settle(house)
    assert (merged.fields.name, merged.fields.title) == ("Wei", "CEO")
    assert (merged.fields.note, merged.fields.phones) == (_LI.note, ("1", *_LI.phones))
    assert set(merged.fields.addresses) == {"wei@qq.com", "li.wei@kunde.example", "li@163.com"}
    assert [row.id for row in await contacts(house, actor(workspace), "163")] == [bare.id]
    with pytest.raises(NotFound):
        async with house.workspace(workspace.id) as tx:
            await restore_contact(tx, workspace.member_id, made.id)


async def test_another_workspace_sees_nothing(house: Database, workspace: Workspace):
    made = await _make(house, workspace)
    other = await make_workspace(house, "other.example", "otto")
    assert await contacts(house, actor(other)) == []
    with pytest.raises(NotFound):
        async with house.workspace(other.id) as tx:
            await read_contact(tx, made.id)
