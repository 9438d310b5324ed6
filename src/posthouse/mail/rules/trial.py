"""Rules tried on mail that is here already, before they are in force; and one made from a mail."""

import asyncio
import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from posthouse.foundation.db import Database, Row, Tx
from posthouse.foundation.errors import NotFound
from posthouse.mail.mailboxes.model import Described
from posthouse.mail.mailboxes.reading import describe_messages, header_of, raw_of, read_stored
from posthouse.mail.rules import store
from posthouse.mail.rules.builder import Action, Condition, Rule, write_tests
from posthouse.mail.rules.surroundings import Surroundings, Wanted, look_up
from posthouse.protocols import mime, sieve
from posthouse.security.vault import BlobFiles, Keyring, keyring

MOST_TRIED = 200
MOST_SHOWN = 5
_PORTION = 10
# Of what is larger only the header is read.
_LARGE = 1 << 20
_LIST_ID = re.compile(r"<([^<>]+)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How many mails were looked at, and for each rule those that fit it, the newest first."""

    looked: int
    fits: list[list[UUID]] = field(default_factory=list)


async def try_rules(
    database: Database, workspace_id: UUID, mailbox_id: UUID, rules: Sequence[Rule]
) -> Trial:
    """Which of the last mails each rule fits, switched on or not, whatever the others do.

    The rules are `checked`.
    """
    async with database.workspace(workspace_id) as tx:
        recent = await store.list_recent(tx, mailbox_id, MOST_TRIED)
    return await try_on(database, workspace_id, mailbox_id, rules, recent)


async def try_on(
    database: Database,
    workspace_id: UUID,
    mailbox_id: UUID,
    rules: Sequence[Rule],
    mails: Sequence[Row],
) -> Trial:
    """The same on these: id, size and received_at of mails of the mailbox."""
    script = await asyncio.to_thread(sieve.compile_script, write_tests(rules).encode())
    files = database.service(BlobFiles)
    fits: list[list[UUID]] = [[] for _ in rules]
    for start in range(0, len(mails), _PORTION):
        portion = {row["id"]: row for row in mails[start : start + _PORTION]}
        async with database.workspace(workspace_id) as tx:
            keys = await keyring(tx)
            stored = {row["mailbox_message_id"]: row for row in await read_stored(tx, [*portion])}
        # Beside the event loop, and with no transaction open: a mail may be a megabyte of text.
        for copy, row in portion.items():
            if copy in stored:
                read = functools.partial(_letter, keys, stored[copy], row, files)
                for number in await _fitting(database, workspace_id, mailbox_id, script, read, row):
                    fits[number].append(copy)
    return Trial(looked=len(mails), fits=fits)


async def _fitting(
    database: Database,
    workspace_id: UUID,
    mailbox_id: UUID,
    script: sieve.Script,
    read: Callable[[], sieve.Letter],
    row: Row,
) -> list[int]:
    """The numbers of the rules that fit. What only the database knows is looked up."""
    letter = await asyncio.to_thread(read)
    around = Surroundings(
        mail_from="",
        rcpt_to=next(iter(letter.texts("delivered-to")), ""),
        now=row["received_at"],
        environment={},
    )
    while True:
        try:
            outcome = await asyncio.to_thread(script.run, letter, around)
        except Wanted as wanted:
            async with database.workspace(workspace_id) as tx:
                around.answers[wanted.question] = await look_up(
                    tx, mailbox_id, wanted.question, around.now
                )
            continue
        kept = (each for each in outcome.actions if isinstance(each, sieve.Keep))
        return sorted({int(flag[1:]) for each in kept for flag in each.flags})


async def describe_fits(tx: Tx, trial: Trial) -> dict[UUID, Described]:
    """What is shown of the first mails that fit."""
    shown = {copy for fits in trial.fits for copy in fits[:MOST_SHOWN]}
    return {each.mailbox_message_id: each for each in await describe_messages(tx, list(shown))}


async def rule_from(tx: Tx, mailbox_id: UUID, message_id: UUID) -> Rule:
    """A rule for mail like this one: of its list, or of its author. Its folder is still to be said.

    Raises NotFound for what is not in the mailbox.
    """
    described = await describe_messages(tx, [message_id])
    if not described or described[0].mailbox_id != mailbox_id:
        raise NotFound("There is no such message.")
    (row,) = await read_stored(tx, [message_id])
    letter = sieve.Letter(header_of(await keyring(tx), row))
    return Rule(
        conditions=_conditions(letter),
        actions=[Action(kind="move"), Action(kind="stop")],
    )


def _conditions(letter: sieve.Letter) -> list[Condition]:
    for text in letter.texts("list-id"):  # RFC 2919 3
        if match := _LIST_ID.search(text):
            return [Condition(field="list", test="contains", values=[match[1]])]
    authors = [each.address for each in mime.addresses(letter.scan, b"from") if each.domain]
    return [Condition(field="from", test="is", values=authors[:1])] if authors else []


def _letter(keys: Keyring, stored: Row, row: Row, files: BlobFiles) -> sieve.Letter:
    if row["size"] > _LARGE:
        return sieve.Letter(header_of(keys, stored), size=row["size"])
    return sieve.Letter(raw_of(keys, stored, files))
