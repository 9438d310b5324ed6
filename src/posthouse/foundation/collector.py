"""How often Python looks for cycles.

A mail taken apart is thousands of small lists that live for a millisecond and hold no cycle; at
Python's defaults looking through them costs a third of the work of indexing.
"""

import gc

_NEW_CONTAINERS = 50_000


def collect_rarely() -> None:
    """For a process that has loaded its modules: they are left alone, the rest is seen less."""
    gc.freeze()
    gc.set_threshold(_NEW_CONTAINERS, 20, 50)
