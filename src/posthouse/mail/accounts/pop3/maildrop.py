"""What a server lists in one session, as compactly as it can be held."""

from array import array
from collections.abc import Iterator
from hashlib import blake2b
from itertools import pairwise

# More than any provider lets gather in one mailbox; what is held of so many are 24 MB.
MOST_MESSAGES = 1_000_000
_NAME = 16
_NOTHING = bytes(_NAME)
_BEGINNING = 8  # tells names apart as well: who is taken for another one is only doubted


class Maildrop:
    """Numbers from 1 to `count`; of each its size and a digest of its UIDL, as far as told."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._sizes = array("Q", bytes(8 * count))
        self._names = bytearray(_NAME * count)

    def has_size(self, number: int, text: bytes) -> None:
        """From LIST. What is behind the size, and what is no number, counts for nothing."""
        word = text.split(None, 1)[0] if text else b""
        if 0 < number <= self.count and word.isdigit() and len(word) <= 12:
            self._sizes[number - 1] = int(word)

    def has_name(self, number: int, text: bytes) -> None:
        """From UIDL.

        A name that is the number itself will be another message's tomorrow: it is none.
        """
        if 0 < number <= self.count and text and text != b"%d" % number:
            start = _NAME * (number - 1)
            self._names[start : start + _NAME] = blake2b(text, digest_size=_NAME).digest()

    def size(self, number: int) -> int:
        """In octets; 0 where it was not told."""
        return self._sizes[number - 1]

    def name(self, number: int) -> bytes | None:
        """The digest of its UIDL."""
        start = _NAME * (number - 1)
        name = bytes(self._names[start : start + _NAME])
        return None if name == _NOTHING else name

    def slices(self, length: int) -> Iterator[range]:
        """All numbers, newest first, the highest of each slice first."""
        for high in range(self.count, 0, -length):
            yield range(high, max(high - length, 0), -1)

    def shared_names(self) -> frozenset[bytes]:
        """Names of more than one message: RFC 1939 7 permits them for copies, others err.

        Takes a while for a large maildrop: beside the event loop. Sorted are small parts, since
        nothing else runs in this process while something is sorted.
        """
        parts = [array("Q") for _ in range(256)]
        for start in range(0, len(self._names), _NAME):
            name = int.from_bytes(self._names[start : start + _BEGINNING])
            if name:
                parts[name & 0xFF].append(name)
        return frozenset(
            one.to_bytes(_BEGINNING)
            for part in parts
            for one, next_one in pairwise(sorted(part))
            if one == next_one
        )

    def is_shared(self, number: int, shared: frozenset[bytes]) -> bool:
        """Whether its name is one of them."""
        start = _NAME * (number - 1)
        return bytes(self._names[start : start + _BEGINNING]) in shared
