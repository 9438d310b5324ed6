"""What mail-parser's own suite expects of its tables and messages, beside what we read in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from posthouse.protocols import mime
from posthouse.protocols.mime.parameters import content_type, disposition

Facts = dict[str, Any]
_PEOPLE = ("from", "to", "cc", "bcc", "reply_to", "sender")


def tables(corpora: Path) -> list[tuple[str, Any, Any]]:
    """(case name, expected, found) of every line of the header tables."""
    folder = corpora / "mail-parser-stalwart/resources"
    readers: dict[str, tuple[Callable[[Any], Any], Callable[[bytes], Any]]] = {
        "address": (_their_people, _our_people),
        "date": (_their_date, lambda value: _our_date(mime.parse_date(value))),
        "id": (list, mime.decode_message_ids),
        "content_type": (_their_type, _our_type),
        "unstructured": (_words, lambda value: _words(mime.decode_text(value))),
    }
    lines: list[tuple[str, Any, Any]] = []
    for table, (theirs, ours) in readers.items():
        for number, case in enumerate(json.loads((folder / f"{table}.json").read_text("utf-8"))):
            said = case["expected"]
            value = _one_field(case["header"])
            expected = theirs(said) if said else None
            lines.append((f"{table}/{number}", expected, ours(value) or None))
    return lines


def cases(corpora: Path) -> list[tuple[Path, bool]]:
    """Every message, as it is and with CRLF line ends."""
    folder = corpora / "mail-parser-stalwart/resources/eml"
    return [(path, crlf) for path in sorted(folder.rglob("*.eml")) for crlf in (False, True)]


def expected(path: Path, *, crlf: bool) -> list[Facts]:
    name = f"{path.stem}.crlf.json" if crlf else f"{path.stem}.json"
    return list(_their_parts(json.loads((path.parent / name).read_text("utf-8"))))


def found(path: Path, *, crlf: bool) -> list[Facts]:
    raw = path.read_bytes()
    raw = raw.replace(b"\r\n", b"\n")
    if crlf:
        raw = raw.replace(b"\n", b"\r\n")
    scan = mime.scan(raw)
    return [_our_part(scan, part) for part in scan.parts]


def _their_parts(message: Facts) -> list[Facts]:
    """Their parts flattened in our order: a message's parts follow the part that holds it."""
    flat: list[Facts] = []
    stack = [(message, 0)]
    while stack:
        holder, index = stack.pop()
        part = holder["parts"][index]
        facts: Facts = {"kind": next(iter(part["body"])), "start": part["offset_body"]}
        body = part["body"][facts["kind"]]
        for header in part["headers"]:
            _their_header(facts, header)
        if facts["kind"] == "Multipart":
            stack.extend((holder, child) for child in reversed(body))
        elif facts["kind"] == "Message":
            stack.append((body, 0))
        elif facts["kind"] in ("Text", "Html"):
            facts["text"] = _words(body)
            facts["end"] = part["offset_end"]
        else:
            facts["end"] = part["offset_end"]
        facts["kind"] = {"Html": "Text", "InlineBinary": "Binary"}.get(facts["kind"], facts["kind"])
        flat.append(facts)
    return flat


def _their_header(facts: Facts, header: Facts) -> None:
    name, value = header["name"], header["value"]
    if not isinstance(name, str) or name in facts or not isinstance(value, dict):
        return
    kind, content = next(iter(value.items()))
    if name in _PEOPLE and kind == "Address":
        facts[name] = _their_people(content)
    elif name == "date" and kind == "DateTime":
        facts[name] = _their_date(content)
    elif name == "subject" and kind == "Text":
        facts[name] = _words(content)
    elif name == "content_type" and kind == "ContentType":
        facts[name] = _their_type(content)


def _our_part(scan: mime.Scan, part: mime.Part) -> Facts:
    kind = ("Text" if part.type == "text" else "Binary", "Multipart", "Message")[part.kind]
    facts: Facts = {"kind": kind, "start": part.body_start}
    if kind == "Text":
        facts["text"] = _words(mime.text_of(scan, part))
    if kind in ("Text", "Binary"):
        facts["end"] = part.body_end
    for name in _PEOPLE:
        value = part.get(name.replace("_", "-").encode())
        if value is not None:
            facts[name] = _our_people(value)
    value = part.get(b"subject")
    if value is not None:
        facts["subject"] = _words(mime.decode_text(value))
    moment = mime.parse_date(part.get(b"date"))
    if moment is not None:
        facts["date"] = _our_date(moment)
    value = part.get(b"content-type")
    if value is not None:
        facts["content_type"] = _our_type(value)
    return facts


def _one_field(header: str) -> bytes:
    """The table's text up to the first line that is not folded."""
    kept: list[str] = []
    for line in header.splitlines(keepends=True):
        if kept and line[:1] not in (" ", "\t"):
            break
        kept.append(line)
    return "".join(kept).encode()


def _their_people(said: Facts) -> list[tuple[str | None, str, str]]:
    people: list[tuple[str | None, str, str]] = []
    kind, content = next(iter(said.items()))
    for who in content if kind == "List" else []:
        people.append((None, _words(who["name"]), who["address"] or ""))
    for group in content if kind == "Group" else []:
        people.extend(
            (_words(group["name"]) if group["name"] else None, _words(who["name"]),
             who["address"] or "")
            for who in group["addresses"] or [{"name": "", "address": ""}]
        )  # fmt: skip
    return people


def _our_people(value: bytes) -> list[tuple[str | None, str, str]]:
    return [(who.group, _words(who.name), who.address) for who in mime.decode_addresses(value)]


def _their_date(said: Facts) -> tuple[int, ...]:
    offset = said["tz_hour"] * 60 + said["tz_minute"]
    return (
        *(said[name] for name in ("year", "month", "day", "hour", "minute", "second")),
        -offset if said["tz_before_gmt"] else offset,
    )


def _our_date(moment: datetime | None) -> tuple[int, ...] | None:
    if moment is None:
        return None
    offset = moment.utcoffset()
    assert offset is not None
    return (*moment.timetuple()[:6], int(offset.total_seconds() // 60))


def _their_type(said: Facts) -> tuple[str, dict[str, str]]:
    params: dict[str, str] = {}
    for pair in said.get("attributes") or []:
        name, value = (pair["name"], pair["value"]) if isinstance(pair, dict) else pair
        params.setdefault(name.lower(), " ".join(value.split()))
    kind = said["c_type"].lower()
    return (f"{kind}/{said['c_subtype'].lower()}" if said.get("c_subtype") else kind), params


def _our_type(value: bytes) -> tuple[str, dict[str, str]]:
    # Their table holds both fields; a value without "/" is a disposition.
    head = value.partition(b";")[0]
    parsed = content_type(value) if b"/" in head or not head.strip() else disposition(value)
    return parsed.value, {name: " ".join(text.split()) for name, text in parsed.params.items()}


def _words(text: str | None) -> str:
    return " ".join((text or "").split())
