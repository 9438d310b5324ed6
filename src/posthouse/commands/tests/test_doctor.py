"""What the doctor sees."""

import asyncio

from posthouse.commands import operate
from posthouse.foundation.db import Database
from posthouse.foundation.events import listen_once
from posthouse.foundation.settings import Settings
from posthouse.roles import all_listeners
from tests.support.house import Workspace, deliver, letter


async def test_the_doctor_sees_a_transaction_that_holds_the_log_back(
    house: Database, workspace: Workspace
):
    async with house.workspace(workspace.id) as tx:
        await tx.connection.execute("SELECT pg_current_xact_id()")
        await asyncio.sleep(0.3)
        assert await operate._horizon_age(house) >= 0.3
        findings = await operate._examine(house, house.service(Settings))
    assert {finding["what"] for finding in findings} >= {"disk", "event horizon", "dead letters"}


async def test_the_doctor_names_every_listener_also_one_that_has_never_run(
    house: Database, workspace: Workspace
):
    """Right after the first start none has looked at the log yet."""
    await deliver(house, workspace, letter(message_id="1@kunde.example"))
    first, *others = all_listeners()
    assert len(others) > 5
    while await listen_once(house, first):
        pass
    findings = {f["what"]: f for f in await operate._examine(house, house.service(Settings))}
    assert findings[f"listener {first.name}"]["says"] == "0 events behind"
    for other in others:
        finding = findings[f"listener {other.name}"]
        assert (finding["ok"], finding["says"]) == (True, "1 events behind, it has never run")
