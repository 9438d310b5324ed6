"""Members' rules between the screening and the filing: one filing becomes none, one or several.

Rules see no reports on what we sent, and junk only when they ask for it; nothing of it is answered
or sent on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Denied
from posthouse.mail.intake.committer import Waiting
from posthouse.mail.intake.model import Arrival, Recipient
from posthouse.mail.mailboxes.model import Filing, SpecialUse
from posthouse.mail.mailboxes.prepare import prepare_whole
from posthouse.mail.rules import Decision, Incoming, Place, RuleBook, decide, record
from posthouse.mail.rules.verdicts import spam_of, virus_of
from posthouse.protocols import mime
from posthouse.security.vault import Keyring


async def apply_rules(
    database: Database,
    book: RuleBook,
    waiting: Waiting,
    recipients: Sequence[Recipient],
    arrival: Arrival,
    hostname: str,
    keys: Keyring,
) -> Waiting:
    """The same arrival as its mailboxes' rules want it; `recipients` go with its filings.

    Raises Denied when all of them reject it, and it can be said in the protocol (RFC 5429 2.1.1).
    """
    incoming = [
        _incoming(filing, recipient, arrival, junk=use == "junk")
        for filing, recipient, use in zip(waiting.filings, recipients, waiting.uses, strict=True)
        if use in ("inbox", "junk") and filing.door != "dsn"
    ]
    decided = await decide(database, book, waiting.workspace_id, incoming, hostname)
    if not decided:
        return waiting
    _refuse(waiting, decided.values())
    filings: list[Filing] = []
    uses: list[SpecialUse | None] = []
    also: list[Callable[[Tx], Awaitable[None]]] = []
    for filing, use in zip(waiting.filings, waiting.uses, strict=True):
        decision = decided.get(filing.mailbox_id)
        if decision is None:
            filings.append(filing)
            uses.append(use)
            continue
        for number, place in enumerate(decision.places):
            filings.append(await _placed(filing, place, number, keys))
            uses.append(use if place.folder_id is None else None)
        also.append(partial(record, decision=decision))
    return Waiting(waiting.workspace_id, uses, filings, tuple(also))


def _incoming(filing: Filing, recipient: Recipient, arrival: Arrival, *, junk: bool) -> Incoming:
    prefix, _ = mime.split_trace(filing.raw)
    verdict = filing.verdict or {}
    trace: bytes = filing.prepared.prefix
    return Incoming(
        mailbox_id=filing.mailbox_id,
        address=recipient.address,
        raw=filing.raw,
        trace=trace[: len(trace) - len(prefix)],
        mail_from=arrival.mail_from,
        received_at=filing.received_at,
        source_key=filing.source_key,
        peer_ip=arrival.peer_ip,
        junk=junk,
        spam=spam_of(verdict, junk=junk),
        virus=virus_of(verdict),
    )


def _refuse(waiting: Waiting, decided: Iterable[Decision]) -> None:
    """In the protocol if nobody takes it; otherwise with a report to the sender."""
    refused = [decision for decision in decided if decision.refusal is not None]
    told = [decision.refused_with for decision in refused]
    if len(refused) == len(waiting.filings) and all(text.isascii() for text in told):
        raise Denied(told[0])
    for decision in refused:
        if decision.incoming.junk:  # its sender is seldom who he says: nobody is told
            decision.places.append(Place())
        elif decision.refusal is not None:
            decision.drafts.append(decision.refusal)


async def _placed(filing: Filing, place: Place, number: int, keys: Keyring) -> Filing:
    """The filing for one folder, with the edits made for it (RFC 5293)."""
    prepared, raw = filing.prepared, filing.raw
    if place.edited is not None:
        prefix, _ = mime.split_trace(raw)
        trace: bytes = prepared.prefix
        own = trace[: len(trace) - len(prefix)]
        raw = place.edited
        prepared = await asyncio.to_thread(prepare_whole, raw, keys)
        prepared = prepared.with_prefix(own + prepared.prefix)
    source_key = filing.source_key
    if source_key is not None and number:
        # A mailbox takes a key once; its second folder has one of its own.
        source_key = sha256(source_key + bytes([number])).digest()
    return replace(
        filing,
        folder_id=filing.folder_id if place.folder_id is None else place.folder_id,
        raw=raw,
        flags=place.flags,
        keywords=place.keywords,
        source_key=source_key,
        prepared=prepared,
    )
