"""What the doctor sees."""

import asyncio
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from posthouse.commands.doctor import certificates, domains, machine
from posthouse.commands.doctor.command import examine
from posthouse.commands.doctor.database import horizon_age, look_at_log
from posthouse.commands.doctor.finding import Finding, Level
from posthouse.commands.doctor.queue import look_at_queue
from posthouse.foundation.db import Database
from posthouse.foundation.events import KEPT, drain, listen_once
from posthouse.foundation.settings import Settings
from posthouse.foundation.tls import server_context
from posthouse.mail.domains.model import Check, Subject
from posthouse.mail.domains.model import Finding as DnsFinding
from posthouse.roles import all_listeners
from posthouse.security.certificates.actions import Standing
from posthouse.security.certificates.model import Problem, Shown, Wish
from posthouse.security.certificates.probing import shown_at
from posthouse.sending.outbox.tests.test_outbox import LI, send
from posthouse.sending.outbox.worker import Worker
from posthouse.servers.imap.serve import imap_role
from tests.support.house import Workspace, deliver, letter
from tests.support.ports import free_ports
from tests.support.sending import (
    HeldClock,
    dns,
    held,
    sending,
    work,
    worker,
)

__all__ = ["dns", "held", "sending", "worker"]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOST = "mail.acme.cn"


async def seen(house: Database) -> dict[str, Finding]:
    return {each.what: each for each in await examine(house, house.service(Settings))}


async def test_the_doctor_sees_a_transaction_that_holds_the_log_back(
    house: Database, workspace: Workspace
):
    async with house.workspace(workspace.id) as tx:
        await tx.connection.execute("SELECT pg_current_xact_id()")
        await asyncio.sleep(0.3)
        assert await horizon_age(house) >= 0.3
        findings = await seen(house)
    assert set(findings) >= {"disk", "event horizon", "dead letters", "queue", "certificate"}
    unsafe = {"fsync", "synchronous_commit", "full_page_writes"}  # servers of tests are quick
    assert {what for what, each in findings.items() if each.level is Level.WRONG} == unsafe


async def test_the_doctor_names_every_listener_also_one_that_has_never_run(
    house: Database, workspace: Workspace
):
    """Right after the first start none has looked at the log yet."""
    await deliver(house, workspace, letter(message_id="1@kunde.example"))
    first, *others = all_listeners()
    assert len(others) > 5
    while await listen_once(house, first):
        pass
    findings = {each.what: each for each in await look_at_log(house)}
    assert findings[f"listener {first.name}"].says == "0 events behind"
    for other in others:
        finding = findings[f"listener {other.name}"]
        assert (finding.level, finding.says) == (Level.OK, "1 events behind, it has never run")


async def test_a_listener_that_stands_still_is_told_and_that_the_log_is_kept_for_it(
    house: Database, workspace: Workspace, held: HeldClock
):
    first, *others = all_listeners()
    await deliver(house, workspace, letter(message_id="1@kunde.example"))
    await drain(house, others)
    what = f"listener {first.name}"
    for ahead, level, words in (
        (timedelta(hours=2), Level.WARNING, "does its role run?"),
        (timedelta(days=2), Level.WRONG, "does its role run?"),
        (KEPT, Level.WRONG, "The log is kept for it and grows."),
    ):
        held.time = datetime.now(UTC) + ahead
        (finding,) = [each for each in await look_at_log(house) if each.what == what]
        assert (finding.level, words in finding.says) == (level, True)


async def test_a_queue_that_nobody_works_and_mail_that_waits_for_long(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    (finding,) = await look_at_queue(sending)
    assert (finding.level, finding.says) == (Level.OK, "0 recipients wait")
    await send(sending, workspace, LI)
    held.pass_by(hours=1)
    (finding,) = await look_at_queue(sending)
    assert (finding.level, "does the role outbox run?" in finding.says) == (Level.WRONG, True)
    await work(worker)
    (finding,) = await look_at_queue(sending)
    assert finding.level is Level.OK
    held.pass_by(hours=23)
    await work(worker)
    held.pass_by(minutes=1)
    (finding,) = await look_at_queue(sending)
    assert (finding.level, finding.details["recipients"]) == (Level.WARNING, 1)


def certificate(days: int, **changes: Any) -> Shown:
    usual: dict[str, Any] = {
        "names": (HOST,),
        "issuer": "Let's Encrypt E7",
        "not_before": NOW - timedelta(days=30),
        "not_after": NOW + timedelta(days=days, hours=1),
        "self_signed": False,
    }
    return Shown(**{**usual, **changes})


def standing(shown: Shown, source: str = "issued", wish: Wish | None = None) -> Standing:
    return Standing(source=source, shown=shown, covers_hostname=shown.covers(HOST), wish=wish)


@pytest.mark.parametrize(
    ("shown", "source", "level", "words"),
    [
        (certificate(60), "issued", Level.OK, "60 days left"),
        (certificate(14), "given", Level.OK, "14 days left"),
        (certificate(13), "given", Level.WARNING, "it expires soon"),
        (certificate(-1), "issued", Level.WRONG, "it has expired"),
        (certificate(60, not_before=NOW + timedelta(1)), "issued", Level.WRONG, "not valid yet"),
        (certificate(60, names=("www.acme.cn",)), "given", Level.WARNING, "it is not for"),
        (certificate(3000, self_signed=True), "self-made", Level.WARNING, "mail programs warn"),
    ],
)
def test_a_certificate_and_how_long_it_lasts(shown: Shown, source: str, level: Level, words: str):
    (finding,) = certificates.told(standing(shown, source), {"imap": shown}, HOST, NOW)
    assert (finding.level, words in finding.says) == (level, True), finding.says
    told = finding.told()
    assert told["ok"] is (level is not Level.WRONG)
    assert (told["listeners"], told["names"]) == (["imap"], list(shown.names))


def test_a_listener_that_shows_another_one_is_named():
    ours, old = certificate(60), certificate(5, issuer="Old CA")
    at = {"imaps": ours, "smtp": old, "submission": old, "pop3": None}
    first, second = certificates.told(standing(ours), at, HOST, NOW)
    assert (first.level, first.details["listeners"]) == (Level.OK, ["imaps"])
    assert second.what == "certificate at smtp, submission"
    assert (second.level, second.details["days_left"]) == (Level.WARNING, 5)
    expired = certificate(-2)
    assert certificates.told(standing(ours), {"smtp": expired}, HOST, NOW)[1].level is Level.WRONG


def test_what_an_authority_was_asked_for():
    wish = Wish(
        directory="https://ca.example/directory",
        trust=None,
        names=(HOST,),
        agreed_at=NOW,
        due_at=NOW + timedelta(days=30),
        tried_at=NOW,
        failures=0,
        problem=None,
        detail=None,
    )
    for changes, level, words in (
        ({}, Level.OK, "due 2026-12-23"),
        ({"due_at": NOW - timedelta(hours=2)}, Level.WRONG, "does the role certificates run?"),
        (
            {"failures": 3, "problem": Problem.CONNECTION, "detail": "Timeout"},
            Level.WARNING,
            "said: Timeout (tried 3 times",
        ),
    ):
        _, finding = certificates.told(
            standing(certificate(60), wish=replace(wish, **changes)), {}, HOST, NOW
        )
        assert (finding.level, words in finding.says) == (level, True), finding.says


async def test_listeners_are_asked_what_they_show(house: Database):
    imap, imaps, silent = free_ports(3)
    listeners = dict.fromkeys(house.service(Settings).listeners, "off")
    listeners |= {"imap": f"127.0.0.1:{imap}", "imaps": f"127.0.0.1:{imaps}"}
    listeners["smtp"] = f"127.0.0.1:{silent}"
    settings = replace(house.service(Settings), listeners=listeners, hostname=HOST)
    house.provide(settings)
    server_context(settings)
    stop = asyncio.Event()
    ready = [asyncio.Event(), asyncio.Event()]
    serving = [
        asyncio.create_task(imap_role(name)(house, stop, each.set))
        for name, each in zip(("imap", "imaps"), ready, strict=True)
    ]
    await asyncio.gather(*[each.wait() for each in ready])
    try:
        found = await shown_at(settings)
    finally:
        stop.set()
        await asyncio.gather(*serving)
    assert found["smtp"] is None
    assert found["imap"] is not None
    assert HOST in found["imap"].names
    assert found["imaps"] == found["imap"]


def test_a_key_that_others_read_and_a_disk_without_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    key = tmp_path / "keys" / "master.key"
    key.parent.mkdir()
    key.touch(0o600)
    monkeypatch.setattr(machine, "is_clock_kept", lambda: False)
    found = {each.what: each for each in machine.look_at_machine(Settings(data=tmp_path))}
    assert (found["master key"].level, found["disk"].level) == (Level.OK, Level.OK)
    assert found["clock"].level is Level.WARNING
    key.chmod(0o644)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 20))
    full = SimpleNamespace(f_files=1000, f_favail=3)
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    found = {each.what: each for each in machine.look_at_machine(Settings(data=tmp_path))}
    wrong = {what for what, each in found.items() if each.level is Level.WRONG}
    assert wrong == {"disk", "files", "master key"}
    assert os.fspath(key) in found["master key"].says


def test_the_kernel_is_asked_for_its_clock():
    assert machine.is_clock_kept() in (True, False, None)


def test_a_domain_is_one_line():
    def check(subject: Subject, finding: DnsFinding) -> Check:
        return Check(
            subject=subject, name="acme.cn", type="MX", wanted="", found=(), finding=finding
        )

    right = domains.summary_of("domain acme.cn", "acme.cn", [check(Subject.MX, DnsFinding.RIGHT)])
    assert (right.level, right.says) == (Level.OK, "stands right in DNS")
    wrong = domains.summary_of("domain acme.cn", "acme.cn", [check(Subject.MX, DnsFinding.MISSING)])
    assert (wrong.level, wrong.details["wrong"]) == (Level.WARNING, ["mx"])
    assert "acme.cn MX: publish it" in wrong.says
