"""The table of cases where we read a message otherwise than the suite it comes from."""

from __future__ import annotations

import tomllib
from pathlib import Path

_TABLE = Path(__file__).with_name("deviations.toml")


def allowed(suite: str) -> dict[str, str]:
    """ "case field" → why we differ there."""
    table = tomllib.loads(_TABLE.read_text("utf-8"))
    return {
        case: deviation["reason"]
        for deviation in table["deviation"]
        if deviation["suite"] == suite
        for case in deviation["cases"]
    }


def judge(suite: str, differences: dict[str, str]) -> str:
    """What is wrong between the differences found and the table; "" when they agree."""
    table = allowed(suite)
    unknown = [f"{case}: {what}" for case, what in differences.items() if case not in table]
    stale = [f"{case}: no longer differs" for case in table if case not in differences]
    return "\n".join(unknown + stale)
