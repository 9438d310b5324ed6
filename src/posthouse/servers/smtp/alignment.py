"""In whose name a message that a member hands in speaks (RFC 6409 6.1, RFC 5322 3.6.2)."""

from collections.abc import Set

from posthouse.foundation.errors import Denied, Invalid
from posthouse.protocols import mime
from posthouse.protocols.smtp.address import Address

_NAMES = (b"from", b"sender")


def require_sender(address: Address, mine: Set[str]) -> None:
    """MAIL FROM. Raises Denied unless it is one of `mine`, in any spelling of it."""
    _require(str(address), mine)


def require_header(raw: bytes, mail_from: Address | None, mine: Set[str]) -> None:
    """From and Sender. Raises Denied for a name that is not the member's, Invalid for none.

    With the null return path only what a machine answers is sent: receipts and the like, of whose
    failure nobody may be told (RFC 5321 4.5.5, RFC 8098 3, RFC 3834 3.3).
    """
    end = raw.find(b"\r\n\r\n")
    scan = mime.scan(raw if end < 0 else raw[: end + 4])
    for name in _NAMES:
        if len(scan.headers(name)) > 1:
            raise Invalid(f"The message has more than one {name.decode().title()} field.")
    if not mime.addresses(scan, b"from"):
        raise Invalid("The message needs a From address.")
    for name in _NAMES:
        for author in mime.addresses(scan, name):
            _require(author.address, mine)
    if mail_from is None and not _is_automatic(scan):
        raise Denied("Only receipts and automatic replies are sent with an empty return path.")


def _require(address: str, mine: Set[str]) -> None:
    if mime.canonical(address) not in mine:
        raise Denied(f"You may not send as {address}.")


def _is_automatic(scan: mime.Scan) -> bool:
    kind = (scan.header(b"content-type") or b"").strip().lower()
    said = (scan.header(b"auto-submitted") or b"no").strip().lower()
    return kind.startswith(b"multipart/report") or not said.startswith(b"no")
