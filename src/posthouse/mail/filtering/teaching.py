"""Handing lessons on to rspamd, once they have committed: what is lost on the way costs little."""

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial

from posthouse.foundation.db import Tx
from posthouse.foundation.settings import Settings
from posthouse.mail.filtering.actions import Lesson
from posthouse.mail.filtering.outside import Address, Service, Unanswered
from posthouse.mail.filtering.rspamd import teach_rspamd
from posthouse.mail.mailboxes.reading import read_raws

_DEADLINE = 15.0
# Of a larger move these are enough.
_MOST = 50
_teaching: set[asyncio.Task[None]] = set()


async def hand_on(tx: Tx, lessons: Sequence[Lesson]) -> None:
    """To rspamd, if the settings name one."""
    address = tx.database.service(Settings).rspamd
    if address == "off":
        return
    chosen = lessons[:_MOST]
    raws = await read_raws(tx, [lesson.mailbox_message_id for lesson in chosen])
    mails = [
        (raws[lesson.mailbox_message_id], lesson.junk)
        for lesson in chosen
        if lesson.mailbox_message_id in raws
    ]
    rspamd = Service("rspamd", Address(address), _DEADLINE)
    tx.after_commit.append(lambda: _begin(rspamd, mails))


async def handed_on() -> None:
    """Wait until rspamd has heard everything that this process has for it: before it ends."""
    await asyncio.gather(*_teaching)


def _begin(rspamd: Service, mails: Sequence[tuple[bytes, bool]]) -> None:
    task = asyncio.get_running_loop().create_task(_teach(rspamd, mails))
    _teaching.add(task)  # or nobody would hold it
    task.add_done_callback(_teaching.discard)


async def _teach(rspamd: Service, mails: Sequence[tuple[bytes, bool]]) -> None:
    for raw, junk in mails:
        with contextlib.suppress(Unanswered):
            await rspamd.ask(partial(teach_rspamd, raw=raw, junk=junk))
