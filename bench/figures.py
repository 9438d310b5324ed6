"""What a bench found: one figure per line of the table, its limit, and whether it is reached."""

import json
import os
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row. `ours` and `peers` hold a value per run, side by side in the same run.

    What is judged is the median over the runs of `ours`, or of its ratio to the peer when there
    is one; the smaller the better unless `at_least`.
    """

    name: str
    unit: str
    limit: float
    ours: list[float]
    peers: list[float] = field(default_factory=list)
    peer: str = ""
    at_least: bool = False
    ran: str = ""

    @property
    def judged(self) -> float:
        """The value beside the limit."""
        if not self.peers:
            return median(self.ours)
        return median(a / b for a, b in zip(self.ours, self.peers, strict=True))

    @property
    def reached(self) -> bool:
        """Whether it holds."""
        return self.judged >= self.limit if self.at_least else self.judged <= self.limit

    def as_json(self, bench: str, **more: Any) -> str:
        """One line for programs."""
        values: dict[str, Any] = {
            "bench": bench,
            "figure": self.name,
            "unit": self.unit,
            "ours": _round(median(self.ours)),
            "runs": [_round(value) for value in self.ours],
        }
        if self.peers:
            values["peer"] = self.peer
            values["peer_median"] = _round(median(self.peers))
            values["peer_runs"] = [_round(value) for value in self.peers]
            values["ratio"] = _round(self.judged)
        values["limit"] = self.limit
        values["limit_is"] = "at least" if self.at_least else "at most"
        values["reached"] = self.reached
        return json.dumps({**values, "ran": self.ran, **more}, ensure_ascii=False)

    def cells(self) -> tuple[str, ...]:
        """For people: what, ours, the peer's, the ratio, the limit, the verdict."""
        sign, times = ("≥" if self.at_least else "≤"), " ×" if self.peers else f" {self.unit}"
        return (
            self.name,
            f"{_short(median(self.ours))} {self.unit}",
            f"{_short(median(self.peers))} ({self.peer})" if self.peers else "–",
            f"{self.judged:.2f} ×" if self.peers else "–",
            f"{sign} {self.limit:g}{times}",
            "reached" if self.reached else "MISSED",
        )


def scale() -> float:
    """BENCH_SCALE: the share of the full amount that is run; below 1 nothing is judged."""
    return float(os.environ.get("BENCH_SCALE", "1"))


def scaled(count: int, *, least: int = 20) -> int:
    """That many at this scale."""
    return max(least, round(count * scale()))


def rounds(wanted: int = 5) -> int:
    """Interleaved runs: at least five, BENCH_RUNS for another number, one in a smoke test."""
    given = os.environ.get("BENCH_RUNS")
    if given:
        return max(1, int(given))
    return wanted if scale() >= 1 else 1


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _round(value: float) -> float:
    return float(f"{value:.4g}")


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
