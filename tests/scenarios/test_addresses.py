"""Aliases, groups and catch-alls: made by command and API, used by strangers and members."""

import json
import smtplib
import urllib.error
from collections.abc import Callable

import pytest

from tests.support.house import letter
from tests.support.running import ANNA, BEN, PASSWORD, RunningPosthouse, all_messages, wait_for

STRANGER = "li@kunde.example"


def subjects(house: RunningPosthouse, member: str) -> list[bytes]:
    """Of all that lies in an Inbox."""
    client = house.imap(member)
    raws = [raw for _, raw in all_messages(client)]
    client.logout()
    return [line[9:] for raw in raws for line in raw.splitlines() if line.startswith(b"Subject: ")]


def write(house: RunningPosthouse, subject: str, *recipients: str) -> None:
    """A stranger's mail at port 25. Raises SMTPRecipientsRefused."""
    raw = letter(message_id=f"{subject}@kunde.example", sender=STRANGER, subject=subject)
    with house.smtp() as client:
        assert client.sendmail(STRANGER, list(recipients), raw) == {}


def reply_to(house: RunningPosthouse, recipient: str) -> int:
    """What a stranger is told who names a recipient."""
    with house.smtp() as client:
        client.ehlo()
        client.mail(STRANGER)
        return client.rcpt(recipient)[0]


def test_a_group_gets_it_all_and_nobody_gets_it_twice(shared_house: RunningPosthouse):
    said = shared_house.must(
        "address", "set", "team@acme.example", "--mailbox", ANNA, "--mailbox", BEN, "--json"
    )
    assert json.loads(said) == {
        "address": "team@acme.example",
        "kind": "group",
        "mailboxes": [ANNA, BEN],
        "forward_to": [],
    }
    write(shared_house, "to-the-team", "team@acme.example", ANNA)
    for member in (ANNA, BEN):
        assert subjects(shared_house, member).count(b"to-the-team") == 1


def test_an_address_is_there_at_once_and_soon_gone(shared_house: RunningPosthouse):
    shared_house.must("address", "set", "fair-2026@acme.example", "--mailbox", BEN)
    write(shared_house, "to-the-fair", "Fair-2026+booth@ACME.example")
    assert b"to-the-fair" in subjects(shared_house, BEN)
    shared_house.must("address", "remove", "fair-2026@acme.example")
    wait_for(  # port 25 remembers for some seconds whom it has just asked for
        lambda: reply_to(shared_house, "fair-2026@acme.example") == 550, 10, "it is still there"
    )


def test_an_administrator_does_the_same_by_the_api(shared_house: RunningPosthouse):
    api = shared_house.api()
    made = api.put("/addresses/@acme.example", {"mailboxes": [BEN]})
    assert made == {
        "address": "@acme.example",
        "kind": "catch-all",
        "mailboxes": [BEN],
        "forward_to": [],
    }
    listed = {
        each["address"]: each["kind"] for each in api.get("/addresses?domain=acme.example")["items"]
    }
    assert listed[ANNA] == "mailbox"
    assert listed["@acme.example"] == "catch-all"
    write(shared_house, "to-whom-ever", "whoever@acme.example")
    assert b"to-whom-ever" in subjects(shared_house, BEN)
    api.ask("DELETE", "/addresses/@acme.example")
    ben = shared_house.api(address=BEN)
    for refused in (
        lambda: ben.get("/addresses"),
        lambda: ben.put("/addresses/mine@acme.example", {"mailboxes": [BEN]}),
        lambda: ben.ask("DELETE", "/addresses/team@acme.example"),
    ):
        assert status_of(refused) == 403
    assert status_of(lambda: api.put(f"/addresses/{BEN}", {"mailboxes": [ANNA]})) == 409


def test_who_has_an_alias_writes_from_it(shared_house: RunningPosthouse):
    shared_house.must("address", "set", "hello@acme.example", "--mailbox", ANNA)
    raw = letter(message_id="alias@acme.example", sender="hello@acme.example", to=BEN)
    with shared_house.smtp("submission") as client:
        client.login(ANNA, PASSWORD)
        assert client.sendmail("hello@acme.example", [BEN], raw) == {}
    with shared_house.smtp("submission") as client:
        client.login(BEN, PASSWORD)
        with pytest.raises(smtplib.SMTPException):
            client.sendmail("hello@acme.example", [ANNA], raw)
    api = shared_house.api()
    assert api.get("/mailboxes")["items"][0]["aliases"] == ["hello@acme.example"]
    api.post("/messages", {"from": "hello@acme.example", "to": [BEN], "text": "x"})
    reader = shared_house.imap()
    sent = [raw for _, raw in all_messages(reader, "Sent")]
    reader.logout()
    assert all(b"\nFrom: " in raw and b"hello@acme.example" in raw for raw in sent)
    assert len(sent) == 2


def status_of(asking: Callable[[], object]) -> int:
    """Of a request that is refused."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        asking()
    return refused.value.code
