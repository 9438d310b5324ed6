"""What every IMAP server has to do for a driver, whichever way it does it: two drivers at work in
one mailbox, each finding what the other one did.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from posthouse.mail.accounts.imap import ImapDriver
from posthouse.mail.accounts.model import (
    Change,
    Exists,
    Expunged,
    FolderState,
    ItemFlags,
    RemoteFolder,
    Vanished,
)
from posthouse.mail.mailboxes.model import Flags

_WHEN = datetime(2024, 2, 29, 12, 30, tzinfo=UTC)
_PATIENCE = 20.0
_LEVELS = ["客户", 'Nord & "Süd"']


def mail(number: int) -> bytes:
    """Lines as servers give them back: they all end in CRLF."""
    body = b"{5}\r\n)\r\n* 1 EXISTS\r\n" + b"x" * (number * 997 % 3_000) + b"\r\n"
    return b"Message-ID: <%d@x.example>\r\nSubject: %d\r\n\r\n" % (number, number) + body


async def exercise(connect: Callable[[], Awaitable[ImapDriver]]) -> None:
    """Raises AssertionError. Leaves the mailbox as it was but for its UIDs."""
    one, other = await connect(), await connect()
    inbox = await _folder(one, ("INBOX",))
    assert inbox.special_use == "inbox"
    await _reads_what_it_appends(one, inbox)
    await _sees_what_the_other_does(one, other, inbox)
    await _moves_and_deletes(one, other, inbox)
    await one.close()
    await other.close()


async def _folder(driver: ImapDriver, levels: tuple[str, ...]) -> RemoteFolder:
    found = [each for each in await driver.folders() if each.levels == levels]
    assert len(found) == 1, levels
    return found[0]


async def _reads_what_it_appends(driver: ImapDriver, inbox: RemoteFolder) -> None:
    for number in range(1, 13):
        keywords = ["$Forwarded"] if number == 1 else []
        flags = Flags.SEEN | Flags.ANSWERED if number < 3 else 0
        await driver.append(inbox, mail(number), flags=flags, keywords=keywords, arrived=_WHEN)
    opened = await driver.open(inbox, None, write=True)
    assert (opened.exists, opened.writable) == (12, True)
    assert opened.uid_validity
    uids = await driver.uids(1, 0)
    assert len(uids) == 12
    assert await driver.uids(uids[-1] + 1, 0) == []
    assert await driver.uids(uids[2], uids[4]) == uids[2:5]
    first, second, third = await driver.items(((uids[0], uids[2]),))
    assert (first.flags, first.keywords) == (Flags.SEEN | Flags.ANSWERED, ("$Forwarded",))
    assert (second.keywords, third.flags, third.arrived) == ((), 0, _WHEN)
    assert third.size == len(mail(3))
    bodies = {each.uid: each.raw async for each in driver.bodies([*uids, uids[-1] + 7])}
    assert bodies == {uid: mail(number) for number, uid in enumerate(uids, 1)}
    (header,) = await driver.headers([uids[3]])
    assert header.raw == mail(4).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert (await driver.flags(((uids[2], uids[2]),)))[0].flags == 0  # still unread


async def _sees_what_the_other_does(
    one: ImapDriver, other: ImapDriver, inbox: RemoteFolder
) -> None:
    before = await one.open(inbox, None, write=True)
    uids = await one.uids(1, 0)
    await other.open(inbox, None, write=True)
    told = await other.store_flags(
        ((uids[0], uids[1]),), add=Flags.FLAGGED, remove=Flags.SEEN, add_keywords=["$Label1"]
    )
    assert {each.uid: each.flags for each in told} == dict.fromkeys(
        uids[:2], Flags.FLAGGED | Flags.ANSWERED
    )
    await other.delete(((uids[2], uids[2]), (uids[4], uids[4])))
    await other.append(inbox, mail(13))
    changes = await _until(one, lambda found: any(isinstance(each, Exists) for each in found))
    gone = [each for each in changes if isinstance(each, Vanished | Expunged)]
    assert gone, changes
    known = FolderState(
        uid_validity=before.uid_validity,
        highest_modseq=before.highest_modseq,
        known=((uids[0], uids[-1]),),
    )
    after = await one.open(inbox, known, write=True)
    assert after.exists == 11
    assert after.resynced == one.abilities.qresync
    if after.resynced:
        assert after.vanished == ((uids[2], uids[2]), (uids[4], uids[4]))
        assert [each.uid for each in after.changed][:2] == uids[:2]
    if one.abilities.condstore:
        since = await one.flags(((1, uids[-1]),), changed_since=before.highest_modseq)
        assert [each.uid for each in since] == uids[:2]
        assert after.highest_modseq >= max(each.modseq for each in since)


async def _moves_and_deletes(one: ImapDriver, other: ImapDriver, inbox: RemoteFolder) -> None:
    made = await one.create_folder(_LEVELS)
    listed = await _folder(other, tuple(_LEVELS))
    assert listed.wire == made.wire
    await one.open(inbox, None, write=True)
    uids = await one.uids(1, 0)
    moved = await one.move(((uids[0], uids[2]), (uids[5], uids[5])), made)
    if one.abilities.uidplus:
        assert sorted(moved) == [*uids[:3], uids[5]]
    opened = await other.open(listed, None, write=True)
    (counted,) = await other.status([inbox])
    assert (counted.exists, counted.uid_next > uids[-1]) == (7, True)
    there = await other.uids(1, 0)
    assert opened.exists == len(there) == 4
    bodies = [each.raw async for each in other.bodies(there)]
    assert sorted(bodies) == sorted([mail(1), mail(2), mail(4), mail(8)])
    (flagged, *_) = await other.flags(((there[0], there[-1]),))
    assert isinstance(flagged, ItemFlags)
    assert flagged.flags == Flags.FLAGGED | Flags.ANSWERED
    await other.delete(((there[0], there[-1]),))
    assert (await other.open(listed, None)).exists == 0
    renamed = await other.rename_folder(listed, ["Nord"])
    await other.delete_folder(renamed)
    assert not [each for each in await one.folders() if each.levels == ("Nord",)]
    await one.open(inbox, None, write=True)
    left = await one.uids(1, 0)
    assert len(left) == 7
    await one.delete(((left[0], left[-1]),))
    assert (await one.open(inbox, None)).exists == 0


async def _until(driver: ImapDriver, enough: Callable[[list[Change]], bool]) -> list[Change]:
    found: list[Change] = []
    while not enough(found):
        more = await driver.wait(_PATIENCE)
        assert more, found
        found += more
    return found
