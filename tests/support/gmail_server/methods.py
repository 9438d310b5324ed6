"""The methods of the Gmail API over a mailbox: what each takes and answers."""

import base64
import json
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from tests.support.gmail_server.mailbox import (
    FIXED,
    SYSTEM,
    Label,
    Mail,
    Mailbox,
    Nope,
    date_header,
)
from tests.support.web_server import Request

# Google may give less than is asked for.
most_of_a_page: ContextVar[int] = ContextVar("most_of_a_page", default=500)

Method = tuple[str, str, str, Callable[..., Any]]


# -- users.messages: G /reference/rest/v1/users.messages


def list_messages(box: Mailbox, request: Request) -> Any:
    """/list: "maxResults … defaults to 100. The maximum allowed value for this field is 500."
    Each has id and threadId alone.
    """
    spam_trash = request.one("includeSpamTrash") == "true"
    found = box.find(request.all("labelIds"), request.one("q"), spam_trash)
    some, following = _paged(found, request, "messages")
    told: dict[str, Any] = {"resultSizeEstimate": len(found)}
    if some:
        told["messages"] = [{"id": mail.id, "threadId": mail.id} for mail in some]
    return told | following


def get_message(box: Mailbox, request: Request, identifier: str) -> Any:
    """/get, by format (G /reference/rest/v1/Format)."""
    mail = box.mail(identifier)
    form = request.one("format", "full")
    told = message_view(mail) | {"internalDate": str(mail.date), "sizeEstimate": len(mail.raw)}
    if form == "raw":  # "base64url encoded string"
        told["raw"] = base64.urlsafe_b64encode(mail.raw).decode()
    elif form != "minimal":
        head = mail.raw.partition(b"\r\n\r\n")[0].decode("latin-1")
        pairs = (line.partition(":") for line in re.sub(r"\r\n[ \t]", " ", head).split("\r\n"))
        headers = [{"name": name, "value": value.strip()} for name, _, value in pairs]
        told["payload"] = {"headers": headers}
    if form != "raw":
        told["snippet"] = 'it says "raw":"'
    return told


def modify_message(box: Mailbox, request: Request, identifier: str) -> Any:
    """/modify."""
    asked = request.json()
    _require_free_labels(box, identifier, asked)
    add, remove = asked.get("addLabelIds", []), asked.get("removeLabelIds", [])
    return message_view(box.modify(identifier, add, remove))


def modify_messages(box: Mailbox, request: Request) -> Any:
    """/batchModify: "There is a limit of 1000 ids per request"; the answer is empty."""
    asked = request.json()
    for identifier in _some_ids(asked):
        _require_free_labels(box, identifier, asked)
    for identifier in asked["ids"]:
        box.modify(identifier, asked.get("addLabelIds", []), asked.get("removeLabelIds", []))
    return None


def trash_message(box: Mailbox, request: Request, identifier: str) -> Any:
    """/trash."""
    return message_view(box.trash(identifier))


def untrash_message(box: Mailbox, request: Request, identifier: str) -> Any:
    """/untrash."""
    return message_view(box.modify(identifier, [], ["TRASH"]))


def delete_message(box: Mailbox, request: Request, identifier: str) -> Any:
    """/delete: "Immediately and permanently deletes the specified message." """
    box.delete(identifier)
    return None


def delete_messages(box: Mailbox, request: Request) -> Any:
    """/batchDelete: "Provides no guarantees that messages were not already deleted or even existed
    at all."
    """
    for identifier in _some_ids(request.json()):
        if identifier in box.messages:
            box.delete(identifier)
    return None


def insert_message(box: Mailbox, request: Request) -> Any:
    """/insert and /import: labels come with the metadata; G /guides/labels: SENT is for those
    "inserted with messages.insert and the user's email in the From header".
    """
    metadata, raw = _uploaded(request)
    labels = set(metadata.get("labelIds", []))
    if labels & FIXED:
        raise Nope(400, "invalidArgument", f"Invalid label: {sorted(labels & FIXED)[0]}")
    sender = re.search(rb"(?im)^from:.*$", raw)
    if sender is not None and box.address.encode() in sender[0]:
        labels.add("SENT")
    dated = request.one("internalDateSource") == "dateHeader"
    identifier = box.insert(raw, labels, date_header(raw) if dated else None)
    return message_view(box.messages[identifier])


def send_message(box: Mailbox, request: Request) -> Any:
    """/send."""
    _, raw = _uploaded(request)
    return message_view(box.messages[box.send(raw)])


# -- users.drafts: G /reference/rest/v1/users.drafts


def create_draft(box: Mailbox, request: Request) -> Any:
    _, raw = _uploaded(request)
    return _draft_view(box, box.make_draft(raw))


def update_draft(box: Mailbox, request: Request, identifier: str) -> Any:
    _, raw = _uploaded(request)
    box.update_draft(identifier, raw)
    return _draft_view(box, identifier)


def list_drafts(box: Mailbox, request: Request) -> Any:
    some, following = _paged(list(box.drafts), request, "drafts")
    return {"drafts": [_draft_view(box, each) for each in some]} | following


def get_draft(box: Mailbox, request: Request, identifier: str) -> Any:
    if identifier not in box.drafts:
        raise Nope(404, "notFound", "Requested entity was not found.")
    return _draft_view(box, identifier)


def delete_draft(box: Mailbox, request: Request, identifier: str) -> Any:
    get_draft(box, request, identifier)
    box.delete(box.drafts[identifier])
    return None


# -- users.labels: G /reference/rest/v1/users.labels


def list_labels(box: Mailbox, request: Request) -> Any:
    """/list: "each label resource only contains an id, name, messageListVisibility,
    labelListVisibility, and type".
    """
    system = [{"id": name, "name": name, "type": "system"} for name in SYSTEM]
    return {"labels": [*system, *map(label_view, box.labels.values())]}


def get_label(box: Mailbox, request: Request, identifier: str) -> Any:
    """/get, with its counts."""
    if identifier not in box.labels and identifier not in SYSTEM:
        raise Nope(404, "notFound", "Requested entity was not found.")
    total = sum(identifier in mail.labels for mail in box.messages.values())
    label = box.labels.get(identifier)
    if label is None:
        return {"id": identifier, "name": identifier, "type": "system", "messagesTotal": total}
    return label_view(label) | {"messagesTotal": total}


def create_label(box: Mailbox, request: Request) -> Any:
    return label_view(box.create_label(request.json().get("name", "")))


def patch_label(box: Mailbox, request: Request, identifier: str) -> Any:
    return label_view(box.rename_label(identifier, request.json()["name"]))


def delete_label(box: Mailbox, request: Request, identifier: str) -> Any:
    box.delete_label(identifier)
    return None


# -- users: G /reference/rest/v1/users


def get_profile(box: Mailbox, request: Request) -> Any:
    return {
        "emailAddress": box.address,
        "messagesTotal": len(box.messages),
        "threadsTotal": len(box.messages),
        "historyId": str(box.history_id),
    }


def list_history(box: Mailbox, request: Request) -> Any:
    """G /reference/rest/v1/users.history/list: "any messages contained in the response will
    typically only have id and threadId fields populated"; historyId is the mailbox's own.
    """
    if not request.one("startHistoryId").isdigit():
        raise Nope(400, "invalidArgument", "Missing required parameter: startHistoryId")
    wanted = request.all("historyTypes")
    names = {"messagesAdded": "messageAdded", "messagesDeleted": "messageDeleted"} | {
        "labelsAdded": "labelAdded",
        "labelsRemoved": "labelRemoved",
    }
    found = [
        record
        for record in box.since(int(request.one("startHistoryId")))
        if not wanted or names[record.kind] in wanted
    ]
    some, following = _paged(found, request, "history")
    told: dict[str, Any] = {"historyId": str(box.history_id)}
    if some:
        told["history"] = [_record_view(record) for record in some]
    return told | following


METHODS: tuple[Method, ...] = (
    ("GET", r"/profile", "getProfile", get_profile),
    ("GET", r"/messages", "messages.list", list_messages),
    ("POST", r"/messages", "messages.insert", insert_message),
    ("POST", r"/messages/import", "messages.import", insert_message),
    ("POST", r"/messages/send", "messages.send", send_message),
    ("POST", r"/messages/batchModify", "messages.batchModify", modify_messages),
    ("POST", r"/messages/batchDelete", "messages.batchDelete", delete_messages),
    ("GET", r"/messages/([\w-]+)", "messages.get", get_message),
    ("DELETE", r"/messages/([\w-]+)", "messages.delete", delete_message),
    ("POST", r"/messages/([\w-]+)/modify", "messages.modify", modify_message),
    ("POST", r"/messages/([\w-]+)/trash", "messages.trash", trash_message),
    ("POST", r"/messages/([\w-]+)/untrash", "messages.untrash", untrash_message),
    ("GET", r"/drafts", "drafts.list", list_drafts),
    ("POST", r"/drafts", "drafts.create", create_draft),
    ("GET", r"/drafts/([\w-]+)", "drafts.get", get_draft),
    ("PUT", r"/drafts/([\w-]+)", "drafts.update", update_draft),
    ("DELETE", r"/drafts/([\w-]+)", "drafts.delete", delete_draft),
    ("GET", r"/labels", "labels.list", list_labels),
    ("POST", r"/labels", "labels.create", create_label),
    ("GET", r"/labels/([\w-]+)", "labels.get", get_label),
    ("PATCH", r"/labels/([\w-]+)", "labels.update", patch_label),
    ("DELETE", r"/labels/([\w-]+)", "labels.delete", delete_label),
    ("GET", r"/history", "history.list", list_history),
)


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


def _record_view(record: Any) -> dict[str, Any]:
    message = {"id": record.message, "threadId": record.message}
    changed: dict[str, Any] = {"message": message}
    if record.labels:
        changed["labelIds"] = list(record.labels)
    return {"id": str(record.id), "messages": [message], record.kind: [changed]}


def _draft_view(box: Mailbox, identifier: str) -> dict[str, Any]:
    return {"id": identifier, "message": message_view(box.messages[box.drafts[identifier]])}


# -- what is taken


def _paged(found: list[Any], request: Request, what: str) -> tuple[list[Any], dict[str, str]]:
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


def _require_free_labels(box: Mailbox, identifier: str, asked: dict[str, Any]) -> None:
    """G /guides/labels: SENT and DRAFT are not applied by hand, and "draft messages cannot have
    labels applied to them".
    """
    labels = {*asked.get("addLabelIds", []), *asked.get("removeLabelIds", [])}
    if labels & FIXED:
        raise Nope(400, "invalidArgument", f"Invalid label: {sorted(labels & FIXED)[0]}")
    if "DRAFT" in box.mail(identifier).labels:
        raise Nope(400, "invalidArgument", "Labels cannot be applied to drafts.")


def _some_ids(asked: dict[str, Any]) -> list[str]:
    identifiers: list[str] = asked["ids"]
    if not 0 < len(identifiers) <= 1000:
        raise Nope(400, "invalidArgument", "Too many message ids.")
    return identifiers


def _uploaded(request: Request) -> tuple[dict[str, Any], bytes]:
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
