"""APOP: a digest in place of the password (RFC 1939 7), for connections without TLS."""

import hashlib
import re

# RFC 822's msg-id, in ASCII alone. What is no msg-id may be a man in the middle who chooses
# timestamps whose digests collide, and learns the password of it letter by letter.
_TIMESTAMP = re.compile(r"<[!-;=?A-~]{1,200}@[!-;=?A-~]{1,200}>")


def timestamp_of(greeting: str) -> str | None:
    """What the greeting ends with or has in it; None where the server does not offer APOP."""
    match = _TIMESTAMP.search(greeting)
    return match[0] if match else None


def digest(timestamp: str, password: str) -> str:
    """MD5 is what the RFC has; it is all that such servers understand."""
    return hashlib.md5((timestamp + password).encode(), usedforsecurity=False).hexdigest()
