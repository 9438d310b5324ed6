"""What the set-up page is told of the machine: a real name server, real ports."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied
from posthouse.foundation.settings import DEFAULT_LISTENERS, Settings
from posthouse.mail.setup import api
from posthouse.mail.setup.surroundings import USUAL_PORTS, knock, look_around
from posthouse.security.members import Role, create_workspace
from tests.support.dns_server import DnsServer
from tests.support.ports import free_ports

PASSWORD = "four horses at the gate"


def settings_with(tmp_path: Path, **values: Any) -> Settings:
    listeners = {**DEFAULT_LISTENERS, **values.pop("listeners", {})}
    return Settings(data=tmp_path, listeners=listeners, **values)


def test_a_fresh_machine_has_no_name_and_hears_only_itself(tmp_path: Path):
    machine = look_around(settings_with(tmp_path))
    assert (machine.hostname, machine.named, machine.public_url) == ("localhost", False, None)
    reach = {each.name: each.reach for each in machine.listeners}
    assert (reach.pop("https"), reach.pop("challenges")) == ("off", "off")
    assert set(reach.values()) == {"machine"}


def test_listeners_are_told_with_where_they_hear(tmp_path: Path):
    given = {"smtp": "0.0.0.0:25", "imaps": "[::]:993", "pop3": "off", "imap": "localhost:143"}
    machine = look_around(settings_with(tmp_path, hostname="mail.acme.example", listeners=given))
    assert machine.named
    found = {each.name: each for each in machine.listeners}
    assert (found["smtp"].host, found["smtp"].port, found["smtp"].reach) == (
        "0.0.0.0",
        25,
        "network",
    )
    assert (found["imaps"].reach, found["imap"].reach) == ("network", "machine")
    assert (found["pop3"].reach, found["pop3"].port, found["pop3"].usual_port) == ("off", None, 110)


async def test_ports_are_knocked_at_where_dns_says_that_we_are(house: Database):
    open_port, closed_port = free_ports(2)
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", open_port)
    zones = {"mail.acme.example": {"A": ["127.0.0.1"]}}
    async with server:
        with DnsServer(zones) as dns:
            house.provide(
                settings_with(
                    house.service(Settings).data,
                    hostname="mail.acme.example",
                    resolver=dns.address,
                    listeners={"pop3": "off"},
                )
            )
            ports = {"smtp": open_port, "imaps": closed_port, "pop3": closed_port}
            ports["https"] = open_port  # of a web server beside us
            found = await knock(house, ports)
            assert [(each.listener, each.address, each.answer) for each in found] == [
                ("smtp", "127.0.0.1", "open"),
                ("imaps", "127.0.0.1", "closed"),
                ("https", "127.0.0.1", "open"),
            ]
            settings = house.service(Settings)
            house.provide(replace(settings, hostname="unknown.example"))
            assert await knock(house, ports) == []


async def test_only_who_runs_the_house_is_told(house: Database):
    actors = [
        await create_workspace(house, name, f"{name}.example", f"a@{name}.example", PASSWORD)
        for name in ("acme", "other")
    ]
    first, other = actors
    doors: tuple[Any, ...] = (api.read_machine, api.knock_at_ports)
    for door in doors:
        for stranger in (other, replace(first, role=Role.MEMBER)):
            with pytest.raises(Denied):
                await door.fn(actor=stranger, database=house)
    told = await api.read_machine.fn(actor=first, database=house)
    assert told.hostname == "localhost"
    assert {each.name for each in told.listeners} == set(USUAL_PORTS)
