"""Greeting, capabilities, order of states, what everybody may say."""

import asyncio

from tests.support.house import deliver, letter


async def test_greeting_and_goodbye(server):
    client = await server.connect("""
        C: a CAPABILITY
        S: * CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ {*} IDLE AUTH=SCRAM-SHA-256 {*} AUTH=XOAUTH2
        S: a OK Capabilities listed
        C: b NOOP
        S: b OK Nothing done
        C: c ID ("name" "test")
        S: * ID ("name" "Posthouse")
        S: c OK Pleased to meet you
        C: d LOGOUT
        S: * BYE See you
        S: d OK Signed out
    """)
    assert await client.ended()


async def test_what_is_not_for_now(server):
    await server.connect("""
        C: a SELECT INBOX
        S: a BAD SELECT is not for now
        C: b FETCH 1 FLAGS
        S: b BAD FETCH is not for now
        C: c STARTTLS
        S: c BAD STARTTLS is not for now
        C: nonsense
        S: nonsense BAD Missing argument
        C: d FROBNICATE
        S: d BAD Unknown command
        C: * x
        S: * BAD Missing tag
    """)


async def test_signed_in(server):
    await server.signed_in("""
        C: a LOGIN x y
        S: a BAD LOGIN is not for now
        C: b NAMESPACE
        S: * NAMESPACE (("" "/")) NIL NIL
        S: b OK Namespaces listed
        C: c ENABLE CONDSTORE X-UNKNOWN
        S: * ENABLED CONDSTORE
        S: c OK Enabled
        C: d FETCH 1 FLAGS
        S: d BAD FETCH is not for now
        C: e CAPABILITY
        S: * CAPABILITY IMAP4rev1 {*} MOVE UNSELECT CONDSTORE {*} APPENDLIMIT=1000000
        S: e OK Capabilities listed
    """)


async def test_pipelined_commands_are_answered_in_order(server):
    await server.connect("""
        C: in LOGIN anna@acme.example "correct horse battery"
        C: a SELECT INBOX
        C: b NOOP
        C: c UNSELECT
        C: d LOGOUT
        S: in OK {*}
        S: {...}
        S: a OK [READ-WRITE] Opened
        S: b OK Nothing done
        S: c OK Closed
        S: * BYE See you
        S: d OK Signed out
    """)


async def test_hostile_input_ends_the_conversation(server):
    client = await server.connect()
    await client.send(b"a SEARCH " + b"(" * 1_000_000)
    await client.follow("""
        S: a BAD [TOOBIG] Line too long
        S: * BYE Too much at once
    """)


async def test_deep_nesting_of_a_member_is_refused(server):
    client = await server.selected()
    await client.send(b"a SEARCH " + b"(" * 60_000 + b"\r\n")
    await client.follow("""
        S: a BAD Nested too deeply
        C: b NOOP
        S: b OK Nothing done
    """)


async def test_oversized_literals(server):
    client = await server.signed_in("""
        C: a APPEND INBOX {1000001}
        S: a NO [TOOBIG] Message too big
        C: b LOGOUT
        S: * BYE See you
        S: b OK Signed out
    """)
    assert await client.ended()
    await server.connect("""
        C: a LOGIN {4097}
        S: a NO [TOOBIG] Literal too big
        C: b LOGIN {999999+}
        S: b BAD [TOOBIG] Literal too big
        S: * BYE Too much at once
    """)


async def test_too_many_bad_commands(serve):
    server = await serve(limits={"bad_commands": 3})
    client = await server.connect("""
        C: a X
        S: a BAD Unknown command
        C: b X
        S: b BAD Unknown command
        C: c X
        S: c BAD Unknown command
        C: d X
        S: * BYE Too many bad commands
        S: d BAD Unknown command
    """)
    assert await client.ended()


async def test_silence_ends_the_conversation(serve):
    server = await serve(limits={"before_sign_in": 0.2, "idle": 0.2})
    client = await server.connect("S: * BYE Idle for too long")
    assert await client.ended()


async def test_connections_are_limited_by_source(serve):
    server = await serve(limits={"connections_per_source": 1})
    first = await server.connect()
    second = await _refused(server)
    assert second == b"* BYE [UNAVAILABLE] Too many connections from you\r\n"
    await first.follow("""
        C: a LOGOUT
        S: {...}
        S: a OK Signed out
    """)
    assert await first.ended()
    await server.connect()


async def _refused(server):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    said = await reader.read()
    writer.close()
    return said


async def test_shutting_down(server):
    idle = await server.signed_in("""
        C: a IDLE
        S: + Waiting
    """)
    waiting = await server.signed_in()
    await server.listener.stop(grace=2)
    await idle.follow("S: * BYE Shutting down")
    await waiting.follow("S: * BYE Shutting down")


async def test_a_client_that_closes_its_side_is_still_answered(server):
    client = await server.connect()
    client.writer.write(b"a NOOP\r\nb CAPABILITY\r\n")
    client.writer.write_eof()
    await client.follow("""
        S: a OK Nothing done
        S: * CAPABILITY {*}
        S: b OK Capabilities listed
    """)
    assert await client.ended()


async def test_a_client_that_takes_nothing_is_cut_off(serve):
    server = await serve(limits={"write": 0.3, "batch_octets": 100_000})
    raws = [letter(message_id=f"{n}@x", body="y" * 900_000 + "\r\n") for n in range(12)]
    await deliver(server.house, server.workspace, *raws)
    client = await server.selected()
    client.writer.transport.pause_reading()
    await client.send(b"a FETCH 1:* BODY.PEEK[]\r\n")
    for _ in range(200):
        if not server.listener.sessions:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the session still waits")
