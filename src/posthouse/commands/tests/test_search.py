"""What a search prints."""

import json
import time
from datetime import datetime

import pytest

from posthouse.commands.search import print_found
from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.reading import describe_messages
from tests.support.house import Workspace, deliver, letter


async def test_times_are_the_readers_for_people_and_have_their_zone_for_machines(
    house: Database,
    workspace: Workspace,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    (filed,) = await deliver(house, workspace, letter(message_id="time@kunde.example"))
    assert filed.mailbox_message_id is not None
    async with house.workspace(workspace.id) as tx:
        (found,) = await describe_messages(tx, [filed.mailbox_message_id])
    try:
        monkeypatch.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        print_found(found, as_json=False)
        print_found(found, as_json=True)
        local = found.date.astimezone()
    finally:
        monkeypatch.undo()
        time.tzset()
    for_people, for_machines = capsys.readouterr().out.splitlines()
    assert for_people.startswith(f"{local:%Y-%m-%d %H:%M}  Li Wei")
    assert local.utcoffset() != found.date.utcoffset()
    told = datetime.fromisoformat(json.loads(for_machines)["date"])
    assert told == found.date
