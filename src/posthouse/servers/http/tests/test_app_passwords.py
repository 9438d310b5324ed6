"""App passwords over the API: shown once, listed, revoked; the administrator's word."""

import httpx
import pytest

from posthouse.security.members import Scope, WrongDoor, add_api_key, sign_in_with_password
from posthouse.servers.http.tests.conftest import PASSWORD, Town

PHONE = {"name": "Phone", "current": PASSWORD}


async def sign_in(town: Town, word: str):
    return await sign_in_with_password(
        town.house, town.anna.address, word, source="192.0.2.7", protocol="imap"
    )


async def test_made_shown_once_listed_used_and_revoked(town: Town, anna: httpx.AsyncClient):
    made = await anna.post("/me/app-passwords", json={**PHONE, "protocols": ["imap", "smtp"]})
    assert made.status_code == 201
    word = made.json()["password"]

    listed = await anna.get("/me/app-passwords")
    assert word not in listed.text
    (item,) = listed.json()["items"]
    assert (item["name"], item["protocols"]) == ("Phone", ["imap", "smtp"])
    assert item["last_used_at"] is None

    await sign_in(town, word)
    (item,) = (await anna.get("/me/app-passwords")).json()["items"]
    assert (item["last_protocol"], item["last_ip"]) == ("imap", "192.0.2.7")

    assert (await anna.delete(f"/me/app-passwords/{item['id']}")).status_code == 204
    assert (await anna.delete(f"/me/app-passwords/{item['id']}")).status_code == 404
    assert (await anna.get("/me/app-passwords")).json()["items"] == []


async def test_the_page_takes_none(town: Town, anna: httpx.AsyncClient):
    word = (await anna.post("/me/app-passwords", json=PHONE)).json()["password"]
    async with httpx.AsyncClient(base_url=f"{town.url}/api/v1") as stranger:
        answer = await stranger.post(
            "/session", json={"address": town.anna.address, "password": word}
        )
    assert answer.status_code == 401


async def test_who_finds_the_page_open_makes_none(town: Town, anna: httpx.AsyncClient):
    answer = await anna.post("/me/app-passwords", json={**PHONE, "current": "a wrong one"})
    assert (answer.status_code, list(answer.json()["fields"])) == (403, ["current"])
    async with town.house.workspace(town.anna.id) as tx:
        key = await add_api_key(tx, town.anna.member_id, frozenset(Scope))
    async with httpx.AsyncClient(
        base_url=f"{town.url}/api/v1", headers={"Authorization": f"Bearer {key}"}
    ) as program:
        assert (await program.post("/me/app-passwords", json=PHONE)).status_code == 403


@pytest.mark.parametrize("wrong", [{"name": " "}, {"protocols": ["telnet"]}])
async def test_what_cannot_be_is_refused(anna: httpx.AsyncClient, wrong: dict[str, object]):
    assert (await anna.post("/me/app-passwords", json={**PHONE, **wrong})).status_code == 422


async def test_the_administrator_wants_nothing_else(town: Town, anna: httpx.AsyncClient):
    bob = await town.signed_in(town.bob)
    wanted = {"app_passwords_required": True}
    assert (await bob.put("/workspace/sign-in", json=wanted)).status_code == 403
    assert (await bob.get("/workspace/sign-in")).status_code == 403
    assert (await anna.put("/workspace/sign-in", json=wanted)).json() == wanted
    assert (await anna.get("/workspace/sign-in")).json() == wanted
    assert (await bob.get("/me/app-passwords")).json()["required"] is True
    await bob.aclose()
    with pytest.raises(WrongDoor):
        await sign_in(town, PASSWORD)
    assert (await anna.get("/me")).status_code == 200
