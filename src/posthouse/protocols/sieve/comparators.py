"""Comparators (RFC 4790): how two strings are equal, in order, one inside the other."""

import math
import re
from dataclasses import dataclass
from typing import Literal

Name = Literal["i;octet", "i;ascii-casemap", "i;ascii-numeric"]
_DIGITS = re.compile(r"[0-9]+")
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_MOST_DIGITS = 4_000  # Python reads no longer ones


@dataclass(frozen=True, slots=True)
class Comparator:
    name: Name
    substring: bool = True

    def fold(self, text: str) -> str:
        """The same for all that is equal; as long as `text`."""
        if self.name == "i;octet":
            return text
        return text.lower() if text.isascii() else text.translate(_LOWER)

    def rank(self, text: str) -> str | float:
        """What stands for the text in an order. RFC 4790 9.1: no number is above all numbers."""
        if self.name != "i;ascii-numeric":
            return self.fold(text)
        digits = _DIGITS.match(text)
        return int(digits[0]) if digits and len(digits[0]) < _MOST_DIGITS else math.inf


OCTET = Comparator("i;octet")
CASEMAP = Comparator("i;ascii-casemap")
NUMERIC = Comparator("i;ascii-numeric", substring=False)
COMPARATORS = {each.name: each for each in (OCTET, CASEMAP, NUMERIC)}
BUILT_IN = frozenset((OCTET.name, CASEMAP.name))  # RFC 5228 2.7.3: need no require
