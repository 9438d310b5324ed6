"""Makes folders of a listing: levels a person reads, what each is for, which are not ours."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from posthouse.mail.accounts.errors import Refused, Unsupported
from posthouse.mail.accounts.model import RemoteFolder
from posthouse.mail.mailboxes.model import SpecialUse
from posthouse.protocols.imap import utf7
from posthouse.protocols.imap.client.names import decode_name
from posthouse.protocols.imap.client.responses import Listed
from posthouse.protocols.imap.client.special_uses import is_view, use_by_attribute, use_by_name

_CANNOT_BE_OPENED = frozenset({"\\noselect", "\\nonexistent"})
_INBOX = b"INBOX"
_LONGEST_NAME = 1_000


def read_listing(
    listed: Sequence[Listed], prefix: bytes = b"", foreign: Sequence[bytes] = ()
) -> list[RemoteFolder]:
    """In the server's order, each once; without folders of others. INBOX is always there.

    `prefix` is of the personal namespace: `INBOX.Sent` is a folder beside INBOX for who has all of
    them below it.
    """
    own = {
        _wire(each): each
        for each in listed
        if each.name and not any(each.name.startswith(other) for other in foreign)
    }
    own.setdefault(_INBOX, Listed(name=_INBOX, separator="", attributes=frozenset()))
    return _with_uses([_folder(wire, each, prefix) for wire, each in own.items()])


def guess_prefix(listed: Sequence[Listed]) -> bytes:
    """Some have all folders below INBOX, and no NAMESPACE to say so."""
    others = [each.name for each in listed if _wire(each) != _INBOX]
    separators = {each.separator for each in listed if each.separator}
    if len(separators) != 1 or not others:
        return b""
    prefix = _INBOX + separators.pop().encode("latin-1")
    return prefix if all(name.upper().startswith(prefix) for name in others) else b""


def wire_name(levels: Sequence[str], prefix: bytes, separator: str) -> bytes:
    """The name of a folder to be made. Raises Unsupported, Refused."""
    if not levels or not all(levels):
        raise Refused("A folder needs a name.")
    if len(levels) > 1 and not separator:
        raise Unsupported("This server has no folders within folders.")
    parts = [level.replace(separator, "-") if separator else level for level in levels]
    wire = prefix + utf7.encode(separator.join(parts))
    if len(wire) > _LONGEST_NAME:
        raise Refused("The name of the folder is too long.")
    return wire


def _wire(each: Listed) -> bytes:
    # RFC 3501 5.1: INBOX is the one name whose case makes no difference.
    return _INBOX if each.name.upper() == _INBOX else each.name


def _folder(wire: bytes, listed: Listed, prefix: bytes) -> RemoteFolder:
    bare = wire
    if prefix and wire != _INBOX and wire.upper().startswith(prefix.upper()):
        bare = wire[len(prefix) :] or wire
    name = decode_name(bare)
    levels = name.split(listed.separator) if listed.separator else [name]
    return RemoteFolder(
        wire=wire,
        levels=tuple(filter(None, levels)) or (name,),
        separator=listed.separator,
        attributes=listed.attributes,
        special_use=None,
        selectable=listed.attributes.isdisjoint(_CANNOT_BE_OPENED),
        is_view=is_view(listed.attributes),
    )


def _with_uses(folders: list[RemoteFolder]) -> list[RemoteFolder]:
    """One folder for each use: who says so by attribute first, then the likeliest name."""
    chosen: dict[str, tuple[tuple[int, int], RemoteFolder]] = {}
    for folder in folders:
        if not folder.selectable or folder.is_view:
            continue
        use, rank = _use(folder)
        if use and (use not in chosen or rank < chosen[use][0]):
            chosen[use] = (rank, folder)
    uses = {folder.wire: cast(SpecialUse, use) for use, (_, folder) in chosen.items()}
    return [replace(folder, special_use=uses.get(folder.wire)) for folder in folders]


def _use(folder: RemoteFolder) -> tuple[str, tuple[int, int]]:
    if folder.wire == _INBOX:
        return "inbox", (0, 0)
    if (use := use_by_attribute(folder.attributes)) is not None:
        return ("", (0, 0)) if use == "inbox" else (use, (1, 0))
    known = use_by_name(folder.levels[-1]) if len(folder.levels) == 1 else None
    if known is None or known[0] == "inbox":
        return "", (0, 0)
    return known[0], (2, known[1])
