"""The mirrored folders of a visit, whatever its protocol."""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from posthouse.mail.accounts.driver import Writable
from posthouse.mail.accounts.model import RemoteFolder
from posthouse.mail.accounts.remote_folders import KnownFolder


class HasState(Protocol):
    """A mirrored folder."""

    @property
    def state(self) -> KnownFolder: ...


Mirrored = TypeVar("Mirrored", bound=HasState)


class FolderSet(Protocol[Mirrored]):
    """As `folders.Folders` has them."""

    remote: dict[bytes, RemoteFolder]

    def __iter__(self) -> Iterator[Mirrored]: ...

    async def enter(self, folder: Mirrored, *, write: bool = False) -> bool: ...

    async def bring(self, folder: Mirrored) -> None: ...

    async def look(self, folder: Mirrored) -> None: ...

    def add(self, state: KnownFolder) -> Mirrored: ...

    def of(self, folder_id: UUID) -> tuple[UUID, RemoteFolder] | None: ...


class TakesFolders(Writable, Protocol):
    """What takes our changes, and makes folders for them."""

    async def create_folder(self, levels: Sequence[str]) -> RemoteFolder: ...
