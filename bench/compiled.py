"""What compiling gains: the same sources, compiled and plain, each in processes of its own."""

import subprocess
import sys
from collections.abc import Iterator

from bench.figures import Figure, rounds, scaled

MESSAGES = 1_000
_PARTS = ("take apart and encrypt", "words for the index")


def measure() -> Iterator[Figure]:
    """One figure for each part: messages a second of CPU time."""
    ours: list[list[float]] = []
    theirs: list[list[float]] = []
    for _ in range(rounds()):
        ours.append(_in_a_process("compiled"))
        theirs.append(_in_a_process("plain"))
    for number, part in enumerate(_PARTS):
        yield Figure(
            name=part,
            unit="messages/s",
            ours=[each[number] for each in ours],
            peers=[each[number] for each in theirs],
            peer="the same, not compiled",
            limit=1.05,
            at_least=True,
            ran=f"{scaled(MESSAGES)} letters, {len(ours)} runs each",
        )


def _in_a_process(form: str) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.compiled_side", form],
        check=True,
        capture_output=True,
        text=True,
    )
    return [float(each) for each in done.stdout.split()]
