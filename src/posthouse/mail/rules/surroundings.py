"""What a script asks beside the message. It runs without a database: what it wants to know and we
do not is looked up, and it begins again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.mail.mailboxes.annotations import list_annotations, read_values, said_anyway
from posthouse.mail.mailboxes.correspondents import first_known
from posthouse.mail.mailboxes.folders import (
    find_folder,
    folder_by_use,
    read_folder,
    read_mailbox,
)
from posthouse.mail.mailboxes.model import SpecialUse
from posthouse.mail.mailboxes.object_ids import folder_by_object_id
from posthouse.mail.rules import store
from posthouse.security.vault import keyring

# RFC 6154 2, and what we keep it under.
USES: dict[str, SpecialUse] = {
    "\\archive": "archive",
    "\\drafts": "drafts",
    "\\junk": "junk",
    "\\sent": "sent",
    "\\trash": "trash",
}


Answer = bool | str


@dataclass(frozen=True, slots=True)
class Question:
    """Something only the database knows."""

    about: str
    name: str
    beside: str | None = None


class Wanted(Exception):
    """The script cannot go on without this."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.about)
        self.question = question


@dataclass(slots=True)
class Surroundings:
    """Of one run; `answers` is filled between runs."""

    mail_from: str
    rcpt_to: str
    now: datetime
    environment: Mapping[str, str]
    spam: int | None = None
    virus: int | None = None
    answers: dict[Question, Answer] = field(default_factory=dict)

    def has_folder(self, name: str) -> bool:
        return self._holds(Question("folder", name))

    def has_special_use(self, folder: str | None, use: str) -> bool:
        if use.lower() not in USES:
            return False
        return self._holds(Question("use", use.lower(), folder))

    def has_mailbox_id(self, id: str) -> bool:
        return self._holds(Question("id", id))

    def annotation(self, folder: str | None, entry: str) -> str | None:
        found = self._answer(Question("annotation", entry, folder))
        return found if isinstance(found, str) else None

    def first_listed(self, values: Sequence[str]) -> str | None:
        found = self._answer(Question("listed", "\n".join(values)))
        return found if isinstance(found, str) else None

    def was_seen(self, key: str, pause: timedelta, *, last: bool) -> bool:
        return self._holds(Question("seen", key))

    def _holds(self, question: Question) -> bool:
        return self._answer(question) is True

    def _answer(self, question: Question) -> Answer:
        if question not in self.answers:
            raise Wanted(question)
        return self.answers[question]


async def look_up(tx: Tx, mailbox_id: UUID, question: Question, now: datetime) -> Answer:
    """The answer to what a script asked."""
    if question.about == "listed":
        return await first_known(tx, mailbox_id, question.name.split("\n")) or False
    if question.about == "seen":
        return await store.is_remembered(
            tx, mailbox_id, await memory_key(tx, "duplicate", question.name), now
        )
    try:
        if question.about == "annotation":
            return await _annotation(tx, mailbox_id, question)
        if question.about == "id":
            await folder_by_object_id(tx, mailbox_id, question.name)
            return True
        if question.about == "folder":
            await find_folder(tx, mailbox_id, question.name)
            return True
        kept_in = await folder_by_use(tx, mailbox_id, USES[question.name])
        if question.beside is None:
            return True
        return await find_folder(tx, mailbox_id, question.beside) == kept_in
    except (NotFound, Invalid):
        return False


async def _annotation(tx: Tx, mailbox_id: UUID, question: Question) -> Answer:
    """As the owner of the mailbox reads it; a shared one has nothing private. Raises NotFound."""
    mailbox = await read_mailbox(tx, mailbox_id)
    folder = None
    if question.beside is not None:
        folder = await read_folder(tx, await find_folder(tx, mailbox_id, question.beside))
    if (said := said_anyway(folder, mailbox.address).get(question.name)) is not None:
        return said.decode()
    found = await list_annotations(
        tx,
        [folder.id if folder else None],
        mailbox.owner_member_id,
        lambda entry: entry == question.name,
    )
    values = await read_values(tx, found)
    return next((value.decode("utf-8", "replace") for value in values.values()), False)


async def memory_key(tx: Tx, what: str, key: str) -> bytes:
    """What is remembered tells nobody whom or what it is about."""
    keys = await keyring(tx)
    return keys.hash(f"rules {what}", key.encode("utf-8", "surrogateescape"))
