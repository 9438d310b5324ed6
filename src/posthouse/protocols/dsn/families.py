"""How servers put a reason (`families.txt`): words of one kind near words of another."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from posthouse.protocols.dsn.model import Reason

_MOST = 2000
# Characters between two kinds of words; scripts without blanks say as much in fewer.
_FAR, _FAR_CJK = 40, 12
_LEAST_STEM = 3
# Of one kind in one text: a reason is not repeated more often.
_MOST_PLACES = 20
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
# What servers name is not what they say: web pages, addresses, hosts. Nor is what Postfix says
# before the reason of whoever wrote the rule.
_NAMED = re.compile(
    r"https?://\S{1,500}|[^\s<>\"'(),;:\[\]]{1,128}@[^\s<>\"'(),;:\[\]]{1,255}"
    r"|(?<![\w.-])(?:[a-z0-9-]{1,63}\.){1,8}[a-z][a-z0-9-]{1,62}(?![\w.-]*\w)"
    r"|recipient address rejected:(?=\s{0,9}\w)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Words:
    """Which kinds words are of: whole ones, beginnings ("reject*"), those without blanks."""

    whole: Mapping[str, list[str]]
    stems: Mapping[str, list[str]]
    unspaced: Mapping[str, list[str]]
    longest: int  # row of words that is one word here

    def places(self, text: str) -> dict[str, list[tuple[int, int]]]:
        """Where words of each kind stand, in order."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        words = [(match.start(), match.end(), match[0]) for match in _WORD.finditer(text)]
        for first in range(len(words)):
            row = ""
            for _, end, word in words[first : first + self.longest]:
                row = f"{row} {word}" if row else word
                for kind in self._kinds(row, len(row) - len(word)):
                    found[kind].append((words[first][0], end))
        if _CJK.search(text):
            for word, kinds in self.unspaced.items():
                for match in re.finditer(word, text):
                    for kind in kinds:
                        found[kind].append(match.span())
        return found

    def _kinds(self, row: str, last: int) -> Iterator[str]:
        yield from self.whole.get(row, ())
        for size in range(last + _LEAST_STEM, len(row) + 1):
            if kinds := self.stems.get(row[:size]):
                yield from kinds


@dataclass(frozen=True, slots=True)
class _Row:
    """Kinds of words that follow each other, each within reach of the one before."""

    reason: Reason
    kinds: tuple[str, ...]
    reach: int

    def holds(self, places: Mapping[str, _Spans]) -> bool:
        if not all(kind in places for kind in self.kinds):
            return False
        ends = [end for _, end in places[self.kinds[0]][:_MOST_PLACES]]
        for kind in self.kinds[1:]:
            spans = places[kind][:_MOST_PLACES]
            ends = [
                end
                for start, end in spans
                if any(before <= start <= before + self.reach for before in ends)
            ]
        return bool(ends)


def reason_by_family(text: str) -> Reason | None:
    """What words of such kinds say together; None when they say nothing. 2,000 characters count."""
    places = _WORDS.places(_NAMED.sub(" ", text[:_MOST]).lower())
    return next((row.reason for row in _ROWS if row.holds(places)), None)


def _load() -> tuple[_Words, list[_Row]]:
    text = resources.files(__package__).joinpath("families.txt").read_text("utf-8")
    head, *sections = re.split(r"\n(?=\[)", text)
    kinds: dict[str, list[str]] = {}
    for line in head.split("\n"):
        name, colon, words = line.partition(": ")
        if colon and name.isalpha():
            kinds[name] = words.split(" | ")
    rows: list[_Row] = []
    for section in sections:
        reason, *lines = (line for line in section.split("\n") if line)
        for line in lines:
            pieces = tuple(line.split(" … "))
            kinds |= {piece: [piece] for piece in pieces if piece not in kinds}
            plain = any(_CJK.search(word) for piece in pieces for word in kinds[piece])
            rows.append(_Row(Reason(reason.strip("[]")), pieces, _FAR_CJK if plain else _FAR))
    return _vocabulary(kinds), rows


def _vocabulary(kinds: Mapping[str, list[str]]) -> _Words:
    whole: dict[str, list[str]] = defaultdict(list)
    stems: dict[str, list[str]] = defaultdict(list)
    unspaced: dict[str, list[str]] = defaultdict(list)
    for kind, words in kinds.items():
        for word in words:
            if _CJK.search(word):
                unspaced[word.rstrip("*")].append(kind)
            elif word.endswith("*"):
                stems[word[:-1]].append(kind)
            else:
                whole[word].append(kind)
    longest = max(word.count(" ") + 1 for word in (*whole, *stems))
    return _Words(dict(whole), dict(stems), dict(unspaced), longest)


_WORDS, _ROWS = _load()
