"""What changed in a folder: A/message-delta, G/delta-query-messages."""

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.support.graph_server.mailbox import GraphMailbox
from tests.support.graph_server.parts import (
    Answered,
    Refusal,
    is_immutable,
    page_size,
    selected,
)
from tests.support.web_server import Request

if TYPE_CHECKING:
    from tests.support.graph_server.server import GraphServer


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
    size = page_size(server, request)
    if listing:
        start, ids = server.listings[listing]
        now, left = ids[:size], ids[size:]
        server.listings[listing] = start, left
        rest = {"seq": start, "listing": listing if left else None, "options": options}
        value = [
            selected(server, request, box.messages[each], options)
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


def _told(
    server: "GraphServer",
    request: Request,
    folder: str,
    identifier: str,
    options: Mapping[str, str],
) -> dict[str, Any]:
    message = server.box.messages.get(identifier)
    if message is not None and message.folder == folder:
        return selected(server, request, message, options)
    gone = message or server.box.purged[identifier]
    return {
        "id": server.box.shown_id(gone, immutable=is_immutable(request)),
        "@removed": {"reason": "changed" if message else "deleted"},
    }
