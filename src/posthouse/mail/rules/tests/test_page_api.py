"""Rules from the page: saved as the script in force, tried first, and nobody's own work undone."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import find_folder, folder_by_use
from posthouse.mail.mailboxes.model import Filing
from posthouse.mail.mailboxes.reading import describe_messages
from posthouse.mail.rules.building import PAGE_SCRIPT
from tests.support.house import Workspace, letter, make_workspace

INVOICES: dict[str, Any] = {
    "conditions": [{"field": "subject", "test": "contains", "values": ["Invoice", "发票"]}],
    "actions": [{"kind": "move", "value": "Invoices"}, {"kind": "stop"}],
}


@pytest.fixture
def box(workspace: Workspace) -> str:
    return f"/mailboxes/{workspace.mailbox_id}"


async def read(client: httpx.AsyncClient, box: str) -> Any:
    return (await client.get(f"{box}/rules")).json()


async def save(client: httpx.AsyncClient, box: str, *rules: Any, **more: object) -> httpx.Response:
    revision = (await read(client, box))["revision"]
    body = {"rules": list(rules), "revision": revision, **more}
    return await client.put(f"{box}/rules", json=body)


async def file(house: Database, workspace: Workspace, *raws: bytes) -> list[UUID]:
    async with house.workspace(workspace.id) as tx:
        inbox = await folder_by_use(tx, workspace.mailbox_id, "inbox")
        filed = await file_messages(
            tx,
            [
                Filing(
                    mailbox_id=workspace.mailbox_id,
                    folder_id=inbox,
                    raw=raw,
                    received_at=clock.now(),
                    direction="in",
                    door="smtp",
                )
                for raw in raws
            ],
        )
    return [each.mailbox_message_id for each in filed if each.mailbox_message_id]


async def test_what_is_saved_is_the_script_in_force(client: httpx.AsyncClient, box: str):
    empty = await read(client, box)
    assert (empty["rules"], empty["by"], empty["active"]) == ([], "nobody", None)
    saved = (await save(client, box, INVOICES)).json()
    assert (saved["by"], saved["active"]) == ("page", PAGE_SCRIPT)
    assert saved["rules"][0]["conditions"][0]["values"] == ["Invoice", "发票"]
    assert await read(client, box) == saved
    # ManageSieve and the doors of scripts show the same one.
    scripts = (await client.get(f"{box}/scripts")).json()["items"]
    assert [(each["name"], each["active"]) for each in scripts] == [(PAGE_SCRIPT, True)]
    text = (await client.get(f"{box}/script", params={"name": PAGE_SCRIPT})).json()["content"]
    assert 'fileinto :create "Invoices";' in text
    # No rules: nothing is in force, and nothing is left.
    gone = (await save(client, box)).json()
    assert (gone["by"], gone["rules"]) == ("nobody", [])
    assert (await client.get(f"{box}/scripts")).json()["items"] == []


async def test_what_was_changed_elsewhere_is_not_overwritten(client: httpx.AsyncClient, box: str):
    old = (await read(client, box))["revision"]
    await save(client, box, INVOICES)
    refused = await client.put(f"{box}/rules", json={"rules": [], "revision": old})
    assert refused.status_code == 409
    assert len((await read(client, box))["rules"]) == 1


async def test_a_script_by_hand_is_shown_and_kept(client: httpx.AsyncClient, box: str):
    own = {"content": "discard; # mine"}
    await client.put(f"{box}/script", params={"name": "own"}, json=own)
    await client.put(f"{box}/active-script", json={"name": "own"})
    shown = await read(client, box)
    assert (shown["by"], shown["active"], shown["text"]) == ("hand", "own", own["content"])
    assert (await save(client, box, INVOICES)).status_code == 409
    assert (await save(client, box, INVOICES, replace=True)).json()["by"] == "page"
    kept = await client.get(f"{box}/script", params={"name": "own"})
    assert kept.json()["content"] == own["content"]
    # Undo: that one again.
    await client.put(f"{box}/active-script", json={"name": "own"})
    assert (await read(client, box))["by"] == "hand"


async def test_our_script_changed_by_hand_is_kept_under_another_name(
    client: httpx.AsyncClient, box: str
):
    await save(client, box, INVOICES)
    changed = {"content": 'require "fileinto"; fileinto "Elsewhere";'}
    await client.put(f"{box}/script", params={"name": PAGE_SCRIPT}, json=changed)
    shown = await read(client, box)
    assert (shown["by"], shown["text"], shown["rules"]) == ("hand", changed["content"], [])
    await save(client, box, INVOICES, replace=True)
    scripts = (await client.get(f"{box}/scripts")).json()["items"]
    assert {(each["name"], each["active"]) for each in scripts} == {
        (PAGE_SCRIPT, True),
        (f"{PAGE_SCRIPT} 2", False),
    }
    kept = await client.get(f"{box}/script", params={"name": f"{PAGE_SCRIPT} 2"})
    assert kept.json()["content"] == changed["content"]
    # Undo, as the page does it.
    await save(client, box)
    await client.put(f"{box}/script", params={"name": PAGE_SCRIPT}, json=changed)
    await client.put(f"{box}/active-script", json={"name": PAGE_SCRIPT})
    assert await read(client, box) == shown


async def test_a_rule_is_tried_on_what_came_last(
    client: httpx.AsyncClient, house: Database, workspace: Workspace, box: str
):
    ids = await file(
        house,
        workspace,
        letter(message_id="1@kunde.example", subject="Invoice 1"),
        letter(message_id="2@kunde.example", subject="您的发票"),
        letter(message_id="3@kunde.example", subject="Lunch"),
    )
    off = {**INVOICES, "on": False}
    large = {
        "conditions": [{"field": "size", "test": "under", "size": 100}],
        "actions": [{"kind": "flag"}],
    }
    tried = await client.post(f"{box}/rules/trial", json={"rules": [off, large]})
    assert tried.status_code == 200
    said = tried.json()
    assert said["looked"] == 3
    assert [each["count"] for each in said["rules"]] == [2, 3]
    assert {each["id"] for each in said["rules"][0]["newest"]} == {str(one) for one in ids[:2]}
    assert {each["subject"] for each in said["rules"][0]["newest"]} == {"Invoice 1", "您的发票"}
    assert (await read(client, box))["rules"] == []


async def test_what_only_the_database_knows_is_looked_up(
    client: httpx.AsyncClient, house: Database, workspace: Workspace, box: str
):
    trace = b"Delivered-To: anna+orders@acme.example\r\n"
    colleague = f"From: {workspace.address}\r\nSubject: x\r\n\r\nx\r\n".encode()
    await file(house, workspace, trace + letter(message_id="1@kunde.example"), trace + colleague)
    asked = [("known", "exists"), ("known", "exists_not"), ("detail", "is")]
    rules = [
        {
            "conditions": [{"field": field, "test": test, "values": ["orders"]}],
            "actions": [{"kind": "flag"}],
        }
        for field, test in asked
    ]
    said = (await client.post(f"{box}/rules/trial", json={"rules": rules})).json()
    assert [each["count"] for each in said["rules"]] == [1, 1, 2]


async def test_a_rule_is_run_over_a_folder_and_taken_back(
    client: httpx.AsyncClient,
    house: Database,
    workspace: Workspace,
    box: str,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("posthouse.mail.rules.running._MOST", 2)
    subjects = ("Invoice 1", "Lunch", "您的发票", "Dinner", "Invoice 2")
    raws = [letter(message_id=f"{n}@k.example", subject=each) for n, each in enumerate(subjects)]
    await file(house, workspace, *raws)
    async with house.workspace(workspace.id) as tx:
        inbox = await folder_by_use(tx, workspace.mailbox_id, "inbox")
    actions = [{"kind": "flag"}, *INVOICES["actions"], {"kind": "keyword", "value": "Paid"}]
    run: dict[str, Any] = {"rule": {**INVOICES, "actions": actions}, "folder": str(inbox)}

    async def step() -> Any:
        answer = await client.post(f"{box}/rules/run", json=run)
        assert answer.status_code == 200, answer.text
        run["before"] = answer.json()["next"]
        return answer.json()

    steps = [await step(), await step(), await step()]
    assert [(each["looked"], each["changed"]) for each in steps] == [(2, 1), (2, 1), (1, 1)]
    assert steps[-1]["next"] is None
    assert await subjects_in(house, workspace, "INBOX") == {("Lunch", 0), ("Dinner", 0)}
    flagged = {("Invoice 1", 4), ("您的发票", 4), ("Invoice 2", 4)}
    assert await subjects_in(house, workspace, "Invoices") == flagged
    for each in reversed(steps):
        for acts in each["undo"]:
            assert (await client.post("/threads/acts", json=acts)).json()["messages"] == 1
    assert await subjects_in(house, workspace, "INBOX") == {(each, 0) for each in subjects}
    # What a rule would drop goes to Trash; what it would only send on is nothing to do here.
    drops = {**INVOICES, "actions": [{"kind": "discard"}]}
    run = {"rule": drops, "folder": str(inbox)}
    assert (await step())["undo"][0]["act"] == "move"
    assert await subjects_in(house, workspace, "Trash") == {("Invoice 2", 0), ("您的发票", 0)}
    sends = {**INVOICES, "actions": [{"kind": "forward", "value": "b@else.example"}]}
    refused = await client.post(f"{box}/rules/run", json={"rule": sends, "folder": str(inbox)})
    assert refused.status_code == 422


async def subjects_in(house: Database, workspace: Workspace, name: str) -> set[tuple[str, int]]:
    """Subjects and flags of what lies in a folder."""
    async with house.workspace(workspace.id) as tx:
        folder_id = await find_folder(tx, workspace.mailbox_id, name)
        rows = await tx.connection.fetch(
            "SELECT mailbox_message_id, flags FROM folder_messages"
            " WHERE workspace_id = $1 AND folder_id = $2",
            workspace.id,
            folder_id,
        )
        flags = {row["mailbox_message_id"]: row["flags"] for row in rows}
        described = await describe_messages(tx, list(flags))
    return {(each.subject, flags[each.mailbox_message_id]) for each in described}


async def test_a_large_mail_is_tried_by_its_header(
    client: httpx.AsyncClient, house: Database, workspace: Workspace, box: str
):
    raw = letter(message_id="big@kunde.example", subject="Invoice 9") + b"words " * 200_000
    await file(house, workspace, raw)
    rules = [
        {
            "conditions": [{"field": "size", "test": "over", "size": 1100}],
            "actions": [{"kind": "flag"}],
        },
        INVOICES,
        {
            "conditions": [{"field": "body", "test": "contains", "values": ["words"]}],
            "actions": [{"kind": "flag"}],
        },
    ]
    said = (await client.post(f"{box}/rules/trial", json={"rules": rules})).json()
    assert [each["count"] for each in said["rules"]] == [1, 1, 0]


async def test_a_mail_suggests_a_rule(
    client: httpx.AsyncClient, house: Database, workspace: Workspace, box: str
):
    of_list = b"List-Id: Offers <offers.kunde.example>\r\n" + letter(message_id="l@kunde.example")
    plain, listed = await file(house, workspace, letter(message_id="p@kunde.example"), of_list)
    said = (await client.get(f"{box}/rules/suggestion", params={"message": str(plain)})).json()
    (condition,) = said["conditions"]
    assert (condition["field"], condition["test"]) == ("from", "is")
    assert condition["values"] == ["li.wei@kunde.example"]
    said = (await client.get(f"{box}/rules/suggestion", params={"message": str(listed)})).json()
    assert said["conditions"][0]["values"] == ["offers.kunde.example"]
    missing = await client.get(f"{box}/rules/suggestion", params={"message": str(uuid4())})
    assert missing.status_code == 404


async def test_who_is_away(client: httpx.AsyncClient, workspace: Workspace, box: str):
    assert (await client.get("/away")).json() == {"items": []}
    days = {"first": "2020-01-01", "last": "2199-12-31", "zone": "+0800"}
    away = {"chinese": "出差中。", "days": 3, **days}
    saved = (await save(client, box, away=away)).json()
    assert saved["away"]["chinese"] == "出差中。"
    (item,) = (await client.get("/away")).json()["items"]
    assert item == {"mailbox_id": str(workspace.mailbox_id), "last": "2199-12-31"}
    await save(client, box, away={**away, "last": "2020-01-02"})
    assert (await client.get("/away")).json() == {"items": []}
    await save(client, box, away={**away, "on": False})
    assert (await client.get("/away")).json() == {"items": []}


async def test_rules_that_cannot_be_are_refused(client: httpx.AsyncClient, box: str):
    bad = {"conditions": [], "actions": [{"kind": "forward", "value": "nobody"}]}
    assert (await save(client, box, bad)).status_code == 422
    tried = await client.post(f"{box}/rules/trial", json={"rules": [bad]})
    assert tried.status_code == 422


async def test_others_do_not_come_in(client: httpx.AsyncClient, house: Database):
    other = await make_workspace(house, "other.example", "bo")
    for mailbox_id in (other.mailbox_id, uuid4()):
        box = f"/mailboxes/{mailbox_id}"
        answers = [
            await client.get(f"{box}/rules"),
            await client.put(f"{box}/rules", json={"rules": [], "revision": ""}),
            await client.post(f"{box}/rules/trial", json={"rules": []}),
            await client.post(f"{box}/rules/run", json={"rule": INVOICES, "folder": str(uuid4())}),
            await client.get(f"{box}/rules/suggestion", params={"message": str(uuid4())}),
        ]
        assert {answer.status_code for answer in answers} == {404}
