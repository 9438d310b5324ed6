"""The words of accounts whose servers know their mail by keys: what a feed of changes tells."""

from dataclasses import dataclass, field
from datetime import datetime

from posthouse.mail.accounts.errors import Broken
from posthouse.mail.mailboxes.model import Flags

# All that a mail program can set; what a service knows of them is in its traits.
ALL_FLAGS = Flags.SEEN | Flags.ANSWERED | Flags.FLAGGED | Flags.DELETED | Flags.DRAFT
# The feed of a service that has one for the whole account.
WHOLE_ACCOUNT = b""


class FeedExpired(Broken):
    """The server does not know our place in a feed any more: everything is compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a service can do, the same for all its accounts.

    `flags` are those it keeps: others are told by nobody, stored nowhere but here, and stay.
    `keywords`: it keeps words beside them (categories). `feed_per_folder`: each folder has a feed
    of its own, whose name is the folder's key; else there is one, `WHOLE_ACCOUNT`. `keeps_sent`:
    what it sends lies in its Sent folder by itself. `poll_seconds` is how often the feeds are read
    when nothing tells of news; `trusted_seconds` when something does.
    """

    flags: Flags
    keywords: bool
    feed_per_folder: bool
    keeps_sent: bool
    poll_seconds: float = 60.0
    trusted_seconds: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """It lies in that folder, and so it stands now. Told again it changes nothing.

    `key` is what the server knows it by, `folder` the key of its folder. None: flags or keywords
    were not told, nothing is known of them. `size` is 0 and `arrived` None where they are not told.
    `mark` is different whenever the content is (a draft that is edited keeps its key); b"" where
    content never changes. A mark that changes without the content costs a fetch, nothing else.
    """

    key: bytes
    folder: bytes
    flags: Flags | None
    keywords: tuple[str, ...] | None = ()
    size: int = 0
    arrived: datetime | None = None
    mark: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """It does not lie in that folder (any more); None: in none at all.

    Changes of a page count in their order: `Gone(folder=None)` and then two `Item` say that it lies
    in these two and nowhere else.
    """

    key: bytes
    folder: bytes | None


Change = Item | Gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some changes, in their order, and where the feed goes on after them.

    `token` is opaque to us and kept encrypted, once all changes are written; it is good over
    connections and processes. `more`: the next page is there already.
    """

    changes: tuple[Change, ...]
    token: bytes = field(repr=False)
    more: bool


@dataclass(frozen=True, slots=True)
class Content:
    """The MIME content of an item, as the server gives it. Flags and time of arrival that come with
    it count if the feed has not told them.
    """

    key: bytes
    raw: bytes = field(repr=False)
    flags: Flags | None = None
    arrived: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where a server may tell of news: it says `secret` there, and we know whose they are."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """News will be told. `state` is the driver's own, kept encrypted; `renew_at` is when `watch` is
    to be called again, well before the server's patience ends.
    """

    state: bytes = field(repr=False)
    renew_at: datetime
