"""Logistic regression on hashed traits: weights in one table of fixed size, learned mail by mail.

Each trait has a step of its own that shortens as it is learned (J. Duchi et al.: Adaptive
Subgradient Methods, 2011), so a rare word counts from the first mail on. Each group of traits is
scaled to the same length, so a long text does not drown its header. A mailbox's own opinion stands
in the same table under a salt (K. Weinberger et al.: Feature Hashing for Large Scale Multitask
Learning, 2009). A mail costs some 20 µs to score and twice that to learn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import zstandard
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB
from numpy.typing import NDArray

from posthouse.mail.filtering.model import Group
from posthouse.mail.filtering.numbers import Numbers, places_of
from posthouse.mail.search.readings import Places

BITS = 19
_SIZE = 1 << BITS
_RATE = 1.0
_FIRST_SQUARE = 1e-4
# What is as clear as that teaches nothing more.
_CLEAR = 0.02
_SCALES: Mapping[Group, float] = {
    Group.WORDS: 1.3,
    Group.SUBJECT: 0.5,
    Group.FORM: 0.5,
    Group.LINKS: 0.7,
    Group.SENDER: 0.7,
    Group.MARKUP: 0.35,
    Group.LISTS: 1.0,
    Group.PATH: 1.3,
}
Values = NDArray[np.float32]


@dataclass(slots=True)
class Sample:
    """A mail as a table sees it: places, and how much each of them counts."""

    places: Places
    values: Values


class Key:
    """Where traits stand in a table: only its holder can tell."""

    def __init__(self, cipher: "Cipher[ECB]") -> None:
        self._cipher = cipher

    def sample(self, numbers: Mapping[Group, Numbers], salts: Sequence[int] = (0,)) -> Sample:
        """`salts` say whose opinion counts: 0 is everybody's."""
        groups = [group for group in _SCALES if len(numbers.get(group, ()))]
        if not groups:
            return Sample(np.zeros(0, np.int64), np.zeros(0, np.float32))
        every = np.concatenate([numbers[group] for group in groups])
        values = np.concatenate([self.values(group, len(numbers[group])) for group in groups])
        places = [places_of(every, self._cipher, salt, BITS) for salt in salts]
        return Sample(np.concatenate(places), np.tile(values, len(salts)))

    def values(self, group: Group, count: int) -> Values:
        """What each of so many traits of a group counts."""
        return np.full(count, _SCALES[group] / np.sqrt(count), np.float32)

    def places(self, numbers: Numbers, salt: int) -> Places:
        """Of some traits."""
        return places_of(numbers, self._cipher, salt, BITS)


class Table:
    """Weights and what their next steps depend on: 2 MB each, whatever was learned."""

    __slots__ = ("_squares", "weights")

    def __init__(self) -> None:
        self.weights = np.zeros(_SIZE, np.float32)
        self._squares = np.full(_SIZE, _FIRST_SQUARE, np.float32)

    def score(self, sample: Sample) -> float:
        """The logarithm of the odds that it is junk."""
        return float(self.weights[sample.places] @ sample.values)

    def learn(
        self, samples: Sequence[Sample], junk: Sequence[bool], *, rounds: int = 4, orders: int = 3
    ) -> None:
        """Go through the samples `rounds` times, each time in another order. That is done `orders`
        times over; their average loses less good mail than any of them.
        """
        before, squares = self.weights, self._squares
        weights, steps = np.zeros_like(before), np.zeros_like(squares)
        for seed in range(orders):
            self.weights, self._squares = before.copy(), squares.copy()
            order = np.random.default_rng(seed)
            for _ in range(rounds):
                for index in order.permutation(len(samples)).tolist():
                    self._learn(samples[index], junk[index])
            weights += self.weights / np.float32(orders)
            steps += self._squares / np.float32(orders)
        self.weights, self._squares = weights, steps

    def _learn(self, sample: Sample, junk: bool) -> None:
        score = self.score(sample)
        wrong = 1 / (1 + np.exp(min(score if junk else -score, 50.0)))
        if wrong < _CLEAR:
            return
        slope = np.float32(wrong if junk else -wrong) * sample.values
        places = sample.places
        squares = self._squares[places] + slope * slope
        self._squares[places] = squares
        self.weights[places] += np.float32(_RATE) * slope / np.sqrt(squares)

    def pack(self) -> bytes:
        """For the database. Half the digits are enough, and most places are empty."""
        roots = np.sqrt(self._squares)
        halves = np.concatenate((self.weights, roots)).astype("<f2")
        return zstandard.ZstdCompressor(level=1).compress(halves.tobytes())

    @classmethod
    def unpack(cls, packed: bytes) -> "Table":
        """What was packed."""
        made = cls()
        content = zstandard.ZstdDecompressor().decompress(packed, max_output_size=4 * _SIZE)
        halves = np.frombuffer(content, "<f2")
        made.weights = halves[:_SIZE].astype(np.float32)
        made._squares = halves[_SIZE:].astype(np.float32) ** 2
        return made


def train(samples: Sequence[Sample], junk: Sequence[bool]) -> Table:
    """A table learned from many mails at once."""
    table = Table()
    table.learn(samples, junk, rounds=8)
    return table
