"""Requests of EWS about folders; each function is one operation, named as there."""

from collections.abc import Sequence

from posthouse.protocols.ews.parts import distinguished_ids, folder_ids, folder_shape, text_of


def get_folder(folders: Sequence[str], *, distinguished: bool = False) -> str:
    """By ids, or by distinguished names."""
    ids = distinguished_ids(folders) if distinguished else folder_ids(folders)
    return f"<m:GetFolder>{folder_shape()}<m:FolderIds>{ids}</m:FolderIds></m:GetFolder>"


def find_folder(offset: int, most: int) -> str:
    """All below the mailbox's root, page by page."""
    return (
        f'<m:FindFolder Traversal="Deep">{folder_shape()}'
        f'<m:IndexedPageFolderView MaxEntriesReturned="{most}" Offset="{offset}" '
        'BasePoint="Beginning"/><m:ParentFolderIds>'
        f"{distinguished_ids(['msgfolderroot'])}</m:ParentFolderIds></m:FindFolder>"
    )


def create_folder(parent: str, name: str) -> str:
    """Below `parent`, or the mailbox's root with ""; for mail."""
    place = folder_ids([parent]) if parent else distinguished_ids(["msgfolderroot"])
    return (
        f"<m:CreateFolder><m:ParentFolderId>{place}</m:ParentFolderId><m:Folders><t:Folder>"
        f"<t:FolderClass>IPF.Note</t:FolderClass><t:DisplayName>{text_of(name)}</t:DisplayName>"
        "</t:Folder></m:Folders></m:CreateFolder>"
    )


def rename_folder(folder: str, name: str) -> str:
    """UpdateFolder of its name."""
    return (
        f"<m:UpdateFolder><m:FolderChanges><t:FolderChange>{folder_ids([folder])}<t:Updates>"
        '<t:SetFolderField><t:FieldURI FieldURI="folder:DisplayName"/><t:Folder>'
        f"<t:DisplayName>{text_of(name)}</t:DisplayName></t:Folder></t:SetFolderField>"
        "</t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>"
    )


def move_folder(folder: str, parent: str) -> str:
    """Below `parent`, or the mailbox's root with ""."""
    place = folder_ids([parent]) if parent else distinguished_ids(["msgfolderroot"])
    return (
        f"<m:MoveFolder><m:ToFolderId>{place}</m:ToFolderId>"
        f"<m:FolderIds>{folder_ids([folder])}</m:FolderIds></m:MoveFolder>"
    )


def delete_folder(folder: str, *, for_good: bool) -> str:
    """EWS has no soft deletion of folders: what lies in them is gone with them."""
    kind = "HardDelete" if for_good else "MoveToDeletedItems"
    return (
        f'<m:DeleteFolder DeleteType="{kind}">'
        f"<m:FolderIds>{folder_ids([folder])}</m:FolderIds></m:DeleteFolder>"
    )
