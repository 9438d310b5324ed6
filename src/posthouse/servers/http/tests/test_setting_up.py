"""The empty house over HTTP: its door opens once, to who has the code."""

import logging

import httpx
import pytest

from posthouse.foundation.db import Database
from posthouse.mail.setup.claiming import setup_code, setup_link
from posthouse.servers.http.tests.conftest import PASSWORD, WRITES, Town, served

ACME = {"workspace": "Acme", "domain": "acme.example", "address": "anna@acme.example"}


async def test_the_empty_house_is_taken_in_the_page(
    house: Database, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.WARNING):
        async with (
            served(house) as url,
            httpx.AsyncClient(base_url=f"{url}/api/v1", headers=WRITES, timeout=20) as browser,
        ):
            assert setup_link(house) in caplog.text
            assert (await browser.get("/setup")).json() == {"taken": False}
            said = {**ACME, "password": PASSWORD, "language": "zh-CN"}
            wrong = await browser.post("/setup", json={**said, "code": "no"})
            assert (wrong.status_code, list(wrong.json()["fields"])) == (403, ["code"])
            foreign = await browser.post(
                "/setup",
                json={**said, "code": setup_code(house)},
                headers={"Origin": "https://elsewhere.example"},
            )
            assert foreign.status_code == 403
            taken = await browser.post("/setup", json={**said, "code": setup_code(house)})
            assert taken.status_code == 201, taken.text
            assert taken.json()["role"] == "admin"
            me = (await browser.get("/me")).json()
            assert (me["address"], me["language"]) == ("anna@acme.example", "zh-CN")
            assert [each["address"] for each in me["mailboxes"]] == ["anna@acme.example"]
            assert (await browser.get("/setup")).json() == {"taken": True}
            again = await browser.post("/setup", json={**said, "code": setup_code(house)})
            assert again.status_code == 409


async def test_a_house_with_a_workspace_prints_no_code(
    town: Town, caplog: pytest.LogCaptureFixture
):
    async with httpx.AsyncClient(base_url=f"{town.url}/api/v1") as stranger:
        assert (await stranger.get("/setup")).json() == {"taken": True}
        assert (await stranger.get("/setup/machine")).status_code == 401
    assert "/setup#" not in caplog.text
