"""HTTP doors of the rules that are built in the page: read, try, save, who is away."""

from typing import TypeAlias
from uuid import UUID

from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.model import Role
from posthouse.mail.rules.actions import check_script
from posthouse.mail.rules.builder import Rule, RuleSet, checked, write
from posthouse.mail.rules.building import away_now, read_rules, save_rules
from posthouse.mail.rules.reach import check_reach, ruled_mailboxes
from posthouse.mail.rules.running import run_rule
from posthouse.mail.rules.trial import MOST_SHOWN, describe_fits, rule_from, try_rules
from posthouse.mail.rules.views import (
    AwayList,
    AwayView,
    FittingMail,
    RuleFits,
    RuleRun,
    RulesChange,
    RuleStep,
    RulesTried,
    RulesView,
    TrialView,
)
from posthouse.security.members import Actor

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]


@get("/mailboxes/{mailbox_id:uuid}/rules", summary="Rules of a mailbox as the page builds them")
async def read_built(actor: Who, database: Db, mailbox_id: FromPath[UUID]) -> RulesView:
    """Beside them what is in force, when that is a script somebody wrote by hand."""
    return await _view(actor, database, mailbox_id)


@put("/mailboxes/{mailbox_id:uuid}/rules", summary="Save rules and put them in force")
async def save_built(
    actor: Who, database: Db, mailbox_id: FromPath[UUID], data: JSONBody[RulesChange]
) -> RulesView:
    """409 when they were changed elsewhere, or a script written by hand is in force."""
    rules = checked(RuleSet(rules=data.rules, away=data.away))
    await check_script(write(rules).encode())
    async with database.workspace(actor.workspace_id) as tx:
        await check_reach(tx, actor, mailbox_id, writing=True)
        await save_rules(tx, mailbox_id, rules, revision=data.revision, replace=data.replace)
    await database.signals.flushed()
    return await _view(actor, database, mailbox_id)


@post(
    "/mailboxes/{mailbox_id:uuid}/rules/trial",
    summary="Try rules on the last mails",
    status_code=HTTP_200_OK,
)
async def try_built(
    actor: Who, database: Db, mailbox_id: FromPath[UUID], data: JSONBody[RulesTried]
) -> TrialView:
    """How many each of them fits. Nothing is saved, and nothing is done."""
    rules = checked(RuleSet(rules=data.rules)).rules
    async with database.workspace(actor.workspace_id) as tx:
        await check_reach(tx, actor, mailbox_id, writing=False)
    trial = await try_rules(database, actor.workspace_id, mailbox_id, rules)
    async with database.workspace(actor.workspace_id) as tx:
        await check_reach(tx, actor, mailbox_id, writing=False)
        described = await describe_fits(tx, trial)
    mails = {
        copy: FittingMail(
            id=copy,
            thread_id=each.thread_id,
            sender=next((p.name or p.address for p in each.people if p.role is Role.FROM), ""),
            subject=each.subject,
            at=each.received_at,
        )
        for copy, each in described.items()
    }
    return TrialView(
        looked=trial.looked,
        rules=[
            RuleFits(
                count=len(fits), newest=[mails[copy] for copy in fits[:MOST_SHOWN] if copy in mails]
            )
            for fits in trial.fits
        ],
    )


@post(
    "/mailboxes/{mailbox_id:uuid}/rules/run",
    summary="Run a rule over a folder, a step at a time",
    status_code=HTTP_200_OK,
)
async def run_built(
    actor: Who, database: Db, mailbox_id: FromPath[UUID], data: JSONBody[RuleRun]
) -> RuleStep:
    """It files, flags, marks as read, and throws away what it would drop; nobody is written to."""
    [rule] = checked(RuleSet(rules=[data.rule])).rules
    step = await run_rule(database, actor, mailbox_id, data.folder, rule, data.before)
    return RuleStep(looked=step.looked, changed=step.changed, undo=step.undo, next=step.next)


@get("/mailboxes/{mailbox_id:uuid}/rules/suggestion", summary="A rule for mail like this one")
async def suggest_rule(
    actor: Who, database: Db, mailbox_id: FromPath[UUID], message: FromQuery[UUID]
) -> Rule:
    """Of the same list, or of the same author; what is done is left to say."""
    async with database.workspace(actor.workspace_id) as tx:
        await check_reach(tx, actor, mailbox_id, writing=False)
        return await rule_from(tx, mailbox_id, message)


@get("/away", summary="Mailboxes that answer by themselves today")
async def list_away(actor: Who, database: Db) -> AwayList:
    """Of those whose rules one may change."""
    async with database.workspace(actor.workspace_id) as tx:
        found = await away_now(tx, await ruled_mailboxes(tx, actor), clock.now())
    return AwayList(items=[AwayView(mailbox_id=each.mailbox_id, last=each.last) for each in found])


async def _view(actor: Actor, database: Database, mailbox_id: UUID) -> RulesView:
    async with database.workspace(actor.workspace_id) as tx:
        await check_reach(tx, actor, mailbox_id, writing=False)
        found = await read_rules(tx, mailbox_id)
    return RulesView(
        rules=found.rules.rules,
        away=found.rules.away,
        by=found.by,
        active=found.active,
        text=found.text,
        revision=found.revision,
        failure=found.failure,
        failed_at=found.failed_at,
    )


router = Router(
    path="/",
    tags=["rules"],
    route_handlers=[read_built, save_built, try_built, run_built, suggest_rule, list_away],
)
