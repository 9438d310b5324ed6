"""LIST and LSUB (RFC 3501 6.3.8, RFC 5258, RFC 6154, RFC 5819) over the tree of names."""

from dataclasses import dataclass

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.patterns import SEPARATOR, matches
from posthouse.protocols.imap.responses import parenthesised
from posthouse.servers.imap.commands.mailboxes import needs_sums, status_line
from posthouse.servers.imap.session import Done, Session
from posthouse.servers.imap.store import Place

_SPECIAL_USES = {
    "sent": b"\\Sent",
    "drafts": b"\\Drafts",
    "trash": b"\\Trash",
    "junk": b"\\Junk",
    "archive": b"\\Archive",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """A name in the tree; `place` is None where only names below it exist."""

    path: str
    place: Place | None
    children: bool
    selected_below: bool  # a name below fulfils the selection options


async def list_folders(session: Session, command: c.List) -> Done:
    if not command.lsub and command.patterns == ("",):  # RFC 3501 6.3.8: asks for the separator
        session.untagged(b'LIST (\\Noselect) "/" ""')
        return Done("Listed")
    patterns = [command.reference + pattern for pattern in command.patterns]
    for name in _tree(await session.store.places(sums=needs_sums(command.return_status)), command):
        if any(matches(pattern, name.path) for pattern in patterns):
            _tell(session, command, name)
    return Done("Listed")


def _tree(places: list[Place], command: c.List) -> list[_Name]:
    """Every name with its missing parents, parents first."""
    by_path = {place.path: place for place in places}
    parents: set[str] = set()
    parents_of_selected: set[str] = set()
    for place in places:
        above = _above(place.path)
        parents |= above
        if _is_selected(place, command):
            parents_of_selected |= above
    return [
        _Name(
            path=path,
            place=by_path.get(path),
            children=path in parents,
            selected_below=path in parents_of_selected,
        )
        for path in [*by_path, *sorted(parents - by_path.keys())]
    ]


def _above(path: str) -> set[str]:
    levels = path.split(SEPARATOR)
    return {SEPARATOR.join(levels[:depth]) for depth in range(1, len(levels))}


def _is_selected(place: Place, command: c.List) -> bool:
    if command.only_subscribed and not place.folder.subscribed:
        return False
    return not command.only_special_use or place.folder.special_use in _SPECIAL_USES


def _tell(session: Session, command: c.List, name: _Name) -> None:
    selects = command.only_subscribed or command.only_special_use
    itself = name.place is not None and _is_selected(name.place, command)
    below = selects and command.with_matching_children and name.selected_below
    if selects and not itself and not (below and _counts_for_children(command, name)):
        return
    attributes = _attributes(command, name, itself=itself)
    line = b'%b "/" %b' % (parenthesised(attributes), session.mailbox(name.path))
    if command.lsub:
        session.untagged(b"LSUB " + line)
        return
    if below:
        line += b' ("CHILDINFO" ("SUBSCRIBED"))' if command.only_subscribed else b""
    session.untagged(b"LIST " + line)
    if command.return_status and name.place is not None:
        session.untagged(status_line(session, name.place, command.return_status))


def _counts_for_children(command: c.List, name: _Name) -> bool:
    """RFC 3501 6.3.9: LSUB names an unsubscribed parent only where `%` hides what is below it."""
    return not command.lsub or command.patterns[0].endswith("%")


def _attributes(command: c.List, name: _Name, *, itself: bool) -> list[bytes]:
    attributes = []
    if name.place is None or (command.lsub and not itself):
        attributes.append(b"\\Noselect")
    if not command.lsub:
        attributes.append(b"\\HasChildren" if name.children else b"\\HasNoChildren")
    if name.place is None:
        return attributes
    use = _SPECIAL_USES.get(name.place.folder.special_use or "")
    if use and not command.lsub:
        attributes.append(use)
    if command.return_subscribed and name.place.folder.subscribed:
        attributes.append(b"\\Subscribed")
    return attributes
