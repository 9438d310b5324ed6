"""What the methods of the Gmail API take and answer: views, pages, uploads."""

import base64
import json
from contextvars import ContextVar
from typing import Any

from tests.support.gmail_server.mailbox import FIXED, Label, Mail, Mailbox, Nope
from tests.support.web_server import Request

# Google may give less than is asked for.
most_of_a_page: ContextVar[int] = ContextVar("most_of_a_page", default=500)

# -- views


def message_view(mail: Mail) -> dict[str, Any]:
    """G /reference/rest/v1/users.messages#Message."""
    return {
        "id": mail.id,
        "threadId": mail.id,
        "labelIds": sorted(mail.labels),
        "historyId": str(mail.history),
    }


def label_view(label: Label) -> dict[str, Any]:
    return {
        "id": label.id,
        "name": label.name,
        "messageListVisibility": "show",
        "labelListVisibility": "labelShow",
        "type": "user",
    }


def record_view(record: Any) -> dict[str, Any]:
    message = {"id": record.message, "threadId": record.message}
    changed: dict[str, Any] = {"message": message}
    if record.labels:
        changed["labelIds"] = list(record.labels)
    return {"id": str(record.id), "messages": [message], record.kind: [changed]}


def draft_view(box: Mailbox, identifier: str) -> dict[str, Any]:
    return {"id": identifier, "message": message_view(box.messages[box.drafts[identifier]])}


# -- what is taken


def paged(found: list[Any], request: Request, what: str) -> tuple[list[Any], dict[str, str]]:
    """Tokens are opaque, and good for the list they were given with."""
    most = min(int(request.one("maxResults", "100")), most_of_a_page.get())
    token, start = request.one("pageToken"), 0
    if token:
        prefix, _, number = token.rpartition("-")
        if prefix != what or not number.isdigit():
            raise Nope(400, "invalidArgument", "Invalid pageToken")
        start = int(number)
    following = {"nextPageToken": f"{what}-{start + most}"} if len(found) > start + most else {}
    return found[start : start + most], following


def require_free_labels(box: Mailbox, identifier: str, asked: dict[str, Any]) -> None:
    """G /guides/labels: SENT and DRAFT are not applied by hand, and "draft messages cannot have
    labels applied to them".
    """
    labels = {*asked.get("addLabelIds", []), *asked.get("removeLabelIds", [])}
    if labels & FIXED:
        raise Nope(400, "invalidArgument", f"Invalid label: {sorted(labels & FIXED)[0]}")
    if "DRAFT" in box.mail(identifier).labels:
        raise Nope(400, "invalidArgument", "Labels cannot be applied to drafts.")


def some_ids(asked: dict[str, Any]) -> list[str]:
    identifiers: list[str] = asked["ids"]
    if not 0 < len(identifiers) <= 1000:
        raise Nope(400, "invalidArgument", "Too many message ids.")
    return identifiers


def uploaded(request: Request) -> tuple[dict[str, Any], bytes]:
    """G /guides/uploads: uploadType=media is the message alone, multipart is metadata first;
    without an upload the message is in `raw`. Drafts have theirs in `message`.
    """
    kind = request.headers.get("content-type", "")
    upload = request.one("uploadType")
    if request.path.startswith("/upload/") != bool(upload):
        raise Nope(400, "badRequest", "Unsupported upload.")
    if upload == "media":
        if kind != "message/rfc822":  # G, "Accepted Media MIME types: message/*"
            raise Nope(400, "badContent", f"Media type '{kind}' is not supported.")
        return {}, request.body
    if upload == "multipart":
        assert kind.startswith("multipart/related; boundary=")
        boundary = kind.partition("boundary=")[2].encode()
        parts = (b"\r\n" + request.body).split(b"\r\n--" + boundary)
        bodies = [part.partition(b"\r\n\r\n")[2] for part in parts[1:3]]
        assert parts[3] == b"--\r\n"
        return json.loads(bodies[0]), bodies[1]
    asked = request.json()
    asked = asked.get("message", asked)
    return asked, base64.urlsafe_b64decode(asked["raw"])
