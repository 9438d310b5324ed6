"""Which mailboxes get what is addressed to whom."""

from uuid import UUID

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict, Denied, Invalid, NotFound
from posthouse.mail.addressing.actions import (
    find_destination,
    list_addresses,
    remove_address,
    set_address,
)
from posthouse.mail.addressing.model import AddressKind, spellings
from posthouse.mail.mailboxes.folders import make_mailbox
from posthouse.security.members import Actor, Role
from tests.support.house import Workspace, make_workspace


@pytest.fixture
async def bob(house: Database, workspace: Workspace) -> UUID:
    async with house.workspace(workspace.id) as tx:
        return await make_mailbox(
            tx, kind="shared", address="bob@acme.example", name="Bob", owner_member_id=None
        )


async def change(house: Database, workspace: Workspace, address: str, *mailboxes: str) -> None:
    async with house.workspace(workspace.id) as tx:
        await set_address(tx, Actor.system(workspace.id), address, mailboxes)


async def means(house: Database, address: str) -> set[UUID]:
    async with house.system() as tx:
        found = await find_destination(tx, address)
    assert len(found.mailbox_ids) == len(set(found.mailbox_ids))
    return set(found.mailbox_ids)


def test_the_nearest_spelling_comes_first():
    assert spellings("a+b+c@acme.example") == [
        "a+b+c@acme.example",
        "a@acme.example",
        "@acme.example",
    ]
    assert spellings("a@acme.example") == ["a@acme.example", "@acme.example"]
    assert spellings("+b@acme.example") == ["+b@acme.example", "@acme.example"]


async def test_an_alias_means_one_mailbox_and_a_group_several(
    house: Database, workspace: Workspace, bob: UUID
):
    await change(house, workspace, "A.Meier@ACME.example", workspace.address)
    await change(house, workspace, "team@acme.example", workspace.address, "bob@acme.example")
    assert await means(house, "a.meier@acme.example") == {workspace.mailbox_id}
    assert await means(house, "team@acme.example") == {workspace.mailbox_id, bob}


async def test_what_an_address_meant_is_replaced(house: Database, workspace: Workspace, bob: UUID):
    both = (workspace.address, "bob@acme.example")
    for mailboxes, expected in (
        (both, {workspace.mailbox_id, bob}),
        (both[1:], {bob}),
        (both[:1], {workspace.mailbox_id}),
        (both, {workspace.mailbox_id, bob}),
    ):
        await change(house, workspace, "sales@acme.example", *mailboxes)
        assert await means(house, "sales@acme.example") == expected


async def test_details_behind_a_plus_reach_the_mailbox_unless_made_for_themselves(
    house: Database, workspace: Workspace, bob: UUID
):
    assert await means(house, "anna+orders@acme.example") == {workspace.mailbox_id}
    with pytest.raises(NotFound):
        await means(house, "carl+orders@acme.example")
    await change(house, workspace, "team@acme.example", "bob@acme.example", workspace.address)
    assert await means(house, "team+orders@acme.example") == {workspace.mailbox_id, bob}


async def test_a_catch_all_takes_what_nobody_has(house: Database, workspace: Workspace, bob: UUID):
    await change(house, workspace, "@ACME.example", "bob@acme.example")
    assert await means(house, "whoever@acme.example") == {bob}
    assert await means(house, workspace.address) == {workspace.mailbox_id}
    assert await means(house, "anna+x@acme.example") == {workspace.mailbox_id}
    with pytest.raises(NotFound):
        await means(house, "whoever@kunde.example")


async def test_every_domain_receives_mail_for_postmaster(
    house: Database, workspace: Workspace, bob: UUID
):
    for name in ("postmaster", "abuse"):
        assert await means(house, f"{name}@acme.example") == {workspace.mailbox_id}
        with pytest.raises(NotFound):
            await means(house, f"{name}@kunde.example")
    await change(house, workspace, "postmaster@acme.example", "bob@acme.example")
    assert await means(house, "postmaster@acme.example") == {bob}


async def test_mailboxes_keep_the_address_they_were_made_with(
    house: Database, workspace: Workspace, bob: UUID
):
    with pytest.raises(Conflict):
        await change(house, workspace, workspace.address, "bob@acme.example")
    async with house.workspace(workspace.id) as tx:
        with pytest.raises(Conflict):
            await remove_address(tx, Actor.system(workspace.id), workspace.address)
    await change(house, workspace, "sales@acme.example", "bob@acme.example")
    with pytest.raises(Conflict):
        async with house.workspace(workspace.id) as tx:
            await make_mailbox(
                tx, kind="shared", address="sales@acme.example", name="", owner_member_id=None
            )


async def test_a_removed_address_receives_nothing(house: Database, workspace: Workspace, bob: UUID):
    await change(house, workspace, "team@acme.example", workspace.address, "bob@acme.example")
    async with house.workspace(workspace.id) as tx:
        await remove_address(tx, Actor.system(workspace.id), "team@acme.example")
        with pytest.raises(NotFound):
            await remove_address(tx, Actor.system(workspace.id), "team@acme.example")
    with pytest.raises(NotFound):
        await means(house, "team@acme.example")


async def test_nobody_reaches_into_another_workspace(house: Database, workspace: Workspace):
    other = await make_workspace(house, "kunde.example", "li")
    for address, mailbox in (
        ("x@kunde.example", workspace.address),  # a domain of others
        ("x@acme.example", other.address),  # a mailbox of others
        ("x@nowhere.example", workspace.address),
    ):
        with pytest.raises(NotFound):
            await change(house, workspace, address, mailbox)
    await change(house, other, "x@kunde.example", other.address)
    async with house.workspace(workspace.id) as tx:
        with pytest.raises(NotFound):
            await remove_address(tx, Actor.system(workspace.id), "x@kunde.example")
        listed = await list_addresses(tx, Actor.system(workspace.id))
    assert [each.address for each in listed] == [workspace.address]


async def test_only_administrators_change_addresses(house: Database, workspace: Workspace):
    member = Actor(
        workspace_id=workspace.id,
        member_id=workspace.member_id,
        role=Role.MEMBER,
        name="Anna",
        address=workspace.address,
    )
    async with house.workspace(workspace.id) as tx:
        with pytest.raises(Denied):
            await set_address(tx, member, "x@acme.example", [workspace.address])
        with pytest.raises(Denied):
            await remove_address(tx, member, "x@acme.example")
        with pytest.raises(Denied):
            await list_addresses(tx, member)


@pytest.mark.parametrize(
    "address", ["", "acme.example", "a b@acme.example", "a+b@acme.example", "@"]
)
async def test_what_is_no_address_is_refused(house: Database, workspace: Workspace, address: str):
    with pytest.raises(Invalid):
        await change(house, workspace, address, workspace.address)


async def test_an_address_without_mailboxes_is_refused(house: Database, workspace: Workspace):
    with pytest.raises(Invalid):
        await change(house, workspace, "x@acme.example")


async def test_the_list_tells_what_each_address_is(
    house: Database, workspace: Workspace, bob: UUID
):
    await change(house, workspace, "@acme.example", "bob@acme.example")
    await change(house, workspace, "sales@acme.example", "bob@acme.example")
    await change(house, workspace, "team@acme.example", workspace.address, "bob@acme.example")
    async with house.workspace(workspace.id) as tx:
        listed = await list_addresses(tx, Actor.system(workspace.id), "acme.example")
        assert not await list_addresses(tx, Actor.system(workspace.id), "kunde.example")
    assert [(each.address, each.kind, each.mailboxes) for each in listed] == [
        ("anna@acme.example", AddressKind.MAILBOX, ("anna@acme.example",)),
        ("bob@acme.example", AddressKind.MAILBOX, ("bob@acme.example",)),
        ("sales@acme.example", AddressKind.ALIAS, ("bob@acme.example",)),
        ("team@acme.example", AddressKind.GROUP, ("anna@acme.example", "bob@acme.example")),
        ("@acme.example", AddressKind.CATCH_ALL, ("bob@acme.example",)),
    ]


async def forward(house: Database, workspace: Workspace, address: str, *targets: str) -> None:
    async with house.workspace(workspace.id) as tx:
        await set_address(tx, Actor.system(workspace.id), address, [], targets)


async def test_an_address_may_mean_addresses_elsewhere(house: Database, workspace: Workspace):
    await forward(
        house, workspace, "hello@acme.example", "Wang@Kunde.Example", "wang@kunde.example"
    )
    async with house.system() as tx:
        found = await find_destination(tx, "hello+x@acme.example")
    assert (found.mailbox_ids, found.onward) == ((), ("wang@kunde.example",))
    async with house.workspace(workspace.id) as tx:
        actor = Actor.system(workspace.id)
        await set_address(tx, actor, "all@acme.example", [workspace.address], ["b@kunde.example"])
        listed = {each.address: each for each in await list_addresses(tx, actor)}
    assert listed["hello@acme.example"].kind is AddressKind.ALIAS
    assert listed["hello@acme.example"].forward_to == ("wang@kunde.example",)
    assert listed["all@acme.example"].kind is AddressKind.GROUP
    assert listed["all@acme.example"].mailboxes == (workspace.address,)
    async with house.system() as tx:
        found = await find_destination(tx, "all@acme.example")
        rows = await tx.connection.fetch("SELECT * FROM forward_targets")
    assert (found.mailbox_ids, found.onward) == ((workspace.mailbox_id,), ("b@kunde.example",))
    assert b"kunde" not in str([dict(row) for row in rows]).encode()


async def test_addresses_elsewhere_are_replaced_and_removed(house: Database, workspace: Workspace):
    await forward(house, workspace, "hello@acme.example", "wang@kunde.example")
    await change(house, workspace, "hello@acme.example", workspace.address)
    assert await means(house, "hello@acme.example") == {workspace.mailbox_id}
    await forward(house, workspace, "hello@acme.example", "wang@kunde.example")
    async with house.workspace(workspace.id) as tx:
        await remove_address(tx, Actor.system(workspace.id), "hello@acme.example")
    async with house.system() as tx:
        assert not await tx.connection.fetchval("SELECT count(*) FROM forward_targets")


@pytest.mark.parametrize("target", ["nobody", "", "a@acme.example", "x@y z", "@kunde.example"])
async def test_what_is_no_address_elsewhere_is_refused(
    house: Database, workspace: Workspace, target: str
):
    with pytest.raises(Invalid) as refused:
        await forward(house, workspace, "hello@acme.example", target)
    assert refused.value.field == "forward_to"


async def test_addresses_elsewhere_are_limited(house: Database, workspace: Workspace):
    targets = [f"n{number}@kunde.example" for number in range(51)]
    with pytest.raises(Invalid):
        await forward(house, workspace, "hello@acme.example", *targets)
    await forward(house, workspace, "hello@acme.example", *targets[:50])
