"""STORE: flags of many messages in one statement, with UNCHANGEDSINCE (RFC 7162 3.1.3)."""

from itertools import chain

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.errors import Refusal
from posthouse.protocols.imap.fetch import Attribute, FetchItem
from posthouse.protocols.imap.sequence import format_set
from posthouse.servers.imap.rendering import from_view
from posthouse.servers.imap.session import Done, Session
from posthouse.servers.imap.state import FolderView


async def store(session: Session, command: c.Store) -> Done:
    view = session.view
    if view.read_only:
        raise Refusal("The folder is open for reading only", code="NOPERM")
    together = [command, *_sent_ahead(session, command)]
    uids = sorted({uid for one in together for uid in _uids(view, one)})
    if command.unchanged_since is not None:
        session.use_condstore()
    result = await session.store.store_flags(
        view.folder_id,
        uids,
        command.mode,
        command.flags,
        seen_by=view.seen_by,
        unchanged_since=command.unchanged_since,
    )
    view.take(result.stored)
    session.connection.write(view.new_words())
    indexes = [i for row in result.stored if (i := view.position(row.uid)) is not None]
    if items := _items_to_tell(session, command):
        session.connection.write(from_view(view, items, indexes))
    for one in together[:-1]:
        session.complete(one.tag, "Stored")
    return Done("Stored", code=_modified(view, command, result.modified), tag=together[-1].tag)


def _sent_ahead(session: Session, command: c.Store) -> list[c.Store]:
    """Commands right behind this one that say the same of other messages, and want no answer."""
    if not (command.by_uid and command.silent) or command.unchanged_since is not None:
        return []

    def fits(other: c.Command) -> bool:
        return (
            isinstance(other, c.Store)
            and other.by_uid
            and other.silent
            and (other.mode, other.flags, other.unchanged_since)
            == (command.mode, command.flags, None)
        )

    return [one for one in session.following(fits) if isinstance(one, c.Store)]


def _uids(view: FolderView, command: c.Store) -> list[int]:
    ranges = view.chosen(command.messages, by_uid=command.by_uid)
    return [view.uids[index] for index in chain.from_iterable(ranges)]


def _items_to_tell(session: Session, command: c.Store) -> list[FetchItem]:
    """FLAGS unless silent; UID where uids are spoken; MODSEQ once CONDSTORE is on."""
    items: list[FetchItem] = []
    if not command.silent:
        items.append(Attribute.FLAGS)
    if session.condstore:
        items.append(Attribute.MODSEQ)
    if items and (command.by_uid or session.condstore):
        items.insert(0, Attribute.UID)
    return items


def _modified(view: FolderView, command: c.Store, uids: list[int]) -> str | None:
    """MODIFIED names those that had changed in the meantime, in the numbers the client used."""
    if not uids:
        return None
    if not command.by_uid:
        positions = (view.position(uid) for uid in uids)
        uids = [position + 1 for position in positions if position is not None]
    return f"MODIFIED {format_set(sorted(uids)).decode('ascii')}"
