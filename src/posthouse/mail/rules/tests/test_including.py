"""Scripts of a mailbox that include one another (RFC 6609)."""

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict, Invalid
from posthouse.mail.rules.actions import (
    activate_script,
    delete_script,
    list_scripts,
    rename_script,
    save_script,
)
from posthouse.mail.rules.book import ReadScript, RuleBook
from posthouse.mail.rules.surroundings import Surroundings
from posthouse.protocols import sieve
from tests.support.house import Workspace, letter, make_workspace

MAIN = b'require "include"; include "lists"; include :optional "later";'
LISTS = b'require "fileinto"; fileinto "Lists";'


async def save(house: Database, workspace: Workspace, name: str, content: bytes) -> None:
    async with house.workspace(workspace.id) as tx:
        await save_script(tx, workspace.mailbox_id, name, content)


async def activate(house: Database, workspace: Workspace, name: str) -> None:
    async with house.workspace(workspace.id) as tx:
        await activate_script(tx, workspace.mailbox_id, name)


async def in_force(house: Database, workspace: Workspace) -> ReadScript:
    """As a process reads it that has just begun."""
    found = await RuleBook(house).scripts_of(workspace.id, [workspace.mailbox_id])
    return found[workspace.mailbox_id]


def folders(read: ReadScript) -> list[str]:
    assert read.script is not None
    around = Surroundings(mail_from="", rcpt_to="", now=None, environment={})  # type: ignore[arg-type]
    outcome = read.script.run(sieve.Letter(letter(message_id="1@kunde.example")), around)
    return [each.folder for each in outcome.actions if isinstance(each, sieve.FileInto)]


async def test_what_is_included_is_that_of_the_mailbox(house: Database, workspace: Workspace):
    other = await make_workspace(house, "other.example", "bo")
    await save(house, other, "lists", b"discard;")
    await save(house, workspace, "main", MAIN)  # before there is what it includes
    with pytest.raises(Invalid, match="no script “lists”"):
        await activate(house, workspace, "main")
    await save(house, workspace, "lists", LISTS)
    await activate(house, workspace, "main")
    first = await in_force(house, workspace)
    assert folders(first) == ["Lists"]

    # A change to a part is one to the whole: every process reads it anew.
    await save(house, workspace, "later", LISTS.replace(b"Lists", b"Later"))
    second = await in_force(house, workspace)
    assert second.revision != first.revision
    assert folders(second) == ["Lists", "Later"]
    async with house.workspace(workspace.id) as tx:
        await delete_script(tx, workspace.mailbox_id, "later")
    assert folders(await in_force(house, workspace)) == ["Lists"]


async def test_the_active_script_does_not_lose_its_parts(house: Database, workspace: Workspace):
    await save(house, workspace, "lists", LISTS)
    await save(house, workspace, "main", MAIN)
    await activate(house, workspace, "main")
    async with house.workspace(workspace.id) as tx:
        with pytest.raises(Invalid, match="could not go on"):
            async with tx.savepoint():
                await delete_script(tx, workspace.mailbox_id, "lists")
        with pytest.raises(Invalid, match="could not go on"):
            async with tx.savepoint():
                await rename_script(tx, workspace.mailbox_id, "lists", "others")
        circle = b'require "include"; include "lists";'
        with pytest.raises(Invalid, match="includes itself"):
            async with tx.savepoint():
                await save_script(tx, workspace.mailbox_id, "lists", circle)
        with pytest.raises(Conflict):
            async with tx.savepoint():
                await delete_script(tx, workspace.mailbox_id, "main")
        assert len(await list_scripts(tx, workspace.mailbox_id)) == 2
        await rename_script(tx, workspace.mailbox_id, "main", "all")
    assert folders(await in_force(house, workspace)) == ["Lists"]
