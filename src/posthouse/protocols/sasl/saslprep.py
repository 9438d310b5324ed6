"""SASLprep, the form in which names and passwords are compared (RFC 4013)."""

import stringprep
import unicodedata
from collections.abc import Callable

_PROHIBITED: tuple[Callable[[str], bool], ...] = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


class Unprepared(ValueError):
    """The text holds characters that RFC 4013 forbids."""


def saslprep(text: str, *, stored: bool = False) -> str:
    """The prepared text. Raises `Unprepared`.

    `stored` also forbids code points unassigned in Unicode 3.2 (RFC 3454 7). It stays False for
    passwords: people use newer characters, and both sides prepare alike.
    """
    if text.isascii() and text.isprintable():
        return text
    mapped = "".join(
        " " if stringprep.in_table_c12(character) else character
        for character in text
        if not stringprep.in_table_b1(character)
    )
    prepared = unicodedata.normalize("NFKC", mapped)
    for character in prepared:
        if any(forbids(character) for forbids in _PROHIBITED):
            raise Unprepared("a control or private character")
        if stored and stringprep.in_table_a1(character):
            raise Unprepared("an unassigned character")
    _check_direction(prepared)
    return prepared


def _check_direction(text: str) -> None:
    # RFC 3454 6: right-to-left text has no left-to-right letters and begins and ends as such.
    if not any(stringprep.in_table_d1(character) for character in text):
        return
    if any(stringprep.in_table_d2(character) for character in text):
        raise Unprepared("mixed writing directions")
    if not (stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])):
        raise Unprepared("right-to-left text must begin and end as such")
