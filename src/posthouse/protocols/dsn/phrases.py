"""The words of mail servers (`phrases.txt`), made ready to be looked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from posthouse.protocols.dsn.model import Reason

_FAR = 60  # characters that "…" may stand for
_MOST = 2000
_SECTION = re.compile(r"\[(\w+)( general)?\]")
_GAP = re.compile(r" ?… ?")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]{1,128}@[^\s<>\"'(),;:\[\]]{1,255}")
_QUERY = re.compile(r"[?#][^\s?#]{4,}")  # of a web address; its words are not the server's
_MARKS = str.maketrans(
    dict.fromkeys("\"'`()<>[]{},;:!?*=|\u2018\u2019\u201c\u201d\uff0c\uff1a", " ")
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """The phrases of one section: whole ones, and those of pieces that follow each other."""

    reason: Reason
    whole: tuple[str, ...]
    broken: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=16)  # the same text is asked about more than once
def reason_in_words(text: str) -> Reason | None:
    """What particular words say; None when there are none. 2,000 characters count."""
    return _first(_PARTICULAR, text)


def reason_in_general_words(text: str) -> Reason | None:
    """What words such as "rejected" say; None when there are none."""
    return _first(_GENERAL, text)


def normal_text(text: str) -> str:
    """Lower case, single blanks, without punctuation, addresses, and where web pages lead."""
    return _normal(_QUERY.sub(" ", _ADDRESS.sub("@", text[:_MOST])))


def _first(rules: list[_Rule], text: str) -> Reason | None:
    said = normal_text(text)
    for rule in rules:
        if any(phrase in said for phrase in rule.whole):
            return rule.reason
        if any(_in_order(said, pieces) for pieces in rule.broken):
            return rule.reason
    return None


def _normal(text: str) -> str:
    """Lower case, without punctuation, single blanks, one at each end."""
    return f" {' '.join(text.lower().translate(_MARKS).split())} "


def _in_order(said: str, pieces: tuple[str, ...]) -> bool:
    """Whether the pieces follow each other, each near the one before."""
    place = said.find(pieces[0])
    while place >= 0:
        end = place + len(pieces[0])
        for piece in pieces[1:]:
            found = said.find(piece, end, end + _FAR + len(piece))
            if found < 0:
                break
            end = found + len(piece)
        else:
            return True
        place = said.find(pieces[0], place + 1)
    return False


def _load() -> tuple[list[_Rule], list[_Rule]]:
    particular: list[_Rule] = []
    general: list[_Rule] = []
    text = resources.files(__package__).joinpath("phrases.txt").read_text("utf-8")
    for section in re.split(r"\n(?=\[)", text)[1:]:
        head, *lines = section.split("\n")
        match = _SECTION.fullmatch(head)
        assert match is not None, head
        rule = _rule(Reason(match[1]), [line for line in lines if line])
        (general if match[2] else particular).append(rule)
    return particular, general


def _rule(reason: Reason, lines: list[str]) -> _Rule:
    return _Rule(
        reason=reason,
        whole=tuple(_phrase(line) for line in lines if "…" not in line),
        broken=tuple(
            tuple(_phrase(piece) for piece in _GAP.split(line)) for line in lines if "…" in line
        ),
    )


def _phrase(line: str) -> str:
    """A line as it stands in normal text: "_" at an end is the bound of a word."""
    normal = _normal(line.strip("_"))[1:-1]
    return f"{' ' * line.startswith('_')}{normal}{' ' * line.endswith('_')}"


_PARTICULAR, _GENERAL = _load()
