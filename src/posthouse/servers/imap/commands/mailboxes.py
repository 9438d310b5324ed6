"""Folders by name: CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, STATUS."""

from posthouse.foundation.errors import Invalid
from posthouse.mail.mailboxes.model import Folder
from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.responses import parenthesised
from posthouse.servers.imap.objects import mailbox_id
from posthouse.servers.imap.session import Done, Session
from posthouse.servers.imap.store import INBOX, Place


async def create(session: Session, command: c.Create) -> Done:
    """RFC 8474 4.2: with the id of the new folder."""
    place = await session.store.create(command.mailbox)
    tell_name(session, place.path, command.mailbox)
    return Done("Created", code=f"MAILBOXID ({mailbox_id(place.folder.id)})")


async def delete(session: Session, command: c.Delete) -> Done:
    if command.mailbox == INBOX:
        raise Invalid("INBOX stays.")
    await session.store.delete(command.mailbox)
    return Done("Deleted")


async def rename(session: Session, command: c.Rename) -> Done:
    """RFC 3501 6.3.5: INBOX is not renamed, it is emptied into a new folder."""
    if command.mailbox == INBOX:
        await session.store.empty_inbox(command.new_name)
    else:
        before, after = await session.store.rename(command.mailbox, command.new_name)
        tell_name(session, after, before)
    return Done("Renamed")


async def subscribe(session: Session, command: c.Subscribe) -> Done:
    await session.store.subscribe(command.mailbox, command.wanted)
    return Done("Subscribed" if command.wanted else "Unsubscribed")


async def status(session: Session, command: c.Status) -> Done:
    place = await session.store.counted_place(command.mailbox, **asked_counts(command.items))
    session.untagged(status_line(session, place, command.items))
    return Done("Status told")


def tell_name(session: Session, path: str, asked: str, *, always: bool = False) -> None:
    """LIST with OLDNAME where a name is not what was asked for (RFC 9051 6.3.9.7)."""
    if not session.enabled.rev2 or (path == asked and not always):
        return
    old = b' ("OLDNAME" (%b))' % session.mailbox(asked) if path != asked else b""
    session.untagged(b'LIST () "/" %b%b' % (session.mailbox(path), old))


def asked_counts(items: tuple[c.StatusItem, ...]) -> dict[str, bool]:
    """Which counts these items need that messages must be looked at for."""
    return {
        "deleted": c.StatusItem.DELETED in items or c.StatusItem.DELETED_STORAGE in items,
        "recent": c.StatusItem.RECENT in items,
    }


def status_line(session: Session, place: Place, items: tuple[c.StatusItem, ...]) -> bytes:
    """`STATUS "INBOX" (MESSAGES 3)`"""
    if c.StatusItem.HIGHESTMODSEQ in items:
        session.use_condstore()
    folder = place.folder
    values = {
        c.StatusItem.MESSAGES: folder.message_count,
        c.StatusItem.RECENT: _recent(session, folder),
        c.StatusItem.UIDNEXT: folder.uid_next,
        c.StatusItem.UIDVALIDITY: folder.uid_validity,
        c.StatusItem.UNSEEN: folder.unseen_count or 0,
        c.StatusItem.HIGHESTMODSEQ: folder.highest_modseq,
        c.StatusItem.APPENDLIMIT: session.context.largest_message,
        c.StatusItem.SIZE: folder.octets,
        c.StatusItem.DELETED: place.deleted.count,
        c.StatusItem.DELETED_STORAGE: place.deleted.octets,  # RFC 9208 4.1.4
        c.StatusItem.MAILBOXID: f"({mailbox_id(folder.id)})",
    }
    told = (f"{item.value} {values[item]}".encode("ascii") for item in items)
    return b"STATUS %b %b" % (session.mailbox(place.path), parenthesised(told))


def _recent(session: Session, folder: Folder) -> int:
    """What a SELECT would find recent, and what is so already to this session."""
    if session.enabled.rev2:
        return 0
    return folder.recent_count + session.recent_in(folder.id)
