"""The methods of the Gmail API over a mailbox: what each takes and answers."""

import base64
import re
from collections.abc import Callable
from typing import Any

from tests.support.gmail_server.forms import (
    draft_view,
    label_view,
    message_view,
    paged,
    record_view,
    require_free_labels,
    some_ids,
    uploaded,
)
from tests.support.gmail_server.mailbox import FIXED, SYSTEM, Mailbox, Nope, date_header
from tests.support.web_server import Request

Method = tuple[str, str, str, Callable[..., Any]]


# -- users.messages: G /reference/rest/v1/users.messages


def list_messages(box: Mailbox, request: Request) -> Any:
    """/list: "maxResults … defaults to 100. The maximum allowed value for this field is 500."
    Each has id and threadId alone.
    """
    spam_trash = request.one("includeSpamTrash") == "true"
    found = box.find(request.all("labelIds"), request.one("q"), spam_trash)
    some, following = paged(found, request, "messages")
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
    require_free_labels(box, identifier, asked)
    add, remove = asked.get("addLabelIds", []), asked.get("removeLabelIds", [])
    return message_view(box.modify(identifier, add, remove))


def modify_messages(box: Mailbox, request: Request) -> Any:
    """/batchModify: "There is a limit of 1000 ids per request"; the answer is empty."""
    asked = request.json()
    for identifier in some_ids(asked):
        require_free_labels(box, identifier, asked)
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
    for identifier in some_ids(request.json()):
        if identifier in box.messages:
            box.delete(identifier)
    return None


def insert_message(box: Mailbox, request: Request) -> Any:
    """/insert and /import: labels come with the metadata; G /guides/labels: SENT is for those
    "inserted with messages.insert and the user's email in the From header".
    """
    metadata, raw = uploaded(request)
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
    _, raw = uploaded(request)
    return message_view(box.messages[box.send(raw)])


# -- users.drafts: G /reference/rest/v1/users.drafts


def create_draft(box: Mailbox, request: Request) -> Any:
    _, raw = uploaded(request)
    return draft_view(box, box.make_draft(raw))


def update_draft(box: Mailbox, request: Request, identifier: str) -> Any:
    _, raw = uploaded(request)
    box.update_draft(identifier, raw)
    return draft_view(box, identifier)


def list_drafts(box: Mailbox, request: Request) -> Any:
    some, following = paged(list(box.drafts), request, "drafts")
    return {"drafts": [draft_view(box, each) for each in some]} | following


def get_draft(box: Mailbox, request: Request, identifier: str) -> Any:
    if identifier not in box.drafts:
        raise Nope(404, "notFound", "Requested entity was not found.")
    return draft_view(box, identifier)


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
    some, following = paged(found, request, "history")
    told: dict[str, Any] = {"historyId": str(box.history_id)}
    if some:
        told["history"] = [record_view(record) for record in some]
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
