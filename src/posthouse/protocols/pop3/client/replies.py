"""The first line of a response: yes, no, or a question (RFC 1939 3, 2449 8, 3206, 5034 4)."""

import base64
import binascii
import re
from dataclasses import dataclass

from posthouse.protocols.pop3.errors import BadResponse

_CODE = re.compile(r"\[([^\]\s]{1,64})\]\s*")
# Of what a server says, in a log or on a page.
_LONGEST_TEXT = 400
_NOT_SHOWN = dict.fromkeys([*range(32), *range(127, 160)], " ")


@dataclass(frozen=True, slots=True)
class Status:
    """`+OK text` or `-ERR [CODE] text`. `code` is in capitals, "" without one."""

    ok: bool
    text: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Challenge:
    """`+ base64`: the server waits for the rest of a sign-in."""

    data: bytes


def read_status(line: bytes) -> Status | Challenge:
    """The meaning of a line without its end. Raises BadResponse.

    RFC 1939 3 has capitals; not every server keeps to it, and some say nothing behind the word.
    """
    word, _, rest = line.partition(b" ")
    match word.upper():
        case b"+OK":
            return Status(True, _shown(rest))
        case b"-ERR":
            text = _shown(rest)
            code = _CODE.match(text)
            return (
                Status(False, text[code.end() :], code[1].upper()) if code else Status(False, text)
            )
        case b"+":
            return _challenge(rest)
    raise BadResponse("The server's answer is neither +OK nor -ERR")


def _challenge(text: bytes) -> Challenge:
    try:
        return Challenge(base64.b64decode(text.strip(), validate=True))
    except binascii.Error:
        # In front of a name or a password some write words instead.
        return Challenge(b"")


def _shown(octets: bytes) -> str:
    """RFC 6856 2.1 has UTF-8 here; servers in China write GBK at times."""
    octets = octets[: _LONGEST_TEXT * 4]
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("gb18030", "replace")
    return text.translate(_NOT_SHOWN).strip()[:_LONGEST_TEXT]
