"""LIST and LSUB (RFC 3501 6.3.8, RFC 5258, RFC 6154, RFC 5819, RFC 9590) over the tree of names."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.patterns import SEPARATOR, matches
from posthouse.protocols.imap.responses import parenthesised
from posthouse.servers.imap.annotations import Found, find
from posthouse.servers.imap.commands.mailboxes import asked_counts, status_line
from posthouse.servers.imap.commands.metadata import metadata_line
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
    """A name in the tree; `place` is None where there is no folder of that name.

    Then others are below it, or it is `kept`: still subscribed to.
    """

    path: str
    place: Place | None
    kept: bool
    selected: bool  # fulfils the selection options
    children: bool
    hidden_below: bool  # a name below fulfils the selection options and no pattern


async def list_folders(session: Session, command: c.List) -> Done:
    if not (command.lsub or command.extended) and command.patterns == ("",):
        # RFC 3501 6.3.8: asks for the separator; in extended syntax it does not (RFC 5258 3).
        session.untagged(b'LIST (\\Noselect) "/" ""')
        return Done("Listed")
    patterns = [command.reference + pattern for pattern in command.patterns]
    places = await session.store.places(**asked_counts(command.return_status))
    kept = await session.store.kept_subscriptions() if command.only_subscribed else set()
    # Beside the event loop: many patterns over many long names take a while.
    names = await asyncio.to_thread(_matching, places, kept, command, patterns)
    found = await _annotations(session, command, names)
    for name in names:
        _tell(session, command, name, found)
    return Done("Listed")


async def _annotations(
    session: Session, command: c.List, names: list[_Name]
) -> dict[UUID | None, Found]:
    """RFC 9590 3: what is noted at the folders, read at once."""
    if command.return_metadata is None:
        return {}
    places = [name.place for name in names if name.place is not None]
    async with session.store.at(None) as (tx, _):
        return await find(tx, session.store.actor, places, command.return_metadata)


def _matching(
    places: list[Place], kept: set[str], command: c.List, patterns: list[str]
) -> list[_Name]:
    """Names that fit a pattern, each once; those without a folder come last."""
    by_path = {place.path: place for place in places}
    kept = kept - by_path.keys()
    selected = {place.path for place in places if _is_selected(place, command)}
    if not command.only_special_use:
        selected |= kept
    parents: set[str] = set().union(*map(_above, by_path))
    missing = parents.union(kept, *map(_above, kept)) - by_path.keys()
    paths = [*by_path, *sorted(missing)]
    fitting = {path for path in paths if any(matches(pattern, path) for pattern in patterns)}
    hiding: set[str] = set().union(*map(_above, selected - fitting))
    return [
        _Name(
            path=path,
            place=by_path.get(path),
            kept=path in kept,
            selected=path in selected,
            children=path in parents,
            hidden_below=path in hiding,
        )
        for path in paths
        if path in fitting
    ]


def _above(path: str) -> set[str]:
    levels = path.split(SEPARATOR)
    return {SEPARATOR.join(levels[:depth]) for depth in range(1, len(levels))}


def _is_selected(place: Place, command: c.List) -> bool:
    if command.only_subscribed and not place.folder.subscribed:
        return False
    return not command.only_special_use or place.folder.special_use in _SPECIAL_USES


def _tell(
    session: Session, command: c.List, name: _Name, annotations: dict[UUID | None, Found]
) -> None:
    selects = command.only_subscribed or command.only_special_use
    itself = name.selected
    # RFC 5258 3.5: not where everything below is told itself.
    below = selects and command.with_matching_children and name.hidden_below
    if selects and not itself and not (below and _counts_for_children(command)):
        return
    attributes = _attributes(command, name, itself=itself)
    line = b'%b "/" %b' % (parenthesised(attributes), session.mailbox(name.path))
    if command.lsub:
        session.untagged(b"LSUB " + line)
        return
    if below:
        line += b' ("CHILDINFO" %b)' % _base_options(command)
    session.untagged(b"LIST " + line)
    if command.return_status and name.place is not None and (itself or not selects):
        session.untagged(status_line(session, name.place, command.return_status))
    if name.place is not None and (noted := annotations.get(name.place.folder.id)):
        session.untagged(metadata_line(session.mailbox(name.path), noted))


def _counts_for_children(command: c.List) -> bool:
    """RFC 3501 6.3.9: LSUB names an unsubscribed parent only where `%` hides what is below it."""
    return not command.lsub or command.patterns[0].endswith("%")


def _base_options(command: c.List) -> bytes:
    """What the names below fulfil: `("SUBSCRIBED")`."""
    wanted = (
        (b'"SUBSCRIBED"', command.only_subscribed),
        (b'"SPECIAL-USE"', command.only_special_use),
    )
    return parenthesised(option for option, asked in wanted if asked)


def _attributes(command: c.List, name: _Name, *, itself: bool) -> list[bytes]:
    attributes = []
    if name.place is None or (command.lsub and not itself):
        # RFC 5258 3: \NonExistent says \Noselect as well, to those who know it.
        attributes.append(b"\\NonExistent" if command.extended else b"\\Noselect")
    if not command.lsub:
        attributes.append(b"\\HasChildren" if name.children else b"\\HasNoChildren")
    folder = name.place.folder if name.place else None
    use = _SPECIAL_USES.get(folder.special_use or "") if folder else None
    if use and not command.lsub:
        attributes.append(use)
    if command.return_subscribed and (folder.subscribed if folder else name.kept):
        attributes.append(b"\\Subscribed")
    return attributes
