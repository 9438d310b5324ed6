"""The doors of the API and the page's session, each planting words of its own (see test_canary)."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote

from tests.support.canary import Canary
from tests.support.running import ANNA, BEN, PASSWORD, RunningPosthouse


def drafts_and_messages(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    """A draft kept twice, a message with a file that is sent, one that is taken back."""
    api = house.api()
    file = api.post(
        f"/uploads?name={canary.word('upload name')}.txt",
        canary.word("upload").encode() * 20_000,
        kind="text/plain",
    )
    draft = {
        "to": [{"address": BEN, "name": canary.word("draft to")}],
        "bcc": [f"{canary.word('draft bcc')}@kunde.example"],
        "subject": canary.chinese("draft subject"),
        "html": f"<p>{canary.chinese('draft body')}</p>",
    }
    kept = api.post("/drafts", draft)
    api.put(
        f"/drafts/{kept['id']}",
        {**draft, "revision": kept["revision"], "subject": canary.word("draft again")},
    )
    message = {
        "to": [BEN, f"{canary.word('api to')}@acme.example"],
        "bcc": [f"{canary.word('api bcc')}@acme.example"],
        "subject": canary.chinese("api subject"),
        "text": canary.chinese("api body"),
        "attachments": [file["id"]],
    }
    headers = {"Idempotency-Key": canary.word("idempotency key")}
    api.post("/messages", message, headers=headers)
    in_three_days = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    later = {**message, "attachments": [], "send_at": in_three_days}
    taken_back = api.post("/messages", {**later, "subject": canary.word("taken back")})
    with contextlib.suppress(HTTPError):
        api.post(f"/messages/{taken_back['id']}/undo", {})
    api.post("/messages", {**later, "subject": canary.word("sent later")})


def customers(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    """Companies, contacts, notes, and their changes."""
    api = house.api()
    company = api.post(
        "/companies",
        {
            "name": canary.chinese("company name"),
            "domains": [f"{canary.word('company domain')}.example"],
            "website": f"https://{canary.word('website')}.example/",
            "industry": canary.word("industry"),
            "region": canary.word("region"),
            "note": canary.chinese("company note"),
        },
    )
    contact = api.post(
        "/contacts",
        {
            "name": canary.chinese("contact name"),
            "addresses": [f"{canary.word('contact address')}@kunde.example"],
            "title": canary.word("contact title"),
            "phones": [canary.word("phone")],
            "note": canary.word("contact note"),
            "company_id": company["id"],
        },
    )
    changed = {"version": contact["version"], "name": canary.word("contact renamed")}
    api.patch(f"/contacts/{contact['id']}", changed)
    for path in (f"/contacts/{contact['id']}", f"/companies/{company['id']}"):
        note = {"text": canary.chinese("note"), "subject": canary.word("note subject")}
        key = {"Idempotency-Key": canary.word(f"note key {path[1:4]}")}
        api.post(f"{path}/notes", note, headers=key)
    with contextlib.suppress(HTTPError):
        api.get(f"/contacts/lookup?address={canary.word('lookup')}@kunde.example")


def own_settings(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    """Names and preferences apart: those are plain by decision (the comments of `members`)."""
    house.api().patch("/me", {"signature": canary.chinese("signature")})


def rules(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    """A script, a mail that it sends on and answers, one that it fails with."""
    api = house.api()
    own = next(box for box in api.get("/mailboxes")["items"] if box["address"] == ANNA)
    box = f"/mailboxes/{own['id']}"
    name = quote(canary.word("script name"))
    script = f"""
        require ["fileinto", "mailbox", "vacation", "imap4flags"];
        if header :contains "subject" "{canary.chinese("script text")}" {{
            fileinto :create :flags "{canary.word("rule flag")}" "{canary.word("rule folder")}";
            redirect "{canary.word("rule redirect")}@kunde.example";
            vacation "{canary.chinese("rule answer")}";
        }} else {{
            fileinto "{canary.word("no such folder")}";
        }}
    """
    with contextlib.suppress(HTTPError):
        api.put(f"{box}/script?name={name}", {"content": canary.word("wrong script")})
    api.put(f"{box}/script?name={name}", {"content": script})
    api.put(f"{box}/active-script", {"name": canary.word("script name")})
    for subject in (canary.chinese("script text"), "else"):
        letter = f"From: {BEN}\r\nTo: {ANNA}\r\nSubject: {subject}\r\n\r\nx\r\n"
        with house.smtp() as outside:
            outside.sendmail("li@kunde.example", [ANNA], letter.encode())
    api.put(f"{box}/active-script", {"name": None})


def searches(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    api = house.api()
    for word in (canary.word("api search"), canary.chinese("api search")):
        api.get(f"/search?q={quote(word)}")
        api.get(f"/threads?q={quote(word)}")
        api.get(f"/contacts?q={quote(word)}")
    with contextlib.suppress(HTTPError):
        api.get(f"/search?q=after:{canary.word('bad api search')}")
    with contextlib.suppress(HTTPError):
        api.get(f"/{canary.word('unknown path')}")


def page_sessions(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    """Signing in, with a device that calls itself something; wrong ones too."""
    api = house.api(key="")
    for address, password in (
        (ANNA, PASSWORD),
        (ANNA, canary.word("wrong page password")),
        (f"{canary.word('page address')}@acme.example", PASSWORD),
    ):
        with contextlib.suppress(HTTPError):
            api.post(
                "/session",
                {"address": address, "password": password},
                headers={"User-Agent": f"Firefox {canary.word('user agent')}"},
            )


def broken_requests(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    """What cannot be understood is not quoted in the log."""
    api = house.api()
    for body in (
        f'{{"name": "{canary.word("broken JSON")}',
        json.dumps({"name": {canary.word("wrong shape"): 1}}),
        json.dumps({"name": "x", "addresses": [canary.word("no address")]}),
        json.dumps({"name": "x", canary.word("unknown field"): 1}),
    ):
        with contextlib.suppress(HTTPError):
            api.post("/contacts", body.encode())
    with contextlib.suppress(HTTPError):
        house.api(key=canary.word("wrong key")).get("/me")


def ways_out(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    """Mail that goes on to addresses elsewhere, and a relay that wants a password."""
    api = house.api()
    elsewhere = f"{canary.word('address elsewhere')}@kunde.example"
    api.put("/addresses/on@acme.example", {"mailboxes": [], "forward_to": [elsewhere]})
    with house.smtp() as client:
        client.sendmail(
            f"{canary.word('sender of what goes on')}@kunde.example",
            ["on@acme.example"],
            f"From: li@kunde.example\r\nSubject: {canary.word('goes on')}\r\n\r\nHi.\r\n",
        )
    relay = {
        "relay": "relay.invalid:465",
        "user": canary.word("relay user"),
        "password": canary.word("relay password"),
    }
    api.put("/relays/*", relay)
    said = json.dumps(api.get("/relays"))
    assert relay["password"] not in said
    with contextlib.suppress(HTTPError):
        api.put("/relays/*", {**relay, "relay": "nowhere"})


HTTP_DOORS = [
    drafts_and_messages,
    customers,
    own_settings,
    rules,
    searches,
    page_sessions,
    broken_requests,
    ways_out,
]
