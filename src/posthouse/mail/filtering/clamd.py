"""Asking clamd whether a message carries a virus (clamd(8), the command INSTREAM)."""

import asyncio
import struct

from posthouse.mail.filtering.outside import Address, Unanswered, connection

_CHUNK = 1 << 16
_END = b"\0\0\0\0"
# clamd's own StreamMaxLength, unless it was changed; it says so when it is shorter.
_MOST = 100 << 20
_LONGEST_ANSWER = 4096
_TOO_LARGE = "INSTREAM size limit exceeded"


async def find_virus(clamd: Address, raw: bytes) -> str | None:
    """The name of the first signature that fits, empty when none does.

    None: a message larger than clamd takes is not looked at. Raises Unanswered.
    """
    async with connection(clamd) as (reader, writer):
        answer = asyncio.ensure_future(reader.readuntil(b"\0"))
        try:
            await _send(writer, raw[:_MOST], answer)
            said = (await answer)[:_LONGEST_ANSWER].decode("utf-8", "replace").strip("\0\n ")
        finally:
            answer.cancel()
    name, _, word = said.removeprefix("stream: ").rpartition(" ")
    if word == "FOUND":
        return name
    if said.startswith(_TOO_LARGE):
        return None
    if said == "stream: OK":
        return "" if len(raw) <= _MOST else None
    raise Unanswered(f"clamd says “{said[:200]}”")


async def _send(writer: asyncio.StreamWriter, raw: bytes, answer: "asyncio.Future[bytes]") -> None:
    """In chunks, each behind its size; clamd may have heard enough before the end."""
    writer.write(b"zINSTREAM\0")
    for start in range(0, len(raw), _CHUNK):
        if answer.done():
            return
        chunk = raw[start : start + _CHUNK]
        writer.write(struct.pack(">I", len(chunk)) + chunk)
        await writer.drain()
    writer.write(_END)
    await writer.drain()
