"""What comes back: reports over return paths, and mail clients' own copies."""

from datetime import UTC, datetime

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import NotFound
from posthouse.foundation.events import drain
from posthouse.mail.intake import Arrival, Intake
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Filing
from posthouse.protocols.dns import CachingResolver
from posthouse.protocols.dsn.build import Recipient, Report, build_dsn
from posthouse.protocols.dsn.model import Reason
from posthouse.sending.outbox import actions
from posthouse.sending.outbox.listeners import LISTENERS
from posthouse.sending.outbox.loading import load_parcels
from posthouse.sending.outbox.model import Leased, Share, State
from posthouse.sending.outbox.return_path import return_path_route
from posthouse.sending.outbox.tests.test_outbox import LI, counts, send, state_of, written
from posthouse.sending.outbox.worker import Worker
from tests.support.house import Workspace
from tests.support.sending import HeldClock


@pytest.fixture
def intake(sending: Database) -> Intake:
    resolver = sending.service(CachingResolver)
    return Intake(sending, resolver, "mail.acme.example", (return_path_route,))


async def return_path(house: Database) -> str:
    """Of the only recipient there is."""
    async with house.system() as tx:
        row = await tx.connection.fetchrow("SELECT * FROM outbox_queue")
    assert row
    leased = Leased(
        workspace_id=row["workspace_id"],
        recipient_id=row["recipient_id"],
        outbox_message_id=row["outbox_message_id"],
        share=Share.PEOPLE,
        domain=row["domain"],
        size=row["size"],
        attempts=1,
        interrupted=False,
    )
    (parcel,) = await load_parcels(house, [leased])
    return parcel.return_path


async def delivered_everything(house: Database) -> None:
    async with house.system() as tx:
        await tx.connection.execute("UPDATE outbox_recipients SET state = 'delivered'")
        await tx.connection.execute("DELETE FROM outbox_queue")


def report(action: str = "failed") -> bytes:
    return build_dsn(
        Report(
            to="ignored@acme.example",
            host="mx.kunde.example",
            date=datetime.now(UTC),
            message_id="d1@mx.kunde.example",
            recipients=(
                Recipient(
                    address=LI,
                    action=action,  # type: ignore[arg-type]
                    status="5.2.2" if action == "failed" else "4.2.2",
                    diagnostic="552 5.2.2 Mailbox full",
                    remote_host="store.kunde.example",
                ),
            ),
            header=b"Subject: Quotation\r\n\r\n",
        )
    )


async def come_back(intake: Intake, address: str, raw: bytes) -> None:
    recipient = await intake.check_recipient(address)
    await intake.accept(
        Arrival(
            raw=b"Received: from mx.kunde.example by mail.acme.example; x\r\n" + raw,
            mail_from="",
            recipients=(recipient,),
            received_at=clock.now(),
            peer_ip="192.0.2.7",
            helo="mx.kunde.example",
        )
    )


async def test_a_late_bounce_marks_its_recipient(
    sending: Database, workspace: Workspace, intake: Intake
):
    queued = await send(sending, workspace, LI)
    path = await return_path(sending)
    await delivered_everything(sending)
    await come_back(intake, path.upper(), report())
    await drain(sending, LISTENERS)
    (recipient,) = (await state_of(sending, workspace, queued)).recipients
    assert (recipient.state, recipient.status) == (State.FAILED, "5.2.2")
    assert (recipient.reply, recipient.host) == ("552 5.2.2 Mailbox full", "store.kunde.example")
    assert recipient.reason is Reason.MAILBOX_FULL
    assert await counts(sending, workspace) == {"INBOX": 1, "Sent": 1}


async def test_a_bounce_in_words_marks_its_recipient(
    sending: Database, workspace: Workspace, intake: Intake
):
    queued = await send(sending, workspace, LI)
    path = await return_path(sending)
    await delivered_everything(sending)
    bounce = (
        f"From: PostMaster@kunde.example\r\nSubject: 系统退信\r\n\r\n<{LI}>:\r\n"
        "host mx.kunde.example said: 550 该邮箱已停用\r\n"
    )
    await come_back(intake, path, bounce.encode())
    await drain(sending, LISTENERS)
    (recipient,) = (await state_of(sending, workspace, queued)).recipients
    assert (recipient.state, recipient.reason) == (State.FAILED, Reason.MAILBOX_INACTIVE)
    assert recipient.host == "mx.kunde.example"


async def test_other_answers_change_nothing(
    sending: Database, workspace: Workspace, intake: Intake
):
    queued = await send(sending, workspace, LI)
    path = await return_path(sending)
    await delivered_everything(sending)
    await come_back(intake, path, report("delayed"))
    await come_back(intake, path, b"From: li@kunde.example\r\nSubject: away\r\n\r\nback on Monday")
    away = "From: li@kunde.example\r\nSubject: 自动回复:报价\r\n\r\n550 user unknown"
    await come_back(intake, path, away.encode())
    await drain(sending, LISTENERS)
    (recipient,) = (await state_of(sending, workspace, queued)).recipients
    assert recipient.state is State.DELIVERED
    assert await counts(sending, workspace) == {"INBOX": 3, "Sent": 1}


async def test_nobody_else_can_make_a_return_path(
    sending: Database, workspace: Workspace, other: Workspace, intake: Intake, held: HeldClock
):
    await send(sending, workspace, LI)
    path = await return_path(sending)
    local, _, domain = path.partition("@")
    forged = local[:-1] + ("a" if local[-1] != "a" else "b")
    for address in (
        f"{forged}@{domain}",
        f"{local}@{other.domain}",
        f"{local}@elsewhere.example",
        f"bounce+@{domain}",
        f"bounce+é!@{domain}",
        f"{local[:-8]}@{domain}",
    ):
        with pytest.raises(NotFound):
            await intake.check_recipient(address)
    async with sending.system() as tx:
        assert await return_path_route(tx, path)
        held.pass_by(days=31)
        with pytest.raises(NotFound):
            await return_path_route(tx, path)


async def test_the_copy_of_a_mail_client_replaces_ours(
    sending: Database, workspace: Workspace, worker: Worker
):
    raw = written(workspace)
    queued = await send(sending, workspace, LI, raw=raw, door="submission")
    assert await counts(sending, workspace) == {"Sent": 1}
    await append(sending, workspace, raw)
    await drain(sending, LISTENERS)
    assert await counts(sending, workspace) == {"Sent": 1}
    async with sending.workspace(workspace.id) as tx:
        (kept,) = await tx.connection.fetch(
            "SELECT c.id, c.door FROM folder_messages p"
            " JOIN mailbox_messages c ON c.id = p.mailbox_message_id"
        )
        assert kept["door"] == "append"
        states = await actions.states_of_copies(tx, [kept["id"]])
    assert states[kept["id"]].id == queued.id


async def test_a_copy_that_was_there_before_is_the_one(sending: Database, workspace: Workspace):
    raw = written(workspace)
    await append(sending, workspace, raw)
    await send(sending, workspace, LI, raw=raw, door="submission")
    await drain(sending, LISTENERS)
    assert await counts(sending, workspace) == {"Sent": 1}


async def test_another_message_with_the_same_subject_stays(sending: Database, workspace: Workspace):
    await send(sending, workspace, LI, raw=written(workspace), door="submission")
    await append(sending, workspace, written(workspace, message_id="a2@acme.example"))
    await drain(sending, LISTENERS)
    assert await counts(sending, workspace) == {"Sent": 2}


async def append(house: Database, workspace: Workspace, raw: bytes) -> None:
    async with house.workspace(workspace.id) as tx:
        folder_id = await find_folder(tx, workspace.mailbox_id, "Sent")
        filing = Filing(
            mailbox_id=workspace.mailbox_id,
            folder_id=folder_id,
            raw=raw,
            received_at=clock.now(),
            direction="out",
            door="append",
        )
        await file_messages(tx, [filing])
