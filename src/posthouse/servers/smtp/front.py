"""Who brought a message to the server in front of us: its own Received fields say so."""

import re
from collections.abc import Iterable

from posthouse.foundation.sources import Network, address_of, is_among
from posthouse.protocols.mailauth.message import field_spans, header_end

# Postfix: `from HELO (reverse.name [192.0.2.1])`; Exim: `from name ([192.0.2.1] helo=HELO)`.
_FROM = re.compile(rb"from\s+(\S{1,255})\s+\([^()\[]{0,255}\[(?:IPv6:)?([0-9A-Fa-f.:]{2,45})\]")
# Further down others may have written what they liked.
_MOST_FIELDS = 5


def client_of(raw: bytes, own: Iterable[Network]) -> tuple[str, str] | None:
    """(IP address, HELO) of the first client from outside, read from the top.

    Fields of the machine itself and of its `own` servers are passed over: mail that a content
    filter gave back has them on top. None when it came from inside.
    """
    own = tuple(own)
    header = raw[: header_end(raw)]
    fields = [(start, end) for name, start, end in field_spans(header) if name == b"received"]
    for start, end in fields[:_MOST_FIELDS]:
        match = _FROM.search(header[start:end])
        address = address_of(match[2].decode()) if match else None
        if match is None or address is None:
            return None
        if not address.is_loopback and not is_among(str(address), own):
            return str(address), match[1].decode("ascii", "replace")
    return None
