"""The rule by which messages join a thread. Pure: what is known comes in, what to do goes out.

Messages are linked by Message-ID, References and In-Reply-To, never by subject alone. Guards
against false merges: a Message-ID that several messages bear links nothing; a message that was
written as a "reply" but with a fresh subject starts its own thread; two messages that only name
the same missing ancestor must also share the subject; a thread never grows beyond THREAD_LIMIT, and
what comes later continues in another one, together.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

ALGORITHM_VERSION = 1
THREAD_LIMIT = 500
# More bearers than this and the Message-ID says nothing about belonging.
MOST_BEARERS = 3

_REPLY_PREFIX = re.compile(
    r"\s*(?:(?:re|aw|sv|antw|vs|odp|ref|fwd?|wg|tr|rv|enc|回复|回覆|答复|答覆|转发|轉發|返信)"
    r"(?:\s*[\[(]?\d+[\])]?)?\s*[:：]|\[(?:ext|external|外部)\w*\])\s*",
    re.IGNORECASE,
)


def base_subject(subject: str) -> tuple[str, bool]:
    """The subject without reply and forward prefixes, folded for comparison; whether it had any."""
    start = 0
    while match := _REPLY_PREFIX.match(subject, start):
        start = match.end()
    return " ".join(subject[start:].split()).casefold(), start > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A message about to be stored. Keys are keyed hashes."""

    message_id: UUID
    message_id_key: bytes | None
    reference_keys: tuple[bytes, ...]
    subject_key: bytes
    is_reply: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A stored message that a newcomer may be linked with.

    `size` is its thread's number of messages. `reference_keys` are those of its references that
    were asked for.
    """

    message_id: UUID
    message_id_key: bytes | None
    reference_keys: tuple[bytes, ...]
    subject_key: bytes
    is_reply: bool
    thread_id: UUID
    size: int


@dataclass(slots=True)
class Placement:
    """Where newcomers go: message → thread, threads to make, threads to merge (from → into)."""

    threads: dict[UUID, UUID] = field(default_factory=dict)
    fresh: list[UUID] = field(default_factory=list)
    merges: dict[UUID, UUID] = field(default_factory=dict)


def place(
    newcomers: Sequence[Newcomer], known: Sequence[Known], make_id: Callable[[], UUID]
) -> Placement:
    """Decide for a batch. Linear in messages and references."""
    groups = _Groups()
    everyone: list[Newcomer | Known] = [*known, *newcomers]
    bearers: dict[bytes, list[Newcomer | Known]] = defaultdict(list)
    for message in everyone:
        groups.add(message)
        if message.message_id_key is not None:
            bearers[message.message_id_key].append(message)
    siblings: dict[tuple[bytes, bytes], Newcomer | Known] = {}
    for message in everyone:
        for key in message.reference_keys:
            parents = bearers.get(key, ())
            if parents:
                related = len(parents) <= MOST_BEARERS and _continues(message, parents[0])
                if not related or groups.join(message, parents[0]):
                    continue
            # The ancestor is not here, or there is no room beside it.
            sibling = siblings.setdefault((key, message.subject_key), message)
            if not groups.join(message, sibling):
                siblings[key, message.subject_key] = message
    return groups.placement(newcomers, make_id)


def _continues(message: Newcomer | Known, parent: Newcomer | Known) -> bool:
    return message.is_reply or message.subject_key == parent.subject_key


class _Groups:
    """Union–find over messages; a group that holds stored messages keeps their oldest thread."""

    def __init__(self) -> None:
        self._parent: dict[UUID, UUID] = {}
        self._size: dict[UUID, int] = {}
        self._threads: dict[UUID, set[UUID]] = {}
        self._first: dict[UUID, UUID] = {}

    def add(self, message: Newcomer | Known) -> None:
        if message.message_id in self._parent:
            return
        if isinstance(message, Newcomer):
            self._start(message.message_id, 1, set())
            return
        first = self._first.setdefault(message.thread_id, message.message_id)
        if first == message.message_id:
            self._start(first, message.size, {message.thread_id})
        else:
            self._parent[message.message_id] = first

    def join(self, one: Newcomer | Known, other: Newcomer | Known) -> bool:
        """False when they would be too many together."""
        a, b = self._root(one.message_id), self._root(other.message_id)
        if a == b:
            return True
        if self._size[a] + self._size[b] > THREAD_LIMIT:
            return False
        self._parent[a] = b
        self._size[b] += self._size.pop(a)
        self._threads[b] |= self._threads.pop(a)
        return True

    def placement(self, newcomers: Sequence[Newcomer], make_id: Callable[[], UUID]) -> Placement:
        result = Placement()
        chosen: dict[UUID, UUID] = {}
        for root, threads in self._threads.items():
            if threads:
                chosen[root] = min(threads)
                result.merges.update({t: chosen[root] for t in threads if t != chosen[root]})
        for newcomer in newcomers:
            root = self._root(newcomer.message_id)
            if root not in chosen:
                chosen[root] = make_id()
                result.fresh.append(chosen[root])
            result.threads[newcomer.message_id] = chosen[root]
        return result

    def _start(self, message_id: UUID, size: int, threads: set[UUID]) -> None:
        self._parent[message_id] = message_id
        self._size[message_id] = size
        self._threads[message_id] = threads

    def _root(self, message_id: UUID) -> UUID:
        root = message_id
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[message_id] != root:
            self._parent[message_id], message_id = root, self._parent[message_id]
        return root
