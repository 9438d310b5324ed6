"""How servers put a reason (`families.txt`): words of one kind (`kinds.txt`) near others."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from posthouse.protocols.dsn.model import Reason

_MOST = 2000
# Characters between two kinds of words; scripts without blanks say as much in fewer.
_FAR, _FAR_UNSPACED = 40, 12
_LEAST_STEM = 3
# Of one kind in one text: a reason is not repeated more often.
_MOST_PLACES = 20
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"  # Kana, Han; Hangul joins its endings
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
# Where such a script meets letters ("发信IP") people write a blank, or none.
_SEAM = re.compile(f"(?<=[{_UNSPACED}])(?=[a-z0-9])|(?<=[a-z0-9])(?=[{_UNSPACED}])")
_WORD = re.compile(rf"[^\W_{_UNSPACED}]+")
# What servers name is not what they say: of web pages nothing is left, of addresses and hosts a
# word that stands for them. Nor is what Postfix says before the reason of whoever wrote the rule,
# or qmail after every reason.
_NAMED = re.compile(
    r"https?://\S{1,500}|(?P<namedaddress>[^\s<>\"'(),;:\[\]]{1,128}@[^\s<>\"'(),;:\[\]]{1,255})"
    r"|(?P<namedhost>(?<![\w.-])(?:[a-z0-9-]{1,63}\.){1,8}[a-z][a-z0-9-]{1,62}(?![\w.-]*\w))"
    r"|recipient address rejected:(?=\s{0,9}\w)|giving up on \S{1,64}",
    re.IGNORECASE,
)
_Kinds = Mapping[str, Sequence[str]]
_Places = Mapping[str, Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class _Words:
    """Which kinds words are of: whole ones, beginnings ("reject*"), those without blanks."""

    whole: _Kinds
    stems: _Kinds
    unspaced: _Kinds
    openings: frozenset[str]  # words with which a row of words begins that is one word here
    longest_stem: int

    def places(self, text: str) -> _Places:
        """Where words of each kind stand, in order."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        words = [(match.start(), match.end(), match[0]) for match in _WORD.finditer(text)]
        for first, (start, _, _) in enumerate(words):
            row = ""
            for _, end, word in words[first:]:
                row = f"{row} {word}" if row else word
                for kind in self._kinds(row, len(row) - len(word)):
                    found[kind].append((start, end))
                if row not in self.openings:
                    break
        if _IS_UNSPACED.search(text):
            for word, kinds in self.unspaced.items():
                for start in _occurrences(text, word):
                    for kind in kinds:
                        found[kind].append((start, start + len(word)))
        return found

    def _kinds(self, row: str, last: int) -> Iterator[str]:
        yield from self.whole.get(row, ())
        for size in range(last + _LEAST_STEM, min(len(row), self.longest_stem) + 1):
            yield from self.stems.get(row[:size], ())


@dataclass(frozen=True, slots=True)
class _Row:
    """Kinds of words that follow each other, each within reach of the one before."""

    reason: Reason
    kinds: tuple[str, ...]

    def holds(self, text: str, places: _Places) -> bool:
        if not all(kind in places for kind in self.kinds):
            return False
        before = places[self.kinds[0]][:_MOST_PLACES]
        for kind in self.kinds[1:]:
            before = [
                span
                for span in places[kind][:_MOST_PLACES]
                if any(end <= span[0] <= end + _reach(text, span[0]) for _, end in before)
            ]
        return bool(before)


@lru_cache(maxsize=16)  # the same text is asked about more than once
def reason_by_family(text: str) -> Reason | None:
    """What words of such kinds say together; None when they say nothing. 2,000 characters count."""
    text = _NAMED.sub(lambda named: f" {named.lastgroup or ''} ", text[:_MOST]).lower()
    places = _WORDS.places(text)
    begun = sorted(number for kind in places for number in _BY_FIRST_KIND.get(kind, ()))
    return next(
        (_ROWS[number].reason for number in begun if _ROWS[number].holds(text, places)), None
    )


def _reach(text: str, place: int) -> int:
    return _FAR_UNSPACED if _IS_UNSPACED.match(text, place) else _FAR


def _occurrences(text: str, word: str) -> Iterator[int]:
    start = text.find(word)
    while start >= 0:
        yield start
        start = text.find(word, start + len(word))


def _read(name: str) -> Iterator[tuple[str, str]]:
    """(head, lines) of each section of a file."""
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    for section in re.split(r"^(?=\[)", text, flags=re.MULTILINE)[1:]:
        head, _, lines = section.partition("\n")
        yield head.strip("[]"), lines.strip()


def _load() -> tuple[_Words, list[_Row]]:
    kinds: dict[str, set[str]] = defaultdict(set)
    for names, lines in _read("kinds.txt"):
        words = " ".join(lines.split()).split(" | ")
        for name in names.split():
            kinds[name].update(words)
    rows: list[_Row] = []
    for reason, lines in _read("families.txt"):
        for line in lines.split("\n"):
            pieces = tuple(line.split(" … "))
            kinds |= {piece: {piece} for piece in pieces if piece not in kinds}
            rows.append(_Row(Reason(reason), pieces))
    return _vocabulary(kinds), rows


def _vocabulary(kinds: Mapping[str, Iterable[str]]) -> _Words:
    whole: dict[str, list[str]] = defaultdict(list)
    stems: dict[str, list[str]] = defaultdict(list)
    unspaced: dict[str, list[str]] = defaultdict(list)
    for kind, words in kinds.items():
        for word in words:
            if _IS_UNSPACED.search(word):
                for each in {word.rstrip("*"), _SEAM.sub(" ", word.rstrip("*"))}:
                    unspaced[each].append(kind)
            elif word.endswith("*"):
                stems[word[:-1]].append(kind)
            else:
                whole[word].append(kind)
    return _Words(
        whole=dict(whole),
        stems=dict(stems),
        unspaced=dict(unspaced),
        openings=frozenset(_openings((*whole, *stems))),
        longest_stem=max(map(len, stems)),
    )


def _openings(rows: Iterable[str]) -> Iterator[str]:
    for row in rows:
        words = row.split(" ")
        yield from (" ".join(words[:size]) for size in range(1, len(words)))


def _by_first_kind(rows: Sequence[_Row]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        found[row.kinds[0]].append(number)
    return dict(found)


_WORDS, _ROWS = _load()
_BY_FIRST_KIND = _by_first_kind(_ROWS)
