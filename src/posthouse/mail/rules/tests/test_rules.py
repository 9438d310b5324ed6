"""Rules at the door: where mail goes, what is sent, and that nothing is ever lost."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict, Denied, Invalid, NotFound, TooLarge
from posthouse.foundation.resolver import open_resolver
from posthouse.mail.intake import Arrival, Intake, Recipient
from posthouse.mail.mailboxes.folders import keyword_names, list_folders, make_mailbox
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.mailboxes.reading import open_folder, read_raw
from posthouse.mail.rules.actions import (
    activate_script,
    check_script,
    delete_script,
    list_scripts,
    read_script,
    rename_script,
    save_script,
)
from posthouse.mail.rules.builder import Action, Away, Condition, Rule, RuleSet, checked
from posthouse.mail.rules.building import read_rules, save_rules
from posthouse.mail.rules.effects import take_letters
from posthouse.mail.rules.model import LARGEST_SCRIPT, MOST_SCRIPTS, RuleLetter
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace, letter, make_workspace

Deliver = Callable[..., Awaitable[None]]


@pytest.fixture
async def deliver(house: Database, workspace: Workspace):
    """Mail at the door, from outside."""
    with DnsServer({"_dmarc.spoofed.example": {"TXT": ["v=DMARC1; p=reject"]}}) as server:
        resolver = open_resolver(server.address)
        intake = Intake(house, resolver, "mx.acme.example")
        count = iter(range(1000))

        async def one(raw: bytes = b"", **values: object) -> None:
            recipient = Recipient(
                workspace_id=workspace.id,
                mailbox_id=workspace.mailbox_id,
                address=workspace.address,
            )
            usual = Arrival(
                raw=raw or letter(message_id=f"{next(count)}@kunde.example"),
                mail_from="li.wei@kunde.example",
                recipients=(recipient,),
                received_at=datetime.now(UTC),
                peer_ip="192.0.2.7",
                helo="mx.kunde.example",
            )
            await intake.accept(replace(usual, **values))  # type: ignore[arg-type]

        yield one
        await resolver.close()


async def use(house: Database, workspace: Workspace, script: str) -> None:
    content = script.encode()
    await check_script(content)
    async with house.workspace(workspace.id) as tx:
        await save_script(tx, workspace.mailbox_id, "mine", content)
        await activate_script(tx, workspace.mailbox_id, "mine")


async def counts(house: Database, workspace: Workspace) -> dict[str, int]:
    """Folder → messages, of those that have any."""
    async with house.workspace(workspace.id) as tx:
        folders = await list_folders(tx, workspace.mailbox_id)
    return {folder.name: folder.message_count for folder in folders if folder.message_count}


async def letters(house: Database, workspace: Workspace) -> list[RuleLetter]:
    """What rules have written since the last look."""
    async with house.workspace(workspace.id) as tx:
        rows = await tx.connection.fetch("SELECT id FROM rule_letters ORDER BY id")
        return sorted(await take_letters(tx, [row["id"] for row in rows]), key=lambda one: one.id)


async def failure(house: Database, workspace: Workspace) -> str | None:
    async with house.workspace(workspace.id) as tx:
        return (await list_scripts(tx, workspace.mailbox_id))[0].failure


async def newest(house: Database, workspace: Workspace, name: str) -> tuple[bytes, int, set[str]]:
    """(message, flags, keywords) of the last one in a folder."""
    async with house.workspace(workspace.id) as tx:
        (folder,) = [f for f in await list_folders(tx, workspace.mailbox_id) if f.name == name]
        opened = await open_folder(tx, folder.id, None)
        row = await tx.connection.fetchrow(
            "SELECT mailbox_message_id FROM folder_messages WHERE folder_id = $1 AND uid = $2",
            folder.id,
            opened.uids[-1],
        )
        assert row is not None
        raw = await read_raw(tx, row["mailbox_message_id"])
    return raw, opened.flags[-1], set(opened.keywords.get(opened.uids[-1], ()))


async def test_a_message_is_filed_with_flags(house, workspace, deliver: Deliver):
    await deliver()
    assert await counts(house, workspace) == {"INBOX": 1}
    await use(
        house,
        workspace,
        'require ["fileinto", "imap4flags", "copy", "envelope"];'
        'if envelope :domain "from" "kunde.example" {'
        r' addflag ["\\Flagged", "customer"]; fileinto :copy "Archive"; }',
    )
    await deliver()
    assert await counts(house, workspace) == {"INBOX": 2, "Archive": 1}
    _, flags, keywords = await newest(house, workspace, "Archive")
    assert flags == Flags.FLAGGED
    assert keywords == {"customer"}


async def test_a_folder_is_made_or_missed(house, workspace, deliver: Deliver):
    await use(house, workspace, 'require "fileinto"; fileinto "New/Deep";')
    await deliver()
    assert await counts(house, workspace) == {"INBOX": 1}
    assert "no such folder" in str(await failure(house, workspace))

    create = 'require ["fileinto", "mailbox"];'
    create += 'if not mailboxexists "New/Deep" { fileinto :create "New/Deep"; }'
    await use(house, workspace, create)
    assert await failure(house, workspace) is None
    await deliver()
    await deliver()
    assert await counts(house, workspace) == {"INBOX": 2, "New/Deep": 1}


async def test_the_special_use_goes_before_the_name(house, workspace, deliver: Deliver):
    script = r'require ["fileinto", "special-use"]; fileinto :specialuse "\\Junk" "Spam";'
    await use(house, workspace, script)
    await deliver()
    assert await counts(house, workspace) == {"Junk": 1}


async def test_discarded_mail_is_nowhere(house, workspace, deliver: Deliver):
    await use(house, workspace, "discard;")
    await deliver()
    assert await counts(house, workspace) == {}


async def test_a_script_that_fails_keeps_the_mail(house, workspace, deliver: Deliver):
    script = 'require "variables"; discard; set "a" "nobody"; redirect "${a}";'
    await use(house, workspace, script)
    await deliver()
    assert await counts(house, workspace) == {"INBOX": 1}
    assert await failure(house, workspace) == "“nobody” is no mail address."
    assert await letters(house, workspace) == []


async def test_mail_is_sent_on_once(house, workspace, deliver: Deliver):
    await use(house, workspace, 'redirect "b@else.example";')
    await deliver(letter(message_id="on@kunde.example"))
    (sent,) = await letters(house, workspace)
    assert (sent.kind, sent.mail_from, sent.recipient) == (
        "redirect",
        "li.wei@kunde.example",
        "b@else.example",
    )
    assert sent.content.startswith(b"X-Sieve-Redirected-From: anna@acme.example\r\n")
    assert await counts(house, workspace) == {}
    # It comes back: it stays here.
    await deliver(sent.content)
    assert await letters(house, workspace) == []
    assert await counts(house, workspace) == {"INBOX": 1}
    assert "round in circles" in str(await failure(house, workspace))
    # A bounce is sent on as one (RFC 5321 4.5.5).
    await deliver(mail_from="")
    assert [each.mail_from for each in await letters(house, workspace)] == [""]


async def test_a_mail_that_is_delivered_again_is_not_sent_on_again(house, workspace, deliver):
    await use(house, workspace, 'require "copy"; redirect :copy "b@else.example";')
    for _ in range(2):
        await deliver(letter(message_id="same@acme.example"), peer_ip=None, source_key=b"k" * 32)
    assert len(await letters(house, workspace)) == 1
    assert await counts(house, workspace) == {"INBOX": 1}


async def test_a_sender_is_answered_once(house, workspace, deliver: Deliver):
    await use(
        house, workspace, 'require "vacation"; vacation :days 2 :subject "出差" "回来再说。";'
    )
    raw = letter(message_id="v1@kunde.example", to="anna@acme.example")
    await deliver(raw)
    (sent,) = await letters(house, workspace)
    assert (sent.kind, sent.mail_from, sent.recipient) == ("vacation", "", "li.wei@kunde.example")
    assert b"Auto-Submitted: auto-replied" in sent.content
    assert b"In-Reply-To: <v1@kunde.example>" in sent.content
    await deliver(letter(message_id="v2@kunde.example", to="anna@acme.example"))
    assert await letters(house, workspace) == []
    assert await counts(house, workspace) == {"INBOX": 2}

    clock.hold(lambda: datetime.now(UTC) + timedelta(days=3))
    await deliver(letter(message_id="v3@kunde.example", to="anna@acme.example"))
    clock.hold(None)
    assert len(await letters(house, workspace)) == 1


@pytest.mark.parametrize(
    "field",
    [
        b"List-Id: <a.lists.example>",
        b"Auto-Submitted: auto-generated",
        b"Precedence: bulk",
        b"X-Auto-Response-Suppress: OOF",
    ],
)
async def test_machines_and_lists_are_not_answered(house, workspace, deliver, field: bytes):
    await use(house, workspace, 'require "vacation"; vacation "away";')
    raw = letter(message_id="m@kunde.example", to="anna@acme.example")
    await deliver(field + b"\r\n" + raw)
    await deliver(raw, mail_from="")
    await deliver(letter(message_id="n@kunde.example", to="someone@acme.example"))
    assert await letters(house, workspace) == []


async def test_rejected_mail_is_refused_at_the_door(house, workspace, deliver: Deliver):
    await use(house, workspace, 'require "reject"; reject "Not here,\r\nplease.";')
    with pytest.raises(Denied, match=r"^Not here, please\.$"):
        await deliver()
    assert await counts(house, workspace) == {}
    # A bounce cannot be rejected to anybody: it is kept.
    await deliver(mail_from="")
    assert await counts(house, workspace) == {"INBOX": 1}


async def test_a_reason_that_no_reply_can_hold_becomes_a_report(house, workspace, deliver):
    await use(house, workspace, 'require "reject"; reject "请不要发到这里。";')
    await deliver()
    (sent,) = await letters(house, workspace)
    assert (sent.kind, sent.mail_from, sent.recipient) == ("reject", "", "li.wei@kunde.example")
    assert b"multipart/report" in sent.content
    assert await counts(house, workspace) == {}


async def test_one_mailbox_refuses_another_takes(house, workspace, deliver: Deliver):
    async with house.workspace(workspace.id) as tx:
        other = await make_mailbox(
            tx, kind="shared", address="bo@acme.example", name="Bo", owner_member_id=None
        )
    await use(house, workspace, 'require "reject"; reject "no";')
    recipients = tuple(
        Recipient(workspace_id=workspace.id, mailbox_id=mailbox_id, address=address)
        for mailbox_id, address in (
            (workspace.mailbox_id, workspace.address),
            (other, "bo@acme.example"),
        )
    )
    await deliver(recipients=recipients)
    assert [each.kind for each in await letters(house, workspace)] == ["reject"]
    assert await counts(house, replace(workspace, mailbox_id=other)) == {"INBOX": 1}


async def test_a_header_is_changed_on_the_way(house, workspace, deliver: Deliver):
    script = 'require ["editheader", "fileinto"]; addheader "X-Seen" "yes"; fileinto "Archive";'
    await use(house, workspace, script)
    await deliver(letter(message_id="e@kunde.example"))
    raw, _, _ = await newest(house, workspace, "Archive")
    assert raw.startswith(b"Return-Path: <li.wei@kunde.example>\r\nDelivered-To: ")
    assert b"\r\nX-Seen: yes\r\n" in raw
    # RFC 5228 2.10.6: where an action fails, the mail is kept as it came.
    await use(house, workspace, script.replace("Archive", "Nowhere"))
    await deliver(letter(message_id="f@kunde.example"))
    raw, _, _ = await newest(house, workspace, "INBOX")
    assert b"X-Seen" not in raw


async def test_a_message_is_known_again(house, workspace, deliver: Deliver):
    await use(house, workspace, 'require "duplicate"; if duplicate { discard; }')
    for name in ("one", "one", "two"):
        await deliver(letter(message_id=f"{name}@kunde.example"))
    assert await counts(house, workspace) == {"INBOX": 2}


async def test_results_of_checks_can_be_asked(house, workspace, deliver: Deliver):
    await use(
        house,
        workspace,
        'require "fileinto"; if header :contains "Authentication-Results" "spf="'
        ' { fileinto "Archive"; }',
    )
    await deliver()
    assert await counts(house, workspace) == {"Archive": 1}


async def test_scripts_have_names_and_bounds(house, workspace):
    box = workspace.mailbox_id
    async with house.workspace(workspace.id) as tx:
        await save_script(tx, box, "a", b"keep;")
        await save_script(tx, box, "a", b"discard;")
        await activate_script(tx, box, "a")
        assert (await read_script(tx, box, "a")).content == b"discard;"
        with pytest.raises(Conflict):
            await delete_script(tx, box, "a")
        await rename_script(tx, box, "a", "规则")
        assert [(one.name, one.active) for one in await list_scripts(tx, box)] == [("规则", True)]
        await save_script(tx, box, "b", b"keep;")
        with pytest.raises(Conflict):
            await rename_script(tx, box, "b", "规则")
        await activate_script(tx, box, None)
        await delete_script(tx, box, "规则")
        with pytest.raises(NotFound):
            await read_script(tx, box, "规则")
        with pytest.raises(NotFound):
            await activate_script(tx, box, "none")
        with pytest.raises(Invalid):
            await save_script(tx, box, "a\nb", b"")
        with pytest.raises(TooLarge):
            await save_script(tx, box, "big", b"#" * (LARGEST_SCRIPT + 1))
        for number in range(MOST_SCRIPTS - 1):
            await save_script(tx, box, f"n{number}", b"keep;")
        with pytest.raises(Conflict):
            await save_script(tx, box, "more", b"keep;")
        stored = await tx.connection.fetch("SELECT name, content FROM mailbox_scripts")
        assert not any(b"keep" in row["content"] for row in stored)
    with pytest.raises(Invalid, match="line 1, column 1"):
        await check_script(b"nonsense;")


async def test_one_workspace_does_not_see_the_rules_of_another(house, workspace, deliver):
    other = await make_workspace(house, "other.example", "bo")
    await use(house, other, "discard;")
    async with house.workspace(workspace.id) as tx:
        assert await list_scripts(tx, other.mailbox_id) == []
    await deliver()
    assert await counts(house, workspace) == {"INBOX": 1}


async def test_keywords_are_kept(house, workspace, deliver: Deliver):
    await use(house, workspace, r'require "imap4flags"; keep :flags ["\\Seen", "Later"];')
    await deliver()
    _, flags, keywords = await newest(house, workspace, "INBOX")
    assert (flags, keywords) == (Flags.SEEN, {"Later"})
    async with house.workspace(workspace.id) as tx:
        assert list((await keyword_names(tx, workspace.mailbox_id)).values()) == ["Later"]


async def test_rules_of_the_page_move_mail_and_answer_it_once(house, workspace, deliver: Deliver):
    rule = Rule(
        conditions=[Condition(field="subject", test="contains", values=["Invoice"])],
        actions=[Action(kind="move", value="Bills"), Action(kind="stop")],
    )
    built = checked(RuleSet(away=Away(chinese="出差中。", english="Away.", days=3), rules=[rule]))
    async with house.workspace(workspace.id) as tx:
        revision = (await read_rules(tx, workspace.mailbox_id)).revision
        await save_rules(tx, workspace.mailbox_id, built, revision=revision, replace=False)
    for name, subject in (("b1", "Invoice 7"), ("b2", "Lunch")):
        raw = letter(message_id=f"{name}@kunde.example", to="anna@acme.example", subject=subject)
        await deliver(raw)
    assert await counts(house, workspace) == {"Bills": 1, "INBOX": 1}
    (sent,) = await letters(house, workspace)
    assert (sent.kind, sent.recipient) == ("vacation", "li.wei@kunde.example")
    assert await failure(house, workspace) is None
