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

BITS = 20
_SIZE = 1 << BITS
_RATE = 0.5
_FIRST_SQUARE = 1e-4
# What is as clear as that teaches nothing more.
_CLEAR = 0.02
# A good mail that was taken for junk teaches so much more than junk that was taken for good mail.
_GOOD_COUNTS = 2.0
# How often a group of traits is left out of a lesson, so that each learns to judge alone and no
# odd sender or way condemns a mail by itself (N. Srivastava et al.: Dropout, 2014).
_LEFT_OUT = 0.35
_MADE_UP = np.float32(1 / (1 - _LEFT_OUT))
_SCALES: Mapping[Group, float] = {
    Group.WORDS: 2.4,
    Group.SUBJECT: 0.5,
    Group.FORM: 0.5,
    Group.LINKS: 0.7,
    Group.SENDER: 0.7,
    Group.MARKUP: 0.35,
    Group.LISTS: 1.0,
    Group.PATH: 1.3,
    Group.HABITS: 0.5,
    Group.WAY: 0.5,
}
Values = NDArray[np.float32]
_NOTHING = np.zeros(0, np.float32)


@dataclass(slots=True)
class Sample:
    """A mail as a table sees it: places, and how much each of them counts; `sizes` are those of its
    groups, which follow each other once for each salt.
    """

    places: Places
    values: Values
    sizes: Places

    def without_some(self, chance: np.random.Generator) -> "tuple[Places, Values]":
        """Places and values when each group is left out by chance; what stays counts for it."""
        left = chance.random(len(self.sizes)) >= _LEFT_OUT
        if left.all() or not left.any():
            return self.places, self.values
        stays = np.repeat(left, self.sizes)
        stays = np.tile(stays, len(self.places) // len(stays))
        return self.places[stays], self.values[stays] * _MADE_UP


class Key:
    """Where traits stand in a table: only its holder can tell."""

    def __init__(self, cipher: "Cipher[ECB]") -> None:
        self._cipher = cipher

    def sample(self, numbers: Mapping[Group, Numbers], salts: Sequence[int] = (0,)) -> Sample:
        """`salts` say whose opinion counts: 0 is everybody's."""
        groups = [group for group in _SCALES if len(numbers.get(group, ()))]
        if not groups:
            return Sample(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.int64))
        every = np.concatenate([numbers[group] for group in groups])
        values = np.concatenate([self.values(group, len(numbers[group])) for group in groups])
        places = [places_of(every, self._cipher, salt, BITS) for salt in salts]
        sizes = np.array([len(numbers[group]) for group in groups])
        return Sample(np.concatenate(places), np.tile(values, len(salts)), sizes)

    def values(self, group: Group, count: int) -> Values:
        """What each of so many traits of a group counts."""
        return np.full(count, _SCALES[group] / np.sqrt(count), np.float32)

    def places(self, numbers: Numbers, salt: int) -> Places:
        """Of some traits."""
        return places_of(numbers, self._cipher, salt, BITS)


class Table:
    """Weights and what their next steps depend on: 4 MB each, whatever was learned."""

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
            chance = np.random.default_rng(seed)
            for _ in range(rounds):
                for index in chance.permutation(len(samples)).tolist():
                    self._learn(*samples[index].without_some(chance), junk=junk[index])
            weights += self.weights / np.float32(orders)
            steps += self._squares / np.float32(orders)
        self.weights, self._squares = weights, steps

    def _learn(self, places: Places, values: Values, *, junk: bool) -> None:
        score = float(self.weights[places] @ values)
        wrong = 1 / (1 + np.exp(min(score if junk else -score, 50.0)))
        if wrong < _CLEAR:
            return
        slope = np.float32(wrong if junk else -wrong * _GOOD_COUNTS) * values
        squares = self._squares[places] + slope * slope
        self._squares[places] = squares
        self.weights[places] += np.float32(_RATE) * slope / np.sqrt(squares)

    def pack(self) -> bytes:
        """For the database. Half the digits are enough, and most places are empty."""
        roots = np.sqrt(self._squares)
        halves = np.concatenate((self.weights, roots)).astype("<f2")
        return zstandard.ZstdCompressor(level=1).compress(halves.tobytes())

    @classmethod
    def unpack(cls, packed: bytes, *, to_learn: bool = True) -> "Table":
        """What was packed; without `to_learn` it can only judge, and takes half the room.

        A place is the first bits of a hash, so a place of a smaller table is a row of places here.
        """
        made = cls.__new__(cls)
        content = zstandard.ZstdDecompressor().decompress(packed, max_output_size=4 * _SIZE)
        weights, roots = np.frombuffer(content, "<f2").reshape(2, -1)
        wider = _SIZE // len(weights)
        made.weights = weights.astype(np.float32).repeat(wider)
        made._squares = roots.astype(np.float32).repeat(wider) ** 2 if to_learn else _NOTHING
        return made


def train(samples: Sequence[Sample], junk: Sequence[bool]) -> Table:
    """A table learned from many mails at once."""
    table = Table()
    table.learn(samples, junk, rounds=8)
    return table
