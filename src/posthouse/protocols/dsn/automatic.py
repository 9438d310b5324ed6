"""Replies that no person wrote: RFC 3834's field, its forerunners, the subjects of providers."""

from __future__ import annotations

import re

from posthouse.protocols.mime.headers import subject
from posthouse.protocols.mime.model import Scan

_KEYWORD = re.compile(rb"[ \t\r\n]*(?:\([^)]*\)[ \t\r\n]*)?([A-Za-z-]+)")
_FIELDS = frozenset(
    (
        b"x-autoreply",
        b"x-autorespond",
        b"x-autoresponder",
        b"x-auto-reply",
        b"x-mail-autoreply",
    )
)
_PRECEDENCE = frozenset((b"auto_reply", b"auto-reply", b"autoreply"))
# What mail systems write before the subject of the mail that they answer.
_SUBJECT = re.compile(
    r"(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response|answer)|autoreply|autoresponse"
    r"|out[- ]of[- ](?:the[- ])?office(?: auto(?:matic)?[- ]?reply)?|vacation reply"
    r"|away from (?:the |my )?(?:office|mail)"
    r"|自动回复|自動回覆|自動回復|自动答复|自動答覆|外出自动回复|不在办公室|不在辦公室"
    r"|réponse automatique|absence du bureau|automatische antwort|abwesenheitsnotiz"
    r"|respuesta automática|risposta automatica|resposta automática|автоответ|automatisch antwoord"
    r"|自動応答|自動返信|자동 회신)(?:[ \t]*[:\uff1a\]】)]|[ \t]*$)",
    re.IGNORECASE,
)


def is_automatic_reply(scan: Scan, title: str | None = None) -> bool:
    """Whether a program answered in a person's name. Not what programs send of themselves.

    Auto-Submitted: auto-generated is no reply (RFC 3834 5). `title` is the subject, if it has been
    decoded already.
    """
    said = scan.header(b"auto-submitted")
    if said is not None:
        match = _KEYWORD.match(said)
        word = match[1].lower() if match else b""
        if word in (b"auto-replied", b"auto-generated", b"auto-notified"):
            return word == b"auto-replied"
    if scan.root.has_any(_FIELDS) and any(_is_set(scan.header(name)) for name in _FIELDS):
        return True
    precedence = scan.header(b"precedence")
    if precedence is not None and precedence.strip().lower() in _PRECEDENCE:
        return True
    title = subject(scan) if title is None else title
    return _SUBJECT.match(title.lstrip(" [【(")) is not None


def _is_set(value: bytes | None) -> bool:
    return value is not None and value.strip().lower() not in (b"", b"no", b"0", b"false")
