"""Operations of EWS over one endpoint: asked, answered, and their failures as ours."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    Refused,
    SignInRefused,
    Throttled,
    Unreachable,
)
from posthouse.mail.accounts.ews.endpoint import Endpoint
from posthouse.protocols.ews import requests
from posthouse.protocols.ews.answers import Failure, failure_of
from posthouse.protocols.ews.elements import BadAnswer, Element, Reading
from posthouse.protocols.ews.folder_requests import get_folder

# EWS, responsecode.
NOT_THERE = frozenset(
    (
        "ErrorItemNotFound",
        "ErrorFolderNotFound",
        "ErrorSyncFolderNotFound",
        "ErrorInvalidIdMalformed",
        "ErrorInvalidFolderId",
    )
)
_OTHER_VERSION = frozenset(
    (
        "ErrorInvalidServerVersion",
        "ErrorIncorrectSchemaVersion",
        "ErrorInvalidSchemaVersionForMailboxVersion",
        "ErrorSchemaValidation",
    )
)
# EWS, ews-throttling-in-exchange, table 3, and what comes of too much at once.
_BUSY = frozenset(
    (
        "ErrorServerBusy",
        "ErrorExceededConnectionCount",
        "ErrorExceededSubscriptionCount",
        "ErrorExceededFindCountLimit",
        "ErrorTooManyObjectsOpened",
        "ErrorTimeoutExpired",
        "ErrorInsufficientResources",
    )
)
_AWAY = frozenset(
    (
        "ErrorADOperation",
        "ErrorADUnavailable",
        "ErrorBatchProcessingStopped",
        "ErrorConnectionFailed",
        "ErrorInternalServerTransientError",
        "ErrorMailboxFailover",
        "ErrorMailboxMoveInProgress",
        "ErrorMailboxStoreUnavailable",
    )
)
_NO_SIGN_IN = frozenset(
    ("ErrorAccountDisabled", "ErrorPasswordChangeRequired", "ErrorPasswordExpired")
)
_LATER_SECONDS = 60.0
_WAITED_FOR = 5.0  # what a server asks for at most, to be waited for here
_WAITS = 2
_SMALL = 16 << 20


@dataclass(slots=True)
class Client:
    """One endpoint, asked in the words of `version`."""

    endpoint: Endpoint
    version: requests.Version = field(default=requests.VERSIONS[0])

    async def find_version(self) -> None:
        """The newest version the server knows, by one cheap request, which proves the sign-in."""
        asked = get_folder(["inbox"], distinguished=True)
        for version in requests.VERSIONS:
            self.version = version
            try:
                await self.one(asked)
            except Refused as error:
                if error.code in _OTHER_VERSION:
                    continue
                raise
            return
        raise Broken(f"{self.endpoint.host} is older than Exchange 2010.")

    async def one(self, body: str) -> Element:
        """The one message of an answer, which is no failure."""
        (message,) = await self.ask(body, 1)
        if (failure := failure_of(message)) is not None:
            raise error_of(self.endpoint.host, failure)
        return message

    async def ask(self, body: str, count: int) -> list[Element]:
        """All messages of an answer, one for each thing asked for. A busy server is waited for, if
        that is a matter of seconds.
        """
        for _ in range(_WAITS):
            try:
                return await self._ask(body, count)
            except Throttled as error:
                if error.seconds > _WAITED_FOR:
                    raise
                await asyncio.sleep(error.seconds)
        return await self._ask(body, count)

    async def _ask(self, body: str, count: int) -> list[Element]:
        messages = [each async for each in self.stream(body, largest=_SMALL)]
        for message in messages:
            failure = failure_of(message)
            if failure is not None and failure.code in _BUSY | _AWAY:
                raise error_of(self.endpoint.host, failure)
        if len(messages) != count:
            raise Broken(f"{self.endpoint.host} answers something else than was asked.")
        return messages

    async def stream(self, body: str, *, largest: int) -> AsyncGenerator[Element, None]:
        """Messages as they come; a fault is raised."""
        reading = Reading(largest)
        with understood():
            async with self.endpoint.post(requests.envelope(self.version, body)) as chunks:
                async for chunk in chunks:
                    for message in reading.feed(chunk):
                        if message.name == "Fault" and (failure := failure_of(message)):
                            raise error_of(self.endpoint.host, failure)
                        yield message

    async def each(self, body: str, things: Sequence[str]) -> dict[str, Element]:
        """Thing → its message; those that are not there are left out, other failures raised."""
        found: dict[str, Element] = {}
        for thing, message in zip(things, await self.ask(body, len(things)), strict=True):
            failure = failure_of(message)
            if failure is None:
                found[thing] = message
            elif failure.code not in NOT_THERE:
                raise error_of(self.endpoint.host, failure)
        return found


@contextmanager
def understood() -> Iterator[None]:
    """What cannot be read within raises Broken."""
    try:
        yield
    except BadAnswer as error:
        raise Broken("The server answers nonsense.", said=str(error)) from None


def error_of(host: str, failure: Failure) -> AccountError:
    """What a failure is for us."""
    code, said = failure.code, f"{failure.code} {failure.said}".strip()
    if code in _BUSY:
        seconds = failure.back_off or _LATER_SECONDS
        return Throttled(f"{host} is busy.", seconds=seconds, said=said)
    if code in _AWAY:
        return Unreachable(f"{host} cannot reach the mailbox.", said=said)
    if code in _NO_SIGN_IN:
        return SignInRefused(f"{host} does not let us in.", said=said)
    return Refused(f"{host} refuses.", said=said, code=code)


def cut(things: Sequence[str], most: int) -> Iterable[Sequence[str]]:
    """In batches of `most`."""
    return (things[start : start + most] for start in range(0, len(things), most))
