"""What happens to mail for a site that is given a rest, or whose messages a minute are counted."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.protocols.smtp.envelope import Fate
from posthouse.protocols.smtp.reply import Reply
from posthouse.sending.outbox import site_rows
from posthouse.sending.outbox.board import Board, Site
from posthouse.sending.outbox.loading import load_parcels
from posthouse.sending.outbox.model import Leased, Outcome

# What was put off together does not come back in one instant.
_SPREAD = 0.1
_WORDS = "The domain's mail hosts are given a rest ({})"


async def divide(
    database: Database, board: Board, site: Site, worker: UUID, leased: Sequence[Leased]
) -> tuple[list[Leased], list[Leased]]:
    """Who may go now, and who may not though something is to be told of them. All others wait."""
    now = clock.now()
    paused = site.pace.paused(now)
    allowed = 0 if paused else site.pace.take(len(leased), now, board.workers)
    going, others = list(leased[:allowed]), list(leased[allowed:])
    if not others:
        return going, []
    until = site.pace.next_turn(len(others), now, board.workers)
    # Only an attempt can record that the one before it was cut off.
    calm = [each.recipient_id for each in others if not each.interrupted]
    async with database.system() as tx:
        waiting = await site_rows.put_off(
            tx,
            worker=worker,
            recipient_ids=calm,
            site=site.name,
            until=until,
            spread=max((until - now) * _SPREAD, timedelta(seconds=1)),
            late_after=timedelta(seconds=database.service(Settings).delay_notice),
            now=now,
        )
    return going, [each for each in others if each.recipient_id not in waiting]


async def without_attempt(
    database: Database, board: Board, site: Site, leased: Sequence[Leased]
) -> list[Outcome]:
    """What is recorded of those who may not go: that they wait, or have waited too long."""
    if not leased:
        return []
    until = site.pace.next_turn(len(leased), clock.now(), board.workers)
    reason = site.pace.reason or "many at once"
    reply = Reply(451, _WORDS.format(f"{reason} {site.pace.status}".rstrip()), "4.4.5")
    return [
        Outcome(parcel=p, fate=Fate.TEMPORARY, reply=reply, site=site.name, again_at=until)
        for p in await load_parcels(database, leased)
    ]
