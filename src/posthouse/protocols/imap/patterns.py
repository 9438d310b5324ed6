"""The wildcards of LIST (RFC 3501 6.3.8), at worst in length of pattern times length of name."""

import re

SEPARATOR = "/"
_RUN_OF_WILDCARDS = re.compile(r"[*%]{2,}")


def matches(pattern: str, name: str) -> bool:
    """Whether `name` fits: `*` is anything, `%` anything within one level of hierarchy."""
    pattern = _RUN_OF_WILDCARDS.sub(lambda run: "*" if "*" in run[0] else "%", pattern)
    if name.partition(SEPARATOR)[0] == "INBOX":  # RFC 3501 5.1: in any case
        top, separator, rest = pattern.partition(SEPARATOR)
        pattern = top.upper() + separator + rest
    alive = _after_wildcards(pattern, {0})
    for letter in name:
        following = set()
        for state in alive:
            if state == len(pattern):
                continue
            expected = pattern[state]
            if expected == "*" or (expected == "%" and letter != SEPARATOR):
                following.add(state)
            elif expected == letter:
                following.add(state + 1)
        alive = _after_wildcards(pattern, following)
        if not alive:
            return False
    return len(pattern) in alive


def _after_wildcards(pattern: str, states: set[int]) -> set[int]:
    """A wildcard may also stand for nothing."""
    return states | {s + 1 for s in states if s < len(pattern) and pattern[s] in "*%"}
