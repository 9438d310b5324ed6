"""The TRANSACTION state, clause by clause of RFC 1939 5 and 7."""

import asyncio

import pytest

from posthouse.foundation.errors import Busy
from posthouse.mail import maildrops
from posthouse.mail.mailboxes import changing
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Flags, OpenFolder
from posthouse.mail.mailboxes.reading import open_folder
from posthouse.mail.maildrops import actions
from tests.support.house import deliver, letter

DOTTED = b"Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\nx.\r\n\r\n.\r\nlast"
UNIX = b"Subject: unix\n\nbare\nline ends\rand a bare CR\n.\n"


async def opened(server, folder: str) -> OpenFolder:
    async with server.house.workspace(server.workspace.id) as tx:
        folder_id = await find_folder(tx, server.workspace.mailbox_id, folder)
        return await open_folder(tx, folder_id, None)


async def uids(server, folder: str) -> list[int]:
    return list((await opened(server, folder)).uids)


async def move(server, source: str, target: str, *, copy: bool = False) -> None:
    here, there = await opened(server, source), await opened(server, target)
    act = changing.copy_messages if copy else changing.move_messages
    async with server.house.workspace(server.workspace.id) as tx:
        await act(tx, here.folder.id, list(here.uids), there.folder.id)


async def unique_ids(server) -> list[str]:
    client = await server.signed_in("C: UIDL\nS: +OK {*}")
    found = []
    while (line := await client.line()) != ".":
        found.append(line.partition(" ")[2])
    await client.follow("C: QUIT\nS: +OK See you")
    return found


async def retrieved(client, number: int, command: str = "RETR {}") -> bytes:
    """A message with its dots undone."""
    await client.follow(f"C: {command.format(number)}")
    return await taken(client)


async def taken(client) -> bytes:
    await client.follow("S: +OK {*}")
    octets: bytes = await client.reader.readuntil(b"\r\n.\r\n")
    return (b"\r\n" + octets[:-3]).replace(b"\r\n.", b"\r\n")[2:]


async def test_an_empty_maildrop(server):
    await server.signed_in("""
        C: STAT
        S: +OK 0 0
        C: LIST
        S: +OK 0 messages (0 octets)
        S: .
        C: UIDL
        S: +OK 0 messages (0 octets)
        S: .
        C: LIST 1
        S: -ERR There is no such message
        C: RETR 1
        S: -ERR There is no such message
        C: NOOP
        S: +OK Nothing done
        C: XTND
        S: -ERR There is no such command
        C: QUIT
        S: +OK See you
    """)


async def test_nothing_is_there_for_strangers(server):
    """RFC 1939 3: a command in the wrong state."""
    await server.connect(
        "\n".join(
            f"C: {command}\nS: -ERR Not now"
            for command in ("STAT", "LIST", "UIDL", "RETR 1", "TOP 1 0", "DELE 1", "NOOP", "RSET")
        )
        + "\nC: QUIT\nS: +OK See you"
    )


async def test_sizes_are_what_is_sent(server):
    """RFC 1939 3 and 11: octets with CRLF, dots counted once; a last line is ended."""
    raws = [letter(message_id="1@x"), DOTTED, UNIX, b"no header at all", b"only: header\r\n"]
    sent = [
        raws[0],
        DOTTED + b"\r\n",
        UNIX.replace(b"\n", b"\r\n"),
        b"no header at all\r\n",
        b"only: header\r\n",
    ]
    for raw in raws:
        await deliver(server.house, server.workspace, raw)
    client = await server.signed_in(f"C: STAT\nS: +OK 5 {sum(map(len, sent))}")
    await client.follow("C: LIST\nS: +OK {*}")
    for number, octets in enumerate(sent, 1):
        await client.follow(f"S: {number} {len(octets)}")
    await client.follow("S: .")
    for number, octets in enumerate(sent, 1):
        assert await retrieved(client, number) == octets
        await client.follow(f"C: LIST {number}\nS: +OK {number} {len(octets)}")
    # In any order, twice, and one that was read ahead.
    for number in (3, 1, 2, 2, 5):
        assert await retrieved(client, number) == sent[number - 1]


@pytest.mark.parametrize("count", [4, 5])
async def test_a_maildrop_is_read_in_slices(server, count: int, monkeypatch):
    monkeypatch.setattr(actions, "_SLICE", 2)
    await deliver(
        server.house, server.workspace, *(letter(message_id=f"{n}@x") for n in range(count))
    )
    assert len(set(await unique_ids(server))) == count


async def test_top(server):
    await deliver(server.house, server.workspace, DOTTED, b"only: header\r\n")
    client = await server.signed_in()
    head = b"Subject: dots\r\n\r\n"
    for lines, body in (
        (0, b""),
        (1, b".\r\n"),
        (3, b".\r\n..\r\n.hidden\r\n"),
        (6, b".\r\n..\r\n.hidden\r\nx.\r\n\r\n.\r\n"),
        (7, b".\r\n..\r\n.hidden\r\nx.\r\n\r\n.\r\nlast\r\n"),
        (99_999_999, b".\r\n..\r\n.hidden\r\nx.\r\n\r\n.\r\nlast\r\n"),
    ):
        assert await retrieved(client, 1, f"TOP {{}} {lines}") == head + body
    assert await retrieved(client, 2, "TOP {} 0") == b"only: header\r\n"
    assert await retrieved(client, 2, "TOP {} 5") == b"only: header\r\n"
    await client.follow("C: TOP 1\nS: -ERR {*}\nC: TOP 3 1\nS: -ERR There is no such message")


async def test_marks(server):
    """DELE, RSET: what is marked is not there any more, and comes back."""
    raws = [letter(message_id=f"{n}@x", body="x" * n + "\r\n") for n in range(3)]
    await deliver(server.house, server.workspace, *raws)
    a, b, c = map(len, raws)
    await server.signed_in(f"""
        C: DELE 2
        S: +OK Marked
        C: DELE 2
        S: -ERR This message is marked as deleted
        C: RETR 2
        S: -ERR This message is marked as deleted
        C: TOP 2 0
        S: -ERR This message is marked as deleted
        C: UIDL 2
        S: -ERR This message is marked as deleted
        C: LIST 2
        S: -ERR This message is marked as deleted
        C: DELE 4
        S: -ERR There is no such message
        C: STAT
        S: +OK 2 {a + c}
        C: LIST
        S: +OK 2 messages ({a + c} octets)
        S: 1 {a}
        S: 3 {c}
        S: .
        C: RSET
        S: +OK 3 messages ({a + b + c} octets)
        C: LIST 2
        S: +OK 2 {b}
        C: QUIT
        S: +OK See you
    """)
    assert len(await uids(server, "INBOX")) == 3


async def test_deleted_mail_goes_to_trash_when_the_client_says_quit(serve):
    """RFC 1939 6: only QUIT deletes; whoever leaves without it has changed nothing."""
    server = await serve(limits={"removed_together": 2})
    raws = [letter(message_id=f"{n}@x") for n in range(6)]
    await deliver(server.house, server.workspace, *raws)
    lost = await server.signed_in("C: DELE 1\nS: +OK Marked\nC: DELE 6\nS: +OK Marked")
    lost.writer.close()
    await lost.writer.wait_closed()
    client = await server.connect()
    while True:  # the server may not have noticed yet
        await client.follow("C: USER anna@acme.example\nS: +OK {*}\nC: PASS correct horse battery")
        if (await client.line()).startswith("+OK 6 messages"):
            break
    inbox = (await opened(server, "INBOX")).folder.id
    with server.house.signals.subscribe(f"folder:{inbox}") as news:
        dele = "".join(f"C: DELE {n}\nS: +OK Marked\n" for n in (1, 3, 4, 5, 6))
        await client.follow(dele + "C: QUIT\nS: +OK See you")
        await news.wait()  # IMAP sessions hear of it
    assert await client.ended()
    assert await uids(server, "INBOX") == [2]
    assert len(await uids(server, "Trash")) == 5
    await server.signed_in("C: LIST\nS: +OK 1 {*}\nS: 1 {*}\nS: .\nC: QUIT\nS: +OK See you")


async def test_what_cannot_be_deleted_now_stays(server, monkeypatch):
    """RFC 1939 6: the client is told, and the connection ends all the same."""

    async def away(*_):
        raise Busy("The database went away.")

    await deliver(server.house, server.workspace, letter(message_id="1@x"))
    client = await server.signed_in("C: DELE 1\nS: +OK Marked")
    monkeypatch.setattr(maildrops, "remove", away)
    await client.follow("C: QUIT\nS: -ERR [SYS/TEMP] The database went away.")
    assert await client.ended()
    assert await uids(server, "INBOX") == [1]


async def test_unique_ids_stay_for_ever(server):
    """RFC 1939 7: over sessions, out of the Inbox and back, under new uids; never given again."""
    raw = letter(message_id="1@x")
    await deliver(server.house, server.workspace, raw, raw, letter(message_id="2@x"))
    before = await unique_ids(server)
    assert len(set(before)) == 3
    assert all(len(each) <= 70 and each.isascii() and each.isprintable() for each in before)
    assert await unique_ids(server) == before
    await move(server, "INBOX", "Archive")
    assert await unique_ids(server) == []
    await deliver(server.house, server.workspace, raw)
    (newcomer,) = await unique_ids(server)
    assert newcomer not in before
    await move(server, "Archive", "INBOX")
    assert await unique_ids(server) == [newcomer, *before]
    await move(server, "INBOX", "INBOX", copy=True)
    assert await unique_ids(server) == [newcomer, *before]


async def test_a_message_that_stands_there_twice_is_deleted_once(server):
    await deliver(server.house, server.workspace, letter(message_id="1@x"))
    await move(server, "INBOX", "INBOX", copy=True)
    await server.signed_in("C: STAT\nS: +OK 1 {*}\nC: DELE 1\nS: +OK {*}\nC: QUIT\nS: +OK See you")
    assert await uids(server, "INBOX") == []


async def test_what_others_do_meanwhile(server):
    """The maildrop is as it was at the sign-in; what left the Inbox is not deleted from here."""
    await deliver(server.house, server.workspace, *(letter(message_id=f"{n}@x") for n in "12"))
    client = await server.signed_in("C: STAT\nS: +OK 2 {*}")
    await move(server, "INBOX", "Archive")
    await deliver(server.house, server.workspace, letter(message_id="3@x"))
    await client.follow("""
        C: STAT
        S: +OK 2 {*}
        C: RETR 1
        S: +OK {*}
        S: {...}
        S: .
        C: TOP 2 0
        S: -ERR This message is not in the Inbox any more
        C: DELE 1
        S: +OK Marked
        C: QUIT
        S: +OK See you
    """)
    assert (len(await uids(server, "INBOX")), len(await uids(server, "Archive"))) == (1, 2)
    assert await uids(server, "Trash") == []


async def test_retr_leaves_mail_unread(server):
    await deliver(server.house, server.workspace, letter(message_id="1@x"))
    client = await server.signed_in()
    await retrieved(client, 1)
    assert not (await opened(server, "INBOX")).flags[0] & Flags.SEEN


async def test_pipelining(server):
    """RFC 2449 6.6: many commands at once, answered in order, mail read ahead."""
    raws = [letter(message_id=f"{n}@x", body=f"{n}\r\n.\r\n" * 50) for n in range(150)]
    await deliver(server.house, server.workspace, *raws)
    client = await server.signed_in()
    await client.send(b"".join(b"RETR %d\r\nDELE %d\r\n" % (n, n) for n in range(1, 151)))
    await client.send(b"NOOP\r\nRSET\r\n")
    for raw in raws:
        assert await taken(client) == raw
        await client.follow("S: +OK Marked")
    await client.follow("S: +OK Nothing done\nS: +OK 150 {*}")


async def test_a_large_message(server):
    raw = letter(message_id="1@x", body=".\r\n" + "x" * 700_000 + "\r\n..\r\n" * 200_000)
    await deliver(server.house, server.workspace, raw)
    client = await server.signed_in()
    assert await retrieved(client, 1) == raw


async def test_idle_sessions_end_without_a_word(serve):
    """RFC 1939 3: no response, no UPDATE."""
    server = await serve(limits={"idle": 0.1})
    await deliver(server.house, server.workspace, letter(message_id="1@x"))
    client = await server.signed_in("C: DELE 1\nS: +OK Marked")
    assert await client.ended()
    assert len(await uids(server, "INBOX")) == 1


@pytest.mark.parametrize("half", [False, True])
async def test_the_server_goes_down(server, half: bool):
    """A session that waits ends at once; nothing is deleted."""
    await deliver(server.house, server.workspace, letter(message_id="1@x"))
    client = await server.signed_in("C: DELE 1\nS: +OK Marked")
    if half:
        await client.send(b"QUI")
    async with asyncio.timeout(30):
        await server.listener.stop(grace=10)
    assert len(await uids(server, "INBOX")) == 1
