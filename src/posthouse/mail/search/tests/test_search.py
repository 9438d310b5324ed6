"""Finding mail by words nobody can read in the database."""

import contextlib
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Invalid
from posthouse.foundation.events import drain
from posthouse.mail.mailboxes.changing import expunge, store_flags
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.search import actions
from posthouse.mail.search.actions import search
from posthouse.mail.search.indexing import LISTENER
from posthouse.mail.search.query import parse_query
from posthouse.mail.search.tokens import phrase, tokens
from posthouse.security.access import Level, grant
from posthouse.security.members import Actor
from posthouse.security.members.model import Role
from tests.support.house import Workspace, deliver, letter

LETTERS = {
    "quote": letter(
        message_id="quote@k.example",
        subject="Angebot PO-4242 für Kreiselpumpen",
        sender="Müller <h.mueller@kunde.example>",
        body="Please quote twenty centrifugal pumps KX77 by Friday.\r\n",
    ),
    "chinese": letter(
        message_id="zh@k.example",
        subject="离心泵报价",
        sender="李伟 <li.wei@beifang.example>",
        body="王经理您好，请报二十台离心泵KX77的价格，下周签约。\r\n",
    ),
    "other": letter(
        message_id="other@k.example", subject="Trade fair", body="See you in Hannover.\r\n"
    ),
}


async def actor_of(house: Database, workspace: Workspace) -> Actor:
    return Actor(
        workspace_id=workspace.id,
        member_id=workspace.member_id,
        role=Role.MEMBER,
        name="Anna",
        address=workspace.address,
    )


@pytest.fixture
async def names(house: Database, workspace: Workspace) -> dict[UUID, str]:
    filed = await deliver(house, workspace, *LETTERS.values())
    await drain(house, [LISTENER])
    ids = [one.mailbox_message_id for one in filed if one.mailbox_message_id]
    return dict(zip(ids, LETTERS, strict=True))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("centrifugal", {"quote"}),
        ("kx77", {"quote", "chinese"}),
        ("PO-4242", {"quote"}),
        ("4242", {"quote"}),
        ("kreis", {"quote"}),
        ("fur", {"quote"}),
        ('"centrifugal pumps"', {"quote"}),
        ('"pumps centrifugal"', set()),
        ("离心泵", {"chinese"}),
        ("心泵", {"chinese"}),
        ("泵", {"chinese"}),
        ("离心泵KX77", {"chinese"}),
        ("价格下周", set()),
        ("签约 报价", {"chinese"}),
        ("from:李伟", {"chinese"}),
        ("from:mueller", {"quote"}),
        ("from:li.wei@beifang.example", {"chinese"}),
        ("发件人：李伟", {"chinese"}),
        ("subject:KX77", set()),
        ("subject:离心", {"chinese"}),
        ("to:anna", {"quote", "chinese", "other"}),
        ("kx77 -离心泵", {"quote"}),
        ("-kx77", {"other"}),
        ("in:inbox hannover", {"other"}),
        ("in:archive hannover", set()),
        ("hannover before:2020-01-01", set()),
        ("hannover after:7d", {"other"}),
        ("is:unread kx77", {"chinese", "quote"}),
        ("is:read", set()),
        ("nothinglikethis", set()),
    ],
)
async def test_queries(
    house: Database, workspace: Workspace, names: dict[UUID, str], query: str, expected: set[str]
):
    async with house.workspace(workspace.id) as tx:
        page = await search(tx, await actor_of(house, workspace), query)
    assert {names[hit.mailbox_message_id] for hit in page.hits} == expected


async def test_pages_follow_each_other(house: Database, workspace: Workspace):
    await deliver(house, workspace, *(letter(message_id=f"{n}@k.example") for n in range(25)))
    await drain(house, [LISTENER])
    seen: list[UUID] = []
    cursor = None
    while True:
        async with house.workspace(workspace.id) as tx:
            page = await search(
                tx, await actor_of(house, workspace), "pumps", cursor=cursor, limit=10
            )
        seen += [hit.mailbox_message_id for hit in page.hits]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 25


@pytest.mark.parametrize("sizes", [(3, 8, 4), (3, 8, 100), (3, 100, 4), (100, 100, 100)])
@pytest.mark.parametrize(
    "query", ['"pump price"', "pump", "price -valve", "-valve", '"price pump"']
)
async def test_every_way_to_the_hits_finds_the_same(
    house: Database,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    sizes: tuple[int, int, int],
):
    texts = ["the pump price list", "a price for the pump", "pump and valve price", "nothing"]
    wanted = {
        '"pump price"': [0],
        "pump": [0, 1, 2],
        "price -valve": [0, 1],
        "-valve": [0, 1, 3],
        '"price pump"': [],
    }[query]
    letters = [
        letter(message_id=f"{n}@k.example", subject="s", body=f"{texts[n % 4]}\r\n")
        for n in range(40)
    ]
    filed = await deliver(house, workspace, *letters)
    await drain(house, [LISTENER])
    expected = [one.mailbox_message_id for n, one in enumerate(filed) if n % 4 in wanted]
    for name, size in zip(("_TASTE", "_DEPTH", "_FEW"), sizes, strict=True):
        monkeypatch.setattr(actions, name, size)
    anna = await actor_of(house, workspace)
    found: list[UUID] = []
    cursor = None
    async with house.workspace(workspace.id) as tx:
        while not found or cursor:
            page = await search(tx, anna, query, cursor=cursor, limit=7)
            found += [hit.mailbox_message_id for hit in page.hits]
            cursor = page.next_cursor
            if not page.hits:
                break
    assert len(found) == len(set(found))
    assert set(found) == set(expected)


@pytest.mark.parametrize("sizes", [(3, 5, 4, 0), (3, 5, 4, 100), (100, 100, 100, 100)])
@pytest.mark.parametrize("at_once", [True, False])
async def test_places_and_flags_find_the_same_however_it_is_looked(
    house: Database,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    sizes: tuple[int, int, int, int],
    at_once: bool,
):
    texts = ["the pump price list", "a price for the pump", "pump and valve"]
    filed: dict[UUID, int] = {}
    for n in range(24):
        raw = letter(message_id=f"{n}@k.example", subject="s", body=f"{texts[n % 3]}\r\n")
        flags = (Flags.FLAGGED if n % 4 else Flags(0)) | (Flags.SEEN if n % 5 == 0 else Flags(0))
        folder = "Archive" if n % 8 in (1, 2) else "INBOX"
        (one,) = await deliver(house, workspace, raw, folder=folder, flags=flags)
        assert one.mailbox_message_id is not None
        filed[one.mailbox_message_id] = n
    await drain(house, [LISTENER])
    for name, size in zip(("_TASTE", "_DEPTH", "_FEW", "_FEW_HITS"), sizes, strict=True):
        monkeypatch.setattr(actions, name, size)
    anna = await actor_of(house, workspace)
    places = {
        "is:flagged": lambda n: n % 4 != 0,
        "in:archive": lambda n: n % 8 in (1, 2),
        "is:flagged in:archive": lambda n: n % 4 and n % 8 in (1, 2),
        "is:read": lambda n: n % 5 == 0,
        "is:read is:unread": lambda n: False,
    }
    words = {"": {0, 1, 2}, "pump": {0, 1, 2}, '"pump price"': {0}, "-price": {2}, "nothing": set()}
    async with house.workspace(workspace.id) as tx:
        if at_once:  # as an import may have it: no date tells them apart
            for table in ("mailbox_messages", "folder_messages"):
                await tx.connection.execute(f"UPDATE {table} SET received_at = '2026-01-01'")
        for place, lies_there in places.items():
            for word, kinds in words.items():
                query = f"{place} {word}"
                found = [filed[each] for each in await _all_hits(tx, anna, query)]
                expected = [n for n in range(24) if lies_there(n) and n % 3 in kinds]
                assert sorted(found) == expected, query


async def _all_hits(tx: Tx, actor: Actor, query: str) -> list[UUID]:
    """Page by page, four at a time."""
    found: list[UUID] = []
    cursor = None
    while True:
        page = await search(tx, actor, query, cursor=cursor, limit=4)
        found += [hit.mailbox_message_id for hit in page.hits]
        cursor = page.next_cursor
        if cursor is None:
            return found
        assert page.hits, "an empty page with more behind it"


async def test_a_page_may_be_short_and_says_that_there_is_more(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    bodies = ["price of a pump\r\n"] * 12
    bodies[0] = bodies[9] = "pump price\r\n"
    letters = [letter(message_id=f"{n}@k.example", body=body) for n, body in enumerate(bodies)]
    filed = [(await deliver(house, workspace, each))[0] for each in letters]
    await drain(house, [LISTENER])
    for name, size in (("_TASTE", 1), ("_DEPTH", 4), ("_PHRASE_DEPTH", 4), ("_FEW", 2)):
        monkeypatch.setattr(actions, name, size)
    anna = await actor_of(house, workspace)
    async with house.workspace(workspace.id) as tx:
        first = await search(tx, anna, '"pump price"')
        assert first.next_cursor is not None
        second = await search(tx, anna, '"pump price"', cursor=first.next_cursor)
    assert [hit.mailbox_message_id for hit in first.hits] == [filed[9].mailbox_message_id]
    assert [hit.mailbox_message_id for hit in second.hits] == [filed[0].mailbox_message_id]
    assert second.next_cursor is None


async def test_flags_narrow_a_search(house: Database, workspace: Workspace, names: dict[UUID, str]):
    async with house.workspace(workspace.id) as tx:
        folder_id = await find_folder(tx, workspace.mailbox_id, "INBOX")
        await store_flags(tx, folder_id, [1], "+", Flags.SEEN)
        page = await search(tx, await actor_of(house, workspace), "is:read")
    assert [names[hit.mailbox_message_id] for hit in page.hits] == ["quote"]


async def test_nobody_finds_what_is_not_shared(
    house: Database, workspace: Workspace, names: dict[UUID, str]
):
    async with house.workspace(workspace.id) as tx:
        colleague = await tx.connection.fetchval(
            "INSERT INTO members (workspace_id, id, address, name, role)"
            " VALUES ($1, gen_random_uuid(), 'ben@acme.example', 'Ben', 'admin') RETURNING id",
            workspace.id,
        )
        ben = Actor(
            workspace_id=workspace.id,
            member_id=colleague,
            role=Role.ADMIN,
            name="Ben",
            address="ben@acme.example",
        )
        assert (await search(tx, ben, "kx77")).hits == []
        quote = next(i for i, name in names.items() if name == "quote")
        thread_id = await tx.connection.fetchval(
            "SELECT thread_id FROM mailbox_messages WHERE id = $1", quote
        )
        await grant(
            tx,
            await actor_of(house, workspace),
            member_id=colleague,
            mailbox_id=workspace.mailbox_id,
            thread_id=thread_id,
            level=Level.FULL,
        )
        assert [hit.mailbox_message_id for hit in (await search(tx, ben, "kx77")).hits] == [quote]
        assert (await search(tx, ben, "hannover")).hits == []


async def test_hidden_recipients_are_found_in_their_own_copy_only(
    house: Database, workspace: Workspace
):
    raw = letter(message_id="1@k.example", extra="Bcc: secret.partner@hidden.example")
    (own,) = await deliver(house, workspace, raw)
    (plain,) = await deliver(house, workspace, letter(message_id="1@k.example"))
    await drain(house, [LISTENER])
    async with house.workspace(workspace.id) as tx:
        actor = await actor_of(house, workspace)
        hidden = await search(tx, actor, "to:secret.partner")
        both = await search(tx, actor, "pumps")
    assert [hit.mailbox_message_id for hit in hidden.hits] == [own.mailbox_message_id]
    assert {hit.mailbox_message_id for hit in both.hits} == {
        own.mailbox_message_id,
        plain.mailbox_message_id,
    }


async def test_no_word_stands_in_the_index(house: Database, workspace: Workspace, names: object):
    async with house.workspace(workspace.id) as tx:
        texts = await tx.connection.fetch(
            "SELECT array_to_string(tsvector_to_array(tsv), ' ') FROM search_chunks"
        )
    everything = " ".join(row[0] for row in texts).lower()
    assert len(everything) > 100
    assert not any(word in everything for word in ("pumps", "kx77", "4242", "离", "hannover"))


async def test_a_long_text_is_found_to_its_end(house: Database, workspace: Workspace):
    words = " ".join(f"word{n}" for n in range(30_000))
    await deliver(house, workspace, letter(message_id="long@k.example", body=words + "\r\n"))
    await drain(house, [LISTENER])
    async with house.workspace(workspace.id) as tx:
        actor = await actor_of(house, workspace)
        for query in ("word29999", '"word7990 word7991 word7992"', '"word15999 word16000"'):
            assert len((await search(tx, actor, query)).hits) == 1, query


LONG = " ".join(["alpha rare", *(f"word{n}" for n in range(20_000)), "omega 离心泵报价单"])


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("alpha omega", 1),
        ("subject:quotation omega", 1),
        ("alpha 离心泵报价单", 1),
        ('"alpha rare" "omega 离心"', 1),
        ('"alpha omega"', 0),
        ("alpha -omega", 0),
        ('alpha -"word19998 word19999"', 0),
        ('alpha -"word19999 word19998"', 1),
        ("alpha missing", 0),
    ],
)
@pytest.mark.parametrize("depth", [3000, 1])
async def test_words_far_apart_are_of_one_message(
    house: Database,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    count: int,
    depth: int,
):
    monkeypatch.setattr(actions, "_DEPTH", depth)  # 1: the index is asked for all but the newest
    await deliver(house, workspace, letter(message_id="long@k.example", body=LONG + "\r\n"))
    await deliver(house, workspace, letter(message_id="newer@k.example"))
    await drain(house, [LISTENER])
    async with house.workspace(workspace.id) as tx:
        page = await search(tx, await actor_of(house, workspace), query)
    assert len(page.hits) == count


def _letters(number: int) -> str:
    return "".join(chr(97 + number // 26**place % 26) for place in range(4))


async def test_a_text_made_to_burst_the_index_spares_its_neighbours(
    house: Database, workspace: Workspace
):
    words = ("".join(f"{n:05d}{'abcdefgh'[i] * 2}q" for i in range(8)) for n in range(8000))
    hostile = letter(message_id="hostile@k.example", body=" ".join(words) + "\r\n")
    parts = (
        "".join(f"{n * 8 + i:05d}{_letters(n * 8 + i)}" for i in range(6)) for n in range(8000)
    )
    worse = letter(message_id="worse@k.example", body=" ".join(parts) + "\r\n")
    await deliver(house, workspace, hostile, worse, letter(message_id="good@k.example"))
    await drain(house, [LISTENER])
    async with house.workspace(workspace.id) as tx:
        page = await search(tx, await actor_of(house, workspace), "pumps")
        assert await tx.connection.fetchval("SELECT count(*) FROM event_dead_letters") == 0
    assert len(page.hits) == 1


async def test_what_was_expunged_is_not_found(
    house: Database, workspace: Workspace, names: dict[UUID, str]
):
    async with house.workspace(workspace.id) as tx:
        folder_id = await find_folder(tx, workspace.mailbox_id, "INBOX")
        await store_flags(tx, folder_id, [1], "+", Flags.DELETED)
        await expunge(tx, folder_id)
        page = await search(tx, await actor_of(house, workspace), "kx77")
    assert [names[hit.mailbox_message_id] for hit in page.hits] == ["chinese"]


@pytest.mark.parametrize("query", ["?!", "😀", "subject:—"])
async def test_signs_alone_find_nothing(
    house: Database, workspace: Workspace, names: object, query: str
):
    async with house.workspace(workspace.id) as tx:
        assert (await search(tx, await actor_of(house, workspace), query)).hits == []


@pytest.mark.parametrize("query", ["-in:trash", "-after:7d", "after:9999y", "-文件夹：草稿"])
def test_what_cannot_be_answered_is_refused(query: str):
    with pytest.raises(Invalid):
        parse_query(query, datetime.now(UTC))


def test_a_run_of_characters_is_found_by_any_part():
    text = "关于离心泵KX77的报价"
    found = dict.fromkeys(token for token, _ in tokens(text))
    assert {"离心", "心泵", "泵", "kx77", "kx", "77"} <= found.keys()
    assert phrase("泵KX77的报价") == [("泵", 0), ("kx77", 1), ("的报", 2), ("报价", 3)]


@given(st.text(max_size=200))
def test_any_text_is_a_query_or_refused_in_words(text: str):
    with contextlib.suppress(Invalid):
        for term in parse_query(text, datetime.now(UTC)).terms:
            phrase(term.text)


@given(st.text(max_size=500))
def test_a_text_contains_itself_as_a_phrase(text: str):
    places: dict[str, set[int]] = {}
    for token, position in tokens(text):
        places.setdefault(token, set()).add(position)
    wanted = phrase(text)
    assert all(token in places for token, _ in wanted)
    if wanted:
        starts = places[wanted[0][0]]
        assert any(all(s + d in places[t] for t, d in wanted) for s in starts)
