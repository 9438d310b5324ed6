"""The words of linked accounts: what is told by a server elsewhere and what we know of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from posthouse.mail.mailboxes.model import SpecialUse

Kind = Literal["imap", "pop3", "graph", "gmail", "ews"]
Security = Literal["tls", "starttls", "plain"]
# locked: sign-in is refused, a person has to act; failing: it is tried again by itself.
State = Literal["active", "paused", "locked", "failing"]
# Why an account is not in step; `words.py` says each for a person.
ErrorKind = Literal[
    "wrong",
    "switched_off",
    "code",
    "consent",
    "unreachable",
    "untrusted",
    "forbidden",
    "refused",
    "unsupported",
    "broken",
    "throttled",
    "full",
    "ours",
]
# What became of a remote item. filtered: not wanted here, with the reason; gone: not there now.
ItemStatus = Literal["listed", "fetched", "stored", "filtered", "failed", "gone"]

# Ascending, disjoint, inclusive: `((1, 4), (7, 7))`. Ranges as a server tells them take no more
# room than its own words did; nobody unfolds them.
Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where to connect. `tls` from the start; `starttls` is demanded, never dropped.

    `path` is where a service of the web lies at its host (EWS); "" for all others, and for where it
    usually is.
    """

    host: str
    port: int
    security: Security = "tls"
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Both ways of an account, and the name that signs in there.

    `outgoing_login` is for the few who want another name for sending; "" is `login`.
    """

    incoming: Server
    outgoing: Server | None
    login: str
    outgoing_login: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What signs in: a password, or an authorization code in its place. Never printed."""

    password: str = field(repr=False)
    outgoing_password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAccount:
    """A mailbox elsewhere, mirrored into `mailbox_id`. Without its secret.

    `overrides` are a provider's faults that a person told us of: extension in capitals → False is
    never used even if offered.
    """

    id: UUID
    workspace_id: UUID
    mailbox_id: UUID
    linked_by: UUID
    kind: Kind
    address: str
    servers: Servers
    overrides: Mapping[str, bool] = field(default_factory=dict)
    state: State = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who did what to an account, and when; without a member it was the operator."""

    member_id: UUID | None
    act: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of remote items; `there` is what the server itself says it has."""

    there: int = 0
    waiting: int = 0
    stored: int = 0
    filtered: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderHealth:
    """One remote folder: `complete` when all of it has been listed once; `parked` while it is left
    alone since the server does not open it. `name` is for its member alone.
    """

    name: str
    special_use: str | None
    counts: Counts
    mirrored: bool
    complete: bool
    parked: bool
    compared_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How an account stands. `error_said` are the server's words, for its member alone."""

    id: UUID
    mailbox_id: UUID
    member_id: UUID
    kind: Kind
    address: str
    state: State
    error_kind: ErrorKind | None
    error_said: str
    failures: int
    failing_since: datetime | None
    behind: bool
    linked_at: datetime
    last_visit_at: datetime | None
    last_new_at: datetime | None
    history_done_at: datetime | None
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFolder:
    """A folder as the server lists it.

    `wire` is its name as the server spells it and `levels` as a person reads it, level by level.
    `attributes` are those of LIST in lower case (`\\noselect`). `special_use` comes from the
    attribute (RFC 6154), else from a well-known localised name. `is_view`: it shows mail of other
    folders (Gmail's Important, Starred). `by_key`: `wire` is no name but a key of the server's, and
    stays when the folder is renamed.
    """

    wire: bytes
    levels: tuple[str, ...]
    separator: str = "/"
    attributes: frozenset[str] = frozenset()
    special_use: SpecialUse | None = None
    selectable: bool = True
    is_view: bool = False
    by_key: bool = False

    @property
    def name(self) -> str:
        """For a person."""
        return "/".join(self.levels)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderState:
    """What we knew of a folder when we left it: enough for QRESYNC (RFC 7162 3.2.5).

    `highest_modseq` is 0 where the server keeps none. `known` are the UIDs of the ledger, coarsely:
    the server then does not tell expunges of what we never listed.
    """

    uid_validity: int
    uid_next: int = 0
    highest_modseq: int = 0
    exists: int = 0
    known: Ranges = ()


@dataclass(frozen=True, slots=True)
class ItemFlags:
    """`flags` are bits of `mailboxes.model.Flags`; None where the server told none (some omit
    FLAGS from FETCH): then nothing is known about them. `modseq` 0 without CONDSTORE.
    """

    uid: int
    flags: int | None
    keywords: tuple[str, ...] = ()
    modseq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemState:
    """A remote item as the server lists it. `size` is RFC822.SIZE, 0 where it is not told.

    `key` is by what the server itself knows the item where that is no UID of the folder (UIDL,
    X-GM-MSGID, a Graph id).
    """

    uid: int
    flags: int | None
    keywords: tuple[str, ...] = ()
    modseq: int = 0
    size: int = 0
    arrived: datetime | None = None
    key: bytes = b""
    thread_key: bytes = b""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A folder that was opened (SELECT, RFC 3501 6.3.1; QRESYNC, RFC 7162 3.2.5).

    `uid_validity` and `uid_next` are 0 where the server tells none, or nonsense. `highest_modseq`
    is 0 without CONDSTORE. With `resynced`, `vanished` and `changed` are all that happened since
    the known state; without, they are empty and mean nothing.
    """

    uid_validity: int
    uid_next: int
    exists: int
    highest_modseq: int = 0
    resynced: bool = False
    vanished: Ranges = ()
    changed: tuple[ItemFlags, ...] = ()
    writable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderStatus:
    """STATUS of one folder (RFC 3501 6.3.10); 0 where it is not told, as in `Opened`."""

    wire: bytes
    uid_validity: int
    uid_next: int
    exists: int
    highest_modseq: int = 0


@dataclass(frozen=True, slots=True)
class Body:
    """The very bytes of an item. Flags and time of arrival where a server tells them only now."""

    uid: int
    raw: bytes = field(repr=False)
    flags: int | None = None
    arrived: datetime | None = None


# -- what happens while we wait (RFC 2177), or was told in between


@dataclass(frozen=True, slots=True)
class Exists:
    """So many are in the open folder now."""

    count: int


@dataclass(frozen=True, slots=True)
class Vanished:
    """These UIDs are no longer there (RFC 7162 3.2.10). It is not told again: store it at once."""

    uids: Ranges


@dataclass(frozen=True, slots=True)
class Expunged:
    """Something is no longer there; without QRESYNC the server does not say its UID."""

    number: int


@dataclass(frozen=True, slots=True)
class Flagged:
    """Flags are different. Without CONDSTORE the server may not say whose: `item` is None."""

    item: ItemFlags | None


Change = Exists | Vanished | Expunged | Flagged
