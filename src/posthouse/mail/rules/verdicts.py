"""What was found in a mail before the rules, as RFC 5235 counts it: from the verdict we keep."""

from collections.abc import Mapping
from math import tanh
from typing import Any

# From what score on rspamd marks mail, unless its settings were changed.
_RSPAMD_JUNK = 6.0
_MOST_LIKELY = 99  # 100 is what went to Junk
_CLEAN, _INFECTED = 1, 5  # RFC 5235 3.3


def spam_of(verdict: Mapping[str, Any], *, junk: bool) -> int | None:
    """How likely it is junk, 0 to 100 (RFC 5235 3.2.2); None when nobody looked.

    What all of our checks together sent to Junk is 100; below that, who suspects it most counts.
    """
    if junk:
        return 100
    suspicions: list[float] = []
    if (learned := verdict.get("filter")) is not None:
        # The logarithm of the odds: 0 is what nothing is known of, and that is good mail.
        suspicions.append(tanh(learned["score"] / 2))
    if (outside := verdict.get("rspamd")) is not None:
        suspicions.append(outside["score"] / _RSPAMD_JUNK)
    if not suspicions:
        return None
    return min(max(round(100 * max(suspicions)), 0), _MOST_LIKELY)


def virus_of(verdict: Mapping[str, Any]) -> int | None:
    """1 or 5 (RFC 5235 3.3); None when nobody looked."""
    if "virus" in verdict:
        return _INFECTED
    return _CLEAN if verdict.get("clean") else None
