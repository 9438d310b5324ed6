"""Items as they stand now, their content, and words on them that no other change is lost over."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing

from posthouse.mail.accounts.errors import Broken, Throttled, Unreachable
from posthouse.mail.accounts.ews.client import NOT_THERE, Client, cut, error_of, understood
from posthouse.mail.accounts.ews.flags import changed_words
from posthouse.protocols.ews import requests
from posthouse.protocols.ews.answers import failure_of
from posthouse.protocols.ews.elements import LARGEST, Element
from posthouse.protocols.ews.objects import ItemInfo, read_item

# An item that cannot be given as MIME; the others of a batch can.
_NO_CONTENT = frozenset(
    (
        "ErrorContentConversionFailed",
        "ErrorCorruptData",
        "ErrorItemCorrupt",
        "ErrorMessageSizeExceeded",
        "ErrorMimeContentConversionFailed",
        "ErrorMimeContentInvalid",
        "ErrorMimeContentInvalidBase64String",
        "ErrorUnsupportedMimeConversion",
    )
)
# Of one item it says that it is damaged; of all of them, that something else is.
_TROUBLE = "ErrorInternalServerError"
MOST_ITEMS = 50  # in one request, where no content comes with them
_TRIES = 4
_LATER_SECONDS = 60.0


def read_one(element: Element) -> ItemInfo:
    """Raises Broken."""
    with understood():
        return read_item(element)


async def items_now(client: Client, ids: Sequence[str]) -> dict[str, ItemInfo]:
    """Those that are there."""
    found: dict[str, ItemInfo] = {}
    for some in cut(ids, MOST_ITEMS):
        told = await client.each(requests.get_items(some), some)
        for item_id, message in told.items():
            found.update((item_id, read_one(each)) for each in message.within("Items"))
    return found


async def store_words(
    client: Client, ids: Sequence[str], add: Sequence[str], remove: Sequence[str]
) -> None:
    """Categories are replaced all at once: read, changed and written over what was read, and again
    where somebody has changed an item in between.
    """
    for _ in range(_TRIES):
        changes: dict[str, str] = {}
        for item_id, now in (await items_now(client, ids)).items():
            words = changed_words(now.categories, add, remove)
            if words is not None:
                update = requests.set_categories(words)
                changes[item_id] = requests.item_change(item_id, now.change_key, [update])
        ids = await _write(client, changes) if changes else []
        if not ids:
            return
    raise Throttled("Somebody goes on changing the same mail.", seconds=_LATER_SECONDS)


async def _write(client: Client, changes: Mapping[str, str]) -> list[str]:
    """Those that somebody else has changed meanwhile."""
    asked = requests.update_items(changes.values(), overwrite=False, version=client.version)
    conflicts: list[str] = []
    for item_id, message in zip(changes, await client.ask(asked, len(changes)), strict=True):
        failure = failure_of(message)
        if failure is None or failure.code in NOT_THERE:
            continue
        if failure.code not in ("ErrorIrresolvableConflict", "ErrorStaleObject"):
            raise error_of(client.endpoint.host, failure)
        conflicts.append(item_id)
    return conflicts


async def contents(client: Client, ids: Sequence[str]) -> AsyncGenerator[tuple[str, bytes], None]:
    """(id, MIME content) as it comes; one is in memory. What is gone is left out, and what the
    server cannot give as MIME. Raises Unreachable when it can give none of several.
    """
    left, troubles = iter(ids), 0
    async with aclosing(client.stream(requests.get_content(ids), largest=LARGEST)) as told:
        async for message in told:
            item_id, failure = next(left, None), failure_of(message)
            if item_id is None:
                raise Broken("The server answers more than was asked.")
            if failure is None:
                for raw in _raw(message):
                    yield item_id, raw
            elif failure.code == _TROUBLE:
                troubles += 1
            elif failure.code not in NOT_THERE | _NO_CONTENT:
                raise error_of(client.endpoint.host, failure)
    if troubles == len(ids) > 1:
        raise Unreachable(f"{client.endpoint.host} has trouble with its mailbox.", said=_TROUBLE)


def _raw(message: Element) -> Iterator[bytes]:
    for each in message.within("Items"):
        content = each.find("MimeContent")
        if content is not None and content.octets:
            yield content.octets
