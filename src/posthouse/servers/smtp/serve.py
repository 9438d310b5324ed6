"""The SMTP roles: what `roles.py` runs for smtp, submission and submissions."""

import asyncio
import functools
from collections.abc import Callable

from posthouse.foundation.db import Database
from posthouse.foundation.serving import Serve
from posthouse.foundation.settings import Settings
from posthouse.foundation.sharing import Shares
from posthouse.foundation.sources import networks
from posthouse.foundation.tls import server_context
from posthouse.mail.intake import Intake
from posthouse.protocols.smtp.profile import Limits, Profile, Purpose
from posthouse.servers.smtp.backend import Backend
from posthouse.servers.smtp.listener import Listener, ListenerOptions
from posthouse.servers.smtp.mx import MxBackend, ReportDelivered
from posthouse.servers.smtp.rates import rates_of
from posthouse.servers.smtp.submission import Enqueue, SubmissionBackend


def mx_role(make_intake: Callable[[Database], Intake], report: ReportDelivered) -> Serve:
    """Port 25. All roles of a process that take mail in share one `Intake` (group commit)."""

    def make_backend(database: Database) -> Backend:
        hostname = database.service(Settings).hostname
        return MxBackend(database, make_intake(database), hostname, report)

    return functools.partial(_serve, "smtp", Purpose.MX, make_backend)


def submission_role(name: str, enqueue: Enqueue) -> Serve:
    """Port 587 (`submission`, STARTTLS) or 465 (`submissions`, TLS from the first byte)."""

    def make_backend(database: Database) -> Backend:
        return SubmissionBackend(database, enqueue)

    return functools.partial(_serve, name, Purpose.SUBMISSION, make_backend)


async def _serve(
    name: str,
    purpose: Purpose,
    make_backend: Callable[[Database], Backend],
    database: Database,
    stop: asyncio.Event,
    ready: Callable[[], None],
) -> None:
    settings = database.service(Settings)
    address = settings.listener(name)
    if address is None:
        ready()
        await stop.wait()
        return
    shares = database.service(Shares)
    options = ListenerOptions(
        name=name,
        host=address[0],
        port=address[1],
        profile=Profile(
            hostname=settings.hostname,
            purpose=purpose,
            limits=Limits(message_size=settings.max_message_size),
        ),
        tls=server_context(settings),
        implicit_tls=name == "submissions",
        plaintext_auth=settings.plaintext_auth == "loopback",
        rates=rates_of(settings, shares.tallies),
        proxies=networks(settings.proxies),
    )
    listener = Listener(options, make_backend(database))
    await listener.start(shares.of(name))
    ready()
    try:
        await stop.wait()
    finally:
        await listener.stop()
