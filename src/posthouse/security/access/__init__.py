"""Who may read, write and send what: grants, and one predicate over mail made of them."""

from posthouse.security.access.actions import (
    follow_threads,
    grant,
    levels_of,
    list_grants,
    mailboxes_of,
    reach_of,
    require_mailbox,
    revoke,
)
from posthouse.security.access.model import Grant, Level, MailboxAccess, Reach, Right
from posthouse.security.access.predicate import READABLE_MACROS

__all__ = [
    "READABLE_MACROS",
    "Grant",
    "Level",
    "MailboxAccess",
    "Reach",
    "Right",
    "follow_threads",
    "grant",
    "levels_of",
    "list_grants",
    "mailboxes_of",
    "reach_of",
    "require_mailbox",
    "revoke",
]
