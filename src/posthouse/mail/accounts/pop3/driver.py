"""POP3 as a driver: one folder that is never open, content by uids that the ledger gave."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime

from posthouse.mail.accounts.driver import Abilities, Outside, SignIn
from posthouse.mail.accounts.errors import Unsupported
from posthouse.mail.accounts.model import (
    Body,
    Change,
    FolderState,
    FolderStatus,
    ItemFlags,
    ItemState,
    Opened,
    Ranges,
    RemoteFolder,
)
from posthouse.mail.accounts.pop3.session import Session

# All that POP3 has.
INBOX = RemoteFolder(wire=b"INBOX", levels=("INBOX",), special_use="inbox")
# How often a server is asked. It locks its mailbox meanwhile, and some count how often one comes.
_POLL_SECONDS = 300.0


class Pop3Driver:
    """What POP3 cannot do raises Unsupported: `visiting` knows how to bring its mail in step."""

    abilities = Abilities(folders=False, poll_seconds=_POLL_SECONDS)

    def __init__(self, session: Session) -> None:
        self.session = session
        self._numbers: Mapping[int, int] = {}
        self._largest = 0
        self._read: Callable[[int, bytes], None] | None = None

    def know(
        self, numbers: Mapping[int, int], largest: int, read: Callable[[int, bytes], None]
    ) -> None:
        """uid → number in this session; `read` is told of every content with its uid, none of
        which has more than `largest` octets.
        """
        self._numbers, self._largest, self._read = numbers, largest, read

    async def folders(self) -> list[RemoteFolder]:
        """The one."""
        return [INBOX]

    async def status(self, folders: Sequence[RemoteFolder]) -> list[FolderStatus]:
        """How many are there."""
        count = await self.session.count()
        return [FolderStatus(wire=INBOX.wire, uid_validity=0, uid_next=0, exists=count)]

    async def bodies(self, uids: Sequence[int]) -> AsyncIterator[Body]:
        """In order; what the server refuses and what is too large is left out."""
        wanted = {self._numbers[uid]: uid for uid in uids if uid in self._numbers}
        async for got in self.session.messages(list(wanted), self._largest):
            if got.raw is not None:
                uid = wanted[got.number]
                if self._read is not None:
                    self._read(uid, got.raw)
                yield Body(uid, got.raw)

    async def close(self) -> None:
        """Without a word: nothing is deleted by it."""
        self.session.abort()

    # -- what POP3 has not

    async def open(
        self, folder: RemoteFolder, known: FolderState | None, *, write: bool = False
    ) -> Opened:
        raise _unsupported()

    async def uids(self, low: int, high: int) -> list[int]:
        raise _unsupported()

    async def flags(self, uids: Ranges, *, changed_since: int | None = None) -> list[ItemFlags]:
        raise _unsupported()

    async def items(self, uids: Ranges) -> list[ItemState]:
        raise _unsupported()

    async def headers(self, uids: Sequence[int]) -> list[Body]:
        raise _unsupported()

    async def wait(self, seconds: float) -> list[Change]:
        raise _unsupported()

    async def store_flags(
        self,
        uids: Ranges,
        *,
        add: int = 0,
        remove: int = 0,
        add_keywords: Sequence[str] = (),
        remove_keywords: Sequence[str] = (),
    ) -> list[ItemFlags]:
        raise _unsupported()

    async def move(self, uids: Ranges, target: RemoteFolder) -> dict[int, int]:
        raise _unsupported()

    async def delete(self, uids: Ranges) -> None:
        raise _unsupported()

    async def append(
        self,
        folder: RemoteFolder,
        raw: bytes,
        *,
        flags: int = 0,
        keywords: Sequence[str] = (),
        arrived: datetime | None = None,
    ) -> int:
        raise _unsupported()

    async def create_folder(self, levels: Sequence[str]) -> RemoteFolder:
        raise _unsupported()

    async def rename_folder(self, folder: RemoteFolder, levels: Sequence[str]) -> RemoteFolder:
        raise _unsupported()

    async def delete_folder(self, folder: RemoteFolder) -> None:
        raise _unsupported()


async def connect_pop3(sign_in: SignIn, outside: Outside) -> Pop3Driver:
    """Connect and sign in. Raises as `Connect` says."""
    return Pop3Driver(await Session.open(sign_in, outside))


def _unsupported() -> Unsupported:
    return Unsupported("POP3 has one list of mail, and nothing else.")
