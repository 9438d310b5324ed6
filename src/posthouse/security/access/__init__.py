"""Who may read, write and send what: grants, and one predicate over mail made of them."""

from posthouse.security.access.actions import (
    follow_threads,
    grant,
    holders_of,
    levels_of,
    list_grants,
    mailboxes_of,
    may_share,
    reach_of,
    require_mailbox,
    revoke,
)
from posthouse.security.access.model import Grant, Holder, Level, MailboxAccess, Reach, Right
from posthouse.security.access.predicate import READABLE_MACROS

__all__ = [
    "READABLE_MACROS",
    "Grant",
    "Holder",
    "Level",
    "MailboxAccess",
    "Reach",
    "Right",
    "follow_threads",
    "grant",
    "holders_of",
    "levels_of",
    "list_grants",
    "mailboxes_of",
    "may_share",
    "reach_of",
    "require_mailbox",
    "revoke",
]
