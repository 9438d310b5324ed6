"""Learning from moves: to Junk, and out of it to anywhere but Trash."""

import random
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.events import Listener
from posthouse.mail.filtering import store
from posthouse.mail.filtering.actions import Lesson, learn
from posthouse.mail.filtering.teaching import hand_on
from posthouse.mail.mailboxes.events import MessagesMoved

T = TypeVar("T")
# Lessons of one batch, some 3 ms each; of a larger move a sample teaches as much.
_MOST_LESSONS = 500
# Who only ever hears of junk holds everything for junk: each time some mail that was left where it
# arrived is looked at too, out of the newest.
_BESIDE, _OUT_OF = 400, 2_000


async def learn_from_moves(tx: Tx, events: Sequence[MessagesMoved]) -> None:
    """The last move of a mail is what its member meant."""
    uses = await store.folder_uses(
        tx, list({folder for event in events for folder in (event.source_id, event.target_id)})
    )
    lessons: dict[UUID, Lesson] = {}
    for event in events:
        source, target = uses.get(event.source_id), uses.get(event.target_id)
        if source is None or target is None or "junk" not in (source.use, target.use):
            continue
        if target.use == "trash":
            continue
        for copy_id in event.mailbox_message_ids:
            lessons[copy_id] = Lesson(
                mailbox_message_id=copy_id,
                mailbox_id=target.mailbox_id,
                junk=target.use == "junk",
            )
    if lessons:
        chosen = _some(list(lessons.values()), _MOST_LESSONS)
        beside, out_of = await _beside(tx, chosen, set(lessons))
        await learn(tx, chosen, beside, out_of=out_of)
        await hand_on(tx, chosen)


async def _beside(tx: Tx, lessons: Sequence[Lesson], moved: set[UUID]) -> tuple[list[Lesson], int]:
    """Good mail of the mailboxes that the lessons are from, and out of how many it was chosen."""
    beside: list[Lesson] = []
    out_of = 0
    for mailbox_id in {lesson.mailbox_id for lesson in lessons}:
        found = await store.good_mail(tx, mailbox_id, _OUT_OF)
        left = [copy_id for copy_id in dict.fromkeys(found) if copy_id not in moved]
        out_of += len(left)
        beside += [
            Lesson(mailbox_message_id=copy_id, mailbox_id=mailbox_id, junk=False)
            for copy_id in _some(left, max(_BESIDE, min(len(lessons), _MOST_LESSONS)))
        ]
    return beside, out_of


def _some(things: list[T], most: int) -> list[T]:
    return things if len(things) <= most else random.sample(things, most)


# Who moves ten mails one by one teaches them together.
LISTENERS = (
    Listener(
        name="filtering.lessons",
        kinds=(MessagesMoved,),
        handle=learn_from_moves,
        batch=100,
        gather=2.0,
    ),
)
