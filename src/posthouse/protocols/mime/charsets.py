"""Bytes in a named, misnamed or unnamed charset → text. Never raises."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from functools import lru_cache, partial

from posthouse.protocols.mime.frequent import HANGUL, SIMPLIFIED, TRADITIONAL

# Labels under which mailers send a superset of what they say (WHATWG Encoding, 4.2, and mail).
_ALIASES = {
    **dict.fromkeys(
        (
            "gb2312",
            "gbk",
            "gb",
            "gb231280",
            "xgbk",
            "cngb",
            "cngb2312",
            "cp936",
            "ms936",
            "windows936",
            "euccn",
            "xeuccn",
            "gb18030",
            "gb180302000",
            "gb180302022",
            "chinese",
            "gbk2312",
            "gb2312gbk",
            "isoir58",
            "csgb2312",
            "csiso58gb231280",
            "gb1988",
            "ansi936",
        ),
        "gb18030",
    ),
    **dict.fromkeys(
        ("big5", "xbig5", "cnbig5", "csbig5", "big5tw", "cp950", "windows950", "ms950", "big5eten"),
        "cp950",
    ),
    "big5hkscs": "big5hkscs",
    **dict.fromkeys(
        ("shiftjis", "sjis", "xsjis", "mskanji", "cp932", "windows31j", "ms932", "cswindows31j"),
        "cp932",
    ),
    **dict.fromkeys(
        (
            "euckr",
            "ksc56011987",
            "ksc5601",
            "kscs56011987",
            "korean",
            "cp949",
            "windows949",
            "ksc5601989",
            "uhc",
            "ksc56011989",
        ),
        "cp949",
    ),
    **dict.fromkeys(
        (
            "iso88591",
            "latin1",
            "l1",
            "isoir100",
            "cp1252",
            "windows1252",
            "xcp1252",
            "ansi",
            "iso885911",
            "iso88591windows",
            "windows8591",
        ),
        "cp1252",
    ),
    **dict.fromkeys(("iso88599", "latin5", "cp1254"), "cp1254"),
    **dict.fromkeys(("tis620", "iso885911thai", "windows874", "cp874"), "cp874"),
    **dict.fromkeys(
        ("utf8", "utf8mb4", "utf8mb3", "unicode", "unicode11utf8", "xutf8", "utf08", "cp65001"),
        "utf-8",
    ),
    **dict.fromkeys(("utf7", "unicode11utf7", "csunicode11utf7"), "utf-7"),
    **dict.fromkeys(("iso88598i", "iso88598e", "logical"), "iso8859_8"),
    **dict.fromkeys(
        ("iso2022jp", "csiso2022jp", "iso2022jpms", "cp50220", "cp50221"), "iso2022_jp_ext"
    ),
    **dict.fromkeys(("hz", "hzgb2312"), "hz"),
    **dict.fromkeys(("macintosh", "xmacroman", "mac"), "mac_roman"),
    **dict.fromkeys(("koi8", "koi8r", "cskoi8r"), "koi8_r"),
}
_UNNAMED = frozenset(
    (
        "",
        "usascii",
        "ascii",
        "ansix341968",
        "unknown",
        "unknown8bit",
        "xunknown",
        "8bit",
        "binary",
        "default",
        "none",
        "null",
        "xuserdefined",
        "userdefined",
        "iso646us",
        "us",
        "cp367",
    )
)
_REFUSED = frozenset(
    (
        "idna",
        "punycode",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
        "mbcs",
        "oem",
        "palmos",
    )
)
_SEVEN_BIT = frozenset(("utf-7", "hz", "iso2022_jp_ext", "utf-16", "utf-32"))
_NOT_LABEL = re.compile(r"[^a-z0-9]")
_ASCII_RUN = re.compile(r"[\x00-\x7f]+")
_HIGH = re.compile(rb"[\x80-\xff]")
_LONE_HIGH = re.compile(rb"[\x80-\xff](?<![\x80-\xff].)(?![\x80-\xff])", re.DOTALL)
# Begins at the high byte (what is before it only looked back at): quick over long ASCII.
_WESTERN = re.compile(
    rb"[\x8a\x9a\xc0-\xff](?<=[A-Za-z].)(?=[a-z ,.])|[\x92-\x94\x96](?<=[a-z].)(?=[A-Za-z ])"
    rb"|[\xa0\xa9\xae\xb0\xb7](?<=[ -~].)(?=[ -~\r\n])",
    re.DOTALL,
)
_SAMPLE = 1024  # bytes looked at: enough to tell, cheap to score


@lru_cache(maxsize=512)
def codec_for(label: str) -> str | None:
    """The Python codec that reads text so labelled; None for an empty or unknown label."""
    short = _NOT_LABEL.sub("", label.lower())
    if short in _UNNAMED:
        return None
    if short in _ALIASES:
        return _ALIASES[short]
    try:
        info = codecs.lookup(label.strip().strip("'\""))
    except (LookupError, ValueError):
        return None
    name = info.name.replace("-", "_")
    if name in _REFUSED or not getattr(info, "_is_text_encoding", True):
        return None
    return _ALIASES.get(_NOT_LABEL.sub("", name), info.name)


def decode(data: bytes, label: str | None = None) -> str:
    """Text of `data`, by its label when that can be true, else by what the bytes look like."""
    codec = codec_for(label[:64]) if label else None
    if data.isascii() and (codec is None or not _is_seven_bit(codec)):
        return data.decode("ascii") if b"\x1b$" not in data else guess(data)
    if codec is None:
        return guess(data)
    if codec in _SCORES and (text := _mislabelled_utf8(data)) is not None:
        return text
    try:
        return data.decode(codec)
    except UnicodeError:
        return _decode_broken(data, codec)


def guess(data: bytes, hint: str | None = None) -> str:
    """Text of unlabelled bytes: UTF-8, then the hint (a body's charset), then by likelihood."""
    if b"\x1b$" in data:
        try:
            return data.decode("iso2022_jp_ext")
        except UnicodeError:
            pass
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A text cut inside its last character is still UTF-8.
        if error.start >= len(data) - 3 and error.start > 3 and not data[: error.start].isascii():
            return data.decode("utf-8", "replace")
    return _tidy(data.decode(likely_codec(data, hint), "replace"))


def likely_codec(data: bytes, hint: str | None = None) -> str:
    """Which legacy charset unlabelled 8-bit bytes are in; "cp1252" when nothing else fits."""
    if _surely_western(data):
        return "cp1252"
    first = _HIGH.search(data)
    sample = data[first.start() if first else 0 :][:_SAMPLE]
    scores = {name: score(sample) for name, score in _SCORES.items()}
    hinted = codec_for(hint[:64]) if hint else None
    if hinted in scores:
        scores[hinted] += 0.3 if scores[hinted] > 0 else 0
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > _western_score(data) else "cp1252"


def _mislabelled_utf8(data: bytes) -> str | None:
    """UTF-8 under a legacy Asian label: only long sequences, which such text does not hold."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    wide = _ASCII_RUN.sub("", text[:_SAMPLE])
    return text if len(wide) >= 2 and min(wide) >= "\u0800" else None


def _decode_broken(data: bytes, codec: str) -> str:
    for wider in ("big5hkscs",) if codec == "cp950" else ():
        try:
            return data.decode(wider)
        except UnicodeError:
            continue
    text = _tidy(data.decode(codec, "replace"))
    wrong = text.count("\ufffd")
    high = len(data) - len(data.translate(None, _HIGH_BYTES))
    if codec in ("cp1252", "ascii") or wrong * 8 <= high or wrong <= 1:
        return text
    guessed = guess(data)
    return guessed if guessed.count("\ufffd") < wrong else text


def _is_seven_bit(codec: str) -> bool:
    return codec in _SEVEN_BIT or codec.startswith(("iso2022", "utf_16", "utf-16", "utf_32"))


def _tidy(text: str) -> str:
    return text if "\x00" not in text else text.replace("\x00", "")


_HIGH_BYTES = bytes(range(0x80, 0x100))


def _read(sample: bytes, codec: str) -> str | None:
    """The sample as text, or None when it cannot be in that codec (a cut end is forgiven)."""
    try:
        return sample.decode(codec)
    except UnicodeDecodeError as error:
        if error.start >= len(sample) - 3 and len(sample) > 8:
            return sample[: error.start].decode(codec)
        return None


def _chinese_score(sample: bytes, codec: str, frequent: frozenset[str], level_one: range) -> float:
    text = _read(sample, codec)
    if text is None:
        return -1.0
    wide = _ASCII_RUN.sub("", text)
    points = 0.0
    for char in wide:
        if char in frequent:
            points += 1.0
        elif "\u3000" <= char <= "\u301f" or "\uff01" <= char <= "\uff5e":
            points += 0.9
        elif "\u4e00" <= char <= "\u9fff":
            lead = char.encode(codec)[0]
            points += 0.6 if lead in level_one else -0.3
        elif "\u3400" <= char <= "\u4dbf" or char >= "\U00020000":
            points += 0.4  # four bytes in a pattern of their own: no accident
        elif char in "“”‘’—…·、。":
            points += 0.9
        else:
            points -= 0.8
    return points / len(wide) if wide else -1.0


def _gb_score(sample: bytes) -> float:
    # A little ahead of the others: the mail of this house is mostly mainland Chinese.
    return _chinese_score(sample, "gb18030", SIMPLIFIED, range(0xB0, 0xD8)) + 0.1


def _big5_score(sample: bytes) -> float:
    return _chinese_score(sample, "cp950", TRADITIONAL, range(0xA4, 0xC7))


def _japanese_score(sample: bytes, codec: str) -> float:
    text = _read(sample, codec)
    if text is None:
        return -1.0
    wide = _ASCII_RUN.sub("", text)
    kana = sum("\u3041" <= char <= "\u30fe" for char in wide)
    half = sum("\uff61" <= char <= "\uff9f" for char in wide)
    kanji = sum("\u4e00" <= char <= "\u9fff" or "\u3000" <= char <= "\u3011" for char in wide)
    return (kana * 1.2 + kanji * 0.45 - half * 0.9) / len(wide) if wide else -1.0


def _korean_score(sample: bytes) -> float:
    text = _read(sample, "cp949")
    if text is None:
        return -1.0
    wide = _ASCII_RUN.sub("", text)
    points = 0.0
    for char in wide:
        if char in HANGUL:
            points += 1.0
        elif "\uac00" <= char <= "\ud7a3":
            # Outside KS X 1001 (a byte below 0xA1) are syllables nobody writes.
            points += 0.3 if min(char.encode("cp949")) >= 0xA1 else -0.4
        else:
            points -= 0.3
    return points / len(wide) if wide else -1.0


def _cyrillic_score(sample: bytes, codec: str) -> float:
    high = len(sample) - len(sample.translate(None, _HIGH_BYTES))
    if high < 4 or len(_LONE_HIGH.findall(sample)) * 3 > high:
        return -1.0
    wide = _ASCII_RUN.sub("", sample.decode(codec, "replace"))
    common = sum(char in "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэф" for char in wide)
    vowels = sum(char in "оеаиу" for char in wide)
    return 0.9 * common / len(wide) + 0.05 if vowels * 6 >= len(wide) else -1.0


def _surely_western(data: bytes) -> bool:
    """A few accents, each alone between letters: not worth scoring the others."""
    sample = data[: 4 * _SAMPLE]
    high = len(sample) - len(sample.translate(None, _HIGH_BYTES))
    return (
        high * 10 < len(sample)
        and len(_LONE_HIGH.findall(sample)) == high
        and len(_WESTERN.findall(sample)) * 3 > high * 2
    )


def _western_score(data: bytes) -> float:
    sample = data[:_SAMPLE]
    high = len(sample) - len(sample.translate(None, _HIGH_BYTES))
    if not high:
        return 1.0
    lone = len(_LONE_HIGH.findall(sample))
    likely = len(_WESTERN.findall(sample))
    if high * 3 > len(sample):
        likely = 0
    return 0.25 + 0.35 * lone / high * (high * 3 <= len(sample)) + 0.4 * likely / high


_SCORES: dict[str, Callable[[bytes], float]] = {
    "gb18030": _gb_score,
    "cp950": _big5_score,
    "cp932": partial(_japanese_score, codec="cp932"),
    "euc_jp": partial(_japanese_score, codec="euc_jp"),
    "cp949": _korean_score,
    "cp1251": partial(_cyrillic_score, codec="cp1251"),
    "koi8_r": partial(_cyrillic_score, codec="koi8_r"),
}
