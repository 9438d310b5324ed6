"""How a site's pace changes by what it answers, and who may visit it next."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.mime import scan
from posthouse.protocols.smtp.envelope import Fate, Stage
from posthouse.protocols.smtp.reply import Reply
from posthouse.sending.outbox.gates import Gate
from posthouse.sending.outbox.model import Outcome, Share
from posthouse.sending.outbox.pacing import FIRST_CONNECTIONS, MOST_CONNECTIONS, Pace, Reason
from posthouse.sending.outbox.shares import share_of

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NOBODY: Any = None


def outcome(code: int, text: str = "", enhanced: str = "", stage: Stage = Stage.BODY) -> Outcome:
    reply = Reply(code, text, enhanced)
    fate = Fate.DELIVERED if code < 400 else Fate.TEMPORARY if code < 500 else Fate.PERMANENT
    return Outcome(parcel=NOBODY, fate=fate, reply=reply, host="mx", stage=stage)


TAKEN = outcome(250)
SLOW = outcome(421, "too many connections", "4.7.0", Stage.RCPT)
BLOCKED = outcome(550, "blocked using zen.spamhaus.org", "5.7.1", Stage.RCPT)
AWAY = outcome(451, "Cannot connect", "4.4.1", Stage.CONNECT)
UNKNOWN = outcome(550, "nobody", "5.1.1", Stage.RCPT)


def test_a_site_that_takes_mail_gets_more():
    pace = Pace()
    for n in range(30):
        assert not pace.learn([TAKEN], NOW, NOW + n * MINUTE)  # nothing that others need to know
    assert pace.connections == MOST_CONNECTIONS
    assert pace.take(10_000, NOW, 1) == 10_000


def test_unknown_recipients_and_broken_tls_say_nothing_bad():
    pace = Pace()
    assert not pace.learn([UNKNOWN], NOW, NOW)
    assert not pace.learn([outcome(454, "handshake", "4.7.5", Stage.TLS)] * 9, NOW, NOW)
    assert not pace.learn([], NOW, NOW)
    assert (pace.connections, pace.reason) == (FIRST_CONNECTIONS + 1, None)


def test_slow_down_halves_and_at_the_end_pauses():
    pace, now = Pace(connections=8), NOW
    for left in (4, 2, 1):
        assert pace.learn([TAKEN, SLOW], now, now)
        assert (pace.connections, pace.paused(now)) == (left, False)
        now += MINUTE
    assert pace.per_minute == 150
    pauses = []
    for _ in range(7):
        assert pace.learn([SLOW], now, now)
        assert pace.paused_until
        pauses.append((pace.paused_until - now) / MINUTE)
        now = pace.paused_until
    assert pauses == [1, 2, 5, 10, 15, 30, 30]
    assert (pace.per_minute, pace.status) == (6, "421 4.7.0")


def test_blocked_is_a_pause_at_once():
    pace = Pace()
    assert pace.learn([BLOCKED], NOW, NOW)
    assert (pace.reason, pace.connections) == (Reason.BLOCKED, 1)
    assert pace.paused(NOW + 9 * MINUTE)
    assert not pace.paused(NOW + 10 * MINUTE)


def test_away_twice_is_a_pause_and_what_began_before_is_no_news():
    pace = Pace()
    assert pace.learn([AWAY, AWAY], NOW, NOW)
    assert not pace.paused(NOW)
    assert not pace.learn([AWAY], NOW - MINUTE, NOW)
    assert pace.learn([AWAY], NOW, NOW)
    assert pace.paused(NOW)
    assert pace.next_turn(5, NOW, 1) == pace.paused_until


def test_a_visit_that_goes_well_ends_it():
    pace, now = Pace(), NOW
    for _ in range(3):
        pace.learn([AWAY], now, now)
        now = pace.paused_until or now
    told = [pace.learn([TAKEN], now, now) for _ in range(6)]
    assert told == [True, False, False, True, False, False]  # the first one, and well again
    assert (pace.reason, pace.pauses, pace.paused_until) == (None, 0, None)


def test_messages_a_minute_are_counted_and_grow_again():
    pace = Pace(per_minute=60, reason=Reason.SLOW)
    assert pace.take(100, NOW, 1) == 10
    assert pace.take(100, NOW, 1) == 0
    assert pace.next_turn(30, NOW, 1) == NOW + MINUTE / 2
    assert pace.take(100, NOW + MINUTE / 12, 1) == 5
    assert pace.take(100, NOW + MINUTE, 2) == 5  # there is another worker now
    for n in range(20):
        pace.learn([TAKEN], NOW, NOW + n * MINUTE)
    assert pace.per_minute is None


@given(st.lists(st.sampled_from([TAKEN, SLOW, BLOCKED, AWAY, UNKNOWN]), max_size=60))
def test_whatever_comes_something_may_go_some_day(what: list[Outcome]):
    pace, now = Pace(), NOW
    for n, each in enumerate(what):
        pace.learn([each], now, now)
        now += n * MINUTE
        assert 1 <= pace.connections <= MOST_CONNECTIONS
        assert pace.paused_until is None or pace.paused_until - now <= 60 * MINUTE
    assert pace.take(10, now + 61 * MINUTE, 3) >= 1


# -- gates


async def test_people_come_before_bulk_and_have_a_place_of_their_own():
    gate, order = Gate(lambda: 3), []
    leave = asyncio.Event()

    async def visit(share: Share, name: str) -> None:
        async with gate.visit(share):
            order.append(name)
            await leave.wait()

    tasks = [asyncio.create_task(visit(Share.BULK, f"bulk {n}")) for n in range(5)]
    await asyncio.sleep(0)
    assert order == ["bulk 0", "bulk 1"]  # the third place is kept
    tasks.append(asyncio.create_task(visit(Share.PEOPLE, "anna")))
    tasks.append(asyncio.create_task(visit(Share.PEOPLE, "otto")))
    tasks.append(asyncio.create_task(visit(Share.NOTICES, "bounce")))
    await asyncio.sleep(0)
    assert order[2:] == ["anna"]
    tasks[0].cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert order[3:] == ["otto"]
    leave.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order[4:] == ["bounce", "bulk 2", "bulk 3", "bulk 4"]
    assert gate.idle


async def test_a_limit_that_changes_and_waiters_that_leave():
    limit = 1
    gate = Gate(lambda: limit)
    leave = asyncio.Event()

    async def visit() -> None:
        async with gate.visit(Share.PEOPLE):
            await leave.wait()

    tasks = [asyncio.create_task(visit()) for _ in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    limit = 3
    gate.let_in()
    tasks[2].cancel()  # let in, and gone before it ran
    await asyncio.sleep(0)
    leave.set()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each).__name__ for each in done] == [
        "NoneType",
        "CancelledError",
        "CancelledError",
        "NoneType",
    ]
    assert gate.idle


# -- shares


def test_whose_turn_a_message_takes():
    def share(header: str, mail_from: str = "a@b.example", recipients: int = 1) -> Share:
        return share_of(scan(header.encode() + b"\r\n\r\n"), mail_from, recipients)

    assert share("Subject: x") is Share.PEOPLE
    assert share("Auto-Submitted: no") is Share.PEOPLE
    assert share("Subject: x", recipients=101) is Share.BULK
    assert share("Precedence: Bulk") is Share.BULK
    assert share("List-Unsubscribe: <https://b.example/u>") is Share.BULK
    assert share("Auto-Submitted: auto-replied") is Share.NOTICES
    assert share("Subject: x", mail_from="") is Share.NOTICES
