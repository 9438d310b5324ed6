"""Everybody tries every door, and sees what the table in doors.py says: no more and no less.

Doors are looked for in the code. One that is not in the table fails here; doors.py says how to add
it.
"""

import importlib
import re
from collections.abc import AsyncIterator, Iterator, Mapping

import pytest
import typer

from posthouse.commands import app as command_line
from posthouse.foundation.db import Database
from posthouse.protocols.managesieve.commands import NAMES
from posthouse.protocols.pop3.rules import ALLOWED
from posthouse.servers.imap.commands import HANDLERS
from tests.access import scene as words
from tests.access.doors import (
    COMMANDS,
    FUNCTIONS,
    HTTP,
    IMAP,
    MANAGESIEVE,
    POP3,
    Door,
    Facet,
    Plain,
)
from tests.access.scene import Person, Scene, http_handlers, set_scene
from tests.support.statements import program_modules

_WORDS = {
    Facet.FOLDER: words.FOLDER,
    Facet.SENDER: words.SENDER,
    Facet.SUBJECT: words.SUBJECT,
    Facet.BODY: words.BODY,
}


@pytest.fixture
async def scene(house: Database) -> AsyncIterator[Scene]:
    async with set_scene(house) as made:
        yield made


@pytest.mark.parametrize(
    "doors", [FUNCTIONS, IMAP, POP3, HTTP], ids=["functions", "imap", "pop3", "http"]
)
async def test_everybody_sees_what_they_may(scene: Scene, doors: Mapping[str, Door | Plain]):
    differences = []
    for name, door in doors.items():
        if isinstance(door, Plain):
            continue
        for person in Person:
            said = await door.look(scene, person)
            seen, allowed = _seen(door, said), door.sees.get(person, frozenset())
            if seen != allowed:
                differences.append(
                    f"{name}, {person}: too much {sorted(seen - allowed)},"
                    f" missing {sorted(allowed - seen)}"
                )
    assert not differences, "\n".join(differences)


def test_every_http_door_is_in_the_table():
    assert set(http_handlers()) == set(HTTP)


def test_every_imap_command_is_in_the_table():
    assert {command.__name__ for command in HANDLERS} == set(IMAP)


def test_every_managesieve_command_is_in_the_table():
    assert set(NAMES) == set(MANAGESIEVE)


def test_every_pop3_command_is_in_the_table():
    assert {command.__name__ for command in ALLOWED} == set(POP3)


def test_every_command_is_in_the_table():
    for name in program_modules():
        if name.startswith("posthouse.commands."):
            importlib.import_module(name)
    found = set(_commands(command_line.app))
    assert found == set(COMMANDS)


def _seen(door: Door, said: str) -> frozenset[Facet]:
    seen = {facet for facet, word in _WORDS.items() if word in said}
    for facet, pattern in ((Facet.EXISTS, door.exists), (Facet.CHANGES, door.changes)):
        if pattern is not None and re.search(pattern, said):
            seen.add(facet)
    return frozenset(seen)


def _commands(app: typer.Typer, prefix: str = "") -> Iterator[str]:
    for command in app.registered_commands:
        assert command.callback is not None
        yield prefix + (command.name or command.callback.__name__.replace("_", "-"))
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from _commands(group.typer_instance, f"{prefix}{group.name} ")
