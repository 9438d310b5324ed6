"""Recognising reports in mail to the addresses that hosted domains ask for them at."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.events import Listener
from posthouse.mail.addressing.model import spellings
from posthouse.mail.domain_reports import store
from posthouse.mail.domain_reports.actions import keep_reports
from posthouse.mail.domain_reports.model import Told, told_by
from posthouse.mail.mailboxes.events import MessagesFiled
from posthouse.mail.mailboxes.reading import read_raws
from posthouse.protocols import mime
from posthouse.protocols.aggregate import TlsReport, find_reports
from posthouse.security.members import hosted_domains

_DELIVERED_TO = re.compile(rb"^Delivered-To: ([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


async def note_reports(tx: Tx, events: Sequence[MessagesFiled]) -> None:
    """Everything is read before anything is written: reading a large report takes seconds, and
    who has written holds up all that follow the log.
    """
    copies = [copy for e in events if e.door == "smtp" for copy in e.mailbox_message_ids]
    if not copies:
        return
    hosted = frozenset(await hosted_domains(tx))
    addresses = {f"postmaster@{domain}" for domain in hosted}
    addresses.update(await store.report_addresses(tx))
    reach = {each for address in addresses for each in spellings(address)}
    told: list[Told] = []
    for arrived in await store.arrivals(tx, copies, sorted(reach)):
        to = _DELIVERED_TO.search(arrived.prefix)
        if to is not None and to[1].decode("utf-8", "replace").strip().lower() in addresses:
            told += await _read(tx, arrived.id, arrived.verdict, hosted)
    await keep_reports(tx, told)


# Nearly all mail is none of these, and nobody waits for a chart.
LISTENERS = (
    Listener(
        name="domain-reports.arrivals",
        kinds=(MessagesFiled,),
        handle=note_reports,
        batch=100,
        gather=2.0,
    ),
)


async def _read(
    tx: Tx, copy_id: UUID, verdict: Mapping[str, Any] | None, hosted: frozenset[str]
) -> list[Told]:
    if _is_forged(verdict):
        return []
    raws = await read_raws(tx, [copy_id])
    return [
        each
        for raw in raws.values()
        for each in await asyncio.to_thread(_told_in, raw, hosted, _is_signed(verdict))
    ]


def _told_in(raw: bytes, hosted: frozenset[str], signed: bool) -> list[Told]:
    scan = mime.scan(raw)
    about = mime.decode_text(scan.root.get(b"tls-report-domain")).strip().lower()  # RFC 8460 5.3
    # RFC 8460 3: TLS reports without a valid signature are ignored.
    reports = [r for r in find_reports(scan) if signed or not isinstance(r, TlsReport)]
    return [told for report in reports for told in told_by(report, hosted, about)]


def _is_forged(verdict: Mapping[str, Any] | None) -> bool:
    return ((verdict or {}).get("dmarc") or {}).get("result") == "fail"


def _is_signed(verdict: Mapping[str, Any] | None) -> bool:
    """Mail that a server of ours took in before is as it was then."""
    if verdict is None or verdict.get("internal"):
        return True
    return any(each.get("result") == "pass" for each in verdict.get("dkim") or ())
