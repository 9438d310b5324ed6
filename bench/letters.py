"""Business mail for the benches: distinct, in threads, a quarter Chinese, one fixed seed.

Its lines are drawn from a pool (`bench.lines`); every message has numbers and marks of its own.
"""

import base64
import html
import quopri
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from pathlib import Path

from bench.lines import SEED, Pool, made_up

OCTETS = 10_240
RECIPIENT = "anna@acme.example"
_START = datetime(2024, 1, 1, 8, tzinfo=UTC)
_THREADS_OPEN = 400
_REPLY_SHARE = 0.8
_CHINESE_SHARE = 0.25
_COMPANIES = 200
_SYLLABLES = [consonant + vowel for consonant in "bcdfg" for vowel in "aeio"]
_NAMES = [
    "Li Wei",
    "Anna Meier",
    "John Carter",
    "Maria Rossi",
    "Wang Fang",
    "Zhang Min",
    "Erik Olsen",
    "Liu Yang",
    "Sofia Costa",
    "Tom Baker",
    "Chen Jie",
    "Peter Novak",
    "Yuki Tanaka",
    "Omar Haddad",
    "Ines Lopez",
    "Zhao Lei",
]
_CHINESE_NAMES = ["王芳", "李伟", "张敏", "刘洋", "陈杰", "杨静", "赵磊", "黄丽", "周强", "吴军"]


@dataclass(slots=True)
class _Thread:
    subject: str
    chinese: bool
    sender: tuple[str, str]
    message_ids: list[str] = field(default_factory=list)


def letters(
    count: int,
    *,
    octets: int = OCTETS,
    seed: int = SEED,
    recipient: str = RECIPIENT,
    marks: dict[int, str] | None = None,
    pool: Pool | None = None,
) -> Iterator[bytes]:
    """`count` messages with CRLF of about `octets`; `marks` puts words into single ones.

    `pool` is where the lines come from, made-up ones unless given.
    """
    lines = pool or made_up()
    chance = random.Random(seed)
    open_threads: list[_Thread] = []
    step = timedelta(days=700) / max(count, 1)
    for number in range(count):
        thread = _thread(chance, open_threads, lines)
        mark = (marks or {}).get(number, "")
        date = _START + step * number
        yield _letter(chance, lines, thread, number, seed, date, octets, recipient, mark)


def write_maildir(folder: Path, messages: Iterator[bytes], *, per_second: int = 1000) -> int:
    """A Maildir with `messages`, all seen, with LF as mail servers write them; how many."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)
    count = 0
    for raw in messages:
        content = raw.replace(b"\r\n", b"\n")
        second = 1_700_000_000 + count // per_second
        name = f"{second}.M{count:06}P1.bench,S={len(content)},W={len(raw)}:2,S"
        (folder / "cur" / name).write_bytes(content)
        count += 1
    return count


def _thread(chance: random.Random, open_threads: list[_Thread], pool: Pool) -> _Thread:
    if open_threads and chance.random() < _REPLY_SHARE:
        return chance.choice(open_threads)
    chinese = chance.random() < _CHINESE_SHARE
    made = _Thread(_subject(chance, chinese, pool), chinese, _sender(chance, chinese))
    if len(open_threads) < _THREADS_OPEN:
        open_threads.append(made)
    else:
        open_threads[chance.randrange(_THREADS_OPEN)] = made
    return made


def _letter(
    chance: random.Random,
    pool: Pool,
    thread: _Thread,
    number: int,
    seed: int,
    date: datetime,
    octets: int,
    recipient: str,
    mark: str,
) -> bytes:
    name, address = thread.sender
    domain = address.partition("@")[2]
    message_id = f"<{seed}.{number}.{chance.getrandbits(48):x}@{domain}>"
    written = format_datetime(date)
    signature = base64.b64encode(chance.randbytes(256)).decode()
    re = ("回复: " if thread.chinese else "Re: ") if thread.message_ids else ""
    lines = [
        f"Received: from out{number % 7}.{domain} (out.{domain} [192.0.2.{number % 250}])",
        f"\tby mx.acme.example with ESMTPS id {chance.getrandbits(64):x}; {written}",
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s1;",
        "\th=from:to:subject:date:message-id; bh=" + signature[:44] + ";",
        *(f"\t{signature[start : start + 72]}" for start in range(44, len(signature), 72)),
        f"From: {_word_of_header(name)} <{address}>",
        f"To: Anna Meier <{recipient}>",
        f"Cc: sales{number % 40}@acme.example",
        f"Subject: {_word_of_header(re + thread.subject)}",
        f"Date: {written}",
        f"Message-ID: {message_id}",
        "MIME-Version: 1.0",
    ]
    if thread.message_ids:
        lines.append(f"In-Reply-To: {thread.message_ids[-1]}")
        lines.append("References: " + "\r\n ".join(thread.message_ids[-8:]))
    thread.message_ids.append(message_id)
    head = "\r\n".join(lines).encode() + b"\r\n" + chance.choice(pool.headers)
    numbers = f"No. {chance.randrange(10**8)} / {chance.randrange(10**6)} {mark}"
    room = octets - len(head)
    body = _chinese_body if thread.chinese else _english_body
    return head + body(chance, pool, room, numbers)


def _english_body(chance: random.Random, pool: Pool, room: int, numbers: str) -> bytes:
    if chance.random() < 0.4:
        text = "\r\n".join([numbers, *_drawn(chance, pool.english, pool.passage, room, 1)])
        fields = "Content-Type: text/plain; charset=us-ascii\r\n\r\n"
        return (fields + text + "\r\n").encode()
    lines = [numbers, *_drawn(chance, pool.english, pool.passage, room, 2.2)]
    paragraphs = "".join(f"<p>{html.escape(line)}</p>\r\n" for line in lines)
    return _alternative(
        chance,
        ("text/plain; charset=utf-8", "7bit", "\r\n".join(lines).encode()),
        ("text/html; charset=utf-8", "quoted-printable", _quoted(_page(paragraphs))),
    )


def _chinese_body(chance: random.Random, pool: Pool, room: int, numbers: str) -> bytes:
    if chance.random() < 0.3:
        text = "\r\n".join([numbers, *_drawn(chance, pool.chinese, pool.passage, room, 2)])
        fields = (
            b"Content-Type: text/plain; charset=gb18030\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        )
        return fields + text.encode("gb18030") + b"\r\n"
    lines = [numbers, *_drawn(chance, pool.chinese, pool.passage, room, 8.5)]
    divisions = "".join(f"<div>{html.escape(line)}</div>" for line in lines)
    return _alternative(
        chance,
        ("text/plain; charset=utf-8", "base64", _base64("\r\n".join(lines).encode())),
        ("text/html; charset=utf-8", "base64", _base64(_page(divisions))),
    )


def _drawn(
    chance: random.Random, lines: Sequence[str], passage: int, room: int, octets_each: float
) -> Iterator[str]:
    """Lines that fill `room`, a character taking `octets_each` in all parts together."""
    left = room / octets_each
    while left > 0:
        start = chance.randrange(len(lines))
        for line in lines[start : start + passage]:
            left -= len(line) + 3
            yield line
            if left <= 0:
                break


def _page(content: str) -> bytes:
    return f"<html><body>{content}</body></html>".encode()


def _alternative(chance: random.Random, *parts: tuple[str, str, bytes]) -> bytes:
    boundary = b"=_%x" % chance.getrandbits(64)
    pieces = [b'Content-Type: multipart/alternative; boundary="%b"\r\n\r\n' % boundary]
    for kind, encoding, content in parts:
        pieces.append(
            b"--%b\r\nContent-Type: %b\r\nContent-Transfer-Encoding: %b\r\n\r\n%b\r\n"
            % (boundary, kind.encode(), encoding.encode(), content)
        )
    pieces.append(b"--%b--\r\n" % boundary)
    return b"".join(pieces)


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def _quoted(content: bytes) -> bytes:
    lines = quopri.encodestring(content.replace(b"\r\n", b"\n"))
    return lines.replace(b"\n", b"\r\n")


def _word_of_header(text: str) -> str:
    if text.isascii():
        return text
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def _subject(chance: random.Random, chinese: bool, pool: Pool) -> str:
    line = chance.choice(pool.chinese)[:12] if chinese else chance.choice(pool.english)[:50]
    return f"{line.strip('> ')} {chance.randrange(10**5)}"


def _sender(chance: random.Random, chinese: bool) -> tuple[str, str]:
    local = "".join(chance.choices(_SYLLABLES, k=2))
    name = chance.choice(_CHINESE_NAMES if chinese else _NAMES)
    return name, f"{local}@{chance.choice(_companies())}.example"


@cache
def _companies() -> list[str]:
    """The few hundred customers and suppliers that a company writes with."""
    chance = random.Random(SEED)
    return ["".join(chance.choices(_SYLLABLES, k=3)) for _ in range(_COMPANIES)]
