"""Judging a mail by what the house has learned; and saying why."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from posthouse.mail.filtering.learning import Key, Table
from posthouse.mail.filtering.model import Group, Judgement, Reason
from posthouse.mail.filtering.numbers import Numbers
from posthouse.mail.filtering.traits import Traits

_MOST_REASONS = 4
_MOST_EXAMPLES = 4
_MOST_LOOKED_AT = 40
_LONGEST = 80
# The marks of named traits that are followed by something a person knows.
_TOLD: Mapping[Group, frozenset[str]] = {
    Group.LINKS: frozenset(("host",)),
    Group.SENDER: frozenset(("author", "house", "name")),
    Group.LISTS: frozenset(("list",)),
}
TRICKS = frozenset(
    (
        "spelled out",
        "parted characters",
        "disguised words",
        "number in characters",
        "unseen characters",
        "foreign letters",
        "odd letters",
        "hidden text",
        "tiny text",
        "pale text",
        "cut words",
        "letters as numbers",
        "disguised link",
        "numeric host",
        "link with a name",
        "encoded host",
        "another address as name",
        "answers go elsewhere",
        "no receiver",
        "shouting subject",
        "shouting",
        "money",
        "telephones",
        "two endings",
        "spf fail",
        "dmarc fail",
        "dkim fail",
    )
)
"""Names of traits of form that the page has words for."""
# What weighs less than that is no reason.
_LEAST = 0.15
_KINDS: Mapping[Group, str] = {
    Group.WORDS: "words",
    Group.SUBJECT: "subject",
    Group.FORM: "form",
    Group.LINKS: "links",
    Group.SENDER: "sender",
    Group.MARKUP: "markup",
    Group.LISTS: "list",
    Group.PATH: "path",
    Group.HABITS: "form",
    Group.WAY: "path",
}


def judge(traits: Traits, table: Table, key: Key, salts: Sequence[int], needed: float) -> Judgement:
    """`salts` say whose opinion counts; from a score of `needed` on it is junk, with reasons."""
    score = table.score(key.sample(traits.numbers, salts))
    if score < needed:
        return Judgement(score)
    return Judgement(score, junk=True, reasons=_reasons(traits, table, key, salts))


def _reasons(traits: Traits, table: Table, key: Key, salts: Sequence[int]) -> tuple[Reason, ...]:
    weights: defaultdict[str, float] = defaultdict(float)
    examples: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    for group, numbers in traits.numbers.items():
        if len(numbers):
            share = _shares(group, numbers, table, key, salts)
            weights[_KINDS[group]] += float(share.sum())
            examples[_KINDS[group]] += _examples(traits, group, numbers, share)
    loudest = sorted(
        (kind for kind in weights if weights[kind] >= _LEAST), key=lambda k: -weights[k]
    )
    return tuple(Reason(kind, examples[kind]) for kind in loudest[:_MOST_REASONS])


def _shares(
    group: Group, numbers: Numbers, table: Table, key: Key, salts: Sequence[int]
) -> NDArray[np.float32]:
    """What each trait of a group adds to the score."""
    weights = np.zeros(len(numbers), np.float32)
    for salt in salts:
        weights += table.weights[key.places(numbers, salt)]
    return weights * key.values(group, len(numbers))


def _examples(
    traits: Traits, group: Group, numbers: Numbers, share: NDArray[np.float32]
) -> tuple[str, ...]:
    """The loudest, in words that a person understands; nothing is said twice."""
    found: list[str] = []
    for place in np.argsort(-share)[:_MOST_LOOKED_AT].tolist():
        if share[place] <= 0 or len(found) == _MOST_EXAMPLES:
            break
        name = _in_words(traits, group, numbers, place)
        if len(name) > 1 and not any(name in other or other in name for other in found):
            found.append(name[:_LONGEST])
    return tuple(found)


def _in_words(traits: Traits, group: Group, numbers: Numbers, place: int) -> str:
    """The mail's own words, a host, an address, or the name of a trick; "" of what says nothing to
    a person.
    """
    if group is Group.WORDS:
        return traits.body.find(numbers[place], 0) or traits.subject.find(numbers[place], 0)
    if group is Group.SUBJECT:
        return traits.subject.find(numbers[place], group)
    if group is Group.FORM:
        name = traits.names[group][place].removeprefix("subject: ").rstrip(" 0123456789")
        return name if name in TRICKS else ""
    if group in _TOLD:
        mark, _, said = traits.names[group][place].partition(" ")
        return said if mark in _TOLD[group] else ""
    return ""
