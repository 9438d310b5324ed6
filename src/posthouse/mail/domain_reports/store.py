"""The statements of this room as functions; what they hold is encrypted and decrypted here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from posthouse.foundation.db import Tx
from posthouse.foundation.ids import id_from_hash, new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.domain_reports.model import (
    Kind,
    MailDay,
    MailRow,
    SessionDay,
    SessionRow,
    Source,
    Told,
)
from posthouse.security.vault import keyring

SQL = load_queries("posthouse.mail.domain_reports")

_MOST_ROWS = 2_000


class Arrived(NamedTuple):
    """A copy with what was put on top of it, and what verification said."""

    id: UUID
    prefix: bytes
    verdict: Mapping[str, Any] | None


class Span(NamedTuple):
    """A domain of the workspace and the days asked for, both included."""

    domain: str
    since: date
    until: date


async def report_addresses(tx: Tx, domain: str | None = None) -> list[str]:
    """Where one domain, or any, asks for reports."""
    rows = await tx.rows(SQL["report_addresses"], workspace_id=tx.workspace, domain=domain)
    return list(dict.fromkeys(row["address"] for row in rows))


async def all_domains(tx: Tx) -> dict[UUID, list[str]]:
    """Hosted domains by workspace, in a transaction of the system."""
    rows = await tx.rows(SQL["all_domains"])
    return {row["workspace_id"]: row["names"] for row in rows}


async def put_addresses(tx: Tx, domain: str, kind: Kind, addresses: Sequence[str]) -> None:
    """These and no others."""
    given = {"workspace_id": tx.workspace, "domain": domain, "kind": kind, "addresses": addresses}
    await tx.execute(SQL["forget_addresses"], **given)
    await tx.execute(SQL["note_addresses"], **given)


async def arrivals(
    tx: Tx, mailbox_message_ids: Sequence[UUID], spellings: Sequence[str]
) -> list[Arrived]:
    """Copies in mailboxes that mail for these addresses may have reached."""
    rows = await tx.rows(
        SQL["arrivals"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
        spellings=list(spellings),
    )
    keys = await keyring(tx)
    arrived: list[Arrived] = []
    for row in rows:
        copy_id, verdict = row["id"], row["verdict"]
        if verdict is not None:
            kept = keys.decrypt("mailbox_messages", "verdict", copy_id, verdict)
            verdict = msgspec.json.decode(kept)
        prefix = keys.decrypt("mailbox_messages", "prefix", copy_id, row["prefix"])
        arrived.append(Arrived(copy_id, prefix, verdict))
    return arrived


async def insert_report(tx: Tx, told: Told) -> bool:
    """With all its rows. False when it was there already."""
    keys = await keyring(tx)
    report_id = id_from_hash(keys.hash("domain report", f"{told.kind}\0{told.name}".encode()))
    inserted = await tx.execute(
        SQL["insert_report"],
        workspace_id=tx.workspace,
        id=report_id,
        domain=told.domain,
        kind=told.kind,
        reporter=keys.encrypt("domain_reports", "reporter", report_id, told.reporter.encode()),
        day=told.day,
    )
    if not inserted:
        return False
    if told.mails:
        await _insert_mails(tx, report_id, told.mails)
    if told.sessions:
        await _insert_sessions(tx, report_id, told.sessions)
    return True


async def _insert_mails(tx: Tx, report_id: UUID, mails: Counter[MailRow]) -> None:
    keys = await keyring(tx)
    sources = {
        source: id_from_hash(keys.hash("report source", source.encode()))
        for source in sorted({row.source for row in mails})
    }
    await tx.execute(
        SQL["insert_sources"],
        workspace_id=tx.workspace,
        ids=list(sources.values()),
        addresses=[
            keys.encrypt("report_sources", "address", source_id, source.encode())
            for source, source_id in sources.items()
        ],
    )
    ids = [new_id() for _ in mails]
    await tx.execute(
        SQL["insert_mails"],
        workspace_id=tx.workspace,
        report_id=report_id,
        ids=ids,
        source_ids=[sources[row.source] for row in mails],
        messages=list(mails.values()),
        dkim=[row.dkim for row in mails],
        spf=[row.spf for row in mails],
        dispositions=[row.disposition for row in mails],
        forwarded=[row.forwarded for row in mails],
        proofs=[
            keys.encrypt("dmarc_rows", "proofs", row_id, msgspec.json.encode(row.proofs))
            for row_id, row in zip(ids, mails, strict=True)
        ],
    )


async def _insert_sessions(tx: Tx, report_id: UUID, sessions: Counter[SessionRow]) -> None:
    keys = await keyring(tx)
    ids = [new_id() for _ in sessions]
    await tx.execute(
        SQL["insert_sessions"],
        workspace_id=tx.workspace,
        report_id=report_id,
        ids=ids,
        outcomes=[row.outcome for row in sessions],
        sessions=list(sessions.values()),
        hosts=[
            keys.encrypt("tls_rows", "host", row_id, row.host.encode())
            for row_id, row in zip(ids, sessions, strict=True)
        ],
    )


async def mail_days(tx: Tx, span: Span) -> list[MailDay]:
    """Days that reports are about."""
    rows = await tx.rows(SQL["mail_days"], workspace_id=tx.workspace, **span._asdict())
    return [MailDay(*row) for row in rows]


async def sources(tx: Tx, span: Span, limit: int) -> tuple[list[Source], int]:
    """(those that sent most, how many there are)."""
    rows = await tx.rows(SQL["sources"], workspace_id=tx.workspace, **span._asdict(), limit=limit)
    keys = await keyring(tx)
    found = [
        Source(
            address=keys.decrypt("report_sources", "address", row["id"], row["address"]).decode(),
            proofs=tuple(
                msgspec.json.decode(
                    keys.decrypt("dmarc_rows", "proofs", row["row_id"], row["proofs"])
                )
            ),
            **{
                name: row[name]
                for name in (
                    "messages",
                    "passed",
                    "dkim",
                    "spf",
                    "quarantined",
                    "rejected",
                    "forwarded",
                )
            },
        )
        for row in rows
    ]
    return found, rows[0]["all_sources"] if rows else 0


async def session_days(tx: Tx, span: Span) -> list[SessionDay]:
    """Days that reports are about."""
    rows = await tx.rows(SQL["session_days"], workspace_id=tx.workspace, **span._asdict())
    return [SessionDay(*row) for row in rows]


async def failures(tx: Tx, span: Span) -> list[tuple[str, int, str]]:
    """(outcome, sessions, host) as they were told, the newest."""
    rows = await tx.rows(
        SQL["failures"], workspace_id=tx.workspace, **span._asdict(), limit=_MOST_ROWS
    )
    keys = await keyring(tx)
    return [
        (
            row["outcome"],
            row["sessions"],
            keys.decrypt("tls_rows", "host", row["id"], row["host"]).decode(),
        )
        for row in rows
    ]


async def reports(tx: Tx, span: Span) -> list[tuple[str, date]]:
    """(reporter, day), the newest first."""
    rows = await tx.rows(
        SQL["reports"], workspace_id=tx.workspace, **span._asdict(), limit=_MOST_ROWS
    )
    keys = await keyring(tx)
    return [
        (
            keys.decrypt("domain_reports", "reporter", row["id"], row["reporter"]).decode(),
            row["day"],
        )
        for row in rows
    ]


async def forget(tx: Tx, before: date) -> int:
    """Reports on earlier days, of every workspace, in a transaction of the system."""
    count = await tx.execute(SQL["forget_reports"], before=before)
    if count:
        await tx.execute(SQL["forget_sources"])
    return count
