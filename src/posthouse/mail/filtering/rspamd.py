"""Asking rspamd what it thinks of a message (https://docs.rspamd.com/developers/protocol/)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import msgspec

from posthouse.mail.filtering.outside import Address, Unanswered, connection

_LARGEST_ANSWER = 1 << 20
_MOST_SYMBOLS = 4
# 208: learned before. 204: there is too little in it to learn from.
_OK, _TOO_LITTLE, _KNOWN_ALREADY = 200, 204, 208


class Action(Enum):
    """What is to be done with a message."""

    FILE = "file"
    JUNK = "junk"
    LATER = "later"
    REFUSE = "refuse"


# What rspamd calls it: https://docs.rspamd.com/configuration/metrics/
_ACTIONS = {
    "no action": Action.FILE,
    "greylist": Action.LATER,
    "soft reject": Action.LATER,
    "add header": Action.JUNK,
    "rewrite subject": Action.JUNK,
    "quarantine": Action.JUNK,
    "reject": Action.REFUSE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How a message came."""

    peer_ip: str
    helo: str
    mail_from: str
    recipients: Sequence[str]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What rspamd says; `symbols` are its names for what spoke loudest against the message."""

    action: Action
    score: float
    symbols: tuple[str, ...]


class _Symbol(msgspec.Struct):
    score: float = 0.0


class _Answer(msgspec.Struct):
    action: str
    score: float = 0.0
    symbols: dict[str, _Symbol] = {}


async def judge_by_rspamd(rspamd: Address, raw: bytes, envelope: Envelope) -> Opinion:
    """Raises Unanswered."""
    fields = [
        ("IP", envelope.peer_ip),
        ("Helo", envelope.helo),
        ("From", envelope.mail_from),
        *(("Rcpt", recipient) for recipient in envelope.recipients),
    ]
    status, body = await _post(rspamd, "/checkv2", fields, raw)
    if status != _OK:
        raise Unanswered(f"rspamd says {status}")
    try:
        answer = msgspec.json.decode(body, type=_Answer)
        action = _ACTIONS[answer.action]
    except (msgspec.DecodeError, KeyError):
        raise Unanswered("rspamd's answer is not understood") from None
    loud = sorted(answer.symbols.items(), key=lambda each: -each[1].score)
    names = tuple(name for name, symbol in loud[:_MOST_SYMBOLS] if symbol.score > 0)
    return Opinion(action, answer.score, names)


async def teach_rspamd(rspamd: Address, raw: bytes, *, junk: bool) -> None:
    """What a member has moved to Junk, or out of it. Raises Unanswered."""
    status, body = await _post(rspamd, "/learnspam" if junk else "/learnham", [], raw)
    # What it has learned before is an error to some versions.
    if status not in (_OK, _TOO_LITTLE, _KNOWN_ALREADY) and b"already learned" not in body:
        raise Unanswered(f"rspamd says {status}")


async def _post(
    rspamd: Address, path: str, fields: Sequence[tuple[str, str]], raw: bytes
) -> tuple[int, bytes]:
    """Status and body of an HTTP/1.1 request on a connection of its own (RFC 9112)."""
    first = [("Host", "localhost"), ("Connection", "close"), ("Content-Length", str(len(raw)))]
    lines = [f"{name}: {_one_line(value)}" for name, value in (*first, *fields)]
    async with connection(rspamd) as (reader, writer):
        writer.write("\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode())
        writer.write(raw)
        await writer.drain()
        return await _answer(reader)


def _one_line(value: str) -> str:
    """A stranger chose some of these: none may begin a field of its own."""
    return "".join(sign for sign in value if sign.isprintable())[:1000]


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """A response with a size, or to the end (RFC 9112 6.3)."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = head[0].split(" ")[1:2]
    if not (status and status[0].isdigit()):
        raise Unanswered("rspamd's answer is not HTTP")
    fields = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in head)}
    size = fields.get("content-length", "")
    if not size.isdigit():
        return int(status[0]), await reader.read(_LARGEST_ANSWER)
    return int(status[0]), await reader.readexactly(min(int(size), _LARGEST_ANSWER))
