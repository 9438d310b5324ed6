"""How much one site is burdened: connections, messages a minute, pauses. Rules only, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from posthouse.protocols.smtp.envelope import Fate, Stage
from posthouse.protocols.smtp.reply import Reply
from posthouse.sending.outbox.model import Outcome
from posthouse.sending.outbox.verdicts import Verdict, verdict_of

FIRST_CONNECTIONS = 5
MOST_CONNECTIONS = 20
# Below this nothing would get through; above that a rate is no limit any more.
_LEAST_PER_MINUTE = 6
_MOST_PER_MINUTE = 1200
_GROWTH = 1.25
_MINUTE = timedelta(minutes=1)
_FAILURES_UNTIL_PAUSE = 2
# What ends here says nothing about the recipient. TLS is asked for by domain, not by site.
_AT_THE_DOOR = (Stage.CONNECT, Stage.HELLO, Stage.AUTH)


class Reason(StrEnum):
    """Why a site has less than others."""

    SLOW = "slow"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"


# A person's mail may wait behind a pause: they stay shorter than the recipient's own ones.
_PAUSES = {
    Reason.SLOW: (1, 2, 5, 10, 15, 30),
    Reason.BLOCKED: (10, 20, 30, 60),
    Reason.UNREACHABLE: (1, 2, 5, 10, 15, 30),
}
_LONGEST_PAUSE = _MINUTE * max(minutes for pauses in _PAUSES.values() for minutes in pauses)


@dataclass(slots=True, kw_only=True)
class Pace:
    """One site's. `changed_at` is when it last became worse or well; None: it always was well."""

    connections: float = FIRST_CONNECTIONS
    per_minute: float | None = None
    pauses: int = 0
    paused_until: datetime | None = None
    reason: Reason | None = None
    status: str = ""
    changed_at: datetime | None = None
    _failures: int = 0
    _tokens: float = 0.0
    _filled_at: datetime | None = None
    _counted: int = 0
    _counting_since: datetime | None = None
    _rate: float = 0.0

    def paused(self, now: datetime) -> bool:
        """Whether nothing is to be tried. Who rests for longer rests by a clock that was wrong."""
        until = self.paused_until
        return until is not None and now < until <= now + _LONGEST_PAUSE

    def take(self, wanted: int, now: datetime, workers: int) -> int:
        """How many messages may go now, of so many; one process has its part of the rate."""
        if self.per_minute is None:
            return wanted
        mine = self.per_minute / workers
        passed = (now - self._filled_at) / _MINUTE if self._filled_at else 1.0
        passed = max(passed, 0.0)  # the clock may have been set back
        self._filled_at = now
        self._tokens = min(self._tokens + mine * passed, max(mine / 6, 1.0))
        allowed = min(wanted, int(self._tokens))
        self._tokens -= allowed
        return allowed

    def next_turn(self, waiting: int, now: datetime, workers: int) -> datetime:
        """When so many messages may have gone."""
        if self.paused_until is not None and self.paused(now):
            return self.paused_until
        per_minute = (self.per_minute or _MOST_PER_MINUTE) / workers
        return now + _MINUTE * (max(waiting, 1) / per_minute)

    def learn(self, outcomes: Sequence[Outcome], began: datetime, now: datetime) -> bool:
        """What some attempts, begun together, say of the site; whether others should know.

        What was begun before it became worse says nothing new.
        """
        outcomes = [each for each in outcomes if each.stage not in (None, Stage.TLS)]
        verdicts = {verdict_of(outcome.reply): outcome.reply for outcome in outcomes}
        stale = self.changed_at is not None and began < self.changed_at
        if Verdict.BLOCKED in verdicts:
            return not stale and self._worsen(Reason.BLOCKED, verdicts[Verdict.BLOCKED], now)
        if Verdict.SLOW in verdicts:
            return not stale and self._worsen(Reason.SLOW, verdicts[Verdict.SLOW], now)
        if not outcomes:
            return False
        if all(outcome.stage in _AT_THE_DOOR for outcome in outcomes):
            return not stale and self._worsen(Reason.UNREACHABLE, outcomes[0].reply, now)
        return self._improve(sum(o.fate is Fate.DELIVERED for o in outcomes), now)

    def _worsen(self, reason: Reason, reply: Reply, now: datetime) -> bool:
        self._failures += 1
        at_the_end = self.connections <= 1
        self.connections = max(self.connections // 2, 1.0)
        if reason is not Reason.UNREACHABLE:
            known = self.per_minute or self._rate or _MOST_PER_MINUTE
            self.per_minute = max(known / 2, _LEAST_PER_MINUTE)
        pausing = {
            Reason.SLOW: at_the_end,
            Reason.BLOCKED: True,
            Reason.UNREACHABLE: at_the_end or self._failures >= _FAILURES_UNTIL_PAUSE,
        }
        if pausing[reason]:
            pauses = _PAUSES[reason]
            self.paused_until = now + _MINUTE * pauses[min(self.pauses, len(pauses) - 1)]
            self.pauses += 1
            self.connections = 1.0
        self.reason = reason
        self.status = f"{reply.code} {reply.enhanced}".rstrip()
        self.changed_at = now
        return True

    def _improve(self, delivered: int, now: datetime) -> bool:
        """One connection more for each visit that went well; the rate grows minute by minute."""
        self._failures = 0
        self.connections = min(self.connections + 1, MOST_CONNECTIONS)
        self._count(delivered, now)
        if self.reason is None:
            return False
        recovering = self.paused_until is not None
        self.paused_until, self.pauses = None, 0
        well = self.connections >= FIRST_CONNECTIONS and self.per_minute is None
        if well:
            self.reason, self.status = None, ""
        if well or recovering:
            self.changed_at = now
        return well or recovering

    def _count(self, delivered: int, now: datetime) -> None:
        if self._counting_since is None:
            self._counting_since = now
        self._counted += delivered
        passed = now - self._counting_since
        if passed < _MINUTE:
            self._rate = max(self._rate, float(self._counted))
            return
        self._rate = self._counted / (passed / _MINUTE)
        self._counted, self._counting_since = 0, now
        if self.per_minute is not None:
            grown = self.per_minute * _GROWTH
            self.per_minute = grown if grown < _MOST_PER_MINUTE else None
