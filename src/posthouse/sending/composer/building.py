"""A written message made into bytes: HTML cleaned, images of the text bound to it, files added."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from uuid import UUID

import nh3

from posthouse.foundation.errors import Invalid
from posthouse.protocols.mime import Address
from posthouse.protocols.mime.build import Attached, Outgoing, Unbuildable, build, make_message_id
from posthouse.sending.composer.uploads import UploadedFile
from posthouse.sending.composer.views import Person

_CID = re.compile(r"cid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
_TAGS = nh3.ALLOWED_TAGS | {"font", "section", "article", "figure", "figcaption"}
_STYLED = {"style", "class", "dir", "lang", "align", "title"}
_ATTRIBUTES = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "*": _STYLED,
    "a": {"href", "name", "target"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "face", "size"},
    "table": {"border", "cellpadding", "cellspacing", "width", "bgcolor"},
    "td": {"colspan", "rowspan", "width", "height", "valign", "bgcolor"},
    "th": {"colspan", "rowspan", "width", "height", "valign", "bgcolor"},
    "ol": {"start", "type"},
    "blockquote": {"cite", "type"},
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything a message is made of. Ids are without brackets."""

    sender: Person
    to: Sequence[Person]
    cc: Sequence[Person]
    bcc: Sequence[Person]
    subject: str
    html: str | None
    text: str | None
    files: Sequence[UploadedFile]
    date: datetime
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()


def build_letter(letter: Letter, hostname: str, identifier: UUID) -> bytes:
    """The message with a Received field on top and Bcc inside. Raises Invalid.

    CPU: about 60 ms for 20 MB of attachments; large ones belong in a thread.
    """
    domain = letter.sender.address.rpartition("@")[2]
    html = _bound(clean_html(letter.html), domain) if letter.html else None
    outgoing = Outgoing(
        sender=_address(letter.sender),
        subject=letter.subject,
        date=letter.date,
        message_id=make_message_id(os.urandom(20), domain),
        to=tuple(map(_address, letter.to)),
        cc=tuple(map(_address, letter.cc)),
        bcc=tuple(map(_address, letter.bcc)),
        text=letter.text,
        html=html,
        attachments=tuple(_attached(file, html, domain) for file in letter.files),
        in_reply_to=letter.in_reply_to,
        references=letter.references,
    )
    everybody = [letter.sender, *letter.to, *letter.cc, *letter.bcc]
    smtputf8 = any(not p.address.rpartition("@")[0].isascii() for p in everybody)
    try:
        built = build(outgoing, randomness=os.urandom(32), smtputf8=smtputf8, with_bcc=True)
    except Unbuildable as error:
        raise Invalid(str(error)) from error
    # RFC 5321 4.4: where the message entered the system of mail, and when.
    received = f"Received: by {hostname} with HTTP id {identifier.hex};\r\n\t"
    return f"{received}{format_datetime(letter.date)}\r\n".encode() + built


def clean_html(html: str) -> str:
    """What a mail program shows of it, and nothing that runs: a page's clipboard holds anything."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags={"script", "style", "title"},
        url_schemes=_SCHEMES,
        url_relative="deny",  # it would lead into our own pages, where the reader has no door
        link_rel=None,
    )


def _bound(html: str, domain: str) -> str:
    """Uploads shown as images get content ids that are unique in the world (RFC 2392 2)."""
    return _CID.sub(lambda match: f"cid:{match[1].lower()}@{domain}", html)


def _attached(file: UploadedFile, html: str | None, domain: str) -> Attached:
    content_id = f"{file.id}@{domain}"
    shown = html is not None and f"cid:{content_id}" in html
    return Attached(
        name=file.name,
        mime_type=file.mime_type or "application/octet-stream",
        data=file.data,
        content_id=content_id if shown else None,
    )


def _address(person: Person) -> Address:
    return Address(person.name, person.address)
