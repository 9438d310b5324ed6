"""What the process `work` runs: all that nobody waits for."""

import asyncio
from collections.abc import Callable, Sequence

from posthouse.crm.contacts import listeners as contacts
from posthouse.crm.matching import listeners as matching
from posthouse.crm.timeline import listeners as timeline
from posthouse.foundation import upkeep
from posthouse.foundation.chores import Chore, run_chore
from posthouse.foundation.db import Database
from posthouse.foundation.events import Listener, run_listener, trim
from posthouse.foundation.serving import Running
from posthouse.mail.accounts import role as accounts
from posthouse.mail.domain_reports import jobs as domain_report_jobs
from posthouse.mail.domain_reports import listeners as domain_reports
from posthouse.mail.filtering import listeners as filtering
from posthouse.mail.mailboxes import erasing, expunges
from posthouse.mail.mailboxes import listeners as mailboxes
from posthouse.mail.quotas import jobs as quotas
from posthouse.mail.retention import jobs as retention
from posthouse.mail.rules import effects as rules
from posthouse.mail.search import lane as search
from posthouse.mail.threads import trimming as threads
from posthouse.roles.intake import intake_of
from posthouse.security.certificates import jobs as certificates
from posthouse.security.members import jobs as members
from posthouse.security.vault import erasing as vault
from posthouse.sending.composer import listeners as composer
from posthouse.sending.composer import mirroring, uploads
from posthouse.sending.outbox import clock_steps, forwards, tls_reports
from posthouse.sending.outbox import listeners as outbox
from posthouse.sending.outbox import rules as outbox_rules
from posthouse.sending.outbox.worker import outbox_role


def following(*listeners: Listener, chores: Sequence[Chore] = ()) -> Running:
    """A role that follows the event log with some listeners, and does some chores beside."""

    async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run_listener(database, each)) for each in listeners]
            tasks += [group.create_task(run_chore(database, each)) for each in chores]
            ready()
            await stop.wait()
            for task in tasks:
                task.cancel()

    return Running(serve, follows=listeners)


async def _trim_log(database: Database) -> int:
    return await trim(database, [each.name for role in RUNNING.values() for each in role.follows])


_TRIMMING = Chore(name="events.trimming", do=_trim_log, every=600, first=30)

RUNNING: dict[str, Running] = {
    "outbox": Running(outbox_role(intake_of)),
    "sync": Running(accounts.serve),
    "certificates": Running(certificates.serve),
    "upkeep": Running(upkeep.serve),
    "trimming": following(chores=(_TRIMMING,)),
    "sweep": Running(members.serve),
    "drafts": following(chores=mirroring.CHORES),
    "erasing": following(
        *erasing.LISTENERS,
        chores=(
            *erasing.CHORES,
            *expunges.CHORES,
            *vault.CHORES,
            *uploads.CHORES,
            *retention.CHORES,
            *quotas.CHORES,
        ),
    ),
    "lessons": following(*filtering.LISTENERS),
    "reports": following(
        *domain_reports.LISTENERS,
        chores=(*domain_report_jobs.CHORES, *tls_reports.CHORES),
    ),
    "threads": following(*mailboxes.LISTENERS, chores=threads.CHORES),
    "search": Running(search.serve, follows=search.LISTENERS),
    "customers": following(*contacts.LISTENERS, *matching.LISTENERS, *timeline.LISTENERS),
    "bounces": following(
        *outbox.LISTENERS,
        *outbox_rules.LISTENERS,
        *forwards.LISTENERS,
        *composer.LISTENERS,
        chores=(*rules.CHORES, *clock_steps.CHORES),
    ),
}
