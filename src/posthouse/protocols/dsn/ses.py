"""Notifications of Amazon SES as SNS mails them: JSON in the text."""

from __future__ import annotations

import json
from typing import Any

from posthouse.protocols.dsn.model import Kind, Notice, Reported
from posthouse.protocols.dsn.read import MOST_RECIPIENTS, reply_in, status_in
from posthouse.protocols.dsn.reasons import reason_of

_MARK = "notificationType"


def read_ses(text: str) -> Notice | None:
    """The notice that such a text holds; None for any other text."""
    if _MARK not in text:
        return None
    value = _value(text.replace("!\n ", ""))
    if isinstance(value, dict) and isinstance(value.get("Message"), str):
        value = _value(value["Message"])
    if not isinstance(value, dict):
        return None
    kind = value.get("notificationType")
    if kind == "Bounce":
        return _notice(Kind.FAILED, _objects(_object(value, "bounce"), "bouncedRecipients"))
    if kind == "Complaint":
        complaint = _object(value, "complaint")
        people = _objects(complaint, "complainedRecipients")
        return _notice(Kind.COMPLAINT, people, _text(complaint, "complaintFeedbackType") or "other")
    if kind == "Delivery":
        taken = _object(value, "delivery").get("recipients")
        known = taken if isinstance(taken, list) else []
        return _notice(Kind.DELIVERED, [{"emailAddress": who} for who in known])
    return None


def _value(text: str) -> Any:
    try:
        return json.JSONDecoder().raw_decode(text, text.index("{"))[0]
    except (ValueError, RecursionError):
        return None


def _notice(kind: Kind, people: list[dict[str, Any]], feedback_type: str = "") -> Notice | None:
    recipients = tuple(_reported(kind, who) for who in people[:MOST_RECIPIENTS])
    if not recipients:
        return None
    return Notice(kind=kind, recipients=recipients, feedback_type=feedback_type)


def _reported(kind: Kind, who: dict[str, Any]) -> Reported:
    diagnostic = _text(who, "diagnosticCode").partition(";")[2].strip()
    status, code = status_in(_text(who, "status") or diagnostic), reply_in(diagnostic)
    return Reported(
        action=kind.value,
        recipient=_text(who, "emailAddress"),
        status=status,
        reply_code=code,
        diagnostic=diagnostic[:1000],
        reason=reason_of(diagnostic, status, code) if kind is Kind.FAILED else None,
    )


def _object(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _objects(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = value.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _text(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""
