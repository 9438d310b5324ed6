"""Extensions that a person switches off for one account."""

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.foundation.ids import new_id
from posthouse.mail.accounts import actions, leases, store
from posthouse.mail.accounts.imap.avoiding import avoid_extensions
from posthouse.mail.accounts.model import Kind, LinkedAccount, Secret, Server, Servers
from posthouse.security.members import Actor
from posthouse.security.members.model import Role
from tests.support.house import Workspace

SECRET = Secret(password="the-horses-at-the-gate")


def anna(workspace: Workspace) -> Actor:
    return Actor(
        workspace_id=workspace.id,
        member_id=workspace.member_id,
        role=Role.MEMBER,
        name="Anna",
        address=workspace.address,
    )


async def link(house: Database, workspace: Workspace, kind: Kind = "imap") -> LinkedAccount:
    there = Server(host="mail.provider.example", port=993)
    servers = Servers(incoming=there, outgoing=None, login="anna")
    async with house.workspace(workspace.id) as tx:
        return await actions.link_account(
            tx,
            anna(workspace),
            address=f"{kind}@provider.example",
            servers=servers,
            secret=SECRET,
            kind=kind,
        )


async def test_they_are_let_be_from_the_next_connection_on(house: Database, workspace: Workspace):
    account = await link(house, workspace)
    one = new_id()
    await leases.take_due(house, one, 9)
    async with house.workspace(workspace.id) as tx:
        await avoid_extensions(tx, anna(workspace), account.id, ["idle", "AUTH=SCRAM-SHA-256"])
        read = await store.read_account(tx, account.id)
        assert read.overrides == {"IDLE": False, "AUTH=SCRAM-SHA-256": False}
        assert await store.read_secret(tx, account.id) == SECRET
    assert await leases.renew(house, one, [account.id]) == set()
    async with house.workspace(workspace.id) as tx:
        await avoid_extensions(tx, Actor.system(workspace.id), account.id, [])
        assert not (await store.read_account(tx, account.id)).overrides


async def test_what_is_no_extension(house: Database, workspace: Workspace):
    account = await link(house, workspace)
    other = await link(house, workspace, "pop3")
    async with house.workspace(workspace.id) as tx:
        for wrong in (["a b"], ["x\r\ny"], [""], ["X" * 41], [f"X{n}" for n in range(51)]):
            with pytest.raises(Invalid):
                await avoid_extensions(tx, anna(workspace), account.id, wrong)
        with pytest.raises(Invalid):
            await avoid_extensions(tx, anna(workspace), other.id, ["IDLE"])
        with pytest.raises(NotFound):
            await avoid_extensions(tx, anna(workspace), new_id(), ["IDLE"])
