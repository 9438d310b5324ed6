"""The operator's commands for how much mail there is, how long it stays, what is not erased."""

import json
from pathlib import Path
from typing import Any

from tests.support.house import letter
from tests.support.running import ANNA, RunningPosthouse

# Whom no other test writes to.
FULL = "full@acme.example"
_NO_ROOM, _NEVER_ANY_ROOM, _REFUSED = 452, 552, 1


def told(house: RunningPosthouse, *arguments: str | Path) -> list[dict[str, Any]]:
    """What a command says to machines."""
    return [json.loads(line) for line in house.must(*arguments, "--json").splitlines()]


def said_to(house: RunningPosthouse, raw: bytes) -> tuple[int, bytes]:
    """What somebody outside hears at RCPT or at the end of the data."""
    with house.smtp() as client:
        client.ehlo()
        client.mail("li.wei@kunde.example")
        code, text = client.rcpt(FULL)
        if code != 250:
            return code, text
        return client.data(raw)


def test_a_full_mailbox_and_its_words_on_the_wire(shared_house: RunningPosthouse):
    """RFC 5321 4.2.3, RFC 3463 3.3."""
    shared_house.must("member", "add", FULL, "--password-stdin", typed="a long enough phrase")
    (made,) = told(shared_house, "quota", "set", FULL, "--messages", "1", "--size", "1M")
    assert (made["most_messages"], made["most_octets"]) == (1, 1 << 20)
    try:
        code, text = said_to(shared_house, letter(message_id="1@k.example", body="x" * (1 << 20)))
        assert (code, text[:5]) == (_NEVER_ANY_ROOM, b"5.2.2")
        assert said_to(shared_house, letter(message_id="2@k.example"))[0] == 250
        code, text = said_to(shared_house, letter(message_id="3@k.example"))
        assert (code, text[:5]) == (_NO_ROOM, b"4.2.2")
        rows = told(shared_house, "quota", "list", "acme.example")
        assert {row["mailbox"]: row["percent"] for row in rows}[FULL] == 100
    finally:
        told(shared_house, "quota", "set", FULL)
    assert shared_house.run("quota", "set", FULL, "--size", "big").returncode == _REFUSED


def test_rules_of_retention(shared_house: RunningPosthouse):
    rules = ("--rule", "trash=30", "--rule", "all=3650", "--rule", "archive=never")
    assert told(shared_house, "retention", "set", "acme.example", *rules, "--trial") == []
    assert told(shared_house, "retention", "list", "acme.example") == []
    made = told(shared_house, "retention", "set", "acme.example", *rules)
    assert {row["place"]: row["days"] for row in made} == {
        "all": 3650,
        "archive": None,
        "trash": 30,
    }
    assert told(shared_house, "retention", "list", "acme.example") == made
    wrong = shared_house.run("retention", "set", "acme.example", "--rule", "trash=soon")
    assert wrong.returncode == _REFUSED
    assert told(shared_house, "retention", "set", "acme.example") == []


def test_a_hold_from_beginning_to_end(shared_house: RunningPosthouse, tmp_path: Path):
    (hold,) = told(shared_house, "hold", "set", ANNA, "--reason", "Pump v. Valve")
    (listed,) = told(shared_house, "hold", "list", "acme.example")
    assert (listed["id"], listed["mailbox"], listed["reason"]) == (hold["id"], ANNA, hold["reason"])
    (done,) = told(shared_house, "hold", "export", "acme.example", hold["id"], tmp_path / "out")
    assert done["exported"] == len(list((tmp_path / "out").rglob("*.posthouse,*")))
    (lifted,) = told(shared_house, "hold", "lift", "acme.example", hold["id"])
    assert lifted["lifted_at"] is not None
    again = shared_house.run("hold", "lift", "acme.example", hold["id"])
    assert again.returncode == _REFUSED
