"""What SEARCH and SORT answer with: the plain list of numbers, or ESEARCH with what was wanted."""

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.esearch import Result, response
from posthouse.protocols.imap.search import Key, mentions_modseq
from posthouse.protocols.imap.sequence import format_set
from posthouse.servers.imap.session import Session
from posthouse.servers.imap.state import FolderView

_ENDS = frozenset({Result.MIN, Result.MAX})


@contextmanager
def saving(session: Session, wanted: frozenset[Result] | None) -> Iterator[None]:
    """What finds results to be saved: after NO nothing is saved (RFC 5182 2.1)."""
    try:
        yield
    except BadCommand:
        raise
    except Exception:
        if wanted and Result.SAVE in wanted:
            session.view.saved = array("I")
        raise


def tell_plainly(session: Session, name: bytes, found: Sequence[int], key: Key, **by: bool) -> None:
    """`SEARCH 2 3 (MODSEQ 7)` for the indexes `found`, in their order (RFC 7162 3.1.5)."""
    view = session.view
    numbers = str(_numbers(view, found, **by))[1:-1]  # the fastest way to write thousands
    line = name + (b" " + numbers.replace(",", "").encode("ascii") if numbers else b"")
    if mentions_modseq(key):
        session.use_condstore()
        if found:
            line += b" (MODSEQ %d)" % max(view.modseqs[index] for index in found)
    session.untagged(line)


def tell_wanted(
    session: Session,
    tag: bytes,
    found: Sequence[int],
    key: Key,
    wanted: frozenset[Result],
    *,
    by_uid: bool,
) -> None:
    """ESEARCH for the indexes `found`; first and last are MIN and MAX, sorted or not (RFC 5267).

    SAVE alone says nothing (RFC 5182 2.1).
    """
    view = session.view
    with_modseq = mentions_modseq(key)
    if with_modseq:
        session.use_condstore()
    if Result.SAVE in wanted:
        view.saved = array("I", sorted({view.uids[i] for i in _meant(found, wanted)}))
    if wanted == {Result.SAVE}:
        return
    numbers = _numbers(view, found, by_uid=by_uid)
    items = []
    if Result.MIN in wanted and numbers:
        items.append(b"MIN %d" % numbers[0])
    if Result.MAX in wanted and numbers:
        items.append(b"MAX %d" % numbers[-1])
    if Result.ALL in wanted and numbers:
        items.append(b"ALL " + format_set(numbers))
    if Result.COUNT in wanted:
        items.append(b"COUNT %d" % len(numbers))
    if with_modseq and found:
        items.append(b"MODSEQ %d" % max(view.modseqs[i] for i in _meant(found, wanted)))
    session.untagged(response(tag, items, by_uid=by_uid))


def _meant(found: Sequence[int], wanted: frozenset[Result]) -> Sequence[int]:
    """What SAVE keeps and MODSEQ is of: all, unless only the ends are asked for.

    RFC 5182 2.1, RFC 7162 3.1.10.
    """
    if not found or not wanted & _ENDS or wanted & {Result.ALL, Result.COUNT}:
        return found
    return [found[0 if end is Result.MIN else -1] for end in wanted & _ENDS]


def _numbers(view: FolderView, found: Sequence[int], *, by_uid: bool) -> list[int]:
    if by_uid:
        return [view.uids[index] for index in found]
    return [index + 1 for index in found]
