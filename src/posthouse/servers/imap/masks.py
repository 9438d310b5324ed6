"""SEARCH keys over many messages at once, of what is in memory: the view, and what is kept.

A mask is an integer with one octet a message, 0 or 1: whole folders are combined in a few
operations. Three values are two masks, those that fulfil a key and those that do not; of the rest
too little is in memory.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import compress
from typing import Any, NamedTuple

from posthouse.protocols.imap import search as s
from posthouse.protocols.imap.flags import SystemFlag
from posthouse.servers.imap.kept import KeptFolder
from posthouse.servers.imap.state import FolderView


class Mask(NamedTuple):
    """Of a run of messages."""

    yes: int
    no: int


Ask = Callable[[int, int], Mask]
"""Of the messages from one index up to another."""
Known = Callable[[int, int], bytes]
"""The same where all is known: an octet for each."""
Leaf = tuple[Hashable, Callable[[Any], bool]]
"""Under which key values are kept that decide, and how they do."""

_NOTHING = Mask(0, 0)
_BITS = {
    flag: bytes(bool(octet & flag) for octet in range(256))
    for flag in SystemFlag.__members__.values()
}


def mask_of(
    key: s.Key, view: FolderView, kept: KeptFolder, leaf_of: Callable[[s.Key], Leaf | None]
) -> Ask:
    """`leaf_of` says of a key that speaks of content how kept values answer it."""
    match key:
        case s.And(keys):
            return _all([mask_of(inner, view, kept, leaf_of) for inner in keys])
        case s.Or(first, second):
            both = [mask_of(inner, view, kept, leaf_of) for inner in (first, second)]
            return _not(_all([_not(inner) for inner in both]))
        case s.Not(inner):
            return _not(mask_of(inner, view, kept, leaf_of))
    known = of_view(key, view)
    if known is not None:
        return _from_known(known)
    leaf = leaf_of(key)
    if leaf is None:
        return lambda first, stop: _NOTHING
    return _from_kept(view, kept.column(leaf[0]), leaf[1])


def chosen(mask: int, first: int, stop: int) -> Iterable[int]:
    """The indexes that a mask of these messages names."""
    return compress(range(first, stop), mask.to_bytes(stop - first, "little"))


def everything(count: int) -> int:
    """The mask of all."""
    return int.from_bytes(b"\x01" * count, "little")


def of_view(key: s.Key, view: FolderView) -> Known | None:
    """Of a key that the view can answer."""
    match key:
        case s.Every():
            return lambda first, stop: b"\x01" * (stop - first)
        case s.IsRecent():
            return _among(view, view.recent())
        case s.HasFlag(flag):
            bits = _BITS[flag]
            return lambda first, stop: view.flags[first:stop].tobytes().translate(bits)
        case s.HasKeyword(keyword):
            return _having(view, keyword)
        case s.InNumbers(numbers):
            # RFC 3501 9 asks for BAD to numbers that no message has. A search for them finds
            # nothing, as in other servers: one that raced with an EXPUNGE harms nobody.
            return _among(view, view.known(numbers))
        case s.InUids(uids):
            return _among(view, view.chosen(uids, by_uid=True))
        case s.ChangedSince(modseq):
            return lambda first, stop: bytes([each >= modseq for each in view.modseqs[first:stop]])
        case _:
            return None


def _having(view: FolderView, keyword: str) -> Known:
    folded = keyword.casefold()
    having = {
        uid
        for uid, words in view.keywords.items()
        if any(word.casefold() == folded for word in words)
    }
    return lambda first, stop: bytes([uid in having for uid in view.uids[first:stop]])


def _among(view: FolderView, positions: list[range]) -> Known:
    mask = bytearray(len(view))
    for run in positions:
        mask[run.start : run.stop] = b"\x01" * len(run)
    return lambda first, stop: bytes(mask[first:stop])


def _from_known(known: Known) -> Ask:
    def ask(first: int, stop: int) -> Mask:
        yes = int.from_bytes(known(first, stop), "little")
        return Mask(yes, everything(stop - first) ^ yes)

    return ask


def _from_kept(view: FolderView, column: Mapping[int, Any], fits: Callable[[Any], bool]) -> Ask:
    def ask(first: int, stop: int) -> Mask:
        values = list(map(column.get, view.uids[first:stop]))
        fitting = bytes([value is not None and fits(value) for value in values])
        yes = int.from_bytes(fitting, "little")
        if None not in values:
            return Mask(yes, everything(stop - first) ^ yes)
        read = int.from_bytes(bytes([value is not None for value in values]), "little")
        return Mask(yes, read ^ yes)

    return ask


def _all(asks: list[Ask]) -> Ask:
    def ask(first: int, stop: int) -> Mask:
        yes, no = everything(stop - first), 0
        for inner in asks:
            found = inner(first, stop)
            yes &= found.yes
            no |= found.no
        return Mask(yes, no)

    return ask


def _not(inner: Ask) -> Ask:
    def ask(first: int, stop: int) -> Mask:
        yes, no = inner(first, stop)
        return Mask(no, yes)

    return ask
