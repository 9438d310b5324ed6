"""What a visit asks of a server elsewhere, whatever its protocol.

A driver is one signed-in connection of one account, used by one task at a time. Everything comes in
batches, and nothing a driver keeps grows with the mailbox. All calls raise the kinds of `errors`
(Unreachable, Broken and Throttled end the connection; Refused does not); what a protocol cannot do
at all raises Unsupported, and `abilities` says so beforehand.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from posthouse.mail.accounts.model import (
    Body,
    Change,
    FolderState,
    FolderStatus,
    ItemFlags,
    ItemState,
    Kind,
    Opened,
    Ranges,
    RemoteFolder,
    Secret,
    Servers,
)
from posthouse.protocols.dns import CachingResolver


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What the signed-in connection can do, after overrides and the quirks of the provider.

    `poll_seconds` is how often this server wants to hear from us while nothing happens.
    """

    condstore: bool = False
    qresync: bool = False
    idle: bool = False
    move: bool = False
    uidplus: bool = False
    folders: bool = True  # it has folders and flags (POP3 has none)
    gmail: bool = False
    poll_seconds: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The way out, one for all accounts of a process (a TLS context is large).

    `private_hosts`: members may point us into our own network (setting `link_private_hosts`).
    `google_topic` is where Gmail tells this house of news, "" for nowhere.
    """

    resolver: CachingResolver
    tls: ssl.SSLContext
    private_hosts: bool = False
    google_topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Everything that opens an account; `overrides` as in `LinkedAccount`. With `token` a fresh
    access token is asked for and the password is not used (RFC 7628).
    """

    kind: Kind
    address: str
    servers: Servers
    secret: Secret = field(repr=False)
    overrides: Mapping[str, bool] = field(default_factory=dict)
    token: Callable[[], Awaitable[str]] | None = field(default=None, repr=False)


class Connect(Protocol):
    """A kind of driver: connects and signs in.

    Raises SignInRefused, Unreachable, Untrusted, Forbidden, Broken, Throttled.
    """

    async def __call__(self, sign_in: SignIn, outside: Outside, /) -> "Driver": ...


class Writable(Protocol):
    """What takes our changes, in the folder that is open."""

    @property
    def abilities(self) -> Abilities: ...

    async def store_flags(
        self,
        uids: Ranges,
        *,
        add: int = 0,
        remove: int = 0,
        add_keywords: Sequence[str] = (),
        remove_keywords: Sequence[str] = (),
    ) -> list[ItemFlags]:
        """Of the open folder; what the server then says of them (it may say nothing)."""
        ...

    async def move(self, uids: Ranges, target: RemoteFolder) -> dict[int, int]:
        """UID → UID in `target`; {} where the server does not tell (no UIDPLUS, RFC 4315)."""
        ...

    async def delete(self, uids: Ranges) -> None:
        """For good: \\Deleted and UID EXPUNGE, so that nothing else goes with them."""
        ...

    async def append(
        self,
        folder: RemoteFolder,
        raw: bytes,
        *,
        flags: int = 0,
        keywords: Sequence[str] = (),
        arrived: datetime | None = None,
    ) -> int:
        """The new UID; 0 where the server does not tell."""
        ...


class Driver(Writable, Protocol):
    """One connection of one account. A folder is *open* from `open` until the next one."""

    # -- reading

    async def folders(self) -> list[RemoteFolder]:
        """All folders, in the server's order. Raises Broken rather than return a listing that
        cannot be read in full: a folder left out here would look deleted.
        """
        ...

    async def status(self, folders: Sequence[RemoteFolder]) -> list[FolderStatus]:
        """STATUS of folders that are not open; those the server refuses are left out."""
        ...

    async def open(
        self, folder: RemoteFolder, known: FolderState | None, *, write: bool = False
    ) -> Opened:
        """Open a folder; with `known` and QRESYNC, what happened meanwhile. Raises Refused."""
        ...

    async def uids(self, low: int, high: int) -> list[int]:
        """UIDs of the open folder from `low` to `high`, ascending; `high` 0 is no bound (`*`, but
        never a UID below `low`, RFC 3501 6.4.8)."""
        ...

    async def flags(self, uids: Ranges, *, changed_since: int | None = None) -> list[ItemFlags]:
        """Flags alone, ascending by UID; with CONDSTORE only what changed after a modseq."""
        ...

    async def items(self, uids: Ranges) -> list[ItemState]:
        """Everything but the content, ascending by UID; nothing is marked as read."""
        ...

    def bodies(self, uids: Sequence[int]) -> AsyncIterator[Body]:
        """Content in any order; UIDs that are gone are left out; nothing is marked as read."""
        ...

    async def headers(self, uids: Sequence[int]) -> list[Body]:
        """The header sections alone."""
        ...

    async def wait(self, seconds: float) -> list[Change]:
        """What happens in the open folder, as soon as something does; [] after `seconds`.

        IDLE where it is offered (renewed by the driver), else a poll that keeps the connection
        alive as this provider wants it. Changes told between other commands come out here first.
        """
        ...

    # -- folders

    async def create_folder(self, levels: Sequence[str]) -> RemoteFolder: ...

    async def rename_folder(self, folder: RemoteFolder, levels: Sequence[str]) -> RemoteFolder: ...

    async def delete_folder(self, folder: RemoteFolder) -> None: ...

    async def close(self) -> None:
        """Say goodbye if anybody listens; never raises, returns soon."""
        ...
