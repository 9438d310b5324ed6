"""Counters and clocks for Prometheus, declared where they are counted, served by servers/http.

The processes of one `serve` write into one folder (FOLDER_VARIABLE), so that whoever answers
`/metrics` speaks for all of them.
"""

import os
import shutil
from pathlib import Path

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

__all__ = [
    "FOLDER_VARIABLE",
    "Counter",
    "Gauge",
    "Histogram",
    "exposition",
    "forget_process",
    "fresh_folder",
]

# Read by prometheus_client when it is imported: it must be set before a process starts.
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def fresh_folder(folder: Path) -> str:
    """An empty folder for the figures of the processes about to start."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return str(folder)


def forget_process(folder: Path, pid: int) -> None:
    """What was open in a process that ended is open no more; what it counted stays."""
    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


def exposition() -> bytes:
    """All figures in Prometheus' text format: of all processes, or of this one alone."""
    if FOLDER_VARIABLE not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
