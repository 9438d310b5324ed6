"""An account is linked by command; kill -9 while it is brought over: nothing lost or doubled."""

import imaplib
import json
import random
import time
from collections.abc import Iterator

import pytest

from tests.support.dovecot import PASSWORD, OldServer, old_server
from tests.support.house import letter
from tests.support.running import ANNA, RunningPosthouse, kill, new_house

MESSAGES = 250
ADDRESS = "anna@provider.example"


@pytest.fixture(scope="module")
def server() -> Iterator[OldServer]:
    with old_server() as running:
        yield running


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_first_sync_survives_a_kill(server: OldServer):
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    fill(server, 0, MESSAGES)
    with new_house(link_private_hosts="on") as house:
        house.environment["SSL_CERT_FILE"] = str(server.authority)
        house.start()
        link(house, server)
        time.sleep(chance.uniform(0.05, 0.6))
        work = next(each for each in house.processes() if each.name == "work")
        assert kill(work.pid)
        fill(server, MESSAGES, MESSAGES + 3)
        everything = sorted(f"Pump {n}" for n in range(MESSAGES + 3))
        end = time.monotonic() + 60
        while len(found := subjects_here(house)) < len(everything):
            assert time.monotonic() < end, house.must("account", "status", ADDRESS)
            time.sleep(0.2)
        assert found == everything
        house.must("account", "pause", ADDRESS)
        told = json.loads(house.must("account", "status", ADDRESS, "--json"))
        assert (told["state"], told["there"]) == ("paused", len(everything))
        assert "sign_in      done" in house.must("account", "test", ADDRESS)
        house.must("account", "unlink", ADDRESS, "--keep-mail")
        assert house.run("account", "status", ADDRESS).returncode == 1
        assert subjects_here(house) == everything


def link(house: RunningPosthouse, server: OldServer) -> None:
    options = ("--member", ANNA, "--imap", f"localhost:{server.imaps}", "--login", "kills")
    wrong = house.run(
        "account", "link", *options, "--address", ADDRESS, "--password-stdin", typed="wrong\n"
    )
    assert wrong.returncode == 1
    assert "does not take the name or the password" in wrong.stderr
    house.must(
        "account", "link", *options, "--address", ADDRESS, "--password-stdin", typed=PASSWORD
    )


def fill(server: OldServer, start: int, stop: int) -> None:
    with imaplib.IMAP4("127.0.0.1", server.imap) as client:
        client.login("kills", PASSWORD)
        for n in range(start, stop):
            folder = "INBOX" if n % 3 or n >= MESSAGES else "Gesendet"
            raw = letter(message_id=f"{n}@k.example", subject=f"Pump {n}", body=f"{n}\r\n" * 50)
            client.append(folder, "", "", raw)


def subjects_here(house: RunningPosthouse) -> list[str]:
    """Of all messages in the linked mailbox, as Anna's mail program sees it."""
    client = house.imap()
    found: list[str] = []
    for folder in ("INBOX", "Sent"):
        client.select(f'"Other Users/{ADDRESS}/{folder}"', readonly=True)
        _, answers = client.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        found += [
            each[1].decode().partition(":")[2].strip()
            for each in answers
            if isinstance(each, tuple)
        ]
    client.logout()
    return sorted(found)
