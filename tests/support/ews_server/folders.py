"""Operations on folders."""

from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from tests.support.ews_server.mailbox import Mailbox, StoredFolder
from tests.support.ews_server.reading import (
    NAMES,
    Failed,
    answer,
    failure,
    local,
    success,
    text,
    wanted,
)

_HIDDEN = "0x10f4"  # PidTagAttributeHidden
_MOST = 1000  # HOW ews-throttling-in-exchange: EWSFindCountLimit


def get_folder(mailbox: Mailbox, asked: Element) -> str:
    """EWS getfolder-operation."""
    shape = wanted(asked)
    messages = []
    for each in asked.findall("m:FolderIds/*", NAMES):
        try:
            shown = _shown(mailbox, _find(mailbox, each), shape)
        except Failed as failed:
            messages.append(failure("GetFolder", failed, "<m:Folders/>"))
        else:
            messages.append(success("GetFolder", f"<m:Folders>{shown}</m:Folders>"))
    return answer("GetFolder", "".join(messages))


def find_folder(mailbox: Mailbox, asked: Element) -> str:
    """EWS findfolder-operation, with an IndexedPageFolderView (EWS indexedpagefolderview)."""
    (parent,) = asked.findall("m:ParentFolderIds/*", NAMES)
    deep = asked.get("Traversal") == "Deep"
    root = _find(mailbox, parent)
    all_of_them = [each for each in mailbox.below(root.id) if deep or each.parent == root.id]
    view = asked.find("m:IndexedPageFolderView", NAMES)
    offset = int(view.get("Offset", "0")) if view is not None else 0
    most = min(int(view.get("MaxEntriesReturned", "1000")) if view is not None else _MOST, _MOST)
    page = all_of_them[offset : offset + most]
    last = offset + len(page) >= len(all_of_them)
    shown = "".join(_shown(mailbox, each, wanted(asked)) for each in page)
    return answer(
        "FindFolder",
        success(
            "FindFolder",
            f'<m:RootFolder IndexedPagingOffset="{offset + len(page)}" '
            f'TotalItemsInView="{len(all_of_them)}" IncludesLastItemInRange="{_bool(last)}">'
            f"<t:Folders>{shown}</t:Folders></m:RootFolder>",
        ),
    )


def create_folder(mailbox: Mailbox, asked: Element) -> str:
    """EWS createfolder-operation."""
    (place,) = asked.findall("m:ParentFolderId/*", NAMES)
    parent = _find(mailbox, place)
    messages = []
    for each in asked.findall("m:Folders/t:Folder", NAMES):
        name = text(each, "t:DisplayName")
        try:
            _require_free(mailbox, parent.id, name)
        except Failed as failed:
            messages.append(failure("CreateFolder", failed, "<m:Folders/>"))
            continue
        made = mailbox.make_folder(name, parent.id, kind=text(each, "t:FolderClass") or "IPF.Note")
        shown = f"<t:Folder>{_folder_id(made)}</t:Folder>"
        messages.append(success("CreateFolder", f"<m:Folders>{shown}</m:Folders>"))
    return answer("CreateFolder", "".join(messages))


def update_folder(mailbox: Mailbox, asked: Element) -> str:
    """EWS updatefolder-operation."""
    return _each(mailbox, asked, "UpdateFolder", "m:FolderChanges/t:FolderChange", _rename)


def move_folder(mailbox: Mailbox, asked: Element) -> str:
    """EWS movefolder-operation: its id stays."""
    (place,) = asked.findall("m:ToFolderId/*", NAMES)
    target = _find(mailbox, place)

    def move(folder: StoredFolder, _: Element) -> None:
        _require_free(mailbox, target.id, folder.name)
        folder.parent = target.id

    return _each(mailbox, asked, "MoveFolder", "m:FolderIds", move)


def delete_folder(mailbox: Mailbox, asked: Element) -> str:
    """EWS deletefolder-operation."""
    kind = asked.get("DeleteType")

    def delete(folder: StoredFolder, _: Element) -> None:
        if folder.id in mailbox.distinguished.values():
            raise Failed("ErrorDeleteDistinguishedFolder")
        if kind == "HardDelete":
            mailbox.drop_folder(folder.id)
        elif kind == "MoveToDeletedItems":
            folder.parent = mailbox.distinguished["deleteditems"]
        else:  # EWS: folders cannot be soft deleted
            raise Failed("ErrorCannotDeleteObject")

    return _each(mailbox, asked, "DeleteFolder", "m:FolderIds", delete)


def _each(
    mailbox: Mailbox,
    asked: Element,
    operation: str,
    path: str,
    act: Callable[[StoredFolder, Element], None],
) -> str:
    messages = []
    for change in asked.findall(path, NAMES):
        for each in _ids(change):
            try:
                folder = _find(mailbox, each)
                act(folder, change)
            except Failed as failed:
                messages.append(failure(operation, failed))
            else:
                shown = f"<t:Folder>{_folder_id(folder)}</t:Folder>"
                content = "" if operation == "DeleteFolder" else f"<m:Folders>{shown}</m:Folders>"
                messages.append(success(operation, content))
    return answer(operation, "".join(messages))


def _ids(change: Element) -> Iterator[Element]:
    return (each for each in change if local(each) in ("FolderId", "DistinguishedFolderId"))


def _rename(folder: StoredFolder, change: Element) -> None:
    name = text(change, "t:Updates/t:SetFolderField/t:Folder/t:DisplayName")
    if not name:
        raise Failed("ErrorIncorrectUpdatePropertyCount")
    folder.name = name


def _require_free(mailbox: Mailbox, parent: str, name: str) -> None:
    if any(each.name == name for each in mailbox.folders.values() if each.parent == parent):
        raise Failed("ErrorFolderExists", "A folder with the specified name already exists.")


def _find(mailbox: Mailbox, element: Element) -> StoredFolder:
    id = element.get("Id", "")
    if local(element) == "DistinguishedFolderId":
        id = mailbox.distinguished.get(id, "")
    if id == mailbox.root:
        return StoredFolder(mailbox.root, "", "Top of Information Store", "")
    if id not in mailbox.folders:
        raise Failed("ErrorFolderNotFound", "The specified folder could not be found.")
    return mailbox.folders[id]


def _shown(mailbox: Mailbox, folder: StoredFolder, shape: set[str]) -> str:
    """Only what was asked for, in the schema's order. Elements differ by class (EWS folders)."""
    name = {"IPF.Appointment": "CalendarFolder", "IPF.Contact": "ContactsFolder"}.get(
        folder.kind, "Folder"
    )
    parts = [_folder_id(folder)]
    if "folder:ParentFolderId" in shape:
        parts.append(f"<t:ParentFolderId Id={quoteattr(folder.parent)} ChangeKey='AQAAAA=='/>")
    if "folder:FolderClass" in shape and folder.kind:
        parts.append(f"<t:FolderClass>{folder.kind}</t:FolderClass>")
    if "folder:DisplayName" in shape:
        parts.append(f"<t:DisplayName>{escape(folder.name)}</t:DisplayName>")
    if "folder:TotalCount" in shape:
        parts.append(f"<t:TotalCount>{len(folder.items)}</t:TotalCount>")
    if "folder:ChildFolderCount" in shape:
        children = sum(each.parent == folder.id for each in mailbox.folders.values())
        parts.append(f"<t:ChildFolderCount>{children}</t:ChildFolderCount>")
    if _HIDDEN in shape and folder.hidden:
        parts.append(
            f'<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="{_HIDDEN}" '
            'PropertyType="Boolean"/><t:Value>true</t:Value></t:ExtendedProperty>'
        )
    return f"<t:{name}>{''.join(parts)}</t:{name}>"


def _folder_id(folder: StoredFolder) -> str:
    return f"<t:FolderId Id={quoteattr(folder.id)} ChangeKey='AQAAABYAAAA='/>"


def _bool(value: bool) -> str:
    return "true" if value else "false"
