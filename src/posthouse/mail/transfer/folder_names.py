"""Which folder of ours a folder from elsewhere is: by its special use, else by its name."""

from collections.abc import Collection, Mapping, Sequence

from posthouse.mail.mailboxes.model import SEPARATOR, STANDARD_FOLDERS
from posthouse.protocols.imap.client.special_uses import is_view, use_by_attribute, use_by_name

__all__ = ["is_view", "our_folder"]

_INBOX = "inbox"
_OURS: Mapping[str, str] = {use: name for name, use in STANDARD_FOLDERS.items() if use != _INBOX}
_CONTROLS = dict.fromkeys([*range(32), 127])


def our_folder(levels: Sequence[str], attributes: Collection[str]) -> str:
    """The name here of the folder with these levels; "" for INBOX.

    Folders that many servers put below INBOX (`INBOX.Customers`) stand beside it here.
    """
    if len(levels) > 1 and _named_use(levels[0]) == _INBOX:
        levels = levels[1:]
    use = use_by_attribute(attributes)
    if len(levels) == 1 and (use is None or _named_use(levels[0]) == _INBOX):
        use = _named_use(levels[0])
    if use is not None:
        return _OURS.get(use, "")
    return SEPARATOR.join(filter(None, map(_level, levels)))


def _named_use(name: str) -> str | None:
    known = use_by_name(name)
    return known[0] if known else None


def _level(name: str) -> str:
    """One level without what would make two of it, or cannot stand in a name."""
    return name.translate(_CONTROLS).replace(SEPARATOR, "-").strip()
