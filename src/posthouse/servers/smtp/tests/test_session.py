import asyncio
import errno
import logging
import ssl

import asyncpg
import pytest

from posthouse.foundation.errors import Busy, Denied
from posthouse.protocols.smtp.profile import Limits
from posthouse.servers.smtp.patience import Timeouts

MAIL = b"EHLO c\r\nMAIL FROM:<c@c.example>\r\nRCPT TO:<anna@example.org>\r\nDATA\r\n"


class Client:
    """A raw connection that can say anything."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, port: int, *, greet: bool = True, **options) -> "Client":
        client = cls(*await asyncio.open_connection("127.0.0.1", port, **options))
        if greet:
            assert (await client.reply()).startswith("220 mx.example.org")
        return client

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self) -> str:
        """One reply, its lines joined; empty at the end of the connection."""
        text = ""
        while line := (await asyncio.wait_for(self.reader.readline(), 10)).decode():
            text += line
            if line[3:4] == " ":
                break
        return text

    async def ask(self, data: bytes) -> str:
        await self.say(data)
        return await self.reply()

    async def rest(self) -> str:
        return (await asyncio.wait_for(self.reader.read(), 10)).decode()

    async def start_tls(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport = await loop.start_tls(self.writer.transport, protocol, context)
        assert transport is not None
        self.plain = self.writer  # a writer closes its transport when it is collected
        self.reader = reader
        self.writer = asyncio.StreamWriter(transport, protocol, reader, loop)


async def test_a_mail_comes_in_with_our_trace(start, town):
    listener = await start()
    client = await Client.connect(listener.port)
    await client.say(MAIL + b"Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n")
    said = await client.rest()
    assert [line[:3] for line in said.splitlines() if line[3] == " "] == [
        *("250", "250", "250", "354", "250", "221")
    ]
    assert town.contents == [b"Subject: x\r\n\r\n.dot\r\n"]
    (envelope,) = town.kept
    assert (str(envelope.mail_from), [str(a) for a in envelope.recipients]) == (
        "c@c.example",
        ["anna@example.org"],
    )
    assert envelope.session.peer_host == "127.0.0.1"
    assert envelope.raw.startswith(
        b"Received: from c ([127.0.0.1])\r\n\tby mx.example.org with ESMTP\r\n"
    )
    assert f"Filed as {envelope.id.hex}" in said


async def test_what_is_known_is_answered_at_once_and_in_order(start, town):
    town.knows_all = True
    listener = await start()
    client = await Client.connect(listener.port)
    mail = MAIL.replace(b"anna@", b"nobody-would-find@") + b"Subject: x\r\n\r\n.\r\n"
    await client.say(mail + mail.replace(b"EHLO c\r\n", b"") + b"QUIT\r\n")
    said = await client.rest()
    assert [line[:3] for line in said.splitlines() if line[3] == " "] == [
        *("250", "250", "250", "354", "250"),
        *("250", "250", "354", "250", "221"),
    ]
    assert [each.session.hello for each in town.kept] == ["c", "c"]


async def test_injection_before_tls_is_never_obeyed(start, town):
    listener = await start()
    client = await Client.connect(listener.port)
    assert "STARTTLS" in await client.ask(b"EHLO c\r\n")
    # In one packet with STARTTLS: whatever stands behind it must not be said inside TLS.
    injected = b"EHLO evil\r\nMAIL FROM:<evil@c.example>\r\nRCPT TO:<anna@example.org>\r\n"
    assert (await client.ask(b"STARTTLS\r\n" + injected)).startswith("220")
    await client.start_tls()
    assert (await client.ask(b"MAIL FROM:<c@c.example>\r\n")).startswith("503 5.5.1 Say EHLO")
    greeting = await client.ask(b"EHLO c\r\n")
    assert greeting.startswith("250-mx.example.org")
    assert "STARTTLS" not in greeting
    assert (await client.ask(b"RCPT TO:<anna@example.org>\r\n")).startswith("503 5.5.1 Say MAIL")
    await client.say(MAIL + b"x\r\n.\r\n")
    for _ in range(4):
        await client.reply()
    assert (await client.reply()).startswith("250 2.0.0 Filed")
    (envelope,) = town.kept
    assert envelope.session.tls is not None
    assert b"with ESMTPS\r\n\t(using TLSv1.3 with cipher TLS_" in envelope.raw
    client.writer.close()


async def test_plaintext_after_starttls_only_breaks_the_handshake(start, town):
    listener = await start()
    client = await Client.connect(listener.port)
    await client.ask(b"EHLO c\r\n")
    await client.ask(b"STARTTLS\r\n")
    await client.say(MAIL + b"x\r\n.\r\n")
    assert "250" not in await _until_closed(client)
    assert town.kept == []


async def _until_closed(client: Client) -> str:
    try:
        return (await asyncio.wait_for(client.reader.read(), 10)).decode("latin-1")
    except ConnectionError:
        return ""


async def test_implicit_tls(start, town):
    listener = await start("submissions")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client = await Client.connect(listener.port, ssl=context)
    assert "AUTH SCRAM-SHA-256" in await client.ask(b"EHLO c\r\n")
    client.writer.close()


async def test_auth_in_the_clear_only_from_loopback_and_only_when_allowed(start):
    plain = b"AUTH PLAIN AGFubmFAZXhhbXBsZS5vcmcAY29ycmVjdCBob3JzZQ==\r\n"
    for allowed, code in ((True, "235"), (False, "538")):
        listener = await start("submission", plaintext_auth=allowed)
        client = await Client.connect(listener.port)
        assert ("AUTH" in await client.ask(b"EHLO c\r\n")) is allowed
        assert (await client.ask(plain)).startswith(code)
        assert not listener.profile_for("192.0.2.1").plaintext_auth
        assert listener.profile_for("::ffff:127.0.0.1").plaintext_auth is allowed
        client.writer.close()


async def test_acting_for_another_is_refused(start, town):
    listener = await start("submission", plaintext_auth=True)
    client = await Client.connect(listener.port)
    await client.ask(b"EHLO c\r\n")
    # bert NUL anna@example.org NUL correct horse
    reply = await client.ask(b"AUTH PLAIN YmVydABhbm5hQGV4YW1wbGUub3JnAGNvcnJlY3QgaG9yc2U=\r\n")
    assert reply.startswith("535 5.7.8")
    client.writer.close()


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (Busy("The disk is full."), "452 4.3.1 The disk is full."),
        (Denied("Not this one."), "550 5.7.1 Not this one."),
        (OSError(errno.ENOSPC, "full"), "452 4.3.1"),
        (asyncpg.DiskFullError("could not extend file"), "452 4.3.1"),
        (ConnectionRefusedError(), "451 4.3.0"),
        (KeyError("secret /path"), "451 4.3.0 Internal error, try again later"),
    ],
)
async def test_what_goes_wrong_is_said_without_a_trace(start, town, error, reply, caplog):
    town.on_accept = error
    listener = await start()
    client = await Client.connect(listener.port)
    await client.say(MAIL)
    for _ in range(4):
        await client.reply()
    said = await client.ask(b"x\r\n.\r\n")
    assert said.startswith(reply)
    assert "secret" not in said
    assert (await client.ask(b"NOOP\r\n")).startswith("250")
    client.writer.close()


async def test_a_broken_session_ends_with_421(start, caplog):
    listener = await start()
    listener.tls = "no context at all"
    client = await Client.connect(listener.port)
    await client.ask(b"EHLO c\r\n")
    assert (await client.ask(b"STARTTLS\r\n")).startswith("220")
    assert (await client.rest()) == "421 4.3.0 Internal error, closing, try again later\r\n"


async def test_connections_are_bounded_in_all_and_per_source(start):
    listener = await start(connections_per_source=2)
    first, second = [await Client.connect(listener.port) for _ in range(2)]
    third = await Client.connect(listener.port, greet=False)
    assert (await third.rest()).startswith("421 4.7.0 Too many connections from your address")
    first.writer.close()
    await asyncio.sleep(0.05)
    fourth = await Client.connect(listener.port)
    for client in (second, fourth):
        client.writer.close()
    full = await start(connections=0)
    assert (await (await Client.connect(full.port, greet=False)).rest()).startswith("421 4.3.2")


async def test_slow_commands_are_cut_although_bytes_trickle(start):
    listener = await start(timeouts=Timeouts(command=0.4))
    client = await Client.connect(listener.port)

    async def trickle() -> None:
        for byte in b"NOOP aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":
            await client.say(bytes([byte]))
            await asyncio.sleep(0.05)

    task = asyncio.create_task(trickle())
    assert (await client.reply()).startswith("421 4.4.2")
    task.cancel()
    client.writer.close()


async def test_slow_data_is_cut_although_bytes_trickle(start, town):
    timeouts = Timeouts(data_grace=0.2, data_rate=1000, data_stall=2)
    listener = await start(timeouts=timeouts)
    client = await Client.connect(listener.port)
    await client.say(MAIL)
    for _ in range(4):
        await client.reply()

    async def trickle() -> None:
        while True:
            await client.say(b"x\r\n")
            await asyncio.sleep(0.05)

    task = asyncio.create_task(trickle())
    assert (await client.reply()).startswith("421 4.4.2")
    task.cancel()
    client.writer.close()
    assert town.kept == []


async def test_our_own_slowness_is_not_the_clients_fault(start, town):
    town.gate = asyncio.Event()
    listener = await start(timeouts=Timeouts(command=0.2))
    client = await Client.connect(listener.port)
    await client.say(MAIL + b"x\r\n.\r\n")
    for _ in range(4):
        await client.reply()
    await asyncio.sleep(0.6)
    town.gate.set()
    assert (await client.reply()).startswith("250 2.0.0 Filed")
    client.writer.close()


async def test_a_client_that_does_not_read_is_left(start):
    limits = Limits(idle_commands=10_000_000)
    listener = await start(limits=limits, timeouts=Timeouts(command=0.5, farewell=0.3))
    client = await Client.connect(listener.port)
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(_flood(client), 60)
    client.writer.transport.abort()


async def _flood(client: Client) -> None:
    while True:
        await client.say(b"NOOP\r\n" * 5000)


async def test_errors_are_tarpitted_in_time(start):
    limits = Limits(errors_before_tarpit=1, errors=4, tarpit_seconds=0.1)
    listener = await start(limits=limits)
    client = await Client.connect(listener.port)
    began = asyncio.get_running_loop().time()
    await client.say(b"BLAH\r\n" * 10)
    said = await client.rest()
    assert said.count("500 5.5.1") == 4
    assert said.endswith("421 4.7.0 Too many errors, closing\r\n")
    assert asyncio.get_running_loop().time() - began > 0.25


async def test_stopping_lets_a_message_end_and_tells_the_idle(start, town):
    town.gate = asyncio.Event()
    listener = await start()
    port = listener.port
    idle = await Client.connect(listener.port)
    busy = await Client.connect(listener.port)
    await busy.say(MAIL + b"x\r\n.\r\n")
    for _ in range(4):
        await busy.reply()
    stopping = asyncio.create_task(listener.stop(grace=5))
    assert (await idle.rest()).startswith("421 4.3.2 Shutting down")
    town.gate.set()
    said = await busy.rest()
    assert said.startswith("250 2.0.0 Filed")
    assert "421 4.3.2" in said
    await asyncio.wait_for(stopping, 30)
    with pytest.raises(ConnectionError):
        await Client.connect(port)
    assert len(town.kept) == 1


async def test_stopping_does_not_wait_for_ever(start, town):
    town.gate = asyncio.Event()
    listener = await start()
    client = await Client.connect(listener.port)
    await client.say(MAIL + b"x\r\n.\r\n")
    await asyncio.sleep(0.05)
    await asyncio.wait_for(listener.stop(grace=0.2), 30)
    assert town.kept == []
    client.writer.close()


async def test_a_client_that_stops_talking_hears_the_end(start, town):
    listener = await start()
    client = await Client.connect(listener.port)
    await client.say(MAIL + b"x\r\n.\r\n")
    client.writer.write_eof()
    assert "250 2.0.0 Filed" in await client.rest()
    assert len(town.kept) == 1


async def test_a_large_message_comes_through_whole(start, town):
    listener = await start()
    client = await Client.connect(listener.port)
    content = b"".join(b".%d %s\r\n" % (i, b"x" * 70) for i in range(50_000))
    await client.say(MAIL)
    for _ in range(4):
        await client.reply()
    wire = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
    assert (await client.ask(wire + b".\r\n")).startswith("250")
    assert town.contents == [content]
    client.writer.close()


async def test_one_line_a_message_and_one_a_session_without_people(start, town, caplog):
    caplog.set_level(logging.INFO, "posthouse.servers.smtp")
    listener = await start()
    client = await Client.connect(listener.port)
    await client.say(MAIL + b"Subject: secret\r\n\r\nx\r\n.\r\nQUIT\r\n")
    await client.rest()
    await asyncio.sleep(0.05)
    records = [r for r in caplog.records if r.name.startswith("posthouse.servers.smtp")]
    assert [record.getMessage() for record in records] == ["smtp message", "smtp session"]
    text = " ".join(f"{record.__dict__}" for record in records)
    assert "secret" not in text
    assert "anna" not in text
    assert "c@c.example" not in text
    assert records[1].__dict__["accepted"] == 1


async def test_chunks_come_through_whole_whatever_is_in_them(start, town):
    listener = await start()
    client = await Client.connect(listener.port)
    content = b"Subject: x\r\n\r\n.\r\nQUIT\r\n" + b"x" * 300_000 + b"\r\n"
    await client.say(MAIL.removesuffix(b"DATA\r\n"))
    await client.say(b"BDAT 200000\r\n" + content[:200_000])
    await client.say(b"BDAT %d LAST\r\n" % (len(content) - 200_000) + content[200_000:])
    for expected in ("250", "250", "250", "250 2.0.0 200000 octets", "250 2.0.0 Filed as"):
        assert (await client.reply()).startswith(expected)
    assert town.contents == [content]
    client.writer.close()
