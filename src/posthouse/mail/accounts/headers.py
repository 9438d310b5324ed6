"""What tells messages apart when their names do not (POP3's UIDL, a UID numbered anew): the header,
without what servers change.
"""

from hashlib import blake2b

LONGEST_HEADER = 256 * 1024
# Servers over mbox files keep their notes here, and change them while mail is read.
_NOTES = frozenset(
    (
        *(b"status", b"x-status", b"x-uid", b"x-uidl", b"x-keywords", b"x-imap", b"x-imapbase"),
        *(b"x-mozilla-status", b"x-mozilla-status2", b"content-length", b"lines"),
    )
)


def header_digest(raw: bytes, size: int) -> bytes:
    """The same for the same message by TOP and by RETR, with CRLF or LF, today and tomorrow.

    `size` is what the server tells of the whole message: it counts where there is no Message-ID,
    since such headers (of reports of machines, say) may well be the same for different mail.
    """
    return digest_and_name(raw, size)[0]


def digest_and_name(raw: bytes, size: int) -> tuple[bytes, bool]:
    """With whether there is a Message-ID."""
    digest = blake2b(digest_size=16)
    named, kept = False, False
    for line in raw[:LONGEST_HEADER].split(b"\n"):
        line = line.rstrip()
        if not line:
            break
        if line[:1] not in b" \t":
            name = line.partition(b":")[0].rstrip().lower()
            kept = name not in _NOTES
            named = named or name == b"message-id"
        if kept:
            digest.update(line + b"\n")
    if not named:
        digest.update(b"%d" % size)
    return digest.digest(), named
