"""Telling strangers that their mail was delivered here, when they asked for it (RFC 3461 6.2.3)."""

import os
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.mailboxes.places import places_of
from posthouse.protocols import mime
from posthouse.protocols.dsn.build import Recipient, Report, build_dsn
from posthouse.protocols.mime.build import make_message_id
from posthouse.protocols.smtp.address import Address
from posthouse.protocols.smtp.dsn import DsnRequest, Notify
from posthouse.sending.outbox.actions import enqueue
from posthouse.sending.outbox.requests import Request, request_of


async def report_delivered(
    database: Database,
    *,
    workspace_id: UUID,
    mail_from: str,
    dsn: DsnRequest,
    filed: Mapping[Address, UUID],
    header: bytes,
    received_at: datetime,
) -> None:
    """Queue one report about those of `filed` (recipient → mailbox message) that want one.

    None about what went to Junk: its sender is hardly the one that it names.
    """
    requests = {address: request_of(dsn, address) for address in filed}
    wanted = {a: filed[a] for a, request in requests.items() if request.wants(Notify.SUCCESS)}
    if not wanted:
        return
    async with database.workspace(workspace_id) as tx:
        places = await places_of(tx, list(wanted.values()))
        good = {p.mailbox_message_id for p in places if p.special_use != "junk"}
        told = {address: requests[address] for address, copy in wanted.items() if copy in good}
        if not told:
            return
        host = database.service(Settings).hostname
        raw = build_dsn(_report(mail_from, told, host, header, received_at))
        await enqueue(
            tx, raw=raw, mail_from="", recipients=[mail_from], submitted_by=None, door="dsn"
        )


def _report(
    mail_from: str,
    told: Mapping[Address, Request],
    host: str,
    header: bytes,
    received_at: datetime,
) -> Report:
    now = clock.now()
    return Report(
        to=mail_from,
        host=host,
        date=now,
        message_id=make_message_id(os.urandom(20), host),
        recipients=tuple(
            Recipient(
                address=str(address),
                action="delivered",
                status="2.0.0",
                original=request.original_recipient,
                last_attempt=now,
            )
            for address, request in told.items()
        ),
        header=header,
        subject=mime.subject(mime.scan(header)),
        envelope_id=next(iter(told.values())).envelope_id,
        arrived=received_at,
    )
