"""Commands from octets, in whatever pieces they come (RFC 5804 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.managesieve import responses
from posthouse.protocols.managesieve.commands import Command, parse
from posthouse.protocols.managesieve.errors import BadCommand, Overlong
from posthouse.protocols.managesieve.reader import LONGEST_LINE, CommandReader


def read(*pieces: bytes) -> list[Command]:
    reader, found = CommandReader(), list[Command]()
    for piece in pieces:
        reader.feed(piece)
        while (words := reader.next_command()) is not None:
            found.append(parse(words))
    return found


def test_commands():
    assert read(
        b'CAPABILITY\r\nputscript "a \\"b\\"" {7+}\r\nkeep;\r\n\r\nHAVESPACE "x" 99\r\nNOOP "t"\n'
    ) == [
        Command("CAPABILITY"),
        Command("PUTSCRIPT", (b'a "b"', b"keep;\r\n")),
        Command("HAVESPACE", (b"x",), 99),
        Command("NOOP", (b"t",)),
    ]
    assert read(b"SETACTIVE {2}\r\nab\r\n") == [Command("SETACTIVE", (b"ab",))]


@given(st.lists(st.integers(1, 60), max_size=20))
def test_pieces_of_any_size(sizes):
    whole = b'RENAMESCRIPT {3+}\r\na\r\n "b"\r\nCHECKSCRIPT {0+}\r\n\r\nLOGOUT\r\n'
    pieces, position = list[bytes](), 0
    for size in [*sizes, len(whole)]:
        pieces.append(whole[position : position + size])
        position += size
    assert read(*pieces) == [
        Command("RENAMESCRIPT", (b"a\r\n", b"b")),
        Command("CHECKSCRIPT", (b"",)),
        Command("LOGOUT"),
    ]


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(octets):
    reader = CommandReader()
    reader.feed(octets + b"\r\n")
    for _ in range(octets.count(b"\n") + 2):
        try:
            words = reader.next_command()
            if words is None:
                break
            parse(words)
        except (BadCommand, Overlong):
            continue


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b'"CAPABILITY"',
        b"NONSENSE",
        b"PUTSCRIPT a b",
        b'PUTSCRIPT "a"',
        b'HAVESPACE "a"',
        b'HAVESPACE "a" "b"',
        b'NOOP "a" "b"',
        b'NOOP "a',
        b"CAPABILITY @",
        b"UNAUTHENTICATE",
    ],
)
def test_what_is_no_command(line):
    with pytest.raises(BadCommand):
        read(line + b"\r\n")


@pytest.mark.parametrize(
    "octets",
    [b"a" * (LONGEST_LINE + 2), b"PUTSCRIPT {9999999999+}\r\n", b"NOOP " + b"{1+}\r\na " * 20],
)
def test_what_is_longer_than_anything(octets):
    with pytest.raises(Overlong):
        read(octets)


def test_strings():
    assert responses.string('a"b\\') == b'"a\\"b\\\\"'
    assert responses.string("a\nb") == b"{3}\r\na\nb"
    assert responses.string("x" * 2000).startswith(b"{2000}\r\n")
    assert responses.no("line 1", code=b"QUOTA") == b'NO (QUOTA) "line 1"\r\n'
    assert responses.ok() == b"OK\r\n"
