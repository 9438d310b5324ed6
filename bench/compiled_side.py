"""One side of `bench.compiled`, a program: for each part it prints mails a second of CPU time."""

import importlib.machinery
import os
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from time import process_time

_SOURCES = Path(__file__).resolve().parents[1] / "src"


def _without_compiled() -> None:
    """From here on modules below src/ are loaded from their sources."""
    plain = (importlib.machinery.SourceFileLoader, importlib.machinery.SOURCE_SUFFIXES)

    def finder(path: str) -> importlib.machinery.FileFinder:
        if not Path(path).is_relative_to(_SOURCES):
            raise ImportError
        return importlib.machinery.FileFinder(path, plain)

    sys.path_hooks.insert(0, finder)
    sys.path_importer_cache.clear()


def _rates() -> list[float]:
    from bench.compiled import MESSAGES
    from bench.figures import scaled
    from bench.letters import letters
    from bench.lines import real
    from posthouse.mail.mailboxes.prepare import prepare_whole
    from posthouse.mail.search.writing import read_document, writer_of
    from posthouse.security.vault import Keyring

    made = list(letters(scaled(MESSAGES), pool=real()))
    keys = Keyring(uuid.uuid4(), {1: os.urandom(32)})
    writer = writer_of(keys)
    return [
        _rate(lambda raw: prepare_whole(raw, keys), made),
        _rate(lambda raw: writer.chunks(read_document(raw, ())), made),
    ]


def _rate(work: Callable[[bytes], object], made: list[bytes]) -> float:
    for raw in made[: len(made) // 10]:  # what is remembered is there
        work(raw)
    began = process_time()
    for raw in made:
        work(raw)
    return len(made) / (process_time() - began)


if __name__ == "__main__":
    if sys.argv[1] == "plain":
        _without_compiled()  # before anything of ours is loaded
    print(*_rates())
