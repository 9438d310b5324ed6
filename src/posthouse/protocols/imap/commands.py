"""The commands of a client, parsed: a frozen class for each, grouped like RFC 3501 section 6."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from posthouse.protocols.imap.esearch import Result
from posthouse.protocols.imap.fetch import FetchItem
from posthouse.protocols.imap.flags import Flags
from posthouse.protocols.imap.metadata import Asked
from posthouse.protocols.imap.ordering import Algorithm, Criterion
from posthouse.protocols.imap.resync import Resync
from posthouse.protocols.imap.search import Key
from posthouse.protocols.imap.sequence import SequenceSet

# -- any state (6.1) -----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`verb` is the name for messages: FETCH, UID FETCH."""

    tag: bytes
    verb: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability(Command):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Noop(Command):
    """NOOP and CHECK, which asks for nothing more where every change is durable at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logout(Command):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Id(Command):
    """RFC 2971. `fields` is empty for NIL."""

    fields: dict[str, str] = field(default_factory=dict)


# -- not authenticated (6.2) ---------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTls(Command):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticate(Command):
    """`initial` is the base64 text of SASL-IR (RFC 4959), `=` for an empty one."""

    mechanism: str
    initial: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(Command):
    name: str
    password: str


# -- authenticated (6.3) -------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Enable(Command):
    capabilities: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compress(Command):
    """RFC 4978."""

    mechanism: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(Command):
    """SELECT, or EXAMINE when `read_only`."""

    mailbox: str
    read_only: bool = False
    condstore: bool = False
    resync: Resync | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(Command):
    """A separator at the end of the name is dropped (RFC 3501 6.3.3)."""

    mailbox: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(Command):
    mailbox: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename(Command):
    mailbox: str
    new_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe(Command):
    """SUBSCRIBE, or UNSUBSCRIBE when `wanted` is false."""

    mailbox: str
    wanted: bool = True


class StatusItem(Enum):
    MESSAGES = "MESSAGES"
    RECENT = "RECENT"
    UIDNEXT = "UIDNEXT"
    UIDVALIDITY = "UIDVALIDITY"
    UNSEEN = "UNSEEN"
    HIGHESTMODSEQ = "HIGHESTMODSEQ"
    SIZE = "SIZE"
    DELETED = "DELETED"
    DELETED_STORAGE = "DELETED-STORAGE"  # RFC 9208 4.1.4
    APPENDLIMIT = "APPENDLIMIT"
    MAILBOXID = "MAILBOXID"


@dataclass(frozen=True, slots=True, kw_only=True)
class List(Command):
    """LIST and LSUB with RFC 5258 selection and return options.

    `extended` is a LIST in the syntax of that RFC, whose answers say \\NonExistent.
    """

    reference: str
    patterns: tuple[str, ...]
    extended: bool = False
    only_subscribed: bool = False
    only_special_use: bool = False
    with_matching_children: bool = False  # RECURSIVEMATCH
    return_subscribed: bool = False
    return_status: tuple[StatusItem, ...] = ()
    return_metadata: Asked | None = None
    lsub: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace(Command):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class MyRights(Command):
    """RFC 4314 3.5."""

    mailbox: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GetAcl(Command):
    mailbox: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRights(Command):
    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAcl(Command):
    """SETACL and DELETEACL."""

    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GetQuota(Command):
    """RFC 9208 4.1.1."""

    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GetQuotaRoot(Command):
    """RFC 9208 4.1.2. The mailbox need not exist."""

    mailbox: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetQuota(Command):
    """RFC 9208 4.1.3."""

    root: str
    limits: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetMetadata(Command):
    """RFC 5464 4.2. Without a mailbox of the server as a whole."""

    mailbox: str | None
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMetadata(Command):
    """RFC 5464 4.3. None takes an entry away."""

    mailbox: str | None
    values: dict[str, bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Command):
    mailbox: str
    items: tuple[StatusItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Append(Command):
    mailbox: str
    message: bytes
    flags: Flags
    internal_date: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle(Command):
    pass


# -- selected (6.4) ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Command):
    """CLOSE, or UNSELECT (RFC 3691) when nothing is to be expunged."""

    expunge: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Expunge(Command):
    """`uids` is None for all; a set comes from UID EXPUNGE (RFC 4315)."""

    uids: SequenceSet | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search(Command):
    """`returns` is None where the plain SEARCH response is wanted (RFC 4731 3.1)."""

    by_uid: bool
    key: Key
    returns: frozenset[Result] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort(Command):
    """`returns` is None where the SORT response is wanted (RFC 5267 3)."""

    by_uid: bool
    criteria: tuple[Criterion, ...]
    key: Key
    returns: frozenset[Result] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread(Command):
    by_uid: bool
    algorithm: Algorithm
    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch(Command):
    by_uid: bool
    messages: SequenceSet
    items: tuple[FetchItem, ...]
    changed_since: int | None = None
    vanished: bool = False  # tell what left after changed_since (RFC 7162 3.2.6)


class StoreMode(Enum):
    REPLACE = "replace"
    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store(Command):
    by_uid: bool
    messages: SequenceSet
    mode: StoreMode
    flags: Flags
    silent: bool = False
    unchanged_since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy(Command):
    """COPY, or MOVE (RFC 6851)."""

    by_uid: bool
    messages: SequenceSet
    mailbox: str
    move: bool = False
