"""A session's list, held compactly."""

from hypothesis import given
from hypothesis import strategies as st

from posthouse.mail.accounts.pop3.maildrop import Maildrop


@given(st.lists(st.sampled_from([b"", b"a", b"b", b"3", b"x" * 70, b"\xff"]), max_size=12))
def test_names_that_several_have(uidls: list[bytes]):
    drop = Maildrop(len(uidls))
    for number, uidl in enumerate(uidls, 1):
        drop.has_name(number, uidl)
    shared = drop.shared_names()
    usable = [b"" if uidl == b"%d" % number else uidl for number, uidl in enumerate(uidls, 1)]
    for number, uidl in enumerate(usable, 1):
        assert (drop.name(number) is None) == (not uidl)
        assert drop.is_shared(number, shared) == (bool(uidl) and usable.count(uidl) > 1)


@given(st.integers(0, 50), st.integers(1, 7))
def test_slices_are_all_numbers_newest_first(count: int, length: int):
    numbers = [number for each in Maildrop(count).slices(length) for number in each]
    assert numbers == list(range(count, 0, -1))


def test_what_is_not_there_is_not_believed():
    drop = Maildrop(2)
    for number, size in ((0, b"1"), (3, b"1"), (1, b"x"), (1, b""), (2, b"12 octets")):
        drop.has_size(number, size)
        drop.has_name(number if number != 2 else 9, b"name")
    assert [drop.size(1), drop.size(2)] == [0, 12]
    assert drop.name(2) is None
