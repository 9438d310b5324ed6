"""What a mailbox's rules want for one message: folders, flags, letters; never a loss.

Whatever goes wrong, the message goes where it would have gone without rules, and the owner is told.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Conflict, Invalid, NotFound
from posthouse.mail.mailboxes.folders import (
    create_folder,
    find_folder,
    folder_by_use,
    keyword_numbers,
    read_mailbox,
)
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.rules.book import ReadScript, RuleBook
from posthouse.mail.rules.letters import (
    Draft,
    answered,
    one_line,
    redirected,
    rejected,
    results_in,
    why_not_redirected,
)
from posthouse.mail.rules.surroundings import USES, Question, Surroundings, Wanted, look_up
from posthouse.protocols import sieve
from posthouse.protocols.smtp.address import address_literal

_MOST_QUESTIONS = 50
_ASKING = frozenset(("spamtest", "spamtestplus", "virustest"))
_FLAGS = {
    "\\seen": Flags.SEEN,
    "\\answered": Flags.ANSWERED,
    "\\flagged": Flags.FLAGGED,
    "\\deleted": Flags.DELETED,
    "\\draft": Flags.DRAFT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message on its way into one mailbox. `trace` is what will stand on top of it there.

    `junk` goes to Junk unless a rule says otherwise; `spam` and `virus` are what RFC 5235 calls so.
    """

    mailbox_id: UUID
    address: str
    raw: bytes
    trace: bytes
    mail_from: str
    received_at: datetime
    source_key: bytes | None = None
    peer_ip: str | None = None
    junk: bool = False
    spam: int | None = None
    virus: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One folder to file into; None is where mail goes without rules."""

    folder_id: UUID | None = None
    flags: int = 0
    keywords: tuple[str, ...] = ()
    edited: bytes | None = None


@dataclass(slots=True, kw_only=True)
class Decision:
    """What is to be done. `refusal` is what the sender is told when the message is rejected."""

    incoming: Incoming
    script: ReadScript
    places: list[Place] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    remembered: list[sieve.Remembered] = field(default_factory=list)
    refusal: Draft | None = None
    refused_with: str = ""
    failures: list[str] = field(default_factory=list)


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
            await _settle(tx, decision, action, letter, own, hostname)


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


async def _settle(
    tx: Tx,
    decision: Decision,
    action: sieve.Action,
    letter: sieve.Letter,
    own: str,
    hostname: str,
) -> None:
    incoming = decision.incoming
    match action:
        case sieve.Keep():
            folder_id = None
            if incoming.junk and not action.implicit:  # RFC 5228 4.3: into the main mailbox
                folder_id = await folder_by_use(tx, incoming.mailbox_id, "inbox")
            await _file(tx, decision, folder_id, action)
        case sieve.FileInto():
            folder_id = await _folder(tx, decision, action)
            if folder_id is None:  # RFC 5228 2.10.6: kept as it came
                action = replace(action, edited=None)
            await _file(tx, decision, folder_id, action)
        case sieve.Redirect() if incoming.junk:  # it would harm the house that sends it
            _keep_once(decision, Place(edited=action.edited))
        case sieve.Redirect():
            why = why_not_redirected(letter, own, action.address)
            if why is None:
                found = results_in(incoming.trace)
                draft = redirected(letter, action, own, incoming.mail_from, found)
                decision.drafts.append(draft)
            else:
                decision.failures.append(why)
                _keep_once(decision, Place(edited=action.edited))
        case sieve.Vacation() if not incoming.junk:
            due = answered(letter, action, own, incoming.mail_from, incoming.received_at)
            if due is not None:
                decision.drafts.append(due)
        case sieve.Reject():
            if not incoming.mail_from:  # RFC 5429 2.1.1: nobody can be told, so it is kept
                _keep_once(decision, Place())
            else:
                decision.refused_with = one_line(action.reason)
                decision.refusal = rejected(
                    letter, action.reason, own, incoming.mail_from, hostname, incoming.received_at
                )


async def _file(
    tx: Tx, decision: Decision, folder_id: UUID | None, action: sieve.Keep | sieve.FileInto
) -> None:
    flags, keywords = 0, list[str]()
    for flag in action.flags:
        system = _FLAGS.get(flag.lower())
        if system is None:
            keywords.append(flag)
        else:
            flags |= system
    try:
        await keyword_numbers(tx, decision.incoming.mailbox_id, keywords)
    except Invalid as error:  # beyond the quota the message comes without them
        decision.failures.append(error.reason)
        keywords = []
    place = Place(folder_id=folder_id, flags=flags, keywords=tuple(keywords), edited=action.edited)
    _keep_once(decision, place)


def _keep_once(decision: Decision, place: Place) -> None:
    """Several names may mean one folder; it holds the message once."""
    for number, known in enumerate(decision.places):
        if known.folder_id == place.folder_id:
            decision.places[number] = place
            return
    decision.places.append(place)


async def _folder(tx: Tx, decision: Decision, action: sieve.FileInto) -> UUID | None:
    """The folder; None, with a word to the owner, when there is none (RFC 5490 3.2)."""
    mailbox_id = decision.incoming.mailbox_id
    use = USES.get((action.special_use or "").lower())
    try:
        if use is not None:
            try:
                return await folder_by_use(tx, mailbox_id, use)
            except NotFound:
                pass
        try:
            return await find_folder(tx, mailbox_id, action.folder)
        except NotFound:
            if not action.create:
                raise
        try:
            async with tx.savepoint():
                return await create_folder(tx, mailbox_id, action.folder)
        except Conflict:  # another mail made it meanwhile
            return await find_folder(tx, mailbox_id, action.folder)
    except (NotFound, Invalid) as error:
        decision.failures.append(f"“{action.folder}”: {error.reason}")
        return None
