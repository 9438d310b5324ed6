"""How good the filter is: labelled mail, split so that nothing is judged by its own likeness.

Near-duplicates (the same text to many, a newsletter's issues) are found by min-hashing their words
and stay together: in one fold, and on one side of the line to the third that is held out.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posthouse.mail.filtering.learning import Key, Sample, train
from posthouse.mail.filtering.model import Group, junk_from
from posthouse.mail.filtering.numbers import Numbers, distinct
from posthouse.mail.filtering.traits import Traits, traits_of
from posthouse.protocols import mime

Traited = Mapping[Group, Numbers]
_FOLDS = 5
_BANDS, _ROWS = 4, 4
_FACTORS = np.random.default_rng(7).integers(1, 2**63, _BANDS * _ROWS, dtype=np.uint64) | np.uint64(
    1
)
# Of a text with fewer words the subject is compared as well.
_FEW = 8
# What the way and the lists say may be known of one collection only: left out as a check.
OF_THE_COLLECTION = frozenset((Group.PATH, Group.WAY, Group.LISTS))


@dataclass(frozen=True, slots=True)
class Figures:
    """What a filter did with mail it had never seen."""

    good: int
    good_lost: int
    junk: int
    junk_caught: int

    @property
    def caught(self) -> float:
        """The share of junk that was caught."""
        return self.junk_caught / max(self.junk, 1)

    @property
    def lost(self) -> float:
        """The share of good mail that went to Junk."""
        return self.good_lost / max(self.good, 1)

    def __str__(self) -> str:
        return (
            f"{self.caught:.2%} of {self.junk} junk caught, "
            f"{self.lost:.3%} of {self.good} good lost"
        )


@dataclass(slots=True)
class Labelled:
    """Mails with their labels; `groups` are numbers by chance, the same for near-duplicates."""

    traits: list[Traited]
    junk: NDArray[np.bool_]
    groups: NDArray[np.int64]

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """The third that nothing is tuned on."""
        third: NDArray[np.bool_] = self.groups % 3 == 0
        return third

    def folds(self, division: int) -> NDArray[np.int64]:
        """One of several ways to part the groups in five."""
        folds: NDArray[np.int64] = self.groups // 3 // _FOLDS**division % _FOLDS
        return folds


def read_labelled(good: Sequence[bytes], junk: Sequence[bytes]) -> Labelled:
    """Some 1 ms a mail."""
    read = [_traits(raw) for raw in (*good, *junk)]
    traits: list[Traited] = [one.numbers for one in read]
    groups = np.array(_likeness(read), np.int64)
    return Labelled(traits=traits, junk=np.arange(len(traits)) >= len(good), groups=groups)


def cross_validate(
    mails: Labelled,
    key: Key,
    *,
    without: frozenset[Group] = frozenset(),
    of_all: bool = False,
    division: int = 0,
) -> Figures:
    """Five folds of what is not held out; or of everything, once nothing is tuned any more."""
    samples = _samples(mails, key, without)
    used = np.ones(len(samples), np.bool_) if of_all else ~mails.held_out
    said = np.zeros(len(samples), np.bool_)
    folds = mails.folds(division)
    for fold in range(_FOLDS):
        asked = used & (folds == fold)
        said[asked] = _judged(samples, mails.junk, used & (folds != fold), asked)
    return _figures(said[used], mails.junk[used])


def hold_out(mails: Labelled, key: Key, *, without: frozenset[Group] = frozenset()) -> Figures:
    """Learned from two thirds, asked about the third that nobody tuned on."""
    samples = _samples(mails, key, without)
    said = _judged(samples, mails.junk, ~mails.held_out, mails.held_out)
    return _figures(said, mails.junk[mails.held_out])


def learn_and_ask(learned: Labelled, asked: Labelled, key: Key) -> Figures:
    """Learned from some mail, asked about other mail."""
    nothing = frozenset[Group]()
    samples = [*_samples(learned, key, nothing), *_samples(asked, key, nothing)]
    junk = np.concatenate((learned.junk, asked.junk))
    new = np.arange(len(samples)) >= len(learned.junk)
    return _figures(_judged(samples, junk, ~new, new), asked.junk)


def _traits(raw: bytes) -> Traits:
    prefix, rest = mime.split_trace(raw)
    scan = mime.scan(rest)
    return traits_of(prefix, scan, mime.subject(scan), {})


def _samples(mails: Labelled, key: Key, without: frozenset[Group]) -> list[Sample]:
    return [
        key.sample({group: each for group, each in one.items() if group not in without})
        for one in mails.traits
    ]


def _judged(
    samples: Sequence[Sample],
    junk: NDArray[np.bool_],
    learned: NDArray[np.bool_],
    asked: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """What is called junk of what is asked about."""
    chosen = learned.nonzero()[0].tolist()
    table = train([samples[i] for i in chosen], [bool(junk[i]) for i in chosen])
    of_junk = int(junk[learned].sum())
    needed = junk_from(of_junk, len(chosen) - of_junk)
    return np.array(
        [table.score(samples[i]) >= needed for i in asked.nonzero()[0].tolist()], np.bool_
    )


def _figures(said: NDArray[np.bool_], junk: NDArray[np.bool_]) -> Figures:
    return Figures(
        good=int((~junk).sum()),
        good_lost=int((said & ~junk).sum()),
        junk=int(junk.sum()),
        junk_caught=int((said & junk).sum()),
    )


def _likeness(traits: Sequence[Traits]) -> list[int]:
    """A number for each mail, the same for all of a group and for the same group each time.

    It comes of the words of the text alone: whatever else is made a trait, nothing that was held
    out becomes known.
    """
    parents = list(range(len(traits)))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    known: dict[tuple[int, bytes], int] = {}
    marks: list[bytes] = []
    for index, one in enumerate(traits):
        words = distinct(np.concatenate((one.body.single, one.body.joined)))
        if len(words) < _FEW:
            more = one.numbers[Group.SUBJECT], one.numbers[Group.SENDER]
            words = np.concatenate((words, *more))
        least = np.array(
            [(words * factor).min(initial=2**64 - 1) for factor in _FACTORS], np.uint64
        )
        marks.append(hashlib.sha256(least.tobytes()).digest())
        for band in range(_BANDS):
            name = band, least[band * _ROWS : (band + 1) * _ROWS].tobytes()
            other = known.setdefault(name, index)
            parents[root(other)] = root(index)
    smallest: dict[int, bytes] = {}
    for index, mark in enumerate(marks):
        smallest[root(index)] = min(smallest.get(root(index), mark), mark)
    return [int.from_bytes(smallest[root(index)][:6], "big") for index in range(len(traits))]
