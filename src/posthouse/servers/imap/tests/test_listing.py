"""LIST in extended syntax (RFC 5258), by special use (RFC 6154) and with STATUS (RFC 5819)."""

import pytest

from posthouse.servers.imap.tests.conftest import share
from tests.support.house import deliver, letter


@pytest.fixture
async def client(server):
    """Folders of our own beside the standard ones; what is subscribed says so in its name."""
    client = await server.signed_in()
    for name in ("fruit", "fruit/apple+", "fruit/apple+/red+", "fruit/pear", "deep/er/est+", "nut"):
        await client.follow(f"C: x CREATE {name}\nS: x OK {{*}} Created")
        if name.endswith("+"):
            await client.follow(f"C: y SUBSCRIBE {name}\nS: y OK Subscribed")
    for name in ("INBOX", "Drafts", "Archive", "Junk", "Trash"):
        await client.follow(f"C: z UNSUBSCRIBE {name}\nS: z OK Unsubscribed")
    return client


async def listed(client, arguments):
    """The lines between command and OK, without `* LIST` and the separator."""
    await client.send(f"l LIST {arguments}\r\n".encode())
    lines = await client.until("l")
    assert lines[-1] == "l OK Listed", lines
    return [line.removeprefix("* LIST ").replace(' "/" ', " ") for line in lines[:-1]]


async def test_several_patterns(client):
    """RFC 5258 3: a name that fits several is told once."""
    assert await listed(client, '"" ("fruit" "f*t" "nut" "nowhere")') == [
        '(\\HasChildren) "fruit"',
        '(\\HasNoChildren) "nut"',
    ]
    assert await listed(client, 'fruit/ ("p%" "apple+")') == [
        '(\\HasChildren) "fruit/apple+"',
        '(\\HasNoChildren) "fruit/pear"',
    ]
    # The empty pattern asks for the separator only in the syntax of before.
    assert await listed(client, '"" ("")') == []
    assert await listed(client, '() "" ""') == []
    assert await listed(client, '"" ""') == ['(\\Noselect) ""']


async def test_subscribed(client):
    """RFC 5258 3.1: it says \\Subscribed unasked; with RETURN it only tells."""
    assert await listed(client, '(SUBSCRIBED) "" "*"') == [
        '(\\HasNoChildren \\Sent \\Subscribed) "Sent"',
        '(\\HasNoChildren \\Subscribed) "deep/er/est+"',
        '(\\HasChildren \\Subscribed) "fruit/apple+"',
        '(\\HasNoChildren \\Subscribed) "fruit/apple+/red+"',
    ]
    assert await listed(client, '"" "fruit/%" RETURN (SUBSCRIBED CHILDREN)') == [
        '(\\HasChildren \\Subscribed) "fruit/apple+"',
        '(\\HasNoChildren) "fruit/pear"',
    ]
    assert await listed(client, '(SUBSCRIBED REMOTE) "" "n*" RETURN ()') == []


async def test_names_that_do_not_exist(server, client):
    """RFC 5258 3: \\NonExistent to those who know it, \\Noselect to the others."""
    await share(server, may_write=True)
    assert await listed(client, '"" ("Shared" "Shared/%")') == [
        '(\\NonExistent \\HasChildren) "Shared"',
        '(\\NonExistent \\HasChildren) "Shared/sales@acme.example"',
    ]
    assert await listed(client, '"" Shared') == ['(\\Noselect \\HasChildren) "Shared"']
    assert await listed(client, '"" Shared RETURN (STATUS (MESSAGES))') == [
        '(\\NonExistent \\HasChildren) "Shared"'
    ]


async def test_recursive_match(client):
    """RFC 5258 3.5: parents of what is selected and not told itself, with CHILDINFO."""
    assert await listed(client, '(SUBSCRIBED RECURSIVEMATCH) "" "%"') == [
        '(\\HasNoChildren \\Sent \\Subscribed) "Sent"',
        '(\\HasChildren) "deep" ("CHILDINFO" ("SUBSCRIBED"))',
        '(\\HasChildren) "fruit" ("CHILDINFO" ("SUBSCRIBED"))',
    ]
    # A parent that is selected itself says what is below it as well.
    assert await listed(client, '(RECURSIVEMATCH SUBSCRIBED) "" "fruit/%"') == [
        '(\\HasChildren \\Subscribed) "fruit/apple+" ("CHILDINFO" ("SUBSCRIBED"))',
    ]
    # Nothing is said twice: what is below is told itself.
    assert await listed(client, '(RECURSIVEMATCH SUBSCRIBED) "" "fruit*"') == [
        '(\\HasChildren \\Subscribed) "fruit/apple+"',
        '(\\HasNoChildren \\Subscribed) "fruit/apple+/red+"',
    ]
    assert await listed(client, '(RECURSIVEMATCH SPECIAL-USE) "" "fruit"') == []


async def test_special_use(client):
    """RFC 6154 2, 3 and 5.2."""
    assert await listed(client, '(SPECIAL-USE) "" "*"') == [
        '(\\HasNoChildren \\Sent) "Sent"',
        '(\\HasNoChildren \\Drafts) "Drafts"',
        '(\\HasNoChildren \\Archive) "Archive"',
        '(\\HasNoChildren \\Junk) "Junk"',
        '(\\HasNoChildren \\Trash) "Trash"',
    ]
    assert await listed(client, '(SPECIAL-USE SUBSCRIBED) "" "*"') == [
        '(\\HasNoChildren \\Sent \\Subscribed) "Sent"'
    ]
    assert await listed(client, '"" "Tr%" RETURN (SPECIAL-USE)') == [
        '(\\HasNoChildren \\Trash) "Trash"'
    ]


async def test_with_status(server, client):
    """RFC 5819 2: behind each folder that can be opened and is selected itself."""
    await deliver(server.house, server.workspace, letter(message_id="1@x"))
    assert await listed(client, '"" ("INBOX" "nut") RETURN (STATUS (MESSAGES UNSEEN))') == [
        '(\\HasNoChildren) "INBOX"',
        '* STATUS "INBOX" (MESSAGES 1 UNSEEN 1)',
        '(\\HasNoChildren) "nut"',
        '* STATUS "nut" (MESSAGES 0 UNSEEN 0)',
    ]
    options = "RETURN (STATUS (MESSAGES))"
    assert await listed(client, f'(SUBSCRIBED RECURSIVEMATCH) "" ("fruit" "Sent") {options}') == [
        '(\\HasNoChildren \\Sent \\Subscribed) "Sent"',
        '* STATUS "Sent" (MESSAGES 0)',
        '(\\HasChildren) "fruit" ("CHILDINFO" ("SUBSCRIBED"))',
    ]


async def test_subscriptions_outlive_their_folders(client):
    """RFC 3501 6.3.6, RFC 5258 3.1: only the client takes them away."""
    await client.follow("""
        C: a DELETE fruit/apple+/red+
        S: a OK Deleted
        C: b DELETE nut
        S: b OK Deleted
        C: c LSUB "" "fruit*"
        S: * LSUB () "/" "fruit/apple+"
        S: * LSUB (\\Noselect) "/" "fruit/apple+/red+"
        S: c OK Listed
        C: d LSUB "" "nut"
        S: d OK Listed
    """)
    gone = '(\\NonExistent \\HasNoChildren \\Subscribed) "fruit/apple+/red+"'
    assert await listed(client, '(SUBSCRIBED) "" "*red+"') == [gone]
    assert await listed(client, '(SUBSCRIBED RECURSIVEMATCH) "" "fruit"') == [
        '(\\HasChildren) "fruit" ("CHILDINFO" ("SUBSCRIBED"))'
    ]
    assert await listed(client, '(SUBSCRIBED SPECIAL-USE) "" "fruit*"') == []
    assert await listed(client, '"" "fruit/apple+/*" RETURN (SUBSCRIBED)') == []
    await client.follow("""
        C: a CREATE fruit/apple+/red+
        S: a OK {*} Created
        C: b UNSUBSCRIBE fruit/apple+/red+
        S: b OK Unsubscribed
        C: c DELETE fruit/apple+/red+
        S: c OK Deleted
        C: d LSUB "" "*red+"
        S: d OK Listed
        C: e DELETE fruit/apple+
        S: e OK Deleted
        C: f UNSUBSCRIBE fruit/apple+
        S: f OK Unsubscribed
        C: g UNSUBSCRIBE fruit/apple+
        S: g NO [NONEXISTENT] {*}
        C: h LSUB "" "fruit*"
        S: h OK Listed
        C: i SUBSCRIBE fruit/apple+
        S: i NO [NONEXISTENT] {*}
    """)


async def test_refused(client):
    for arguments in (
        '(RECURSIVEMATCH) "" "*"',
        '(RECURSIVEMATCH REMOTE) "" "*"',
        '(MAGIC) "" "*"',
        '"" ()',
        '"" "*" RETURN (MAGIC)',
        '"" "*" RETURN (STATUS ())',
        '"" "*" RETURN (STATUS (MAGIC))',
        '"" "*" MAGIC',
        f'"" ({" ".join("a" * 33)})',
    ):
        await client.follow(f"C: r LIST {arguments}\nS: r BAD {{*}}")
