"""Responses as octets (RFC 5804 1.2, 1.3, 4)."""

from collections.abc import Iterable

_LONGEST_QUOTED = 1024  # 4: longer strings are literals
_NEVER_QUOTED = frozenset(b"\r\n\0")


def string(value: str | bytes) -> bytes:
    """Quoted where that is possible, else a literal."""
    octets = value.encode("utf-8", "replace") if isinstance(value, str) else value
    if len(octets) <= _LONGEST_QUOTED and not _NEVER_QUOTED & set(octets):
        return b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return literal(octets)


def literal(octets: bytes) -> bytes:
    return b"{%d}\r\n%b" % (len(octets), octets)


def ok(text: str = "", *, code: bytes = b"") -> bytes:
    return _status(b"OK", text, code)


def no(text: str, *, code: bytes = b"") -> bytes:
    return _status(b"NO", text, code)


def bye(text: str, *, code: bytes = b"") -> bytes:
    return _status(b"BYE", text, code)


def challenge(data: bytes) -> bytes:
    """2.1: base64, as a string."""
    return string(data) + b"\r\n"


def capabilities(found: Iterable[tuple[str, str | None]]) -> bytes:
    """1.7: a line each, the name and what there is to say of it."""
    return b"".join(
        string(name) + (b"" if said is None else b" " + string(said)) + b"\r\n"
        for name, said in found
    )


def script_names(found: Iterable[tuple[str, bool]]) -> bytes:
    """2.7: a line each; one of them may be active."""
    return b"".join(
        string(name) + (b" ACTIVE" if active else b"") + b"\r\n" for name, active in found
    )


def script(content: bytes) -> bytes:
    """2.9."""
    return literal(content) + b"\r\n"


def _status(word: bytes, text: str, code: bytes) -> bytes:
    parts = [word]
    if code:
        parts.append(b"(" + code + b")")
    if text:
        parts.append(string(text.replace("\n", "\r\n")))
    return b" ".join(parts) + b"\r\n"
