"""The mail folders of an account (A/resources/mailfolder): which there are, making more."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from posthouse.mail.accounts.errors import AccountError, Broken, Refused
from posthouse.mail.accounts.graph.service import NotThere, Service, Wanted
from posthouse.mail.accounts.model import RemoteFolder
from posthouse.mail.mailboxes.model import SpecialUse

ROOT = "msgfolderroot"
_OUTBOX = "outbox"  # mail on its way: no folder for a person
_WELL_KNOWN: Mapping[str, SpecialUse | None] = {
    "inbox": "inbox",
    "drafts": "drafts",
    "sentitems": "sent",
    "deleteditems": "trash",
    "junkemail": "junk",
    "archive": "archive",
    _OUTBOX: None,
}
_PAGE = "$top=100"
_EXISTS = "ErrorFolderExists"


class Folders:
    """Of one account. Ids of folders last (G/outlook-immutable-id)."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._known: dict[str, str] = {}

    async def all_of_them(self) -> list[RemoteFolder]:
        """Level by level; hidden ones are left out by the service."""
        known = await self._well_known()
        found: list[RemoteFolder] = []
        above: dict[str, tuple[str, ...]] = {ROOT: ()}
        while above:
            below: dict[str, tuple[str, ...]] = {}
            pages = await self._children(list(above))
            for (_, levels), children in zip(above.items(), pages, strict=True):
                for told in children:
                    folder = _folder(told, levels, known)
                    if known.get(folder.wire.decode()) == _OUTBOX:
                        continue
                    found.append(folder)
                    if told.get("childFolderCount"):
                        below[folder.wire.decode()] = folder.levels
            above = below
        return found

    async def is_there(self, folder: bytes) -> bool:
        """Asked for by its id."""
        try:
            await self._service.ask("GET", path_of(folder), query=(("$select", "id"),))
        except NotThere:
            return False
        return True

    async def counts(self, folders: Sequence[bytes]) -> dict[bytes, int]:
        """Messages alone: totalItemCount counts contacts in Deleted Items, too."""
        wanted = [
            Wanted(method="GET", path=f"{path_of(each)}/messages?$count=true&$top=1&$select=id")
            for each in folders
        ]
        answers = await self._service.ask_all(wanted)
        return {
            folder: int(answer["@odata.count"])
            for folder, answer in zip(folders, answers, strict=True)
            if not isinstance(answer, AccountError) and "@odata.count" in answer
        }

    async def make(self, levels: Sequence[str]) -> RemoteFolder:
        """Those above it, too; what is there already is used."""
        parent, made, known = ROOT, None, await self._well_known()
        above: tuple[str, ...] = ()
        for depth, name in enumerate(levels, start=1):
            if depth == 1 and name.upper() == "INBOX":
                parent, above = await self._id_of("inbox"), ("INBOX",)
                continue
            made = _folder(await self._make(parent, name), above, known)
            parent, above = made.wire.decode(), made.levels
        if made is None:
            raise Refused("The Inbox is there already.", code="ALREADYEXISTS")
        return made

    async def rename(self, folder: bytes, levels: Sequence[str]) -> RemoteFolder:
        """Another name, and another place if need be."""
        told = await self._service.ask_json("GET", path_of(folder))
        parent = ROOT
        if len(levels) > 1:
            parent = (await self.make(levels[:-1])).wire.decode()
        if parent != told["parentFolderId"]:
            move = {"destinationId": parent}
            await self._service.ask("POST", f"{path_of(folder)}/move", body=move)
        name = {"displayName": levels[-1]}
        told = await self._service.ask_json("PATCH", path_of(folder), body=name)
        return _folder(told, levels[:-1], await self._well_known())

    async def delete(self, folder: bytes) -> None:
        """With what is in it."""
        await self._service.ask("DELETE", path_of(folder))

    async def _make(self, parent: str, name: str) -> dict[str, Any]:
        body = {"displayName": name}
        try:
            return await self._service.ask_json("POST", _children_path(parent), body=body)
        except Refused as error:
            if error.code != _EXISTS:
                raise
        (children,) = await self._children([parent])
        for told in children:
            if str(told.get("displayName", "")).casefold() == name.casefold():
                return told
        raise Broken("A folder is there and is not listed.")

    async def _children(self, parents: Sequence[str]) -> list[list[dict[str, Any]]]:
        """Of each its own. Raises rather than leave one out."""
        wanted = [Wanted(method="GET", path=f"{_children_path(each)}?{_PAGE}") for each in parents]
        found: list[list[dict[str, Any]]] = []
        for answer in await self._service.ask_all(wanted):
            if isinstance(answer, NotThere):  # deleted since its parent was listed
                found.append([])
                continue
            if isinstance(answer, AccountError):
                raise answer
            children = _values(answer)
            while link := answer.get("@odata.nextLink"):
                answer = await self._service.ask_json("GET", self._service.path_of(link))
                children += _values(answer)
            found.append(children)
        return found

    async def _well_known(self) -> dict[str, str]:
        """Id → well-known name."""
        if not self._known:
            wanted = [
                Wanted(method="GET", path=f"/me/mailFolders/{name}?$select=id")
                for name in _WELL_KNOWN
            ]
            answers = await self._service.ask_all(wanted)
            for name, answer in zip(_WELL_KNOWN, answers, strict=True):
                if not isinstance(answer, AccountError) and "id" in answer:
                    self._known[str(answer["id"])] = name
                elif name == "inbox":
                    raise answer if isinstance(answer, AccountError) else Broken("No Inbox.")
        return self._known

    async def _id_of(self, name: str) -> str:
        known = await self._well_known()
        return next(each for each, known_as in known.items() if known_as == name)


def path_of(folder: bytes) -> str:
    """Of a folder by its id."""
    return f"/me/mailFolders/{quote(folder.decode(), safe='')}"


def _children_path(parent: str) -> str:
    return "/me/mailFolders" if parent == ROOT else f"{path_of(parent.encode())}/childFolders"


def _values(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    values = answer.get("value")
    if not isinstance(values, list):
        raise Broken("A listing of folders cannot be read.")
    return values


def _folder(
    told: Mapping[str, Any], above: Sequence[str], known: Mapping[str, str]
) -> RemoteFolder:
    try:
        identifier, name = str(told["id"]), str(told["displayName"])
    except KeyError:
        raise Broken("A folder has no name.") from None
    use = _WELL_KNOWN.get(known.get(identifier, ""))
    return RemoteFolder(
        wire=identifier.encode(),
        levels=("INBOX",) if use == "inbox" else (*above, name),
        special_use=use,
        is_view=told.get("@odata.type") == "#microsoft.graph.mailSearchFolder",
        by_key=True,
    )
