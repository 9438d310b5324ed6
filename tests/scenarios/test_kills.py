"""kill -9 at random moments, again and again, while mail flows in: what got 250 is there, once."""

import asyncio
import random
from collections import Counter

import pytest

from tests.support.killing import EVERY_KIND, choose_victim, serve_again
from tests.support.running import (
    ANNA,
    RunningPosthouse,
    all_messages,
    kill,
    new_house,
    trace_of,
    wait_for,
)
from tests.support.senders import Senders

KILLS = 52
_LONGEST_PAUSE = 2.2
# What we may put on top of a message (RFC 5321 4.4, RFC 8601).
TRACE = {b"return-path", b"delivered-to", b"received", b"authentication-results"}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_what_was_answered_with_250_survives_fifty_kills_exactly_once():
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")  # shown when the test fails
    with new_house(mail_processes="2") as house:
        house.start()
        senders = Senders(house.ports["smtp"], ANNA, _message, pause=0.03)
        killed = asyncio.run(_kill_while_mail_flows(house, senders, random.Random(seed)))
        print(f"killed {dict(killed)}, sent {len(senders.sent)}, lost {senders.lost}")
        assert killed.total() >= KILLS
        assert set(killed) >= EVERY_KIND
        assert len(senders.accepted) > 10 * KILLS, "too little mail flowed between the kills"
        assert senders.lost > 8, "no connection was ever cut: the kills hit nothing"
        _compare(house, senders)
        house.wait_for_listeners()
        _search(house, senders)


async def _kill_while_mail_flows(
    house: RunningPosthouse, senders: Senders, chance: random.Random
) -> "Counter[str]":
    stop = asyncio.Event()
    killed: Counter[str] = Counter()
    sending = asyncio.create_task(senders.run(stop))
    while killed.total() < KILLS:
        await asyncio.sleep(chance.uniform(0.05, _LONGEST_PAUSE))
        name, pid = choose_victim(house, killed, chance)
        if kill(pid):
            killed[name] += 1
        if name == "supervisor":
            await asyncio.to_thread(serve_again, house)
    await _until_mail_is_taken_again(senders)
    stop.set()
    await sending
    return killed


async def _until_mail_is_taken_again(senders: Senders) -> None:
    before = len(senders.accepted)
    await asyncio.to_thread(
        wait_for, lambda: len(senders.accepted) > before + 20, 30, "mail is not taken any more"
    )


def _message(number: int) -> bytes:
    """A message of its own: small or large, with lines that start with dots, in raw UTF-8."""
    chance = random.Random(number)
    size = chance.choice([0, 3, 40, 400 if number % 50 == 0 else 30, 4000 if number == 77 else 10])
    lines = [
        chance.choice([".", "..", ". dot", "", "Grüße", "报价单 20 台水泵", "x" * 70])
        + f" {chance.getrandbits(64):x}"
        for _ in range(size)
    ]
    body = "".join(f"{line}\r\n" for line in [".", f"word{number:05d} is only here", *lines])
    return (
        f"From: Li Wei <li.wei@kunde.example>\r\nTo: {ANNA}\r\nSubject: Pump {number}\r\n"
        f"Date: Sun, 22 Nov 2026 08:00:00 +0000\r\nMessage-ID: <{number}@kunde.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body
    ).encode()


def _compare(house: RunningPosthouse, senders: Senders) -> None:
    """An outside client reads everything back."""
    client = house.imap()
    by_number = {message.number: message for message in senders.sent}
    found: Counter[int] = Counter()
    uids = []
    for uid, filed in all_messages(client):
        number = int(filed.partition(b"\r\nMessage-ID: <")[2].partition(b"@")[0])
        found[number] += 1
        uids.append(uid)
        assert set(trace_of(filed, by_number[number].raw)) <= TRACE
    client.logout()
    missing = [message.number for message in senders.accepted if not found[message.number]]
    twice = [number for number, times in found.items() if times > 1]
    assert (missing, twice) == ([], [])
    assert len(set(uids)) == len(uids)


def _search(house: RunningPosthouse, senders: Senders) -> None:
    for message in random.sample(senders.accepted, 3):
        said = house.must("search", "--mailbox", ANNA, f"word{message.number:05d}", "--json")
        assert said.count("\n") == 1, f"message {message.number}: {said}"
