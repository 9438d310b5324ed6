"""What the actions of a script come to: places, letters, refusals, and words to the owner."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Conflict, Invalid, NotFound
from posthouse.mail.mailboxes.folders import (
    create_folder,
    find_folder,
    folder_by_use,
    keyword_numbers,
)
from posthouse.mail.mailboxes.model import Filing, Flags
from posthouse.mail.mailboxes.object_ids import folder_by_object_id
from posthouse.mail.rules.decision import Decision, Place
from posthouse.mail.rules.letters import (
    Draft,
    answered,
    notified,
    one_line,
    redirected,
    rejected,
    results_in,
    why_not_redirected,
)
from posthouse.mail.rules.surroundings import USES
from posthouse.protocols import sieve
from posthouse.protocols.mime.fold import Unbuildable

_FLAGS = {
    "\\seen": Flags.SEEN,
    "\\answered": Flags.ANSWERED,
    "\\flagged": Flags.FLAGGED,
    "\\deleted": Flags.DELETED,
    "\\draft": Flags.DRAFT,
}


async def settle(
    tx: Tx,
    decision: Decision,
    action: sieve.Action,
    letter: sieve.Letter,
    own: str,
    hostname: str,
) -> None:
    """Add what one action comes to; `own` is the mailbox's address."""
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
                decision.drafts.append(await _with_copy(tx, decision, due, action.copy))
        case sieve.Notify() if not incoming.junk:
            await _notify(tx, decision, action, letter, own)
        case sieve.Reject():
            if not incoming.mail_from:  # RFC 5429 2.1.1: nobody can be told, so it is kept
                _keep_once(decision, Place())
            else:
                decision.refused_with = one_line(action.reason)
                decision.refusal = rejected(
                    letter, action.reason, own, incoming.mail_from, hostname, incoming.received_at
                )


async def _notify(
    tx: Tx, decision: Decision, action: sieve.Notify, letter: sieve.Letter, own: str
) -> None:
    incoming = decision.incoming
    now, known = incoming.received_at, decision.notified
    try:
        drafts = notified(letter, action, own, incoming.mail_from, now, known)
    except Unbuildable as error:
        decision.failures.append(str(error))
        return
    if drafts:
        drafts[0] = await _with_copy(tx, decision, drafts[0], action.copy)
    decision.drafts += drafts


async def _with_copy(
    tx: Tx, decision: Decision, draft: Draft, copy: sieve.FileInto | None
) -> Draft:
    """RFC 8580: filed with the letter, if that is written; into Sent if its folder is missing."""
    if copy is None:
        return draft
    mailbox_id = decision.incoming.mailbox_id
    folder_id = await _folder(tx, decision, copy)
    if folder_id is None:
        folder_id = await folder_by_use(tx, mailbox_id, "sent")
    flags, keywords = await _marks(tx, decision, copy.flags)
    filing = Filing(
        mailbox_id=mailbox_id,
        folder_id=folder_id,
        raw=draft.content,
        received_at=decision.incoming.received_at,
        direction="out",
        door="rule",
        flags=flags,
        keywords=keywords,
    )
    return replace(draft, copy=filing)


async def _file(
    tx: Tx, decision: Decision, folder_id: UUID | None, action: sieve.Keep | sieve.FileInto
) -> None:
    flags, keywords = await _marks(tx, decision, action.flags)
    place = Place(folder_id=folder_id, flags=flags, keywords=keywords, edited=action.edited)
    _keep_once(decision, place)


async def _marks(tx: Tx, decision: Decision, wanted: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """Flags and keywords; beyond the quota of keywords the message comes without them."""
    flags, keywords = 0, list[str]()
    for flag in wanted:
        system = _FLAGS.get(flag.lower())
        if system is None:
            keywords.append(flag)
        else:
            flags |= system
    try:
        await keyword_numbers(tx, decision.incoming.mailbox_id, keywords)
    except Invalid as error:
        decision.failures.append(error.reason)
        keywords = []
    return flags, tuple(keywords)


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
        if action.mailbox_id is not None:
            try:
                return await folder_by_object_id(tx, mailbox_id, action.mailbox_id)
            except NotFound:
                pass
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
