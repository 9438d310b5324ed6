"""The methods of mail, each with the page that says what it answers."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.support.graph_server.deltas import delta
from tests.support.graph_server.mailbox import ROOT, change_message
from tests.support.graph_server.notices import MOST_MINUTES, Subscription, validate
from tests.support.graph_server.parts import (
    Answered,
    Refusal,
    is_immutable,
    mime_of,
    selected,
    shown,
    shown_folder,
    url_of,
)
from tests.support.web_server import Request

if TYPE_CHECKING:
    from tests.support.graph_server.server import GraphServer

# -- folders


async def list_folders(server: "GraphServer", request: Request, parent: str = ROOT) -> Answered:
    """A/user-list-mailfolders, A/mailfolder-list-childfolders: ten at a time unless $top says
    more; hidden ones are left out.
    """
    children = server.box.children(parent)
    skip, top = int(request.one("$skip", "0")), int(request.one("$top", "10"))
    some = [shown_folder(server.box, each) for each in children[skip : skip + top]]
    answer: dict[str, Any] = {"value": some}
    if skip + top < len(children):
        answer["@odata.nextLink"] = url_of(server, request, f"$top={top}&$skip={skip + top}")
    return 200, {}, answer


async def get_folder(server: "GraphServer", request: Request, folder: str) -> Answered:
    """A/mailfolder-get: by id or well-known name."""
    if folder == ROOT:
        return 200, {}, {"id": ROOT, "displayName": "Top of Information Store"}
    return 200, {}, shown_folder(server.box, server.box.folders[server.box.find(folder)])


async def make_folder(server: "GraphServer", request: Request, parent: str = ROOT) -> Answered:
    """A/user-post-mailfolders, A/mailfolder-post-childfolders"""
    name = request.json()["displayName"]
    if any(each.name.lower() == name.lower() for each in server.box.children(parent)):
        said = "A folder with the specified name already exists."
        raise Refusal(409, "ErrorFolderExists", said)
    made = server.box.make_folder(name, server.box.find(parent))
    return 201, {}, shown_folder(server.box, made)


async def change_folder(server: "GraphServer", request: Request, folder: str) -> Answered:
    """A/mailfolder-update"""
    server.box.rename_folder(folder, request.json()["displayName"])
    return 200, {}, shown_folder(server.box, server.box.folders[server.box.find(folder)])


async def move_folder(server: "GraphServer", request: Request, folder: str) -> Answered:
    """A/mailfolder-move"""
    found = server.box.folders[server.box.find(folder)]
    found.parent = server.box.find(request.json()["destinationId"])
    return 200, {}, shown_folder(server.box, found)


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
            each for each in found if shown(server, request, each)["internetMessageId"] in asked
        ]
    top = int(request.one("$top", "10"))
    answer: dict[str, Any] = {"value": [selected(server, request, each) for each in found[:top]]}
    if request.one("$count") == "true":
        answer["@odata.count"] = len(found)
    return 200, {}, answer


async def get_content(server: "GraphServer", request: Request, identifier: str) -> Answered:
    """G/outlook-get-mime-message"""
    return 200, {}, server.box.by_id(identifier).raw


async def get_message(server: "GraphServer", request: Request, identifier: str) -> Answered:
    """A/message-get"""
    return 200, {}, selected(server, request, server.box.by_id(identifier))


async def change(server: "GraphServer", request: Request, identifier: str) -> Answered:
    """A/message-update"""
    message = server.box.by_id(identifier)
    change_message(message, request.json())
    server.box.touch(message)
    return 200, {}, shown(server, request, message)


async def move(server: "GraphServer", request: Request, identifier: str) -> Answered:
    """A/message-move: 201, and the message with its new id."""
    found = server.box.by_id(identifier)
    moved = server.box.move(found.id, request.json()["destinationId"])
    return 201, {}, shown(server, request, moved)


async def purge(server: "GraphServer", request: Request, identifier: str) -> Answered:
    """A/message-permanentdelete"""
    server.box.purge(server.box.by_id(identifier).id)
    return 204, {}, None


async def create(server: "GraphServer", request: Request, folder: str = "drafts") -> Answered:
    """A/user-post-messages, example 3: a draft, always; read."""
    raw = mime_of(request)
    made = server.box.deliver(raw, folder, draft=True, read=True)
    return 201, {}, shown(server, request, made)


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
        immutable=is_immutable(request),
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
