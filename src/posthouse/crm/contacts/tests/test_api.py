"""The HTTP doors of contacts and companies, as a client knocks at them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Request, Response

from posthouse.crm.companies.api import router as companies_router
from posthouse.crm.contacts.api import router as contacts_router
from posthouse.foundation import errors
from posthouse.foundation.db import Database
from posthouse.security.members import Actor
from tests.support.crm import NOON, actor, colleague, file, mail, settle
from tests.support.doors import at_the_doors
from tests.support.house import Workspace

_STATUS = {
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Denied: 403,
    errors.Invalid: 422,
}


def _refused(_: Request[Any, Any, Any], refusal: errors.Refusal) -> Response[dict[str, str | None]]:
    return Response(
        {"detail": refusal.reason, "field": refusal.field}, status_code=_STATUS[type(refusal)]
    )


@pytest.fixture
def signed_in(workspace: Workspace) -> list[Actor]:
    """Who knocks: Anna, until a test puts somebody else there."""
    return [actor(workspace)]


@pytest.fixture
async def client(house: Database, signed_in: list[Actor]) -> AsyncIterator[httpx.AsyncClient]:
    """In the test's own event loop, where the database is."""
    refusals = {errors.Refusal: _refused}
    async with at_the_doors(
        house, lambda: signed_in[0], companies_router, contacts_router, refusals=refusals
    ) as opened:
        yield opened


async def test_from_unknown_sender_to_customer(
    house: Database, workspace: Workspace, client: httpx.AsyncClient
):
    await file(house, workspace, mail(1))
    answer = await client.get("/contacts/lookup", params={"address": "LI.WEI@kunde.example"})
    met = answer.json()
    assert (met["name"], met["state"], met["verified"]) == ("Li Wei", "unverified", False)
    assert met["evidence"] == [
        {
            "address": "li.wei@kunde.example",
            "of": "contact",
            "kind": "sender",
            "confidence": 60,
        }
    ]
    assert (met["received"], met["sent"], met["owes"]) == (1, 0, "we")
    assert met["owes_since"] == "2026-11-20T12:00:00Z"

    made = await client.post("/companies", json={"name": "Kunde", "domains": ["kunde.example"]})
    assert made.status_code == 201
    await settle(house)
    verified = await client.post(f"/contacts/{met['id']}/verify")
    assert verified.status_code == 200
    assert verified.json()["company"] == {"id": made.json()["id"], "name": "Kunde"}

    reply = mail(2, sender="anna@acme.example", to="li.wei@kunde.example", subject="Re: Q")
    await file(house, workspace, reply, direction="out", at=NOON + timedelta(hours=1))
    timeline = (await client.get(f"/companies/{made.json()['id']}/timeline")).json()
    assert [(e["direction"], e["subject"]) for e in timeline["items"]] == [
        ("out", "Re: Q"),
        ("in", "Quotation"),
    ]
    assert timeline["items"][0]["member"]["name"] == "Anna"
    assert timeline["items"][0]["contacts"] == [{"id": met["id"], "name": "Li Wei"}]
    assert timeline["next_cursor"] is None
    assert len(timeline["weeks"]) == 53
    company = (await client.get(f"/companies/{made.json()['id']}")).json()
    assert (company["contacts"], company["received"], company["sent"]) == (1, 1, 1)
    assert company["owes"] == "they"


async def test_making_changing_and_the_trail_of_it(client: httpx.AsyncClient):
    made = await client.post("/contacts", json={"name": "李伟", "addresses": ["li@x.example"]})
    assert made.status_code == 201
    url = f"/contacts/{made.json()['id']}"
    changed = await client.patch(url, json={"version": 1, "phones": ["+86 1"], "title": "CEO"})
    assert (changed.json()["version"], changed.json()["phones"]) == (2, ["+86 1"])
    stale = await client.patch(url, json={"version": 1, "title": "CFO"})
    assert stale.status_code == 409
    assert (await client.patch(url, json={"title": "CFO"})).status_code == 400
    taken = await client.post("/contacts", json={"name": "B", "addresses": ["li@x.example"]})
    assert (taken.status_code, taken.json()["field"]) == (409, "addresses")

    changes = (await client.get(f"{url}/changes", params={"limit": 1})).json()
    assert changes["items"][0]["member"]["name"] == "Anna"
    assert {f["field"] for f in changes["items"][0]["fields"]} == {"phones", "title"}
    older = await client.get(f"{url}/changes", params={"cursor": changes["next_cursor"]})
    assert [change["action"] for change in older.json()["items"]] == ["created"]

    assert (await client.delete(url)).status_code == 204
    assert (await client.get(url)).status_code == 404
    assert (await client.post(f"{url}/restore")).status_code == 200


async def test_lists_come_in_pages(client: httpx.AsyncClient):
    for number in range(7):
        await client.post("/contacts", json={"name": f"Person {number}"})
    names: list[str] = []
    cursor: str | None = None
    while True:
        parameters = {"q": "pers", "limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/contacts", params=parameters)).json()
        names += [row["name"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(names) == [f"Person {number}" for number in range(7)]
    bad = await client.get("/contacts", params={"cursor": "nonsense"})
    assert (bad.status_code, bad.json()["field"]) == (422, "cursor")


async def test_companies_are_chosen_by_industry_and_region(client: httpx.AsyncClient):
    for name, industry in (("A", "机械"), ("B", "化工"), ("C", "机械")):
        await client.post("/companies", json={"name": name, "industry": industry, "region": "上海"})
    found = await client.get("/companies", params={"industry": "机械", "region": "上海"})
    assert {row["name"] for row in found.json()["items"]} == {"A", "C"}
    narrowed = await client.get("/companies", params={"industry": "机械", "q": "c"})
    assert [row["name"] for row in narrowed.json()["items"]] == ["C"]


async def test_notes_through_the_door(client: httpx.AsyncClient):
    made = (await client.post("/contacts", json={"name": "Li"})).json()
    url = f"/contacts/{made['id']}"
    note = await client.post(
        f"{url}/notes",
        json={"kind": "call", "text": "Wants 20.", "direction": "in", "at": "2026-11-20T12:00:00Z"},
    )
    assert note.status_code == 201
    await client.post(f"{url}/notes", json={"text": "Remember the discount."})
    changed = await client.patch(
        f"/notes/{note.json()['id']}", json={"version": 1, "text": "Wants 30."}
    )
    assert changed.status_code == 204
    timeline = (await client.get(f"{url}/timeline", params={"kind": ["call"]})).json()
    assert [(e["kind"], e["summary"], e["version"]) for e in timeline["items"]] == [
        ("call", "Wants 30.", 2)
    ]
    both = (await client.get(f"{url}/timeline", params={"kind": ["call", "note"]})).json()
    assert len(both["items"]) == 2
    assert (await client.get(url)).json()["last_at"] == "2026-11-20T12:00:00Z"
    assert (await client.get("/contacts")).json()["items"][0]["owes"] == "we"


async def test_what_a_colleague_met_privately_is_not_found(
    house: Database, workspace: Workspace, client: httpx.AsyncClient, signed_in: list[Actor]
):
    bob, _ = await colleague(house, workspace, "bob")
    await file(house, workspace, mail(1))
    met = (await client.get("/contacts")).json()["items"][0]
    signed_in[0] = bob
    for path in (f"/contacts/{met['id']}", f"/contacts/{met['id']}/timeline"):
        assert (await client.get(path)).status_code == 404
    assert (await client.post(f"/contacts/{met['id']}/verify")).status_code == 404
    looked = await client.get("/contacts/lookup", params={"address": "li.wei@kunde.example"})
    assert (looked.status_code, looked.json()) == (200, None)
    made = await client.post(
        "/contacts", json={"name": "Li", "addresses": ["li.wei@kunde.example"]}
    )
    assert made.status_code == 201


async def test_ignored_and_taken_back(
    house: Database, workspace: Workspace, client: httpx.AsyncClient
):
    await file(house, workspace, mail(1))
    met = (await client.get("/contacts")).json()["items"][0]
    assert (await client.post(f"/contacts/{met['id']}/ignore")).json()["state"] == "ignored"
    await settle(house)
    assert (await client.get("/contacts")).json()["items"] == []
    ignored = (await client.get("/contacts", params={"state": "ignored"})).json()["items"]
    assert [row["events"] for row in ignored] == [0]
    await client.post(f"/contacts/{met['id']}/verify")
    await settle(house)
    assert (await client.get("/contacts")).json()["items"][0]["events"] == 1
