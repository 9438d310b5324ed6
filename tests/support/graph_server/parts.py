"""What the methods share: refusals, and how things are shown."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.support.graph_server.mailbox import (
    GraphFolder,
    GraphMailbox,
    GraphMessage,
    shown_message,
)
from tests.support.web_server import Request

if TYPE_CHECKING:
    from tests.support.graph_server.server import GraphServer

Answered = tuple[int, Mapping[str, str], Any]


class Refusal(Exception):
    """G/errors"""

    def __init__(self, status: int, code: str, said: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.said = status, code, said or code


def shown_folder(box: GraphMailbox, folder: GraphFolder) -> dict[str, Any]:
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


def selected(
    server: "GraphServer",
    request: Request,
    message: GraphMessage,
    options: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """G/query-parameters: what $select names, the id always, and what $expand asks for."""
    options = options or {"$select": request.one("$select"), "$expand": request.one("$expand")}
    whole = shown(server, request, message)
    expanded = whole.pop("singleValueExtendedProperties")
    if wanted := options["$select"]:
        whole = {name: value for name, value in whole.items() if name in (*wanted.split(","), "id")}
    if options["$expand"]:
        # A/resources/singlevaluelegacyextendedproperty: ids are numbers, however they are written.
        asked = {int(each, 16) for each in re.findall(r"0x([0-9a-fA-F]+)", options["$expand"])}
        some = [each for each in expanded if int(each["id"].split()[1], 16) in asked]
        if some:
            whole["singleValueExtendedProperties"] = some
    return whole


def shown(server: "GraphServer", request: Request, message: GraphMessage) -> dict[str, Any]:
    return shown_message(server.box, message, immutable=is_immutable(request))


def is_immutable(request: Request) -> bool:
    return 'IdType="ImmutableId"' in request.headers.get("prefer", "")


def page_size(server: "GraphServer", request: Request) -> int:
    for part in request.headers.get("prefer", "").split(","):
        name, _, value = part.strip().partition("=")
        if name == "odata.maxpagesize":
            return min(int(value), server.page or int(value))
    return server.page or 10


def mime_of(request: Request) -> bytes:
    try:
        return base64.b64decode(request.body, validate=True)
    except binascii.Error:
        said = "Invalid base64 string for MIME content."
        raise Refusal(400, "ErrorMimeContentInvalidBase64String", said) from None


def url_of(server: "GraphServer", request: Request, query: str) -> str:
    return f"http://127.0.0.1:{server.port}{request.path}?{query}"
