"""METADATA and LIST-METADATA clause by clause (RFC 5464, RFC 9590)."""

import pytest

from posthouse.mail.mailboxes.annotations import LONGEST_VALUE
from posthouse.security.access.actions import grant
from posthouse.security.access.model import Level
from posthouse.security.members import Actor, add_member
from posthouse.servers.imap.tests.conftest import PASSWORD, share


async def test_what_is_set_is_told(server):
    """3.2: names do not care for case; 4.2: what is not there is NIL; 4.3: NIL takes it away."""
    client = await server.signed_in("C: a CAPABILITY")
    assert {"METADATA", "LIST-METADATA"} <= set((await client.until("a"))[0].split())
    await client.follow("""
        C: a SETMETADATA INBOX (/private/comment "My own" /SHARED/Comment "For all")
        S: a OK Noted
        C: b GETMETADATA INBOX /shared/comment
        S: * METADATA "INBOX" (/shared/comment "For all")
        S: b OK Told
        C: c GETMETADATA "INBOX" (/Private/comment /shared/vendor/x/none)
        S: * METADATA "INBOX" (/private/comment "My own" /shared/vendor/x/none NIL)
        S: c OK Told
        C: d SETMETADATA INBOX (/private/comment NIL /shared/comment "")
        S: d OK Noted
        C: e GETMETADATA INBOX (/private/comment /shared/comment)
        S: * METADATA "INBOX" (/private/comment NIL /shared/comment "")
        S: e OK Told
        C: f GETMETADATA Nowhere /shared/comment
        S: f NO [NONEXISTENT] {*}
        """)


async def test_depth(server):
    """4.2.2: the entry alone, what is right below it, or all of it."""
    await server.signed_in("""
        C: a SETMETADATA INBOX (/private/a "1" /private/a/b "2" /private/a/b/c "3" /private/ab "4")
        S: a OK Noted
        C: b GETMETADATA (DEPTH 0) INBOX /private/a
        S: * METADATA "INBOX" (/private/a "1")
        S: b OK Told
        C: c GETMETADATA INBOX (DEPTH 1) (/private/a)
        S: * METADATA "INBOX" (/private/a "1" /private/a/b "2")
        S: c OK Told
        C: d GETMETADATA (DEPTH infinity) INBOX /private/a
        S: * METADATA "INBOX" (/private/a "1" /private/a/b "2" /private/a/b/c "3")
        S: d OK Told
        C: e GETMETADATA (DEPTH 1) INBOX /private/none
        S: e OK Told
        """)


async def test_max_size(server):
    """4.2.1: longer values stay away, and how long the longest of them is is told."""
    await server.signed_in("""
        C: a SETMETADATA INBOX (/private/a "12" /private/b "1234" /private/c "123456")
        S: a OK Noted
        C: b GETMETADATA (MAXSIZE 2) INBOX (/private/a /private/b /private/c)
        S: * METADATA "INBOX" (/private/a "12")
        S: b OK [METADATA LONGENTRIES 6] Told
        C: c GETMETADATA INBOX (MAXSIZE 6 DEPTH 0) (/private/a /private/c)
        S: * METADATA "INBOX" (/private/a "12" /private/c "123456")
        S: c OK Told
        C: d GETMETADATA (MAXSIZE 1) INBOX /private/a
        S: d OK [METADATA LONGENTRIES 2] Told
        """)


async def test_values_are_octets(server):
    """5: a value is a string, a literal, or a literal8 with NUL in it."""
    client = await server.signed_in()
    await client.send(b"a SETMETADATA INBOX (/private/x ~{5+}\r\n\x00\x01\r\n\xff)\r\n")
    await client.follow("""
        S: a OK Noted
        C: b SETMETADATA INBOX (/private/y {4+}
        C: zwei)
        S: b OK Noted
        C: c GETMETADATA INBOX /private/y
        S: * METADATA "INBOX" (/private/y "zwei")
        S: c OK Told
        """)
    await client.send(b"d GETMETADATA INBOX /private/x\r\n")
    assert (
        await client.reader.readuntil(b"d OK")
        == b'* METADATA "INBOX" (/private/x ~{5}\r\n\x00\x01\r\n\xff)\r\nd OK'
    )


BAD_COMMANDS = (
    "GETMETADATA INBOX /other/comment",
    "GETMETADATA INBOX comment",
    "GETMETADATA INBOX /private//comment",
    "GETMETADATA INBOX /private/comment/",
    'GETMETADATA INBOX "/private/*"',
    'GETMETADATA INBOX "/private/%"',
    "GETMETADATA INBOX ()",
    "GETMETADATA (DEPTH 2) INBOX /private/comment",
    "GETMETADATA (MAXSIZE x) INBOX /private/comment",
    "GETMETADATA INBOX",
    "SETMETADATA INBOX ()",
    'SETMETADATA INBOX (/private "x")',
    "SETMETADATA INBOX (/private/comment)",
    "SETMETADATA INBOX (/private/comment atom)",
)


async def test_what_is_no_entry(server):
    """3.2.1, 5: BAD, and nothing is done."""
    said = (f"C: a {command}\nS: a BAD {{*}}" for command in BAD_COMMANDS)
    await server.signed_in("\n".join(said))


async def test_limits(server):
    """4.3: MAXSIZE and TOOMANY; and of a command that fails nothing is done (all or none)."""
    client = await server.signed_in()
    long = b"x" * (LONGEST_VALUE + 1)
    await client.send(
        b"a SETMETADATA INBOX (/private/a x /private/b {%d+}\r\n%b)\r\n".replace(b" x ", b' "x" ')
        % (len(long), long)
    )
    await client.follow(f"S: a NO [METADATA MAXSIZE {LONGEST_VALUE}] {{*}}")
    many = " ".join(f'/private/n{number} "x"' for number in range(150))
    more = " ".join(f'/private/m{number} "x"' for number in range(51))
    await client.follow(f"""
        C: b SETMETADATA INBOX ({many})
        S: b OK Noted
        C: c SETMETADATA INBOX ({more})
        S: c NO [METADATA TOOMANY] {{*}}
        C: d GETMETADATA INBOX (/private/a /private/m0)
        S: * METADATA "INBOX" (/private/a NIL /private/m0 NIL)
        S: d OK Told
        """)


async def test_they_go_with_the_folder(server):
    """RENAME takes them along; a folder that is made again has none."""
    await server.signed_in("""
        C: a CREATE Orders
        S: a OK {*}
        C: b SETMETADATA Orders (/shared/comment "x")
        S: b OK Noted
        C: c RENAME Orders Deals
        S: c OK {*}
        C: d GETMETADATA Deals /shared/comment
        S: * METADATA "Deals" (/shared/comment "x")
        S: d OK Told
        C: e DELETE Deals
        S: e OK {*}
        C: f CREATE Deals
        S: f OK {*}
        C: g GETMETADATA Deals /shared/comment
        S: * METADATA "Deals" (/shared/comment NIL)
        S: g OK Told
        """)


async def test_special_use(server):
    """RFC 6154 5.4: told as an entry; what a folder is for does not change."""
    await server.signed_in(r"""
        C: a GETMETADATA Sent /private/specialuse
        S: * METADATA "Sent" (/private/specialuse "\\Sent")
        S: a OK Told
        C: b GETMETADATA INBOX /private/specialuse
        S: * METADATA "INBOX" (/private/specialuse NIL)
        S: b OK Told
        C: c SETMETADATA INBOX (/private/specialuse "\\Junk")
        S: c NO [USEATTR] {*}
        """)


async def test_who_only_reads_keeps_his_own(server):
    """3.3: private entries are the member's own; what all see needs the right to write."""
    await share(server, may_write=False)
    await server.signed_in("""
        C: a SETMETADATA Shared/sales@acme.example/INBOX (/private/comment "Anna's")
        S: a OK Noted
        C: b SETMETADATA Shared/sales@acme.example/INBOX (/shared/comment "x")
        S: b NO [NOPERM] {*}
        C: c SETMETADATA Shared/sales@acme.example/INBOX (/private/a "x" /shared/comment "x")
        S: c NO [NOPERM] {*}
        C: d GETMETADATA Shared/sales@acme.example/INBOX (/private/comment /private/a)
        S: * METADATA "Shared/sales@acme.example/INBOX" (/private/a NIL /private/comment "Anna's")
        S: d OK Told
        """)


@pytest.fixture
async def ben(server):
    """A colleague without a mailbox of his own: how he signs in, and a shared mailbox of both."""
    actor = await add_member(server.house, server.workspace.id, "ben@acme.example", PASSWORD)
    mailbox_id = await share(server, may_write=True)
    async with server.house.workspace(server.workspace.id) as tx:
        system = Actor.system(server.workspace.id)
        await grant(tx, system, member_id=actor.member_id, mailbox_id=mailbox_id, level=Level.FULL)
    return f'C: in LOGIN ben@acme.example "{PASSWORD}"\nS: in OK {{*}}\n'


async def test_colleagues_see_what_is_shared(server, ben):
    """3.3, of a folder and of the server; and its shared entries are for administrators to set."""
    await server.signed_in("""
        C: a SETMETADATA Shared/sales@acme.example/INBOX (/private/comment "A" /shared/comment "S")
        S: a OK Noted
        C: b SETMETADATA "" (/private/comment "A" /shared/comment "Closed on Friday")
        S: b OK Noted
        C: c SETMETADATA "" (/shared/admin "mailto:anna@acme.example")
        S: c NO [NOPERM] {*}
        C: d GETMETADATA "" (DEPTH infinity) (/private /shared)
        S: * METADATA "" (/private/comment "A" {*} /shared/comment "Closed on Friday")
        S: d OK Told
        """)
    colleague = await server.connect(ben)
    await colleague.follow("""
        C: a GETMETADATA Shared/sales@acme.example/INBOX (/private/comment /shared/comment)
        S: * METADATA "Shared/sales@acme.example/INBOX" (/private/comment NIL /shared/comment "S")
        S: a OK Told
        C: b GETMETADATA "" (/shared/admin /private/comment /shared/comment)
        S: * METADATA "" (/private/comment NIL /shared/admin "mailto:postmaster@acme.example"{*}
        S: b OK Told
        C: c SETMETADATA "" (/shared/comment NIL)
        S: c NO [NOPERM] {*}
        C: d GETMETADATA "Other Users/anna@acme.example/INBOX" /shared/comment
        S: d NO [NONEXISTENT] {*}
        """)


async def test_listed(server):
    """RFC 9590 4: METADATA behind each LIST of a mailbox that is there."""
    await server.signed_in(r"""
        C: a CREATE Work/Deep
        S: a OK {*}
        C: b SETMETADATA Work/Deep (/private/color "#b71c1c")
        S: b OK Noted
        C: c LIST "" (Work Work/*) RETURN (METADATA (/private/color) CHILDREN)
        S: * LIST (\HasChildren) "/" "Work"
        S: * METADATA "Work" (/private/color NIL)
        S: * LIST (\HasNoChildren) "/" "Work/Deep"
        S: * METADATA "Work/Deep" (/private/color "#b71c1c")
        S: c OK Listed
        C: d LIST "" INBOX RETURN (METADATA (/private/color /shared/comment))
        S: * LIST (\HasNoChildren) "/" "INBOX"
        S: * METADATA "INBOX" (/private/color NIL /shared/comment NIL)
        S: d OK Listed
        C: e LIST "" INBOX RETURN (METADATA)
        S: e BAD {*}
        """)
