"""The words of the store: flags, roles of people, what is filed and what is read back."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, IntFlag
from typing import Any, Literal
from uuid import UUID

Direction = Literal["in", "out", "internal"]
Door = Literal[
    "smtp",
    "submission",
    "append",
    "import",
    "composer",
    "hosted",
    "dsn",
    "account",
    "rule",
    "forward",
    "report",
]
SpecialUse = Literal["inbox", "sent", "drafts", "trash", "junk", "archive"]

# Name → special use, in the order lists show them. The names are part of the outside contract.
STANDARD_FOLDERS: dict[str, SpecialUse] = {
    "INBOX": "inbox",
    "Sent": "sent",
    "Drafts": "drafts",
    "Archive": "archive",
    "Junk": "junk",
    "Trash": "trash",
}
SEPARATOR = "/"


class Flags(IntFlag):
    """System flags of a folder message (RFC 3501 2.3.2) as stored, and one of our own.

    MIRROR: a draft of the page, there for mail programs alone. The page shows the draft itself, so
    its lists, threads and search leave the mirror out; no client sees or sets the flag.
    """

    SEEN = 1
    ANSWERED = 2
    FLAGGED = 4
    DELETED = 8
    DRAFT = 16
    MIRROR = 32


class Role(IntEnum):
    """What a person is to a message."""

    FROM = 0
    SENDER = 1
    REPLY_TO = 2
    TO = 3
    CC = 4
    BCC = 5


# For rows by the thousand: to look it up costs a tenth of making it from its number.
ROLES: Mapping[int, Role] = {int(role): role for role in Role}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An address with folders."""

    id: UUID
    workspace_id: UUID
    kind: Literal["personal", "shared"]
    address: str
    name: str
    owner_member_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder with its counters; `octets` of all its messages as IMAP serves them.

    `unseen_count` is None where it was not asked for. `recent_count` is of messages that no IMAP
    session was told of, 0 where it was not asked for.
    """

    id: UUID
    mailbox_id: UUID
    name: str
    special_use: SpecialUse | None
    uid_validity: int
    uid_next: int
    highest_modseq: int
    message_count: int
    octets: int
    subscribed: bool
    unseen_count: int | None = None
    recent_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What EXPUNGE would take out of a folder."""

    count: int = 0
    octets: int = 0


@dataclass(slots=True, kw_only=True)
class Filing:
    """One message for one folder of one mailbox. Who knows the folder last fills it in.

    `source_key` makes an import repeatable: the same key in the same mailbox is filed once.
    `verdict` is what verification and filters said, kept encrypted. `prepared` saves the work of
    `prepare` when it was done before, in a worker. The zone of `received_at` is kept.
    """

    mailbox_id: UUID
    folder_id: UUID
    raw: bytes
    received_at: datetime
    direction: Direction
    door: Door
    flags: int = 0
    keywords: tuple[str, ...] = ()
    verdict: Mapping[str, Any] | None = None
    source_key: bytes | None = None
    submitted_by: UUID | None = None
    prepared: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """Where a filing went. `repeated` filings were there already (same source_key): no ids."""

    mailbox_id: UUID
    folder_id: UUID
    uid: int = 0
    mailbox_message_id: UUID | None = None
    message_id: UUID | None = None
    thread_id: UUID | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class OpenFolder:
    """A folder as a session sees it: equal-length columns in uid order.

    `flags` holds the member's own \\Seen. `keywords` maps a uid to its keyword names; most
    messages have none. Greater uids than `recent_after` are recent to this session; None: none is.
    """

    folder: Folder
    uids: "array[int]"
    flags: "array[int]"
    modseqs: "array[int]"
    keywords: dict[int, tuple[str, ...]]
    first_unseen: int | None
    recent_after: int | None = None


@dataclass(frozen=True, slots=True)
class FlagRow:
    """Flags of one message after a change. `recent`: the reader is the first to hear of it."""

    uid: int
    flags: int
    keywords: tuple[str, ...]
    modseq: int
    recent: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to a folder after a modseq. `changed` is in uid order and holds new ones.

    `remaining` is all that is there, where the log of expunges does not reach back to the modseq.
    """

    changed: list[FlagRow]
    expunged: list[int]
    highest_modseq: int
    uid_next: int
    remaining: frozenset[int] | None = None

    def __bool__(self) -> bool:
        return bool(self.changed or self.expunged) or self.remaining is not None


@dataclass(frozen=True, slots=True)
class StoreResult:
    """Of a STORE: rows now, and uids that had changed since `unchanged_since` (RFC 7162 3.1.3)."""

    stored: list[FlagRow]
    modified: list[int]
    highest_modseq: int


@dataclass(slots=True)
class Fetched:
    """One message as IMAP asks for it; only what was wanted is filled.

    `header` and `full` have CRLF line ends. `body_start` is the size of `header` in them.
    `internal_date` is in the zone that was told with it.
    `identity` is the same for the same bytes that came at the same moment, in every folder and
    mailbox of a workspace.
    """

    uid: int
    flags: int
    modseq: int
    keywords: tuple[str, ...] = ()
    internal_date: datetime | None = None
    size: int = 0
    envelope: bytes = b""
    body_structure: bytes = b""
    header: bytes = b""
    full: bytes = b""
    preview: str = ""
    identity: bytes = b""
    mailbox_message_id: UUID | None = None
    thread_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone named in a message."""

    role: Role
    address_id: UUID
    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A mailbox message as listeners need it: who, when, what it says in short.

    `bcc` is empty unless the reader may see this very mailbox message.
    """

    mailbox_message_id: UUID
    mailbox_id: UUID
    message_id: UUID
    variant_id: UUID
    thread_id: UUID
    direction: Direction
    door: Door
    received_at: datetime
    date: datetime
    submitted_by: UUID | None
    subject: str
    summary: str
    attachment_names: tuple[str, ...]
    people: tuple[Person, ...] = field(default=())
    automatic: bool = False
