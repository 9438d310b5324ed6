"""Mail that goes on, and when it must not."""

from dataclasses import dataclass
from uuid import UUID

from posthouse.protocols import mime
from posthouse.protocols.mailauth.message import field_spans, header_end


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """One message for addresses elsewhere, as it leaves.

    `forwarded_by` is the domain whose address it came to; `mail_from` the sender's own return path,
    "" for the null one.
    """

    id: UUID
    forwarded_by: str
    mail_from: str
    recipients: tuple[str, ...]
    content: bytes


def why_it_stays(raw: bytes, address: str, mail_from: str, *, report: bool) -> str | None:
    """Why mail for `address` does not go on; None when it does."""
    header = raw[: header_end(raw)]
    if report and mail_from:
        # A return path is no alias: whoever saw one must not reach its sender under our name.
        return "Only reports of delivery come back to this address."
    if any(mime.canonical(each) == address for each in _delivered_to(header)):
        return "The mail goes round in circles: it was sent on from here before."
    if not mime.addresses(mime.scan(header), b"from"):
        return "The mail has no author and cannot be sent on."
    return None


def _delivered_to(header: bytes) -> list[str]:
    return [
        header[start:end].partition(b":")[2].strip().decode("utf-8", "replace")
        for name, start, end in field_spans(header)
        if name == b"delivered-to"
    ]
