"""Every named statement of the program, found by importing every module."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

import posthouse
from posthouse.foundation.sql import Queries, Statement

_NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SqlFile:
    """A file of named statements: its package, and the names in it."""

    package: str
    file: str
    names: tuple[str, ...]


def program_modules() -> list[str]:
    """The modules of the program, without tests and without what runs when imported."""
    found = pkgutil.walk_packages(posthouse.__path__, "posthouse.")
    return [
        module.name
        for module in found
        if ".tests" not in module.name and not module.name.endswith("__main__")
    ]


def program_statements() -> list[Statement]:
    """The statements of every `SQL` in the program, macros filled in, each once."""
    found: dict[tuple[str, str], Statement] = {}
    for name in program_modules():
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, Queries):
                found |= {(one.name, one.text): one for one in value.values()}
    return list(found.values())


def sql_files() -> list[SqlFile]:
    """The files of statements in the package, migrations apart."""
    return list(_files(resources.files("posthouse"), "posthouse"))


def _files(folder: Traversable, package: str) -> Iterator[SqlFile]:
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name not in ("tests", "migrations", "__pycache__"):
                yield from _files(entry, f"{package}.{entry.name}")
        elif entry.name.endswith(".sql"):
            names = _NAME.findall(entry.read_text("utf-8"))
            yield SqlFile(package, entry.name, tuple(names))
