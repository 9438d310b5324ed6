"""The one door of a process for mail that comes in."""

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.intake import Intake
from posthouse.protocols.dns import CachingResolver
from posthouse.sending.outbox.return_path import return_path_route
from posthouse.sending.outbox.rewriting import srs_route

# Addresses that no mailbox has: return paths of our own mail, and of mail that is sent on.
EXTRA_ROUTES = (return_path_route, srs_route)


def intake_of(database: Database) -> Intake:
    """Its committer gathers what all listeners take."""
    try:
        return database.service(Intake)
    except KeyError:
        settings, resolver = database.service(Settings), database.service(CachingResolver)
        intake = Intake(
            database, resolver, settings.hostname, EXTRA_ROUTES, settings.mail_processes
        )
        database.provide(intake)
        return intake
