"""How bounces are read of mail systems whose words nobody had put into `phrases.txt`.

The phrases were written with all of the suite before our eyes. So those that nothing but the
systems asked about bears out are withdrawn while these are read: what is left was there without
them. The kinds of words in `families.txt` stay.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from posthouse.protocols.dsn import phrases
from tests.corpora import bounces

_PARTS = 3
_TABLES = ("_PARTICULAR", "_GENERAL")
Phrase = str | tuple[str, ...]


def share_read_right(files: Mapping[Path, Counter[str]], seed: int) -> float:
    """Of the reasons; each system is in one third, and each third is read once."""
    borne_out = _borne_out(files)
    systems = sorted({_system(path) for path in files})
    random.Random(seed).shuffle(systems)
    wrong = 0
    for part in range(_PARTS):
        unheard = set(systems[part::_PARTS])
        with _without(borne_out, unheard):
            for path, expected in files.items():
                if _system(path) in unheard:
                    wrong += (expected - bounces.read(path)[0]).total()
    return 1 - wrong / sum(expected.total() for expected in files.values())


def _system(path: Path) -> str:
    return path.stem.rpartition("-")[0]


def _borne_out(files: Collection[Path]) -> dict[Phrase, set[str]]:
    """Of which systems' mail each phrase holds."""
    said: dict[str, set[str]] = defaultdict(set)
    normal = phrases._normal

    def heard(text: str) -> str:
        found = normal(text)
        said[found].add(system)
        return found

    with patch.object(phrases, "_normal", heard):
        for path in files:
            system = _system(path)
            bounces.read(path)
    systems: dict[Phrase, set[str]] = defaultdict(set)
    for text, who in said.items():
        for rule in (*phrases._PARTICULAR, *phrases._GENERAL):
            for phrase in rule.whole:
                if phrase in text:
                    systems[phrase] |= who
            for pieces in rule.broken:
                if phrases._in_order(text, pieces):
                    systems[pieces] |= who
    return systems


@contextmanager
def _without(borne_out: Mapping[Phrase, set[str]], systems: set[str]) -> Iterator[None]:
    def known(phrase: Phrase) -> bool:
        who = borne_out.get(phrase)
        return who is None or bool(who - systems)

    def rest(rules: list[phrases._Rule]) -> list[phrases._Rule]:
        return [
            replace(
                rule,
                whole=tuple(filter(known, rule.whole)),
                broken=tuple(filter(known, rule.broken)),
            )
            for rule in rules
        ]

    with ExitStack() as patches:
        for name in _TABLES:
            table = rest(getattr(phrases, name))
            patches.enter_context(patch.object(phrases, name, table))
        yield
