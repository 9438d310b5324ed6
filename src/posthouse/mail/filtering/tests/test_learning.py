"""The table of weights: what it was packed to, and tables of former sizes."""

import numpy as np
import pytest
import zstandard
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from posthouse.mail.filtering.learning import BITS, Key, Table
from posthouse.mail.filtering.model import Group
from posthouse.mail.filtering.numbers import numbers_of

_KEY = Key(Cipher(AES(b"0123456789abcdef"), ECB()))


def test_a_packed_table_judges_as_before():
    samples = [_KEY.sample({Group.WORDS: numbers_of(words.split())}) for words in ("a b c", "b d")]
    table = Table()
    table.learn(samples, [True, False])
    for to_learn in (True, False):
        packed = Table.unpack(table.pack(), to_learn=to_learn)
        for sample in samples:
            assert packed.score(sample) == pytest.approx(table.score(sample), rel=1e-2)


def test_a_table_of_a_former_size_is_understood():
    sample = _KEY.sample({Group.WORDS: numbers_of([f"word {n}" for n in range(200)])})
    halves = np.zeros(1 << BITS, "<f2")  # weights and roots of half as many places
    halves[: 1 << (BITS - 1)] = np.linspace(-1, 1, 1 << (BITS - 1))
    former = zstandard.ZstdCompressor().compress(halves.tobytes())
    expected = float(halves[sample.places >> 1].astype(np.float32) @ sample.values)
    assert Table.unpack(former).score(sample) == pytest.approx(expected, rel=1e-3)
