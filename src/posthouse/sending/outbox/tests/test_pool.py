"""The pool against our own server, against smtp-sink, and against servers that misbehave."""

import asyncio
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import uvloop

from posthouse.protocols.smtp.address import parse_address
from posthouse.protocols.smtp.envelope import Fate, OutgoingEnvelope, Stage
from posthouse.protocols.smtp.profile import Limits, Profile, Purpose
from posthouse.sending.outbox.connection import Credentials, Target, TlsPolicy
from posthouse.sending.outbox.pool import ConnectionPool, DeliveryResult, PoolLimits
from posthouse.servers.smtp.listener import Listener, ListenerOptions
from posthouse.servers.smtp.tests.town import ANNA, PASSWORD, Town, make_certificate

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def mail(*recipients: str, content: bytes = b"hi\r\n", sender: str = "a@b.example"):
    return OutgoingEnvelope(
        mail_from=parse_address(sender),
        recipients=tuple(parse_address(r) for r in recipients or (ANNA,)),
        content=content,
    )


def target(port: int, **options) -> Target:
    return Target(
        host="mx.example.org", address="127.0.0.1", port=port, hello="us.example", **options
    )


def fates(results: list[DeliveryResult]) -> list[list[Fate]]:
    return [[fate.fate for fate in result.fates] for result in results]


@pytest.fixture(scope="session")
def contexts(tmp_path_factory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context and one that trusts it."""
    certificate, key = make_certificate(tmp_path_factory.mktemp("tls"))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=str(certificate))


@asynccontextmanager
async def our_server(
    contexts, town: Town, *, name: str = "smtp", tls: bool = True, **options
) -> AsyncIterator[int]:
    purpose = Purpose.MX if name == "smtp" else Purpose.SUBMISSION
    profile = Profile(
        hostname="mx.example.org", purpose=purpose, limits=options.pop("limits", Limits())
    )
    listener = Listener(
        ListenerOptions(
            name=name,
            host="127.0.0.1",
            port=0,
            profile=profile,
            tls=contexts[0] if tls else None,
            implicit_tls=name == "submissions",
            **options,
        ),
        town,
    )
    await listener.start()
    try:
        yield listener.port
    finally:
        await listener.stop(grace=0.5)


@asynccontextmanager
async def odd_server(conversation: Conversation) -> AsyncIterator[int]:
    server = await asyncio.start_server(conversation, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture
async def pool(contexts) -> AsyncIterator[ConnectionPool]:
    pool = ConnectionPool(PoolLimits(messages_per_connection=5), verifying=contexts[1])
    yield pool
    pool.close()


async def test_many_mails_over_one_connection_with_tls(pool, contexts):
    town = Town()
    async with our_server(contexts, town) as port:
        mails = [mail(content=b".%d\r\n" % number) for number in range(4)]
        results = await pool.deliver(target(port), mails)
        assert fates(results) == [[Fate.DELIVERED]] * 4
        assert {result.tls_version for result in results} == {"TLSv1.3"}
        assert town.contents == [m.content for m in mails]
        assert len({envelope.session.id for envelope in town.kept}) == 1
        # The fifth still goes over the same connection, the sixth is over its cap.
        await pool.deliver(target(port), [mail(), mail()])
        assert len({envelope.session.id for envelope in town.kept[:5]}) == 1
        assert len({envelope.session.id for envelope in town.kept}) == 2


def test_the_same_on_uvloop(contexts):
    async def deliver_twice() -> list[DeliveryResult]:
        pool, town = ConnectionPool(verifying=contexts[1]), Town()
        async with our_server(contexts, town) as port:
            to = target(port, tls=TlsPolicy.VERIFIED)
            results = await pool.deliver(to, [mail(), mail("no@example.org")])
            pool.close()
            return results

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        results = runner.run(deliver_twice())
    assert fates(results) == [[Fate.DELIVERED], [Fate.PERMANENT]]


async def test_each_recipient_has_a_result_with_the_servers_words(pool, contexts):
    town = Town()
    async with our_server(contexts, town) as port:
        (result,) = await pool.deliver(target(port), [mail(ANNA, "no@example.org")])
    refused, delivered = result.fates
    assert (str(refused.address), refused.fate, refused.stage) == (
        "no@example.org",
        Fate.PERMANENT,
        Stage.RCPT,
    )
    assert (refused.reply.code, refused.reply.enhanced, refused.reply.text) == (
        550,
        "5.1.1",
        "No such mailbox here.",
    )
    assert delivered.fate is Fate.DELIVERED
    assert (result.host, result.address) == ("mx.example.org", "127.0.0.1")
    assert any("RCPT TO:<no@example.org>" in line for line in result.transcript)


async def test_tls_policies(contexts):
    trusting = ConnectionPool(verifying=contexts[1])
    strict = ConnectionPool()
    town = Town()
    async with our_server(contexts, town) as port:
        verified = target(port, tls=TlsPolicy.VERIFIED)
        assert fates(await trusting.deliver(verified, [mail()])) == [[Fate.DELIVERED]]
        (result,) = await strict.deliver(verified, [mail()])
        assert (result.fates[0].fate, result.fates[0].stage) == (Fate.TEMPORARY, Stage.TLS)
        other_name = replace(verified, host="other.example")
        assert fates(await trusting.deliver(other_name, [mail()])) == [[Fate.TEMPORARY]]
        encrypted = target(port, tls=TlsPolicy.ENCRYPTED)
        assert fates(await strict.deliver(encrypted, [mail()])) == [[Fate.DELIVERED]]
        never = target(port, tls=TlsPolicy.NEVER)
        (result,) = await strict.deliver(never, [mail()])
        assert result.tls_version == ""
    async with our_server(contexts, town, tls=False) as port:
        assert fates(await strict.deliver(target(port), [mail()])) == [[Fate.DELIVERED]]
        (result,) = await strict.deliver(target(port, tls=TlsPolicy.ENCRYPTED), [mail()])
        assert result.fates[0].stage is Stage.TLS
    trusting.close()
    strict.close()


async def test_signing_in_at_a_relay(pool, contexts):
    town = Town()
    right = Credentials(identity=ANNA, password=PASSWORD)
    wrong = Credentials(identity=ANNA, password="wrong")
    for name, implicit in (("submission", False), ("submissions", True)):
        async with our_server(contexts, town, name=name) as port:
            to = target(port, implicit_tls=implicit, credentials=right, tls=TlsPolicy.VERIFIED)
            own = mail("x@far.example", sender=ANNA)
            assert fates(await pool.deliver(to, [own])) == [[Fate.DELIVERED]]
            assert town.kept[-1].session.member == ANNA
            (result,) = await pool.deliver(replace(to, credentials=wrong), [own])
            assert result.fates[0].stage is Stage.AUTH
            assert result.fates[0].reply.code == 535
            assert PASSWORD not in str(result)


async def test_large_content(pool, contexts):
    town = Town()
    content = b"".join(b".%d %s\r\n" % (i, b"x" * 70) for i in range(60_000))
    async with our_server(contexts, town) as port:
        results = await pool.deliver(target(port), [mail(content=content), mail()])
    assert fates(results) == [[Fate.DELIVERED]] * 2
    assert town.contents[0] == content


async def test_a_connection_that_died_meanwhile_costs_nothing(pool, contexts):
    town = Town()
    async with our_server(contexts, town) as port:
        to = target(port)
        await pool.deliver(to, [mail()])
    # The server went away and came back on the same port.
    options = ListenerOptions(
        name="smtp", host="127.0.0.1", port=port, profile=Profile(hostname="mx.example.org")
    )
    listener = Listener(options, town)
    await listener.start()
    assert fates(await pool.deliver(to, [mail()])) == [[Fate.DELIVERED]]
    await listener.stop(grace=0.2)


async def test_nobody_listens(pool):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        (result,) = await pool.deliver(target(taken.getsockname()[1]), [mail(ANNA, "b@c.example")])
    assert [fate.fate for fate in result.fates] == [Fate.TEMPORARY] * 2
    assert result.fates[0].stage is Stage.CONNECT
    assert result.fates[0].reply.enhanced == "4.4.1"


async def test_refused_at_the_door(pool, contexts):
    async with our_server(contexts, Town(), connections=0) as port:
        (result,) = await pool.deliver(target(port), [mail()])
    assert (result.fates[0].fate, result.fates[0].reply.code) == (Fate.TEMPORARY, 421)


async def test_lost_after_the_final_dot_is_unclear_and_the_next_is_tried_again(pool):
    seen: list[bytes] = []

    async def converse(reader, writer):
        writer.write(b"220 odd\r\n")
        await reader.readline()
        writer.write(b"250-odd\r\n250 PIPELINING\r\n")
        try:
            for _ in range(3):
                await reader.readline()
            writer.write(b"250 ok\r\n250 ok\r\n354 go\r\n")
            seen.append(await reader.readuntil(b"\r\n.\r\n"))
            if len(seen) == 1:
                return
            writer.write(b"250 taken\r\n")
        finally:
            writer.close()

    async with odd_server(converse) as port:
        results = await pool.deliver(target(port), [mail(content=b"1\r\n"), mail(content=b"2\r\n")])
    assert fates(results) == [[Fate.UNCLEAR], [Fate.DELIVERED]]
    assert results[0].fates[0].stage is Stage.BODY


async def test_tls_that_breaks_is_done_without(pool):
    async def converse(reader, writer):
        writer.write(b"220 odd\r\n")
        while line := await reader.readline():
            if line.startswith(b"EHLO"):
                writer.write(b"250-odd\r\n250 STARTTLS\r\n")
            elif line.startswith(b"STARTTLS"):
                writer.write(b"220 go\r\n")
                await writer.drain()
                writer.write(b"this is no handshake at all\r\n")
                await writer.drain()
                writer.close()
                return
            elif line.startswith(b"DATA"):
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 taken\r\n")
            else:
                writer.write(b"250 ok\r\n")
        writer.close()

    async with odd_server(converse) as port:
        (result,) = await pool.deliver(target(port), [mail()])
        assert (result.fates[0].fate, result.tls_version) == (Fate.DELIVERED, "")
        (result,) = await pool.deliver(target(port, tls=TlsPolicy.ENCRYPTED), [mail()])
        assert (result.fates[0].fate, result.fates[0].stage) == (Fate.TEMPORARY, Stage.TLS)


async def test_a_silent_server_is_given_up(pool, monkeypatch):
    monkeypatch.setattr("posthouse.protocols.smtp.client._TIMEOUT", 0.2)

    async def converse(reader, writer):
        await reader.read()
        writer.close()

    async with odd_server(converse) as port:
        (result,) = await pool.deliver(target(port), [mail()])
    assert (result.fates[0].fate, result.fates[0].reply.enhanced) == (Fate.TEMPORARY, "4.4.2")


async def test_a_cancelled_delivery_leaves_no_connection(pool, contexts):
    gate = asyncio.Event()
    town = Town(gate=gate)
    async with our_server(contexts, town) as port:
        task = asyncio.create_task(pool.deliver(target(port), [mail()]))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()
        await asyncio.sleep(0.1)
        assert fates(await pool.deliver(target(port), [mail()])) == [[Fate.DELIVERED]]


async def test_idle_connections_say_goodbye(contexts):
    pool = ConnectionPool(PoolLimits(idle_seconds=0.1))
    heard: list[bytes] = []

    async def converse(reader, writer):
        writer.write(b"220 odd\r\n")
        while line := await reader.readline():
            heard.append(line)
            if line == b"DATA\r\n":
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 ok\r\n")
        writer.close()

    async with odd_server(converse) as port:
        assert fates(await pool.deliver(target(port), [mail()])) == [[Fate.DELIVERED]]
        await asyncio.sleep(0.3)
        assert heard[-1] == b"QUIT\r\n"
        assert pool._sites == {}


@pytest.fixture
async def sink(tmp_path) -> AsyncIterator[int]:
    """Postfix's smtp-sink, a server of someone else's making."""
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    assert program, "smtp-sink is missing: make setup-tests installs postfix"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        program,
        "-u",
        "nobody",
        "-c",
        f"127.0.0.1:{port}",
        "1000",
        stdout=asyncio.subprocess.DEVNULL,
    )
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            break
        except OSError:
            await asyncio.sleep(0.05)
    yield port
    process.terminate()
    await process.wait()


@pytest.mark.interop
async def test_a_thousand_mails_into_smtp_sink(sink):
    pool = ConnectionPool(PoolLimits(messages_per_connection=50, connections_per_target=4))
    mails = [mail(content=b"Subject: x\r\n\r\n" + b".line\r\n" * 50) for _ in range(250)]
    batches = await asyncio.gather(*(pool.deliver(target(sink), mails) for _ in range(4)))
    for results in batches:
        assert fates(results) == [[Fate.DELIVERED]] * 250
    pool.close()
