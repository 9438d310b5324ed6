"""The message made anew: a part or all of it replaced, or all of it enclosed (RFC 5703 5, 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from posthouse.protocols import mime
from posthouse.protocols.mime import build, fold
from posthouse.protocols.sieve.errors import ScriptFailed
from posthouse.protocols.sieve.letter import Field, Letter

# RFC 5703 5: what was there before is kept under these names, and stays there.
ORIGINAL = {"subject": b"Original-Subject", "from": b"Original-From"}
_ABOUT_CONTENT = "content-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """`content` is text, or with `is_entity` a MIME entity; `subject` and `author` are those of a
    message that is replaced as a whole.
    """

    content: str
    is_entity: bool = False
    subject: str | None = None
    author: tuple[mime.Address, ...] = ()


def replaced(letter: Letter, part: mime.Part, new: Replacement) -> bytes:
    """The message with another part in that one's place. Raises ScriptFailed when it cannot be read
    so, as where it has a line that ends what is around it.
    """
    header, body = _entity(new)
    if part.index == 0:
        return letter.in_its_lines(_whole_header(letter, new) + header + b"\r\n" + body)
    raw, scan = letter.raw, letter.scan
    entity = letter.in_its_lines(header + b"\r\n" + body)
    rest = raw[part.body_end :]
    # The line end before a boundary belongs to that.
    entity = entity.removesuffix(b"\n").removesuffix(b"\r") if rest else entity
    made = raw[: part.header_start] + entity + rest
    gone, come = len(letter.subtree(part)), len(mime.scan(entity).parts)
    if len(mime.scan(made).parts) != len(scan.parts) - gone + come:
        raise ScriptFailed("What replaces a part would break the message around it.")
    return letter.header_of_own() + made[letter.header_length() :]


def enclosed(
    letter: Letter, text: str, subject: str | None, copied: Sequence[str], own: str, now: datetime
) -> bytes:
    """A new message with the text and behind it the message as it is now, attached."""
    inside = letter.edited or letter.raw
    wanted = {name.lower() for name in copied}
    if subject is not None:
        wanted.discard("subject")
    kept = [each for each in letter.own_fields() if _is_copied(each, wanted)]
    there = {each.name for each in kept}
    title = next(iter(letter.texts("subject")), "") if subject is None else subject
    fields = [each.line for each in kept]
    if "from" not in there:
        fields.append(fold.address_field("From", [mime.Address("", own)], smtputf8=True))
    if "date" not in there:
        fields.append(fold.field("Date", build.format_date(now)))
    if "subject" not in there:
        fields.append(fold.field("Subject", title))
    if "message-id" not in there:
        name = build.make_message_id(inside + text.encode(errors="replace"), own.rpartition("@")[2])
        fields.append(fold.id_field("Message-ID", [name]))
    parts = [_text_part(text), _attached(inside)]
    boundary = _boundary(parts)
    content = build.multipart("mixed", boundary, parts)
    return letter.in_its_lines(b"".join(fields) + b"MIME-Version: 1.0\r\n" + content)


def _is_copied(field: Field, wanted: set[str]) -> bool:
    about_content = field.name.startswith(_ABOUT_CONTENT) or field.name == "mime-version"
    return field.name in wanted and not about_content


def _whole_header(letter: Letter, new: Replacement) -> bytes:
    """RFC 5703 5: all fields but those about the structure; what is set anew is kept as well."""
    lines: list[bytes] = []
    set_anew = {"subject": new.subject is not None, "from": bool(new.author)}
    for each in letter.own_fields():
        if each.name.startswith(_ABOUT_CONTENT) or each.name == "mime-version":
            continue
        if set_anew.get(each.name):
            line = ORIGINAL[each.name] + each.line[len(each.name) :]
            letter.lock(line)
            lines.append(line)
        else:
            lines.append(each.line)
    if new.author:
        lines.append(fold.address_field("From", new.author, smtputf8=True))
    if new.subject is not None:
        lines.append(fold.field("Subject", new.subject))
    return b"".join(lines) + b"MIME-Version: 1.0\r\n"


def _entity(new: Replacement) -> tuple[bytes, bytes]:
    """Header and body of the part. Of an entity's header only what is about content counts."""
    data = new.content.encode("utf-8", "surrogateescape")
    if not new.is_entity:
        header, _, body = _text_part(new.content).partition(b"\r\n\r\n")
        return header + b"\r\n", body
    scan = mime.scan(data)
    header = b"".join(
        data[start:end]
        for name, start, end in mime.field_spans(data, scan.root)
        if name.lower().startswith(_ABOUT_CONTENT.encode())
    )
    header += b"" if not header or header.endswith(b"\n") else b"\r\n"
    return header, data[scan.root.body_start :]


def _text_part(text: str) -> bytes:
    """RFC 5703 5: text/plain in UTF-8. A line that could be a boundary is hidden in base64."""
    part = build.text_part(text)
    body = part.partition(b"\r\n\r\n")[2]
    if not body.startswith(b"--") and b"\n--" not in body:
        return part
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + build.b64(text.encode("utf-8", "replace"))


def _attached(message: bytes) -> bytes:
    encoding = b"7bit" if message.isascii() and b"\0" not in message else b"8bit"
    head = b"Content-Type: message/rfc822\r\nContent-Disposition: inline\r\n"
    return head + b"Content-Transfer-Encoding: %b\r\n\r\n%b" % (encoding, message)


def _boundary(parts: Sequence[bytes]) -> str:
    """The same for the same message: a run that is begun again ends the same."""
    digest = sha256(b"".join(parts)).hexdigest()
    return f"=_{digest[:40]}"
