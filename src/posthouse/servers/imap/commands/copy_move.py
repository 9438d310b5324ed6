"""COPY, MOVE (RFC 6851) and EXPUNGE: messages change their place, with COPYUID (RFC 4315)."""

from itertools import chain, pairwise

from posthouse.foundation.errors import NotFound
from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap import responses
from posthouse.protocols.imap.errors import Refusal
from posthouse.protocols.imap.sequence import SequenceSet, format_set
from posthouse.servers.imap.session import Done, Session
from posthouse.servers.imap.state import FolderView
from posthouse.servers.imap.store import Place


async def copy(session: Session, command: c.Copy) -> Done:
    view = session.view
    if command.move and view.read_only:
        raise Refusal("The folder is open for reading only", code="NOPERM")
    uids = _uids(view, command.messages, by_uid=command.by_uid)
    if not uids:
        return Done("There was nothing to do")
    try:
        place, pairs = await session.store.copy(
            view.folder_id, uids, command.mailbox, move=command.move, seen_by=view.seen_by
        )
    except NotFound as error:
        raise Refusal(error.reason, code="TRYCREATE") from error
    code = _copy_uid(place, pairs)
    if not command.move:
        return Done("Copied", code=code)
    # RFC 6851 4.3: COPYUID goes before the EXPUNGEs it explains.
    session.connection.write(responses.condition("OK", "Moved", code=code))
    session.tell_expunged(uid for uid, _ in pairs)
    return Done("Moved", tells_modseq=session.qresync and bool(pairs))


async def expunge(session: Session, command: c.Expunge) -> Done:
    view = session.view
    if view.read_only:
        raise Refusal("The folder is open for reading only", code="NOPERM")
    uids = None
    if command.uids is not None:
        uids = _uids(view, command.uids, by_uid=True)
    gone = [] if uids == [] else await session.store.expunge(view.folder_id, uids)
    session.tell_expunged(gone)
    return Done("Expunged", tells_modseq=session.qresync and bool(gone))


def _uids(view: FolderView, messages: SequenceSet, *, by_uid: bool) -> list[int]:
    ranges = view.chosen(messages, by_uid=by_uid)
    return [view.uids[index] for index in chain.from_iterable(ranges)]


def _copy_uid(place: Place, pairs: list[tuple[int, int]]) -> str | None:
    if not pairs:
        return None
    pairs = sorted(pairs)
    here = format_set(uid for uid, _ in pairs).decode("ascii")
    there = ",".join(_runs([new for _, new in pairs]))
    return f"COPYUID {place.folder.uid_validity} {here} {there}"


def _runs(uids: list[int]) -> list[str]:
    """As a set whose order is kept: it must match the uids here one by one."""
    if all(earlier < later for earlier, later in pairwise(uids)):
        return [format_set(uids).decode("ascii")]
    return [str(uid) for uid in uids]
