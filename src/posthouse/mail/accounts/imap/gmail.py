"""Gmail over IMAP: folders are labels, and All Mail shows everything once more.

What has no label of a folder that is listed lies in All Mail alone: archived mail, and mail with
labels that a member hides from IMAP. So All Mail is our archive, with those messages in it alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from posthouse.mail.accounts.model import RemoteFolder
from posthouse.protocols.imap.client.cursor import Value

EXTENSION = "X-GM-EXT-1"
LABELS = "X-GM-LABELS"
_ALL = frozenset({"\\all", "\\allmail"})
# Labels that are no folders' names → how the folder says what it is.
_SYSTEM = {b"\\sent": "sent", b"\\draft": "drafts", b"\\drafts": "drafts"}


def as_archive(folders: Sequence[RemoteFolder]) -> list[RemoteFolder]:
    """All Mail is no view but where archived mail is."""
    return [
        replace(each, special_use="archive", is_view=False) if _is_all(each) else each
        for each in folders
    ]


def labels_of_others(wire: bytes, folders: Sequence[RemoteFolder]) -> frozenset[bytes] | None:
    """In lower case, the labels whose mail other folders show; None unless this is All Mail."""
    if not any(each.wire == wire and _is_all(each) for each in folders):
        return None
    shown = [each for each in folders if each.selectable and not each.is_view]
    uses = {each.special_use for each in shown}
    system = (label for label, use in _SYSTEM.items() if use in uses)
    return frozenset({b"\\inbox", *system, *(each.wire.lower() for each in shown)})


def is_shown_elsewhere(labels: Value, others: Collection[bytes]) -> bool:
    """Whether a message with these labels is in another folder; not when none were told."""
    names = labels if isinstance(labels, list) else []
    return any(isinstance(each, bytes) and each.lower() in others for each in names)


def _is_all(folder: RemoteFolder) -> bool:
    return not _ALL.isdisjoint(folder.attributes)
