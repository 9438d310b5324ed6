"""Whether a message is answered automatically (RFC 5230 4.5, 4.6, RFC 3834 2), and with what."""

import re
from collections.abc import Container, Iterable
from datetime import datetime

from posthouse.protocols import mime
from posthouse.protocols.mime import build, fold
from posthouse.protocols.sieve.commands.addresses import address_part
from posthouse.protocols.sieve.letter import Letter
from posthouse.protocols.sieve.model import Vacation

# Programs and lists (RFC 5230 4.6; RFC 3834 2 names the first three).
_NOBODY = re.compile(
    r"(mailer-daemon|listserv|majordomo|owner-.*|.*-(request|owner|bounces?)"
    r"|(bounces?|no-?reply|do-?not-?reply)([+=-].*)?)",
    re.IGNORECASE,
)
_LIST_FIELDS = (
    "list-id",
    "list-help",
    "list-subscribe",
    "list-unsubscribe",
    "list-post",
    "list-owner",
    "list-archive",
)
_NAMED_IN = ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc")
_MASS = frozenset(("bulk", "junk", "list"))
_SUPPRESS = frozenset(("all", "oof", "autoreply"))
_NO_SUBJECT = "Automated reply"
_MAX_SUBJECT = 256
_MAX_NAME = 64


def why_silent(letter: Letter, mail_from: str, own: Iterable[str]) -> str | None:
    """Why the message gets no answer; None when it gets one.

    `own` are the addresses of the mailbox and those after `:addresses`.
    """
    if not mail_from:
        return "a null return path"
    if _NOBODY.fullmatch(mail_from.rpartition("@")[0]):
        return "nobody reads what that address gets"
    if any(letter.fields(name) for name in _LIST_FIELDS):
        return "a mailing list"
    if any(first_word(text) != "no" for text in letter.texts("auto-submitted")):
        return "written by a machine"
    if any(first_word(text) in _MASS for text in letter.texts("precedence")):
        return "mass mail"
    for text in letter.texts("x-auto-response-suppress"):
        if _SUPPRESS & {word.strip().lower() for word in text.split(",")}:
            return "the sender wants no automatic answers"
    mine = {mime.canonical(address) for address in own}
    if _is_mine(mail_from, mine):
        return "from this mailbox itself"
    named = (
        each
        for name in _NAMED_IN
        for field in letter.fields(name)
        for each in letter.addresses(field)
    )
    if not any(_is_mine(each.address, mine) for each in named):
        return "no address of this mailbox is named in it"
    return None


def _is_mine(address: str, mine: Container[str]) -> bool:
    """RFC 5230 4.5: one that is known to be the mailbox's, with a detail behind a plus or not."""
    known = mime.canonical(address)
    user, domain = address_part(known, "user"), address_part(known, "domain")
    return known in mine or f"{user}@{domain}" in mine


def answer(letter: Letter, action: Vacation, mail_from: str, sender: str, now: datetime) -> bytes:
    """The message that answers; it goes to `mail_from` alone. `sender` is the mailbox's address.

    Raises Unbuildable when an address cannot stand in a header.
    """
    author = mime.parse_addresses(action.from_address or _written_to(letter, action, sender))[:1]
    fields = [
        fold.address_field("From", author),
        _to_field(_addressee(letter, mail_from)),
        fold.field("Subject", subject_of(letter, action)),
        fold.field("Date", build.format_date(now)),
        *thread_fields(letter),
        b"Auto-Submitted: auto-replied (vacation)\r\n",  # RFC 5230 5.6, RFC 3834 5
        b"Precedence: bulk\r\n",
        b"MIME-Version: 1.0\r\n",
    ]
    return b"".join(fields) + _content(action)


def _written_to(letter: Letter, action: Vacation, own: str) -> str:
    """RFC 5230 5.1 with erratum 2035: of several addresses of the owner, the one that the message
    was written to.
    """
    named = {
        mime.canonical(each.address)
        for name in _NAMED_IN
        for field in letter.fields(name)
        for each in letter.addresses(field)
    }
    mine = [own, *(each.address for text in action.addresses for each in _people(text))]
    return next((each for each in mine if mime.canonical(each) in named), own)


def _people(text: str) -> list[mime.Address]:
    return [each for each in mime.parse_addresses(text) if each.domain]


def subject_of(letter: Letter, action: Vacation) -> str:
    """RFC 5230 5.2."""
    if action.subject is not None:
        return _shortened(mime.decode_words(action.subject))
    original = next(iter(letter.texts("subject")), "")
    return _shortened(f"Auto: {original}") if original else _NO_SUBJECT


def _shortened(subject: str) -> str:
    return subject if len(subject) <= _MAX_SUBJECT else f"{subject[: _MAX_SUBJECT - 1].rstrip()}…"


def _addressee(letter: Letter, mail_from: str) -> mime.Address:
    """Who sent it, with the name the message gives him (RFC 5230 5.4)."""
    wanted = mime.canonical(mail_from)
    for name in ("from", "sender", "reply-to", "resent-from", "resent-sender"):
        for field in letter.fields(name):
            for each in letter.addresses(field):
                if mime.canonical(each.address) == wanted:
                    return mime.Address(each.name, mail_from)
    return mime.Address("", mail_from)


def _to_field(person: mime.Address) -> bytes:
    """With angle brackets, and quotes around a name of ASCII whether it needs them or not: what a
    stranger calls himself is not taken for anything else.
    """
    spec = fold.addr_spec(person.address)
    name = fold.clean(person.name)
    if not name.isascii() or "=?" in name or len(name) > _MAX_NAME:
        return fold.address_field("To", [person])
    quoted = re.sub(r'(["\\])', r"\\\1", name)
    return fold.write("To", [*(f'"{quoted}"'.split(" ") if name else ()), f"<{spec}>"])


def thread_fields(letter: Letter) -> list[bytes]:
    """In-Reply-To and References (RFC 5230 5.7, RFC 5322 3.6.4)."""
    parent = mime.message_id(letter.scan)
    if parent is None:
        return []
    before = mime.references(letter.scan)
    if not before and len(replied := mime.in_reply_to(letter.scan)) == 1:
        before = replied
    try:
        return [
            fold.id_field("In-Reply-To", [parent]),
            fold.id_field("References", fold.trim_references(before, parent)),
        ]
    except fold.Unbuildable:
        return []


def _content(action: Vacation) -> bytes:
    text = action.reason.replace("\r\n", "\n")
    if not action.mime:
        return build.text_part(text)
    # RFC 5230 4.3: the reason brings its own MIME fields; no other field gets in with them.
    entity = text.replace("\n", "\r\n").encode("utf-8", "surrogateescape")
    scan = mime.scan(entity)
    header = [
        scan.raw[start:end]
        for name, start, end in mime.field_spans(scan.raw, scan.root)
        if name.lower().startswith(b"content-")
    ]
    return b"".join(header) + b"\r\n" + scan.raw[scan.root.body_start :]


def first_word(text: str) -> str:
    return re.split(r"[\s;(]", text.strip().lower(), maxsplit=1)[0]
