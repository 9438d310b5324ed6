"""The filter on labelled mail, and how far it was tuned on it: docs/decisions/filtering.md."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from posthouse.mail.filtering.labelled import (
    OF_THE_COLLECTION,
    Labelled,
    cross_validate,
    hold_out,
    read_labelled,
)
from posthouse.mail.filtering.learning import Key

pytestmark = [pytest.mark.corpora, pytest.mark.timeout(1800)]

_KEY = Key(Cipher(AES(b"0123456789abcdef"), ECB()))


@pytest.fixture(scope="module")
def mails(corpora: Path) -> Labelled:
    return read_labelled(
        [
            *_read(corpora, "easy-ham-1"),
            *_read(corpora, "easy-ham-2"),
            *_read(corpora, "hard-ham-1"),
        ],
        [*_read(corpora, "spam-1"), *_read(corpora, "spam-2")],
    )


def test_the_third_that_is_held_out(mails: Labelled):
    figures = hold_out(mails, _KEY)
    print(f"held out: {figures}")
    assert figures.caught >= 0.97
    assert figures.lost <= 0.0025


def test_without_what_the_collection_gives_away(mails: Labelled):
    """Received and list fields removed: nothing depends on how this mail was collected."""
    figures = hold_out(mails, _KEY, without=OF_THE_COLLECTION)
    print(f"held out, without Received and list fields: {figures}")
    assert figures.caught >= 0.965
    assert figures.lost <= 0.0025


def test_cross_validation_of_all(mails: Labelled):
    """In the worst of three divisions; the goal (98 % at 0.2 %) is met in the two others."""
    figures = cross_validate(mails, _KEY, of_all=True, division=1)
    print(f"five folds of all: {figures}")
    assert figures.caught >= 0.975
    assert figures.lost <= 0.003


def test_cross_validation_without_what_the_collection_gives_away(mails: Labelled):
    figures = cross_validate(mails, _KEY, of_all=True, without=OF_THE_COLLECTION)
    print(f"five folds of all, without Received and list fields: {figures}")
    assert figures.caught >= 0.965
    assert figures.lost <= 0.002


def _read(corpora: Path, folder: str) -> list[bytes]:
    files = sorted((corpora / "spamassassin" / "data" / folder).iterdir())
    return [file.read_bytes() for file in files]
