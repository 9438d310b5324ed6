"""What the set-up page is told of the machine: real files, a real name server, real ports."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied, Invalid
from posthouse.foundation.settings import DEFAULT_LISTENERS, Settings
from posthouse.mail.setup import api
from posthouse.mail.setup.surroundings import USUAL_PORTS, knock, look_around
from posthouse.security.members import Actor, Role
from tests.support.authority import issue, make_authority
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace
from tests.support.running import free_ports


def settings_with(tmp_path: Path, **values: Any) -> Settings:
    listeners = {**DEFAULT_LISTENERS, **values.pop("listeners", {})}
    return Settings(data=tmp_path, listeners=listeners, **values)


def test_a_fresh_machine_has_no_name_and_hears_only_itself(tmp_path: Path):
    machine = look_around(settings_with(tmp_path))
    assert (machine.hostname, machine.named, machine.public_url) == ("localhost", False, None)
    assert {each.name: each.reach for each in machine.listeners} == dict.fromkeys(
        USUAL_PORTS, "machine"
    )
    assert machine.certificate.self_signed
    assert machine.certificate.covers_hostname
    assert machine.certificate.not_after > datetime.now(UTC) + timedelta(days=365)


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


def test_a_given_certificate_is_told_and_whether_it_is_for_our_name(tmp_path: Path):
    issued = issue(make_authority(), "mail.acme.example")
    issued.server_context(tmp_path)
    given = {"tls_certificate": tmp_path / f"{issued.certificate.serial_number}.pem"}
    shown = look_around(settings_with(tmp_path, hostname="MAIL.acme.example", **given)).certificate
    assert (shown.names, shown.self_signed) == (("mail.acme.example",), False)
    assert shown.covers_hostname
    other = look_around(settings_with(tmp_path, hostname="mx.acme.example", **given)).certificate
    assert not other.covers_hostname


def test_a_file_without_a_certificate_is_said(tmp_path: Path):
    empty = tmp_path / "empty.pem"
    empty.touch()
    with pytest.raises(Invalid):
        look_around(settings_with(tmp_path, tls_certificate=empty))


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
            found = await knock(house, ports)
            assert [(each.listener, each.address, each.answer) for each in found] == [
                ("smtp", "127.0.0.1", "open"),
                ("imaps", "127.0.0.1", "closed"),
            ]
            settings = house.service(Settings)
            house.provide(replace(settings, hostname="unknown.example"))
            assert await knock(house, ports) == []


async def test_only_administrators_are_told(house: Database, workspace: Workspace):
    actor = Actor(
        workspace_id=workspace.id,
        member_id=workspace.member_id,
        role=Role.MEMBER,
        name="Anna",
        address=workspace.address,
    )
    doors: tuple[Any, ...] = (api.read_machine, api.knock_at_ports)
    for door in doors:
        with pytest.raises(Denied):
            await door.fn(actor=actor, database=house)
    told = await api.read_machine.fn(actor=replace(actor, role=Role.ADMIN), database=house)
    assert told.hostname == "localhost"
    assert {each.name for each in told.listeners} == set(USUAL_PORTS)
