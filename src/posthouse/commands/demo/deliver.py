"""Filling the demonstration: companies as by `init`, history imported, today through SMTP."""

import asyncio
import hashlib
import smtplib
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from posthouse.commands.demo.customers import make_customers
from posthouse.commands.demo.letters import ARRIVING, HISTORY, Letter
from posthouse.commands.demo.people import CUSTOMER, FANG, MAKER, PASSWORD, DemoCompany, person
from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.folders import make_mailbox
from posthouse.mail.mailboxes.personal import give_mailbox
from posthouse.mail.transfer.importing import import_path
from posthouse.protocols.mime.build import Outgoing, build, format_date
from posthouse.security.access import Level, grant
from posthouse.security.members import Actor, Role, add_member, create_workspace

_DAY = 24


async def is_filled(database: Database) -> bool:
    """Whether this data folder has the demonstration already."""
    async with database.system() as tx:
        found = await tx.connection.fetchval("SELECT 1 FROM domains WHERE name = $1", MAKER.domain)
    return found is not None


async def make_companies(database: Database) -> None:
    """Both workspaces, their members and the shared mailboxes."""
    for company in (MAKER, CUSTOMER):
        await _make_company(database, company)


async def bring_history(database: Database) -> None:
    """The last months of 王芳's mail, each with its own date."""
    now = datetime.now(UTC)
    mailbox = person(FANG).address
    for folder, letters in (
        ("INBOX", [letter for letter in HISTORY if letter.sender != FANG]),
        ("Sent", [letter for letter in HISTORY if letter.sender == FANG]),
    ):
        with tempfile.TemporaryDirectory() as scratch:
            parts = [Path(scratch, part) for part in ("cur", "new", "tmp")]
            for part in parts:
                part.mkdir()
            for letter in letters:
                file = parts[0] / f"{letter.key}:2,S"
                file.write_bytes(written(letter, now))
            await import_path(database, Path(scratch), mailbox, folder)


async def deliver_today(host: str, port: int) -> None:
    """Everything of today, in order, over one SMTP connection."""
    await asyncio.to_thread(_send_all, host, port, datetime.now(UTC))


def written(letter: Letter, now: datetime) -> bytes:
    """A letter as bytes; its Message-ID follows from its key, so that answers find it."""
    date = _written_at(letter, now)
    references = tuple(_message_id(key) for key in _ancestors(letter))
    raw = build(
        Outgoing(
            sender=person(letter.sender),
            subject=letter.subject,
            date=date,
            message_id=_message_id(letter.key),
            to=tuple(map(person, letter.to)),
            cc=tuple(map(person, letter.cc)),
            text=letter.text,
            html=letter.html,
            attachments=letter.attachments,
            in_reply_to=references[-1] if references else None,
            references=references,
            fields=letter.fields,
        ),
        randomness=letter.key.encode(),
    )
    if letter.sender == FANG:
        return raw
    domain = person(letter.sender).domain
    received = f"Received: from mail.{domain} by mx.{MAKER.domain};\r\n\t{format_date(date)}\r\n"
    return received.encode() + raw


def _written_at(letter: Letter, now: datetime) -> datetime:
    """Some hours ago; what is older than a day, in somebody's working hours."""
    date = now - timedelta(hours=letter.age)
    if letter.age <= _DAY:
        return date
    minutes = int.from_bytes(hashlib.sha256(letter.key.encode()).digest()[:2], "big") % 540
    return date.replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(minutes=minutes)


def _ancestors(letter: Letter) -> list[str]:
    by_key = {each.key: each for each in (*HISTORY, *ARRIVING)}
    chain: list[str] = []
    while letter.answers is not None:
        chain.insert(0, letter.answers)
        letter = by_key[letter.answers]
    return chain


def _message_id(key: str) -> str:
    return f"{hashlib.sha256(key.encode()).hexdigest()[:24]}@demo.example"


def _send_all(host: str, port: int, now: datetime) -> None:
    with smtplib.SMTP(host, port, timeout=60) as client:
        for letter in ARRIVING:
            recipients = _hosted(map(person_address, (*letter.to, *letter.cc)))
            client.sendmail(person(letter.sender).address, recipients, written(letter, now))


def person_address(name: str) -> str:
    """The bare address of `Name <address>`."""
    return person(name).address


def _hosted(addresses: Iterable[str]) -> list[str]:
    known = {staff.address for company in (MAKER, CUSTOMER) for staff in company.staff}
    known |= {address for address, _ in MAKER.shared}
    # A server of the world delivers each domain apart; the letters of today are for the maker.
    return [a for a in addresses if a in known and a.endswith(f"@{MAKER.domain}")]


async def _make_company(database: Database, company: DemoCompany) -> None:
    first, *others = company.staff
    admin = await create_workspace(
        database,
        company.name,
        company.domain,
        first.address,
        PASSWORD,
        admin_name=first.name,
        language=first.language,
        time_zone="Asia/Shanghai" if company is MAKER else "Europe/Berlin",
        then=give_mailbox,
    )
    actors = [admin]
    for staff in others:
        actors.append(
            await add_member(
                database,
                admin.workspace_id,
                staff.address,
                PASSWORD,
                name=staff.name,
                role=Role.ADMIN if staff.admin else Role.MEMBER,
                language=staff.language,
                then=give_mailbox,
            )
        )
    async with database.workspace(admin.workspace_id) as tx:
        if company is MAKER:
            await make_customers(tx, admin.member_id)
        for address, name in company.shared:
            mailbox_id = await make_mailbox(
                tx, kind="shared", address=address, name=name, owner_member_id=None
            )
            for actor in actors:
                await grant(
                    tx,
                    Actor.system(admin.workspace_id),
                    member_id=actor.member_id,
                    mailbox_id=mailbox_id,
                    level=Level.FULL,
                    may_write=True,
                    may_send=True,
                )
