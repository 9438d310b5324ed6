"""ACL clause by clause (RFC 4314), the names of others' folders (RFC 2342), and rights that end."""

import pytest

from posthouse.foundation.ids import new_id
from posthouse.mail.mailboxes.folders import make_mailbox
from posthouse.security.access.actions import grant, revoke
from posthouse.security.access.model import Level
from posthouse.security.members import Actor


async def give(server, mailbox_id, *, member_id=None, **rights):
    workspace = server.workspace
    async with server.house.workspace(workspace.id) as tx:
        await grant(
            tx,
            Actor.system(workspace.id),
            member_id=member_id or workspace.member_id,
            mailbox_id=mailbox_id,
            level=Level.FULL,
            **rights,
        )


@pytest.fixture
async def bert(server):
    """(member, mailbox) of a colleague whose mailbox Anna reads."""
    member_id = new_id()
    async with server.house.workspace(server.workspace.id) as tx:
        await tx.connection.execute(
            "INSERT INTO members (workspace_id, id, address, name, role)"
            " VALUES ($1, $2, 'bert@acme.example', 'Bert', 'member')",
            server.workspace.id,
            member_id,
        )
        mailbox_id = await make_mailbox(
            tx, kind="personal", address="bert@acme.example", name="Bert", owner_member_id=member_id
        )
    await give(server, mailbox_id)
    return member_id, mailbox_id


async def test_namespaces(server, bert):
    """RFC 2342: colleagues' mailboxes and shared ones each have a name of their own."""
    async with server.house.workspace(server.workspace.id) as tx:
        sales = await make_mailbox(
            tx, kind="shared", address="sales@acme.example", name="Sales", owner_member_id=None
        )
    await give(server, sales, may_write=True)
    await server.signed_in("""
        C: a NAMESPACE
        S: * NAMESPACE (("" "/")) (("Other Users/" "/")) (("Shared/" "/"))
        S: a OK Namespaces listed
        C: b LIST "" "*/%/INBOX"
        S: * LIST (\\HasNoChildren) "/" "Other Users/bert@acme.example/INBOX"
        S: * LIST (\\HasNoChildren) "/" "Shared/sales@acme.example/INBOX"
        S: b OK Listed
        C: c SELECT "Other Users/bert@acme.example/INBOX"
        S: {...}
        S: c OK [READ-ONLY] Opened
        C: d CREATE "Other Users/x"
        S: d NO [NONEXISTENT] There is no such mailbox.
        C: e MYRIGHTS "Shared/sales@acme.example/INBOX"
        S: * MYRIGHTS "Shared/sales@acme.example/INBOX" lrswikxteacd
        S: e OK {*}
        C: f GETACL "Shared/sales@acme.example/INBOX"
        S: * ACL "Shared/sales@acme.example/INBOX" anna@acme.example lrswikxtecd
        S: f OK {*}
    """)


async def test_rights(server, bert):
    """3.3 to 3.8: one's own, a colleague's, and who may ask for those of others."""
    await give(server, server.workspace.mailbox_id, member_id=bert[0], may_send=True)
    await server.signed_in("""
        C: a MYRIGHTS INBOX
        S: * MYRIGHTS "INBOX" lrswikxtepacd
        S: a OK {*}
        C: b GETACL INBOX
        S: * ACL "INBOX" anna@acme.example lrswikxtepacd bert@acme.example lrp
        S: b OK {*}
        C: c LISTRIGHTS INBOX bert@acme.example
        S: * LISTRIGHTS "INBOX" bert@acme.example "" lr swikxtecd p
        S: c OK {*}
        C: d LISTRIGHTS INBOX anna@acme.example
        S: * LISTRIGHTS "INBOX" anna@acme.example lrswikxtepacd
        S: d OK {*}
        C: e MYRIGHTS "Other Users/bert@acme.example/INBOX"
        S: * MYRIGHTS "Other Users/bert@acme.example/INBOX" lr
        S: e OK {*}
        C: f GETACL "Other Users/bert@acme.example/INBOX"
        S: f NO [NOPERM] {*}
        C: g LISTRIGHTS "Other Users/bert@acme.example/INBOX" bert@acme.example
        S: g NO [NOPERM] {*}
        C: h MYRIGHTS Nowhere
        S: h NO [NONEXISTENT] {*}
        C: i CAPABILITY
        S: * CAPABILITY {*} ACL RIGHTS=kxte {*}
        S: i OK Capabilities listed
    """)


async def test_a_folder_is_not_shared_by_a_mail_program(server, bert):
    """3.1, 3.2: rights are of whole mailboxes here, and a client names a folder."""
    await server.signed_in("""
        C: a SETACL INBOX bert@acme.example lrs
        S: a NO [CANNOT] {*}
        C: b DELETEACL INBOX bert@acme.example
        S: b NO [CANNOT] {*}
        C: c SETACL "Other Users/bert@acme.example/INBOX" anna@acme.example +w
        S: c NO [NOPERM] {*}
        C: d SETACL INBOX bert@acme.example LRS
        S: d BAD Rights are lower-case letters and digits
        C: e SETACL INBOX bert@acme.example
        S: e BAD Missing argument
        C: f GETACL INBOX
        S: * ACL "INBOX" anna@acme.example lrswikxtepacd
        S: f OK {*}
    """)


async def test_the_right_to_write_taken_back_ends_the_session(server, bert):
    _, mailbox_id = bert
    await give(server, mailbox_id, may_write=True)
    writing = await server.signed_in("""
        C: a SELECT "Other Users/bert@acme.example/INBOX"
        S: {...}
        S: a OK [READ-WRITE] Opened
    """)
    reading = await server.signed_in("""
        C: a EXAMINE "Other Users/bert@acme.example/INBOX"
        S: {...}
        S: a OK [READ-ONLY] Opened
    """)
    await give(server, mailbox_id, may_write=False)
    await writing.follow("""
        C: b EXPUNGE
        S: * BYE You may not be here any more
    """)
    assert await writing.ended()
    await reading.follow("""
        C: b NOOP
        S: b OK Nothing done
    """)
    async with server.house.workspace(server.workspace.id) as tx:
        actor = Actor.system(server.workspace.id)
        await revoke(tx, actor, member_id=server.workspace.member_id, mailbox_id=mailbox_id)
    await reading.follow("""
        C: c NOOP
        S: * BYE You may not be here any more
    """)
    assert await reading.ended()
