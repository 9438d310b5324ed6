"""What a visit asks of a service that knows its mail by keys.

A driver is one account's way to its service, used by one task at a time; it may do several requests
at once by itself, as many as the service allows for a mailbox. It keeps nothing that must survive:
places in feeds, keys and watches are kept for it. Nothing it holds grows with the mailbox.

All calls raise the kinds of `errors`: SignInRefused (a token that is refused, too), Unreachable,
Untrusted, Forbidden, Throttled (429, 503 and their like, with the seconds the service asks for: a
few may be waited for inside, more end the visit and begin the account's pause), Broken, and Refused
for what the service does not do with one item or folder. Batches are as large as the caller has
made them; cutting them into what the service takes at once is the driver's.

Keys of items and folders are the server's own names, as bytes. An item's key is good for as long as
it lies in its folder; where a service can make keys last over moves (Graph's immutable ids, Gmail),
the driver makes it so.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.keyed.model import Content, Door, Item, Page, Traits, Watch
from posthouse.mail.accounts.model import RemoteFolder
from posthouse.mail.mailboxes.model import Flags


class ConnectKeyed(Protocol):
    """A kind of driver: reaches the service and signs in, which one cheap request proves.

    Raises SignInRefused, Unreachable, Untrusted, Forbidden, Broken, Throttled.
    """

    async def __call__(self, sign_in: SignIn, outside: Outside, /) -> "KeyedDriver": ...


# Hears the key of something before anybody else can tell of it.
Told = Callable[[bytes], Awaitable[None]]


@runtime_checkable
class KeyedDriver(Protocol):
    """One account at one service."""

    @property
    def traits(self) -> Traits: ...

    # -- folders

    async def folders(self) -> list[RemoteFolder]:
        """All that hold mail: `wire` is the folder's key, `levels` what a person reads, `by_key`
        is True. `is_view` for those that show mail of others (search folders, Gmail's Important).
        Raises Broken rather than leave one out: a folder that is missing looks deleted.
        """
        ...

    async def has_folder(self, folder: bytes) -> bool:
        """Whether it is there, asked for by its key: a listing that lacks it is no proof."""
        ...

    async def counts(self, folders: Sequence[bytes]) -> dict[bytes, int]:
        """How many items the server itself says each has; what it does not tell is left out."""
        ...

    async def create_folder(self, levels: Sequence[str]) -> RemoteFolder:
        """Those above it are made, too; one that is there already is the answer."""
        ...

    async def rename_folder(self, folder: bytes, levels: Sequence[str]) -> RemoteFolder: ...

    async def delete_folder(self, folder: bytes) -> None: ...

    # -- reading

    async def newest(self, folder: bytes, most: int) -> list[Item]:
        """The newest of a folder, the newest first: asked for once, so that an account is of use
        in seconds. Its feed tells of them again. [] where the feed begins with the newest.
        """
        ...

    async def changes(self, feed: bytes, token: bytes | None) -> Page:
        """What happened since `token`; with None everything there is, page by page, and what
        happens meanwhile either in these pages or after the last one's token. Changes may be told
        late, twice and in any order, as far as the last word about each is the right one in the
        end. A page has some hundred changes. Raises FeedExpired.
        """
        ...

    def contents(self, items: Sequence[tuple[bytes, bytes]]) -> AsyncIterator[Content]:
        """MIME content of (folder, key), in any order, each as it comes; nothing is marked as
        read. Items that are gone, and those the service cannot give as MIME, are left out.
        """
        ...

    async def have_ids(self, folder: bytes, message_ids: Sequence[str]) -> set[str]:
        """Of these Message-IDs (with their brackets), those that lie in the folder."""
        ...

    async def wait(self, seconds: float) -> bool:
        """Whether there is news, as soon as the server tells; False after `seconds`. A driver that
        has no way of its own to hear (streaming, pull) sleeps.
        """
        ...

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
        """Flags within the traits only; other flags and words of the items stay. Items that are
        gone are passed over. Twice is the same as once.
        """
        ...

    async def move(self, source: bytes, keys: Sequence[bytes], target: bytes) -> dict[bytes, bytes]:
        """Key → its key in `target`. Items that are no longer there are left out."""
        ...

    async def delete(self, folder: bytes, keys: Sequence[bytes]) -> None:
        """Out of the folder, not into the Trash; what only an administrator can bring back is
        gone. Items that are gone are passed over.
        """
        ...

    async def append(
        self,
        folder: bytes,
        raw: bytes,
        *,
        flags: Flags,
        keywords: Sequence[str] = (),
        arrived: datetime | None = None,
    ) -> bytes:
        """A message of ours as MIME, no draft unless flagged so; its key."""
        ...

    async def send(self, raw: bytes, begun: bytes | None, told: Told) -> None:
        """To everybody in To, Cc and Bcc; Bcc is taken off by the service, which keeps a copy in
        its Sent folder. `told` hears the key of that copy, before the message leaves if that is
        known then. `begun`: the key of an attempt before of which nobody heard the end; what has
        left is not sent again. Raises Refused when the service does not take the message for good,
        Throttled when it has not left, Unreachable when nobody knows.
        """
        ...

    # -- news

    async def watch(self, door: Door | None, state: bytes) -> Watch | None:
        """Have the service tell of news: at the door (None: we have none that it can reach), or to
        `wait`. `state` is that of the watch before, b"" at first: it is renewed as long as it can
        be, and made anew when the server has dropped it. None: there is no way; feeds are polled.
        """
        ...

    async def close(self) -> None:
        """Never raises, returns soon."""
        ...
