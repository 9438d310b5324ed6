"""What the doctor sees."""

import asyncio

from posthouse.commands import operate
from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from tests.support.house import Workspace


async def test_the_doctor_sees_a_transaction_that_holds_the_log_back(
    house: Database, workspace: Workspace
):
    async with house.workspace(workspace.id) as tx:
        await tx.connection.execute("SELECT pg_current_xact_id()")
        await asyncio.sleep(0.3)
        assert await operate._horizon_age(house) >= 0.3
        findings = await operate._examine(house, house.service(Settings))
    assert {finding["what"] for finding in findings} >= {"disk", "event horizon", "dead letters"}
