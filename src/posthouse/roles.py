"""The table of everything that can run: role → coroutine, and which process runs it.

Like Postfix's master.cf, in Python. Roles meet only in PostgreSQL: any of them may run on another
machine. A role serves until `stop` is set, and calls `ready` when it takes work.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from posthouse.crm.contacts import listeners as contacts
from posthouse.crm.matching import listeners as matching
from posthouse.crm.timeline import listeners as timeline
from posthouse.foundation import upkeep
from posthouse.foundation.chores import Chore, run_chore
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid
from posthouse.foundation.events import Listener, run_listener, trim
from posthouse.foundation.serving import Serve
from posthouse.foundation.settings import DEFAULT_LISTENERS, Settings
from posthouse.mail.accounts import role as accounts
from posthouse.mail.domain_reports import jobs as domain_report_jobs
from posthouse.mail.domain_reports import listeners as domain_reports
from posthouse.mail.filtering import listeners as filtering
from posthouse.mail.intake import Intake
from posthouse.mail.mailboxes import erasing, expunges
from posthouse.mail.mailboxes import listeners as mailboxes
from posthouse.mail.quotas import jobs as quotas
from posthouse.mail.retention import jobs as retention
from posthouse.mail.rules import effects as rules
from posthouse.mail.search import lane as search
from posthouse.mail.threads import trimming as threads
from posthouse.protocols.dns import CachingResolver
from posthouse.security.certificates import jobs as certificates
from posthouse.security.members import jobs as members
from posthouse.security.vault import erasing as vault
from posthouse.sending.composer import listeners as composer
from posthouse.sending.composer import mirroring, uploads
from posthouse.sending.outbox import clock_steps, forwards, tls_reports
from posthouse.sending.outbox import listeners as outbox
from posthouse.sending.outbox import rules as outbox_rules
from posthouse.sending.outbox.actions import enqueue
from posthouse.sending.outbox.receipts import report_delivered
from posthouse.sending.outbox.return_path import return_path_route
from posthouse.sending.outbox.rewriting import srs_route
from posthouse.sending.outbox.worker import outbox_role
from posthouse.servers.http import serve as http
from posthouse.servers.imap import serve as imap
from posthouse.servers.managesieve import serve as managesieve
from posthouse.servers.pop3 import serve as pop3
from posthouse.servers.smtp import serve as smtp

# Addresses that no mailbox has: return paths of our own mail, and of mail that is sent on.
EXTRA_ROUTES = (return_path_route, srs_route)

# The processes. There may be several of MAIL: the supervisor opens their sockets for all of them.
MAIL, WEB, WORK = "mail", "web", "work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One thing that runs. `listener` names its address in the settings, if it has one; `follows`
    are those of its listeners that follow the event log.
    """

    process: str
    serve: Serve
    does: str
    listener: str | None = None
    follows: tuple[Listener, ...] = ()


def following(does: str, *listeners: Listener, chores: Sequence[Chore] = ()) -> Role:
    """A role that follows the event log with some listeners, and does some chores beside."""

    async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run_listener(database, each)) for each in listeners]
            tasks += [group.create_task(run_chore(database, each)) for each in chores]
            ready()
            await stop.wait()
            for task in tasks:
                task.cancel()

    return Role(process=WORK, serve=serve, does=does, follows=listeners)


def _intake_of(database: Database) -> Intake:
    """The one door of a process: its committer gathers what all listeners take."""
    try:
        return database.service(Intake)
    except KeyError:
        settings, resolver = database.service(Settings), database.service(CachingResolver)
        intake = Intake(
            database, resolver, settings.hostname, EXTRA_ROUTES, settings.mail_processes
        )
        database.provide(intake)
        return intake


async def _trim_log(database: Database) -> int:
    return await trim(database, [listener.name for listener in all_listeners()])


_TRIMMING = Chore(name="events.trimming", do=_trim_log, every=600, first=30)

ROLES: dict[str, Role] = {
    "http": Role(process=WEB, serve=http.serve, does="the page and the API", listener="http"),
    "https": Role(
        process=WEB, serve=http.serve_https, does="the page and the API, TLS", listener="https"
    ),
    "challenges": Role(
        process=WEB,
        serve=http.serve_challenges,
        does="what authorities of certificates look for",
        listener="challenges",
    ),
    "smtp": Role(
        process=MAIL,
        serve=smtp.mx_role(_intake_of, report_delivered),
        does="mail from other servers",
        listener="smtp",
    ),
    "lmtp": Role(
        process=MAIL,
        serve=smtp.lmtp_role(_intake_of, report_delivered),
        does="mail from a server in front",
        listener="lmtp",
    ),
    "submission": Role(
        process=MAIL,
        serve=smtp.submission_role("submission", enqueue),
        does="mail from members, STARTTLS",
        listener="submission",
    ),
    "submissions": Role(
        process=MAIL,
        serve=smtp.submission_role("submissions", enqueue),
        does="mail from members, TLS",
        listener="submissions",
    ),
    "imap": Role(
        process=MAIL, serve=imap.imap_role("imap"), does="mailboxes, STARTTLS", listener="imap"
    ),
    "imaps": Role(
        process=MAIL, serve=imap.imap_role("imaps"), does="mailboxes, TLS", listener="imaps"
    ),
    "pop3": Role(process=MAIL, serve=pop3.pop3_role("pop3"), does="Inboxes, STLS", listener="pop3"),
    "pop3s": Role(
        process=MAIL, serve=pop3.pop3_role("pop3s"), does="Inboxes, TLS", listener="pop3s"
    ),
    "managesieve": Role(
        process=MAIL, serve=managesieve.serve, does="members' rules", listener="managesieve"
    ),
    "outbox": Role(process=WORK, serve=outbox_role(_intake_of), does="delivers what leaves"),
    "sync": Role(
        process=WORK, serve=accounts.serve, does="keeps mailboxes elsewhere in step with ours"
    ),
    "certificates": Role(
        process=WORK, serve=certificates.serve, does="obtains and renews our certificate"
    ),
    "upkeep": Role(process=WORK, serve=upkeep.serve, does="statistics of growing tables"),
    "trimming": following("forgets events that everybody has heard", chores=(_TRIMMING,)),
    "sweep": Role(process=WORK, serve=members.serve, does="forgets old sign-ins"),
    "drafts": following("shows drafts of the page to mail programs", chores=mirroring.CHORES),
    "erasing": following(
        "erases what nobody has any more, follows rules of retention, watches quotas",
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
    "lessons": following("learns what is junk from what is moved", *filtering.LISTENERS),
    "reports": following(
        "reads what others report on hosted domains, reports to others on TLS",
        *domain_reports.LISTENERS,
        chores=(*domain_report_jobs.CHORES, *tls_reports.CHORES),
    ),
    "threads": following(
        "joins threads that were filed apart, forgets empty ones",
        *mailboxes.LISTENERS,
        chores=threads.CHORES,
    ),
    "search": Role(
        process=WORK,
        serve=search.serve,
        does="indexes what was filed",
        follows=search.LISTENERS,
    ),
    "customers": following(
        "binds mail to customers and writes their log",
        *contacts.LISTENERS,
        *matching.LISTENERS,
        *timeline.LISTENERS,
    ),
    "bounces": following(
        "reads bounces that come back, lets sent drafts go, sends what rules and aliases send on",
        *outbox.LISTENERS,
        *outbox_rules.LISTENERS,
        *forwards.LISTENERS,
        *composer.LISTENERS,
        chores=(*rules.CHORES, *clock_steps.CHORES),
    ),
}


def all_listeners() -> list[Listener]:
    """Everyone who follows the event log, whichever roles run here."""
    return [listener for role in ROLES.values() for listener in role.follows]


def chosen_roles(names: Iterable[str], settings: Settings) -> dict[str, Role]:
    """`roles_named` without those whose listener is off."""
    return {
        name: role
        for name, role in roles_named(names).items()
        if role.listener not in DEFAULT_LISTENERS or settings.listener(role.listener)
    }


def roles_named(names: Iterable[str]) -> dict[str, Role]:
    """The roles named, or all; a process's name stands for all of its roles.

    Raises Invalid on an unknown name.
    """
    wanted = list(names) or list(ROLES)
    processes = {role.process for role in ROLES.values()}
    chosen: dict[str, Role] = {}
    for name in wanted:
        if name in ROLES:
            chosen[name] = ROLES[name]
        elif name in processes:
            chosen.update({n: role for n, role in ROLES.items() if role.process == name})
        else:
            known = ", ".join([*processes, *ROLES])
            raise Invalid(f"There is no role “{name}”. There are: {known}.")
    return chosen
