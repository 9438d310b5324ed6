"""The SMTP roles: what `roles` runs for smtp, submission and submissions."""

import asyncio
import functools
import ssl
import sys
from collections.abc import Callable
from dataclasses import replace

from posthouse.foundation.db import Database
from posthouse.foundation.serving import Serve
from posthouse.foundation.settings import Settings
from posthouse.foundation.sharing import Shares
from posthouse.foundation.sources import Network, networks
from posthouse.mail.intake import Intake
from posthouse.protocols.smtp.profile import Limits, Profile, Purpose
from posthouse.servers.serving import serve_listener
from posthouse.servers.smtp.backend import Backend
from posthouse.servers.smtp.listener import Listener, ListenerOptions
from posthouse.servers.smtp.lmtp import LmtpBackend
from posthouse.servers.smtp.mx import MxBackend, ReportDelivered
from posthouse.servers.smtp.rates import Unlimited, rates_of
from posthouse.servers.smtp.submission import Enqueue, SubmissionBackend

_NO_LIMIT = sys.maxsize


def mx_role(make_intake: Callable[[Database], Intake], report: ReportDelivered) -> Serve:
    """Port 25. All roles of a process that take mail in share one `Intake` (group commit)."""

    def make_backend(database: Database) -> Backend:
        hostname = database.service(Settings).hostname
        return MxBackend(database, make_intake(database), hostname, report)

    return functools.partial(_serve, "smtp", Purpose.MX, make_backend)


def lmtp_role(make_intake: Callable[[Database], Intake], report: ReportDelivered) -> Serve:
    """For a server in front (RFC 2033)."""

    def make_backend(database: Database) -> Backend:
        settings = database.service(Settings)
        own = networks(settings.lmtp_peers)
        return LmtpBackend(database, make_intake(database), settings.hostname, report, own)

    return functools.partial(_serve, "lmtp", Purpose.LMTP, make_backend)


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

    def make(host: str, port: int, tls: ssl.SSLContext) -> Listener:
        limits = Limits(message_size=settings.max_message_size)
        options = ListenerOptions(
            name=name,
            host=host,
            port=port,
            profile=Profile(hostname=settings.hostname, purpose=purpose, limits=limits),
            tls=tls,
            implicit_tls=name == "submissions",
            plaintext_auth=settings.plaintext_auth == "loopback",
            rates=rates_of(settings, database.service(Shares).tallies),
            proxies=networks(settings.proxies),
        )
        if purpose is Purpose.LMTP:
            options = _for_servers(options, networks(settings.lmtp_peers))
        return Listener(options, make_backend(database))

    await serve_listener(name, make, database, stop, ready)


def _for_servers(options: ListenerOptions, peers: tuple[Network, ...]) -> ListenerOptions:
    """Servers of the house are not slowed down for the mistakes of those behind them."""
    limits = replace(options.profile.limits, errors=_NO_LIMIT, errors_before_tarpit=_NO_LIMIT)
    return replace(
        options,
        profile=replace(options.profile, limits=limits),
        tls=None,
        plaintext_auth=False,
        connections_per_source=options.connections,
        rates=Unlimited(),
        proxies=(),
        peers=peers,
    )
