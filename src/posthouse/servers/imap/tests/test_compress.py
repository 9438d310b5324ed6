"""COMPRESS=DEFLATE clause by clause (RFC 4978)."""

import asyncio
import zlib

from tests.support.house import deliver, letter

_START = """
C: z COMPRESS deflate
S: z OK DEFLATE from here on
"""


class Deflated:
    """The client's side of the streams, over a plain test client."""

    def __init__(self, client):
        self.client = client
        self.out = zlib.compressobj(wbits=-15)
        self.into = zlib.decompressobj(-15)
        self.text = b""

    def packed(self, octets):
        return self.out.compress(octets) + self.out.flush(zlib.Z_SYNC_FLUSH)

    async def say(self, octets):
        await self.client.send(self.packed(octets))

    async def until(self, octets):
        """What is said up to and with `octets`."""
        async with asyncio.timeout(10):
            while octets not in self.text:
                came = await self.client.reader.read(2**16)
                assert came, self.text
                self.text += self.into.decompress(came)
        said, _, self.text = self.text.partition(octets)
        return said + octets


async def test_both_ways(server):
    raws = [letter(message_id=f"{n}@x", body="pumps and more\r\n" * 9_000) for n in range(3)]
    await deliver(server.house, server.workspace, *raws)
    client = await server.signed_in(_START)
    stream = Deflated(client)
    await stream.say(b"a COMPRESS DEFLATE\r\n")
    assert await stream.until(b"\r\n") == b"a NO [COMPRESSIONACTIVE] DEFLATE is active already\r\n"
    await stream.say(b"b SELECT INBOX\r\nc FETCH 1:3 BODY.PEEK[]\r\n")
    await stream.until(b"b OK [READ-WRITE] Opened\r\n")
    said = await stream.until(b"c OK Fetched\r\n")
    assert all(raw in said for raw in raws)
    await stream.say(b"d APPEND INBOX {%d}\r\n" % len(raws[0]))
    assert await stream.until(b"\r\n") == b"+ Send it\r\n"
    await stream.say(raws[0] + b"\r\n")
    await stream.until(b"d OK [APPENDUID")
    await stream.say(b"e IDLE\r\n")
    await stream.until(b"+ Waiting\r\n")
    await deliver(server.house, server.workspace, raws[1])
    await stream.until(b"* 5 EXISTS\r\n")
    await stream.say(b"DONE\r\nf LOGOUT\r\n")
    await stream.until(b"f OK Signed out\r\n")


async def test_what_is_refused(server):
    client = await server.signed_in("""
        C: a COMPRESS LZMA
        S: a BAD There is no such compression
        C: b CAPABILITY
        S: * CAPABILITY {*} COMPRESS=DEFLATE {*}
        S: b OK Capabilities listed
    """)
    await client.send(b"c COMPRESS DEFLATE\r\nd NOOP\r\n")
    await client.follow("""
        S: c BAD Wait for the answer to COMPRESS
        S: d OK Nothing done
    """)
    await server.connect("""
        C: a COMPRESS DEFLATE
        S: a BAD COMPRESS is not for now
    """)


async def test_what_is_not_deflated_ends_the_conversation(server):
    client = await server.signed_in(_START)
    await client.send(b"\xff\xff\xff\xff not deflated")
    assert await client.ended()


async def test_an_ended_stream_ends_the_conversation(server):
    client = await server.signed_in(_START)
    await client.send(zlib.compressobj(wbits=-15).flush())
    assert await client.ended()


async def test_a_bomb_is_never_inflated(server):
    """A line of gigabytes in a megabyte: refused after 64 KiB of it."""
    client = await server.signed_in(_START)
    stream = Deflated(client)
    bomb = b"".join(stream.out.compress(b"a" * 2**20) for _ in range(64))
    await client.send(bomb + stream.out.flush(zlib.Z_SYNC_FLUSH))
    await stream.until(b"* BYE Too much at once\r\n")
