"""RFC 2047 encoded words as mailers really write them: decoding in linear time, encoding."""

from __future__ import annotations

import re
from binascii import Error as BinasciiError
from binascii import a2b_base64, a2b_qp, b2a_base64

from posthouse.protocols.mime.charsets import codec_for, decode

# The text may hold spaces and `?`, but never the start of another word: that keeps it linear.
WORD = re.compile(r"=\?([!->@-~]{1,60})\?([BbQq])\?((?:[^?=]++|\?(?!=)|=(?!\?(?!=)))*+)\?=")
_FOLD = re.compile(r"[ \t]*[\r\n]+[ \t]*")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")
_MAX_WORD = 75  # RFC 2047 2
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


def decode_words(text: str) -> str:
    """Replace every encoded word in `text`; white space between two of them is dropped.

    Neighbours of one charset are joined as bytes first, so a character split between them
    survives. What cannot be decoded stays as it was written.
    """
    if "=?" not in text:
        return text
    out: list[str] = []
    run: list[tuple[str, str, str]] = []
    position = 0
    for match in WORD.finditer(text):
        between = text[position : match.start()]
        if not run or (between and not between.isspace()):
            out.append(_decode_run(run))
            run = []
            out.append(between)
        run.append((match[1].partition("*")[0], match[2], match[3]))
        position = match.end()
    out.append(_decode_run(run))
    out.append(text[position:])
    return "".join(out)


def encode_words(text: str, *, first_room: int = _MAX_WORD, only_base64: bool = False) -> list[str]:
    """The text as UTF-8 encoded words of at most 75 characters, no character split.

    `first_room` is how many characters the first word may take (what the line has left).
    """
    words: list[str] = []
    data = text.encode("utf-8", "replace")
    quoted = sum(1 if byte in _Q_SAFE or byte == 32 else 3 for byte in data)
    use_q = not only_base64 and quoted * 3 < len(data) * 4
    chunk: list[bytes] = []
    size, room = 0, min(max(first_room, 24), _MAX_WORD)
    for char in text:
        piece = char.encode("utf-8", "replace")
        cost = sum(1 if byte in _Q_SAFE or byte == 32 else 3 for byte in piece) if use_q else 0
        grown = size + cost if use_q else size + len(piece)
        width = 12 + grown if use_q else 12 + (grown + 2) // 3 * 4
        if chunk and width > room:
            words.append(_word(b"".join(chunk), use_q))
            chunk, size, room = [], 0, _MAX_WORD
            grown = cost if use_q else len(piece)
        chunk.append(piece)
        size = grown
    if chunk:
        words.append(_word(b"".join(chunk), use_q))
    return words


def _word(data: bytes, use_q: bool) -> str:
    if not use_q:
        return f"=?UTF-8?B?{b2a_base64(data, newline=False).decode()}?="
    text = "".join(
        "_" if byte == 32 else chr(byte) if byte in _Q_SAFE else f"={byte:02X}" for byte in data
    )
    return f"=?UTF-8?Q?{text}?="


def _decode_run(run: list[tuple[str, str, str]]) -> str:
    """Neighbouring words: grouped by charset, each group decoded once."""
    if not run:
        return ""
    out: list[str] = []
    start = 0
    for end in range(1, len(run) + 1):
        if end == len(run) or run[end][0].lower() != run[start][0].lower():
            out.append(_decode_group(run[start:end]))
            start = end
    return "".join(out)


def _decode_group(group: list[tuple[str, str, str]]) -> str:
    charset = group[0][0]
    codec = codec_for(charset)
    data = b"".join(
        _unbase64(text) if how in "Bb" else _unquote(text, codec) for _, how, text in group
    )
    if len(group) > 1 and codec is not None and all(how in "Bb" for _, how, _ in group):
        # Some cut one base64 stream anywhere instead of encoding each word by itself.
        joined = "".join(text for _, _, text in group)
        if any(len(_NOT_BASE64.sub("", text)) % 4 for _, _, text in group[:-1]):
            try:
                data.decode(codec)
            except UnicodeError:
                data = _unbase64(joined)
    if codec is not None and codec.startswith("iso2022") and len(group) > 1:
        return "".join(
            decode(_unbase64(text) if how in "Bb" else _unquote(text, codec), charset)
            for _, how, text in group
        )
    return _one_line(decode(data, charset))


def _unbase64(text: str) -> bytes:
    clean = _NOT_BASE64.sub("", text.partition("=")[0] if "=" in text.rstrip("= ") else text)
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    try:
        return a2b_base64(clean + "===")
    except BinasciiError:
        return b""


def _unquote(text: str, codec: str | None) -> bytes:
    text = _FOLD.sub("", text)
    try:
        # Raw 8-bit text inside a word was most likely in the charset of the word.
        data = text.encode("ascii" if text.isascii() else codec or "utf-8")
    except UnicodeError:
        data = text.encode("utf-8", "replace")
    return a2b_qp(data, header=True)


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    return text.replace("\r", " ").replace("\n", " ").replace("\x00", "")
