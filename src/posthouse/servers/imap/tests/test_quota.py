"""QUOTA clause by clause (RFC 9208)."""

import pytest

from posthouse.mail.quotas.actions import set_default, set_limits
from posthouse.mail.quotas.model import Limits
from posthouse.security.members import Actor
from tests.support.house import deliver, letter


async def limit(server, octets=None, messages=None, address="anna@acme.example"):
    actor = Actor.system(server.workspace.id)
    async with server.house.workspace(server.workspace.id) as tx:
        await set_limits(tx, actor, address, octets=octets, messages=messages)


@pytest.fixture
async def filled(server):
    """Two messages of together about 10 KB in the Inbox."""
    bodies = ("x" * 70 + "\r\n") * 70
    raws = [letter(message_id=f"{n}@k.example", body=bodies) for n in range(2)]
    await deliver(server.house, server.workspace, *raws)
    return sum(map(len, raws))


async def test_capabilities(server):
    """3.1: at least one QUOTA=RES-; QUOTASET only with SETQUOTA, which is refused here."""
    client = await server.signed_in("C: a CAPABILITY")
    told = (await client.until("a"))[0].split()
    assert {"QUOTA", "QUOTA=RES-STORAGE", "QUOTA=RES-MESSAGE"} <= set(told)
    assert "QUOTASET" not in told


async def test_a_mailbox_with_limits_is_a_quota_root(server, filled):
    """4.1.1, 4.1.2, 4.2: STORAGE in units of 1024 octets, MESSAGE in messages."""
    await limit(server, octets=512 << 10, messages=100)
    kib = filled // 1024
    await server.signed_in(f"""
        C: a GETQUOTAROOT INBOX
        S: * QUOTAROOT "INBOX" anna@acme.example
        S: * QUOTA anna@acme.example (STORAGE {kib} 512 MESSAGE 2 100)
        S: a OK Quota told
        C: b GETQUOTA "anna@acme.example"
        S: * QUOTA anna@acme.example (STORAGE {kib} 512 MESSAGE 2 100)
        S: b OK Quota told
        """)


async def test_one_resource_alone(server, filled):
    """4.2.1: only resources that are limited are in the list."""
    await limit(server, messages=100)
    await server.selected(
        script="""
        C: a GETQUOTA anna@acme.example
        S: * QUOTA anna@acme.example (MESSAGE 2 100)
        S: a OK Quota told
        """
    )


async def test_without_a_limit_there_is_no_root(server):
    """4.2.2: the list of roots may be empty."""
    await server.signed_in("""
        C: a GETQUOTAROOT INBOX
        S: * QUOTAROOT "INBOX"
        S: a OK There is no limit
        C: b GETQUOTA anna@acme.example
        S: b NO [NONEXISTENT] There is no such quota root
        """)


async def test_the_default_of_the_workspace(server, filled):
    async with server.house.workspace(server.workspace.id) as tx:
        await set_default(tx, Actor.system(server.workspace.id), Limits(messages=7))
    client = await server.signed_in("""
        C: a GETQUOTA anna@acme.example
        S: * QUOTA anna@acme.example (MESSAGE 2 7)
        S: a OK Quota told
        """)
    await limit(server, messages=0)
    await client.follow("""
        C: b GETQUOTA anna@acme.example
        S: b NO [NONEXISTENT] There is no such quota root
        """)


async def test_a_folder_need_not_exist(server):
    """4.1.2: to know which root would apply to it."""
    await limit(server, messages=100)
    await server.signed_in("""
        C: a GETQUOTAROOT "Customers/North"
        S: * QUOTAROOT "Customers/North" anna@acme.example
        S: * QUOTA anna@acme.example (MESSAGE 0 100)
        S: a OK Quota told
        C: b GETQUOTAROOT "Other Users/nobody@acme.example/INBOX"
        S: b NO [NONEXISTENT] There is no such mailbox.
        C: c GETQUOTA ""
        S: c NO [NONEXISTENT] There is no such quota root
        C: d GETQUOTA bert@acme.example
        S: d NO [NONEXISTENT] There is no such quota root
        """)


async def test_limits_are_not_set_from_here(server):
    """4.1.3."""
    await limit(server, messages=100)
    await server.signed_in("""
        C: a SETQUOTA anna@acme.example (STORAGE 512)
        S: a NO [NOPERM] Limits are set by an administrator
        C: b SETQUOTA "" ()
        S: b NO [NONEXISTENT] There is no such quota root
        C: c SETQUOTA anna@acme.example (STORAGE much)
        S: c BAD {*}
        C: d SETQUOTA anna@acme.example
        S: d BAD {*}
        C: e GETQUOTA
        S: e BAD {*}
        C: f GETQUOTA a b
        S: f BAD {*}
        """)


async def test_only_after_signing_in(server):
    await server.connect("""
        C: a GETQUOTAROOT INBOX
        S: a BAD {*}
        """)


async def test_what_expunge_would_free(server, filled):
    """4.1.4: DELETED and DELETED-STORAGE, the latter in octets."""
    await server.selected(
        script=f"""
        C: a STATUS INBOX (SIZE DELETED DELETED-STORAGE)
        S: * STATUS "INBOX" (SIZE {filled} DELETED 0 DELETED-STORAGE 0)
        S: a OK Status told
        C: b STORE 1 +FLAGS.SILENT (\\Deleted)
        S: b OK {{*}}
        C: c STATUS INBOX (DELETED DELETED-STORAGE)
        S: * STATUS "INBOX" (DELETED 1 DELETED-STORAGE {filled // 2})
        S: c OK Status told
        C: d EXPUNGE
        S: * 1 EXPUNGE
        S: * 1 RECENT
        S: d OK Expunged
        C: e STATUS INBOX (MESSAGES SIZE DELETED-STORAGE)
        S: * STATUS "INBOX" (MESSAGES 1 SIZE {filled // 2} DELETED-STORAGE 0)
        S: e OK Status told
        """
    )


async def test_append_to_a_full_mailbox(server, filled):
    """4.3.1: OVERQUOTA; nothing is kept, and what is freed can be used at once."""
    await limit(server, messages=2)
    client = await server.selected(
        script="""
        C: a APPEND Sent {10+}
        C: Subject: x
        S: a NO [OVERQUOTA] The mailbox is full.
        C: b STORE 1 +FLAGS.SILENT (\\Deleted)
        S: b OK {*}
        C: c EXPUNGE
        S: * 1 EXPUNGE
        S: * 1 RECENT
        S: c OK Expunged
        """
    )
    await client.send(b"d APPEND Sent {14+}\r\nSubject: x\r\n\r\n\r\n")
    await client.follow("""
        S: d OK [APPENDUID {*} 1] Appended
        C: e STATUS Sent (MESSAGES)
        S: * STATUS "Sent" (MESSAGES 1)
        S: e OK Status told
        """)


async def test_append_beyond_the_size(server, filled):
    await limit(server, octets=filled + 20)
    client = await server.signed_in()
    await client.send(b"a APPEND Sent {29+}\r\nSubject: more than twenty\r\n\r\n\r\n")
    await client.follow("S: a NO [OVERQUOTA] The mailbox is full.")
    await client.send(b"b APPEND Sent {14+}\r\nSubject: x\r\n\r\n\r\n")
    await client.follow("S: b OK {*}")


async def test_copy_is_refused_where_move_is_not(server, filled):
    """4.3.1; what is moved needs no more room."""
    await limit(server, messages=2)
    await server.selected(
        script="""
        C: a COPY 1 Archive
        S: a NO [OVERQUOTA] The mailbox is full.
        C: b MOVE 1 Archive
        S: * OK [COPYUID {*} 1 1] Moved
        S: * 1 EXPUNGE
        S: * 1 RECENT
        S: b OK Moved
        C: c STATUS Archive (MESSAGES)
        S: * STATUS "Archive" (MESSAGES 1)
        S: c OK Status told
        C: d GETQUOTA anna@acme.example
        S: * QUOTA anna@acme.example (MESSAGE 2 2)
        S: d OK Quota told
        """
    )
