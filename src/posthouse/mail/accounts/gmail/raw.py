"""The content of a message out of `{"raw": "…base64url…"}` while it comes: never both in full."""

import asyncio
import base64
import binascii
import contextlib
import re
from collections.abc import AsyncIterator

from posthouse.mail.accounts.errors import Broken

# A quote inside another value would be escaped: this is the key and nothing else.
_BEGIN = re.compile(rb'"raw"\s*:\s*"')
_MOST_BEFORE = 256 * 1024
# Gmail takes 50 MB at most (support.google.com/mail/answer/6584).
_LARGEST = 100 << 20
_ESCAPED_EQUALS = re.compile(rb"\\u003[dD]")
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


class RawReader:
    """Takes an answer in pieces; `content` is the message, `rest` the JSON around it."""

    def __init__(self) -> None:
        self.content = bytearray()
        self._before = bytearray()
        self._digits = bytearray()
        self._after = bytearray()
        self._state = "before"

    def feed(self, chunk: bytes) -> None:
        """Raises Broken."""
        if self._state == "before":
            self._before += chunk
            found = _BEGIN.search(self._before)
            if found is None:
                if len(self._before) > _MOST_BEFORE:
                    raise Broken("Google's answer has no message.")
                return
            chunk = bytes(self._before[found.end() :])
            del self._before[found.end() :]
            self._state = "inside"
        if self._state == "inside":
            end = chunk.find(b'"')
            self._digits += chunk if end < 0 else chunk[:end]
            if len(self.content) + len(self._digits) > _LARGEST:
                raise Broken("A message is larger than Gmail takes.")
            self._decode(last=end >= 0)
            if end < 0:
                return
            self._state, chunk = "after", chunk[end:]
        self._after += chunk
        if len(self._after) > _MOST_BEFORE:
            raise Broken("Google's answer does not end.")

    def rest(self) -> bytes:
        """The answer without the message. Raises Broken when it has not come in full."""
        if self._state != "after":
            raise Broken("Google's answer has no message.")
        return bytes(self._before + self._after)

    def _decode(self, *, last: bool) -> None:
        if b"\\" in self._digits:
            if not last:
                return  # an escape may be cut in two; only padding is ever escaped
            self._digits = bytearray(_ESCAPED_EQUALS.sub(b"=", self._digits))
        if last:
            usable = len(self._digits)
            digits = bytes(self._digits).rstrip(b"=")
            digits += b"=" * (-len(digits) % 4)
        else:
            usable = len(self._digits) // 4 * 4
            digits = bytes(self._digits[:usable])
        try:
            # binascii.a2b_base64 alone passes over what is no digit.
            self.content += base64.b64decode(digits.translate(_TO_STANDARD), validate=True)
        except (binascii.Error, ValueError):
            raise Broken("The content of a message is not in base64.") from None
        del self._digits[:usable]


async def read_raw(
    chunks: AsyncIterator[bytes], one_large: asyncio.Lock, large: int
) -> tuple[bytes, bytes]:
    """(the message, the JSON around it); more than `large` octets only while nobody else has so
    much in hand. Raises Broken.
    """
    reader = RawReader()
    async with contextlib.AsyncExitStack() as alone:
        held = False
        async for chunk in chunks:
            if not held and len(reader.content) > large:
                await alone.enter_async_context(one_large)
                held = True
            reader.feed(chunk)
        return bytes(reader.content), reader.rest()
