"""DKIM canonicalisation (RFC 6376 3.4): four functions, each linear, mostly at the speed of C."""

import re

_WSP_RUN = re.compile(rb"[ \t]+")


def relaxed_field(raw: bytes) -> bytes:
    """A header field, unfolded, with single spaces and a lower-case name; ends with CRLF."""
    name, _, value = raw.partition(b":")
    value = _WSP_RUN.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.strip(b" \t").lower() + b":" + value + b"\r\n"


def simple_field(raw: bytes) -> bytes:
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


def relaxed_body(body: bytes) -> bytes:
    """Runs of spaces become one, none at the end of a line, no empty lines at the end."""
    if b"\t" in body:
        body = body.replace(b"\t", b" ")
    # A pattern like ` +\r\n` is quadratic on a long run of spaces. Halving the runs is not, and
    # most bodies take one round or none.
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n").removesuffix(b" ")
    return _one_line_end(body)


def simple_body(body: bytes) -> bytes:
    """No empty lines at the end; an empty body is one line end (RFC 6376 3.4.3)."""
    return _one_line_end(body) or b"\r\n"


def _one_line_end(body: bytes) -> bytes:
    """Cuts empty lines at the end, and ends the last line. Bare CR is content, not a line end."""
    text = body.rstrip(b"\r\n")
    tail = body[len(text) :]
    if text and tail == b"\r\n":
        return body
    if tail.endswith(b"\r"):
        return body + b"\r\n"
    bare = tail.rfind(b"\r\r")
    kept = text if bare < 0 else body[: len(text) + bare + 1]
    return kept + b"\r\n" if kept else b""
