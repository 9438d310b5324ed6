"""The threading algorithms of RFC 5256 3 over what is known of each message.

Pure, iterative (a thread may be as deep as a folder is long) and near linear. A node is a number;
a node without a message is a dummy: somebody's reference to what is not here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from posthouse.protocols.imap.ordering import Algorithm

_NOBODY = -1
# So far up it is looked whether a link would make a loop; a thread that is deeper ends there.
_HIGHEST_CLIMB = 2_000


@dataclass(frozen=True, slots=True)
class Threadable:
    """A message. `number` is told; `subject` is the base subject as it is compared."""

    number: int
    sent: float
    subject: str
    answers: bool
    message_id: str | None
    references: tuple[str, ...]


@dataclass(slots=True)
class _Thread:
    """A message with its children; without a message, a dummy at the top."""

    message: Threadable | None
    children: list["_Thread"]

    @property
    def first(self) -> Threadable:
        """Itself, or the first child of a dummy: what a thread is sorted and named by."""
        return self.message or self.children[0].first


def thread(algorithm: Algorithm, messages: Sequence[Threadable]) -> bytes:
    """The thread lists of `messages`, which come by ascending number: `(2)(3 6 (4 23)(44 7))`."""
    if algorithm is Algorithm.ORDEREDSUBJECT:
        return _written(_by_subject(messages))
    return _written(_by_references(messages))


# -- ORDEREDSUBJECT ------------------------------------------------------------


def _by_subject(messages: Sequence[Threadable]) -> list[_Thread]:
    """One thread a subject, its first message above all others."""
    ordered = sorted(messages, key=lambda message: (message.subject, message.sent))
    threads = []
    for _, group in groupby(ordered, key=lambda message: message.subject):
        first, *others = group
        threads.append(_Thread(first, [_Thread(other, []) for other in others]))
    return _sorted(threads)


# -- REFERENCES ----------------------------------------------------------------


def _by_references(messages: Sequence[Threadable]) -> list[_Thread]:
    links = _Links()
    for message in messages:
        links.add(message)
    threads = links.pruned()
    for one in threads:
        if one.message is None:
            one.children = _sorted(one.children)
    threads = _gathered(_sorted(threads))
    for one in _deepest_first(threads):
        one.children = _sorted(one.children)
    return _sorted(threads)


class _Links:
    """Steps 1 to 3: who stands below whom."""

    def __init__(self) -> None:
        self._nodes: dict[str, int] = {}
        self._messages: list[Threadable | None] = []
        self._parents: list[int] = []
        self._sizes: list[int] = []  # how many children: a node without is nobody's ancestor

    def add(self, message: Threadable) -> None:
        """Step 1; of several messages with one Message-ID the first bears it."""
        node = self._named(message.message_id) if message.message_id else self._new()
        if self._messages[node] is not None:
            node = self._new()
        self._messages[node] = message
        references = [self._named(each) for each in message.references]
        for parent, child in pairwise(references):
            if self._parents[child] == _NOBODY:
                self._link(parent, child)
        self._unlink(node)
        if references:
            self._link(references[-1], node)

    def _named(self, message_id: str) -> int:
        node = self._nodes.get(message_id)
        if node is None:
            node = self._nodes[message_id] = self._new()
        return node

    def _new(self) -> int:
        self._messages.append(None)
        self._parents.append(_NOBODY)
        self._sizes.append(0)
        return len(self._messages) - 1

    def _link(self, parent: int, child: int) -> None:
        if not self._would_loop(parent, child):
            self._parents[child] = parent
            self._sizes[parent] += 1

    def _unlink(self, child: int) -> None:
        if self._parents[child] != _NOBODY:
            self._sizes[self._parents[child]] -= 1
            self._parents[child] = _NOBODY

    def _would_loop(self, parent: int, child: int) -> bool:
        if not self._sizes[child]:
            return parent == child
        node = parent
        for _ in range(_HIGHEST_CLIMB):
            if node == child:
                return True
            node = self._parents[node]
            if node == _NOBODY:
                return False
        return True

    def pruned(self) -> list[_Thread]:
        """Steps 2 and 3: dummies go, their children take their place.

        At the top a dummy stays above several children.
        """
        threads = [_Thread(message, []) for message in self._messages]
        top: list[_Thread] = []
        for node, parent in enumerate(self._parents):
            (top if parent == _NOBODY else threads[parent].children).append(threads[node])
        for one in _deepest_first(top):
            if any(child.message is None for child in one.children):
                one.children = _promoted(one.children)
        return [
            kept for one in top for kept in (_promoted([one]) if len(one.children) < 2 else [one])
        ]


def _promoted(siblings: list[_Thread]) -> list[_Thread]:
    """Dummies replaced by their children."""
    if len(siblings) == 1 and siblings[0].message is None:
        return siblings[0].children  # not copied: a chain of dummies costs no more than its length
    return [
        child for one in siblings for child in ([one] if one.message is not None else one.children)
    ]


def _gathered(threads: list[_Thread]) -> list[_Thread]:
    """Step 5: threads of one base subject become one."""
    table: dict[str, _Thread] = {}
    for one in threads:
        subject = one.first.subject
        known = table.setdefault(subject, one)
        if known.message is not None and (
            one.message is None or (known.message.answers and not one.message.answers)
        ):
            table[subject] = one
    gone: set[int] = set()
    made: list[_Thread] = []
    for one in threads:
        known = table[one.first.subject]
        if not one.first.subject or known is one or id(one) in gone:
            continue
        gone.add(id(one))
        if one.message is None:
            known.children += one.children
        elif known.message is None or (one.message.answers and not known.message.answers):
            known.children.append(one)
        else:
            gone.add(id(known))
            table[one.first.subject] = dummy = _Thread(None, [known, one])
            made.append(dummy)
    return [one for one in threads if id(one) not in gone] + made


# -- both ----------------------------------------------------------------------


def _sorted(siblings: Iterable[_Thread]) -> list[_Thread]:
    """By sent date; at the same moment by number (RFC 5256 2.2)."""
    return sorted(siblings, key=lambda one: (one.first.sent, one.first.number))


def _deepest_first(threads: Sequence[_Thread]) -> list[_Thread]:
    """Every node of every thread, children before their parents."""
    found = list(threads)
    for one in found:  # it grows as it is walked
        found += one.children
    return found[::-1]


def _written(threads: Sequence[_Thread]) -> bytes:
    """RFC 5256 5, thread-list: an only child follows its parent, several get their own lists."""
    pieces: list[bytes] = []
    left: list[_Thread | None] = list(reversed(threads))  # None closes a list
    while left:
        one = left.pop()
        if one is None:
            pieces.append(b")")
            continue
        numbers = []
        children = [one]
        while len(children) == 1:
            if children[0].message is not None:
                numbers.append(b"%d" % children[0].message.number)
            children = children[0].children
        pieces += [b"(", b" ".join(numbers)]
        if children and numbers:
            pieces.append(b" ")
        left.append(None)
        left += reversed(children)
    return b"".join(pieces)
