"""A message of Outlook as mail: its header as it came by SMTP, or made of what is known."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from posthouse.protocols.mime.addresses import Address
from posthouse.protocols.mime.build import Attached, Outgoing, Unbuildable, build, make_message_id
from posthouse.protocols.mime.charsets import decode
from posthouse.protocols.outlook import rtf
from posthouse.protocols.outlook.errors import NotAMail
from posthouse.protocols.outlook.properties import Item, body_charset, by_kind, read_file
from posthouse.protocols.outlook.rtf_packed import unpack
from posthouse.protocols.smtp.address import BadAddress, parse_address

# Ids of MS-OXPROPS.
_CLASS, _SUBJECT, _BODY, _HTML, _RTF = 0x001A, 0x0037, 0x1000, 0x1013, 0x1009
_TRANSPORT_HEADER, _MESSAGE_ID, _IN_REPLY_TO, _REFERENCES = 0x007D, 0x1035, 0x1042, 0x1039
_SUBMITTED, _DELIVERED, _CREATED = 0x0039, 0x0E06, 0x3007
_MESSAGE_FLAGS, _FLAG_STATUS, _LAST_VERB = 0x0E07, 0x1090, 0x1081
_SENDER_NAMES, _SENDER_ADDRESSES = (0x0042, 0x0C1A), (0x5D02, 0x5D01, 0x0065, 0x0C1F)
_NAME, _ADDRESSES = 0x3001, (0x39FE, 0x3003)
_LONG_NAME, _SHORT_NAME, _TYPE, _CONTENT_ID, _DATA = 0x3707, 0x3704, 0x370E, 0x3712, 0x3701
_IS_READ, _IS_UNSENT, _FLAGGED = 1, 8, 2
_REPLIED = {102, 103}  # MS-OXOMSG 2.2.1.2
_NO_MAIL = re.compile(r"ipm\.(contact|distlist|task|activity|stickynote|appointment)\b", re.I)
_OWN_FIELD = re.compile(rb"(?:content-[a-z-]+|mime-version)[ \t]*:", re.IGNORECASE)
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_NOBODY = "unknown@invalid"


@dataclass(frozen=True, slots=True)
class Marks:
    """What its reader did to it."""

    seen: bool
    answered: bool
    flagged: bool
    draft: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """The message as RFC 5322 has it, and its marks."""

    raw: bytes
    marks: Marks


def read_letter(data: bytes) -> Letter:
    """The message in a `.msg` file; the same file gives the same bytes. Raises NotAMail."""
    return make_letter(read_file(data), sha256(data).digest())


def make_letter(item: Item, randomness: bytes) -> Letter:
    """The message with these properties, the same for the same `randomness`. Raises NotAMail."""
    kind = item.text(_CLASS)
    if _NO_MAIL.match(kind):
        raise NotAMail(f"is no mail but {kind}")
    flags = item.number(_MESSAGE_FLAGS)
    marks = Marks(
        seen=bool(flags & _IS_READ),
        answered=item.number(_LAST_VERB) in _REPLIED,
        flagged=item.number(_FLAG_STATUS) == _FLAGGED,
        draft=bool(flags & _IS_UNSENT),
    )
    return Letter(raw=_raw(item, randomness), marks=marks)


def _raw(item: Item, randomness: bytes) -> bytes:
    try:
        built = build(
            _outgoing(item, randomness), randomness=randomness, smtputf8=True, with_bcc=True
        )
    except Unbuildable:
        raise NotAMail("has a header that no mail can have") from None
    header, _, body = built.partition(b"\r\n\r\n")
    signed = _signed(item)
    if signed is not None:
        kept = [line for line in _fields(header) if not _OWN_FIELD.match(line)]
        return b"".join(_transported(item) or kept) + b"MIME-Version: 1.0\r\n" + signed
    came = _transported(item)
    if not came:
        return built
    own = [line for line in _fields(header) if _OWN_FIELD.match(line)]
    return b"".join([*came, *own]) + b"\r\n" + body


# -- the header


def _transported(item: Item) -> list[bytes]:
    """The fields of the message that came over the Internet, without those about its body."""
    header = item.text(_TRANSPORT_HEADER).encode("utf-8", "replace")
    return [line for line in _fields(header) if not _OWN_FIELD.match(line)]


def _fields(header: bytes) -> list[bytes]:
    """Each with its continuation lines and CRLF; what is no field is left out."""
    fields: list[bytes] = []
    for line in header.replace(b"\r\n", b"\n").split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            if fields and line.strip():
                fields[-1] += line + b"\r\n"
        elif _FIELD.match(line):
            fields.append(line + b"\r\n")
    return fields


def _outgoing(item: Item, randomness: bytes) -> Outgoing:
    people = by_kind(item)
    to, cc, bcc = (
        tuple(filter(None, (_person(each.text(_NAME), each, _ADDRESSES) for each in people[kind])))
        for kind in (1, 2, 3)
    )
    sender = _person(item.text(*_SENDER_NAMES), item, _SENDER_ADDRESSES)
    html, text, files = _bodies(item)
    ids = re.findall(r"<([^<>\s]+)>", item.text(_MESSAGE_ID))
    return Outgoing(
        sender=sender or Address(name=item.text(*_SENDER_NAMES), address=_NOBODY),
        subject=item.text(_SUBJECT),
        date=item.time(_SUBMITTED, _DELIVERED, _CREATED) or datetime(1970, 1, 1, tzinfo=UTC),
        message_id=ids[0] if ids else make_message_id(randomness, "invalid"),
        to=to,
        cc=cc,
        bcc=bcc,
        text=text,
        html=html,
        attachments=(*files, *_attached(item, randomness)),
        in_reply_to=next(iter(re.findall(r"<([^<>\s]+)>", item.text(_IN_REPLY_TO))), None),
        references=tuple(re.findall(r"<([^<>\s]+)>", item.text(_REFERENCES))),
    )


def _person(name: str, item: Item, ids: tuple[int, ...]) -> Address | None:
    """Inside an Exchange people have no address of the Internet: the name stays."""
    for one in ids:
        address = item.text(one).strip()
        try:
            parse_address(address)
        except BadAddress:
            continue
        return Address(name="" if name == address else name, address=address)
    return Address(name=name, address=_NOBODY) if name else None


# -- the body


def _bodies(item: Item) -> tuple[str | None, str | None, list[Attached]]:
    """HTML, text, and RTF that is neither, as a file."""
    html, text = _html(item), item.text(_BODY)
    packed = item.octets(_RTF)
    if html or not packed:
        return html or None, text or (None if html else ""), []
    source = unpack(packed)
    kind, said = rtf.read_rtf(source)
    if kind is rtf.RtfKind.HTML:
        return said, text or None, []
    if text or kind is rtf.RtfKind.TEXT:
        return None, text or said, []
    return None, said, [Attached(name="message.rtf", mime_type="application/rtf", data=source)]


def _html(item: Item) -> str:
    octets = item.octets(_HTML)
    return decode(octets, body_charset(item) or None).rstrip("\0") if octets else item.text(_HTML)


def _signed(item: Item) -> bytes | None:
    """S/MIME in the clear: one file holds the whole body, with its own fields (MS-OXOSMIME)."""
    if item.text(_CLASS).lower() != "ipm.note.smime.multipartsigned" or len(item.attachments) != 1:
        return None
    data = item.attachments[0].octets(_DATA)
    return data if data[:8].lower() == b"content-" else None


def _attached(item: Item, randomness: bytes) -> list[Attached]:
    found: list[Attached] = []
    for number, each in enumerate(item.attachments):
        name = each.text(_LONG_NAME, _SHORT_NAME, _NAME)
        if each.embedded is not None:
            raw = _raw(each.embedded, sha256(randomness + bytes([number % 256])).digest())
            title = f"{name or each.embedded.text(_SUBJECT) or 'message'}.eml"
            found.append(Attached(name=title, mime_type="message/rfc822", data=raw))
        elif _DATA in each.values:
            found.append(
                Attached(
                    name=name or "attachment",
                    mime_type=each.text(_TYPE) or "application/octet-stream",
                    data=each.octets(_DATA),
                    content_id=each.text(_CONTENT_ID).strip("<> ") or None,
                )
            )
    return found
