"""The folders of an Exchange mailbox that hold mail, and changing them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from posthouse.mail.accounts.errors import Broken, Refused
from posthouse.mail.accounts.ews.client import Client, cut, error_of, understood
from posthouse.mail.accounts.model import RemoteFolder
from posthouse.mail.mailboxes.model import SpecialUse
from posthouse.protocols.ews import folder_requests
from posthouse.protocols.ews.answers import failure_of
from posthouse.protocols.ews.elements import Element
from posthouse.protocols.ews.objects import FolderInfo, read_folder
from posthouse.protocols.imap.client.special_uses import use_by_name

# EWS, distinguishedfolderid. Deleted Items may hold anything; Outbox is what is just leaving.
_USES: Mapping[str, SpecialUse] = {
    "inbox": "inbox",
    "sentitems": "sent",
    "drafts": "drafts",
    "deleteditems": "trash",
    "junkemail": "junk",
}
_ROOT, _OUTBOX = "msgfolderroot", "outbox"
_PAGE = 500  # EWS, ews-throttling-in-exchange: EWSFindCountLimit is 1,000
_BATCH = 100
_MISSING = frozenset(("ErrorFolderNotFound", "ErrorItemNotFound"))
_DEEPEST = 100


class Folders:
    """Asked anew each time: nothing is kept."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def listed(self) -> list[RemoteFolder]:
        """Raises Broken rather than leave one out."""
        places, found = await self._places(), await self._all()
        known = {each.id: each for each in found}
        outbox = places.get(_OUTBOX, "")
        uses = {places[name]: use for name, use in _USES.items() if name in places}
        mail = []
        for each in found:
            way = _way(each, known, places[_ROOT])
            if _holds_mail(each, uses) and all(step.id != outbox for step in way):
                mail.append(_remote(each, way, uses))
        return _with_archive(mail)

    async def has(self, folder: str) -> bool:
        """Asked by its id."""
        return bool(await self._client.each(folder_requests.get_folder([folder]), [folder]))

    async def counts(self, folders: Sequence[str]) -> dict[str, int]:
        """TotalCount, of those that are there."""
        counts: dict[str, int] = {}
        for some in cut(folders, _BATCH):
            told = await self._client.each(folder_requests.get_folder(some), some)
            for folder, message in told.items():
                counts[folder] = _one(message.within("Folders")).count
        return counts

    async def create(self, levels: Sequence[str]) -> RemoteFolder:
        """With those above it."""
        there = {each.levels: each for each in await self.listed()}
        made: RemoteFolder | None = None
        for depth in range(1, len(levels) + 1):
            wanted = tuple(levels[:depth])
            found = there.get(wanted)
            if found is None:
                parent = made.wire.decode() if made is not None else ""
                asked = folder_requests.create_folder(parent, wanted[-1])
                folder = _one((await self._client.one(asked)).within("Folders"))
                found = RemoteFolder(wire=folder.id.encode(), levels=wanted, by_key=True)
            made = found
        if made is None:
            raise Refused("A folder needs a name.")
        return made

    async def rename(self, folder: str, levels: Sequence[str]) -> RemoteFolder:
        """To another name, another place, or both; its id stays."""
        asked = await self._client.one(folder_requests.get_folder([folder]))
        now = _one(asked.within("Folders"))
        parent = (await self.create(levels[:-1])).wire.decode() if levels[:-1] else ""
        if now.parent != (parent or (await self._places())[_ROOT]):
            await self._client.one(folder_requests.move_folder(folder, parent))
        if now.name != levels[-1]:
            await self._client.one(folder_requests.rename_folder(folder, levels[-1]))
        return RemoteFolder(wire=folder.encode(), levels=tuple(levels), by_key=True)

    async def delete(self, folder: str) -> None:
        """For good when nothing is in it; with anything in it, to Deleted Items."""
        told = await self._client.each(folder_requests.get_folder([folder]), [folder])
        if folder not in told:
            return
        now = _one(told[folder].within("Folders"))
        empty = now.count == 0 and now.children == 0
        await self._client.each(folder_requests.delete_folder(folder, for_good=empty), [folder])

    async def _places(self) -> dict[str, str]:
        """Distinguished name → id; a mailbox may lack some (Junk Email, until it is used)."""
        names = [_ROOT, *_USES, _OUTBOX]
        asked = folder_requests.get_folder(names, distinguished=True)
        places: dict[str, str] = {}
        for name, message in zip(names, await self._client.ask(asked, len(names)), strict=True):
            failure = failure_of(message)
            if failure is None:
                places[name] = _one(message.within("Folders")).id
            elif failure.code not in _MISSING or name in (_ROOT, "inbox"):
                raise error_of(self._client.endpoint.host, failure)
        return places

    async def _all(self) -> list[FolderInfo]:
        found: dict[str, FolderInfo] = {}
        totals: set[str] = set()
        last = False
        while not last:
            message = await self._client.one(folder_requests.find_folder(len(found), _PAGE))
            with understood():
                page = [read_folder(each) for each in message.within("RootFolder", "Folders")]
            before = len(found)
            found.update((each.id, each) for each in page)
            totals.add(message.attribute("TotalItemsInView", "RootFolder"))
            last = message.attribute("IncludesLastItemInRange", "RootFolder") != "false"
            if len(found) != before + len(page) or not (page or last):
                raise Broken("The list of folders changed while it was read.")
        if totals != {str(len(found))}:
            raise Broken("The list of folders changed while it was read.")
        return list(found.values())


def _holds_mail(folder: FolderInfo, uses: Mapping[str, SpecialUse]) -> bool:
    """IPF.Note and its kinds; what other programs made may have no class, or IPF.Imap."""
    kind = folder.kind.casefold()
    mail = not kind or kind in ("ipf", "ipf.imap") or kind.split(".")[:2] == ["ipf", "note"]
    return folder.id in uses or (mail and not folder.hidden)


def _way(folder: FolderInfo, known: Mapping[str, FolderInfo], root: str) -> list[FolderInfo]:
    """From the root down to it."""
    way = [folder]
    while way[0].parent != root and way[0].parent in known:
        way.insert(0, known[way[0].parent])
        if len(way) > _DEEPEST:
            raise Broken("A folder lies within itself.")
    return way


def _remote(
    folder: FolderInfo, way: Sequence[FolderInfo], uses: Mapping[str, SpecialUse]
) -> RemoteFolder:
    levels = ["INBOX" if uses.get(each.id) == "inbox" else each.name for each in way]
    return RemoteFolder(
        wire=folder.id.encode(),
        levels=tuple(levels),
        special_use=uses.get(folder.id),
        by_key=True,
    )


def _with_archive(listed: list[RemoteFolder]) -> list[RemoteFolder]:
    """Exchange has no distinguished folder for it: the one whose name is the likeliest."""
    ranks = {
        each.wire: known[1]
        for each in listed
        if each.special_use is None
        and len(each.levels) == 1
        and (known := use_by_name(each.levels[0])) is not None
        and known[0] == "archive"
    }
    if not ranks:
        return listed
    chosen = min(ranks, key=ranks.__getitem__)
    return [
        replace(each, special_use="archive") if each.wire == chosen else each for each in listed
    ]


def _one(elements: Sequence[Element]) -> FolderInfo:
    if len(elements) != 1:
        raise Broken("The server answers something else than was asked.")
    with understood():
        return read_folder(elements[0])
