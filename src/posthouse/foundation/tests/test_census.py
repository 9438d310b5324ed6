"""Counting connections in a shared map."""

import os

from posthouse.foundation.census import Census, census_size, forget_process


def two_processes(listeners: int = 2, listener: int = 0) -> tuple[Census, Census, memoryview]:
    board, key = memoryview(bytearray(census_size(listeners, 2))), os.urandom(16)
    one, other = (
        Census(board, key, listener=listener, listeners=listeners, number=number)
        for number in range(2)
    )
    return one, other, board


def test_what_one_admits_counts_for_both():
    one, other, _ = two_processes()
    for census in (one, other, other):
        census.admit("192.0.2.7")
    other.admit("192.0.2.8")
    assert (one.admitted, other.admitted) == (4, 4)
    assert (one.admitted_from("192.0.2.7"), other.admitted_from("192.0.2.8")) == (3, 1)
    other.leave("192.0.2.7")
    assert (one.admitted_from("192.0.2.7"), one.admitted, one.held) == (2, 3, 1)


def test_a_source_is_a_network():
    one, other, _ = two_processes()
    one.admit("2001:db8::1")
    assert other.admitted_from("2001:db8::ffff") == 1
    assert other.admitted_from("2001:db8:0:1::1") == 0


def test_who_has_fewest_counts_what_is_coming_and_only_those_that_accept():
    one, other, _ = two_processes()
    seen = [one.fewest_elsewhere]
    for change in (
        other.open,
        lambda: other.coming(1),
        lambda: other.admit("192.0.2.7"),
        lambda: other.coming(-1),
        other.close,
    ):
        change()
        seen.append(one.fewest_elsewhere)
    assert seen == [None, 0, 1, 2, 1, None]


def test_a_process_that_ended_is_forgotten_at_all_listeners():
    one, other, board = two_processes(listeners=2, listener=1)
    other.open()
    for census in (one, other):
        census.admit("192.0.2.7")
    forget_process(board, 1, 2)
    assert (one.admitted_from("192.0.2.7"), one.admitted) == (1, 1)
    assert one.fewest_elsewhere is None
