"""A raw header value → one line of text, before any token of it is read."""

from __future__ import annotations

import re

from posthouse.protocols.mime.charsets import guess

_FOLD = re.compile(r"[ \t]*[\r\n]+[ \t]*")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]+")
_MAX_VALUE = 4 << 20


def unfold(value: bytes, hint: str | None = None) -> str:
    """The value on one line; raw 8-bit bytes become characters first.

    In that order, because GBK, Big5 and ISO-2022-JP use the bytes of `\\`, `"`, `(` and `@`
    inside characters. `hint` is the charset of the message's body.
    """
    value = value[:_MAX_VALUE].strip()
    plain = value.isascii() and b"\x1b" not in value
    text = value.decode("ascii") if plain else guess(value, hint)
    if text.isprintable():
        return text
    if "\n" in text or "\r" in text:
        text = _FOLD.sub(" ", text)
    return _CONTROL.sub("", text)
