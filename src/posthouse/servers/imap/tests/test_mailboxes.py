"""Folders by name: LIST in its forms, making and moving folders, STATUS, shared mailboxes."""

from typing import Any

from posthouse.security import members
from posthouse.security.access.actions import revoke
from posthouse.security.members import Actor, disable_member, set_password
from posthouse.servers.imap import store
from posthouse.servers.imap.tests.conftest import share
from tests.support.house import deliver, letter


async def test_list(server):
    client = await server.signed_in("""
        C: a LIST "" "*"
        S: * LIST (\\HasNoChildren) "/" "INBOX"
        S: * LIST (\\HasNoChildren \\Sent) "/" "Sent"
        S: * LIST (\\HasNoChildren \\Drafts) "/" "Drafts"
        S: * LIST (\\HasNoChildren \\Archive) "/" "Archive"
        S: * LIST (\\HasNoChildren \\Junk) "/" "Junk"
        S: * LIST (\\HasNoChildren \\Trash) "/" "Trash"
        S: a OK Listed
        C: b LIST "" ""
        S: * LIST (\\Noselect) "/" ""
        S: b OK Listed
        C: c LIST "" inbox
        S: * LIST (\\HasNoChildren) "/" "INBOX"
        S: c OK Listed
        C: d LIST (SPECIAL-USE) "" "S*" RETURN (SPECIAL-USE SUBSCRIBED)
        S: * LIST (\\HasNoChildren \\Sent \\Subscribed) "/" "Sent"
        S: d OK Listed
    """)
    assert len(client.said) > 10


async def test_life_of_a_folder(server):
    await server.signed_in("""
        C: a CREATE &W6JiNw-/2026/
        S: a OK {*} Created
        C: b CREATE &W6JiNw-/2026
        S: b NO [ALREADYEXISTS] {*}
        C: c LIST "" "&W6JiNw-/%"
        S: * LIST (\\HasNoChildren) "/" "&W6JiNw-/2026"
        S: c OK Listed
        C: d LIST "" %
        S: {...}
        S: * LIST (\\HasChildren) "/" "&W6JiNw-"
        S: d OK Listed
        C: e RENAME &W6JiNw- Customers
        S: e OK Renamed
        C: f STATUS Customers/2026 (MESSAGES UIDNEXT UNSEEN RECENT APPENDLIMIT)
        S: * STATUS "Customers/2026" (MESSAGES 0 UIDNEXT 1 UNSEEN 0 RECENT 0 APPENDLIMIT 1000000)
        S: f OK Status told
        C: g DELETE Customers/2026
        S: g OK Deleted
        C: h SELECT Customers/2026
        S: h NO [NONEXISTENT] There is no such folder.
        C: i DELETE INBOX
        S: i NO [CANNOT] {*}
        C: j RENAME Sent Elsewhere
        S: j NO [CANNOT] {*}
        C: k CREATE R&D
        S: k NO [CANNOT] The name is not modified UTF-7
    """)


async def test_renaming_inbox_empties_it_into_a_new_folder(server):
    """RFC 3501 6.3.5: INBOX stays, and so does what is below it."""
    raws = [letter(message_id=f"{n}@k.example", body=f"{n}") for n in range(3)]
    await deliver(server.house, server.workspace, *raws, flags=1)
    other = await server.signed_in("""
        C: a SELECT INBOX
        S: {...}
        S: a OK {*}
        C: b IDLE
        S: + Waiting
    """)
    client = await server.signed_in("""
        C: a CREATE INBOX/Below
        S: a OK {*} Created
        C: b SELECT inbox
        S: {...}
        S: b OK {*}
        C: c STORE 2 FLAGS (\\Flagged $Offer)
        S: * FLAGS ({*} $Offer)
        S: * OK [PERMANENTFLAGS ({*} $Offer \\*)] {*}
        S: * 2 FETCH (FLAGS (\\Flagged $Offer))
        S: c OK {*}
        C: d RENAME inbox Old/2026
        S: * 3 EXPUNGE
        S: * 2 EXPUNGE
        S: * 1 EXPUNGE
        S: d OK Renamed
        C: e STATUS INBOX (MESSAGES UIDNEXT)
        S: * STATUS "INBOX" (MESSAGES 0 UIDNEXT 4)
        S: e OK {*}
        C: f LIST "" "*"
        S: {...}
        S: f OK Listed
    """)
    assert {'"INBOX"', '"INBOX/Below"', '"Old"', '"Old/2026"'} <= {
        line.rpartition(" ")[2] for line in client.said
    }
    await other.follow("""
        S: {...}
        S: * 3 EXPUNGE
        S: * 2 EXPUNGE
        S: * 1 EXPUNGE
    """)
    await deliver(server.house, server.workspace, letter(message_id="new@k.example"))
    await other.follow("""
        S: * 0 RECENT
        S: * 1 EXISTS
        S: * 1 RECENT
    """)
    await client.follow("""
        C: g EXAMINE Old/2026
        S: {...}
        S: g OK {*}
        C: h FETCH 1:* FLAGS
        S: * 1 FETCH (FLAGS (\\Seen \\Recent))
        S: * 2 FETCH (FLAGS (\\Flagged \\Recent $Offer))
        S: * 3 FETCH (FLAGS (\\Seen \\Recent))
        S: h OK {*}
        C: i RENAME INBOX Old/2026
        S: i NO [ALREADYEXISTS] {*}
        C: j RENAME INBOX inbox
        S: j NO [ALREADYEXISTS] {*}
        C: k RENAME INBOX Shared/sales@acme.example/Mine
        S: k NO [NONEXISTENT] {*}
    """)


async def test_a_large_inbox_is_emptied_in_slices(server, monkeypatch):
    monkeypatch.setattr(store, "_MOVED_TOGETHER", 2)
    raws = [letter(message_id=f"{n}@k.example", body=f"{n}") for n in range(5)]
    await deliver(server.house, server.workspace, *raws)
    await server.signed_in("""
        C: a RENAME INBOX Old
        S: a OK Renamed
        C: b STATUS Old (MESSAGES UIDNEXT)
        S: * STATUS "Old" (MESSAGES 5 UIDNEXT 6)
        S: b OK {*}
        C: c STATUS INBOX (MESSAGES)
        S: * STATUS "INBOX" (MESSAGES 0)
        S: c OK {*}
    """)


async def test_subscriptions(server):
    """RFC 3501 6.3.6: a folder is subscribed to when somebody said so, not by being made."""
    await server.signed_in("""
        C: a CREATE Work/Pumps
        S: a OK {*} Created
        C: 0 LSUB "" "Work*"
        S: 0 OK Listed
        C: b SUBSCRIBE Work/Pumps
        S: b OK Subscribed
        C: c LSUB "" "Work*"
        S: * LSUB () "/" "Work/Pumps"
        S: c OK Listed
        C: d LSUB "" "W%"
        S: * LSUB (\\Noselect) "/" "Work"
        S: d OK Listed
        C: e LIST (SUBSCRIBED) "" "Work*"
        S: * LIST (\\HasNoChildren \\Subscribed) "/" "Work/Pumps"
        S: e OK Listed
        C: f LIST (SUBSCRIBED RECURSIVEMATCH) "" "W%"
        S: * LIST (\\HasChildren) "/" "Work" ("CHILDINFO" ("SUBSCRIBED"))
        S: f OK Listed
        C: g SUBSCRIBE Work
        S: g OK Subscribed
    """)


async def test_list_with_status(server):
    await deliver(
        server.house, server.workspace, letter(message_id="1@x"), letter(message_id="2@x")
    )
    await server.signed_in("""
        C: a LIST "" "INBOX" RETURN (STATUS (MESSAGES UNSEEN HIGHESTMODSEQ))
        S: * LIST (\\HasNoChildren) "/" "INBOX"
        S: * STATUS "INBOX" (MESSAGES 2 UNSEEN 2 HIGHESTMODSEQ {*})
        S: a OK Listed
    """)


async def test_shared_mailboxes(server):
    await share(server, may_write=True)
    await server.signed_in("""
        C: a NAMESPACE
        S: * NAMESPACE (("" "/")) NIL (("Shared/" "/"))
        S: a OK Namespaces listed
        C: b LIST "" "Shared/%"
        S: * LIST (\\Noselect \\HasChildren) "/" "Shared/sales@acme.example"
        S: b OK Listed
        C: c APPEND Shared/sales@acme.example/INBOX {21+}
        C: Subject: hello
        C:
        C: hi
        S: c OK [APPENDUID {*} 1] Appended
        C: d SELECT Shared/sales@acme.example/INBOX
        S: {...}
        S: d OK [READ-WRITE] Opened
        C: e STORE 1 +FLAGS (\\Seen \\Flagged)
        S: * 1 FETCH (FLAGS (\\Flagged \\Seen \\Recent))
        S: e OK Stored
        C: f CREATE Shared/other@acme.example/X
        S: f NO [NONEXISTENT] There is no such mailbox.
        C: g RENAME Shared/sales@acme.example/INBOX Mine
        S: g NO [CANNOT] A folder stays in its mailbox.
    """)


async def test_read_only_mailboxes(server):
    await share(server, may_write=False)
    await server.signed_in(
        """
        C: a SELECT Shared/sales@acme.example/INBOX
        S: {...}
        S: * OK [PERMANENTFLAGS ()] {*}
        S: {...}
        S: a OK [READ-ONLY] Opened
        C: b CREATE Shared/sales@acme.example/X
        S: b NO [NOPERM] {*}
        C: c APPEND Shared/sales@acme.example/INBOX {1+}
        C: x
        S: c NO [NOPERM] {*}
        C: {*}
    """.replace("        C: {*}\n", "")
    )


async def test_a_grant_taken_back_ends_the_session(server):
    mailbox_id = await share(server, may_write=True)
    client = await server.signed_in("""
        C: a SELECT Shared/sales@acme.example/INBOX
        S: {...}
        S: a OK {*}
        C: b IDLE
        S: + Waiting
    """)
    workspace = server.workspace
    async with server.house.workspace(workspace.id) as tx:
        actor = Actor.system(workspace.id)
        await revoke(tx, actor, member_id=workspace.member_id, mailbox_id=mailbox_id)
    await client.follow("S: * BYE You may not be here any more")
    assert await client.ended()


async def test_a_new_password_ends_what_began_with_the_old_one(server):
    idle = await server.signed_in("""
        C: a IDLE
        S: + Waiting
    """)
    working = await server.signed_in("""
        C: a SELECT INBOX
        S: {...}
        S: a OK {*}
    """)
    workspace = server.workspace
    await set_password(
        server.house, workspace.id, workspace.member_id, "quite another one", kept=None
    )
    await idle.follow("S: * BYE You may not be here any more")
    await working.follow("""
        C: b NOOP
        S: * BYE You may not be here any more
    """)
    assert await idle.ended()
    assert await working.ended()
    await server.connect("""
        C: a LOGIN anna@acme.example "quite another one"
        S: a OK {*}
        C: b LIST "" INBOX
        S: {...}
        S: b OK {*}
    """)


async def test_a_password_replaced_while_it_was_checked_opens_nothing(server, monkeypatch):
    """The sign-in was right when it was looked up, and the signal came before anybody waited."""
    workspace = server.workspace
    sign_in = members.sign_in_with_password

    async def slow_sign_in(*arguments: Any, **named: Any) -> Actor:
        actor = await sign_in(*arguments, **named)
        await set_password(
            server.house, workspace.id, workspace.member_id, "quite another one", kept=None
        )
        return actor

    monkeypatch.setattr(members, "sign_in_with_password", slow_sign_in)
    client = await server.connect("""
        C: a LOGIN anna@acme.example "correct horse battery"
        S: * BYE You may not be here any more
    """)
    assert await client.ended()


async def test_a_lost_signal_costs_no_more_than_a_while(serve):
    server = await serve(limits={"look_again": 0.2})
    idle = await server.signed_in("""
        C: a IDLE
        S: + Waiting
    """)
    async with server.house.workspace(server.workspace.id) as tx:
        await tx.connection.execute("UPDATE members SET disabled_at = now()")
    await idle.follow("S: * BYE You may not be here any more")


async def test_a_disabled_member_is_out_at_once(server):
    working = await server.signed_in()
    idle = await server.signed_in("""
        C: a IDLE
        S: + Waiting
    """)
    workspace = server.workspace
    async with server.house.workspace(workspace.id) as tx:
        await disable_member(tx, Actor.system(workspace.id), workspace.member_id)
    await idle.follow("S: * BYE You may not be here any more")
    await working.follow("""
        C: a LIST "" "*"
        S: * BYE You may not be here any more
    """)
