"""The methods of mail, each with the page that says what it answers."""

import base64
import binascii
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.support.graph_server.mailbox import (
    ROOT,
    GraphFolder,
    GraphMailbox,
    GraphMessage,
    change_message,
    shown_message,
)
from tests.support.graph_server.notices import MOST_MINUTES, Subscription, validate
from tests.support.web_server import Request

if TYPE_CHECKING:
    from tests.support.graph_server.server import GraphServer

Answered = tuple[int, Mapping[str, str], Any]


class Refusal(Exception):
    """G/errors"""

    def __init__(self, status: int, code: str, said: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.said = status, code, said or code


# -- folders


async def list_folders(server: "GraphServer", request: Request, parent: str = ROOT) -> Answered:
    """A/user-list-mailfolders, A/mailfolder-list-childfolders: ten at a time unless $top says
    more; hidden ones are left out.
    """
    children = server.box.children(parent)
    skip, top = int(request.one("$skip", "0")), int(request.one("$top", "10"))
    shown = [_folder(server.box, each) for each in children[skip : skip + top]]
    answer: dict[str, Any] = {"value": shown}
    if skip + top < len(children):
        answer["@odata.nextLink"] = _url(server, request, f"$top={top}&$skip={skip + top}")
    return 200, {}, answer


async def get_folder(server: "GraphServer", request: Request, folder: str) -> Answered:
    """A/mailfolder-get: by id or well-known name."""
    if folder == ROOT:
        return 200, {}, {"id": ROOT, "displayName": "Top of Information Store"}
    return 200, {}, _folder(server.box, server.box.folders[server.box.find(folder)])


async def make_folder(server: "GraphServer", request: Request, parent: str = ROOT) -> Answered:
    """A/user-post-mailfolders, A/mailfolder-post-childfolders"""
    name = request.json()["displayName"]
    if any(each.name.lower() == name.lower() for each in server.box.children(parent)):
        said = "A folder with the specified name already exists."
        raise Refusal(409, "ErrorFolderExists", said)
    made = server.box.make_folder(name, server.box.find(parent))
    return 201, {}, _folder(server.box, made)


async def change_folder(server: "GraphServer", request: Request, folder: str) -> Answered:
    """A/mailfolder-update"""
    server.box.rename_folder(folder, request.json()["displayName"])
    return 200, {}, _folder(server.box, server.box.folders[server.box.find(folder)])


async def move_folder(server: "GraphServer", request: Request, folder: str) -> Answered:
    """A/mailfolder-move"""
    found = server.box.folders[server.box.find(folder)]
    found.parent = server.box.find(request.json()["destinationId"])
    return 200, {}, _folder(server.box, found)


async def delete_folder(server: "GraphServer", request: Request, folder: str) -> Answered:
    """A/mailfolder-delete"""
    server.box.delete_folder(folder)
    return 204, {}, None


# -- messages


async def list_messages(server: "GraphServer", request: Request, folder: str) -> Answered:
    """A/mailfolder-list-messages; $filter only as A/message says for internetMessageId."""
    found = list(server.box.in_folder(server.box.find(folder)))
    if wanted := request.one("$filter"):
        asked = {part.split(" eq ")[1][1:-1].replace("''", "'") for part in wanted.split(" or ")}
        found = [
            each for each in found if _shown(server, request, each)["internetMessageId"] in asked
        ]
    top = int(request.one("$top", "10"))
    answer: dict[str, Any] = {"value": [_selected(server, request, each) for each in found[:top]]}
    if request.one("$count") == "true":
        answer["@odata.count"] = len(found)
    return 200, {}, answer


async def delta(server: "GraphServer", request: Request, folder: str) -> Answered:
    """A/message-delta, G/delta-query-messages"""
    box, place = server.box, server.box.find(folder)
    token = request.one("$deltatoken") or request.one("$skiptoken")
    if token:
        told = json.loads(base64.urlsafe_b64decode(token))
        seq, listing, options = told["seq"], told.get("listing"), told["options"]
        if seq < box.oldest or (listing and listing not in server.listings):
            # G/delta-query-overview: 410 with Location, SyncStateNotFound
            raise Refusal(410, "SyncStateNotFound", "The sync state generation is not found.")
    else:
        seq, listing = len(box.log), uuid4().hex
        options = {"$select": request.one("$select"), "$expand": request.one("$expand")}
        newest = sorted(box.in_folder(place), key=lambda each: each.received, reverse=True)
        server.listings[listing] = seq, [each.id for each in newest]
    size = _page_size(server, request)
    if listing:
        start, ids = server.listings[listing]
        now, left = ids[:size], ids[size:]
        server.listings[listing] = start, left
        rest = {"seq": start, "listing": listing if left else None, "options": options}
        value = [
            _selected(server, request, box.messages[each], options)
            for each in now
            if each in box.messages and box.messages[each].folder == place
        ]
        return _delta_page(server, folder, value, rest, more=bool(left))
    listing, ids = uuid4().hex, box.changed_since(place, seq)
    value = [_told(server, request, place, each, options) for each in ids[:size]]
    # What is left is told from the log: the same place, as far as this page goes.
    last = len(box.log) if len(ids) <= size else _seq_of(box, place, seq, ids[:size])
    rest = {"seq": last, "listing": None, "options": options}
    return _delta_page(server, folder, value, rest, more=len(ids) > size)


def _seq_of(box: GraphMailbox, folder: str, seq: int, told: list[str]) -> int:
    """The last change of the log up to which all are told."""
    reached = seq
    last = {each.id: each.seq for each in box.log if each.folder == folder and each.seq > seq}
    for each in box.log:
        if each.seq > seq and each.folder == folder and last[each.id] == each.seq:
            if each.id not in told and each.id not in box.faults.omit:
                break
            reached = each.seq
    return reached


def _delta_page(
    server: "GraphServer", folder: str, value: list[Any], rest: dict[str, Any], *, more: bool
) -> Answered:
    token = base64.urlsafe_b64encode(json.dumps(rest).encode()).decode()
    kind, name = ("@odata.nextLink", "$skiptoken") if more else ("@odata.deltaLink", "$deltatoken")
    origin, server.misleads = server.misleads or f"http://127.0.0.1:{server.port}", ""
    link = f"{origin}/v1.0/me/mailFolders('{folder}')/messages/delta"
    return 200, {}, {kind: f"{link}?{name}={token}", "value": value}


async def get_content(server: "GraphServer", request: Request, identifier: str) -> Answered:
    """G/outlook-get-mime-message"""
    return 200, {}, server.box.by_id(identifier).raw


async def get_message(server: "GraphServer", request: Request, identifier: str) -> Answered:
    """A/message-get"""
    return 200, {}, _selected(server, request, server.box.by_id(identifier))


async def change(server: "GraphServer", request: Request, identifier: str) -> Answered:
    """A/message-update"""
    message = server.box.by_id(identifier)
    change_message(message, request.json())
    server.box.touch(message)
    return 200, {}, _shown(server, request, message)


async def move(server: "GraphServer", request: Request, identifier: str) -> Answered:
    """A/message-move: 201, and the message with its new id."""
    found = server.box.by_id(identifier)
    moved = server.box.move(found.id, request.json()["destinationId"])
    return 201, {}, _shown(server, request, moved)


async def purge(server: "GraphServer", request: Request, identifier: str) -> Answered:
    """A/message-permanentdelete"""
    server.box.purge(server.box.by_id(identifier).id)
    return 204, {}, None


async def create(server: "GraphServer", request: Request, folder: str = "drafts") -> Answered:
    """A/user-post-messages, example 3: a draft, always; read."""
    raw = _mime(request)
    made = server.box.deliver(raw, folder, draft=True, read=True)
    return 201, {}, _shown(server, request, made)


async def send(server: "GraphServer", request: Request, identifier: str) -> Answered:
    """A/message-send: 202; the copy in Sent Items has the id of the draft
    (G/outlook-immutable-id). What leaves has a Message-ID of Exchange's own.
    """
    draft = server.box.by_id(identifier)
    if not draft.is_draft:
        raise Refusal(400, "ErrorInvalidOperation")
    parsed = message_from_bytes(draft.raw, policy=policy.default)
    asked = [parsed.get_all(name, []) for name in ("To", "Cc", "Bcc")]
    if not getaddresses([str(each) for some in asked for each in some]):
        raise Refusal(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")
    server.sent.append(draft.raw)
    del parsed["Message-ID"]
    parsed["Message-ID"] = f"<{uuid4().hex}@namprd13.prod.outlook.com>"
    draft.raw, draft.is_draft = parsed.as_bytes(policy=policy.SMTP), False
    server.box.move(draft.id, "sentitems")
    return 202, {}, None


# -- subscriptions


async def subscribe(server: "GraphServer", request: Request) -> Answered:
    """A/subscription-post-subscriptions"""
    told = request.json()
    until = datetime.fromisoformat(told["expirationDateTime"])
    if until > datetime.now(UTC) + timedelta(minutes=MOST_MINUTES):
        raise Refusal(400, "InvalidRequest", "Subscription expiration is too far in the future.")
    assert server.client is not None
    for url in (told["notificationUrl"], told["lifecycleNotificationUrl"]):
        if not await validate(server.client, url):
            said = "Subscription validation request failed."
            raise Refusal(400, "ValidationError", said)
    made = Subscription(
        id=str(uuid4()),
        url=told["notificationUrl"],
        lifecycle=told["lifecycleNotificationUrl"],
        resource=told["resource"],
        client_state=told["clientState"],
        immutable=_immutable(request),
        until=until,
        client=server.client,
    )
    server.subscriptions[made.id] = made
    return 201, {}, made.shown()


async def renew(server: "GraphServer", request: Request, identifier: str) -> Answered:
    """A/subscription-update; it reauthorizes, too."""
    found = server.subscriptions.get(identifier)
    if found is None:
        raise Refusal(404, "ResourceNotFound", "The object was not found.")
    found.until = datetime.fromisoformat(request.json()["expirationDateTime"])
    found.renewed += 1
    return 200, {}, found.shown()


async def unsubscribe(server: "GraphServer", request: Request, identifier: str) -> Answered:
    """A/subscription-delete"""
    server.subscriptions.pop(identifier)
    return 204, {}, None


# -- parts


def _folder(box: GraphMailbox, folder: GraphFolder) -> dict[str, Any]:
    """A/resources/mailfolder"""
    return {
        "@odata.type": f"#microsoft.graph.{folder.kind}",
        "id": folder.id,
        "displayName": folder.name,
        "parentFolderId": folder.parent,
        "childFolderCount": len(box.children(folder.id)),
        "totalItemCount": sum(1 for _ in box.in_folder(folder.id)),
        "isHidden": False,
    }


def _told(
    server: "GraphServer",
    request: Request,
    folder: str,
    identifier: str,
    options: Mapping[str, str],
) -> dict[str, Any]:
    message = server.box.messages.get(identifier)
    if message is not None and message.folder == folder:
        return _selected(server, request, message, options)
    gone = message or server.box.purged[identifier]
    return {
        "id": server.box.shown_id(gone, immutable=_immutable(request)),
        "@removed": {"reason": "changed" if message else "deleted"},
    }


def _selected(
    server: "GraphServer",
    request: Request,
    message: GraphMessage,
    options: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """G/query-parameters: what $select names, the id always, and what $expand asks for."""
    options = options or {"$select": request.one("$select"), "$expand": request.one("$expand")}
    shown = _shown(server, request, message)
    expanded = shown.pop("singleValueExtendedProperties")
    if wanted := options["$select"]:
        shown = {name: value for name, value in shown.items() if name in (*wanted.split(","), "id")}
    if options["$expand"]:
        # A/resources/singlevaluelegacyextendedproperty: ids are numbers, however they are written.
        asked = {int(each, 16) for each in re.findall(r"0x([0-9a-fA-F]+)", options["$expand"])}
        some = [each for each in expanded if int(each["id"].split()[1], 16) in asked]
        if some:
            shown["singleValueExtendedProperties"] = some
    return shown


def _shown(server: "GraphServer", request: Request, message: GraphMessage) -> dict[str, Any]:
    return shown_message(server.box, message, immutable=_immutable(request))


def _immutable(request: Request) -> bool:
    return 'IdType="ImmutableId"' in request.headers.get("prefer", "")


def _page_size(server: "GraphServer", request: Request) -> int:
    for part in request.headers.get("prefer", "").split(","):
        name, _, value = part.strip().partition("=")
        if name == "odata.maxpagesize":
            return min(int(value), server.page or int(value))
    return server.page or 10


def _mime(request: Request) -> bytes:
    try:
        return base64.b64decode(request.body, validate=True)
    except binascii.Error:
        said = "Invalid base64 string for MIME content."
        raise Refusal(400, "ErrorMimeContentInvalidBase64String", said) from None


def _url(server: "GraphServer", request: Request, query: str) -> str:
    return f"http://127.0.0.1:{server.port}{request.path}?{query}"


_ME = r"/v1\.0/me"
_FOLDER = _ME + r"/mailFolders(?:/|\(')([^/')]+)(?:'\))?"
_MESSAGE = _ME + r"/messages/([^/]+)"
_SUBSCRIPTION = r"/v1\.0/subscriptions/([^/]+)"

METHODS: tuple[tuple[str, str, Callable[..., Awaitable[Answered]]], ...] = (
    ("GET", _ME + "/mailFolders", list_folders),
    ("POST", _ME + "/mailFolders", make_folder),
    ("GET", _FOLDER, get_folder),
    ("PATCH", _FOLDER, change_folder),
    ("DELETE", _FOLDER, delete_folder),
    ("POST", _FOLDER + "/move", move_folder),
    ("GET", _FOLDER + "/childFolders", list_folders),
    ("POST", _FOLDER + "/childFolders", make_folder),
    ("GET", _FOLDER + "/messages", list_messages),
    ("POST", _FOLDER + "/messages", create),
    ("GET", _FOLDER + "/messages/delta", delta),
    ("POST", _ME + "/messages", create),
    ("GET", _MESSAGE, get_message),
    ("PATCH", _MESSAGE, change),
    ("GET", _MESSAGE + r"/\$value", get_content),
    ("POST", _MESSAGE + "/move", move),
    ("POST", _MESSAGE + "/permanentDelete", purge),
    ("POST", _MESSAGE + "/send", send),
    ("POST", r"/v1\.0/subscriptions", subscribe),
    ("PATCH", _SUBSCRIPTION, renew),
    ("DELETE", _SUBSCRIPTION, unsubscribe),
)
