"""DKIM canonicalisation (RFC 6376 3.4): linear, mostly at the speed of C, bodies in pieces."""

from collections.abc import Iterator

from posthouse.protocols.mailauth.message import PIECE, pieces


def relaxed_field(raw: bytes) -> bytes:
    """A header field, unfolded, with single spaces and a lower-case name; ends with CRLF."""
    name, _, value = raw.partition(b":")
    value = _single_spaces(value.replace(b"\r\n", b"")).strip(b" ")
    return b"%b:%b\r\n" % (name.strip(b" \t").lower(), value)


def simple_field(raw: bytes) -> bytes:
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


def relaxed_body(body: bytes) -> Iterator[bytes]:
    """Runs of spaces become one, none at the end of a line, no empty lines at the end."""
    return _one_line_end(_relaxed_pieces(body))


def simple_body(body: bytes) -> Iterator[bytes]:
    """No empty lines at the end; an empty body is one line end (RFC 6376 3.4.3)."""
    empty = True
    for piece in _one_line_end(pieces(body)):
        empty = False
        yield piece
    if empty:
        yield b"\r\n"


def _relaxed_pieces(body: bytes) -> Iterator[bytes]:
    space = b""  # at the end of a piece: it stays only if the line goes on
    for piece in pieces(body):
        text = _single_spaces(space + piece)
        space = b" " if text.endswith(b" ") else b""
        yield text.removesuffix(b" ").replace(b" \r\n", b"\r\n")


def _single_spaces(text: bytes) -> bytes:
    if b"\t" in text:
        text = text.replace(b"\t", b" ")
    # A pattern like ` +\r\n` is quadratic on a long run of spaces. Halving the runs is not, and
    # most bodies take one round or none.
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text


def _one_line_end(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Leaves out the empty lines at the end, and ends the last line."""
    line_ends = 0  # that wait for text behind them
    some = False
    for piece in parts:
        kept = _without_line_ends(piece)
        if kept:
            while line_ends:  # in portions: there may be millions
                portion = min(line_ends, PIECE // 2)
                yield b"\r\n" * portion
                line_ends -= portion
            yield piece[:kept] if kept < len(piece) else piece
            some = True
        line_ends += (len(piece) - kept) // 2
    if some:
        yield b"\r\n"


def _without_line_ends(piece: bytes) -> int:
    """How much is left of a piece without the line ends at its end. A bare CR is content."""
    if piece.endswith(b"\r"):
        return len(piece)
    kept = len(piece.rstrip(b"\r\n"))
    bare = piece.rfind(b"\r\r", kept)
    return kept if bare < 0 else bare + 1
