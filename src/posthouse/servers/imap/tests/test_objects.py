"""EMAILID, THREADID (RFC 8474) and PREVIEW (RFC 8970) in FETCH and SEARCH."""

import re

import pytest

from posthouse.servers.imap.tests.conftest import share
from tests.support.house import deliver, letter


@pytest.fixture
async def client(server):
    """INBOX with two messages of one thread and one of another."""
    await deliver(
        server.house,
        server.workspace,
        letter(message_id="1@x", subject="Pumps", body="We need twenty pumps.\r\n"),
        letter(
            message_id="2@x", subject="Re: Pumps", body="Here they are.\r\n", references="<1@x>"
        ),
        letter(message_id="3@x", subject="Anvils", body="请报二十台水泵的价格。\r\n"),
    )
    return await server.selected()


async def ids(client, item, command="FETCH 1:*"):
    await client.send(f"i {command} ({item})\r\n".encode())
    lines = await client.until("i")
    return [re.findall(rf"{item} \(([\w-]{{1,255}})\)", line)[0] for line in lines[:-1]]


async def test_email_ids(client):
    """RFC 8474 5.1: of the content; a copy has the same, and it never changes."""
    one, two, three = await ids(client, "EMAILID")
    assert len({one, two, three}) == 3
    await client.follow("""
        C: a COPY 1:2 Archive
        S: a OK {*}
        C: b MOVE 3 Archive
        S: {...}
        S: b OK {*}
    """)
    other = await ids(client, "EMAILID", "UID FETCH 1:*")
    assert other == [one, two]
    await client.follow("C: c SELECT Archive\nS: {...}\nS: c OK {*}")
    assert await ids(client, "EMAILID") == [one, two, three]
    assert await ids(client, "THREADID") == await ids(client, "THREADID")


async def test_a_copy_in_another_mailbox_has_the_same_ids(server, client):
    """RFC 8474 5.1: of both of a COPYUID pair."""
    await share(server, may_write=True)
    here = await ids(client, "EMAILID"), await ids(client, "THREADID")
    await client.follow("""
        C: a COPY 1:3 Shared/sales@acme.example/INBOX
        S: a OK [COPYUID {*}] Copied
        C: b SELECT Shared/sales@acme.example/INBOX
        S: {...}
        S: b OK {*}
    """)
    assert (await ids(client, "EMAILID"), await ids(client, "THREADID")) == here


async def test_the_same_bytes_at_another_time_are_another_email(server, client):
    for second in (1, 1, 2):
        await client.follow(f"""
            C: a APPEND Drafts "20-Nov-2026 12:00:0{second} +0000" {{2+}}
            C: a
            S: a OK {{*}}
        """)
    await client.follow("C: b SELECT Drafts\nS: {...}\nS: b OK {*}")
    one, two, three = await ids(client, "EMAILID")
    assert one == two != three


async def test_thread_ids(client):
    one, two, three = await ids(client, "THREADID")
    assert one == two != three
    await client.follow(f"""
        C: a SEARCH THREADID {one}
        S: * SEARCH 1 2
        S: a OK Searched
        C: b SEARCH OR THREADID {three} SUBJECT re:
        S: * SEARCH 2 3
        S: b OK Searched
        C: c SEARCH THREADID {one.lower()}
        S: * SEARCH
        S: c OK Searched
        C: d SEARCH THREADID "a b"
        S: d BAD Invalid object identifier
    """)


async def test_search_by_email_id(client):
    """RFC 8474 6, with keys that read less and keys that read more."""
    one, _, three = await ids(client, "EMAILID")
    for keys, found in (
        (f"EMAILID {one}", "1"),
        (f"EMAILID {one.upper()}x", ""),
        (f"NOT EMAILID {one}", "2 3"),
        (f"OR EMAILID {one} EMAILID {three}", "1 3"),
        (f"OR NOT EMAILID {one} BODY nowhere", "2 3"),
        (f"OR EMAILID {one} BODY here", "1 2"),
        (f"NOT EMAILID {one} LARGER 10 BODY here", "2"),
        (f"UNSEEN EMAILID {three} SUBJECT anvils", "3"),
    ):
        await client.follow(f"""
            C: a SEARCH {keys}
            S: {f"* SEARCH {found}".strip()}
            S: a OK Searched
        """)


async def test_mailbox_ids(client):
    """RFC 8474 4: of CREATE, SELECT, EXAMINE and STATUS; the same after RENAME."""
    await client.follow("C: a CREATE Work")
    created = (await client.until("a"))[-1]
    (work,) = re.findall(r"^a OK \[MAILBOXID \((F[\w-]+)\)\] Created$", created)
    await client.follow(f"""
        C: b SELECT Work
        S: {{...}}
        S: * OK [MAILBOXID ({work})] {{*}}
        S: {{...}}
        S: b OK {{*}}
        C: c RENAME Work Play
        S: c OK Renamed
        C: d EXAMINE Play
        S: {{...}}
        S: * OK [MAILBOXID ({work})] {{*}}
        S: {{...}}
        S: d OK {{*}}
        C: e STATUS Play (MAILBOXID MESSAGES)
        S: * STATUS "Play" (MAILBOXID ({work}) MESSAGES 0)
        S: e OK {{*}}
        C: u UNSELECT
        S: u OK {{*}}
        C: f DELETE Play
        S: f OK Deleted
        C: g CREATE Play
    """)
    assert work not in (await client.until("g"))[-1]
    await client.follow("""
        C: h LIST "" INBOX RETURN (STATUS (MAILBOXID))
        S: * LIST {*}
        S: * STATUS "INBOX" (MAILBOXID (F{*}))
        S: h OK {*}
    """)


async def test_preview(client):
    """RFC 8970 3: plain text, always there, so LAZY changes nothing."""
    await client.follow("""
        C: a FETCH 1:2 (UID PREVIEW (LAZY))
        S: * 1 FETCH (UID 1 PREVIEW "We need twenty pumps.")
        S: * 2 FETCH (UID 2 PREVIEW "Here they are.")
        S: a OK Fetched
        C: b FETCH 1 PREVIEW
        S: * 1 FETCH (PREVIEW "We need twenty pumps.")
        S: b OK Fetched
        C: c FETCH 1 PREVIEW (lazy)
        S: * 1 FETCH (PREVIEW "We need twenty pumps.")
        S: c OK Fetched
        C: d FETCH 3 (PREVIEW ENVELOPE EMAILID BODY.PEEK[HEADER.FIELDS (SUBJECT)])
        S: * 3 FETCH (PREVIEW {33}
        S: 请报二十台水泵的价格。 ENVELOPE ({*}) EMAILID (M{*}) BODY[HEADER.FIELDS (SUBJECT)] {19}
        S: Subject: Anvils
        S:
        S: )
        S: d OK Fetched
        C: e FETCH 1 PREVIEW (CHANGEDSINCE 1)
        S: * OK [HIGHESTMODSEQ {*}] {*}
        S: * 1 FETCH (PREVIEW "We need twenty pumps." MODSEQ ({*}))
        S: e OK Fetched
        C: f FETCH 1 PREVIEW (EAGER)
        S: f BAD {*}
        C: g FETCH 1 FLAGS
        S: * 1 FETCH (FLAGS (\\Recent))
        S: g OK Fetched
    """)


async def test_a_message_without_text_has_an_empty_preview(server):
    """RFC 8970 3.1: not NIL, which would say that it may come later."""
    await deliver(server.house, server.workspace, b"Subject: nothing\r\n\r\n")
    client = await server.selected()
    await client.follow("""
        C: a FETCH 1 (PREVIEW)
        S: * 1 FETCH (PREVIEW "")
        S: a OK Fetched
    """)
