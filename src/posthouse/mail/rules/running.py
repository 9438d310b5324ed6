"""A rule run over a folder: what it does to mail that is here already, with what undoes it."""

from dataclasses import dataclass, field
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.mail.listing.acting import act_on_threads
from posthouse.mail.listing.views import Act, ThreadActs
from posthouse.mail.mailboxes.folders import create_folder, find_folder, read_folder
from posthouse.mail.rules import store
from posthouse.mail.rules.builder import Action, Rule
from posthouse.mail.rules.builder.model import ActionKind
from posthouse.mail.rules.reach import check_reach
from posthouse.mail.rules.trial import try_on
from posthouse.security.members import Actor

# Of one step: about a second.
_MOST = 200
# What can be done to mail that came long ago: nobody is written to about it, and what a rule would
# have dropped goes to Trash.
_ACTS: dict[ActionKind, Act] = {"flag": "flag", "read": "read", "move": "move", "discard": "trash"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One of a run. `undo`, in this order, takes back what it did; `next` is where to go on."""

    looked: int
    changed: int
    undo: list[ThreadActs] = field(default_factory=list)
    next: int | None = None


async def run_rule(
    database: Database,
    actor: Actor,
    mailbox_id: UUID,
    folder_id: UUID,
    rule: Rule,
    before: int | None,
) -> Step:
    """On the newest mails of a folder, or on those older than `before`. The rule is `checked`.

    Raises NotFound, Denied, and Invalid for a rule that does nothing to such mail.
    """
    wanted = [action for action in rule.actions if action.kind in _ACTS]
    if not wanted:
        raise Invalid("This rule does nothing to mail that is here already.", field="rule")
    async with database.workspace(actor.workspace_id) as tx:
        await check_reach(tx, actor, mailbox_id, writing=True)
        if (await read_folder(tx, folder_id)).mailbox_id != mailbox_id:
            raise NotFound("There is no such folder.")
        mails = await store.list_in_folder(tx, folder_id, before, _MOST)
    trial = await try_on(database, actor.workspace_id, mailbox_id, [rule], mails)
    undo: list[ThreadActs] = []
    changed = 0
    if trial.fits[0]:
        async with database.workspace(actor.workspace_id) as tx:
            for action in wanted:
                acts = ThreadActs(
                    mailbox=mailbox_id,
                    folder=folder_id,
                    act=_ACTS[action.kind],
                    message_ids=trial.fits[0],
                    to=await _target(tx, mailbox_id, action),
                )
                acted = await act_on_threads(tx, actor, acts)
                changed = max(changed, acted.messages)
                if acted.undo is not None:
                    undo.insert(0, acted.undo)
    return Step(
        looked=len(mails),
        changed=changed,
        undo=undo,
        next=mails[-1]["uid"] if len(mails) == _MOST else None,
    )


async def _target(tx: Tx, mailbox_id: UUID, action: Action) -> UUID | None:
    """The folder, made where it is missing, as when mail comes."""
    if action.kind != "move":
        return None
    try:
        return await find_folder(tx, mailbox_id, action.value)
    except NotFound:
        return await create_folder(tx, mailbox_id, action.value)
