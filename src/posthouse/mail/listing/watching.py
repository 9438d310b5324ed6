"""What has changed in the folders somebody may see, since they looked last."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.mail.listing import store
from posthouse.security.access import reach_of
from posthouse.security.members import Actor


@dataclass(slots=True)
class MailboxChange:
    """Folders of one mailbox that changed, and threads known to have."""

    mailbox_id: UUID
    folder_ids: list[UUID] = field(default_factory=list)
    thread_ids: set[UUID] = field(default_factory=set)


class FolderWatch:
    """Remembers how far each folder was; changes show in its modseq, so that a lost signal costs
    time only."""

    def __init__(self) -> None:
        self._states: dict[UUID, tuple[UUID, int]] = {}
        self._started = False

    async def look(self, tx: Tx, actor: Actor) -> list[MailboxChange]:
        """What is new since the last look; nothing the first time. Rights are asked each time."""
        reach = await reach_of(tx, actor)
        rows = await store.folder_states(tx, list(reach.mailboxes))
        now = {row["id"]: (row["mailbox_id"], row["highest_modseq"]) for row in rows}
        before, self._states = self._states, now
        if not self._started:
            self._started = True
            return []
        changes: dict[UUID, MailboxChange] = {}
        for folder_id, (mailbox_id, modseq) in now.items():
            old = before.get(folder_id)
            if old is None or old[1] != modseq:
                change = changes.setdefault(mailbox_id, MailboxChange(mailbox_id))
                change.folder_ids.append(folder_id)
                since = old[1] if old else 0
                change.thread_ids.update(await store.changed_threads(tx, folder_id, since))
        for folder_id, (mailbox_id, _) in before.items():
            if folder_id not in now:
                changes.setdefault(mailbox_id, MailboxChange(mailbox_id))
        return list(changes.values())

    def topics(self) -> list[str]:
        """The signals that say that it is time to look."""
        mailboxes = {mailbox_id for mailbox_id, _ in self._states.values()}
        return [f"folder:{folder}" for folder in self._states] + [f"mailbox:{m}" for m in mailboxes]


async def readable_threads(tx: Tx, actor: Actor, mailbox_message_ids: Sequence[UUID]) -> list[UUID]:
    """The threads of those messages the actor may read in full."""
    return await store.readable_threads(tx, await reach_of(tx, actor), mailbox_message_ids)
