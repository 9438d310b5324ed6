"""Linking, asking, pausing and unlinking accounts: whose they are, and what is kept of them."""

from dataclasses import replace

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict, Denied, Invalid, NotFound
from posthouse.foundation.ids import new_id
from posthouse.mail.accounts import actions, leases, store
from posthouse.mail.accounts.jobs import empty_unlinked
from posthouse.mail.accounts.model import LinkedAccount, Secret, Server, Servers
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import folder_by_use, list_folders
from posthouse.mail.mailboxes.model import Filing
from posthouse.security.access import mailboxes_of
from posthouse.security.members import Actor
from posthouse.security.members.model import Role
from tests.support.house import Workspace, letter

ADDRESS = "anna@provider.example"
SERVERS = Servers(
    incoming=Server(host="imap.provider.example", port=993),
    outgoing=Server(host="smtp.provider.example", port=465),
    login=ADDRESS,
)
SECRET = Secret(password="the-horses-at-the-gate")


def anna(workspace: Workspace, role: Role = Role.MEMBER) -> Actor:
    return Actor(
        workspace_id=workspace.id,
        member_id=workspace.member_id,
        role=role,
        name="Anna",
        address=workspace.address,
    )


async def link(house: Database, workspace: Workspace) -> LinkedAccount:
    async with house.workspace(workspace.id) as tx:
        return await actions.link_account(
            tx, anna(workspace), address=ADDRESS, servers=SERVERS, secret=SECRET
        )


async def test_an_account_has_a_mailbox_of_its_own_that_is_not_delivered_to(
    house: Database, workspace: Workspace
):
    account = await link(house, workspace)
    async with house.workspace(workspace.id) as tx:
        assert await store.read_account(tx, account.id) == account
        assert await store.read_secret(tx, account.id) == SECRET
        boxes = {box.address: box for box in await mailboxes_of(tx, anna(workspace))}
        assert boxes[ADDRESS].id == account.mailbox_id
        assert boxes[ADDRESS].may_write
        assert boxes[ADDRESS].may_send, "by the account's own server"
        assert len(await list_folders(tx, account.mailbox_id)) == 6
        assert await store.hosted_as(tx, ADDRESS, "provider.example") == (False, False)


async def test_secrets_are_not_shown(house: Database, workspace: Workspace):
    assert SECRET.password not in repr(SECRET)
    account = await link(house, workspace)
    async with house.workspace(workspace.id) as tx:
        rows = await tx.connection.fetch("SELECT * FROM linked_accounts")
        said = repr([tuple(row) for row in rows])
        assert SECRET.password not in said
        assert "imap.provider.example" not in said
        health = await actions.list_accounts(tx, anna(workspace))
    assert [each.id for each in health] == [account.id]


async def test_what_is_delivered_here_is_not_linked(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        for address, refusal in (
            (workspace.address, Conflict),
            (f"somebody@{workspace.domain}", Invalid),
            ("no address", Invalid),
        ):
            with pytest.raises(refusal):
                await actions.link_account(
                    tx, anna(workspace), address=address, servers=SERVERS, secret=SECRET
                )
    await link(house, workspace)
    with pytest.raises(Conflict):
        await link(house, workspace)


async def test_nonsense_servers_are_refused(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        for servers, secret in (
            (replace(SERVERS, incoming=Server(host="", port=993)), SECRET),
            (replace(SERVERS, incoming=Server(host="x\r\ny", port=993)), SECRET),
            (replace(SERVERS, incoming=Server(host="x", port=0)), SECRET),
            (replace(SERVERS, login=""), SECRET),
            (SERVERS, Secret(password="one\r\ntwo")),
        ):
            with pytest.raises(Invalid):
                await actions.link_account(
                    tx, anna(workspace), address=ADDRESS, servers=servers, secret=secret
                )


async def test_nobody_else_sees_it_and_an_administrator_sees_how_it_stands(
    house: Database, workspace: Workspace
):
    account = await link(house, workspace)
    other = replace(anna(workspace), member_id=new_id(), address="ben@acme.example")
    async with house.workspace(workspace.id) as tx:
        assert await actions.list_accounts(tx, other) == []
        for act in (actions.pause_account, actions.resume_account, actions.account_health):
            with pytest.raises(NotFound):
                await act(tx, other, account.id)
        with pytest.raises(NotFound):
            await actions.unlink_account(tx, other, account.id, keep_mail=True)
        with pytest.raises(NotFound):
            await actions.change_secret(tx, other, account.id, SECRET)
        with pytest.raises(Denied):
            await actions.all_accounts(tx, other)
        admin = replace(other, role=Role.ADMIN)
        assert [each.id for each in await actions.all_accounts(tx, admin)] == [account.id]
        with pytest.raises(NotFound):
            await actions.account_health(tx, admin, account.id)


async def test_what_people_do_takes_it_out_of_whoever_has_it(house: Database, workspace: Workspace):
    account = await link(house, workspace)
    one, two = new_id(), new_id()
    assert [each.account_id for each in await leases.take_due(house, one, 9)] == [account.id]
    assert await leases.take_due(house, two, 9) == []
    assert await leases.renew(house, one, [account.id]) == {account.id}
    async with house.workspace(workspace.id) as tx:
        await actions.change_secret(tx, anna(workspace), account.id, Secret(password="new"))
        assert (await store.read_secret(tx, account.id)).password == "new"
    assert await leases.renew(house, one, [account.id]) == set()
    assert [each.account_id for each in await leases.take_due(house, two, 9)] == [account.id]
    async with house.workspace(workspace.id) as tx:
        health, folders, acts = await actions.account_health(tx, anna(workspace), account.id)
    assert (health.state, folders) == ("active", [])
    assert [each.act for each in acts] == ["secret", "linked"]


async def test_mail_is_kept_or_erased_when_it_is_unlinked(house: Database, workspace: Workspace):
    account = await link(house, workspace)
    await _file(house, workspace, account)
    async with house.workspace(workspace.id) as tx:
        await actions.unlink_account(tx, anna(workspace), account.id, keep_mail=True)
        assert ADDRESS in {box.address for box in await mailboxes_of(tx, anna(workspace))}
    again = await link(house, workspace)
    assert again.mailbox_id == account.mailbox_id
    async with house.workspace(workspace.id) as tx:
        await actions.unlink_account(tx, anna(workspace), again.id, keep_mail=False)
        assert {box.address for box in await mailboxes_of(tx, anna(workspace))} == {
            workspace.address
        }
    assert await empty_unlinked(house) == 1
    async with house.workspace(workspace.id) as tx:
        left = await tx.connection.fetchval("SELECT count(*) FROM folder_messages")
        assert left == 0
    assert (await link(house, workspace)).mailbox_id != account.mailbox_id


async def _file(house: Database, workspace: Workspace, account: LinkedAccount) -> None:
    async with house.workspace(workspace.id) as tx:
        await file_messages(
            tx,
            [
                Filing(
                    mailbox_id=account.mailbox_id,
                    folder_id=await folder_by_use(tx, account.mailbox_id, "inbox"),
                    raw=letter(message_id="1@kunde.example"),
                    received_at=clock.now(),
                    direction="in",
                    door="account",
                )
            ],
        )
