"""One Exchange mailbox by EWS, as accounts by keys want it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing, suppress
from datetime import datetime, timedelta

from posthouse.foundation import clock
from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.errors import Forbidden, Refused
from posthouse.mail.accounts.ews.client import Client, cut, understood
from posthouse.mail.accounts.ews.endpoint import Endpoint
from posthouse.mail.accounts.ews.flags import KEPT, item_of, properties_of, updates_of
from posthouse.mail.accounts.ews.folders import Folders
from posthouse.mail.accounts.ews.items import (
    MOST_ITEMS,
    contents,
    items_now,
    read_one,
    store_words,
)
from posthouse.mail.accounts.ews.listening import SILENCE_SECONDS, Listener
from posthouse.mail.accounts.ews.sending import send
from posthouse.mail.accounts.keyed.driver import Told
from posthouse.mail.accounts.keyed.model import (
    Change,
    Content,
    Door,
    FeedExpired,
    Gone,
    Item,
    Page,
    Traits,
    Watch,
)
from posthouse.mail.accounts.model import RemoteFolder
from posthouse.mail.mailboxes.model import Flags
from posthouse.protocols.ews import requests
from posthouse.protocols.ews.objects import (
    Changed,
    Deleted,
    ItemInfo,
    ReadFlag,
    Synced,
    read_sync,
)
from posthouse.protocols.ews.parts import DELIVERY_TIME

# Exchange converts each item as it is asked for, and may take its time for large ones.
_PATIENCE = 120.0
_PAGE = 256
_CONTENTS = 10  # EWS, handling-synchronization-related-errors…: more in a batch is throttled
_IDS = 20
_STREAM_SECONDS = 20.0
# Listening goes on by itself; that it does is asked for that often.
_WATCHED_FOR = timedelta(minutes=10)


class EwsDriver:
    """Two connections: one for requests, one that listens."""

    traits = Traits(
        flags=KEPT | Flags.DRAFT,
        keywords=True,
        feed_per_folder=True,
        keeps_sent=True,
    )

    def __init__(self, client: Client, listener: Listener) -> None:
        self._client = client
        self._listener = listener
        self._folders = Folders(client)
        # Folders in which appointments or contacts lie beside mail: TotalCount counts these, too.
        self._mixed: set[bytes] = set()

    # -- folders

    async def folders(self) -> list[RemoteFolder]:
        """All that hold mail."""
        return await self._folders.listed()

    async def has_folder(self, folder: bytes) -> bool:
        """Asked by its id."""
        return await self._folders.has(folder.decode())

    async def counts(self, folders: Sequence[bytes]) -> dict[bytes, int]:
        """Of folders with nothing but mail in them, as far as we have seen."""
        asked = [each.decode() for each in folders if each not in self._mixed]
        told = await self._folders.counts(asked)
        return {folder.encode(): count for folder, count in told.items()}

    async def create_folder(self, levels: Sequence[str]) -> RemoteFolder:
        """With those above it."""
        return await self._folders.create(levels)

    async def rename_folder(self, folder: bytes, levels: Sequence[str]) -> RemoteFolder:
        """Its id stays."""
        return await self._folders.rename(folder.decode(), levels)

    async def delete_folder(self, folder: bytes) -> None:
        """With mail in it, into Deleted Items."""
        await self._folders.delete(folder.decode())

    # -- reading

    async def newest(self, folder: bytes, most: int) -> list[Item]:
        """By the time they were received."""
        message = await self._client.one(requests.find_newest(folder.decode(), most))
        found = [read_one(each) for each in message.within("RootFolder", "Items")]
        return [item_of(each, folder) for each in self._mail(folder, found)]

    async def changes(self, feed: bytes, token: bytes | None) -> Page:
        """SyncFolderItems; of items of which only the read flag is told the rest is asked for."""
        asked = requests.sync_folder_items(feed.decode(), (token or b"").decode(), _PAGE)
        try:
            message = await self._client.one(asked)
        except Refused as error:
            if error.code == "ErrorInvalidSyncStateData":
                raise FeedExpired("The server does not know where we were.") from None
            raise
        with understood():
            synced = read_sync(message)
        return Page(
            changes=tuple(await self._told(feed, synced)),
            token=synced.state.encode(),
            more=not synced.last,
        )

    async def contents(self, items: Sequence[tuple[bytes, bytes]]) -> AsyncIterator[Content]:
        """Each as it comes; one is in memory."""
        keys = [key.decode() for _, key in items]
        for some in cut(keys, _CONTENTS):
            async with aclosing(contents(self._client, some)) as told:
                async for key, raw in told:
                    yield Content(key.encode(), raw)

    async def have_ids(self, folder: bytes, message_ids: Sequence[str]) -> set[str]:
        """As the server's own index has them."""
        found: set[str] = set()
        for some in cut(message_ids, _IDS):
            message = await self._client.one(requests.find_message_ids(folder.decode(), some))
            told = message.within("RootFolder", "Items")
            found.update(each.say("InternetMessageId") for each in told)
        return found & set(message_ids)

    async def wait(self, seconds: float) -> bool:
        """By the stream. Where there is none there may always be news, after a while."""
        end = asyncio.get_running_loop().time() + seconds
        hears = await self._listener.start(min(seconds, _STREAM_SECONDS))
        if not hears:
            end = min(end, asyncio.get_running_loop().time() + self.traits.poll_seconds)
        news = self._listener.news
        with suppress(TimeoutError):
            async with asyncio.timeout_at(end):
                await news.wait()
        happened = news.is_set() or not hears
        news.clear()
        return happened

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
        """Flags whatever happened meanwhile; categories, which are all replaced at once, only over
        what was there when they were read.
        """
        ids = [key.decode() for key in keys]
        if updates := updates_of(add & KEPT, remove & KEPT):
            for some in cut(ids, MOST_ITEMS):
                changes = [requests.item_change(each, "", updates) for each in some]
                asked = requests.update_items(changes, overwrite=True, version=self._client.version)
                await self._client.each(asked, some)
        if add_keywords or remove_keywords:
            for some in cut(ids, MOST_ITEMS):
                await store_words(self._client, some, add_keywords, remove_keywords)

    async def move(self, source: bytes, keys: Sequence[bytes], target: bytes) -> dict[bytes, bytes]:
        """An item that is moved is another one there: its id is new."""
        moved: dict[bytes, bytes] = {}
        for some in cut([key.decode() for key in keys], MOST_ITEMS):
            asked = requests.move_items(some, target.decode())
            for key, message in (await self._client.each(asked, some)).items():
                for each in message.within("Items"):
                    moved[key.encode()] = read_one(each).id.encode()
        return moved

    async def delete(self, folder: bytes, keys: Sequence[bytes]) -> None:
        """To what its owner may still recover for some days, as over Exchange's IMAP."""
        for some in cut([key.decode() for key in keys], MOST_ITEMS):
            await self._client.each(requests.delete_items(some), some)

    async def append(
        self,
        folder: bytes,
        raw: bytes,
        *,
        flags: Flags,
        keywords: Sequence[str] = (),
        arrived: datetime | None = None,
    ) -> bytes:
        """Saved, not sent."""
        properties = properties_of(flags)
        if arrived is not None:
            properties.append((DELIVERY_TIME, requests.system_time(arrived)))
        asked = requests.create_item(
            raw,
            folder=folder.decode(),
            categories=keywords,
            properties=properties,
            read=bool(flags & Flags.SEEN),
        )
        for each in (await self._client.one(asked)).within("Items"):
            return read_one(each).id.encode()
        raise Refused("The server does not say what it made of a message.")

    async def send(self, raw: bytes, begun: bytes | None, told: Told) -> None:
        """`told` hears the id of the draft that it is first; the copy in Sent has another."""
        await send(self._client, raw, begun, told)

    # -- news

    async def watch(self, door: Door | None, state: bytes) -> Watch | None:
        """A stream needs no door, and nothing that must survive."""
        if not await self._listener.start(_STREAM_SECONDS):
            return None
        return Watch(state=b"", renew_at=clock.now() + _WATCHED_FOR)

    async def close(self) -> None:
        """Both connections."""
        await self._listener.stop()
        await self._client.endpoint.close()

    # -- helpers

    async def _told(self, feed: bytes, synced: Synced) -> list[Change]:
        unsure = [each.id for each in synced.changes if isinstance(each, ReadFlag)]
        asked = await items_now(self._client, list(dict.fromkeys(unsure)))
        changes: list[Change] = []
        for each in synced.changes:
            match each:
                case Deleted(id=item_id):
                    changes.append(Gone(key=item_id.encode(), folder=feed))
                case Changed(item=found):
                    changes += [item_of(one, feed) for one in self._mail(feed, [found])]
                case ReadFlag(id=item_id) if item_id in asked:  # else it is gone: told, too
                    changes += [item_of(one, feed) for one in self._mail(feed, [asked[item_id]])]
        return changes

    def _mail(self, folder: bytes, found: Iterable[ItemInfo]) -> Iterable[ItemInfo]:
        for each in found:
            if each.is_mail:
                yield each
            else:
                self._mixed.add(folder)


async def connect_ews(sign_in: SignIn, outside: Outside) -> EwsDriver:
    """Sign in and see which Exchange it is. Raises as `ConnectKeyed` says."""
    if sign_in.servers.incoming.security != "tls":
        raise Forbidden("Exchange is spoken to over HTTPS only.")
    client = Client(Endpoint(sign_in, outside, patience=_PATIENCE))
    try:
        await client.find_version()
    except BaseException:
        await client.endpoint.close()
        raise
    streaming = Client(Endpoint(sign_in, outside, patience=SILENCE_SECONDS), client.version)
    return EwsDriver(client, Listener(streaming))
