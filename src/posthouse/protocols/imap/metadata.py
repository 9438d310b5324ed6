"""Names of annotations, and which of them are asked for (RFC 5464 3.2, 4.2)."""

import math
import re
from dataclasses import dataclass

# 3.2: ASCII without controls and wildcards, no empty step.
_ENTRY = re.compile(r"(?:/[^\x00-\x1f\x7f-\uffff*%/]+){1,32}")
_LONGEST = 255
_ROOTS = ("/private", "/shared")


class BadEntry(ValueError):
    """Not the name of an entry; the text says why."""


def entry_name(written: str) -> str:
    """As it is compared: names do not care for case. Raises BadEntry."""
    name = written.lower()
    if len(name) > _LONGEST or not _ENTRY.fullmatch(name):
        raise BadEntry("Invalid entry name")
    if not name.startswith(tuple(f"{root}/" for root in _ROOTS)) and name not in _ROOTS:
        raise BadEntry("An entry is below /private or /shared")
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Entries, how deep below them (math.inf for all), and how long a value may be."""

    entries: tuple[str, ...]
    depth: float = 0
    max_size: float = math.inf

    def wants(self, name: str) -> bool:
        """Whether `name` is one of the entries, or not too deep below one."""
        return any(
            name == entry
            or (name.startswith(f"{entry}/") and name.count("/", len(entry)) <= self.depth)
            for entry in self.entries
        )
