"""Content-Type and Content-Disposition: the value and its parameters (RFC 2045 5.1, 2183, 2231)."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from posthouse.protocols.mime.charsets import codec_for, decode
from posthouse.protocols.mime.encoded_words import decode_words
from posthouse.protocols.mime.unfold import unfold

MAX_PARAMETERS = 1_000
_MAX_REMEMBERED = 80

_TYPE = re.compile(r'[\s"]*+([^\s/;,"()<>@:\\=?\[\]]+)\s*+/\s*+([^\s;,"()<>@:\\=]+)"?')
_TOKEN = re.compile(r'[\s"]*+([^\s;,"()=/]++)(?!\s*=)')
_PARAMETER = re.compile(
    r'[;\s]\s*+([^\s=;"]++)\s*+=\s*+(?:"((?:[^"\\]++|\\.)*+)"'
    # Unquoted: up to `;`, or to white space before the next `name=` (a forgotten `;`).
    r'|((?:[^;\s]++|\s++(?![^\s=;"]++\s*+=))*+))',
    re.DOTALL,
)
_SEGMENT = re.compile(r"([^*]+)\*(?:(\d{1,4})(\*?))?$")
_QUOTED_PAIR = re.compile(r'\\(["\\])')
_COMMENT = re.compile(r"\s+\([^()]*\)?\s*$")
_NAMES = frozenset(("filename", "name"))
_DISCRETE = frozenset(("application", "image", "audio", "video", "model", "font"))


class Parameterised(NamedTuple):
    """`value` in lower case ("text/plain", "attachment"), parameters by lower-case name."""

    value: str
    params: dict[str, str]


def content_type(value: bytes, hint: str | None = None) -> Parameterised:
    """The media type and its parameters; what makes no sense is text/plain (RFC 2045 5.2).

    Short values repeat from mail to mail and are remembered: do not change the dict.
    """
    if hint is None and len(value) <= _MAX_REMEMBERED:
        return _remembered_type(value)
    return _read_type(value, hint)


def disposition(value: bytes, hint: str | None = None) -> Parameterised:
    """ "inline", "attachment", another token, or "" when the field is empty."""
    if hint is None and len(value) <= _MAX_REMEMBERED:
        return _remembered_disposition(value)
    return _read_disposition(value, hint)


def _read_type(value: bytes, hint: str | None) -> Parameterised:
    text = unfold(value, hint)
    match = _TYPE.match(text)
    if match:
        kind = f"{match[1]}/{match[2]}".lower()
        if not kind.isascii():
            kind = "application/octet-stream"
        return Parameterised(kind, parameters(text[match.end() :]))
    word = _TOKEN.match(text)
    return Parameterised(
        _lone_type(word[1].lower() if word else ""), parameters(text[word.end() if word else 0 :])
    )


def _read_disposition(value: bytes, hint: str | None) -> Parameterised:
    text = unfold(value, hint)
    if not text:
        return Parameterised("", {})
    word = _TOKEN.match(text)
    if word is None:
        return Parameterised("attachment", parameters(text))
    said = word[1].lower()
    return Parameterised(said if said.isascii() else "attachment", parameters(text[word.end() :]))


def parameters(text: str) -> dict[str, str]:
    """The parameters in `;name=value` text, RFC 2231 and RFC 2047 forms decoded."""
    if "=" not in text:
        return {}
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for match in islice(_PARAMETER.finditer(";" + text), MAX_PARAMETERS):
        name = match[1].lower()
        if match[3] is None:
            content = _QUOTED_PAIR.sub(r"\1", match[2]) if "\\" in match[2] else match[2]
        else:
            content = _unquoted(name, match[3])
            if not content:
                continue
        segment = _SEGMENT.match(name) if "*" in name else None
        if segment is None:
            plain[name] = plain.get(name) or content  # an empty one does not count
        else:
            place = int(segment[2]) if segment[2] else -1
            extended = segment[2] is None or segment[3] == "*"
            pieces.setdefault(segment[1], {}).setdefault(place, (extended, content))
    found = {name: decode_words(content) for name, content in plain.items()}
    for name, segments in pieces.items():
        joined, sound = _join(segments)
        # A broken extended form must not hide a good plain one (and most send both).
        if joined and (sound or not found.get(name)):
            found[name] = joined
    return found


@lru_cache(maxsize=1024)
def _remembered_type(value: bytes) -> Parameterised:
    return _read_type(value, None)


@lru_cache(maxsize=1024)
def _remembered_disposition(value: bytes) -> Parameterised:
    return _read_disposition(value, None)


def _lone_type(word: str) -> str:
    if word == "multipart":
        return "multipart/mixed"
    return "application/octet-stream" if word in _DISCRETE else "text/plain"


def _unquoted(name: str, content: str) -> str:
    content = content.strip()
    base = name.partition("*")[0]
    if base in _NAMES or content.startswith("=?"):
        return content.strip('"')
    content = _COMMENT.sub("", content)
    return (content.split(None, 1)[0] if content else "").strip("\"'" if base == "charset" else '"')


def _join(segments: dict[int, tuple[bool, str]]) -> tuple[str, bool]:
    """(text, was it sound?): segments in order, the charset in the first (RFC 2231 3, 4.1)."""
    order = [segments[-1]] if -1 in segments else [segments[place] for place in sorted(segments)]
    charset: str | None = None
    data: list[bytes] = []
    for place, (extended, content) in enumerate(order):
        if extended and place == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        if extended:
            data.append(unquote_to_bytes(content))
        else:
            data.append(_plain_bytes(decode_words(content), charset))
    octets = b"".join(data)
    codec = (codec_for(charset) if charset else None) or "utf-8"
    try:
        return octets.decode(codec).replace("\x00", ""), True
    except UnicodeError:
        return decode(octets, charset).replace("\x00", ""), False


def _plain_bytes(content: str, charset: str | None) -> bytes:
    codec = (codec_for(charset) if charset else None) or "utf-8"
    return content.encode(codec, "replace")
