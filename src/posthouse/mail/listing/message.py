"""One message for a reader: its bytes turned into what the page shows. No database, no event loop:
a large mail takes tens of milliseconds and belongs in a thread."""

import base64
import mimetypes
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from posthouse.foundation.errors import NotFound
from posthouse.mail.listing.cleaning import clean_html
from posthouse.mail.listing.views import AttachmentView
from posthouse.protocols import mime

_LONGEST_TEXT = 2 << 20
_API = "/api/v1/messages"
# What a browser may show by itself; everything else is only ever saved.
_PICTURES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"))

# The signed address under which we fetch a remote image.
SignRemote = Callable[[str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a message says, and the people it names."""

    html: str | None
    text: str | None
    remote_images: int
    attachments: list[AttachmentView]
    people: Mapping[str, list[mime.Address]]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attachment's bytes. `shown` files may stand in a page, the others are only saved."""

    name: str
    type: str
    content: bytes
    shown: bool


def read_body(raw: bytes, message_id: UUID, *, sign_remote: SignRemote | None) -> Body:
    """A message taken apart. With `sign_remote`, remote images get addresses of our proxy."""
    scan = mime.scan(raw)
    files = mime.attachments(scan)
    inline = {file.content_id for file in files if file.content_id}
    markup = mime.html_text(scan)
    cleaned = None
    if markup.strip():
        cleaned = clean_html(
            markup,
            inline=lambda cid: inline_address(message_id, cid) if cid in inline else None,
            remote=lambda url: _remote_address(message_id, url, sign_remote),
        )
    text = mime.plain_text(scan)[:_LONGEST_TEXT]
    if cleaned is None and not text:
        text = mime.readable_text(scan)[:_LONGEST_TEXT]
    shown = cleaned.content_ids if cleaned else frozenset()
    return Body(
        html=cleaned.html if cleaned else None,
        text=text if text or cleaned is None else None,
        remote_images=cleaned.remote_images if cleaned and sign_remote is None else 0,
        attachments=[
            _attachment(message_id, number, file)
            for number, file in enumerate(files)
            if file.content_id not in shown
        ],
        people=people_of(scan),
    )


def people_of(scan: mime.Scan) -> dict[str, list[mime.Address]]:
    """Everybody a header names, by field."""
    fields = ("from", "sender", "to", "cc", "bcc", "reply-to")
    return {name: list(_real(mime.addresses(scan, name.encode()))) for name in fields}


def read_attachment(raw: bytes, number: int) -> File:
    """The file at this place among a message's attachments. Raises NotFound."""
    scan = mime.scan(raw)
    files = mime.attachments(scan)
    if not 0 <= number < len(files):
        raise NotFound("There is no such attachment.")
    return _file(scan, files[number])


def read_inline(raw: bytes, content_id: str) -> File:
    """The picture with this Content-ID. Raises NotFound."""
    scan = mime.scan(raw)
    for file in mime.attachments(scan):
        if file.content_id == content_id:
            return _file(scan, file)
    raise NotFound("There is no such image.")


def inline_address(message_id: UUID, content_id: str) -> str:
    """Where the API serves an inline image."""
    return f"{_API}/{message_id}/inline/{quote(content_id, safe='@.')}"


def _remote_address(message_id: UUID, url: str, sign: SignRemote | None) -> str | None:
    if sign is None or len(url) > 4000:
        return None
    url = f"https:{url}" if url.startswith("//") else url
    token = base64.urlsafe_b64encode(sign(url)).decode().rstrip("=")
    return f"{_API}/{message_id}/remote?url={quote(url, safe='')}&token={token}"


def _attachment(message_id: UUID, number: int, file: mime.Attachment) -> AttachmentView:
    return AttachmentView(
        id=str(number),
        name=file.name,
        type=_type_of(file),
        size=file.size,
        url=f"{_API}/{message_id}/attachments/{number}",
    )


def _file(scan: mime.Scan, file: mime.Attachment) -> File:
    kind = _type_of(file)
    content = mime.attachment_bytes(scan, file)
    return File(name=file.name, type=kind, content=content, shown=kind in _PICTURES)


def _type_of(file: mime.Attachment) -> str:
    # Many programs send everything as octet-stream; the name knows better.
    if file.mime_type in ("application/octet-stream", "image/jpg"):
        return mimetypes.guess_type(file.name)[0] or file.mime_type
    return file.mime_type


def _real(people: Iterable[mime.Address]) -> Iterable[mime.Address]:
    return (person for person in people if person.address)
