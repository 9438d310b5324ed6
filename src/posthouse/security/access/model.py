"""Levels, rights, grants, and the reach of an actor. No database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID


class Level(StrEnum):
    """How much of a message is shown: who and when; the subject too; everything."""

    METADATA = "metadata"
    SUBJECT = "subject"
    FULL = "full"

    @property
    def rank(self) -> int:
        return _ORDER.index(self)

    def shows(self, wanted: "Level") -> bool:
        """Whether `wanted` is no more than this."""
        return self.rank >= wanted.rank

    @property
    def and_above(self) -> list["Level"]:
        """The levels that show at least this much."""
        return _ORDER[self.rank :]


_ORDER = [Level.METADATA, Level.SUBJECT, Level.FULL]

Right = Literal["read", "write", "send"]


def highest(levels: list[str]) -> Level:
    """The level of several grants together. Raises ValueError when there is none."""
    return max(map(Level, levels), key=lambda level: level.rank)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxAccess:
    """A mailbox as one actor has it. `level` is None for a key that may only send from it.

    Who may send from it may do so under each of `addresses`: its own and its aliases.
    """

    id: UUID
    address: str
    aliases: tuple[str, ...]
    name: str
    kind: str
    level: Level | None
    may_write: bool
    may_send: bool

    @property
    def addresses(self) -> tuple[str, ...]:
        """All by which it is written to and writes."""
        return (self.address, *self.aliases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What somebody was given: a mailbox, or one thread of it."""

    id: UUID
    member_id: UUID
    mailbox_id: UUID
    thread_id: UUID | None
    level: Level
    may_write: bool
    may_send: bool
    source: str
    expires_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A member who reads a whole mailbox in full: its owner, or by grants together."""

    address: str
    may_write: bool
    may_send: bool
    owns: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What an actor may read, resolved once for a request: whole mailboxes, and threads by grant.

    Threads stay in the grants table, which the predicate asks: there may be many thousands.
    """

    member_id: UUID
    mailboxes: Mapping[UUID, Level]

    def mailbox_ids(self, level: Level = Level.FULL) -> list[UUID]:
        """Mailboxes of which the actor sees every message, at `level` or better."""
        return [mailbox for mailbox, held in self.mailboxes.items() if held.shows(level)]

    def parameters(self, level: Level = Level.FULL) -> dict[str, object]:
        """The parameters of `{{readable mm}}` for messages seen at `level` or better."""
        return {
            "reach_mailboxes": self.mailbox_ids(level),
            "reach_member": self.member_id,
            "reach_levels": level.and_above,
        }

    def parameters_in(self, mailbox_id: UUID, level: Level = Level.FULL) -> dict[str, object]:
        """The parameters of `{{readable_in fm}}` for rows of one mailbox."""
        held = self.mailboxes.get(mailbox_id)
        return {
            "reach_whole": held is not None and held.shows(level),
            "reach_mailbox": mailbox_id,
            "reach_member": self.member_id,
            "reach_levels": level.and_above,
        }
