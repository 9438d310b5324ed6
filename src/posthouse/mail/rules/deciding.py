"""What a mailbox's rules want for one message: folders, flags, letters; never a loss.

Whatever goes wrong, the message goes where it would have gone without rules, and the owner is told.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.folders import read_mailbox
from posthouse.mail.rules.book import ReadScript, RuleBook
from posthouse.mail.rules.decision import Decision, Incoming, Place
from posthouse.mail.rules.settling import settle
from posthouse.mail.rules.surroundings import Question, Surroundings, Wanted, look_up
from posthouse.protocols import sieve
from posthouse.protocols.smtp.address import address_literal

_MOST_QUESTIONS = 50
_ASKING = frozenset(("spamtest", "spamtestplus", "virustest"))


async def decide(
    database: Database,
    book: RuleBook,
    workspace_id: UUID,
    incoming: Sequence[Incoming],
    hostname: str,
) -> dict[UUID, Decision]:
    """Mailbox → decision, for those mailboxes that have rules. Junk is seen by scripts that ask
    whether it is some (RFC 5235).
    """
    scripts = await book.scripts_of(workspace_id, [each.mailbox_id for each in incoming])
    decided: dict[UUID, Decision] = {}
    for each in incoming:
        read = scripts.get(each.mailbox_id)
        if read is not None and (not each.junk or _asks_for_junk(read)):
            decision = Decision(incoming=each, script=read)
            await _decide(database, workspace_id, decision, hostname)
            decided[each.mailbox_id] = decision
    return decided


def _asks_for_junk(read: ReadScript) -> bool:
    return read.script is not None and bool(read.script.requires & _ASKING)


async def _decide(
    database: Database, workspace_id: UUID, decision: Decision, hostname: str
) -> None:
    incoming = decision.incoming
    letter, outcome = await _run(database, workspace_id, decision, hostname)
    if outcome.error is not None:
        decision.failures.append(outcome.error)
    decision.failures += outcome.warnings
    decision.remembered = outcome.remembered
    kept = [action for action in outcome.actions if isinstance(action, sieve.Keep)]
    plain = len(kept) == len(outcome.actions) and not any(action.flags for action in kept)
    if plain and not (incoming.junk and any(not action.implicit for action in kept)):
        decision.places = [Place(edited=action.edited) for action in kept]
        return
    async with database.workspace(workspace_id) as tx:
        own = (await read_mailbox(tx, incoming.mailbox_id)).address
        for action in outcome.actions:
            await settle(tx, decision, action, letter, own, hostname)


async def _run(
    database: Database, workspace_id: UUID, decision: Decision, hostname: str
) -> tuple[sieve.Letter, sieve.Outcome]:
    """Beside the event loop: a script may be a tenth of a second of work."""
    incoming, script = decision.incoming, decision.script.script
    kept = sieve.Outcome([sieve.Keep(implicit=True)])
    if script is None:
        kept.error = decision.script.mistake
        return await asyncio.to_thread(sieve.Letter, incoming.raw, incoming.trace), kept
    around = Surroundings(
        mail_from=incoming.mail_from,
        rcpt_to=incoming.address,
        now=incoming.received_at.astimezone(),
        environment=_environment(hostname, incoming),
        spam=incoming.spam,
        virus=incoming.virus,
    )
    letter, outcome = await asyncio.to_thread(_try, script, incoming, around)
    while isinstance(outcome, Question):
        if len(around.answers) >= _MOST_QUESTIONS:
            kept.error = "The script asks for too many folders and messages."
            return letter, kept
        async with database.workspace(workspace_id) as tx:
            around.answers[outcome] = await look_up(
                tx, incoming.mailbox_id, outcome, incoming.received_at
            )
        letter, outcome = await asyncio.to_thread(_try, script, incoming, around)
    if letter.is_rewritten:  # who is answered, and what is reported, goes by what came
        letter = await asyncio.to_thread(sieve.Letter, incoming.raw, incoming.trace)
    return letter, outcome


def _try(
    script: sieve.Script, incoming: Incoming, around: Surroundings
) -> tuple[sieve.Letter, sieve.Outcome | Question]:
    letter = sieve.Letter(incoming.raw, incoming.trace)
    try:
        return letter, script.run(letter, around)
    except Wanted as wanted:
        return letter, wanted.question


def _environment(hostname: str, incoming: Incoming) -> dict[str, str]:
    """RFC 5183 4.1. The name of who brought it is not known: whoever he is, he said it himself."""
    return {
        "domain": incoming.address.rpartition("@")[2],
        "host": hostname,
        "location": "MS",
        "name": "Posthouse",
        "phase": "during",
        "remote-host": "",
        "remote-ip": "" if incoming.peer_ip is None else address_literal(incoming.peer_ip)[1:-1],
        "version": "1",
    }
