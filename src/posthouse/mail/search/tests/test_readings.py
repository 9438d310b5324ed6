"""Reading a text as arrays finds what reading it word by word finds."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.mail.search import readings as module
from posthouse.mail.search.readings import Reading, Slices, readings
from posthouse.mail.search.tokens import edges, is_cjk, tokens, words

Places = Counter[tuple[str, int]]

WRITTEN = st.text(
    st.sampled_from("aZé_9 0.-\n\x00ßﬁ①²፩א客户ー々가ｶ\u0308\ud83d🚜𠀀𐊀\U000e0041")
    | st.characters(),
    max_size=80,
)
LONG = st.sampled_from(["x" * 90, "9" * 70, "ab12" * 20, "客" * 100, "ä" * 80, "q7" * 40])


def of(reading: Reading, slices: Slices | None) -> Places:
    if slices is None:
        return Counter()
    found = zip(slices.starts, slices.ends, slices.places, strict=True)
    return Counter((reading.octets[start:end].decode(), int(place)) for start, end, place in found)


def one_by_one(text: str) -> tuple[Places, Places]:
    """Tokens with places, and the beginnings of words with digits."""
    text = text.encode("utf-8", "replace").decode()
    beginnings: Places = Counter()
    place = 0
    for word in words(text):
        if is_cjk(word):
            place += len(word)
            continue
        if any(character.isdecimal() for character in word):
            beginnings.update((edge, place) for edge in edges(word))
        place += 1
    return Counter(tokens(text, 0)), beginnings


@given(st.lists(WRITTEN | LONG, max_size=6).map("".join))
def test_the_same_is_found(text: str):
    found, beginnings = one_by_one(text)
    (reading,) = readings(text)
    assert of(reading, reading.tokens) + of(reading, reading.parts) == found
    assert of(reading, reading.edges) == beginnings
    assert reading.size == 1 + max((place for _, place in found), default=-1)


@pytest.mark.parametrize("text", ["Angebot 24x7 für Müller. " * 40, "客户，报价单 Q3。 " * 40])
def test_a_long_text_is_read_in_pieces(text: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_PIECE", 100)
    pieces = list(readings(text))
    assert len(pieces) > 3
    found: Places = Counter()
    begin = 0
    for reading in pieces:
        for slices in (reading.tokens, reading.parts):
            found.update({(token, at + begin): n for (token, at), n in of(reading, slices).items()})
        begin += reading.size
    assert found == one_by_one(text)[0]


def test_a_text_without_gaps_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_PIECE", 100)
    monkeypatch.setattr(module, "_LOOK_BACK", 10)
    assert sum(reading.size for reading in readings("客" * 1000)) == 1000
