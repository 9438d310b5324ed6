"""Our MIME scan beside the standard library (`email`, compat32): seven fields, interleaved runs.

With CORPORA=DIR the real mails of its spamassassin folder are measured, else made-up ones.
"""

from __future__ import annotations

import email
import email.policy
import gc
import os
from collections.abc import Callable, Iterator
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from pathlib import Path
from time import perf_counter, process_time

from bench.figures import Figure, rounds, scaled
from bench.letters import letters
from posthouse.protocols import mime
from posthouse.protocols.mime.tests.hostile import HOSTILE

SAMPLE = 1_500

# subject, sender's name and address, text, html, names of attachments, nested message seen
Fields = tuple[str, str, str, str, str, list[str], bool]


def measure() -> Iterator[Figure]:
    """Two figures: messages a second, and how time grows with hostile input."""
    messages = _messages()
    agreed = ", ".join(f"{name} {share:.1%}" for name, share in _agreement(messages).items())
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds(7)):
        ours.append(len(messages) / _time(read_ours, messages))
        theirs.append(len(messages) / _time(read_stdlib, messages))
    yield Figure(
        name="scan and read seven fields",
        unit="messages/s",
        ours=ours,
        peers=theirs,
        peer="email, compat32",
        limit=3.0,
        at_least=True,
        ran=f"{len(messages)} mails, {sum(map(len, messages)) / 1e6:.1f} MB; same: {agreed}",
    )
    growth = _growth()
    worst = max(growth, key=growth.__getitem__)
    yield Figure(
        name="hostile input, time(2n)/time(n)",
        unit="×",
        ours=[growth[worst]],
        limit=2.5,
        ran=f"the worst of {len(growth)} inputs, {worst}",
    )


def read_ours(raw: bytes) -> Fields:
    scan = mime.scan(raw)
    people = mime.addresses(scan, b"from")
    name, address = (people[0].name, people[0].address) if people else ("", "")
    return (
        mime.subject(scan),
        name,
        address,
        mime.plain_text(scan),
        mime.html_text(scan),
        [item.name for item in mime.attachments(scan)],
        any(part.kind == mime.MESSAGE for part in scan.parts),
    )


def read_stdlib(raw: bytes) -> Fields:
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    people = getaddresses([str(message.get("from", ""))])
    name, address = people[0] if people else ("", "")
    text: list[str] = []
    html: list[str] = []
    files: list[str] = []
    nested = False
    for part in message.walk():
        kind = part.get_content_type()
        nested = nested or kind == "message/rfc822"
        if part.is_multipart():
            continue
        filename = part.get_filename()
        if filename or part.get_content_disposition() == "attachment":
            files.append(_header(filename or ""))
        elif kind == "text/plain":
            text.append(_content(part))
        elif kind == "text/html":
            html.append(_content(part))
    subject = _header(str(message.get("subject", "")))
    return subject, _header(name), address, "\n".join(text), "\n".join(html), files, nested


def _header(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, UnicodeError, ValueError):
        return value


def _content(part: Message) -> str:
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    try:
        return data.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return data.decode("latin-1")


def _messages() -> list[bytes]:
    """Real mail where CORPORA says that it is, otherwise mail of our own making."""
    folder = os.environ.get("CORPORA")
    if not folder:
        return list(letters(scaled(SAMPLE)))
    paths = sorted(path for path in Path(folder).glob("spamassassin/data/*/*") if path.is_file())
    step = max(len(paths) // scaled(SAMPLE), 1)
    return [path.read_bytes() for path in paths[::step]]


def _agreement(messages: list[bytes]) -> dict[str, float]:
    """How often both sides give each field, and the same one (white space apart)."""
    names = ("subject", "from_name", "from_address", "text", "html", "files", "nested")
    same = dict.fromkeys(names, 0)
    for raw in messages:
        for name, mine, other in zip(names, read_ours(raw), read_stdlib(raw), strict=True):
            same[name] += _plain(mine) == _plain(other)
    return {name: round(count / len(messages), 3) for name, count in same.items()}


def _plain(value: object) -> str:
    return "".join(str(value).split())


def _time(read: Callable[[bytes], Fields], messages: list[bytes]) -> float:
    gc.collect()
    started = perf_counter()
    for raw in messages:
        read(raw)
    return perf_counter() - started


def _growth() -> dict[str, float]:
    """time(2n)/time(n) for every hostile input: the best of several each, so noise cannot add."""
    return {
        name: round(_hostile_time(make(2 * size)) / _hostile_time(make(size)), 2)
        for name, (size, make) in HOSTILE.items()
    }


def _hostile_time(raw: bytes) -> float:
    best = float("inf")
    for _ in range(rounds()):
        started = process_time()
        scan = mime.scan(raw)
        read_ours(raw)
        mime.envelope(scan)
        mime.bodystructure(scan)
        best = min(best, process_time() - started)
    return best
