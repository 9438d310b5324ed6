"""Scripts included by scripts (RFC 6609): found, read and checked once, however often included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from posthouse.protocols.sieve.errors import ScriptError, ScriptFailed, shown
from posthouse.protocols.sieve.machine import Machine, Run

# RFC 6609 3.1 asks for three at least; each is as deep in Python's stack as its blocks are nested.
MOST_DEEP = 5

Location = Literal["personal", "global"]
Find = Callable[[Location, str], bytes | None]
Part = tuple[Run, frozenset[str]]  # what runs, and the extensions it uses


class BadInclude(Exception):
    """The text says why the script cannot be included."""


class Returned(Exception):
    """`return` was reached: what is left of the included script is not run."""


@dataclass(frozen=True, slots=True)
class Name:
    """What a script is included by."""

    location: Location
    text: str


class Shelf:
    """The scripts that one script includes, directly or not. `read` turns one into what runs."""

    def __init__(self, find: Find, read: Callable[[bytes, Shelf], Part]) -> None:
        self._find, self._read = find, read
        self._open: list[Name] = []
        self._ready: dict[Name, Run] = {}
        self._wrong: dict[Name, str] = {}
        self._extensions: frozenset[str] = frozenset()

    def prepare(self, name: Name, *, once: bool) -> bool:
        """Read it; False when there is none. Raises BadInclude."""
        if name in self._open:
            if once:  # by the time this runs it has been included
                return True
            raise BadInclude(f"“{shown(name.text)}” includes itself.")
        if name in self._wrong:
            raise BadInclude(self._wrong[name])
        if name in self._ready:
            return True
        content = self._find(name.location, name.text)
        if content is None:
            return False
        if len(self._open) >= MOST_DEEP:
            raise BadInclude(f"Scripts are included more than {MOST_DEEP} deep.")
        self._open.append(name)
        try:
            self._ready[name], extensions = self._read(content, self)
            self._extensions |= extensions
        except ScriptError as error:
            self._wrong[name] = f"In “{shown(name.text)}”, {error.problems[0]}"
            raise BadInclude(self._wrong[name]) from None
        finally:
            self._open.pop()
        return True

    def seal(self) -> frozenset[str]:
        """All is read: what runs lives long, and need not keep the texts. The extensions used."""
        self._find = lambda location, name: None
        return self._extensions

    def run(self, name: Name, machine: Machine) -> None:
        """With variables of its own (RFC 6609 3.4); `stop` in it is the end of everything."""
        if machine.depth >= MOST_DEEP:
            raise ScriptFailed(f"Scripts are included more than {MOST_DEEP} deep.")
        around = machine.variables, machine.matched
        machine.variables, machine.matched = {}, ()
        machine.depth += 1
        try:
            self._ready[name](machine)
        except Returned:
            pass
        finally:
            machine.depth -= 1
            machine.variables, machine.matched = around
