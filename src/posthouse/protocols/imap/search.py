"""The tree of SEARCH keys (RFC 3501 6.4.4 and the extensions that add to it)."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from posthouse.protocols.imap.flags import SystemFlag
from posthouse.protocols.imap.sequence import SequenceSet


class Days(Enum):
    """How a date is compared with the day given."""

    BEFORE = "before"
    ON = "on"
    SINCE = "since"


@dataclass(frozen=True, slots=True)
class Every:
    """ALL"""


@dataclass(frozen=True, slots=True)
class IsRecent:
    """\\Recent to this session."""


@dataclass(frozen=True, slots=True)
class And:
    keys: tuple["Key", ...]


@dataclass(frozen=True, slots=True)
class Or:
    first: "Key"
    second: "Key"


@dataclass(frozen=True, slots=True)
class Not:
    key: "Key"


@dataclass(frozen=True, slots=True)
class HasFlag:
    flag: SystemFlag


@dataclass(frozen=True, slots=True)
class HasKeyword:
    keyword: str


@dataclass(frozen=True, slots=True)
class InNumbers:
    """Message sequence numbers, or `$`: what the last SAVE kept (RFC 5182)."""

    numbers: SequenceSet


@dataclass(frozen=True, slots=True)
class InUids:
    uids: SequenceSet


@dataclass(frozen=True, slots=True)
class Received:
    """INTERNALDATE, by day and regardless of time zone."""

    days: Days
    day: date


@dataclass(frozen=True, slots=True)
class Sent:
    """The Date header, by day and regardless of time zone."""

    days: Days
    day: date


@dataclass(frozen=True, slots=True)
class Within:
    """YOUNGER or, when not `younger`, OLDER: INTERNALDATE so many seconds back (RFC 5032)."""

    seconds: int
    younger: bool


@dataclass(frozen=True, slots=True)
class Larger:
    octets: int


@dataclass(frozen=True, slots=True)
class Smaller:
    octets: int


@dataclass(frozen=True, slots=True)
class InHeader:
    """`text` within the field `name` (lower case); an empty one asks whether it is there."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class InBody:
    text: str


@dataclass(frozen=True, slots=True)
class InText:
    """Header or body."""

    text: str


@dataclass(frozen=True, slots=True)
class IsEmail:
    """EMAILID (RFC 8474 6)"""

    email_id: str


@dataclass(frozen=True, slots=True)
class InThread:
    """THREADID (RFC 8474 6)"""

    thread_id: str


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """MODSEQ: a mod-sequence of at least this."""

    modseq: int


Key = (
    Every
    | IsRecent
    | And
    | Or
    | Not
    | HasFlag
    | HasKeyword
    | InNumbers
    | InUids
    | Received
    | Sent
    | Within
    | Larger
    | Smaller
    | InHeader
    | InBody
    | InText
    | IsEmail
    | InThread
    | ChangedSince
)


def mentions_modseq(key: Key) -> bool:
    """Whether the answer must carry the highest mod-sequence (RFC 7162 3.1.5)."""
    match key:
        case ChangedSince():
            return True
        case And(keys):
            return any(map(mentions_modseq, keys))
        case Or(first, second):
            return mentions_modseq(first) or mentions_modseq(second)
        case Not(inner):
            return mentions_modseq(inner)
        case _:
            return False
