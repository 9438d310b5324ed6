"""Python runs this first where PYTHONPATH leads to it: the wall clock jumps as a file says.

Only that clock: what measures how long something takes goes on as ever, as when an operator or NTP
sets the time.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime


def _jumping(offset_file: str, true: Callable[[], float]) -> Callable[[], float]:
    def jumped() -> float:
        with open(offset_file) as file:
            return true() + float(file.read())

    return jumped


if "JUMPING_CLOCK" in os.environ:
    from posthouse.foundation import clock

    time.time = _jumping(os.environ["JUMPING_CLOCK"], time.time)
    clock.hold(lambda: datetime.fromtimestamp(time.time(), UTC))
