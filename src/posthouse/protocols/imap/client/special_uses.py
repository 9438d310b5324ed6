"""Which folder is for what: by its attribute (RFC 6154, XLIST), else by a well-known name."""

import re
import unicodedata
from collections.abc import Collection
from functools import cache
from importlib.resources import files

# Words of RFC 6154 2 without \All and \Flagged, which are no places, and \Inbox of XLIST.
_BY_ATTRIBUTE = {
    "\\inbox": "inbox",
    "\\sent": "sent",
    "\\drafts": "drafts",
    "\\trash": "trash",
    "\\junk": "junk",
    "\\spam": "junk",
    "\\archive": "archive",
}
# They show mail of other folders: RFC 6154 2, RFC 8457, and what XLIST calls them.
_VIEWS = frozenset({"\\all", "\\allmail", "\\flagged", "\\starred", "\\important"})
_USE = re.compile(r"^([a-z]+):((?:.+\n)+)", re.MULTILINE)


def is_view(attributes: Collection[str]) -> bool:
    """Whether it shows mail of other folders; `attributes` in lower case."""
    return not _VIEWS.isdisjoint(attributes)


def use_by_attribute(attributes: Collection[str]) -> str | None:
    """`sent`, `drafts`, `trash`, `junk`, `archive`, `inbox` or nothing; in lower case."""
    return next((use for name, use in _BY_ATTRIBUTE.items() if name in attributes), None)


def use_by_name(name: str) -> tuple[str, int] | None:
    """The same by the name of one level, and how unlikely that name is: a mailbox may have both
    `Sent` and `Sent Messages`.
    """
    return _names().get(_folded(name))


@cache
def _names() -> dict[str, tuple[str, int]]:
    text = files(__package__).joinpath("special_uses.txt").read_text("utf-8")
    known: dict[str, tuple[str, int]] = {}
    for use, names in _USE.findall(text):
        for place, name in enumerate(names.split(",")):
            known[_folded(name)] = (use, place)
    return known


def _folded(name: str) -> str:
    """Full width, half width, ligatures and case make no difference."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
