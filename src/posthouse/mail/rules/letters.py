"""What rules send: mail on to another address, answers, refusals; and when they must not."""

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from posthouse.mail.mailboxes.model import Filing
from posthouse.mail.rules.model import Kind
from posthouse.protocols import mime, sieve
from posthouse.protocols.dsn.build import Recipient, Report, build_dsn
from posthouse.protocols.mailauth.message import field_spans
from posthouse.protocols.mime.build import make_message_id
from posthouse.protocols.mime.fold import Unbuildable, address_field, id_field
from posthouse.protocols.sieve import notification, vacation

# The name under which others know this mark as well.
_MARK = "X-Sieve-Redirected-From"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter to be written with the filing; with `once` only if that is not remembered yet.

    `copy` is filed when it is written (RFC 8580).
    """

    kind: Kind
    mail_from: str
    recipient: str
    content: bytes
    once: str | None = None
    pause: timedelta = timedelta()
    copy: Filing | None = None


def why_not_redirected(letter: sieve.Letter, own: str, to: str) -> str | None:
    """Why the mail stays here; None when it may go on."""
    if mime.canonical(to) == own:
        return "The mail would be redirected to the mailbox it is in."
    seen = [
        mime.canonical(each.address)
        for name in (_MARK, "Delivered-To")
        for field in letter.own(name)
        for each in letter.addresses(field)
    ]
    if own in seen:
        return "The mail goes round in circles: it was redirected from here before."
    authors = mime.addresses(letter.scan, b"from")
    if not authors or not authors[0].domain:
        return "The mail has no author and cannot be sent on."
    return None


def redirected(
    letter: sieve.Letter, action: sieve.Redirect, own: str, mail_from: str, results: bytes
) -> Draft:
    """The mail as it goes on: who sent it hears what becomes of it.

    `results`: what we found out about its sender, which the outbox seals (ARC, RFC 8617).
    """
    mark = address_field(_MARK, [mime.Address("", own)], smtputf8=True)
    return Draft(
        kind="redirect",
        mail_from=mail_from,
        recipient=action.address,
        content=mark + results + (action.edited or letter.raw),
    )


def results_in(trace: bytes) -> bytes:
    """Our own Authentication-Results among the trace fields of an arrival."""
    return b"".join(
        trace[start:end]
        for name, start, end in field_spans(trace)
        if name == b"authentication-results"
    )


def answered(
    letter: sieve.Letter, action: sieve.Vacation, own: str, mail_from: str, now: datetime
) -> Draft | None:
    """The answer to the sender; None when none is due (RFC 5230 4.5, 4.6)."""
    if vacation.why_silent(letter, mail_from, [own, *action.addresses]) is not None:
        return None
    try:
        content = _numbered(vacation.answer(letter, action, mail_from, own, now), own)
    except Unbuildable:
        return None
    return Draft(
        kind="vacation",
        mail_from="",  # RFC 5230 5.1
        recipient=mail_from,
        content=content,
        # RFC 5230 4.2: each sender once for each answer.
        once=f"{mime.canonical(mail_from)}\n{action.handle}",
        pause=action.pause,
    )


def notified(
    letter: sieve.Letter,
    action: sieve.Notify,
    own: str,
    mail_from: str,
    now: datetime,
    known: set[str],
) -> list[Draft]:
    """A letter for each whom the message's coming is to be told to, and who is not `known` yet.

    Raises Unbuildable.
    """
    action = replace(action, to=notification.without(action.to, known))
    people = (*action.to.to, *action.to.cc)
    if not people or notification.why_silent(letter) is not None:
        return []
    content = _numbered(notification.notification(letter, action, own, now), own)
    # RFC 5436 2.7: what tells of a bounce must not bounce.
    sender = notification.author_of(action, own) if mail_from else ""
    return [
        Draft(kind="notify", mail_from=sender, recipient=each.address, content=content)
        for each in people
    ]


def _numbered(content: bytes, own: str) -> bytes:
    """With its Message-ID: a copy that is filed has the same."""
    name = make_message_id(os.urandom(20), own.rpartition("@")[2])
    return id_field("Message-ID", [name]) + content


def rejected(
    letter: sieve.Letter, reason: str, own: str, mail_from: str, host: str, now: datetime
) -> Draft:
    """The report to the sender (RFC 5429 2.2, RFC 3464)."""
    raw = letter.raw
    report = Report(
        to=mail_from,
        host=host,
        date=now,
        message_id=make_message_id(os.urandom(20), host),
        recipients=(
            Recipient(
                address=own,
                action="failed",
                status="5.7.1",
                diagnostic=one_line(reason),
                last_attempt=now,
            ),
        ),
        header=raw[: letter.scan.root.body_start],
        subject=mime.subject(letter.scan),
    )
    return Draft(kind="reject", mail_from="", recipient=mail_from, content=build_dsn(report))


def one_line(reason: str) -> str:
    """A reason as a reply can hold it."""
    return " ".join(reason.split())[:400] or "The recipient refuses this message."
