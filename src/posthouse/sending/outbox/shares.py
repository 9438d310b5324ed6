"""Whose turn a message takes: a person's, that of bulk mail, or that of what machines answer."""

from posthouse.protocols import mime
from posthouse.sending.outbox.model import Share

# More at once is a circular, however it was written.
_MOST_OF_A_PERSON = 100
_BULK_FIELDS = (b"list-unsubscribe", b"list-id")
_BULK_WORDS = (b"bulk", b"list", b"junk")


def share_of(scan: mime.Scan, mail_from: str, recipients: int) -> Share:
    """By the null return path (RFC 5321 4.5.5), Auto-Submitted (RFC 3834 5) and list fields."""
    if not mail_from:
        return Share.NOTICES
    submitted = scan.header(b"auto-submitted")
    if submitted is not None and not submitted.strip().lower().startswith(b"no"):
        return Share.NOTICES
    precedence = scan.header(b"precedence") or b""
    if precedence.strip().lower() in _BULK_WORDS or recipients > _MOST_OF_A_PERSON:
        return Share.BULK
    if any(scan.header(name) is not None for name in _BULK_FIELDS):
        return Share.BULK
    return Share.PEOPLE
