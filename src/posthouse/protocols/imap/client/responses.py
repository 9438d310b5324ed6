"""What a server says, typed (RFC 3501 7). Names of mailboxes are the octets that came."""

from dataclasses import dataclass, field
from datetime import datetime

from posthouse.protocols.imap.client.cursor import Value
from posthouse.protocols.imap.flags import Flags

# Ascending, disjoint, inclusive.
Ranges = tuple[tuple[int, int], ...]
UNTAGGED = b"*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """OK, NO, BAD, BYE or PREAUTH, under a tag or `*`. `code` and `argument` are what stood in
    brackets, `text` is for people and never acted on (but for what quirks know of it).
    """

    tag: bytes
    state: str
    code: str = ""
    argument: bytes = b""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Continue:
    """`+`, with the challenge of AUTHENTICATE."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Capability:
    """In capitals."""

    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Enabled:
    """RFC 5161."""

    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Identity:
    """RFC 2971; names in lower case."""

    fields: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """LIST, LSUB, XLIST: attributes in lower case, "" for a name without levels."""

    name: bytes
    separator: str
    attributes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Namespaces:
    """RFC 2342: prefix and separator of each; others' and shared ones."""

    personal: tuple[tuple[bytes, str], ...]
    others: tuple[tuple[bytes, str], ...]
    shared: tuple[tuple[bytes, str], ...]


@dataclass(frozen=True, slots=True)
class StatusOf:
    """STATUS: only what is a number, names in capitals."""

    name: bytes
    values: dict[str, int]


@dataclass(frozen=True, slots=True)
class Found:
    """SEARCH in the server's order."""

    numbers: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSet:
    """ESEARCH (RFC 4731); None where the server does not tell."""

    lowest: int | None = None
    highest: int | None = None
    count: int | None = None
    all: Ranges = ()


@dataclass(frozen=True, slots=True)
class Exists:
    count: int


@dataclass(frozen=True, slots=True)
class Expunge:
    number: int


@dataclass(frozen=True, slots=True)
class Vanished:
    """RFC 7162 3.2.10. It is never told again."""

    uids: Ranges
    earlier: bool


@dataclass(slots=True)
class Fetched:
    """FETCH: None, 0 or empty for what was not told. `damaged`: what came after cannot be read.

    `sections` has what stood in the brackets of BODY and BINARY; "" is the whole message. `others`
    has all the rest, unread. Filled while it is read, and not changed later.
    """

    number: int
    uid: int = 0
    flags: Flags | None = None
    modseq: int = 0
    size: int = 0
    arrived: datetime | None = None
    sections: dict[bytes, bytes | None] = field(default_factory=dict)
    others: dict[bytes, Value] = field(default_factory=dict)
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class FlagsDefined:
    """FLAGS of a mailbox that was opened."""

    flags: Flags


@dataclass(frozen=True, slots=True)
class Other:
    """Something we have no use for."""

    name: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A response of a known kind that cannot be read: who waits for it has to know."""

    name: str


Response = (
    Condition
    | Continue
    | Capability
    | Enabled
    | Identity
    | Listed
    | Namespaces
    | StatusOf
    | Found
    | FoundSet
    | Exists
    | Expunge
    | Vanished
    | Fetched
    | FlagsDefined
    | Other
    | Unread
)
