"""A linked account that speaks POP3: made, visited, and what it has brought."""

from posthouse.foundation.db import Database
from posthouse.mail.accounts import actions
from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.hands import Hands
from posthouse.mail.accounts.model import LinkedAccount
from posthouse.mail.accounts.pop3.driver import connect_pop3
from posthouse.mail.accounts.pop3.visiting import Visited, visit
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.reading import WANT_SIZE, fetch, open_folder, read_raws
from posthouse.security.members import Actor
from posthouse.security.members.model import Role
from tests.support.house import Workspace


async def link_pop3(house: Database, workspace: Workspace, way: SignIn) -> LinkedAccount:
    """Of the workspace's member."""
    actor = Actor(
        workspace_id=workspace.id,
        member_id=workspace.member_id,
        role=Role.MEMBER,
        name="Anna",
        address=workspace.address,
    )
    async with house.workspace(workspace.id) as tx:
        return await actions.link_account(
            tx, actor, address=way.address, kind="pop3", servers=way.servers, secret=way.secret
        )


async def visit_once(
    house: Database, account: LinkedAccount, way: SignIn, outside: Outside
) -> Visited:
    """Sign in and bring it in step."""
    driver = await connect_pop3(way, outside)
    try:
        return await visit(house, account, driver, Hands(), largest=1 << 20)
    finally:
        await driver.close()


async def brought(house: Database, account: LinkedAccount) -> list[bytes]:
    """What the Inbox has."""
    async with house.workspace(account.workspace_id) as tx:
        folder_id = await find_folder(tx, account.mailbox_id, "INBOX")
        uids = list((await open_folder(tx, folder_id, None)).uids)
        found = await fetch(tx, folder_id, uids, [WANT_SIZE]) if uids else []
        ids = [one.mailbox_message_id for one in found if one.mailbox_message_id]
        raws = await read_raws(tx, ids)
        return sorted(raws[each] for each in ids)
