"""Judging what arrives, and learning from what members move.

A process keeps the tables of the workspaces it works for in memory, so that judging costs no trip
to the database; a signal tells it when one has learned something.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import zstandard
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from posthouse.foundation.db import Database, Tx
from posthouse.mail.filtering import store
from posthouse.mail.filtering.judging import judge
from posthouse.mail.filtering.learning import Key, Sample, Table
from posthouse.mail.filtering.model import Judgement, junk_from
from posthouse.mail.filtering.numbers import Words
from posthouse.mail.filtering.traits import traits_of
from posthouse.mail.mailboxes.prepare import LARGE, Prepared
from posthouse.mail.mailboxes.reading import read_raws
from posthouse.protocols import mime
from posthouse.security.vault import Keyring, keyring

# Tables in memory, of 4 MB each.
_MOST_TABLES = 32
# Mails taken apart between two looks at the event loop: in a thread, some 30 ms.
_SLICE = 16

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Known:
    """What a process knows of a workspace. `table` is None while nobody has taught it anything."""

    table: Table | None
    key: Key
    needed: float
    changed: asyncio.Event
    subscription: ExitStack


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A mail that a member has moved to Junk, or out of it."""

    mailbox_message_id: UUID
    mailbox_id: UUID
    junk: bool


class Filter:
    """The filter of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[UUID, _Known] = OrderedDict()

    async def judge(
        self,
        workspace_id: UUID,
        mailboxes: Iterable[UUID],
        prepared: Prepared,
        verdict: Mapping[str, Any],
    ) -> dict[UUID, Judgement]:
        """What each mailbox would say of a mail that arrives; nothing in an untaught workspace.

        A fault of ours costs the judgement, never the mail.
        """
        known = await self._of(workspace_id)
        if known.table is None:
            return {}
        asked = list(mailboxes)
        try:
            if len(prepared.variant) > LARGE:
                return await asyncio.to_thread(_judge, known, asked, prepared, verdict)
            return _judge(known, asked, prepared, verdict)
        except Exception:
            log.exception("filtering: a mail could not be judged")
            return {}

    async def _of(self, workspace_id: UUID) -> _Known:
        known = self._known.get(workspace_id)
        if known is not None and not known.changed.is_set():
            self._known.move_to_end(workspace_id)
            return known
        subscription = ExitStack()
        if known is None:
            topic = signal_of(workspace_id)
            changed = subscription.enter_context(self._database.signals.subscribe(topic))
        else:
            subscription, changed = known.subscription, known.changed
        changed.clear()
        async with self._database.workspace(workspace_id) as tx:
            learned = await store.read_table(tx)
            key = key_of(await keyring(tx))
        table = None if learned is None else await asyncio.to_thread(_unpacked, learned.weights)
        needed = junk_from(learned.junk, learned.good) if learned else 0.0
        made = _Known(table, key, needed, changed, subscription)
        self._keep(workspace_id, made)
        return made

    def _keep(self, workspace_id: UUID, made: _Known) -> None:
        before = self._known.pop(workspace_id, None)
        if before is not None and before.subscription is not made.subscription:
            before.subscription.close()  # two mails came at once and both looked
        self._known[workspace_id] = made
        if len(self._known) > _MOST_TABLES:
            _, oldest = self._known.popitem(last=False)
            oldest.subscription.close()


async def learn(
    tx: Tx, lessons: Sequence[Lesson], beside: Sequence[Lesson], *, out_of: int
) -> None:
    """Learn from lessons, and from mail `beside` them that nobody has moved, chosen out of so many
    by chance: what it brings that is new is counted.
    """
    key = key_of(await keyring(tx))
    samples, junk = await _samples(tx, key, [*lessons, *beside])
    if not samples:
        return
    learned = await store.read_table(tx)
    packed = await asyncio.to_thread(_learned, learned and learned.weights, samples, junk)
    taught = sum(lesson.junk for lesson in lessons)
    seen = min((learned.good if learned else 0) / max(out_of, 1), 1.0)
    good = len(lessons) - taught + round(len(beside) * (1 - seen))
    await store.write_table(tx, packed, junk=taught, good=good)
    tx.signal(signal_of(tx.workspace))


def signal_of(workspace_id: UUID) -> str:
    """What is signalled when a workspace has learned something."""
    return f"filter:{workspace_id}"


def key_of(keys: Keyring) -> Key:
    """Where the traits of a workspace's mail stand in its table."""
    return Key(Cipher(AES(keys.hash("filter", b"traits", 32)), ECB()))


def salts_of(mailbox_id: UUID) -> tuple[int, int]:
    """Everybody's opinion, and this mailbox's."""
    return 0, int.from_bytes(mailbox_id.bytes[8:], "big") or 1


def _unpacked(weights: bytes, *, to_learn: bool = False) -> Table | None:
    """Together with what the first mail would otherwise wait for: it takes 20 ms, in a thread."""
    Words("一")
    try:
        return Table.unpack(weights, to_learn=to_learn)
    except (zstandard.ZstdError, ValueError):
        log.exception("filtering: what was learned cannot be read")
        return None


def _judge(
    known: _Known,
    mailboxes: Sequence[UUID],
    prepared: Prepared,
    verdict: Mapping[str, Any],
) -> dict[UUID, Judgement]:
    assert known.table is not None
    traits = traits_of(prepared.prefix, prepared.scan, prepared.subject, verdict)
    return {
        mailbox_id: judge(traits, known.table, known.key, salts_of(mailbox_id), known.needed)
        for mailbox_id in mailboxes
    }


async def _samples(tx: Tx, key: Key, lessons: Sequence[Lesson]) -> tuple[list[Sample], list[bool]]:
    """What is erased meanwhile teaches nothing."""
    samples: list[Sample] = []
    junk: list[bool] = []
    for start in range(0, len(lessons), _SLICE):
        part = lessons[start : start + _SLICE]
        ids = [lesson.mailbox_message_id for lesson in part]
        raws, verdicts = await read_raws(tx, ids), await store.verdicts_of(tx, ids)
        found = [lesson for lesson in part if lesson.mailbox_message_id in raws]
        mails = [
            (raws[i], verdicts.get(i, {}), salts_of(lesson.mailbox_id))
            for lesson in found
            for i in (lesson.mailbox_message_id,)
        ]
        samples += await asyncio.to_thread(_sampled, key, mails)
        junk += [lesson.junk for lesson in found]
    return samples, junk


def _sampled(
    key: Key, mails: Sequence[tuple[bytes, Mapping[str, Any], Sequence[int]]]
) -> list[Sample]:
    samples: list[Sample] = []
    for raw, verdict, salts in mails:
        prefix, rest = mime.split_trace(raw)
        scan = mime.scan(rest)
        traits = traits_of(prefix, scan, mime.subject(scan), verdict)
        samples.append(key.sample(traits.numbers, salts))
    return samples


def _learned(packed: bytes | None, samples: Sequence[Sample], junk: Sequence[bool]) -> bytes:
    table = (packed and _unpacked(packed, to_learn=True)) or Table()
    table.learn(samples, junk)
    return table.pack()
