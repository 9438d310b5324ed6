"""What is in no folder any more is erased, with all that was only there for it; nothing else is."""

import asyncio
import json
import os
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.events import drain
from posthouse.mail.mailboxes import erasing, filing
from posthouse.mail.mailboxes.changing import copy_messages, move_messages
from posthouse.mail.mailboxes.erasing import GRACE, LISTENERS, erase_due
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import find_folder, make_mailbox
from posthouse.mail.mailboxes.model import Filed, Filing
from posthouse.mail.mailboxes.reading import read_raws
from posthouse.mail.search.indexing import LISTENER as SEARCH
from posthouse.security.vault import BlobFiles
from posthouse.security.vault.erasing import erase_loose_blobs, sweep_files
from tests.support.erasing import erase, make_due, take_out
from tests.support.house import Workspace, deliver, letter

_OF_MAIL = (
    "mailbox_messages",
    "mailbox_message_people",
    "variants",
    "variant_people",
    "messages",
    "message_references",
    "search_chunks",
    "blobs",
    "data_keys",
    "erasures",
    "loose_blobs",
)


@pytest.fixture
def clock_given_back() -> Iterator[None]:
    yield
    clock.hold(None)


async def counts(house: Database, workspace: Workspace) -> dict[str, int]:
    async with house.workspace(workspace.id) as tx:
        found = {
            table: int(
                await tx.connection.fetchval(
                    f"SELECT count(*) FROM {table} WHERE workspace_id = $1", workspace.id
                )
            )
            for table in _OF_MAIL
        }
    return {table: count for table, count in found.items() if count}


def files(house: Database) -> list[str]:
    folder = house.service(BlobFiles).folder
    return sorted(path.name for path in folder.glob("*/*"))


def large(message_id: str) -> bytes:
    noise = random.Random(message_id).randbytes(400_000).hex()
    return letter(message_id=message_id, body=noise + "\r\n")


async def raws_of(house: Database, workspace: Workspace, *filed: Filed) -> list[bytes]:
    ids = [each.mailbox_message_id for each in filed if each.mailbox_message_id]
    async with house.workspace(workspace.id) as tx:
        found = await read_raws(tx, ids)
    return [found[each] for each in ids]


async def test_the_last_place_takes_everything_along(house: Database, workspace: Workspace):
    raw = letter(
        message_id="1@k.example", references="<0@k.example>", extra="Bcc: secret@partner.example"
    )
    await deliver(house, workspace, raw, large("2@k.example"))
    await drain(house, [SEARCH])
    assert set(counts_before := await counts(house, workspace)) == set(_OF_MAIL) - {
        "erasures",
        "loose_blobs",
    }
    assert counts_before["data_keys"] == 4
    assert len(files(house)) == 1

    await take_out(house, workspace, 1, 2)
    assert await erase(house) == 2

    assert await counts(house, workspace) == {}
    assert files(house) == []


async def test_what_others_have_stays(house: Database, workspace: Workspace):
    raw = letter(message_id="1@k.example", extra="Bcc: secret@partner.example")
    same = letter(message_id="1@k.example")
    footer = same + b"-- \r\nlist footer\r\n"
    _, kept, variant, _ = await deliver(
        house, workspace, raw, same, footer, letter(message_id="2@k.example")
    )
    await drain(house, [SEARCH])
    await take_out(house, workspace, 1, 4)

    assert await erase(house) == 2

    # The body of the second mail is the first one's: content is shared across messages.
    left = await counts(house, workspace)
    assert (left["messages"], left["variants"], left["mailbox_messages"]) == (1, 2, 2)
    assert (left["blobs"], left["data_keys"], left["search_chunks"]) == (2, 4, 2)
    assert "mailbox_message_people" not in left
    assert await raws_of(house, workspace, kept, variant) == [same, footer]


async def test_a_move_erases_nothing(house: Database, workspace: Workspace):
    (filed,) = await deliver(house, workspace, letter(message_id="1@k.example"))
    async with house.workspace(workspace.id) as tx:
        inbox = await find_folder(tx, workspace.mailbox_id, "INBOX")
        trash = await find_folder(tx, workspace.mailbox_id, "Trash")
        await copy_messages(tx, inbox, [1], trash)
        await move_messages(tx, inbox, [1], await find_folder(tx, workspace.mailbox_id, "Archive"))
    assert await erase(house) == 0
    assert "erasures" not in await counts(house, workspace)

    await take_out(house, workspace, 1, folder="Trash")
    assert await erase(house) == 0
    assert await raws_of(house, workspace, filed) == [letter(message_id="1@k.example")]


@pytest.mark.usefixtures("clock_given_back")
async def test_nothing_is_erased_before_its_time(house: Database, workspace: Workspace):
    now = datetime.now(UTC)
    clock.hold(lambda: now)
    await deliver(house, workspace, letter(message_id="1@k.example"))
    await take_out(house, workspace, 1)
    await drain(house, LISTENERS)
    clock.hold(lambda: now + GRACE - timedelta(seconds=1))
    assert await erase_due(house) == 0
    clock.hold(lambda: now + GRACE)
    assert await erase_due(house) == 1


async def test_another_mailbox_keeps_its_own(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        other_id = await make_mailbox(
            tx, kind="shared", address="sales@acme.example", name="Sales", owner_member_id=None
        )
    other = Workspace(
        workspace.id, workspace.domain, workspace.member_id, "sales@acme.example", other_id
    )
    raw = large("1@k.example")
    (mine,) = await deliver(house, workspace, raw)
    (theirs,) = await deliver(house, other, raw)
    await take_out(house, workspace, 1)

    assert await erase(house) == 1

    assert await raws_of(house, workspace, theirs) == [raw]
    assert mine.mailbox_message_id != theirs.mailbox_message_id
    assert len(files(house)) == 1


async def test_a_filing_that_is_under_way_is_not_disturbed(house: Database, workspace: Workspace):
    raw = large("1@k.example")
    await deliver(house, workspace, raw)
    await take_out(house, workspace, 1)
    await drain(house, LISTENERS)
    await make_due(house)
    async with house.workspace(workspace.id) as tx:
        inbox = await find_folder(tx, workspace.mailbox_id, "INBOX")
        # Another copy of the same content, written and not committed yet.
        (again,) = await _filed(tx, workspace, inbox, raw)
        assert await asyncio.wait_for(erase_due(house), 30) == 0
    assert await erase_due(house) == 0, "it is looked at again in a minute"
    assert await erase(house) == 1
    assert await raws_of(house, workspace, again) == [raw]


async def test_a_filing_that_finds_it_gone_stores_it_anew(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    """The lookup still saw content, identity and body; the write comes after they were erased."""
    raw = letter(message_id="1@k.example")
    with_footer = letter(message_id="1@k.example", extra="X-List: yes")  # the same body
    for wanted in (raw, with_footer):
        await deliver(house, workspace, raw)
        look_up = filing._look_up
        looked: list[object] = []

        async def slow(*arguments, look_up=look_up, looked=looked):
            known = await look_up(*arguments)
            if not looked:
                looked.append(known)
                uid = await _newest_uid(house, workspace)
                await take_out(house, workspace, uid)
                assert await erase(house) == 1
            return known

        monkeypatch.setattr(filing, "_look_up", slow)
        (filed,) = await deliver(house, workspace, wanted)
        monkeypatch.setattr(filing, "_look_up", look_up)
        assert looked
        assert await raws_of(house, workspace, filed) == [wanted]
        await take_out(house, workspace, filed.uid)
        assert await erase(house) == 1
    assert await counts(house, workspace) == {}


async def test_nothing_filed_is_lost_while_the_same_is_erased(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    """Eight writers file and take out the same five mails, two sweepers erase without any grace."""
    monkeypatch.setattr(erasing, "GRACE", timedelta(0))
    monkeypatch.setattr(erasing, "_BUSY_FOR", timedelta(0))
    contents = [letter(message_id=f"{n}@k.example", body=f"body {n % 3}\r\n") for n in range(4)]
    contents.append(large("large@k.example"))
    done = asyncio.Event()
    kept: list[tuple[Filed, bytes]] = []

    async def write(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(25):
            raws = chance.sample(contents, chance.randint(1, 3))
            filed = await deliver(house, workspace, *raws)
            fates = [chance.random() < 0.1 for _ in filed]
            kept.extend(
                (one, raw) for one, raw, keep in zip(filed, raws, fates, strict=True) if keep
            )
            gone = [one.uid for one, keep in zip(filed, fates, strict=True) if not keep]
            if gone:
                await take_out(house, workspace, *gone)

    async def sweep() -> int:
        erased = 0
        while not done.is_set():
            erased += await erase_due(house)
            await erase_loose_blobs(house)
            await asyncio.sleep(0)
        return erased

    async def note() -> None:
        while not done.is_set():
            await drain(house, LISTENERS)
            await asyncio.sleep(0.005)

    sweepers = [asyncio.create_task(each) for each in (sweep(), sweep(), note())]
    await asyncio.gather(*(write(seed) for seed in range(8)))
    done.set()
    erased = await asyncio.gather(*sweepers)
    assert sum(each or 0 for each in erased) > 50, "the sweepers did not meet the writers"

    assert kept
    for one, raw in kept:
        assert await raws_of(house, workspace, one) == [raw]
    await take_out(house, workspace, *(one.uid for one, _ in kept))
    while await erase(house):
        pass
    assert await counts(house, workspace) == {}

    # A filing that lost a race has written its file already.
    (stays,) = await deliver(house, workspace, large("stays@k.example"))
    await sweep_files(house, safe_age=-5)
    assert len(files(house)) == 1
    assert await raws_of(house, workspace, stays) == [large("stays@k.example")]


async def test_a_kill_in_the_middle_leaves_nothing_half_erased(
    house: Database, workspace: Workspace, tmp_path: Path
):
    raws = [letter(message_id=f"{n}@k.example", body=f"{n}\r\n") for n in range(300)]
    stays, *gone = [*raws, *(large(f"large{n}@k.example") for n in range(10))]
    (kept,) = await deliver(house, workspace, stays)
    await deliver(house, workspace, *gone)
    await take_out(house, workspace, *range(2, len(gone) + 2))
    await drain(house, LISTENERS)
    await make_due(house)
    given = json.dumps({"dsn": house.dsn, "folder": str(tmp_path)})
    chance = random.Random(20261122)
    left: list[int] = []
    while not any(1 < count < len(gone) for count in left) and len(left) < 20:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.erasing_process", given),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": "src:."},
        )
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"
        await asyncio.sleep(chance.uniform(0.01, 0.2))
        process.kill()
        await process.wait()
        left.append((await counts(house, workspace)).get("variants", 0))
    assert left[-1] > 1, f"no kill came in the middle: {left}"

    await erase(house)
    found = await counts(house, workspace)
    assert (found["variants"], found["blobs"], found["data_keys"]) == (1, 1, 2)
    assert "erasures" not in found
    assert await raws_of(house, workspace, kept) == [stays]


async def _filed(tx, workspace: Workspace, folder_id, raw: bytes) -> list[Filed]:
    return await file_messages(
        tx,
        [
            Filing(
                mailbox_id=workspace.mailbox_id,
                folder_id=folder_id,
                raw=raw,
                received_at=datetime.now(UTC),
                direction="in",
                door="smtp",
            )
        ],
    )


async def _newest_uid(house: Database, workspace: Workspace) -> int:
    async with house.workspace(workspace.id) as tx:
        return int(await tx.connection.fetchval("SELECT max(uid) FROM folder_messages"))
