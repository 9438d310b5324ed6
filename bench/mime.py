"""Our MIME scan beside the standard library (`email`, compat32): seven fields, interleaved runs.

The corpora stand in the folder that CORPORA names (its spamassassin mails are measured).
"""

from __future__ import annotations

import email
import email.policy
import gc
import json
import os
import sys
from collections.abc import Callable
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from posthouse.protocols import mime
from posthouse.protocols.mime.tests.hostile import HOSTILE

MUST_REACH = 3.0
MUST_STAY = 2.5
RUNS = 7
SAMPLE = 1_500

# subject, sender's name and address, text, html, names of attachments, nested message seen
Fields = tuple[str, str, str, str, str, list[str], bool]


def main() -> int:
    folder = os.environ.get("CORPORA")
    if not folder:
        print("CORPORA must name the folder of the corpora.", file=sys.stderr)
        return 2
    messages = _sample(Path(folder))
    agreed = _agreement(messages)
    times: dict[str, list[float]] = {"ours": [], "email": []}
    for _ in range(RUNS):
        for name, read in (("ours", read_ours), ("email", read_stdlib)):
            times[name].append(_time(read, messages))
    ours, theirs = median(times["ours"]), median(times["email"])
    ratio = median(b / a for a, b in zip(times["ours"], times["email"], strict=True))
    size = sum(map(len, messages))
    result = {
        "bench": "mime",
        "messages": len(messages),
        "bytes": size,
        "ours_per_second": round(len(messages) / ours),
        "email_per_second": round(len(messages) / theirs),
        "ratio": round(ratio, 2),
        "must_reach": MUST_REACH,
        "same_fields": agreed,
    }
    growth = _growth()
    worst = max(growth.values())
    print(json.dumps({**result, "worst_growth": worst, "growth": growth}))
    print(
        f"MIME scan, {len(messages)} real mails ({size / 1e6:.1f} MB), 7 fields:"
        f" {result['ours_per_second']}/s, email compat32 {result['email_per_second']}/s,"
        f" ratio {ratio:.1f} (must reach {MUST_REACH});"
        f" hostile time(2n)/time(n) at most {worst:.2f} (must stay under {MUST_STAY})"
    )
    return 0 if ratio >= MUST_REACH and worst <= MUST_STAY else 1


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


def _sample(folder: Path) -> list[bytes]:
    paths = sorted(path for path in folder.glob("spamassassin/data/*/*") if path.is_file())
    step = max(len(paths) // SAMPLE, 1)
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
    """time(2n)/time(n) for every hostile input: the best of five each, so noise cannot add."""
    return {
        name: round(_hostile_time(make(2 * size)) / _hostile_time(make(size)), 2)
        for name, (size, make) in HOSTILE.items()
    }


def _hostile_time(raw: bytes) -> float:
    best = float("inf")
    for _ in range(5):
        started = process_time()
        scan = mime.scan(raw)
        read_ours(raw)
        mime.envelope(scan)
        mime.bodystructure(scan)
        best = min(best, process_time() - started)
    return best


if __name__ == "__main__":
    sys.exit(main())
