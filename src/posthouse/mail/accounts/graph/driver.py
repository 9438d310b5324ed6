"""Microsoft Graph as a keyed driver: a delta for each folder, ids that last over moves."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from urllib.parse import quote

from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.errors import AccountError, Broken, Refused, Unsupported
from posthouse.mail.accounts.graph.folders import Folders, path_of
from posthouse.mail.accounts.graph.messages import EXPAND, SELECT, change_of, update_of
from posthouse.mail.accounts.graph.service import NotThere, Service, Wanted, decoded
from posthouse.mail.accounts.graph.watching import watch
from posthouse.mail.accounts.keyed.driver import Told
from posthouse.mail.accounts.keyed.model import Content, Door, Item, Page, Traits, Watch
from posthouse.mail.accounts.model import RemoteFolder
from posthouse.mail.mailboxes.model import Flags

_PAGE = 200
_LARGEST_CONTENT = 256 << 20
# G/use-the-api: a request has 4 MB at most, and MIME goes in base64.
_LARGEST_MIME = 3 << 20
_IDS_AT_ONCE = 10
_CONTENTS_AT_ONCE = 4


class GraphDriver:
    """One account."""

    traits = Traits(
        flags=Flags.SEEN | Flags.ANSWERED | Flags.FLAGGED | Flags.DRAFT,
        keywords=True,
        feed_per_folder=True,
        keeps_sent=True,
    )

    def __init__(self, service: Service) -> None:
        self._service = service
        self._folders = Folders(service)

    # -- folders

    async def folders(self) -> list[RemoteFolder]:
        """All but the Outbox and hidden ones."""
        return await self._folders.all_of_them()

    async def has_folder(self, folder: bytes) -> bool:
        """By its id."""
        return await self._folders.is_there(folder)

    async def counts(self, folders: Sequence[bytes]) -> dict[bytes, int]:
        """Messages alone."""
        return await self._folders.counts(folders)

    async def create_folder(self, levels: Sequence[str]) -> RemoteFolder:
        """Those above it, too."""
        return await self._folders.make(levels)

    async def rename_folder(self, folder: bytes, levels: Sequence[str]) -> RemoteFolder:
        """Another name or place; the id stays."""
        return await self._folders.rename(folder, levels)

    async def delete_folder(self, folder: bytes) -> None:
        """With what is in it."""
        await self._folders.delete(folder)

    # -- reading

    async def newest(self, folder: bytes, most: int) -> list[Item]:
        """None: a delta begins with the newest."""
        return []

    async def changes(self, feed: bytes, token: bytes | None) -> Page:
        """A/message-delta. The token is the link's path, with everything that was asked for."""
        prefer = [f"odata.maxpagesize={_PAGE}"]
        if token is None:
            told = await self._service.ask_json(
                "GET",
                f"{path_of(feed)}/messages/delta",
                query=(
                    ("$select", SELECT),
                    ("$expand", EXPAND),
                    ("$orderby", "receivedDateTime desc"),
                ),
                prefer=prefer,
            )
        else:
            told = await self._service.ask_json("GET", token.decode(), prefer=prefer)
        link = told.get("@odata.nextLink") or told.get("@odata.deltaLink")
        if not link or not isinstance(told.get("value"), list):
            raise Broken("A delta has no end.")
        return Page(
            changes=tuple(change_of(feed, each) for each in told["value"]),
            token=self._service.path_of(link).encode(),
            more="@odata.nextLink" in told,
        )

    async def contents(self, items: Sequence[tuple[bytes, bytes]]) -> AsyncIterator[Content]:
        """G/outlook-get-mime-message, four at a time."""
        left = [key for _, key in reversed(items)]
        running: set[asyncio.Task[Content | None]] = set()
        try:
            while left or running:
                while left and len(running) < _CONTENTS_AT_ONCE:
                    running.add(asyncio.create_task(self._content(left.pop())))
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                failures = [error for task in done if (error := task.exception()) is not None]
                for task in done:
                    if task.exception() is None and (content := task.result()) is not None:
                        yield content
                if failures:  # what came with them is told first
                    raise failures[0]
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def have_ids(self, folder: bytes, message_ids: Sequence[str]) -> set[str]:
        """By internetMessageId."""
        found: set[str] = set()
        for start in range(0, len(message_ids), _IDS_AT_ONCE):
            some = message_ids[start : start + _IDS_AT_ONCE]
            quoted = (each.replace("'", "''") for each in some)
            told = await self._service.ask_json(
                "GET",
                f"{path_of(folder)}/messages",
                query=(
                    ("$filter", " or ".join(f"internetMessageId eq '{each}'" for each in quoted)),
                    ("$select", "internetMessageId"),
                    ("$top", "50"),
                ),
            )
            found |= {str(each.get("internetMessageId")) for each in told.get("value", ())}
        return found & set(message_ids)

    async def wait(self, seconds: float) -> bool:
        """Graph calls at the door, or not at all."""
        await asyncio.sleep(seconds)
        return False

    # -- writing

    async def store_flags(
        self,
        folder: bytes,
        keys: Sequence[bytes],
        *,
        add: Flags,
        remove: Flags,
        add_keywords: Sequence[str],
        remove_keywords: Sequence[str],
    ) -> None:
        """Categories are a list that is replaced as a whole: they are asked for first."""
        now: dict[bytes, list[str]] = {}
        if add_keywords or remove_keywords:
            asked = [Wanted(method="GET", path=f"{_path(k)}?$select=categories") for k in keys]
            for key, told in zip(keys, await self._service.ask_all(asked), strict=True):
                if not isinstance(told, AccountError):
                    now[key] = [str(each) for each in told.get("categories", ())]
        changes = [
            (key, update_of(add, remove, now.get(key, ()), add_keywords, remove_keywords))
            for key in keys
        ]
        wanted = [Wanted(method="PATCH", path=_path(k), body=body) for k, body in changes if body]
        _require_done(await self._service.ask_all(wanted))

    async def move(self, source: bytes, keys: Sequence[bytes], target: bytes) -> dict[bytes, bytes]:
        """A/message-move; its id stays."""
        body = {"destinationId": target.decode()}
        wanted = [Wanted(method="POST", path=f"{_path(key)}/move", body=body) for key in keys]
        answers = await self._service.ask_all(wanted)
        moved = {
            key: str(told["id"]).encode()
            for key, told in zip(keys, answers, strict=True)
            if not isinstance(told, AccountError) and "id" in told
        }
        if not moved:
            _require_done(answers)
        return moved

    async def delete(self, folder: bytes, keys: Sequence[bytes]) -> None:
        """A/message-permanentdelete: DELETE would leave it in Deleted Items for some."""
        wanted = [
            Wanted(method="POST", path=f"{_path(key)}/permanentDelete", body={}) for key in keys
        ]
        _require_done(await self._service.ask_all(wanted))

    async def append(
        self,
        folder: bytes,
        raw: bytes,
        *,
        flags: Flags,
        keywords: Sequence[str] = (),
        arrived: datetime | None = None,
    ) -> bytes:
        """A/user-post-messages makes drafts and nothing else, of 3 MB at most."""
        if not flags & Flags.DRAFT:
            raise Unsupported("Graph makes no messages but drafts.")
        key = await self._draft(f"{path_of(folder)}/messages", raw)
        await self.store_flags(
            folder,
            [key],
            add=flags & (Flags.FLAGGED | Flags.ANSWERED),
            remove=Flags.SEEN & ~flags,
            add_keywords=keywords,
            remove_keywords=(),
        )
        return key

    async def send(self, raw: bytes, begun: bytes | None, told: Told) -> None:
        """As a draft first: the copy in Sent Items then has its id, whatever Exchange makes of the
        message (G/outlook-immutable-id), and shows whether it has left.
        """
        key = begun
        if key is None or (is_draft := await self._is_draft(key)) is None:
            key, is_draft = await self._draft("/me/messages", raw), True
            await told(key)
        if not is_draft:
            return
        try:
            await self._service.ask("POST", f"{_path(key)}/send")
        except Refused:
            await self.delete(b"", [key])
            raise

    # -- news

    async def watch(self, door: Door | None, state: bytes) -> Watch | None:
        """Change notifications of all folders, where there is a door."""
        return None if door is None else await watch(self._service, door, state)

    async def close(self) -> None:
        """Connections that are kept."""
        await self._service.close()

    # -- parts

    async def _content(self, key: bytes) -> Content | None:
        try:
            raw = await self._service.ask("GET", f"{_path(key)}/$value", most=_LARGEST_CONTENT)
        except Refused:
            return None
        return Content(key, raw)

    async def _is_draft(self, key: bytes) -> bool | None:
        """None when it is nowhere."""
        try:
            shown = await self._service.ask_json("GET", _path(key), query=(("$select", "isDraft"),))
        except NotThere:
            return None
        return bool(shown.get("isDraft"))

    async def _draft(self, path: str, raw: bytes) -> bytes:
        if len(raw) > _LARGEST_MIME:
            raise Unsupported("Graph takes messages of 3 MB at most from us.")
        made = await self._service.ask("POST", path, mime=base64.b64encode(raw))
        return str(decoded(made).get("id", "")).encode()


async def connect_graph(sign_in: SignIn, outside: Outside) -> GraphDriver:
    """The Inbox is asked for: whoever may not read it has signed in for nothing."""
    service = Service(sign_in, outside)
    try:
        await service.ask("GET", "/me/mailFolders/inbox", query=(("$select", "id"),))
    except BaseException:
        await service.close()
        raise
    return GraphDriver(service)


def _path(key: bytes) -> str:
    return f"/me/messages/{quote(key.decode(), safe='')}"


def _require_done(answers: Sequence[object]) -> None:
    """Those that are gone are passed over."""
    for answer in answers:
        if isinstance(answer, AccountError) and not isinstance(answer, NotThere):
            raise answer
