"""Lists that are kept outside the script (RFC 6134): their names, and what is asked of them."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from posthouse.protocols.sieve.budget import Budget
from posthouse.protocols.sieve.errors import ScriptFailed, shown
from posthouse.protocols.sieve.model import Surroundings

SCHEMES = ("urn",)
_SHORT = "urn:ietf:params:sieve:"  # 2.5: what a colon at the front stands for
_BOOK = re.compile(r"urn:ietf:params:sieve:addrbook:([^/?#]*)", re.IGNORECASE)
_MOST_VALUES = 100
_LONGEST = 320  # of an address


def is_list(name: str) -> bool:
    """Is it the address book, which is the one list there is? No parameters of it are defined."""
    book = _BOOK.fullmatch(_SHORT + name[1:] if name.startswith(":") else name)
    return book is not None and unquote(book[1]).lower() == "default"


def check_list(name: str) -> None:
    """Raises ScriptFailed."""
    if not is_list(name):
        raise ScriptFailed(f"There is no list “{shown(name)}” here.")


def first_listed(
    values: Iterable[str], names: Sequence[str], surroundings: Surroundings, budget: Budget
) -> Sequence[str] | None:
    """The value of a list that was found, as a match variable (2.2). Raises ScriptFailed."""
    for name in names:
        check_list(name)
    asked: dict[str, None] = {}
    for value in values:
        budget.pay(len(value) + 8)
        stripped = value.strip()
        if 0 < len(stripped) <= _LONGEST and "\n" not in stripped:
            asked.setdefault(stripped)
    if not asked:
        return None
    found = surroundings.first_listed(tuple(asked)[:_MOST_VALUES])
    return None if found is None else [found]
