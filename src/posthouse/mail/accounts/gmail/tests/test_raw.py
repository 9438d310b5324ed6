"""Content out of JSON, wherever its pieces end."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.mail.accounts.errors import Broken
from posthouse.mail.accounts.gmail.raw import RawReader, read_raw


def told(raw: bytes, *, escaped: bool) -> bytes:
    digits = base64.urlsafe_b64encode(raw).decode()
    answer = json.dumps({"snippet": '"raw":"no', "raw": digits, "id": "7"}).encode()
    return answer.replace(b"=", b"\\u003d") if escaped else answer


@given(st.binary(max_size=200), st.booleans(), st.lists(st.integers(0, 400), max_size=8))
def test_any_pieces_make_the_message(raw: bytes, escaped: bool, cuts: list[int]):
    answer = told(raw, escaped=escaped)
    reader = RawReader()
    bounds = [0, *sorted(min(cut, len(answer)) for cut in cuts), len(answer)]
    for start, end in itertools.pairwise(bounds):
        reader.feed(answer[start:end])
    assert bytes(reader.content) == raw
    assert json.loads(reader.rest())["id"] == "7"
    assert json.loads(reader.rest())["raw"] == ""


@pytest.mark.parametrize(
    "answer",
    [b'{"id": "7"}', b'{"raw": "QQ==', b'{"raw": "Q*=="}', b'{"raw": "QQQQQ"}', b"x" * 300_000],
)
def test_what_is_no_message(answer: bytes):
    reader = RawReader()
    with pytest.raises(Broken):  # noqa: PT012
        reader.feed(answer)
        reader.rest()


async def test_one_large_message_at_a_time():
    """A second one waits where it is larger than both may be together, and goes on after it."""
    lock = asyncio.Lock()
    stuck, gate = asyncio.Event(), asyncio.Event()
    raw = bytes(range(256)) * 40
    answer = told(raw, escaped=False)
    pulled = {1: 0, 2: 0}

    async def pieces(who: int) -> AsyncIterator[bytes]:
        for at in range(0, len(answer), 1_000):
            if who == 1 and at >= 8_000:
                stuck.set()
                await gate.wait()
            pulled[who] += 1
            yield answer[at : at + 1_000]

    first = asyncio.create_task(read_raw(pieces(1), lock, 2_000))
    await stuck.wait()
    second = asyncio.create_task(read_raw(pieces(2), lock, 2_000))
    for _ in range(50):
        await asyncio.sleep(0)
    assert pulled[2] < 8
    gate.set()
    assert [(await each)[0] for each in (first, second)] == [raw, raw]
