"""Where domains ask for reports, from a real name server."""

from dataclasses import replace

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.domain_reports import store
from posthouse.mail.domain_reports.jobs import look_up_addresses
from tests.support.dns_server import DnsServer
from tests.support.dns_zones import Zones
from tests.support.house import Workspace

ASKS: Zones = {
    "_dmarc.acme.example": {"TXT": ["v=DMARC1; p=none; rua=mailto:dmarc@acme.example!5m"]},
    "_smtp._tls.acme.example": {"TXT": ["v=TLSRPTv1; rua=mailto:tls@acme.example"]},
}


async def found(house: Database, workspace: Workspace, zones: Zones) -> list[str]:
    with DnsServer(zones) as server:
        settings = house.service(Settings)
        house.provide(replace(settings, resolver=server.address))
        assert await look_up_addresses(house) == 1
        house.provide(settings)
    async with house.workspace(workspace.id) as tx:
        return await store.report_addresses(tx, "acme.example")


async def test_they_are_looked_up(house: Database, workspace: Workspace):
    assert await found(house, workspace, ASKS) == ["dmarc@acme.example", "tls@acme.example"]
    assert await found(house, workspace, {"acme.example": {"TXT": ["x"]}}) == []


@pytest.mark.parametrize(
    "records",
    [
        ["v=DMARC1; p=none"],
        ["v=DMARC1; p"],
        [f"v=DMARC1; p={policy}; rua=mailto:a@acme.example" for policy in ("none", "reject")],
    ],
)
async def test_records_that_ask_for_nothing(
    house: Database, workspace: Workspace, records: list[str]
):
    assert await found(house, workspace, {"_dmarc.acme.example": {"TXT": records}}) == []
