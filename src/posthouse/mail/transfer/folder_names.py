"""Which folder of ours a folder from elsewhere is: by its special use, else by its name."""

from collections.abc import Collection, Sequence

from posthouse.mail.mailboxes.model import SEPARATOR

# RFC 6154 2. INBOX is no special use: its name says it.
_BY_USE = {
    "\\sent": "Sent",
    "\\drafts": "Drafts",
    "\\trash": "Trash",
    "\\junk": "Junk",
    "\\archive": "Archive",
}
# RFC 6154 2: they show mail of other folders. Gmail has \Important (RFC 8457) as such a view.
_VIEWS = {"\\all", "\\flagged", "\\important"}
_INBOX = {"inbox", "收件箱", "收件匣"}
# How programs and providers call them that do not say what they are for.
_BY_NAME = {
    "sent": "Sent",
    "sent items": "Sent",
    "sent messages": "Sent",
    "sent mail": "Sent",
    "已发送": "Sent",
    "已发送邮件": "Sent",
    "寄件備份": "Sent",
    "drafts": "Drafts",
    "草稿箱": "Drafts",
    "草稿": "Drafts",
    "trash": "Trash",
    "deleted items": "Trash",
    "deleted messages": "Trash",
    "已删除": "Trash",
    "已删除邮件": "Trash",
    "刪除的郵件": "Trash",
    "junk": "Junk",
    "junk e-mail": "Junk",
    "junk email": "Junk",
    "spam": "Junk",
    "垃圾邮件": "Junk",
    "垃圾电子邮件": "Junk",
    "垃圾郵件": "Junk",
    "垃圾箱": "Junk",
    "archive": "Archive",
    "archives": "Archive",
    "归档": "Archive",
    "存档": "Archive",
}
_CONTROLS = dict.fromkeys([*range(32), 127])


def is_view(attributes: Collection[str]) -> bool:
    """Whether it shows mail of other folders; `attributes` are those of LIST, in lower case."""
    return not _VIEWS.isdisjoint(attributes)


def our_folder(levels: Sequence[str], attributes: Collection[str]) -> str:
    """The name here of the folder with these levels; "" for INBOX.

    Folders that many servers put below INBOX (`INBOX.Customers`) stand beside it here.
    """
    if len(levels) > 1 and levels[0].casefold() in _INBOX:
        levels = levels[1:]
    if len(levels) == 1 and levels[0].casefold() in _INBOX:
        return ""
    for use, name in _BY_USE.items():
        if use in attributes:
            return name
    if len(levels) == 1 and (known := _BY_NAME.get(levels[0].casefold())) is not None:
        return known
    return SEPARATOR.join(filter(None, map(_level, levels)))


def _level(name: str) -> str:
    """One level without what would make two of it, or cannot stand in a name."""
    return name.translate(_CONTROLS).replace(SEPARATOR, "-").strip()
