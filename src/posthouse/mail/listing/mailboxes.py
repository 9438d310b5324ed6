"""The member's mailboxes and settings, as the page's frame shows them."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid
from posthouse.foundation.sql import load_queries
from posthouse.mail.listing.views import FolderView, MailboxView, Me, MeChange, Theme
from posthouse.mail.mailboxes.folders import list_folders
from posthouse.mail.mailboxes.model import Folder
from posthouse.security.access import Level, MailboxAccess, mailboxes_of
from posthouse.security.members import (
    Actor,
    MemberSettings,
    Scope,
    change_settings,
    read_settings,
)

SQL = load_queries("posthouse.mail.listing", "mailboxes.sql")
_THEMES: tuple[Theme, ...] = ("light", "dark", "system")


async def mailbox_views(tx: Tx, actor: Actor) -> list[MailboxView]:
    """The mailboxes the actor has as a whole. Folders are shown to who reads them in full."""
    views: list[MailboxView] = []
    for mailbox in await mailboxes_of(tx, actor):
        folders: list[Folder] = []
        if mailbox.level is not None:
            folders = await list_folders(tx, mailbox.id, actor.member_id)
        views.append(_mailbox(mailbox, [await _without_mirrors(tx, each) for each in folders]))
    return views


async def me_view(tx: Tx, actor: Actor) -> Me:
    """Who asks. Raises Denied for a key that may neither read nor send mail."""
    return await _me(tx, actor, await read_settings(tx, actor))


async def change_me(tx: Tx, actor: Actor, change: MeChange) -> Me:
    """Change one's own settings. Raises Invalid naming the field."""
    actor.require(Scope.SETTINGS)
    preferences: dict[str, Any] = dict(change.preferences or {})
    if change.theme is not None:
        preferences["theme"] = change.theme
    if preferences.get("theme") not in (*_THEMES, None):
        raise Invalid(f"The themes are: {', '.join(_THEMES)}.", field="preferences")
    settings = await change_settings(
        tx,
        actor,
        name=change.name,
        language=change.language,
        time_zone=change.time_zone,
        preferences=preferences,
        signature=change.signature,
    )
    return await _me(tx, actor, settings)


async def _me(tx: Tx, actor: Actor, settings: MemberSettings) -> Me:
    workspace = await tx.value(SQL["read_workspace_name"], workspace_id=tx.workspace)
    return Me(
        member_id=actor.member_id,
        name=settings.name,
        address=actor.address,
        role=msgspec.convert(str(actor.role), Me.__annotations__["role"]),
        workspace_id=actor.workspace_id,
        workspace=workspace,
        language=msgspec.convert(settings.language, Me.__annotations__["language"]),
        time_zone=settings.time_zone,
        theme=settings.preferences.get("theme", "system"),
        signature=settings.signature,
        preferences=settings.preferences,
        mailboxes=await mailbox_views(tx, actor),
    )


async def _without_mirrors(tx: Tx, folder: Folder) -> Folder:
    if folder.special_use != "drafts" or not folder.message_count:
        return folder
    mirrors = await tx.value(SQL["count_mirrors"], workspace_id=tx.workspace, folder_id=folder.id)
    return replace(folder, message_count=folder.message_count - mirrors)


def _mailbox(mailbox: MailboxAccess, folders: Iterable[Folder]) -> MailboxView:
    return MailboxView(
        id=mailbox.id,
        address=mailbox.address,
        aliases=list(mailbox.aliases),
        name=mailbox.name,
        shared=mailbox.kind == "shared",
        level=mailbox.level.value if mailbox.level else None,
        may_write=mailbox.may_write,
        may_send=mailbox.may_send,
        folders=[
            FolderView(
                id=folder.id,
                name=folder.name,
                role=folder.special_use,
                unread=folder.unseen_count or 0,
                total=folder.message_count,
            )
            for folder in folders
            if folder.special_use is not None or mailbox.level is Level.FULL
        ],
    )
