"""Feedback reports: what mailbox providers send when their people complain (RFC 5965)."""

from __future__ import annotations

from posthouse.protocols.dsn.freetext import addressed
from posthouse.protocols.dsn.model import Kind, Notice, Reported
from posthouse.protocols.dsn.read import MOST_RECIPIENTS, address_in, own_parts
from posthouse.protocols.mime.model import Part, Scan
from posthouse.protocols.mime.text import content, text_of

_MOST_OCTETS = 64 * 1024
_RECIPIENTS = ("original-rcpt-to", "removal-recipient")


def read_feedback(scan: Scan) -> Notice | None:
    """The complaint that a message/feedback-report part makes; None when there is none."""
    for part in own_parts(scan):
        if part.mime_type == "message/feedback-report":
            return _complaint(scan, part)
    return _old_hotmail(scan)


def _complaint(scan: Scan, part: Part) -> Notice:
    text = content(scan, part)[:_MOST_OCTETS].decode("utf-8", "replace").replace("\r\n", "\n")
    kind, named, host = "", [], ""
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        name = name.strip().lower()
        if name == "feedback-type":
            kind = kind or value.strip().lower()
        elif name in _RECIPIENTS:
            named.append(address_in(value) or value.strip(" \t<>"))
        elif name == "reporting-mta":
            host = value.rpartition(";")[2].strip()
    people = [who for who in dict.fromkeys(named) if who] or _addressed(scan)
    return _notice(kind or "other", people, host)


def _old_hotmail(scan: Scan) -> Notice | None:
    """Microsoft's junk reports came before RFC 5965: the mail itself, with a field of theirs."""
    for part in scan.parts[1:]:
        value = part.get(b"x-hmxmroriginalrecipient")
        if value is not None and part.index == scan.root.children[0] + 1:
            return _notice("abuse", [value.decode("ascii", "replace").strip(" <>")], "")
    return None


def _addressed(scan: Scan) -> list[str]:
    """Whom the message that was complained about was for."""
    for part in scan.parts[1:]:
        if part.mime_type in ("text/rfc822-headers", "text/rfc822-header"):
            found = addressed(text_of(scan, part))
        else:
            found = address_in((part.get(b"to") or b"").decode("utf-8", "replace"))
        if found:
            return [found]
    return []


def _notice(kind: str, people: list[str], host: str) -> Notice:
    recipients = tuple(
        Reported(action="complaint", recipient=who, remote_host=host)
        for who in people[:MOST_RECIPIENTS]
    )
    return Notice(kind=Kind.COMPLAINT, recipients=recipients, feedback_type=kind)
