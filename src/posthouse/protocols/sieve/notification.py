"""Whether somebody is notified of a message by mail, and with what (RFC 5436 2.7)."""

from dataclasses import replace
from datetime import datetime

from posthouse.protocols import mime
from posthouse.protocols.mime import build, fold
from posthouse.protocols.sieve.letter import Letter
from posthouse.protocols.sieve.mailto import Mailto
from posthouse.protocols.sieve.model import Notify
from posthouse.protocols.sieve.vacation import first_word, thread_fields

_MAX_SUBJECT = 256
# RFC 5436 2.4: as the mail programs write it that show it at all.
_IMPORTANCE = {1: ("1 (Highest)", "high"), 2: ("3 (Normal)", "normal"), 3: ("5 (Lowest)", "low")}


def why_silent(letter: Letter) -> str | None:
    """Why nobody is notified of the message; None when somebody may be."""
    if any(first_word(text) != "no" for text in letter.texts("auto-submitted")):
        return "written by a machine"  # RFC 5436 2.7
    return None


def without(to: Mailto, known: set[str]) -> Mailto:
    """Those that are not notified already, by one of the same run (RFC 5436 2.7); now known too."""

    def unknown(people: tuple[mime.Address, ...]) -> tuple[mime.Address, ...]:
        found: list[mime.Address] = []
        for each in people:
            address = mime.canonical(each.address)
            if address not in known:
                known.add(address)
                found.append(each)
        return tuple(found)

    return replace(to, to=unknown(to.to), cc=unknown(to.cc))


def author_of(action: Notify, own: str) -> str:
    """RFC 5435 3.3: another author is one of the mailbox's domain, or is not heard."""
    said = mime.parse_addresses(action.from_address or "")
    if said and mime.ascii_domain(said[0].domain) == mime.ascii_domain(own.rpartition("@")[2]):
        return said[0].address
    return own


def notification(letter: Letter, action: Notify, own: str, now: datetime) -> bytes:
    """The message that notifies; `own` is the mailbox's address. Raises Unbuildable."""
    to, author = action.to, author_of(action, own)
    owner = fold.addr_spec(own, smtputf8=True).replace("\\", "\\\\").replace('"', '\\"')
    priority, importance = _IMPORTANCE[action.importance]
    fields = [
        # 2.7.1: on top of whatever is not ours.
        f'Auto-Submitted: auto-notified; owner-email="{owner}"\r\n'.encode(),
        fold.field("X-Sieve", "Posthouse"),
        fold.address_field("From", [mime.Address(_name_of(action, author), author)]),
        fold.address_field("To", to.to) if to.to else b"",
        fold.address_field("Cc", to.cc) if to.cc else b"",
        fold.field("Subject", _subject(letter, action)),
        fold.field("Date", build.format_date(now)),
        *thread_fields(letter),
        fold.field("X-Priority", priority),
        fold.field("Importance", importance),
        *(fold.field(name, value) for name, value in to.fields),
        b"MIME-Version: 1.0\r\n",
    ]
    return b"".join(fields) + build.text_part(_body(letter, to))


def _name_of(action: Notify, author: str) -> str:
    said = mime.parse_addresses(action.from_address or "")
    return said[0].name if said and said[0].address == author else ""


def _subject(letter: Letter, action: Notify) -> str:
    """`:message`, else what the URI says, else that of the message."""
    if action.message is not None:
        subject = action.message
    elif action.to.subject is not None:
        subject = action.to.subject
    else:
        subject = next(iter(letter.texts("subject")), "")
    subject = mime.decode_words(" ".join(subject.split()))
    return subject if len(subject) <= _MAX_SUBJECT else f"{subject[: _MAX_SUBJECT - 1].rstrip()}…"


def _body(letter: Letter, to: Mailto) -> str:
    """What the URI says; else whose message it is, for nothing of its text leaves unasked."""
    if to.body is not None:
        return to.body
    said = [
        f"{name}: {text}\n"
        for name in ("From", "Subject")
        for text in letter.texts(name.lower())[:1]
    ]
    return "".join(said)
