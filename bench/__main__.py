"""`python -m bench [NAME…]`: run all benches or some, show what was measured, judge it.

BENCH_SCALE=0.05 runs a small part (nothing is judged then), BENCH_RUNS=N another number of runs.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import unicodedata

from bench.figures import Figure, scale
from bench.house import DURABILITY

# name → module; the quick ones first
BENCHES = {
    "dkim": "bench.dkim",
    "mime": "bench.mime",
    "compiled": "bench.compiled",
    "pull": "bench.pull",
    "idle": "bench.idle",
    "accounts": "bench.idle_accounts",
    "pop3": "bench.pop3",
    "imap": "bench.imap",
    "receive": "bench.receive",
    "deliver": "bench.deliver",
    "api": "bench.api",
    "sync": "bench.sync",
    "resync": "bench.resync",
    "import": "bench.import_",
}


def main() -> int:
    """1 when a limit is missed."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure us beside our peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    chosen = parser.parse_args().names or list(BENCHES)
    if unknown := set(chosen) - set(BENCHES):
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    print(json.dumps(_machine()), flush=True)
    found: list[tuple[str, Figure]] = []
    for name in chosen:
        for figure in importlib.import_module(BENCHES[name]).measure():
            print(figure.as_json(name), flush=True)
            found.append((name, figure))
    print(json.dumps({"server": DURABILITY}))
    _print_table(found)
    if scale() < 1:
        print(f"\nOnly {scale():g} of the full amount was run: limits are not judged.")
        return 0
    return 0 if all(figure.reached for _, figure in found) else 1


def _machine() -> dict[str, object]:
    return {
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "scale": scale(),
    }


def _print_table(found: list[tuple[str, Figure]]) -> None:
    head = ("bench", "figure", "ours", "peer", "ratio", "must reach", "")
    rows = [head, *((name, *figure.cells()) for name, figure in found)]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    print()
    for row in rows:
        cells = (cell + " " * (w - _width(cell)) for cell, w in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    print(f"\n{len(os.sched_getaffinity(0))} cores; our server ran with", end=" ")
    said = ", ".join(f"{name}={value}" for name, value in DURABILITY.items())
    print(said or "nothing: no bench needed it")
    for name, ran in dict.fromkeys((name, figure.ran) for name, figure in found):
        print(f"  {name}: {ran}")


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


if __name__ == "__main__":
    sys.exit(main())
