"""What a script is asked about, and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from posthouse.protocols.sieve.letter import Letter
from posthouse.protocols.sieve.mailto import Mailto

Importance = Literal[1, 2, 3]  # RFC 5435 3.4: high, normal, low


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Into the inbox (RFC 5228 4.3). `edited` is the message as the script changed it, if it did;
    `flags` are those of IMAP, such as `\\Seen`.
    """

    flags: tuple[str, ...] = ()
    edited: bytes | None = None
    implicit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInto:
    """Into a folder (4.1), made if `create` and missing (RFC 5490 3.2). `special_use` goes before
    the name when the mailbox has such a folder (RFC 8579 4), and so does `mailbox_id` (RFC 9042 4).
    """

    folder: str
    flags: tuple[str, ...] = ()
    create: bool = False
    special_use: str | None = None
    mailbox_id: str | None = None
    edited: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """On to another address (RFC 5228 4.2)."""

    address: str
    edited: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Refused, and the sender is told why (RFC 5429)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacation:
    """An answer to the sender, if the message is one that is answered (RFC 5230; `vacation.py`).

    `copy` is where what was sent is filed, here and below (RFC 8580).
    """

    reason: str
    subject: str | None
    from_address: str | None
    addresses: tuple[str, ...]
    mime: bool
    handle: str
    pause: timedelta
    copy: FileInto | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell somebody that it came (RFC 5435, RFC 5436; `notification.py`).

    One of the draft before has an `id`, perhaps an empty one, by which it can be taken back.
    """

    to: Mailto
    from_address: str | None = None
    message: str | None = None
    importance: Importance = 2
    copy: FileInto | None = None
    id: str | None = None


Action = Keep | FileInto | Redirect | Reject | Vacation | Notify


@dataclass(frozen=True, slots=True)
class Remembered:
    """A message id that `duplicate` is to know from now on (RFC 7352 3)."""

    key: str
    pause: timedelta


@dataclass(slots=True)
class Outcome:
    """What is to be done, in order. With `error` only the message is kept; `warnings` are what
    else its owner should know.
    """

    actions: list[Action] = field(default_factory=list)
    remembered: list[Remembered] = field(default_factory=list)
    error: str | None = None
    warnings: tuple[str, ...] = ()


class Surroundings(Protocol):
    """What a script may ask beside the message. Any of these may raise to end the run."""

    @property
    def mail_from(self) -> str: ...
    @property
    def rcpt_to(self) -> str: ...
    @property
    def now(self) -> datetime: ...
    @property
    def environment(self) -> Mapping[str, str]: ...
    @property
    def spam(self) -> int | None:
        """How likely it is junk, 0 to 100; None when nobody looked (RFC 5235 3.2)."""
        ...

    @property
    def virus(self) -> int | None:
        """1 for none to 5 for one; None when nobody looked (RFC 5235 3.3)."""
        ...

    def has_folder(self, name: str) -> bool:
        """Is it there, and may mail be filed into it (RFC 5490 3.1)?"""
        ...

    def has_special_use(self, folder: str | None, use: str) -> bool:
        """Is there a folder (or is this one) for that use (RFC 8579 3)?"""
        ...

    def has_mailbox_id(self, id: str) -> bool:
        """Is there a folder of that id, and may mail be filed into it (RFC 9042 6)?"""
        ...

    def annotation(self, folder: str | None, entry: str) -> str | None:
        """What is noted at a folder or, without one, at the server (RFC 5490 3.3 to 3.6)."""
        ...

    def first_listed(self, values: Sequence[str]) -> str | None:
        """The first of these that is in the address book, as it stands there (RFC 6134 2.2)."""
        ...

    def was_seen(self, key: str, pause: timedelta, *, last: bool) -> bool:
        """Was this remembered within the pause (RFC 7352)? With `last` the time begins anew."""
        ...


@dataclass(frozen=True, slots=True)
class Script:
    """A script that was read and checked. `requires`: its extensions, and those of its parts."""

    run: Callable[[Letter, Surroundings], Outcome]
    requires: frozenset[str]
