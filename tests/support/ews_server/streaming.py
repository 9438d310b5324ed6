"""Subscribe and GetStreamingEvents."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from xml.etree.ElementTree import Element
from xml.sax.saxutils import quoteattr

from tests.support.ews_server.mailbox import Mailbox
from tests.support.ews_server.reading import (
    NAMES,
    Failed,
    answer,
    failure,
    success,
    text,
)

# EWS eventtypes: how what happened is called.
_EVENTS = {
    "create": ("CreatedEvent", "NewMailEvent"),
    "update": ("ModifiedEvent",),
    "read": ("ModifiedEvent",),
    "delete": ("DeletedEvent",),
}


class Streams:
    """Subscriptions of a mailbox, and the connections over which their events are told."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.subscriptions: set[str] = set()
        self.open: set[asyncio.Queue[str]] = set()
        self.opened = asyncio.Event()
        self.ended = asyncio.Event()
        mailbox.listeners.append(self._happened)

    def subscribe(self, asked: Element) -> str:
        """EWS subscribe-operation; HOW how-to-stream-notifications…"""
        (request,) = asked.findall("m:StreamingSubscriptionRequest", NAMES)
        if (
            request.get("SubscribeToAllFolders") != "true"
            and request.find("t:FolderIds", NAMES) is None
        ):
            raise Failed("ErrorInvalidSubscriptionRequest")
        id = base64.b64encode(os.urandom(30)).decode()
        if not request.findall("t:EventTypes/t:EventType", NAMES):
            raise Failed("ErrorSchemaValidation")
        self.subscriptions.add(id)
        return answer(
            "Subscribe", success("Subscribe", f"<m:SubscriptionId>{id}</m:SubscriptionId>")
        )

    async def events(self, asked: Element, queue: asyncio.Queue[str]) -> AsyncIterator[str]:
        """EWS getstreamingevents-operation: answer after answer over one connection."""
        id = text(asked, "m:SubscriptionIds/t:SubscriptionId")
        minutes = int(text(asked, "m:ConnectionTimeout"))
        if id not in self.subscriptions or not 1 <= minutes <= 30:
            yield answer(
                "GetStreamingEvents",
                failure(
                    "GetStreamingEvents",
                    Failed("ErrorSubscriptionNotFound"),
                    f"<m:ErrorSubscriptionIds><m:SubscriptionId>{id}</m:SubscriptionId>"
                    "</m:ErrorSubscriptionIds><m:ConnectionStatus>Closed</m:ConnectionStatus>",
                ),
            )
            return
        self.open.add(queue)
        self.opened.set()
        try:
            yield _status("OK")
            while (event := await queue.get()) != "Closed":
                yield _notification(id, event)
            yield _status("Closed")
        finally:
            self.open.discard(queue)
            self.ended.set()

    def forget(self) -> None:
        """As when Exchange restarts: subscriptions are gone, streams end."""
        self.subscriptions.clear()
        self.close()

    def close(self) -> None:
        """As after ConnectionTimeout: the subscription lives on."""
        for queue in self.open:
            queue.put_nowait("Closed")

    def _happened(self, happened: str, folder: str, item: str) -> None:
        events = "".join(
            f"<t:{name}><t:TimeStamp>2026-01-05T08:00:00Z</t:TimeStamp>"
            f"<t:ItemId Id={quoteattr(item)} ChangeKey='CQAAAA=='/>"
            f"<t:ParentFolderId Id={quoteattr(folder)} ChangeKey='AQAAAA=='/></t:{name}>"
            for name in _EVENTS[happened]
        )
        for queue in self.open:
            queue.put_nowait(events)


def _notification(id: str, events: str) -> str:
    return answer(
        "GetStreamingEvents",
        success(
            "GetStreamingEvents",
            f"<m:Notifications><m:Notification><t:SubscriptionId>{id}</t:SubscriptionId>"
            f"{events}</m:Notification></m:Notifications>",
        ),
    )


def _status(word: str) -> str:
    """EWS connectionstatus."""
    return answer(
        "GetStreamingEvents",
        success("GetStreamingEvents", f"<m:ConnectionStatus>{word}</m:ConnectionStatus>"),
    )
