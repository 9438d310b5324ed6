"""SELECT, EXAMINE, CLOSE, UNSELECT: opening a folder and leaving it."""

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap import responses
from posthouse.protocols.imap.errors import BadCommand
from posthouse.servers.imap.commands import resync
from posthouse.servers.imap.commands.mailboxes import tell_name
from posthouse.servers.imap.objects import mailbox_id
from posthouse.servers.imap.session import Done, Session
from posthouse.servers.imap.state import FolderView


async def select(session: Session, command: c.Select) -> Done:
    """RFC 3501 6.3.1; a failure leaves nothing selected."""
    if command.resync is not None and not session.qresync:
        raise BadCommand("ENABLE QRESYNC first")  # RFC 7162 3.2.5
    session.deselect()
    rev2 = session.enabled.rev2  # RFC 9051 6.3.2: with LIST, without RECENT and UNSEEN
    place, opened = await session.store.open(
        command.mailbox, read_only=command.read_only, recent=not rev2
    )
    view = FolderView(
        opened,
        read_only=command.read_only or not place.access.may_write,
        seen_by=place.seen_by,
        tells_recent=not rev2,
    )
    session.condstore |= command.condstore
    session.connection.write(view.flags_line())
    session.untagged(b"%d EXISTS" % len(view))
    if not rev2:
        session.untagged(b"%d RECENT" % view.recent_count)
    tell_name(session, place.path, command.mailbox, always=True)
    if not rev2 and (unseen := view.first_unseen()) is not None:
        _tell(session, f"UNSEEN {unseen}", "The first unseen message")
    session.connection.write(view.permanent_line())
    for code, text in (
        (f"UIDVALIDITY {view.uid_validity}", "These uids hold"),
        (f"UIDNEXT {opened.folder.uid_next}", "The next uid"),
        (f"MAILBOXID ({mailbox_id(view.folder_id)})", "The id of this folder"),
        (f"HIGHESTMODSEQ {view.modseq}", "The highest mod-sequence"),
    ):
        _tell(session, code, text)
    if command.resync is not None and command.resync.uid_validity == view.uid_validity:
        await resync.resynchronise(session, view, command.resync)
    session.select(view)
    return Done("Opened", code="READ-ONLY" if view.read_only else "READ-WRITE")


def _tell(session: Session, code: str, text: str) -> None:
    session.connection.write(responses.condition("OK", text, code=code))


async def close(session: Session, command: c.Close) -> Done:
    """CLOSE expunges without saying so (RFC 3501 6.4.2), UNSELECT does not (RFC 3691).

    So no HIGHESTMODSEQ here (RFC 7162 3.2.8): its client would never ask for the expunges below it.
    """
    if command.expunge and not session.view.read_only:
        await session.store.expunge(session.view.folder_id, None)
    session.unselect()
    return Done("Closed")
