"""Signing in and out, keys, and requests that other sites make a browser send."""

import httpx

from posthouse.security.members import Scope, add_api_key
from posthouse.servers.http.tests.conftest import PASSWORD, Town


async def test_a_member_signs_in_and_out(town: Town):
    client = await town.signed_in(town.anna)
    me = (await client.get("/me")).json()
    assert (me["address"], me["workspace"], me["role"]) == ("anna@acme.example", "Acme", "admin")
    roles = [folder["role"] for folder in me["mailboxes"][0]["folders"]]
    assert roles == ["inbox", "sent", "drafts", "archive", "junk", "trash"]
    kept = dict(client.cookies)
    assert (await client.delete("/session")).status_code == 204
    assert not client.cookies
    again = await client.get("/me", cookies=kept)
    assert again.status_code == 401
    assert again.headers["content-type"] == "application/problem+json"
    await client.aclose()


async def test_a_wrong_password_says_little(town: Town):
    async with httpx.AsyncClient(base_url=f"{town.url}/api/v1") as client:
        answers = [
            await client.post("/session", json={"address": address, "password": "a wrong one"})
            for address in ("anna@acme.example", "nobody@acme.example", "no address")
        ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert len({answer.text for answer in answers}) == 1


async def test_the_cookie_is_out_of_reach_of_scripts_and_sites(town: Town):
    body = {"address": town.anna.address, "password": PASSWORD}
    async with httpx.AsyncClient(base_url=f"{town.url}/api/v1") as client:
        plain = await client.post("/session", json=body)
        secure = await client.post("/session", json=body, headers={"X-Forwarded-Proto": "https"})
    assert "HttpOnly" in plain.headers["set-cookie"]
    assert "SameSite=lax" in plain.headers["set-cookie"]
    assert "Secure" not in plain.headers["set-cookie"]
    assert "Secure" in secure.headers["set-cookie"]
    assert "strict-transport-security" in secure.headers


async def test_other_sites_cannot_write(town: Town, anna: httpx.AsyncClient):
    host = town.url.removeprefix("http://")
    refused = (
        {"X-Posthouse-CSRF": ""} | {"Origin": "https://evil.example"},
        {"X-Posthouse-CSRF": "1", "Origin": "https://evil.example"},
        {"X-Posthouse-CSRF": "1", "Sec-Fetch-Site": "cross-site"},
        {"X-Posthouse-CSRF": "1", "Origin": "null"},
    )
    for headers in refused:
        answer = await anna.patch("/me", json={"name": "Mallory"}, headers=headers)
        assert answer.status_code == 403, headers
    bare = httpx.AsyncClient(base_url=f"{town.url}/api/v1", cookies=dict(anna.cookies))
    assert (await bare.patch("/me", json={"name": "Mallory"})).status_code == 403
    same = await bare.patch("/me", json={"name": "Ann"}, headers={"Origin": f"http://{host}"})
    assert same.json()["name"] == "Ann"
    await bare.aclose()
    async with httpx.AsyncClient(base_url=f"{town.url}/api/v1") as stranger:
        answer = await stranger.post(
            "/session",
            json={"address": town.anna.address, "password": PASSWORD},
            headers={"Sec-Fetch-Site": "cross-site"},
        )
        assert answer.status_code == 403


async def test_sessions_are_listed_and_ended(town: Town, anna: httpx.AsyncClient):
    other = await town.signed_in(town.anna)
    listed = (await anna.get("/sessions")).json()["items"]
    assert [session["current"] for session in listed].count(True) == 1
    there = next(session["id"] for session in listed if not session["current"])
    assert (await anna.delete(f"/sessions/{there}")).status_code == 204
    assert (await other.get("/me")).status_code == 401
    assert (await anna.get("/me")).status_code == 200
    await other.aclose()


async def test_a_changed_password_ends_other_sessions(town: Town, anna: httpx.AsyncClient):
    other = await town.signed_in(town.anna)
    wrong = await anna.post("/me/password", json={"current": "wrong one", "new": "a new password"})
    assert (wrong.status_code, "current" in wrong.json()["fields"]) == (403, True)
    right = await anna.post("/me/password", json={"current": PASSWORD, "new": "a new password 1"})
    assert right.status_code == 204
    assert (await other.get("/me")).status_code == 401
    assert (await anna.get("/me")).status_code == 200
    await other.aclose()


async def test_a_key_is_held_to_its_scopes(town: Town):
    async with town.house.workspace(town.anna.id) as tx:
        key = await add_api_key(tx, town.anna.member_id, frozenset({Scope.MAIL_READ}))
    async with httpx.AsyncClient(
        base_url=f"{town.url}/api/v1", headers={"Authorization": f"Bearer {key}"}
    ) as client:
        assert (await client.get("/threads")).status_code == 200
        assert (await client.get("/contacts")).status_code == 403
        assert (await client.patch("/me", json={"name": "Mallory"})).status_code == 403
        wrong = await client.get("/me", headers={"Authorization": "Bearer posthouse_wrong"})
    assert wrong.status_code == 401


async def test_settings_are_kept(anna: httpx.AsyncClient):
    change = {"theme": "dark", "language": "zh-CN", "signature": "<p>安娜</p>"}
    me = (await anna.patch("/me", json=change)).json()
    assert {name: me[name] for name in change} == change
    assert (await anna.get("/me")).json() == me
    wrong = await anna.patch("/me", json={"time_zone": "Mars/Olympus"})
    assert (wrong.status_code, list(wrong.json()["fields"])) == (422, ["time_zone"])
