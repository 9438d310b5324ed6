"""Match types: `:is`, `:contains`, `:matches`, `:regex`, `:count` and `:value` over many values."""

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from posthouse.protocols.sieve import wildcards
from posthouse.protocols.sieve.budget import Budget
from posthouse.protocols.sieve.comparators import Comparator
from posthouse.protocols.sieve.expressions import check, search

MatchType = Literal["is", "contains", "matches", "regex", "count", "value", "list"]
RELATIONS: dict[str, Callable[[Any, Any], bool]] = {  # RFC 5231 4
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
}


@dataclass(frozen=True, slots=True)
class Matching:
    """How a test compares. `relation` belongs to `:count` and `:value`."""

    type: MatchType
    comparator: Comparator
    relation: str = "eq"

    def any(
        self, values: Iterable[str], keys: Sequence[str], budget: Budget
    ) -> Sequence[str] | None:
        """None when no value matches a key; else the match variables, the whole value first.

        Empty when this match type sets none: only `:matches` and `:regex` do (RFC 5229 3.2).
        """
        if self.type == "count":
            number = len(list(values))
            return self._any_related([str(number)], keys, budget)
        if self.type == "value":
            return self._any_related(values, keys, budget)
        for value in values:
            folded = self.comparator.fold(value)
            for key in keys:
                budget.pay(len(value) + len(key) + 8)
                found = self._one(value, folded, key, budget)
                if found is not None:
                    return found
        return None

    def check(self, key: str, budget: Budget) -> None:
        """Of `:regex`. Raises BadExpression."""
        check(key, fold_case=self.comparator.name != "i;octet", budget=budget)

    def _one(self, value: str, folded: str, key: str, budget: Budget) -> Sequence[str] | None:
        if self.type == "regex":
            fold_case = self.comparator.name != "i;octet"
            return search(key, value, fold_case=fold_case, budget=budget)
        if self.type == "matches":
            taken = wildcards.match(self.comparator.fold(key), folded, value, budget)
            return None if taken is None else [value, *taken]
        if self.type == "contains":
            return () if self.comparator.fold(key) in folded else None
        return () if self.comparator.rank(value) == self.comparator.rank(key) else None

    def _any_related(
        self, values: Iterable[str], keys: Sequence[str], budget: Budget
    ) -> Sequence[str] | None:
        relate = RELATIONS[self.relation]
        for value in values:
            budget.pay(len(value) + sum(map(len, keys)) + 8 * len(keys))
            mine = self.comparator.rank(value)
            if any(relate(mine, self.comparator.rank(key)) for key in keys):
                return ()
        return None
