"""The house's certificate over HTTP: for who runs the house; challenges for everybody; HTTPS."""

import asyncio
import ssl
from dataclasses import replace
from typing import Any

import httpx

from posthouse.foundation import clock
from posthouse.foundation.settings import Settings
from posthouse.security.certificates import store
from posthouse.security.members import create_workspace
from posthouse.servers.http.serve import serve_challenges, serve_https
from posthouse.servers.http.tests.conftest import PASSWORD, WRITES, Town
from tests.support.ports import free_ports


async def named(town: Town, **changes: Any) -> None:
    settings = town.house.service(Settings)
    town.house.provide(replace(settings, hostname="mail.acme.example", **changes))


async def test_who_runs_the_house_asks_and_sees_how_it_goes(town: Town, anna: httpx.AsyncClient):
    await named(town)
    before = (await anna.get("/certificate")).json()
    assert (before["source"], before["self_signed"], before["wish"]) == ("self-made", True, None)
    nothing = await anna.post("/certificate/attempts")
    assert nothing.status_code == 404
    wish = {"authority": "letsencrypt-staging", "agreed": False}
    refused = await anna.put("/certificate", json=wish)
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["agreed"])
    elsewhere = await anna.put(
        "/certificate", json={"authority": "https://10.0.0.1/", "agreed": True}
    )
    assert elsewhere.status_code in (400, 422)
    asked = (await anna.put("/certificate", json={**wish, "agreed": True})).json()
    assert asked["wish"]["names"] == ["mail.acme.example"]
    assert asked["wish"]["authority"] == "letsencrypt-staging"
    assert (await anna.post("/certificate/attempts")).status_code == 202


async def test_a_machine_without_a_name_is_told_so(town: Town, anna: httpx.AsyncClient):
    refused = await anna.put("/certificate", json={"authority": "letsencrypt", "agreed": True})
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["names"])


async def test_nobody_else_is_let_in(town: Town):
    await create_workspace(town.house, "Other", "other.example", "eve@other.example", PASSWORD)
    async with httpx.AsyncClient(base_url=f"{town.url}/api/v1", headers=WRITES) as eve:
        assert (await eve.get("/certificate")).status_code == 401
        said = {"address": "eve@other.example", "password": PASSWORD}
        assert (await eve.post("/session", json=said)).status_code == 200
        wish = {"authority": "letsencrypt", "agreed": True}
        answers = [
            await eve.get("/certificate"),
            await eve.put("/certificate", json=wish),
            await eve.post("/certificate/attempts"),
        ]
    bob = await town.signed_in(town.bob)
    answers.append(await bob.get("/certificate"))
    await bob.aclose()
    assert [each.status_code for each in answers] == [403] * 4


async def test_a_challenge_is_found_at_the_page_and_at_its_own_port(town: Town):
    port = free_ports(1)[0]
    settings = town.house.service(Settings)
    listeners = {**settings.listeners, "challenges": f"127.0.0.1:{port}"}
    await named(town, listeners=listeners, public_url="https://mail.acme.example/")
    async with town.house.system() as tx:
        await store.save_challenges(tx, {"tok-en": "tok-en.print"}, clock.now().replace(year=2999))
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve_challenges(town.house, stop, ready.set))
    await ready.wait()
    async with httpx.AsyncClient() as anybody:
        for base in (town.url, f"http://127.0.0.1:{port}"):
            found = await anybody.get(f"{base}/.well-known/acme-challenge/tok-en")
            assert (found.status_code, found.text) == (200, "tok-en.print")
            assert found.headers["content-type"] == "application/octet-stream"
            for other in ("unknown", "x" * 1000, "%00"):
                none = await anybody.get(f"{base}/.well-known/acme-challenge/{other}")
                assert none.status_code in (400, 404)
        led = await anybody.get(f"http://127.0.0.1:{port}/mail?x=1")
        assert led.status_code == 308
        assert led.headers["location"] == "https://mail.acme.example/mail"
    stop.set()
    await asyncio.wait_for(serving, 10)


async def test_the_page_is_served_with_tls(town: Town):
    port, house = free_ports(1)[0], town.house
    settings = house.service(Settings)
    house.provide(replace(settings, listeners={**settings.listeners, "https": f"127.0.0.1:{port}"}))
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve_https(house, stop, ready.set))
    await ready.wait()
    trusting = ssl.create_default_context(cafile=str(settings.data / "tls" / "self-made.pem"))
    url = f"https://localhost:{port}"
    async with httpx.AsyncClient(base_url=url, verify=trusting, headers=WRITES) as anna:
        said = {"address": "anna@acme.example", "password": PASSWORD}
        signed_in = await anna.post("/api/v1/session", json=said)
        assert signed_in.status_code == 200
        assert "Secure" in signed_in.headers["set-cookie"]
        assert "strict-transport-security" in signed_in.headers
        assert (await anna.get("/api/v1/me")).status_code == 200
    stop.set()
    await asyncio.wait_for(serving, 10)
