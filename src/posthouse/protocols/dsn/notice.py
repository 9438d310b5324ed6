"""Any mail: is it a bounce, a complaint, an automatic reply, and of whom does it tell what?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from posthouse.protocols.dsn import freetext
from posthouse.protocols.dsn.automatic import is_automatic_reply
from posthouse.protocols.dsn.feedback import read_feedback
from posthouse.protocols.dsn.model import Kind, Notice, Reason, Reported
from posthouse.protocols.dsn.phrases import reason_in_words
from posthouse.protocols.dsn.read import (
    MOST_RECIPIENTS,
    REPORTS,
    address_in,
    own_parts,
    read_dsn,
    read_status,
    reply_in,
    status_in,
)
from posthouse.protocols.dsn.reasons import Phase, phase_of, reason_of, tells
from posthouse.protocols.dsn.ses import read_ses
from posthouse.protocols.dsn.signs import (
    has_opening,
    has_title,
    host_in,
    is_delayed,
    may_be_report,
)
from posthouse.protocols.mime.headers import addresses, subject
from posthouse.protocols.mime.html import html_to_text
from posthouse.protocols.mime.model import LEAF, Part, Scan
from posthouse.protocols.mime.text import plain_text, text_of

_ACTIONS = ("failed", "delayed", "expanded", "relayed", "delivered")  # what weighs most first
_MOST_DIAGNOSTIC = 1000
_MOST_SAID = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """What a report says beside what it says of each recipient, read once."""

    report: str
    reason: Reason | None
    phase: Phase | None  # only where one recipient is told of
    title: str
    title_reason: Reason | None
    delayed: bool


def read_notice(scan: Scan) -> Notice | None:
    """What a mail reports; None for ordinary mail. Never raises; linear in the mail's size."""
    complaint = read_feedback(scan)
    if complaint is not None:
        return complaint
    recipients = _reported(scan)
    if recipients:
        kind = next(action for action in _ACTIONS if any(r.action == action for r in recipients))
        return Notice(kind=Kind(kind), recipients=tuple(recipients[:MOST_RECIPIENTS]))
    if may_be_report(scan):
        return None
    service = _of_service(scan)
    if service is None and is_automatic_reply(scan):
        people = addresses(scan, b"from")[:1]
        return Notice(
            kind=Kind.AUTOMATIC,
            recipients=tuple(Reported(action="automatic", recipient=who.address) for who in people),
        )
    return service


def _of_service(scan: Scan) -> Notice | None:
    """What a sending service mails about its own deliveries."""
    senders = addresses(scan, b"from")
    if not senders or not senders[0].address.lower().endswith("@sns.amazonaws.com"):
        return None
    return read_ses(plain_text(scan)[: freetext.MOST_TEXT])


def _reported(scan: Scan) -> list[Reported]:
    own = own_parts(scan)
    formal = [each for each in read_dsn(scan) if each.action in _ACTIONS]
    has_part = any(part.mime_type in REPORTS for part in own)
    if not (has_part or may_be_report(scan)):
        return []
    report, returned = _texts(scan, own)
    formal = formal or _fields_in_text(report) or _fields_in_text(returned)
    named = freetext.named_recipients(report)
    if formal:
        whole = _whole(scan, report, alone=len(named) < 2)
        said = {who.address.lower(): who.said for who in reversed(named)}
        return _distinct([_completed(each, said, whole) for each in formal])
    if not (has_part or _says_so(scan, report, named)):
        return []
    people = _people(scan, named, returned)
    whole = _whole(scan, report, alone=len(people) < 2)
    return _distinct([_in_words(each, whole) for each in people])


def _whole(scan: Scan, report: str, *, alone: bool) -> _Whole:
    title = subject(scan)
    return _Whole(
        report=report,
        reason=reason_in_words(report),
        phase=phase_of(report) if alone else None,
        title=title,
        title_reason=reason_in_words(title),
        delayed=is_delayed(scan, report),
    )


def _says_so(scan: Scan, report: str, named: list[freetext.Named]) -> bool:
    """Whether the words of a mail that looks like a report are one."""
    return (
        scan.header(b"x-failed-recipients") is not None
        or has_opening(report)
        or (bool(named) and has_title(scan))
        or any(reason_in_words(each.said) is not None for each in named)
    )


def _fields_in_text(text: str) -> list[Reported]:
    """The fields of a report whose parts were lost on the way and stand in its text."""
    if "inal-recipient:" not in text.lower():
        return []
    return [each for each in read_status(text) if each.action in _ACTIONS and "@" in each.recipient]


def _texts(scan: Scan, own: list[Part]) -> tuple[str, str]:
    """(what the report says in words, the message that it returns as far as it is text)."""
    said: list[str] = []
    returned: list[str] = []
    for part in own:
        if part.kind != LEAF:
            continue
        if part.type == "text" and part.subtype in ("plain", "html"):
            if part.subtype == "html" and said:
                continue  # the same once more
            text = text_of(scan, part)
            text = html_to_text(text) if part.subtype == "html" else text
            report, rest = freetext.split_returned(text)
            said.append(report)
            returned.append(rest)
        elif part.type == "text" or part.subtype == "rfc822":
            returned.append(text_of(scan, part)[: freetext.MOST_TEXT])
    carried = (p for p in scan.parts[1:] if scan.parts[p.parent].type == "message")
    for part in carried:
        header = scan.raw[part.header_start : part.body_start][: freetext.MOST_TEXT]
        returned.append(header.decode("latin-1"))
        break
    return "\n".join(said)[: freetext.MOST_TEXT], "\n".join(returned)[: 2 * freetext.MOST_TEXT]


def _people(scan: Scan, named: list[freetext.Named], returned: str) -> list[freetext.Named]:
    """Whom a report without fields is about."""
    sender = {who.address.lower() for who in addresses(scan, b"to")[:5]}
    others = [each for each in named if each.address.lower() not in sender]
    failed = scan.header(b"x-failed-recipients")
    if failed is not None:  # Exim's, and Google's
        listed = failed.decode("utf-8", "replace").replace("\n", " ").split(",")
        known = [who for who in map(address_in, listed[:MOST_RECIPIENTS]) if who]
        told = [each for each in others if each.at_start and reason_in_words(each.said)]
        said = {each.address.lower(): each for each in named}
        return told or [said.get(who.lower(), freetext.Named(who, "")) for who in known]
    if named:
        return others or named
    address = freetext.addressed(returned)
    return [freetext.Named(address, "")] if address else []


def _in_words(named: freetext.Named, whole: _Whole) -> Reported:
    framed = not tells(named.said)
    said = f"{named.said} {whole.report}" if framed else named.said
    status, code = status_in(said), reply_in(said)
    reason = reason_of(said, status, code, phase_of(named.said) or whole.phase, framed=framed)
    if reason is Reason.UNKNOWN:
        reason = reason_of(whole.title, framed=True)
    if reason is Reason.UNKNOWN and named.address.lower().endswith("@googlegroups.com"):
        reason = Reason.SENDER_REFUSED  # in seventy languages: no such group, or no right to post
    if whole.delayed and reason in (Reason.UNKNOWN, Reason.SYSTEM):
        reason = Reason.EXPIRED
    return Reported(
        action="delayed" if whole.delayed else "failed",
        recipient=named.address,
        status=status,
        reply_code=code,
        diagnostic=" ".join((named.said or whole.report[:_MOST_SAID]).split())[:_MOST_DIAGNOSTIC],
        remote_host=host_in(said),
        reason=reason,
    )


def _completed(each: Reported, named: dict[str, str], whole: _Whole) -> Reported:
    """A recipient of the fields, with what the words add, and the reason."""
    if each.action not in ("failed", "delayed"):
        return each
    said = named.get(each.recipient.lower()) or named.get(each.original.lower(), "")
    phase = phase_of(said) or whole.phase
    if tells(each.diagnostic):
        words = each.diagnostic
    elif tells(said):
        words = said
    elif whole.reason:
        words = whole.report
    else:
        words = whole.title if whole.title_reason else each.diagnostic or said
    framed = words is whole.report or words is whole.title
    reason = reason_of(words, each.status, each.reply_code, phase, framed=framed)
    if each.action == "delayed" and reason in (Reason.UNKNOWN, Reason.SYSTEM):
        reason = Reason.EXPIRED
    return replace(
        each,
        reason=reason,
        diagnostic=(each.diagnostic or said)[:_MOST_DIAGNOSTIC],
        remote_host=each.remote_host or host_in(said),
    )


def _distinct(reported: list[Reported]) -> list[Reported]:
    """Each recipient once; one without an address only where there is no other."""
    seen: dict[str, Reported] = {}
    for each in reported:
        seen.setdefault((each.recipient or each.original).lower(), each)
    if len(seen) > 1:
        seen.pop("", None)
    return list(seen.values())
