"""Object identifiers (RFC 8474): a letter for the kind, then what the store knows it by."""

from uuid import UUID

from posthouse.mail.mailboxes.model import Fetched
from posthouse.mail.mailboxes.object_ids import folder_object_id


def mailbox_id(folder_id: UUID) -> str:
    """Of a folder; it keeps it when it is renamed."""
    return folder_object_id(folder_id)


def email_id(row: Fetched) -> str:
    """Of a message; its copies have the same, in other mailboxes too."""
    return f"M{row.identity.hex()}"


def thread_id(row: Fetched) -> str:
    """Of a thread of the page. When a late message joins two threads, one of the ids remains."""
    assert row.thread_id is not None
    return f"T{row.thread_id.hex}"
